"""For all tests: English is spoken at the beginning of each, whatever case was opened before."""

from collections.abc import Iterator

import pytest

from promofix_lib.say import speak


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Opening a case speaks its language; the next test begins anew."""
    speak("en")
    yield
    speak("")
