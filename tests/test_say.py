"""Every sentence stands in one catalogue, in every language, with the same facts in it."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.amounts import Money
from promofix_lib.errors import PromofixError
from promofix_lib.say import Told, current_language, known_key, language_of, languages, say, speak, told

PACKAGE = Path(__file__).parent.parent / "promofix_lib"
ENGLISH = PACKAGE / "locale" / "en.po"
OTHERS = [path for path in sorted((PACKAGE / "locale").glob("*.po")) if path != ENGLISH]


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def messages(path: Path) -> dict[str, Message]:
    return {key(message): message for message in catalogue(path) if message.id}


def key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def placeholders(text: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_language_has_every_sentence(path: Path):
    """A sentence without Chinese would be English in the middle of a Chinese page."""
    english, theirs = messages(ENGLISH), messages(path)
    assert sorted(english.keys() - theirs.keys()) == [], "these have no words yet"
    assert sorted(theirs.keys() - english.keys()) == [], "these are in no English catalogue"
    assert [name for name, message in theirs.items() if not all(forms(message))] == []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_language_names_the_same_facts(path: Path):
    """No placeholder is lost or invented by a translation (one form of a plural may leave the number out)."""
    english, theirs = messages(ENGLISH), messages(path)
    for name in english.keys() & theirs.keys():
        wanted = set().union(*map(placeholders, forms(english[name])))
        found = set().union(*map(placeholders, forms(theirs[name])))
        assert found == wanted, name


def test_no_key_stands_twice():
    """Two rooms that both say `x.y` would answer one question twice."""
    for path in (ENGLISH, *OTHERS):
        ids = re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert sorted({one for one in ids if ids.count(one) > 1}) == [], path.name


def test_a_counted_thing_has_a_singular():
    """Never is "1 orders" said: a number before a plural word makes the sentence a counted one."""
    counted = re.compile(r"(?<!of )\{n(?::,)?\} (?:more |other |new |affected )?[a-z]+s\b")
    found = [name for name, message in messages(ENGLISH).items() if isinstance(message.id, str)]
    plain = messages(ENGLISH)
    assert [name for name in found if counted.search(forms(plain[name])[0])] == []


def _in_full(text: str, called: ast.expr, path: Path) -> str:
    """A desk, a panel and a sheet say the words of their own room by the end of their names."""
    room = path.relative_to(PACKAGE).parts[0]
    own = (f"{room}.{text}", f"{room}.panel_{text}") if isinstance(called, ast.Attribute) else ()
    return next((key for key in own if known_key(key)), text)


def keys_in_code() -> dict[str, str]:
    """Keys that the code names literally, with the file that names them."""
    found: dict[str, str] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            named = name in ("say", "told") or (name.endswith("Error") and name not in BUILT_IN)
            if named and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found[_in_full(first.value, node.func, path)] = f"{path.relative_to(PACKAGE)}:{node.lineno}"
            if named and isinstance(first, ast.JoinedStr) and name.endswith("Error"):
                found[f"a finished text at {path.relative_to(PACKAGE)}:{node.lineno}"] = str(path)
    for page in PACKAGE.rglob("*.html"):
        found |= dict.fromkeys(re.findall(r'say\("([\w.]+)"[,)]', page.read_text(encoding="utf-8")), page.name)
    return found


BUILT_IN = {name for name, value in vars(__import__("builtins")).items() if isinstance(value, type)} | {
    "ArgumentTypeError"
}


def test_every_sentence_of_the_code_is_in_the_catalogue():
    """Also errors: they carry a key and facts, and are worded where they are shown."""
    unknown = {text: place for text, place in keys_in_code().items() if not known_key(text)}
    assert unknown == {}


def test_every_sentence_of_the_catalogue_is_said():
    """What nobody says goes; names that are put together (`status.next.{word}`) count by their beginning."""
    files = (path for ending in ("*.py", "*.html") for path in PACKAGE.rglob(ending))
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    beginnings = tuple(set(re.findall(r'f"([a-z_]+\.(?:[a-z_]+[._])*)\{', code)))
    said = set(re.findall(r"""["']([\w.]+)["']""", code + (PACKAGE / "app" / "commands.toml").read_text("utf-8")))
    assert [name for name in messages(ENGLISH) if name not in said and not name.startswith(beginnings)] == []


ONE = st.one_of(
    st.text(max_size=5),
    st.integers(0, 10**9),
    st.integers(-(10**8), 10**8).map(lambda cents: Decimal(cents) / 100),
    st.builds(Money, st.integers(-999, 999).map(Decimal), st.sampled_from(["USD", "JPY"])),
    st.integers(0, 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.integers(1, 10**5).map(date.fromordinal),
)
FACTS = ONE | st.lists(ONE, max_size=2).map(tuple)


@given(st.dictionaries(st.sampled_from(["what", "n", "why"]), FACTS, max_size=3))
def test_a_sentence_survives_being_kept(facts: dict[str, object]):
    """A cached reading or a journal gives the same sentence back, to be worded in any language."""
    sentence = told("say.list_of", **facts)
    assert Told.from_json(sentence.to_json()) == sentence


def test_a_language_that_is_not_there_gives_english():
    """Everywhere the same answer."""
    assert say("say.orders", language="xx", n=2) == say("say.orders", language="en", n=2) == "2 orders"
    assert [language_of(name) for name in ("zh", "zh-TW", "zh_CN", "de", "C.UTF-8")] == [
        "zh-CN",
        "zh-CN",
        "zh-CN",
        "en",
        "en",
    ]
    assert languages()[0] == "en"


def test_windows_calls_its_language_by_its_english_name(monkeypatch: pytest.MonkeyPatch):
    """A Chinese Windows says "Chinese (Simplified)_China": the whole product speaks Chinese there, as set-up does."""
    monkeypatch.delenv("PROMOFIX_LANGUAGE", raising=False)
    names = ("Chinese (Simplified)_China", "Chinese_China.936", "English_United States", "German_Germany", "Chin")
    assert [language_of(name) for name in names] == ["zh-CN", "zh-CN", "en", "en", "en"]


def test_an_error_is_worded_where_it_is_shown(monkeypatch: pytest.MonkeyPatch):
    """Raised while English is spoken, read by a Chinese seller."""
    error = PromofixError("amounts.not_a_whole_number", found="2.5")
    try:
        speak("zh-CN")
        assert "不是整数" in str(error)
        speak("en")
        assert "whole number" in str(error)
    finally:
        speak("")
    monkeypatch.setenv("PROMOFIX_LANGUAGE", "zh_CN.UTF-8")
    assert current_language() == "zh-CN"


def test_times_and_lists_read_as_people_write_them():
    """Chinese sellers read 2026年11月19日 22:05 and lists joined by 、."""
    facts = {"what": (datetime(2026, 11, 19, 22, 5, tzinfo=UTC), date(2026, 1, 2), Decimal("1.50"))}
    assert say("say.list_of", language="en", **facts) == "2026-11-19 22:05, 2026-01-02, 1.50"
    assert say("say.list_of", language="zh-CN", **facts) == "2026年11月19日 22:05、2026年1月2日、1.50"
