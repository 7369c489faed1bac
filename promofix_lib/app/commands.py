"""What each command does: it calls the rooms, and prints their answer for people or for programs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promofix_lib.app.cli import refused
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
    from promofix_lib.as_csv import write_csv
    from promofix_lib.reports.merging import read_orders

    reading = read_orders(options.files, progress=_watched())
    if options.out:
        write_csv(reading.orders, options.out, never=options.files)
    written = ["", say("app.order_table_written", path=str(options.out))] if options.out else []
    return _tell(options, reading.to_json, lambda: "\n".join([overview.reading_text(reading), *written]))


def find(options: argparse.Namespace) -> int:
    """``promofix find``."""
    from promofix_lib.app import overview
    from promofix_lib.finding.search import ASKED, find_incidents
    from promofix_lib.reports.merging import read_orders, thrifty

    thrifty()
    reading = read_orders(options.files, columns=ASKED, progress=_watched())
    findings = find_incidents(reading.orders)
    if options.json:
        _beside(*(sentence for report in reading.reports for sentence in report.passed_over))
    return _tell(options, findings.to_json, lambda: overview.findings_text(findings, reading))


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
    return _tell(options, done.to_json, done.text)


def show_status(options: argparse.Namespace) -> int:
    """``promofix status``."""
    return _stands(options, _case(options), orders=options.orders)


def add(options: argparse.Namespace) -> int:
    """``promofix add``."""
    case = _case(options)
    case.add_reports(options.files)
    return _stands(options, case.take_found())


def follow_up(options: argparse.Namespace) -> int:
    """``promofix follow-up``."""
    from promofix_lib.app import overview
    from promofix_lib.returns.take_back import follow_up

    case = _case(options)
    answer = follow_up(case, options.files, now=datetime.now(UTC))
    return _tell(
        options,
        lambda: answer.to_json() | {"status": overview.status_json(case)},
        lambda: "\n\n".join([overview.answer_text(answer), overview.status_text(case)]),
    )


def export_again(options: argparse.Namespace) -> int:
    """``promofix export``."""
    from promofix_lib.app.job import export_case

    asked = {name: getattr(options, name) for name in ("promotion_ended", "round", "copies")}
    done = export_case(_case(options), **asked, progress=_watched())
    if options.json and done.nothing:
        _beside(done.nothing)
    return _tell(options, done.to_json, done.text)


def this_was_meant(options: argparse.Namespace) -> int:
    """``promofix meant``: of an alarm of a watch, or of an incident of a case."""
    from promofix_lib.fleet.watch import STATE_NAME, State

    given = Path(options.state)
    state = given / STATE_NAME if (given / STATE_NAME).is_file() else given
    if state.is_file():
        after = State.load(state).said_meant(options.alarm, meant=options.meant)
        after.save(state)
        said = "fleet.meant" if options.meant else "fleet.not_meant"
        known = [alarm.to_json() for alarm in after.alarms]
        return _tell(options, lambda: {"alarms": known}, lambda: say(said, id=options.alarm))
    options.case = options.state
    number = int(options.alarm) if options.alarm.isdecimal() else 0
    return _stands(options, _case(options).this_was_meant(number, options.meant))


def watch_folder(options: argparse.Namespace) -> int:
    """``promofix watch``."""
    from promofix_lib.fleet.watch import Round, Watch, alarm_text, send
    from promofix_lib.reports.merging import thrifty

    thrifty()
    if options.try_alarm:
        trouble = send([say("fleet.try_alarm")], options.alarm) if options.alarm else told("fleet.no_address")
        return _print(say("fleet.alarm_tried")) if trouble is None else refused(str(trouble))
    watch = Watch(options.folder, options.state)
    failed_before: object = None

    def tell(round: Round) -> bool:
        told_now = [alarm_text(one) for one in round.alarms]
        if options.json:
            _print_json(round.to_json())
        else:
            texts = [*told_now, *(alarm_text(one) for one in round.updates)]
            if options.once and not texts:
                could = len({*round.checked} - {one.path for one in round.failed})
                texts = [say("fleet.nothing_new", n=could, known=round.known)]
            if looks := [f"- {found.sentence} {why}" for found, why in round.worth_a_look]:
                texts.append("\n".join([say("app.worth_a_look"), *looks]))
            if options.once or round.failed != failed_before:
                texts += [one.text() for one in round.failed]
            _print("\n\n".join(texts)) if texts else None
        trouble = send(told_now, options.alarm)
        if trouble is not None:
            refused(str(trouble))
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
    names = tuple(map(str, got))
    return _tell(options, lambda: {"files": [*names]}, lambda: say("fleet.fetched", n=len(names), files=names))


def scan_accounts(options: argparse.Namespace) -> int:
    """``promofix scan``."""
    from promofix_lib.fleet.scan import scan
    from promofix_lib.fleet.sheet import scan_text
    from promofix_lib.reports.merging import thrifty

    thrifty()
    done = scan(options.root, options.out, workers=options.workers, scheduler=options.scheduler, progress=_watched())
    _tell(options, done.to_json, lambda: scan_text(done))
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
        return len(status(case).rows_of(step=("hand_over", "upload", "upload_again", "write_buyer")))
    return 0


def pack_case(options: argparse.Namespace) -> int:
    """``promofix pack``."""
    from promofix_lib.app.travel import pack

    packed = pack(_case(options), options.out, without=options.without_buyers)
    return _tell(options, packed.to_json, packed.text)


def unpack_case(options: argparse.Namespace) -> int:
    """``promofix unpack``."""
    from promofix_lib.app.travel import unpack

    case = unpack(options.file, options.name)
    speak(_asked_language(options) or case.language)
    facts = {"name": case.name, "folder": str(case.folder)}
    return _tell(
        options,
        lambda: {"case": case.name, "folder": str(case.folder)},
        lambda: "\n".join([say("app.unpacked", **facts), *map(str, case.warnings)]),
    )


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


def _stands(options: argparse.Namespace, case: Case, *, orders: bool = False) -> int:
    """Where a case stands: what most commands end with."""
    from promofix_lib.app.overview import status_json, status_text

    return _tell(options, partial(status_json, case, orders=orders), partial(status_text, case, orders=orders))


def _tell(options: argparse.Namespace, record: Callable[[], dict[str, Any]], text: Callable[[], str]) -> int:
    """Print the answer, for programs or for people."""
    return _print_json(record()) if options.json else _print(text())


def _beside(*sentences: Told) -> None:
    """Said to the person who reads what a program asked for."""
    for sentence in sentences:
        print(harmless(str(sentence)), file=sys.stderr)


def _watched() -> bool:
    return sys.stderr.isatty()


def _print(text: str) -> int:
    print(harmless(text))
    return 0


def _print_json(record: dict[str, Any]) -> int:
    print(harmless(json.dumps(record, ensure_ascii=False, indent=1), escaped=True))
    return 0
