"""What the commands do that call several rooms; those that call one are named in ``commands.toml`` alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promofix_lib.app.cli import refused, show
from promofix_lib.errors import PromofixError
from promofix_lib.say import Told, say, speak, told

if TYPE_CHECKING:  # whoever only opens the pages waits for no pandas
    from promofix_lib.case.case import Case
    from promofix_lib.fleet.rows import Scan


@dataclass(frozen=True)
class Answer:
    """What a command has to say, for programs and for people, and beside it to the person who waits for a program."""

    to_json: Callable[[], dict[str, Any]]
    text: Callable[[], str]
    beside: Sequence[Told] = ()


def read(files: Sequence[Path], out: Path | None, progress: bool) -> Answer:
    """``promofix read``."""
    from promofix_lib.app import overview
    from promofix_lib.as_csv import write_csv
    from promofix_lib.reports.merging import read_orders

    reading = read_orders(files, progress=progress)
    if out:
        write_csv(reading.orders, out, never=files)
    written = ["", say("app.order_table_written", path=str(out))] if out else []
    return Answer(reading.to_json, lambda: "\n".join([overview.reading_text(reading), *written]))


def find(files: Sequence[Path], progress: bool) -> Answer:
    """``promofix find``."""
    from promofix_lib.app import overview
    from promofix_lib.finding.search import ASKED, find_incidents
    from promofix_lib.reports.merging import read_orders, thrifty

    thrifty()
    reading = read_orders(files, columns=ASKED, progress=progress)
    findings = find_incidents(reading.orders)
    passed_over = [sentence for report in reading.reports for sentence in report.passed_over]
    return Answer(findings.to_json, lambda: overview.findings_text(findings, reading), passed_over)


def show_status(case: Case, orders: bool = False) -> Answer:
    """``promofix status``: where a case stands, which is what most commands end with."""
    from promofix_lib.app.overview import status_json, status_text

    return Answer(partial(status_json, case, orders=orders), partial(status_text, case, orders=orders))


def add(case: Case, files: Sequence[Path]) -> Answer:
    """``promofix add``."""
    case.add_reports(files)
    return show_status(case.take_found())


def follow_up(case: Case, files: Sequence[Path]) -> Answer:
    """``promofix follow-up``."""
    from promofix_lib.app import overview
    from promofix_lib.returns.take_back import follow_up

    answer = follow_up(case, files, now=datetime.now(UTC))
    return Answer(
        lambda: answer.to_json() | {"status": overview.status_json(case)},
        lambda: "\n\n".join([overview.answer_text(answer), overview.status_text(case)]),
    )


def this_was_meant(state: str, alarm: str, meant: bool, language: str) -> Answer:
    """``promofix meant``: of an alarm of a watch, or of an incident of a case."""
    from promofix_lib.fleet.alarms import STATE_NAME, State

    file = Path(state, STATE_NAME) if Path(state, STATE_NAME).is_file() else Path(state)
    if file.is_file():
        after = State.load(file).said_meant(alarm, meant=meant)
        after.save(file)
        known = [one.to_json() for one in after.alarms]
        said = "fleet.meant" if meant else "fleet.not_meant"
        return Answer(lambda: {"alarms": known}, lambda: say(said, id=alarm))
    number = int(alarm) if alarm.isdecimal() else 0
    return show_status(existing(state, language).this_was_meant(number, meant))


def watch_folder(
    folder: Path, every: float, once: bool, state: Path | None, alarm: list[str], try_alarm: bool, json: bool
) -> int:
    """``promofix watch``."""
    from promofix_lib.fleet.alarms import alarm_text, send
    from promofix_lib.fleet.watch import Round, Watch
    from promofix_lib.reports.merging import thrifty

    thrifty()
    if try_alarm:
        trouble = send([say("fleet.try_alarm")], alarm) if alarm else told("fleet.no_address")
        return show(say("fleet.alarm_tried")) if trouble is None else refused(str(trouble))
    watch = Watch(folder, state)
    failed_before: object = None

    def tell(round: Round) -> bool:
        told_now = [alarm_text(one) for one in round.alarms]
        texts = [*told_now, *(alarm_text(one) for one in round.updates)]
        if once and not texts:
            could = len({*round.checked} - {one.path for one in round.failed})
            texts = [say("fleet.nothing_new", n=could, known=round.known)]
        if looks := [f"- {found.sentence} {why}" for found, why in round.worth_a_look]:
            texts.append("\n".join([say("app.worth_a_look"), *looks]))
        if once or round.failed != failed_before:
            texts += [one.text() for one in round.failed]
        show(Answer(round.to_json, lambda: "\n\n".join(texts)), json)
        trouble = send(told_now, alarm)
        if trouble is not None:
            refused(str(trouble))
        return trouble is None

    for round in [watch.round(tell)] if once else watch.rounds(every, tell):
        failed_before = round.failed
    return round.exit_status


def fetch_reports(out: Path, since: float, report: str, marketplace: str, keep_keys: bool) -> Answer | str:
    """``promofix fetch``."""
    from promofix_lib.fleet import fetch

    if keep_keys:
        fetch.keep_keys()
        return say("fleet.keys_kept")
    names = tuple(map(str, fetch.fetch(out, since=since, report=report, marketplace=marketplace)))
    return Answer(lambda: {"files": [*names]}, lambda: say("fleet.fetched", n=len(names), files=names))


def scan_accounts(root: str, out: Path, workers: int, scheduler: str) -> Scan:
    """``promofix scan``."""
    from promofix_lib.fleet.scan import scan
    from promofix_lib.reports.merging import thrifty

    thrifty()
    return scan(root, out, workers=workers, scheduler=scheduler)


def purge_case(case: Case | None, older_than: int | None, yes: bool) -> str:
    """``promofix purge``."""
    from promofix_lib.purge.removal import purge, purge_older_than, what_would_go

    if older_than is not None:
        told = [done.text() for done in purge_older_than(older_than, really=yes)]
        told = told or [say("app.nothing_so_old", n=older_than)]
    elif case is None:
        raise PromofixError("app.purge_what")
    else:
        told = [(purge(case) if yes else what_would_go(case)).text()]
        open_orders = 0 if yes else _open_orders(case)
        told += [say("app.purge_early", n=open_orders)] if open_orders else []
    return "\n\n".join([*told, *([] if yes else [say("app.nothing_removed")])])


def _open_orders(case: Case) -> int:
    """Orders whose next step needs the drafts or the addresses of buyers; 0 where no report can tell."""
    from promofix_lib.status.status import status

    with suppress(PromofixError):
        return len(status(case).rows_of(step=("hand_over", "upload", "upload_again", "write_buyer")))
    return 0


def unpack_case(file: Path, name: str, language: str) -> Answer:
    """``promofix unpack``."""
    from promofix_lib.app.travel import unpack

    case = unpack(file, name)
    speak(language or case.language)
    facts: dict[str, Any] = {"case": case.name, "folder": str(case.folder)}
    return Answer(lambda: facts, lambda: "\n".join([say("app.unpacked", **facts), *map(str, case.warnings)]))


def show_shape(files: Sequence[Path]) -> str:
    """``promofix shape``."""
    from promofix_lib.reports.shape import shape

    return "\n\n".join(map(shape, files))


def existing(case: str, language: str) -> Case:
    """The case of a name or a folder; what is said from now on is in the language asked for, else in the case's."""
    from promofix_lib.case.case import Case

    opened = Case.existing(case)
    speak(language or opened.language)
    return opened
