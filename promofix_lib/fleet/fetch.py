"""Reports by Amazon's Selling Partner API, with the seller's own keys: asked for, waited for, kept as they came.

References
----------
Amazon, Reports API v2021-06-30 and Tokens API v2021-03-01 (amzn/selling-partner-api-models).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.file_names import free_name
from promofix_lib.marketplaces import MARKETPLACES, Marketplace
from promofix_lib.places import private_folder, to_install, write_atomically

REPORTS = {
    "all-orders": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
    "all-orders-updated": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL",
    "new-orders": "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING",
}
_WITH_BUYERS = ("new-orders",)  # Amazon gives these only for a restricted token
_AT_MOST = timedelta(days=30)  # of one All Orders report
_KEYS = ("client_id", "client_secret", "refresh_token")
_TRIES = 5
_LONGEST_WAIT = 120.0  # createReport is refilled once a minute
_POLLED = 15.0
_POLLS = 240  # an hour: Amazon's own reports are ready in minutes, or never
_TIMEOUT = 60.0


class FetchError(PromofixError):
    """Amazon did not give the report, and why; no key is in it."""


def fetch(
    out: Path,
    *,
    since: float = 2 * 86400,
    report: str = "all-orders",
    marketplace: str = "US",
    now: datetime | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> tuple[Path, ...]:
    """Ask Amazon for the orders of the last days and keep the files byte by byte; gives their paths.

    Parameters
    ----------
    out : Path
        Folder for the files, private to its owner. A file that is still being written is hidden.
    since : float
        Seconds back from now; more than 30 days are several reports.
    report : str
        A word of `REPORTS`.
    marketplace : str
        Its two letters.
    now : datetime, optional
        The end of the time asked for; now by default.
    pause : callable
        Waits some seconds.

    Raises
    ------
    FetchError
        No keys, no permission, a report that Amazon cancelled or could not make, no answer.
    """
    if report not in REPORTS:
        raise FetchError("fleet.no_report", found=report, known=tuple(REPORTS))
    markets = {one.code: one for one in MARKETPLACES}
    market = markets.get(marketplace.upper())
    if market is None:
        raise FetchError("fleet.no_marketplace", found=marketplace, known=tuple(markets))
    end = now or datetime.now(UTC)
    begin = end - timedelta(seconds=since)
    own = os.environ.get("PROMOFIX_SPAPI_URL", "").rstrip("/")
    address, tokens = f"https://sellingpartnerapi-{market.region}.amazon.com", "https://api.amazon.com"
    door = _Door(own or address, own or tokens, _keys(), pause)
    private_folder(out)
    files = []
    while begin < end:
        until = min(begin + _AT_MOST, end)
        files.append(_one(door, out, report, market, begin, until))
        begin = until
    return tuple(files)


def keep_keys() -> None:
    """Put the keys of the environment into the system's keyring, where `fetch` finds them from then on.

    Raises
    ------
    FetchError
        A key is not in the environment, or there is no keyring.
    """
    keys, ring = _keys(kept=False), _keyring()
    for name, key in keys.items():
        ring.set_password("promofix", name, key)


def _one(door: _Door, out: Path, report: str, market: Marketplace, begin: datetime, end: datetime) -> Path:
    asked = {
        "reportType": REPORTS[report],
        "marketplaceIds": [market.marketplace_id],
        "dataStartTime": _iso(begin),
        "dataEndTime": _iso(end),
    }
    document = _document(door, asked, again=True)
    path = f"/reports/2021-06-30/documents/{document}"
    restricted = ""
    if report in _WITH_BUYERS:
        wanted = {"restrictedResources": [{"method": "GET", "path": path}]}
        restricted = door.ask("POST", "/tokens/2021-03-01/restrictedDataToken", wanted)["restrictedDataToken"]
    content, packed = _downloaded(door, path, restricted)
    stem = f"{report.title().replace('-', '')}-{market.code}-{end:%Y-%m-%dT%H%M%SZ}"
    file = free_name(out, f"{stem}.txt{'.gz' if packed else ''}")
    write_atomically(file, content)
    return file


def _document(door: _Door, asked: Mapping[str, Any], *, again: bool) -> str:
    """Have the report made and wait for it; one that Amazon gives up is asked for once more."""
    number = str(door.ask("POST", "/reports/2021-06-30/reports", asked)["reportId"])
    for _ in range(_POLLS):
        facts = door.ask("GET", f"/reports/2021-06-30/reports/{number}")
        state = facts.get("processingStatus")
        if state == "DONE":
            return str(facts["reportDocumentId"])
        if state in ("CANCELLED", "FATAL"):
            if again:
                door.pause(60.0)
                return _document(door, asked, again=False)
            raise FetchError("fleet.report_fatal" if state == "FATAL" else "fleet.report_cancelled")
        door.pause(_POLLED)
    raise FetchError("fleet.report_late")


def _downloaded(door: _Door, path: str, restricted: str) -> tuple[bytes, bool]:
    """The document's bytes and whether they are packed; its address holds five minutes, so each try asks for one."""
    for attempt in range(_TRIES):
        facts = door.ask("GET", path, token=restricted)
        # expired, or less came than was announced: the next try has a new address
        with suppress(OSError, HTTPException), urlopen(str(facts["url"]), timeout=_TIMEOUT) as answer:
            return answer.read(), facts.get("compressionAlgorithm") == "GZIP"
        door.pause(2.0**attempt)
    raise FetchError("fleet.download_cut")


