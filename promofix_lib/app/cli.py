"""The command line: opens the notebooks, runs the checks, and does the job for those who want no browser."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from promofix_lib.errors import PromofixError
from promofix_lib.places import keep_private
from promofix_lib.say import harmless, language_of, languages, say, speak


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments ask; gives the exit status: 0 done, 2 a file or argument it cannot use."""
    _speak_utf8()
    keep_private()
    speak(_language_in(arguments))
    parser = _parser()
    options, others = parser.parse_known_args(arguments)
    if "pytest_arguments" in options:
        options.pytest_arguments = others
    elif others:
        parser.error(say("app.unknown_arguments", found=tuple(others)))
    command: Callable[[argparse.Namespace], int] = options.command
    if "files" in options:
        options.files = [path for given in options.files for path in _named(given)]
    try:
        return command(options)
    except PromofixError as error:
        return _refused(str(error))
    except BrokenPipeError:
        return 0
    except OSError as error:
        place = error.filename or say("app.a_file")
        return _refused(say("app.cannot_write", place=str(place), why=error.strerror or str(error)))
    except KeyboardInterrupt:
        _refused(say("app.stopped"))
        return 130
    finally:
        speak("")


def _refused(text: str) -> int:
    print(harmless(f"promofix: {text}"), file=sys.stderr)
    return 2


def _language_in(arguments: Sequence[str]) -> str:
    """The language asked for, known before the arguments are read: their own errors are in it too."""
    found = ""
    for place, argument in enumerate(arguments):
        if argument.startswith("--language="):
            found = argument.partition("=")[2]
        elif argument == "--language":
            found = next(iter(arguments[place + 1 :]), "")
    return found


def _named(given: Path) -> list[Path]:
    """The files that a pattern names, where the shell did not expand it (Windows); else the path as it is."""
    if not set("*?") & set(given.name):
        return [given]
    return sorted(given.parent.glob(given.name)) or [given]


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Chinese Windows console would raise otherwise


_WORDS = {
    "usage: ": "app.usage",
    "positional arguments": "app.positional",
    "options": "app.options",
    "show this help message and exit": "app.help.help",
    "%(prog)s: error: %(message)s\n": "app.argument_error",
    "argument %(argument_name)s: %(message)s": "app.argument_named",
    "the following arguments are required: %s": "app.arguments_required",
    "expected one argument": "app.argument_expected",
    "expected at least one argument": "app.argument_expected",
    "invalid choice: %(value)r (choose from %(choices)s)": "app.argument_choice",
    "ignored explicit argument %r": "app.argument_ignored",
    "ambiguous option: %(option)s could match %(matches)s": "app.argument_ambiguous",
}
"""What argparse says, by our keys: it asks gettext, which knows no Chinese of it."""


