"""Pages for browsers, from templates that escape every text: nothing from a report can become a tag."""

from __future__ import annotations

from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined

from promofix_lib.say import say


def html_page(template: str, language: str, **facts: object) -> str:
    """One of our templates as a page in a language; in it ``say`` speaks that language.

    Parameters
    ----------
    template : str
        Its place in the package, such as ``export/evidence.html``.
    language : str
    **facts
        What the template names; it fails where one is missing.

    Raises
    ------
    jinja2.UndefinedError
        The template names something that was not given.

    Examples
    --------
    >>> html_page("export/evidence.html", "en", title="<b>")
    Traceback (most recent call last):
    ...
    jinja2.exceptions.UndefinedError: 'by' is undefined
    """
    return _templates().get_template(template).render(facts, language=language, say=partial(say, language=language))


@cache
def _templates() -> Environment:
    ours = PackageLoader("promofix_lib", "")
    return Environment(loader=ours, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
