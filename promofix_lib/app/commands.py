"""What each command does: it calls the rooms, and prints their answer for people or for programs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promofix_lib.errors import PromofixError
from promofix_lib.say import Told, harmless, language_of, say, speak, told

if TYPE_CHECKING:  # whoever only opens the pages waits for no pandas
    from promofix_lib.case.case import Case


def open_notebooks(options: argparse.Namespace) -> int:
    """``promofix open``."""
    from promofix_lib.app.server import open_notebooks

    return open_notebooks(options.folder, browser=not options.no_browser, port=options.port)


def test(options: argparse.Namespace) -> int:
    """``promofix test``."""
    from promofix_lib.app.checks import run_checks

    return run_checks(options.pytest_arguments, long=options.long)


def read(options: argparse.Namespace) -> int:
    """``promofix read``."""
    from promofix_lib.app import overview
    from promofix_lib.orders import write_csv
    from promofix_lib.reports.merging import read_orders

    reading = read_orders(options.files, progress=_watched())
    if options.out:
        write_csv(reading.orders, options.out, never=options.files)
    if options.json:
        return _print_json(reading.to_json())
    _print(overview.reading_text(reading))
    if options.out:
        _print("\n" + say("app.order_table_written", path=str(options.out)))
    return 0


def find(options: argparse.Namespace) -> int:
    """``promofix find``."""
    from promofix_lib.app import overview
    from promofix_lib.finding.search import ASKED, find_incidents
    from promofix_lib.reports.merging import read_orders, thrifty

    thrifty()
    reading = read_orders(options.files, columns=ASKED, progress=_watched())
    findings = find_incidents(reading.orders)
    if options.json:
        for sentence in (told for report in reading.reports for told in report.passed_over):
            print(harmless(str(sentence)), file=sys.stderr)
        return _print_json(findings.to_json())
    return _print(overview.findings_text(findings, reading))


def run_all(options: argparse.Namespace) -> int:
    """``promofix run``."""
    from promofix_lib.app.job import run_job

    done = run_job(
        options.files,
        options.out,
        incident=options.incident,
        promotion_ended=options.promotion_ended,
        language=_asked_language(options),
        progress=_watched(),
    )
    return _print_json(done.to_json()) if options.json else _print(done.text())


def show_status(options: argparse.Namespace) -> int:
    """``promofix status``."""
    from promofix_lib.app import overview

    case = _case(options)
    if options.json:
        return _print_json(_status_json(case, orders=options.orders))
    return _print(overview.status_text(case, orders=options.orders))


def add(options: argparse.Namespace) -> int:
    """``promofix add``."""
    from promofix_lib.app import overview

    case = _case(options)
    case.add_reports(options.files)
    case.take_found()
    return _print_json(_status_json(case)) if options.json else _print(overview.status_text(case))


def follow_up(options: argparse.Namespace) -> int:
    """``promofix follow-up``."""
    from promofix_lib.app import overview
    from promofix_lib.returns.take_back import follow_up

    case = _case(options)
    answer = follow_up(case, options.files, now=datetime.now(UTC))
    if options.json:
        return _print_json({**answer.to_json(), "status": _status_json(case)})
    return _print("\n\n".join([overview.answer_text(answer), overview.status_text(case)]))


def export_again(options: argparse.Namespace) -> int:
    """``promofix export``."""
    from promofix_lib.app.job import export_case

    asked = {name: getattr(options, name) for name in ("promotion_ended", "round", "copies")}
    done = export_case(_case(options), **asked, progress=_watched())
    if options.json and done.nothing:
        print(harmless(str(done.nothing)), file=sys.stderr)
    return _print_json(done.to_json()) if options.json else _print(done.text())


def this_was_meant(options: argparse.Namespace) -> int:
    """``promofix meant``: of an alarm of a watch, or of an incident of a case."""
    from promofix_lib.app import overview
    from promofix_lib.fleet.watch import STATE_NAME, State

    given = Path(options.state)
    state = given / STATE_NAME if (given / STATE_NAME).is_file() else given
    if state.is_file():
        State.load(state).said_meant(options.alarm, meant=options.meant).save(state)
        known = [alarm.to_json() for alarm in State.load(state).alarms]
        if options.json:
            return _print_json({"alarms": known})
        return _print(say("fleet.meant" if options.meant else "fleet.not_meant", id=options.alarm))
    options.case = options.state
    case = _case(options)
    case.this_was_meant(int(options.alarm) if options.alarm.isdecimal() else 0, options.meant)
    return _print_json(_status_json(case)) if options.json else _print(overview.status_text(case))


def watch_folder(options: argparse.Namespace) -> int:
    """``promofix watch``."""
    from promofix_lib.fleet.looking import why_not_read
    from promofix_lib.fleet.watch import Round, Watch, alarm_text, send
    from promofix_lib.reports.merging import thrifty

    thrifty()
    if options.try_alarm:
        trouble = send([say("fleet.try_alarm")], options.alarm) if options.alarm else told("fleet.no_address")
        return _print(say("fleet.alarm_tried")) if trouble is None else _refused(trouble)
    watch = Watch(options.folder, options.state)
    failed_before: object = None

    def tell(round: Round) -> bool:
        told_now = [alarm_text(one) for one in round.alarms]
        if options.json:
            _print_json(round.to_json())
        else:
            texts = [*told_now, *(alarm_text(one) for one in round.grown)]
            if options.once and not texts:
                could = len({*round.checked} - {path for path, _ in round.failed})
                texts = [say("fleet.nothing_new", n=could, known=round.known)]
            if looks := [f"- {found.sentence} {why}" for found, why in round.worth_a_look]:
                texts.append("\n".join([say("app.worth_a_look"), *looks]))
            if options.once or round.failed != failed_before:
                texts += [why_not_read(path.name, why) for path, why in round.failed]
            _print("\n\n".join(texts)) if texts else None
        trouble = send(told_now, options.alarm)
        if trouble is not None:
            _refused(trouble)
        return trouble is None

    for round in [watch.round(tell)] if options.once else watch.rounds(options.every, tell):
        failed_before = round.failed
    return round.exit_status


def fetch_reports(options: argparse.Namespace) -> int:
    """``promofix fetch``."""
    from promofix_lib.fleet.fetch import fetch, keep_keys

    if options.keep_keys:
        keep_keys()
        return _print(say("fleet.keys_kept"))
    got = fetch(options.out, since=options.since, report=options.report, marketplace=options.marketplace)
    if options.json:
        return _print_json({"files": [str(path) for path in got]})
    return _print(say("fleet.fetched", n=len(got), files=tuple(map(str, got))))


def scan_accounts(options: argparse.Namespace) -> int:
    """``promofix scan``."""
    from promofix_lib.fleet.scan import scan
    from promofix_lib.fleet.sheet import loss_text, since_text
    from promofix_lib.reports.merging import thrifty

    thrifty()
    done = scan(options.root, options.out, workers=options.workers, scheduler=options.scheduler, progress=_watched())
    if options.json:
        _print_json(done.to_json())
        return done.exit_status
    lines = [
        say(
            "fleet.found", account=row.account, since=since_text(row, done.zone), orders=row.orders, loss=loss_text(row)
        )
        for row in done.rows
        if row.incidents
    ]
    lines += [say("fleet.not_read", file=row.account, why=str(row.failed)) for row in done.rows if row.failed]
    counts = done.to_json()
    counted = {name: counts[name] for name in ("with_incident", "failed", "done_again")}
    _print("\n".join([*lines, say("fleet.scanned", n=counts["accounts"], html=str(done.html), **counted)]))
    return done.exit_status


def purge_case(options: argparse.Namespace) -> int:
    """``promofix purge``."""
    from promofix_lib.purge.removal import purge, purge_older_than, what_would_go

    if options.older_than is not None:
        told = [done.text() for done in purge_older_than(options.older_than, really=options.yes)]
        told = told or [say("app.nothing_so_old", n=options.older_than)]
    elif options.case is None:
        raise PromofixError("app.purge_what")
    else:
        case = _case(options)
        told = [(purge(case) if options.yes else what_would_go(case)).text()]
        open_orders = 0 if options.yes else _open_orders(case)
        told += [say("app.purge_early", n=open_orders)] if open_orders else []
    return _print("\n\n".join([*told, *([] if options.yes else [say("app.nothing_removed")])]))


def _open_orders(case: Case) -> int:
    """Orders whose next step needs the drafts or the addresses of buyers; 0 where no report can tell."""
    from promofix_lib.status.status import status

    with suppress(PromofixError):
        return len(status(case).rows_of(next=("hand_over", "upload", "upload_again", "write_buyer")))
    return 0


def pack_case(options: argparse.Namespace) -> int:
    """``promofix pack``."""
    from promofix_lib.app.travel import pack

    packed = pack(_case(options), options.out, without=options.without_buyers)
    if options.json:
        return _print_json(packed.to_json())
    said = [say("app.packed", file=str(packed.file), n=packed.files)]
    said += [say("app.left_behind", what=name, why=why) for name, why in packed.left_out]
    said.append(say("app.packed_without_buyers" if packed.without_buyers else "app.packed_with_buyers"))
    return _print("\n".join(said))


def unpack_case(options: argparse.Namespace) -> int:
    """``promofix unpack``."""
    from promofix_lib.app.travel import unpack

    case = unpack(options.file, options.name)
    speak(_asked_language(options) or case.language)
    if options.json:
        return _print_json({"case": case.name, "folder": str(case.folder)})
    return _print("\n".join([say("app.unpacked", name=case.name, folder=case.folder), *map(str, case.warnings)]))


def show_shape(options: argparse.Namespace) -> int:
    """``promofix shape``."""
    from promofix_lib.reports.shape import shape

    return _print("\n\n".join(shape(path) for path in options.files))


def _case(options: argparse.Namespace) -> Case:
    from promofix_lib.case.case import Case

    case = Case.existing(options.case)
    speak(_asked_language(options) or case.language)
    return case


def _asked_language(options: argparse.Namespace) -> str:
    named = options.language or os.environ.get("PROMOFIX_LANGUAGE", "")
    return language_of(named) if named else ""


def _status_json(case: Case, *, orders: bool = False) -> dict[str, Any]:
    from promofix_lib.account.account import account_of
    from promofix_lib.status.status import status

    return status(case).to_json(orders=orders) | {"cancel_rates": account_of(case).rates_json()}


def _watched() -> bool:
    return sys.stderr.isatty()


def _refused(why: Told) -> int:
    print(f"promofix: {harmless(str(why))}", file=sys.stderr)
    return 2


def _print(text: str) -> int:
    print(harmless(text))
    return 0


def _print_json(record: dict[str, Any]) -> int:
    print(harmless(json.dumps(record, ensure_ascii=False, indent=1), escaped=True))
    return 0
