"""Many accounts, one folder each: the same search for every one, on this machine's cores or on a Dask cluster."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from tqdm.auto import tqdm

from promofix_lib.case.case import Case
from promofix_lib.case.folder import is_case, now
from promofix_lib.case.journal import Journal
from promofix_lib.case.settings import Settings, changed
from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.file_names import checked_case_name, safe_file_name
from promofix_lib.fleet.accounts import Account, accounts_under, text_beside
from promofix_lib.fleet.looking import look_at
from promofix_lib.fleet.rows import Row, Scan, row_of
from promofix_lib.fleet.sheet import add_to_audit, write_csv, write_html
from promofix_lib.places import cases_folder, private_folder, sha256, to_install, write_atomically
from promofix_lib.plain import checked
from promofix_lib.reports.merging import thrifty
from promofix_lib.say import current_language, speak, told

DEFAULTS_NAME = "promofix.toml"
_OF_A_CASE = ("seller_name", "cancel_reason", "costs")  # no word of a gate: that is said for one case at a time
_OF_ACCOUNT = "account"  # kind of the journal's entry that says of which account a case is
_FORMAT = 5  # grows when what is found or kept of an account changes: all are done again then
_ANSWER_WITHIN = "10s"  # a scheduler that is there answers in a fraction of it


def scan(root: str, out: Path, *, workers: int = 0, scheduler: str = "") -> Scan:
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

    Raises
    ------
    CaseError
        A root without a folder, defaults that are none, an `out` that cannot be written, a scheduler that does not
        answer.
    """
    accounts, zone = accounts_under(root), defaults(root)[1]
    kept = private_folder(out / "accounts")
    if out.resolve() in {Path(one.place).resolve() for one in accounts if not one.is_remote}:
        raise CaseError("fleet.out_is_account", folder=out)
    language = current_language()
    rows = {one.name: row for one in accounts if (row := _kept(one, kept, language))}
    open_still = [one for one in accounts if one.name not in rows]
    asked = (open_still, str(kept.absolute()), language)
    done = _on_cluster(scheduler, *asked) if scheduler else _on_this_machine(workers, *asked)
    for row in tqdm(done if open_still else (), total=len(open_still), desc="scan", disable=None):
        rows[row.account] = row
        add_to_audit(private_folder(out / "audit") / f"{_name_of_its_own(row.account)}.csv", row)
    ordered = tuple(sorted(rows.values(), key=lambda row: (*(-1 * part for part in row.gravity), row.account)))
    found = Scan(ordered, len(open_still), out / "scan.csv", out / "scan.html", zone)
    write_csv(found)
    write_html(found)
    return found


def _name_of_its_own(account: str) -> str:
    """The account's name where a file can have it; no other account's otherwise: a client reads only what is theirs."""
    plain = safe_file_name(account)
    return plain if plain == account else f"{plain}-{hashlib.sha256(account.encode()).hexdigest()[:6]}"


def open_as_case(root: str, account: str) -> Case:
    """An account of a root as the case that is open from now on: its reports, its incidents, the defaults of all.

    What was set in the case before stays; a file that cannot be read stays out of it.

    Parameters
    ----------
    root : str
        As `scan` was given it.
    account : str
        The name of its folder.

    Raises
    ------
    CaseError
        No such account, or nothing in it that can be read.
    """
    found = next((one for one in accounts_under(root) if one.name == account), None)
    if found is None:
        raise CaseError("fleet.no_account", account=account, root=root)
    settings, _ = defaults(root)
    with TemporaryDirectory() as room:
        files = found.files(Path(room))
        look = look_at(files)
        if look.reading is None:
            raise CaseError("fleet.unreadable_account", account=account, why=row_of(account, look, files).failed)
        case = Case.choose(_case_of(found, files))
        if not case.reports:
            case.change_settings(**settings)
        broken = {one.path for one in look.failed}
        case.add_reports(path for path in files if path not in broken)
    return case.take_found()


def _case_of(account: Account, files: Sequence[Path]) -> str:
    """The name of an account's case: of no other account that is called the same, and of no other case of the seller's.

    A case is the account's when it was opened for this place, or holds one of these reports.
    """
    name, place = checked_case_name(safe_file_name(account.name)), hashlib.sha256(account.place.encode()).hexdigest()
    reports = set(map(sha256, files))
    for number in count(1):
        folder = cases_folder() / (name if number == 1 else f"{name}-{number}")
        journal = Journal(folder, now)
        if not is_case(folder):
            Case.open(folder.name)
            journal.add(_OF_ACCOUNT, {"place": place}, "promofix")
            break
        if not journal.path.exists():  # of 0.1, and opened by nobody since
            continue
        known = {one.sha256 for one in journal.state.reports.values()}
        if known & reports or any(entry.facts["place"] == place for entry in journal.entries(_OF_ACCOUNT)):
            break
    return folder.name


