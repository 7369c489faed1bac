"""Many accounts, one folder each: the same search for every one, on this machine's cores or on a Dask cluster."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.fleet.looking import Look, finished_files, is_finished, look_at
from promofix_lib.incident import touched
from promofix_lib.places import content, private_folder, safe_file_name, sha256, trouble_told, write_atomically
from promofix_lib.say import current_language, speak, told

DEFAULTS_NAME = "promofix.toml"
_FORMAT = 1  # grows when what is kept of an account changes: all are done again then
_DAYS_DRAWN = 60
_ANSWER_WITHIN = "10s"  # a scheduler that is there answers in a fraction of it
# Roughly so many of a currency are worth a dollar: only to say which account to look at first, never shown.
_A_DOLLAR = {
    "JPY": 150,
    "INR": 85,
    "EGP": 48,
    "TRY": 40,
    "MXN": 18,
    "ZAR": 18,
    "SEK": 10,
    "CNY": 7,
    "BRL": 5.5,
    "PLN": 3.8,
    "SAR": 3.75,
    "AED": 3.67,
    "AUD": 1.5,
    "CAD": 1.4,
    "SGD": 1.3,
    "EUR": 0.9,
    "GBP": 0.77,
}


@dataclass(frozen=True)
class Account:
    """One account of a scan: its name, and where its files are (a folder here, or an address that fsspec reads)."""

    name: str
    place: str

    @property
    def is_remote(self) -> bool:
        """Whether the files are behind an address."""
        return "://" in self.place


@dataclass(frozen=True)
class Row:
    """What a scan says of one account.

    Parameters
    ----------
    account : str
        Its folder's name.
    incidents : tuple of dict
        As ``find --json`` prints them, the gravest first.
    failed : str or None
        What could not be read and why, in the language of the scan.
    files : tuple of (str, str, int, int)
        Name, SHA-256, lines, lines set aside: for the audit.
    days : tuple of (str, int, int)
        Day (UTC), orders, affected orders: for the small chart.
    looked_at : str
        When, ISO 8601 in UTC.
    """

    account: str
    incidents: tuple[dict[str, Any], ...] = ()
    failed: str | None = None
    files: tuple[tuple[str, str, int, int], ...] = ()
    days: tuple[tuple[str, int, int], ...] = ()
    looked_at: str = ""

    @property
    def orders(self) -> int:
        """Affected orders of all incidents."""
        return sum(found["orders"] for found in self.incidents)

    @property
    def losses(self) -> dict[str, Decimal]:
        """What was lost, per currency."""
        sums: dict[str, Decimal] = {}
        for found in self.incidents:
            for one in found["amounts"]:
                sums[one["currency"]] = sums.get(one["currency"], Decimal(0)) + Decimal(one["loss"])
        return sums

    @property
    def since(self) -> str:
        """When the first incident began, ISO 8601 in UTC; empty without one."""
        return min((found["onset"] for found in self.incidents), default="")

    @property
    def gravity(self) -> tuple[bool, float, int, bool]:
        """Larger for what a person should look at first."""
        worth = sum(float(lost) / _A_DOLLAR.get(currency, 1) for currency, lost in self.losses.items())
        return (bool(self.incidents), worth, self.orders, self.failed is not None)

    def to_json(self) -> dict[str, Any]:
        """One row of ``scan --json``."""
        return {"account": self.account, "incidents": list(self.incidents), "failed": self.failed}


@dataclass(frozen=True)
class Scan:
    """What a scan brought, the gravest account first."""

    rows: tuple[Row, ...]
    done_again: int
    csv: Path
    html: Path

    @property
    def exit_status(self) -> int:
        """0 nothing, 1 incidents found, 3 something could not be read."""
        return 3 if any(row.failed for row in self.rows) else 1 if any(row.incidents for row in self.rows) else 0

    def to_json(self) -> dict[str, Any]:
        """As ``scan --json`` prints it."""
        return {
            "accounts": len(self.rows),
            "with_incident": sum(bool(row.incidents) for row in self.rows),
            "failed": sum(row.failed is not None for row in self.rows),
            "done_again": self.done_again,
            "rows": [row.to_json() for row in self.rows],
        }


def scan(root: str, out: Path, *, workers: int = 0, scheduler: str = "", progress: bool = False) -> Scan:
    """Search every account under a folder; what has not changed since the last scan into `out` is not done again.

    Parameters
    ----------
    root : str
        A folder with one folder per account, or an address that fsspec reads (``s3://bucket/accounts``).
    out : Path
        Where ``scan.csv``, ``scan.html`` and what is known of each account go.
    workers : int
        Processes on this machine; one per core by default.
    scheduler : str
        Address of a running Dask scheduler, whose workers see `root` and `out` under the same names.
    progress : bool
        Show a progress bar.

    Raises
    ------
    CaseError
        A root without a folder, an `out` that cannot be written, a scheduler that does not answer.
    """
    from promofix_lib.fleet.sheet import add_to_audit, write_csv, write_html

    accounts = accounts_under(root)
    kept = private_folder(private_folder(out) / "accounts")
    if out.resolve() in {Path(one.place).resolve() for one in accounts if not one.is_remote}:
        raise CaseError("fleet.out_is_account", folder=out)
    language = current_language()
    known = {one.name: _kept(one, kept, language) for one in accounts}
    open_still = [one for one in accounts if known[one.name] is None]
    run = _on_cluster(scheduler) if scheduler else _on_this_machine(workers)
    rows = {name: row for name, row in known.items() if row is not None}
    for name, row in _watched(run(open_still, kept, language), len(open_still), progress):
        rows[name] = row
        add_to_audit(private_folder(out / "audit") / f"{safe_file_name(name)}.csv", row)
    ordered = tuple(sorted(rows.values(), key=lambda row: (*(-1 * part for part in row.gravity), row.account)))
    return Scan(ordered, len(open_still), write_csv(ordered, out / "scan.csv"), write_html(ordered, out / "scan.html"))


def accounts_under(root: str) -> list[Account]:
    """The accounts of a root, by name.

    Raises
    ------
    CaseError
        No folder there, or no account in it.
    """
    if "://" in root:
        with _answering(root):
            system, place = _remote(root)
            folders = [one["name"] for one in system.ls(place, detail=True) if one["type"] == "directory"]
        scheme = root.partition("://")[0]
        found = [Account(one.rstrip("/").rsplit("/", 1)[-1], f"{scheme}://{one.lstrip('/')}") for one in folders]
    else:
        with trouble_told(Path(root)):
            folders_here = [one for one in Path(root).iterdir() if one.is_dir() and not one.name.startswith(".")]
        found = [Account(one.name, str(one.absolute())) for one in folders_here]
    if not found:
        raise CaseError("fleet.no_accounts", root=root)
    return sorted(found, key=lambda one: one.name)


def defaults(root: str) -> dict[str, Any]:
    """What holds for all accounts under a root: settings of a case, from ``promofix.toml`` there.

    Raises
    ------
    CaseError
        A file that is not TOML.
    """
    path = Path(root) / DEFAULTS_NAME
    if "://" in root or not path.is_file():
        return {}
    try:
        return tomllib.loads(content(path).decode("utf-8-sig"))
    except (ValueError, tomllib.TOMLDecodeError) as error:
        raise CaseError("fleet.no_toml", file=path, why=str(error)) from error


# -- one account: the same task for a process here and a worker of a cluster ------------------------------------------


def search_account(account: Account, kept: str, language: str) -> dict[str, Any]:
    """Read and search one account and write what was found under its content's key; gives the row as plain JSON.

    Whoever asked may be gone by then: the next scan finds the result. Nothing of a buyer is in it.
    """
    speak(language)
    key = ""
    with TemporaryDirectory() as room:
        try:
            key = _key(account, language)
            files = files_of(account, Path(room))
            row = _row(account.name, look_at(files), files)
        except PromofixError as error:
            key, row = "", Row(account.name, failed=str(error))
    row = replace(row, looked_at=datetime.now(UTC).isoformat(timespec="seconds"))
    if key:
        write_atomically(Path(kept) / f"{key}.json", json.dumps(asdict(row), ensure_ascii=False).encode())
    return asdict(row)


def _row(name: str, look: Look, files: Sequence[Path]) -> Row:
    whys = [text if path.name in (text := why.text()) else f"{path.name}: {text}" for path, why in look.failed]
    if not files:
        whys = [told("fleet.empty_account").text()]
    reports = look.reading.reports if look.reading else ()
    return Row(
        name,
        tuple(found.to_json() for found in look.findings.incidents),
        " ".join(whys) or None,
        tuple((report.name, report.sha256, report.lines, len(report.quarantined)) for report in reports),
        _days(look),
    )


def _days(look: Look) -> tuple[tuple[str, int, int], ...]:
    if look.reading is None or look.reading.orders["purchase_date"].isna().all():
        return ()
    orders = look.reading.orders
    mask = touched(orders, [found.rule for found in look.findings.incidents]).to_numpy() > 0
    day = (
        orders["purchase_date"].to_numpy(dtype="datetime64[ns]", na_value=np.datetime64("NaT")).astype("datetime64[D]")
    )
    table = pd.DataFrame({"day": day, "order": orders["order_id"].to_numpy(object), "hit": mask}).dropna()
    per_order = table.groupby("order", sort=False).agg(day=("day", "first"), hit=("hit", "any"))
    counts = per_order.groupby("day")["hit"].agg(["size", "sum"]).sort_index().tail(_DAYS_DRAWN)
    return tuple((str(when.date()), int(all_), int(hit)) for when, all_, hit in counts.itertuples())


def _key(account: Account, language: str) -> str:
    """Of what the account's files hold, not of when they were copied there; empty where one of them cannot be read."""
    if account.is_remote:
        with _answering(account.place):
            system, files = _remote_files(account)
            marks = [(name, str(system.ukey(name))) for name in files]
    else:
        try:
            marks = [(path.name, sha256(path)) for path in finished_files(Path(account.place))]
        except OSError:
            return ""
    return hashlib.sha256(json.dumps([_FORMAT, account.name, language, sorted(marks)]).encode()).hexdigest()[:32]


def _kept(account: Account, kept: Path, language: str) -> Row | None:
    """What an earlier scan found in the same files; None when something is new, or could not be read then."""
    try:
        path = kept / f"{_key(account, language) or 'none'}.json"
        return _as_row(json.loads(path.read_bytes())) if path.is_file() else None
    except (PromofixError, OSError, ValueError, TypeError, KeyError):
        return None  # it is done again, and says then what is wrong


def _as_row(record: dict[str, Any]) -> Row:
    lists = {name: tuple(map(tuple, record[name])) for name in ("files", "days")}
    return Row(**{**record, **lists, "incidents": tuple(record["incidents"])})


# -- where the tasks run ----------------------------------------------------------------------------------------------

Run = Callable[[Sequence[Account], Path, str], Iterator[tuple[str, Row]]]


def _on_this_machine(workers: int) -> Run:
    def run(accounts: Sequence[Account], kept: Path, language: str) -> Iterator[tuple[str, Row]]:
        count = min(workers or os.cpu_count() or 1, len(accounts))
        if count <= 1 and workers <= 1:
            for one in accounts:
                yield one.name, _as_row(search_account(one, str(kept), language))
            return
        yield from _in_processes(list(accounts), kept, language, count)

    return run


def _in_processes(accounts: list[Account], kept: Path, language: str, workers: int) -> Iterator[tuple[str, Row]]:
    """A process pool that survives an account which kills its process: the suspects are tried again one by one."""
    suspects = []
    with _pool(workers) as pool:
        waiting = {pool.submit(search_account, one, str(kept), language): one for one in accounts}
        for done in as_completed(waiting):
            try:
                yield waiting[done].name, _as_row(done.result())
            except BrokenProcessPool:
                suspects.append(waiting[done])
    for one in suspects:
        with _pool(1) as pool:
            alone: Future[dict[str, Any]] = pool.submit(search_account, one, str(kept), language)
            try:
                yield one.name, _as_row(alone.result())
            except BrokenProcessPool:
                yield one.name, Row(one.name, failed=told("fleet.process_died").text())


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """In a worker: one core for each, and an end when the parent is gone, however it went."""
    import pyarrow as pa

    pa.set_cpu_count(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _on_cluster(address: str) -> Run:
    def run(accounts: Sequence[Account], kept: Path, language: str) -> Iterator[tuple[str, Row]]:
        try:
            from dask.distributed import Client
            from dask.distributed import as_completed as completed
        except ImportError as error:
            raise CaseError("fleet.needs_extra", extra="cluster") from error
        try:
            client = Client(address, timeout=_ANSWER_WITHIN, set_as_default=False)
        except (OSError, ValueError) as error:
            raise CaseError("fleet.no_scheduler", address=address, why=str(error)) from error
        with client:
            # an account that kills its worker is tried on three others, then it is the account's fault
            waiting = {
                client.submit(search_account, one, str(kept.absolute()), language, pure=False): one for one in accounts
            }
            for done in completed(list(waiting)):
                name = waiting[done].name
                if done.status == "finished":
                    yield name, _as_row(done.result())
                else:
                    yield name, Row(name, failed=told("fleet.process_died").text())

    return run


def _watched(rows: Iterable[tuple[str, Row]], count: int, progress: bool) -> Iterable[tuple[str, Row]]:
    from tqdm.auto import tqdm

    return tqdm(rows, total=count, desc="scan", disable=not progress)


# -- behind an address ------------------------------------------------------------------------------------------------


def _remote(address: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise CaseError("fleet.needs_extra", extra="cluster") from error
    system, place = url_to_fs(address)
    return system, place


@contextmanager
def _answering(address: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, ImportError) as error:
        raise CaseError("fleet.no_answer", address=address, why=str(error)) from error


def _remote_files(account: Account) -> tuple[Any, list[str]]:
    system, place = _remote(account.place)
    found = [one["name"] for one in system.ls(place, detail=True, refresh=True) if one["type"] == "file"]
    return system, [name for name in found if is_finished(name.rsplit("/", 1)[-1])]


def files_of(account: Account, room: Path) -> tuple[Path, ...]:
    """An account's finished reports, the oldest first; those behind an address are laid into `room`."""
    if not account.is_remote:
        return finished_files(Path(account.place))
    with _answering(account.place):
        system, names = _remote_files(account)
        here = [room / safe_file_name(name.rsplit("/", 1)[-1]) for name in names]
        for name, path in zip(names, here, strict=True):
            system.get_file(name, str(path))
    return tuple(here)


__all__ = [
    "DEFAULTS_NAME",
    "Account",
    "Row",
    "Scan",
    "accounts_under",
    "defaults",
    "files_of",
    "scan",
    "search_account",
]
