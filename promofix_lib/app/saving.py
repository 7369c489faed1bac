"""What the notebook server keeps of a page: no buyer; what it gives out of a case: its exports; whom it asks: nobody.

Loaded by the server alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import AuthenticatedFileHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError

from promofix_lib.places import SERVED, cases_folder, exported

_NEWS = "@jupyterlab/apputils-extension:announcements"
_WIDGET = "application/vnd.jupyter.widget-view+json"


def saved(content: dict[str, Any]) -> dict[str, Any]:
    """A notebook as it may lie on the disk: a widget is one plain line, every other output of our pages goes.

    A notebook that does not use promofix is left as it is.

    Parameters
    ----------
    content : dict
        As the browser sends it (nbformat 4).

    Examples
    --------
    >>> cell = {"cell_type": "code", "source": "from promofix_lib import Case", "outputs": [{"text": "A Buyer"}]}
    >>> saved({"cells": [cell], "metadata": {}})["cells"][0]["outputs"]
    []
    """
    cells = content.get("cells", ())
    if not any("promofix_lib" in "".join(cell.get("source", "")) for cell in cells):
        return content
    kept = [
        cell | {"outputs": _lines(cell.get("outputs", ())), "execution_count": None}
        if cell.get("cell_type") == "code"
        else cell
        for cell in cells
    ]
    metadata = {name: value for name, value in content.get("metadata", {}).items() if name != "widgets"}
    return content | {"cells": kept, "metadata": metadata}


def _lines(outputs: Any) -> list[dict[str, Any]]:
    shown = [output["data"].get("text/plain", "") for output in outputs if _WIDGET in output.get("data", {})]
    return [{"output_type": "display_data", "data": {"text/plain": line}, "metadata": {}} for line in shown]


def before_saving(model: dict[str, Any], **_place: Any) -> None:
    """Jupyter's hook: what is about to be written, also as the pattern of a checkpoint, names nobody."""
    if model.get("type") == "notebook" and isinstance(model.get("content"), dict):
        model["content"] = saved(model["content"])


def quiet(_handler: Any, page: dict[str, Any]) -> dict[str, Any]:
    """Jupyter's hook: its pages without the part that asks for Jupyter's news and for newer versions of it.

    Examples
    --------
    >>> quiet(None, {"disabledExtensions": ["theirs"]})
    {'disabledExtensions': ['theirs', '@jupyterlab/apputils-extension:announcements']}
    """
    return page | {"disabledExtensions": [*page.get("disabledExtensions", ()), _NEWS]}


class Exports(AuthenticatedFileHandler):
    """Files of exports, for who holds the token; nothing else that lies in the cases folder."""

    def validate_absolute_path(self, root: str, absolute_path: str) -> str:
        """The path, once links in it are followed, if it is a file of an export."""
        found: str = super().validate_absolute_path(root, absolute_path)
        if not found or not exported(Path(found)):
            raise HTTPError(404)
        return found


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "promofix_lib.app.saving"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    serverapp.contents_manager.register_pre_save_hook(before_saving)
    address = url_path_join(serverapp.base_url, "promofix/exports/")
    place = {"path": str(cases_folder().resolve())}
    serverapp.web_app.add_handlers(".*$", [(f"{address}(.+)", Exports, place)])
    serverapp.web_app.settings["page_config_hook"] = quiet
    os.environ[SERVED] = address  # the kernels know by it what they may link