def defaults(root: str) -> tuple[dict[str, Any], ZoneInfo | None]:
    """What holds for all accounts under a root, from ``promofix.toml`` there: settings of their cases, a time zone.

    ``seller_name``, ``cancel_reason`` and ``costs`` are what a case calls so; ``zone`` is the one in which a scan shows
    times, instead of each marketplace's own.

    Raises
    ------
    CaseError
        A file that is not TOML, a name or a value that is none.
    """
    try:
        found = tomllib.loads(text_beside(root, DEFAULTS_NAME))
        zone = ZoneInfo(str(found.pop("zone"))) if "zone" in found else None
    except (ValueError, LookupError) as error:
        raise CaseError("fleet.no_toml", file=f"{root.rstrip('/')}/{DEFAULTS_NAME}", why=str(error)) from error
    for name in found:
        checked(name in _OF_A_CASE, found[name], f"{DEFAULTS_NAME}.{name}", "case.expect_known_name")
    changed(Settings(), found, DEFAULTS_NAME)
    return found, zone


# -- one account: the same task for a process here and a worker of a cluster ------------------------------------------


def search_account(account: Account, kept: str, language: str) -> Row:
    """Read and search one account and write what was found under its content's key; gives the row.

    Whoever asked may be gone by then: the next scan finds the result. Nothing of a buyer is in it.
    """
    speak(language)
    key = ""
    with TemporaryDirectory() as room:
        try:
            key = _key(account, language)
            files = account.files(Path(room))
            row = row_of(account.name, look_at(files), files)
        except PromofixError as error:
            key, row = "", Row(account.name, failed=str(error))
    row = replace(row, looked_at=datetime.now(UTC).isoformat(timespec="seconds"))
    if key:
        write_atomically(Path(kept) / f"{key}.json", json.dumps(row.to_json(), ensure_ascii=False).encode())
    return row


def _key(account: Account, language: str) -> str:
    """Of what the account's files hold, not of when they were copied there; empty where one of them cannot be read."""
    try:
        marks = sorted(account.marks())
    except OSError:
        return ""
    return hashlib.sha256(json.dumps([_FORMAT, account.name, language, marks]).encode()).hexdigest()[:32]


def _kept(account: Account, kept: Path, language: str) -> Row | None:
    """What an earlier scan found in the same files; None when something is new, or could not be read then."""
    try:
        path = kept / f"{_key(account, language) or 'none'}.json"
        return Row.from_json(json.loads(path.read_bytes())) if path.is_file() else None
    except (PromofixError, OSError, ValueError):
        return None  # it is done again, and says then what is wrong


# -- where the tasks run ----------------------------------------------------------------------------------------------


def _on_this_machine(workers: int, accounts: Sequence[Account], kept: str, language: str) -> Iterator[Row]:
    count = min(workers or os.cpu_count() or 1, len(accounts))
    if count <= 1 and workers <= 1:
        yield from (search_account(one, kept, language) for one in accounts)
        return
    # an account that kills its process breaks the pool: those that waited are tried again, each in one of its own
    suspects = []
    for one, row in _in_processes(count, accounts, kept, language):
        suspects.append(one) if row is None else (yield row)
    for one in suspects:
        yield next(_in_processes(1, [one], kept, language))[1] or _died(one)


def _in_processes(
    workers: int, accounts: Sequence[Account], kept: str, language: str
) -> Iterator[tuple[Account, Row | None]]:
    """Each account with its row, or with None where its process died."""
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        waiting = {pool.submit(search_account, one, kept, language): one for one in accounts}
        for done in as_completed(waiting):
            try:
                yield waiting[done], done.result()
            except BrokenProcessPool:
                yield waiting[done], None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _died(account: Account) -> Row:
    return Row(account.name, failed=told("fleet.process_died").text())


def _alone(account: Account, kept: str, language: str) -> Row:
    """In a worker of a cluster: one core for each."""
    pa.set_cpu_count(1)
    return search_account(account, kept, language)


def _begin() -> None:
    """In a worker of the pool: one core for each, and an end when the parent is gone, however it went."""
    pa.set_cpu_count(1)
    thrifty()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _on_cluster(address: str, accounts: Sequence[Account], kept: str, language: str) -> Iterator[Row]:
    try:
        from dask.distributed import Client
        from dask.distributed import as_completed as completed
    except ImportError as error:
        raise CaseError("fleet.needs_extra", command=to_install("cluster")) from error
    try:
        client = Client(address, timeout=_ANSWER_WITHIN, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CaseError("fleet.no_scheduler", address=address, why=str(error)) from error
    with client:
        # an account that kills its worker is tried on three others, then it is the account's fault
        waiting = {client.submit(_alone, one, kept, language, pure=False): one for one in accounts}
        for done in completed(list(waiting), loop=client.loop):
            yield done.result() if done.status == "finished" else _died(waiting[done])
