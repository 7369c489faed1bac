"""The command line: opens the notebooks, runs the checks, and does the job for those who want no browser."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from promofix_lib.errors import PromofixError


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments ask; gives the exit status: 0 done, 2 a file or argument it cannot use."""
    _speak_utf8()
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    if "files" in options:
        options.files = [path for given in options.files for path in _named(given)]
    try:
        return command(options)
    except PromofixError as error:
        print(f"promofix: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0
    except OSError as error:
        print(f"promofix: {_could_not_write(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("promofix: stopped.", file=sys.stderr)
        return 130


def _named(given: Path) -> list[Path]:
    """The files that a pattern names, where the shell did not expand it (Windows); else the path as it is."""
    if not set("*?") & set(given.name):
        return [given]
    return sorted(given.parent.glob(given.name)) or [given]


def _could_not_write(error: OSError) -> str:
    place = error.filename or "A file"
    return (
        f"{place}: cannot be read or written ({error.strerror or error}). Check that the disk is not full, that you "
        "may write there, and that no other program has it open; then give the same command again."
    )


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a Chinese Windows console would raise otherwise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="promofix",
        description="From a wrong promotion to a list of orders, a workbook and letters.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    opens = commands.add_parser("open", aliases=["lab"], help="open the guided notebooks on the sample case")
    opens.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")
    opens.add_argument("--port", type=_port, default=0, help="port of the notebook server (default: a free one)")
    opens.set_defaults(command=_open)

    tests = commands.add_parser("test", help="everything that must pass (for developers)")
    tests.add_argument("pytest_arguments", nargs=argparse.REMAINDER, help="passed on to pytest; skips the style checks")
    tests.set_defaults(command=_test)

    reads = _with_files(commands.add_parser("read", help="read and merge reports, say what was read"))
    reads.add_argument("--out", type=Path, metavar="orders.csv", help="write the order table as CSV")
    reads.set_defaults(command=_read)

    finds = _with_files(commands.add_parser("find", help="find incidents and print them"))
    finds.set_defaults(command=_find)

    whole = _with_files(commands.add_parser("run", help="the whole job without a browser"))
    whole.add_argument("--out", type=_folder, required=True, metavar="DIR", help="folder for the case and its exports")
    whole.add_argument(
        "--incident", type=_number, default=1, metavar="N", help="which incident (default 1, the gravest)"
    )
    whole.add_argument("--promotion-ended", action="store_true", help="your word that the promotion has ended")
    whole.add_argument("--language", choices=("en", "zh-CN"), default="en", help="of the workbook (default en)")
    whole.set_defaults(command=_run)

    purges = commands.add_parser("purge", help="remove buyers' data from a case, keep the evidence")
    purges.add_argument("case", help="the case's name, or its folder")
    purges.add_argument("--yes", action="store_true", help="do it; without this it only says what would be removed")
    purges.set_defaults(command=_purge)

    return parser


_EPILOG = "Nothing is ever sent anywhere: promofix reads the files you downloaded and writes files for you to use."


def _with_files(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="reports from Seller Central")
    parser.add_argument("--json", action="store_true", help="print JSON for other programs")
    return parser


def _port(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use a number from 1 to 65535")
    return number


def _folder(text: str) -> Path:
    if not text.strip():  # a variable that is not set: the case would land wherever the terminal happens to be
        raise argparse.ArgumentTypeError("the folder's name is empty; name one, or '.' for this folder")
    return Path(text)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} should be 1, 2, 3 …")
    return int(text)


def _print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record, ensure_ascii=False, indent=1))


def _open(options: argparse.Namespace) -> int:
    from promofix_lib.app.server import open_notebooks

    return open_notebooks(browser=not options.no_browser, port=options.port)


def _test(options: argparse.Namespace) -> int:
    from promofix_lib.app.checks import run_checks

    return run_checks(options.pytest_arguments)


def _read(options: argparse.Namespace) -> int:
    from promofix_lib.app.overview import reading_text
    from promofix_lib.orders import write_csv
    from promofix_lib.reports.merging import read_orders

    reading = read_orders(options.files, progress=sys.stderr.isatty())
    if options.out:
        write_csv(reading.orders, options.out, never=options.files)
    if options.json:
        _print_json(reading.to_json())
    else:
        print(reading_text(reading))
        if options.out:
            print(f"\nThe order table is in {options.out}.")
    return 0


def _find(options: argparse.Namespace) -> int:
    from promofix_lib.app.overview import findings_text
    from promofix_lib.finding import find_incidents
    from promofix_lib.reports.merging import read_orders

    reading = read_orders(options.files, progress=sys.stderr.isatty())
    findings = find_incidents(reading.orders)
    if options.json:
        _print_json(findings.to_json())
    else:
        print(findings_text(findings, reading.reports))
    return 0


def _run(options: argparse.Namespace) -> int:
    from promofix_lib.app.job import run_job

    done = run_job(
        options.files,
        options.out,
        incident=options.incident,
        promotion_ended=options.promotion_ended,
        language=options.language,
        progress=sys.stderr.isatty(),
    )
    if options.json:
        _print_json(done.to_json())
    else:
        print(done.text())
    return 0


def _purge(options: argparse.Namespace) -> int:
    from promofix_lib.case.case import Case
    from promofix_lib.purge import purge, what_would_go

    case = Case.existing(options.case)
    if options.yes:
        print(purge(case).text())
    else:
        print(what_would_go(case).text())
        print("\nNothing was removed. Say 'promofix purge CASE --yes' to do it.")
    return 0