class _NoDetour(HTTPRedirectHandler):
    """An answer that leads elsewhere is not followed: the token would go along."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


@dataclass
class _Door:
    """The way to Amazon: gets a token, asks, waits as the limits say, and asks again."""

    address: str
    tokens: str
    keys: Mapping[str, str] = field(repr=False)
    pause: Callable[[float], None]
    _token: str = field(default="", repr=False)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str = "") -> dict[str, Any]:
        """One call of the API; gives its JSON."""
        content = None if body is None else json.dumps(body).encode()
        for attempt in range(_TRIES):
            try:
                headers = {
                    "x-amz-access-token": token or self._access(),
                    "x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
                    "user-agent": "promofix (Language=Python)",
                    "content-type": "application/json",
                }
                return self._open(Request(self.address + path, content, headers, method=method))
            except HTTPError as error:
                self._after(error, attempt)
            except (OSError, HTTPException, ValueError, TypeError, LookupError) as error:
                if attempt + 1 == _TRIES:
                    raise FetchError("fleet.no_api", why=str(getattr(error, "reason", error))) from None
                self.pause(2.0**attempt)
        raise FetchError("fleet.too_often")

    def _after(self, error: HTTPError, attempt: int) -> None:
        """Wait and come back where that helps; else say what Amazon said."""
        if error.code == 429 or error.code >= 500:
            rate = 0.0
            with suppress(ValueError):  # who stands between may write anything there
                rate = float(error.headers.get("x-amzn-RateLimit-Limit", 0))
            self.pause(min(1 / rate if rate > 0 else 2.0**attempt, _LONGEST_WAIT))
        elif error.code in (401, 403) and attempt == 0 and self._token:
            self._token = ""  # it holds an hour; a new one tells whether it was that
        elif error.code in (401, 403):
            raise FetchError("fleet.not_permitted", why=_said(error)) from None
        else:
            raise FetchError("fleet.refused", code=error.code, why=_said(error)) from None

    def _access(self) -> str:
        if not self._token:
            form = urlencode({"grant_type": "refresh_token", **self.keys}).encode()
            headers = {"content-type": "application/x-www-form-urlencoded;charset=UTF-8"}
            try:
                self._token = str(self._open(Request(f"{self.tokens}/auth/o2/token", form, headers))["access_token"])
            except HTTPError as error:
                raise FetchError("fleet.keys_refused", code=error.code) from None
        return self._token

    @staticmethod
    def _open(request: Request) -> dict[str, Any]:
        with build_opener(_NoDetour).open(request, timeout=_TIMEOUT) as answer:
            return dict(json.loads(answer.read()))


def _keys(*, kept: bool = True) -> dict[str, str]:
    """The keys of the environment, and those that the keyring has kept."""
    keys = {name: os.environ.get(_variable(name), "") for name in _KEYS}
    if kept and not all(keys.values()):
        with suppress(CaseError):  # without a keyring the environment alone can hold them
            ring = _keyring()
            keys = {name: key or ring.get_password("promofix", name) or "" for name, key in keys.items()}
    missing = tuple(_variable(name) for name, key in keys.items() if not key)
    if missing:
        raise FetchError("fleet.no_keys", missing=missing)
    return keys


def _keyring() -> Any:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise CaseError("fleet.needs_extra", command=to_install("fetch")) from error
    try:
        keyring.get_password("promofix", "client_id")
    except KeyringError as error:
        raise CaseError("fleet.no_keyring") from error
    return keyring


def _variable(name: str) -> str:
    return f"PROMOFIX_SPAPI_{name.upper()}"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _said(error: HTTPError) -> str:
    with suppress(ValueError, LookupError, TypeError, OSError):
        return str(json.loads(error.read())["errors"][0]["message"])[:200]
    return str(error.code)
