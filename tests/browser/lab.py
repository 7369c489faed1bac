"""A JupyterLab of its own for the tests: every folder temporary, one kernel for all pages, nothing left running."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError as Late

from promofix_lib.app.server import server_command

PROJECT = Path(__file__).resolve().parents[2]

COUNTS = """[...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell')]
  .map(cell => Number(/\\d+/.exec(cell.querySelector('.jp-InputPrompt')?.textContent)?.[0] ?? 0))"""
"""Execution counts of the code cells on a page; 0 for one that did not run, or still runs."""

SENT = "JSON.stringify(jupyterapp.shell.currentWidget.context.model.toJSON())"
"""What JupyterLab sent to be saved, to whichever server: also to one that promofix did not start."""

OPEN = """async name => {
  for (const old of [...jupyterapp.shell.widgets('main')]) {
    const kernel = old.context?.sessionContext.session?.kernel
    await kernel?.requestExecute({code: 'from ipywidgets import Widget; Widget.close_all()'}).done
    old.dispose()
  }
  await jupyterapp.commands.execute('docmanager:open', {path: name, options: {ref: '_noref'}})
}"""
"""Show this page alone; the one before is closed with its widgets."""


@dataclass
class Lab:
    """A running server, with JupyterLab (``lab``, ``doc``) and Notebook 7 (``notebooks``) on it.

    Parameters
    ----------
    url, token : str
        Where it answers.
    root : Path
        Where ``notebooks/``, which the server shows, and the cases lie, and what a test writes there.
    """

    url: str
    token: str
    root: Path
    kernel: str = ""
    app: str = "lab"
    attached: set[str] = field(default_factory=set)

    @property
    def cases(self) -> Path:
        """Where the cases lie: below the server's folder, as in a clone."""
        return self.root / "data" / "cases"

    # -- the server -----------------------------------------------------------------------------------------------

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """What the server answers, as JSON."""
        request = urllib.request.Request(
            f"{self.url}{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def looks(self, theme: str, app: str = "lab") -> None:
        """From now on pages open in this theme (``Light``, ``Dark``) and application."""
        self.app = app
        raw = json.dumps({"theme": f"JupyterLab {theme}", "adaptive-theme": False})
        self.ask("/lab/api/settings/@jupyterlab/apputils-extension:themes", "PUT", {"raw": raw})

    def attach(self, name: str) -> None:
        """Let a notebook use the one kernel: starting one for each costs more than all that is tested."""
        if not self.kernel:
            self.kernel = self.ask("/api/kernels", "POST", {"name": "python3", "path": ""})["id"]
        if name not in self.attached:
            shown = name.removeprefix("notebooks/")
            session = {"path": shown, "name": shown, "type": "notebook", "kernel": {"id": self.kernel}}
            self.ask("/api/sessions", "POST", session)
            self.attached.add(name)

    def restart(self) -> None:
        """Restart the kernel; nothing is run."""
        self.ask(f"/api/kernels/{self.kernel}/restart", "POST", {})

    def write(self, name: str, *cells: str) -> str:
        """A notebook with these code cells; gives its name back."""
        parts = [{"cell_type": "code", "id": f"cell-{number}", "source": source} for number, source in enumerate(cells)]
        code = [{**part, "metadata": {}, "outputs": [], "execution_count": None} for part in parts]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        page = {"cells": code, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (self.root / name).write_text(json.dumps(page), encoding="utf-8")
        return name

    # -- a page ---------------------------------------------------------------------------------------------------

    def open(self, page: Any, name: str) -> None:
        """Show a notebook and wait until its kernel can work; before that, Run All is lost."""
        self.attach(name)
        shown = name.removeprefix("notebooks/")
        if page.evaluate("'jupyterapp' in window"):  # loading all of JupyterLab again takes longest
            page.evaluate(OPEN, shown)
        else:
            tree = "" if self.app == "notebooks" else "/tree"
            page.goto(f"{self.url}/{self.app}{tree}/{shown}?token={self.token}&reset")
        self.ready(page)

    def ready(self, page: Any) -> None:
        """Wait until the notebook stands there and its kernel answers."""
        shown = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        shown.locator(".jp-Cell").first.wait_for()
        shown.locator(".jp-KernelName", has_text="Python 3").wait_for()
        shown.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(state="attached")

    def run_all(self, page: Any) -> None:
        """Run every cell and wait for the end."""
        page.bring_to_front()
        before = max([0, *page.evaluate(COUNTS)])
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        self.ran(page, before)

    def ran(self, page: Any, before: int = 0) -> None:
        """Wait until every cell has run."""
        page.wait_for_function(
            f"before => {{ const all = {COUNTS}; return all.length && all.every(n => n > before) }}",
            arg=before,
            polling=100,
        )

    def saves(self, page: Any) -> None:
        """Save with Ctrl+S, wherever the focus is; what a widget shows anew meanwhile wants it once more."""
        changed = page.locator(".jp-mod-dirty").first
        for _press in range(8):
            page.keyboard.press("ControlOrMeta+s")
            with suppress(Late):
                changed.wait_for(state="detached", timeout=10_000)
                return
        raise AssertionError("Ctrl+S does not save the page")

    def opened(self, page: Any, name: str) -> None:
        """A page, run from top to bottom."""
        self.open(page, name)
        self.run_all(page)


@contextmanager
def serve(folder: Path) -> Iterator[Lab]:
    """The server that ``promofix open`` starts, with settings, data and notebooks in `folder`."""
    root = folder / "notebook-root"
    shutil.copytree(PROJECT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    port, token = _free_port(), secrets.token_hex(16)
    command = server_command(root / "notebooks", port, "0_start_here.ipynb")
    command += ["--LabApp.extension_manager=readonly", "--JupyterNotebookApp.expose_app_in_browser=True"]
    with (folder / "server.log").open("wb") as log:
        environment = _surroundings(folder) | {"JUPYTER_TOKEN": token}
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            lab = Lab(f"http://127.0.0.1:{port}", token, root)
            _wait_until_it_answers(lab, server, folder / "server.log")
            yield lab
        finally:
            _stop(server)


def _surroundings(folder: Path) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "PROMOFIX_CASES": "notebook-root/data/cases",
        "HOME": "home",
    }
    places = {name: str(folder / sub) for name, sub in own.items()}
    for place in places.values():
        Path(place).mkdir(parents=True, exist_ok=True)
    quiet = Path(places["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    news = {"fetchNews": "false", "checkForUpdates": False}
    (quiet / "notification.jupyterlab-settings").write_text(json.dumps(news), "utf-8")
    kept = Path(places["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyter-widgets" / "jupyterlab-manager"
    kept.mkdir(parents=True)  # what a seller may have set: the state of the widgets is saved with the page
    (kept / "plugin.jupyterlab-settings").write_text('{"saveState": true}', "utf-8")
    known = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **places, "PYTHONPATH": os.pathsep.join(known), "JUPYTER_PLATFORM_DIRS": "1"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            lab.ask("/api/status")
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and its kernels: it leads its own group (on Windows the server ends its kernels itself)."""
    for name in ("SIGTERM", "SIGKILL"):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            if hasattr(os, "killpg"):
                os.killpg(server.pid, getattr(signal, name))
            else:
                server.terminate()
            server.wait(timeout=10)
