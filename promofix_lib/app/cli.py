"""The command line: opens the notebooks, runs the checks, and does the job for those who want no browser."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.resources import files
from inspect import signature
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
    try:
        return show(_called(options), getattr(options, "json", False))
    except PromofixError as error:
        return refused(str(error))
    except BrokenPipeError:
        return 0
    except OSError as error:
        place = error.filename or say("app.a_file")
        return refused(say("app.cannot_write", place=str(place), why=error.strerror or str(error)))
    except KeyboardInterrupt:
        refused(say("app.stopped"))
        return 130
    finally:
        speak("")


def show(answer: Any, as_json: bool = False) -> int:
    """Print what a command answered, for people or for programs; gives the exit status.

    Parameters
    ----------
    answer : int, str or record
        An exit status, a text, or what has a ``text`` and a ``to_json``; it may have an ``exit_status``, and sentences
        ``beside`` it that a person hears of whose program asked.
    as_json : bool
    """
    if isinstance(answer, int):
        return answer
    if as_json and not isinstance(answer, str):
        print(harmless(json.dumps(answer.to_json(), ensure_ascii=False, indent=1), escaped=True))
        for sentence in getattr(answer, "beside", ()):
            print(harmless(str(sentence)), file=sys.stderr)
    elif text := answer if isinstance(answer, str) else answer.text():
        print(harmless(text))
    return int(getattr(answer, "exit_status", 0))


def refused(text: str) -> int:
    """Say on standard error why a file or an argument can not be used; gives the exit status."""
    print(harmless(f"promofix: {text}"), file=sys.stderr)
    return 2


def _language_in(arguments: Sequence[str]) -> str:
    """The language asked for, known before the arguments are read: their own errors are in it too."""
    early = argparse.ArgumentParser(add_help=False)
    early.add_argument("--language", nargs="?")
    return early.parse_known_args(arguments)[0].language or ""


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
    for name, told in tomllib.loads(files("promofix_lib.app").joinpath("commands.toml").read_text("utf-8")).items():
        about, epilog = say(f"app.help.{name}"), told.get("epilog")
        added = commands.add_parser(name, help=about, description=about, epilog=epilog and say(epilog))
        added.set_defaults(does=told["does"], **told.get("defaults", {}))
        _add(added, name="--language", type="language", metavar="|".join(languages()), default="", help="language")
        if told.get("json", True):
            _add(added, name="--json", action="store_true", help="json")
        for argument in told["arguments"]:
            _add(added, **argument)
    return parser


def _add(parser: argparse.ArgumentParser, *, name: str, help: str, **facts: Any) -> None:
    if "type" in facts:
        facts["type"] = _TYPES[facts["type"]]
    if facts.get("metavar", "").startswith("app."):
        facts["metavar"] = say(facts["metavar"])
    parser.add_argument(name, help=say(f"app.help.{help}"), **facts)


def _called(options: argparse.Namespace) -> Any:
    """What the function of a command answers, given those arguments that it knows by name."""
    module, name = options.does.split(":")
    act = getattr(import_module(f"promofix_lib.{module}"), name)  # what a command needs is imported when it is called
    asked = options.language or os.environ.get("PROMOFIX_LANGUAGE", "")
    given = vars(options) | {"language": asked and language_of(asked), "progress": sys.stderr.isatty()}
    given["files"] = [path for one in given.get("files", ()) for path in _named(one)]
    if given.get("case") is not None:
        from promofix_lib.app.commands import existing

        given["case"] = existing(given["case"], given["language"])
    return act(**{name: given[name] for name in signature(act).parameters if name in given})


def _language(text: str) -> str:
    known = language_of(text)
    if text and not text.lower().startswith(known.split("-")[0]):
        raise argparse.ArgumentTypeError(say("case.language", found=text, known=languages()))
    return known if text else ""


def _folder(text: str) -> Path:
    if not text.strip():  # a variable that is not set: the case would land wherever the terminal happens to be
        raise argparse.ArgumentTypeError(say("app.no_folder"))
    return Path(text)


def _whole(trouble: str, least: int, most: int = 10**9, units: Mapping[str, int] | None = None) -> Callable[[str], int]:
    """How a whole number is read, with one of the units behind it where there are any."""
    times = units or {"": 1}

    def read(text: str) -> int:
        found = re.fullmatch(r"(\d+)(\D?)", text.lower())
        if found is None or found[2] not in times or not least <= int(found[1]) <= most:
            raise argparse.ArgumentTypeError(say(trouble, found=text))
        return int(found[1]) * times[found[2]]

    return read


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TYPES: dict[str, Callable[[str], Any]] = {
    "days": _whole("app.no_days", 0, units={"": 1, "d": 1}),
    "folder": _folder,
    "language": _language,
    "minutes": float,
    "number": _whole("app.no_number", 1),
    "path": Path,
    "port": _whole("app.no_port", 0, 65535),
    "span": _whole("fleet.no_span", 1, units=_SECONDS),
}
