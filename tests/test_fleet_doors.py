"""promofix has four doors to the network and no other, each closed until the seller opens it."""

from __future__ import annotations

import ast
import shutil
import socket
from pathlib import Path

import pytest

from promofix_lib.app import cli
from promofix_lib.places import PROJECT, sample_reports

OUTSIDE = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "apprise", "fsspec"}
OUTSIDE |= {"dask", "distributed", "boto3", "s3fs", "websockets", "xmlrpc"}
HARMLESS = {"urllib.parse", "http.client"}  # words of addresses, names of errors
DOORS = {
    "fleet/fetch.py": "promofix fetch",
    "fleet/alarms.py": "watch --alarm",
    "fleet/accounts.py": "a remote ROOT",
    "fleet/scan.py": "--scheduler",
    "app/server.py": "the page on this machine itself",
}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found - HARMLESS


def test_only_the_doors_can_reach_a_network():
    """No other module imports anything that opens a connection."""
    package = PROJECT / "promofix_lib"
    reaching = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(name.split(".")[0] in OUTSIDE for name in imports(path))
    }
    assert reaching <= set(DOORS)


def test_reading_finding_watching_and_scanning_open_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With every connection refused, the work is done all the same."""

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    (tmp_path / "in" / "shop").mkdir(parents=True)
    for report in sample_reports():
        shutil.copy(report, tmp_path / "in" / "shop")
    assert cli.run(["find", *map(str, sample_reports())]) == 0
    assert cli.run(["watch", str(tmp_path / "in" / "shop"), "--once"]) == 1
    assert cli.run(["scan", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
