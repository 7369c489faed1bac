"""Reports by Amazon's API, against a server that answers as Amazon's definitions say and refuses what breaks them."""

from __future__ import annotations

import gzip
import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from promofix_lib.app import cli
from promofix_lib.fleet.fetch import REPORTS, FetchError, fetch
from promofix_lib.places import SAMPLE

KEYS = {"CLIENT_ID": "amzn1.app.me", "CLIENT_SECRET": "secret-77", "REFRESH_TOKEN": "Atzr|refresh-99"}
CONTENT = (SAMPLE / "AllOrders-2026-11-20.txt").read_bytes()
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Amazon(ThreadingHTTPServer):
    """What Amazon's definitions promise, with troubles to order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.states: list[str] = ["DONE"]
        self.busy = self.cut = self.expired = 0
        self.permitted, self.packed, self.portal = True, False, False
        self.asked: list[dict[str, Any]] = []
        self.tokens, self.rate = 0, "0.0167"


class Handler(BaseHTTPRequestHandler):  # noqa: D101
    server: Amazon

    def log_message(self, *_: Any) -> None:  # noqa: D102
        pass

    def answer(self, code: int, record: Any, **headers: str) -> None:  # noqa: D102
        content = record if isinstance(record, bytes) else json.dumps(record).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.path.startswith("/file") and self.server.cut:
            self.server.cut -= 1
            content = content[: len(content) // 2]
        self.wfile.write(content)

    def refused(self, code: int, why: str, **headers: str) -> None:  # noqa: D102
        self.answer(code, {"errors": [{"code": "x", "message": why}]}, **headers)

    def do_POST(self) -> None:  # noqa: D102
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/auth/o2/token":
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            wanted = {name.lower(): key for name, key in KEYS.items()} | {"grant_type": "refresh_token"}
            self.server.tokens += 1
            token = {"access_token": f"Atza|{self.server.tokens}", "token_type": "bearer", "expires_in": 3600}
            self.answer(200, token) if form == wanted else self.answer(401, {"error": "invalid_client"})
        elif self.known_token():
            self.create(json.loads(body))

    def create(self, record: dict[str, Any]) -> None:  # noqa: D102
        if self.path == "/tokens/2021-03-01/restrictedDataToken":
            (resource,) = record["restrictedResources"]
            assert resource == {"method": "GET", "path": "/reports/2021-06-30/documents/doc"}
            self.answer(200, {"restrictedDataToken": "Atz.restricted", "expiresIn": 3600})
        elif self.path != "/reports/2021-06-30/reports" or not {"reportType", "marketplaceIds"} <= set(record):
            self.refused(400, "Invalid request")
        elif not self.server.permitted:
            self.refused(403, "Access to requested resource is denied.")
        elif self.server.busy:
            self.server.busy -= 1
            self.refused(429, "You exceeded your quota", x_amzn_RateLimit_Limit=self.server.rate)
        else:
            self.server.asked.append(record)
            self.answer(202, {"reportId": f"r{len(self.server.asked)}"})

    def do_GET(self) -> None:  # noqa: D102
        if self.server.portal:
            self.answer(200, b"<html>Please log in</html>")
        elif self.path == "/file":
            self.answer(200, gzip.compress(CONTENT) if self.server.packed else CONTENT)
        elif not self.known_token():
            return
        elif self.path.startswith("/reports/2021-06-30/reports/r"):
            states = self.server.states
            facts = {"reportId": "r", "processingStatus": states.pop(0) if len(states) > 1 else states[0]}
            self.answer(200, facts | ({"reportDocumentId": "doc"} if facts["processingStatus"] == "DONE" else {}))
        elif self.path == "/reports/2021-06-30/documents/doc":
            facts = {"reportDocumentId": "doc", "url": f"{self.server.url}/file"}
            self.answer(200, facts | ({"compressionAlgorithm": "GZIP"} if self.server.packed else {}))
        else:
            self.refused(404, "No such resource")

    def known_token(self) -> bool:  # noqa: D102
        token = self.headers["x-amz-access-token"]
        if self.server.expired and token == "Atza|1":
            self.refused(403, "The access token you provided has expired.")
            return False
        if not str(token).startswith(("Atza|", "Atz.")) or not self.headers["user-agent"]:
            self.refused(401, "Unauthorized")
            return False
        return True


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    server = Amazon()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setenv("PROMOFIX_SPAPI_URL", server.url)
    for name, key in KEYS.items():
        monkeypatch.setenv(f"PROMOFIX_SPAPI_{name}", key)
    yield server
    server.shutdown()
    server.server_close()


def got(tmp_path: Path, **options: Any) -> tuple[Path, list[float]]:
    waited: list[float] = []
    (path,) = fetch(tmp_path / "in", now=NOW, pause=waited.append, **options)
    return path, waited


def test_the_bytes_are_kept_as_they_came(amazon: Amazon, tmp_path: Path):
    """One private file a report, with the bytes that Amazon gave, for the days that were asked for."""
    path, waited = got(tmp_path)
    assert path.read_bytes() == CONTENT
    assert path.name == "AllOrders-US-2026-11-20T120000Z.txt"
    assert os.name == "nt" or path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert waited == []
    assert amazon.asked == [
        {
            "reportType": REPORTS["all-orders"],
            "marketplaceIds": ["ATVPDKIKX0DER"],
            "dataStartTime": "2026-11-18T12:00:00Z",
            "dataEndTime": "2026-11-20T12:00:00Z",
        }
    ]


def test_a_packed_report_stays_packed(amazon: Amazon, tmp_path: Path):
    """GZIP is kept, named as what it is, and read as such."""
    amazon.packed = True
    path, _ = got(tmp_path)
    assert path.suffixes[-2:] == [".txt", ".gz"]
    assert gzip.decompress(path.read_bytes()) == CONTENT


def test_a_quota_is_waited_for(amazon: Amazon, tmp_path: Path):
    """429 is answered by waiting as long as Amazon's rate says, then asked again."""
    amazon.busy = 2
    assert got(tmp_path)[1] == [pytest.approx(59.88, abs=0.1)] * 2
    amazon.busy, amazon.rate = 2, "soon"
    assert got(tmp_path)[1] == [1, 2]
    amazon.busy = 99
    with pytest.raises(FetchError, match="too many requests"):
        got(tmp_path)


