"""Open a workbook in LibreOffice Calc and save it as something else, untouched.

Run by the Python that LibreOffice talks to: ``python3 save_as.py PIPE buyers.xlsx buyers.pdf``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from merge_letters import connected, option
from sort_list import FILTERS, opened


def main():
    pipe, source, target = sys.argv[1:]
    document = opened(connected(pipe), source)
    name = {"pdf": "calc_pdf_Export", **FILTERS}[Path(target).suffix[1:]]
    document.storeToURL(Path(target).resolve().as_uri(), (option("FilterName", name),))
    document.close(True)


if __name__ == "__main__":
    main()
