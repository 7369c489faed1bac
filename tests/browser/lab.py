"""A JupyterLab of its own for a test: every folder temporary, nothing left running."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

PROJECT = Path(__file__).resolve().parents[2]
RUNNING: list[Lab] = []
"""Servers that run now."""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Parameters
    ----------
    url, token : str
        Where it answers.
    root : Path
        Its folder: a copy of ``notebooks/`` and ``data/sample``, and what a test writes there.
    """

    url: str
    token: str
    root: Path

    def write(self, name: str, *cells: str) -> str:
        """A notebook with these code cells; gives its name back."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.root / name)
        return name

    def get(self, path: str) -> Any:
        """A JSON answer of the server."""
        with urllib.request.urlopen(self._request(path), timeout=10) as answer:
            return json.load(answer)

    def _request(self, path: str, method: str = "GET") -> urllib.request.Request:
        return urllib.request.Request(
            f"{self.url}{path}", headers={"Authorization": f"token {self.token}"}, method=method
        )

    def shut_down(self) -> None:
        """End every kernel of this server."""
        for _ in range(20):
            sessions = self.get("/api/sessions")
            if not sessions:
                return
            for session in sessions:
                with suppress(urllib.error.HTTPError):  # a kernel that is just restarting: asked again
                    urllib.request.urlopen(
                        self._request(f"/api/sessions/{session['id']}", "DELETE"), timeout=20
                    ).close()
            time.sleep(0.2)
        raise RuntimeError(f"{self.url}: kernels do not end.")

    def kernel_state(self, name: str) -> str:
        """What the kernel of a notebook does: ``idle``, ``busy`` …; empty before it has one."""
        states = [
            session["kernel"]["execution_state"] for session in self.get("/api/sessions") if session["path"] == name
        ]
        return str(states[0]) if states else ""

    def open(self, page: Any, name: str) -> None:
        """Show a notebook and wait until its kernel can work; before that, Run All is lost."""
        page.goto(f"{self.url}/lab/tree/{name}?token={self.token}&reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        self.wait_idle(page, name)

    def wait_idle(self, page: Any, name: str, seconds: float = 120) -> None:
        """Wait until the kernel has been idle twice in a row and no cell waits for it."""
        calm, deadline = 0, time.monotonic() + seconds
        while calm < 2:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name}: the kernel is still {self.kernel_state(name) or 'not there'}.")
            page.wait_for_timeout(150)
            running = page.locator(".jp-InputPrompt", has_text="[*]").count()  # idle, but cells are still to come
            calm = calm + 1 if self.kernel_state(name) == "idle" and not running else 0

    def menu(self, page: Any, *path: str) -> None:
        """Choose from the menu bar, for example ``"Run", "Run All Cells"``."""
        page.locator(".lm-MenuBar-itemLabel", has_text=path[0]).first.click()
        for label in path[1:]:
            page.locator(".lm-Menu-itemLabel").get_by_text(label, exact=False).first.click()

    def run_all(self, page: Any, name: str) -> None:
        """Run every cell and wait for the end."""
        self.menu(page, "Run", "Run All Cells")
        page.wait_for_timeout(300)
        self.wait_idle(page, name)

    def restart(self, page: Any, name: str) -> None:
        """Restart the kernel without running anything."""
        self.menu(page, "Kernel", "Restart Kernel…")
        page.locator(".jp-Dialog .jp-mod-accept").click()
        page.wait_for_timeout(500)
        self.wait_idle(page, name)


@contextmanager
def serve(folder: Path, *, theme: str = "JupyterLab Light") -> Iterator[Lab]:
    """A JupyterLab whose settings, data and notebooks all lie in `folder`."""
    root = folder / "notebook-root"
    _fill(root)
    _settings(folder, theme)
    port, token = _free_port(), secrets.token_hex(16)
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
            *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
            *(f"--ServerApp.root_dir={root}", "--LabApp.extension_manager=readonly"),
            '--ServerApp.tornado_settings={"websocket_max_message_size":209715200}',
        ],
        env=_surroundings(folder),
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        lab = Lab(f"http://127.0.0.1:{port}", token, root)
        _wait_until_it_answers(lab, server, folder / "server.log")
        RUNNING.append(lab)
        yield lab
    finally:
        RUNNING[:] = [running for running in RUNNING if running.root != root]
        _stop(server)
        log.close()


def _fill(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for part in ("notebooks", "data/sample"):
        if (PROJECT / part).is_dir():
            ignore = shutil.ignore_patterns(".ipynb_checkpoints")
            shutil.copytree(PROJECT / part, root / part, dirs_exist_ok=True, ignore=ignore)


def _settings(folder: Path, theme: str) -> None:
    chosen = {
        "themes": {"theme": theme, "adaptive-theme": False},
        "notification": {"fetchNews": "false", "checkForUpdates": False},
    }
    place = folder / "settings" / "@jupyterlab" / "apputils-extension"
    place.mkdir(parents=True, exist_ok=True)
    for name, values in chosen.items():
        (place / f"{name}.jupyterlab-settings").write_text(json.dumps(values), "utf-8")


def _surroundings(folder: Path) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "PROMOFIX_CASES": "cases",
        "HOME": "home",
    }
    places = {name: str(folder / sub) for name, sub in own.items()}
    for place in places.values():
        Path(place).mkdir(parents=True, exist_ok=True)
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
            lab.get("/api/status")
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
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
