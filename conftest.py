"""What holds for all tests: chance is seeded, no clock judges, English is spoken; what is costly is shared."""

from __future__ import annotations

import base64
import gc
import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import none

from promofix_lib.say import speak

gc.disable()  # until all is imported and collected
MINUTES = float(os.environ.get("PROMOFIX_LONG_MINUTES", "0"))
"""How long the long tests may take; 0 where nobody said."""
_END = time.time() + 60 * (MINUTES or 600)

usual = {"derandomize": True, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]}
settings.register_profile("promofix", deadline=None, max_examples=int(min(20 + 4 * MINUTES, 200)), **usual)
settings.load_profile("promofix")
os.environ["PROMOFIX_LANGUAGE"] = "en"  # whatever the machine speaks

COSTLY = (
    "tests/browser/",
    "tests/test_notebooks.py",
    "tests/office/",
    "tests/test_widgets_desks.py",
    "tests/test_trouble.py",
    "tests/test_detection_planted.py",
    "tests/test_handover.py",
    "tests/test_linter.py",
    "tests/test_widgets_forms.py",
    "tests/test_cli.py",
    "tests/test_same_figures.py",
    "tests/test_reports_fuzz.py",
)
"""What takes longest begins first: while one process waits for the browser, the others work; nothing long is last."""

_PICTURES = "browser test_notebooks test_charts test_rate test_evidence".split()
READ = ("tests/test_trouble", "tests/test_merging")
"""Here the disk is asked each time."""
DRAWN = ("promofix_lib/charts", *(f"tests/{name}" for name in _PICTURES))
POINT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")

MANY = ("tests/test_trouble.py", "tests/test_same_figures.py")
"""Of these the long run has so many that the others come first."""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Opening a case speaks its language; the next test begins anew."""
    speak("en")
    yield
    speak("")


@pytest.fixture(autouse=True, scope="module")
def undrawn(request: pytest.FixtureRequest) -> Iterator[None]:
    """Drawing takes most of the time of an export; where pictures are not what is asked, one point stands for each."""
    with pytest.MonkeyPatch.context() as patch:
        if not request.node.nodeid.startswith(DRAWN):
            patch.setattr("promofix_lib.charts.style.Picture.png", lambda *_: POINT)
        yield


@pytest.fixture(autouse=True, scope="module")
def once(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same file holds the same report, the same orders the same incidents: many cases, each worked out once.

    Only what a case asks: tests of the finder and of one file ask by themselves. Not where it is looked at which test
    calls what (PROMOFIX_EACH_ANEW, `benchmarks.mutants`).
    """
    from promofix_lib.finding import search
    from promofix_lib.reports import merging

    with pytest.MonkeyPatch.context() as patch:
        if not request.node.nodeid.startswith(READ) and "PROMOFIX_EACH_ANEW" not in os.environ:
            patch.setattr(merging, "read_report", partial(_read_once, merging.read_report))
            patch.setattr(search, "find_incidents", partial(_found_once, search.find_incidents))
        yield


_known: dict[Any, Any] = {}


def _read_once(read: Any, path: Path, **asked: Any) -> Any:
    from promofix_lib.reports.kinds import own_kinds

    if not path.is_file() or path.stat().st_size > 1_000_000:
        return read(path, **asked)
    told = (path.name, hashlib.sha256(path.read_bytes()).digest(), own_kinds(), repr(sorted(asked.items())))
    if told not in _known:
        _known[told] = read(path, **asked)
    return tuple(replace(report, path=path) for report in _known[told])


def _found_once(find: Any, orders: Any, **asked: Any) -> Any:
    import pyarrow as pa

    written = pa.BufferOutputStream()
    table = pa.Table.from_pandas(orders).combine_chunks()
    with pa.ipc.new_stream(written, table.schema) as stream:
        stream.write_table(table)
    told = (hashlib.sha256(written.getvalue()).digest(), repr(sorted(asked.items())))
    if told not in _known:
        _known[told] = find(orders, **asked)
    return _known[told]


@pytest.fixture
def seconds() -> float:
    """How long one test may go on by chance: a sixth of the time that the long tests have."""
    return 10 * (MINUTES or 600)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begins."""
    rank = {place: number for number, place in enumerate(COSTLY)}

    def turn(item: pytest.Item) -> int:
        place = _place(item.nodeid)
        return rank.get(place, len(rank)) if item.get_closest_marker("long") is None else 99 + (place in MANY)

    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What shares a browser, an office or a made case (a folder, a file) runs in one process."""
    from xdist.scheduler import LoadScopeScheduling

    gc.enable()  # this process collects no tests, so nobody else does
    # xdist's own groups are lost with pytest 9.2: it keeps them in a name that is no longer read
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = (lambda nodeid: nodeid) if MINUTES else _place  # type: ignore[method-assign]
    return scheduler


def _place(nodeid: str) -> str:
    return next((place for place in COSTLY if nodeid.startswith(place)), nodeid.split("::")[0])


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: it is never looked through for rubbish, the rest seldom."""
    given(none())(lambda _: None)()  # hypothesis looks for the sources of chance among what is not frozen
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 50)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A long test that would begin when its time is over is left out, and that is said."""
    if item.get_closest_marker("long") and time.time() > _END:
        pytest.skip(f"the {MINUTES:g} minutes given to the long tests were over")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What could not be checked here, one line each; at the very end where `promofix test` says more after it."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "" for report in skipped)
    lines = [
        f"not checked here ({tests} tests): {reason.removeprefix('Skipped: ')}"
        for reason, tests in sorted(reasons.items())
    ]
    if later := os.environ.get("PROMOFIX_NOT_CHECKED"):
        with Path(later).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    else:
        for line in lines:
            terminalreporter.write_line(line)
