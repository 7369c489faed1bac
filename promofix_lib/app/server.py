"""JupyterLab on the guided notebooks: quiet, offline, in document mode, ended in one line."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any

import zmq

from promofix_lib.app.pages import lay_pages
from promofix_lib.errors import PromofixError
from promofix_lib.places import FROM_WHEEL, PROJECT, seller_folder
from promofix_lib.say import current_language, harmless, say

FIRST_NOTEBOOK = "0_start_here.ipynb"
LARGEST_UPLOAD = 200 * 1024 * 1024
"""Bytes that a FileUpload may send at once; Jupyter silently drops more than some 10 MB by default."""

_PATIENCE = 120.0  # seconds in which a slow disk must have started the server
_NEW_GROUP = 0x200  # Windows: subprocess.CREATE_NEW_PROCESS_GROUP
# a grammar of addresses in any script, which JupyterLab never asks, takes half of the time in which it starts
_LAB = "import sys; sys.modules['rfc3987_syntax'] = None; from jupyterlab.labapp import main; sys.exit(main())"


def open_notebooks(folder: Path | None = None, *, browser: bool = True, port: int = 0) -> int:
    """Start JupyterLab on the first notebook and wait until it ends; gives its exit status.

    Parameters
    ----------
    folder : Path, optional
        Where the notebooks are laid and the cases stand; from a clone the clone itself by default, else ``promofix`` at
        home.
    browser : bool
        Open the seller's browser; otherwise only print the address.
    port : int
        0 for a free one.

    Raises
    ------
    PromofixError
        The folder cannot be written, there are no notebooks here, the port is taken, or the server does not start.
    """
    home = (folder or seller_folder()).expanduser().absolute()
    if home != PROJECT:
        for aside in lay_pages(home):
            print(say("app.page_kept", file=aside), flush=True)
    pages = home / "notebooks"
    first = first_notebook(pages, current_language())
    port = _free(port)
    token = secrets.token_hex(24)
    group: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {"creationflags": _NEW_GROUP}
    for number in (signal.SIGINT, signal.SIGTERM):  # a script that began us may have Ctrl+C ignored
        signal.signal(number, signal.default_int_handler)
    # a process group of its own: Ctrl+C is for us, and Jupyter does not ask whether it is meant
    command, pipe = server_command(pages, port, first), subprocess.PIPE
    running = subprocess.Popen(command, cwd=pages, env=_environment(token), stderr=pipe, **group)
    ending = threading.Event()
    threading.Thread(target=_pass_on, args=(running, ending), daemon=True).start()
    try:
        _wait_for(running, port)
        address = f"http://127.0.0.1:{port}/doc/tree/{first}?token={token}"
        print(say("app.opened", address=address), flush=True)
        if browser:
            webbrowser.open(address)
        return running.wait()
    except KeyboardInterrupt:
        ending.set()
        _shut_down(running, port, token)
        print(say("app.goodbye"), flush=True)
        return 0
    finally:
        running.kill()  # nothing happens to one that has ended; kernels end without their server
        running.wait()


def first_notebook(pages: Path, language: str) -> str:
    """The first page in a language, English where there is none, as a path below the folder of the pages.

    Raises
    ------
    PromofixError
        There are no notebooks here.

    Examples
    --------
    >>> from promofix_lib.places import NOTEBOOKS
    >>> first_notebook(NOTEBOOKS, "en"), first_notebook(NOTEBOOKS, "zh-CN")
    ('0_start_here.ipynb', 'zh-CN/0_start_here.ipynb')
    """
    for name in (f"{language}/{FIRST_NOTEBOOK}", FIRST_NOTEBOOK):
        if (pages / name).exists():
            return name
    raise PromofixError("app.no_notebooks", folder=str(pages))


def server_command(pages: Path, port: int, first: str) -> list[str]:
    """The command that starts JupyterLab on a folder of pages, and shows nothing else of the disk.

    Its token comes by the environment, where no list of processes shows it.

    Examples
    --------
    >>> "--no-browser" in server_command(Path("notebooks"), 8888, "0_start_here.ipynb")
    True
    """
    return [
        sys.executable,
        "-c",
        _LAB,
        "--no-browser",
        f"--ServerApp.root_dir={pages}",
        f"--LabApp.default_url=/doc/tree/{first}",
        "--LabApp.expose_app_in_browser=True",  # a link on a page opens the next one already run (widgets/kept.js)
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.terminals_enabled=False",
        "--Application.log_level=ERROR",
        f"--ServerApp.tornado_settings={json.dumps({'websocket_max_message_size': LARGEST_UPLOAD})}",
        "--ServerApp.jpserver_extensions=promofix_lib.app.saving=True",
        # on a computer of several people nobody reads along between server and kernels
        *(["--KernelManager.transport_encryption=auto"] if zmq.has("curve") else []),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]


def _pass_on(running: subprocess.Popen[bytes], ending: threading.Event) -> None:
    """What the server and its kernels complain of, harmless; what they say because they are ended helps nobody."""
    for line in running.stderr or ():
        if not ending.is_set():
            print(harmless(line.decode(errors="replace").rstrip()), file=sys.stderr, flush=True)


def _wait_for(running: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while running.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return  # it listens once its pages are ready
        time.sleep(0.1)
    raise PromofixError("app.no_server", port=port)


def _shut_down(running: subprocess.Popen[bytes], port: int, token: str) -> None:
    """Ask the server to end with its kernels; it is ended by force when it does not answer."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/shutdown", method="POST", headers={"Authorization": f"token {token}"}
    )
    with suppress(OSError, KeyboardInterrupt, subprocess.TimeoutExpired):
        urllib.request.urlopen(asked, timeout=5).close()
        running.wait(timeout=30)


def _free(port: int) -> int:
    """The port, if nobody listens there; some free one for 0."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PromofixError("app.port_taken", port=port) from error
        return int(probe.getsockname()[1])


def _environment(token: str) -> dict[str, str]:
    paths = [*([] if FROM_WHEEL else [str(PROJECT)]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), "JUPYTER_TOKEN": token}
