"""JupyterLab on the guided notebooks: quiet, offline, in document mode."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from promofix_lib.errors import PromofixError
from promofix_lib.places import PROJECT

FIRST_NOTEBOOK = "notebooks/0_start_here.ipynb"
LARGEST_UPLOAD = 200 * 1024 * 1024
"""Bytes that a FileUpload may send at once; Jupyter silently drops more than some 10 MB by default."""


def open_notebooks(*, browser: bool = True, port: int = 0) -> int:
    """Start JupyterLab on the first notebook and wait until it ends; gives its exit status.

    Parameters
    ----------
    browser : bool
        Open the seller's browser; otherwise only print the address.
    port : int
        0 for a free one.

    Raises
    ------
    PromofixError
        There are no notebooks here: promofix runs outside its clone.
    """
    if not (PROJECT / FIRST_NOTEBOOK).exists():
        raise PromofixError(
            f"{PROJECT}: the notebooks are not here. Download the whole project (not only the package), go into its "
            "folder and run: python -m promofix_lib open"
        )
    quiet_jupyterlab(Path(sys.prefix))
    try:
        return subprocess.run(server_command(browser=browser, port=port), cwd=PROJECT, env=_environment()).returncode
    except KeyboardInterrupt:
        return 0


def server_command(*, browser: bool, port: int) -> list[str]:
    """The command that starts JupyterLab.

    Examples
    --------
    >>> "--no-browser" in server_command(browser=False, port=8888)
    True
    """
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={PROJECT}",
        f"--LabApp.default_url=/doc/tree/{FIRST_NOTEBOOK}",
        f"--ServerApp.port={port}" if port else "--ServerApp.port=8888",
        f"--ServerApp.tornado_settings={json.dumps({'websocket_max_message_size': LARGEST_UPLOAD})}",
        "--ServerApp.ip=127.0.0.1",
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]


def quiet_jupyterlab(prefix: Path) -> None:
    """Write JupyterLab's default settings for this environment: no news, no update check, no network."""
    folder = prefix / "share" / "jupyter" / "lab" / "settings"
    overrides = folder / "overrides.json"
    wanted = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    try:
        known = json.loads(overrides.read_text(encoding="utf-8")) if overrides.exists() else {}
        if {**known, **wanted} != known:
            folder.mkdir(parents=True, exist_ok=True)
            overrides.write_text(json.dumps({**known, **wanted}, indent=1), encoding="utf-8")
    except (OSError, ValueError):
        return  # a conda environment of somebody else's: JupyterLab then asks once whether it may fetch news


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    paths = [str(PROJECT), *filter(None, [environment.get("PYTHONPATH")])]
    return environment | {"PYTHONPATH": os.pathsep.join(paths)}
