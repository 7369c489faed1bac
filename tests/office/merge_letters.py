"""Merge a mail list with a letter in LibreOffice Writer, as an assistant would, without a screen.

Run by the Python that LibreOffice talks to (``python3-uno``), not by the one of the tests:
``python3 merge_letters.py PIPE buyers.xlsx message-template.docx folder`` leaves ``letters.pdf`` in the folder.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

SHEET = "mail_merge"
SOURCE = "promofix_mail_list"


def option(name, value):
    wanted = PropertyValue()
    wanted.Name, wanted.Value = name, value
    return wanted


def connected(pipe):
    """The LibreOffice that listens there, as soon as it does."""
    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    for _ in range(300):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.2)
    raise SystemExit("LibreOffice did not answer within a minute")


def register(services, workbook, folder):
    """The workbook as a data source; every sheet is a table."""
    databases = services.createInstance("com.sun.star.sdb.DatabaseContext")
    source = databases.createInstance()
    source.URL = f"sdbc:calc:{workbook.as_uri()}"
    source.DatabaseDocument.storeAsURL((folder / "list.odb").as_uri(), ())
    databases.registerObject(SOURCE, source)
    return databases.getByName(SOURCE)


def bind_fields(services, template, folder):
    """The template with its merge fields bound to the data source, as a new document."""
    desktop = services.createInstance("com.sun.star.frame.Desktop")
    letter = desktop.loadComponentFromURL(template.as_uri(), "_blank", 0, (option("Hidden", True),))
    fields = [
        field for field in letter.getTextFields() if field.supportsService("com.sun.star.text.TextField.Database")
    ]
    names = []
    for field in fields:
        name = field.TextFieldMaster.DataColumnName
        master = letter.createInstance("com.sun.star.text.FieldMaster.Database")
        master.DataBaseName, master.DataTableName, master.DataCommandType, master.DataColumnName = (
            SOURCE,
            SHEET,
            0,
            name,
        )
        bound = letter.createInstance("com.sun.star.text.TextField.Database")
        bound.attachTextFieldMaster(master)
        place = field.Anchor
        place.Text.insertTextContent(place, bound, True)
        names.append(name)
    bound_letter = folder / "letter.odt"
    letter.storeAsURL(bound_letter.as_uri(), (option("FilterName", "writer8"),))
    letter.close(True)
    return bound_letter, names


def merge(services, letter, folder):
    job = services.createInstance("com.sun.star.text.MailMerge")
    job.DataSourceName, job.CommandType, job.Command = SOURCE, 0, SHEET
    job.DocumentURL, job.OutputURL, job.OutputType = letter.as_uri(), folder.as_uri(), 2
    job.SaveAsSingleFile, job.FileNameFromColumn, job.FileNamePrefix = True, False, "letters"
    job.SaveFilter = "writer_pdf_Export"
    job.execute(())


def main():
    pipe, *paths = sys.argv[1:]
    workbook, template, folder = (Path(path).resolve() for path in paths)
    context = connected(pipe)
    services = context.ServiceManager

    class Services:
        def createInstance(self, name):  # noqa: N802
            return services.createInstanceWithContext(name, context)

    source = register(Services(), workbook, folder)
    tables = source.getConnection("", "").Tables.ElementNames
    letter, names = bind_fields(Services(), template, folder)
    merge(Services(), letter, folder)
    sys.stdout.write(f"tables: {' '.join(tables)}\nfields: {' '.join(names)}\n")


if __name__ == "__main__":
    main()