class _Parser(argparse.ArgumentParser):
    """What is typed comes back in its errors, and is as harmless as everything that is printed."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(harmless(message), file)


def _parser() -> argparse.ArgumentParser:
    argparse._ = lambda text: say(_WORDS.get(str(text), str(text)))  # type: ignore[attr-defined]
    parser = _Parser(prog="promofix", description=say("app.about"), epilog=say("app.sends_nothing"))
    commands = parser.add_subparsers(title=say("app.commands"), required=True, metavar=say("app.command"))

    def command(name: str, act: str, *, json: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=say(f"app.help.{name}"), description=say(f"app.help.{name}"))
        added.set_defaults(command=_from_commands(act))
        added.add_argument(
            "--language", type=_language, metavar="|".join(languages()), default="", help=say("app.help.language")
        )
        if json:
            added.add_argument("--json", action="store_true", help=say("app.help.json"))
        return added

    def files(parser: argparse.ArgumentParser, text: str) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar=say("app.file"), help=say(text))

    def case(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("case", metavar=say("app.case_arg"), help=say("app.help.case"))

    opens = command("open", "open_notebooks", json=False)
    opens.add_argument("folder", nargs="?", type=_folder, metavar=say("app.folder_arg"), help=say("app.help.home"))
    opens.add_argument("--no-browser", action="store_true", help=say("app.help.no_browser"))
    opens.add_argument("--port", type=_port, default=0, help=say("app.help.port"))

    tests = command("test", "test", json=False)
    tests.add_argument(
        "--long", type=float, nargs="?", const=90, default=0, metavar=say("app.minutes"), help=say("app.help.long")
    )
    tests.set_defaults(pytest_arguments=[])
    tests.epilog = say("app.help.pytest")

    reads = command("read", "read")
    files(reads, "app.help.reports")
    reads.add_argument("--out", type=Path, metavar="orders.csv", help=say("app.help.orders_csv"))

    files(command("find", "find"), "app.help.reports")

    whole = command("run", "run_all")
    files(whole, "app.help.reports")
    whole.add_argument("--out", type=_folder, required=True, metavar="DIR", help=say("app.help.out"))
    whole.add_argument("--incident", type=_number, default=0, metavar="N", help=say("app.help.incident"))
    whole.add_argument("--promotion-ended", action="store_true", help=say("app.help.promotion_ended"))

    shows = command("status", "show_status")
    case(shows)
    shows.add_argument("--orders", action="store_true", help=say("app.help.orders"))

    adds = command("add", "add")
    case(adds)
    files(adds, "app.help.reports")

    follows = command("follow-up", "follow_up")
    case(follows)
    files(follows, "app.help.returned")

    exports = command("export", "export_again")
    case(exports)
    exports.add_argument("--promotion-ended", action="store_true", help=say("app.help.promotion_ended"))
    exports.add_argument("--round", type=_number, default=1, metavar="N", help=say("app.help.round"))
    exports.add_argument("--copies", type=_number, default=1, metavar="N", help=say("app.help.copies"))

    silences = command("meant", "this_was_meant")
    silences.add_argument("state", metavar=say("app.state_arg"), help=say("app.help.state"))
    silences.add_argument("alarm", metavar="N", help=say("app.help.meant_alarm"))
    silences.add_argument("--not", dest="meant", action="store_false", help=say("app.help.not_meant"))

    watches = command("watch", "watch_folder")
    watches.add_argument("folder", type=Path, metavar=say("app.folder_arg"), help=say("app.help.watched"))
    watches.add_argument("--every", type=_span, default="15m", metavar="15m", help=say("app.help.every"))
    watches.add_argument("--once", action="store_true", help=say("app.help.once"))
    watches.add_argument("--state", type=Path, metavar="FILE", help=say("app.help.watch_state"))
    watches.add_argument("--alarm", nargs="+", default=[], metavar="URL", help=say("app.help.alarm"))
    watches.add_argument("--try-alarm", action="store_true", help=say("app.help.try_alarm"))

    fetches = command("fetch", "fetch_reports")
    fetches.add_argument("--out", type=_folder, required=True, metavar="DIR", help=say("app.help.fetch_out"))
    fetches.add_argument("--since", type=_span, default="2d", metavar="2d", help=say("app.help.since"))
    fetches.add_argument("--report", default="all-orders", metavar="all-orders", help=say("app.help.which_report"))
    fetches.add_argument("--marketplace", default="US", metavar="US", help=say("app.help.marketplace"))
    fetches.add_argument("--keep-keys", action="store_true", help=say("app.help.keep_keys"))

    scans = command("scan", "scan_accounts")
    scans.add_argument("root", metavar="ROOT", help=say("app.help.root"))
    scans.add_argument("--out", type=_folder, required=True, metavar="DIR", help=say("app.help.scan_out"))
    scans.add_argument("--workers", type=_number, default=0, metavar="N", help=say("app.help.workers"))
    scans.add_argument("--scheduler", default="", metavar="ADDRESS", help=say("app.help.scheduler"))

    purges = command("purge", "purge_case", json=False)
    purges.add_argument("case", nargs="?", metavar=say("app.case_arg"), help=say("app.help.case"))
    purges.add_argument("--older-than", type=_days, metavar="30d", help=say("app.help.older_than"))
    purges.add_argument("--yes", action="store_true", help=say("app.help.yes"))

    packs = command("pack", "pack_case")
    case(packs)
    packs.add_argument("--without-buyers", action="store_true", help=say("app.help.without_buyers"))
    packs.add_argument("--out", type=_folder, default=Path(), metavar="DIR", help=say("app.help.pack_out"))

    unpacks = command("unpack", "unpack_case")
    unpacks.add_argument("file", type=Path, metavar=say("app.file"), help=say("app.help.packed"))
    unpacks.add_argument("--name", default="", metavar=say("app.case_arg"), help=say("app.help.unpack_name"))

    shapes = command("shape", "show_shape", json=False)
    files(shapes, "app.help.reports")
    return parser


def _from_commands(name: str) -> Callable[[argparse.Namespace], int]:
    def act(options: argparse.Namespace) -> int:
        from promofix_lib.app import commands  # what a command needs is imported when it is called

        answer: int = getattr(commands, name)(options)
        return answer

    return act


def _language(text: str) -> str:
    known = language_of(text)
    if text and not text.lower().startswith(known.split("-")[0]):
        raise argparse.ArgumentTypeError(say("case.language", found=text, known=languages()))
    return known if text else ""


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(say("app.no_port", found=text))
    return number


def _folder(text: str) -> Path:
    if not text.strip():  # a variable that is not set: the case would land wherever the terminal happens to be
        raise argparse.ArgumentTypeError(say("app.no_folder"))
    return Path(text)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(say("app.no_number", found=text))
    return int(text)


def _span(text: str) -> float:
    from promofix_lib.fleet.spans import seconds

    try:
        return seconds(text)
    except PromofixError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _days(text: str) -> int:
    plain = text.removesuffix("d")
    if not plain.isdecimal():
        raise argparse.ArgumentTypeError(say("app.no_days", found=text))
    return int(plain)