def test_a_report_in_the_making_is_waited_for(amazon: Amazon, tmp_path: Path):
    """IN_QUEUE and IN_PROGRESS are polled; FATAL and CANCELLED are asked for once more, then told."""
    amazon.states = ["IN_QUEUE", "IN_PROGRESS", "FATAL", "DONE"]
    assert got(tmp_path)[1] == [15.0, 15.0, 60.0]
    for state, word in (("FATAL", "could not make"), ("CANCELLED", "cancelled")):
        amazon.states = [state]
        with pytest.raises(FetchError, match=word):
            got(tmp_path)


def test_an_expired_token_is_renewed(amazon: Amazon, tmp_path: Path):
    """A token that has expired in between is renewed once."""
    amazon.expired = 1
    got(tmp_path)
    assert amazon.tokens == 2


def test_a_cut_download_is_tried_again(amazon: Amazon, tmp_path: Path):
    """Half a file is never kept."""
    amazon.cut = 2
    assert got(tmp_path)[0].read_bytes() == CONTENT
    amazon.cut = 99
    with pytest.raises(FetchError, match="broke off"):
        got(tmp_path / "other")
    assert list((tmp_path / "other" / "in").iterdir()) == []


def test_an_answer_that_is_not_amazon_s_is_told(amazon: Amazon, tmp_path: Path):
    """The page of a hotel's network is tried again, and is no traceback."""
    amazon.portal = True
    with pytest.raises(FetchError, match="does not answer"):
        got(tmp_path)


def test_a_report_with_buyers_asks_for_a_restricted_token(amazon: Amazon, tmp_path: Path):
    """New Orders hold names: the document is asked for with a token of its own."""
    path, _ = got(tmp_path, report="new-orders")
    assert path.name.startswith("NewOrders-US-")


def test_a_longer_time_is_several_reports(amazon: Amazon, tmp_path: Path):
    """Amazon gives 30 days a report."""
    files = fetch(tmp_path, since=70 * 86400, now=NOW, pause=lambda _: None)
    assert (len(files), len(amazon.asked)) == (3, 3)


def test_trouble_is_told_without_a_key(
    amazon: Amazon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """No permission, keys that are not taken, no keys: exit 2, one sentence, none of the keys."""
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    command = ["fetch", "--out", str(tmp_path)]
    amazon.permitted = False
    assert cli.run(command) == 2
    monkeypatch.setenv("PROMOFIX_SPAPI_CLIENT_SECRET", "wrong-secret")
    assert cli.run(command) == 2
    monkeypatch.delenv("PROMOFIX_SPAPI_CLIENT_SECRET")
    assert cli.run(command) == 2
    assert cli.run([*command, "--report", "everything"]) == 2
    assert cli.run([*command, "--marketplace", "XX"]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 5
    assert "permission" in told
    assert "PROMOFIX_SPAPI_CLIENT_SECRET" in told
    assert not any(key in told for key in [*KEYS.values(), "wrong-secret", "Atza"])


def test_by_command(amazon: Amazon, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """`fetch --json` names the files."""
    assert cli.run(["fetch", "--out", str(tmp_path / "in"), "--since", "3d", "--json"]) == 0
    (path,) = json.loads(capsys.readouterr().out)["files"]
    assert Path(path).read_bytes() == CONTENT
