"""The parts of an export: each writes its files into the folder and says what it wrote, what not, and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd

from promofix_lib.account.of_case import outlook_settings
from promofix_lib.account.outlook import outlook
from promofix_lib.case.case import Case
from promofix_lib.errors import LetterError
from promofix_lib.export.amazon_files import acknowledgement_xml, batches, write_cancellations, write_new
from promofix_lib.export.amazon_requests import fba_requests, refund_adjustments
from promofix_lib.export.cancellation import (
    Cancellation,
    CancellationPlan,
    StopTheBleed,
    WholeOrders,
    Withheld,
    plan_buyer_cancellations,
    plan_cancellations,
)
from promofix_lib.export.evidence.pack import Chart, Event, Evidence, Source, write_evidence
from promofix_lib.export.handover.briefing import ended_at, facts_of, letters_of, normal_prices_of, word_of
from promofix_lib.export.mailmerge import messages_per_day, write_drafts, write_texts, write_word_templates
from promofix_lib.export.workbook import write_buyers_workbook
from promofix_lib.letters.amazon import how_to
from promofix_lib.letters.messages import Message, Wording, messages_for
from promofix_lib.letters.messages_texts import parse_template
from promofix_lib.letters.seller_words import tell

MERCHANT_TOKEN = "FILL-IN-YOUR-MERCHANT-TOKEN"
_SHIPPED = {"keep": "shipped_keep", "return": "shipped_return", "refunded": "shipped_refunded"}


@dataclass(frozen=True)
class Job:
    """What to export: the chosen items of a case, into a folder that nobody sees yet."""

    case: Case
    orders: pd.DataFrame
    chosen: pd.Series[bool]
    folder: Path
    now: datetime
    whole_orders: WholeOrders
    progress: bool


@dataclass(frozen=True)
class Part:
    """What one part of an export wrote and did not write."""

    written: tuple[Path, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    warnings: tuple[str, ...] = ()
    uploads: Mapping[str, tuple[Cancellation, ...]] = field(default_factory=dict)


def cancellations(job: Job) -> Part:
    """``order-cancellation.txt``, and the same as XML when the seller wants it; withheld while the gate is closed."""
    reason, language = job.case.settings.cancel_reason, job.case.settings.language
    plan = plan_cancellations(job.orders, job.chosen, reason=reason, whole_orders=job.whole_orders, language=language)
    part = _upload(job, plan, "order-cancellation")
    if not part.written or not job.case.settings.acknowledgement_xml:
        return part
    items = plan_cancellations(job.orders, job.chosen, reason=reason, whole_orders="each_item")
    xml = write_new(job.folder / "order-cancellation.xml", acknowledgement_xml(items.lines, MERCHANT_TOKEN))
    told = tell("token", language, token=MERCHANT_TOKEN)
    return replace(part, written=(*part.written, xml), warnings=(*part.warnings, told))


def buyer_cancellations(job: Job) -> Part:
    """``buyer-asked-cancellation.txt``: orders whose buyers asked through Amazon; these do not count."""
    language = job.case.settings.language
    plan = plan_buyer_cancellations(job.orders, job.chosen, whole_orders=job.whole_orders, language=language)
    return _upload(job, plan, "buyer-asked-cancellation")


def _upload(job: Job, plan: CancellationPlan, name: str) -> Part:
    settings = job.case.settings
    gate = StopTheBleed(settings.promotion_ended, settings.price_right, settings.stock_as_wanted)
    size = settings.batch_size or None
    if plan.lines and gate.unanswered():
        closed = Withheld(f"{name}.txt", gate.why_closed(plan.reason, settings.language))
        return Part(withheld=(closed, *plan.withheld), warnings=plan.warnings)
    paths = write_cancellations(plan, job.folder, gate, orders_per_file=size, name=name)
    lines = batches(plan.lines, size)
    uploads = {path.name: part for path, part in zip(paths, lines, strict=True)}
    return Part(paths, plan.withheld, plan.warnings, uploads)


def requests(job: Job) -> Part:
    """``fba-requests.txt``: what only Seller Support can stop."""
    text = fba_requests(job.orders, job.chosen)
    return Part((write_new(job.folder / "fba-requests.txt", text.encode()),)) if text else Part()


def refunds(job: Job) -> Part:
    """``refund-adjustments.txt``, only when the seller wished it after reading the warning."""
    if not job.case.settings.refund_adjustments:
        return Part()
    file = refund_adjustments(job.orders, job.chosen, warning_read=True, language=job.case.settings.language)
    if not file.lines:
        return Part(withheld=file.withheld)
    return Part((write_new(job.folder / "refund-adjustments.txt", file.text.encode()),), file.withheld)


def for_the_assistant(job: Job) -> Part:
    """``buyers.xlsx``, the Word template, and the messages as text and as drafts, in folders of one day each."""
    settings, wording = job.case.settings, wording_of(job.case)
    per_day = messages_per_day(usual_orders_per_day(job.case))
    try:
        book = write_buyers_workbook(
            job.orders,
            job.chosen,
            job.folder / "buyers.xlsx",
            language=settings.language,
            wording=wording,
            overruled=settings.overruled,
            made_at=job.now,
            messages_per_day=per_day,
            progress=job.progress,
        )
    except LetterError as error:
        return Part(withheld=(Withheld(tell("workbook", settings.language), str(error)),))
    messages = messages_for(job.orders, job.chosen, wording)
    return Part((book, *_messages(messages, job, per_day)))


def _messages(messages: Sequence[Message], job: Job, per_day: int) -> tuple[Path, ...]:
    if not messages:
        return ()
    folder = job.folder / "messages"
    return (
        *write_word_templates(messages, job.folder),
        *write_texts(messages, folder / "text", per_day=per_day, progress=job.progress),
        *write_drafts(messages, folder / "drafts", per_day=per_day, progress=job.progress),
    )


def wording_of(case: Case) -> Wording:
    """The seller's choices about the messages; own texts are kept under names like ``cancelled.en``."""
    settings = case.settings
    told = {"cancel": "cancelled", "shipped": _SHIPPED.get(settings.shipped_choice, "")}
    variants = {word: variant for word, variant in told.items() if variant}  # not decided yet: no message
    texts = {tuple(name.split(".", 1)): text for name, text in settings.texts.items() if "." in name}
    templates = {(key[0], key[-1]): parse_template(text, ".".join(key)) for key, text in texts.items()}
    return Wording(settings.seller_name, settings.cancel_reason, variants=variants, templates=templates)


def usual_orders_per_day(case: Case) -> Decimal:
    """Orders per day besides the chosen ones, as the seller said or as the reports show; a tenth is near enough."""
    if case.settings.usual_orders_per_day > 0:
        return Decimal(str(case.settings.usual_orders_per_day))
    times = case.orders["purchase_date"].dropna()
    days = max((times.max() - times.min()).days, 1) if len(times) else 1
    others = case.orders.loc[~case.chosen(), "order_id"].nunique()
    return (Decimal(others) / days).quantize(Decimal("0.1"))


def letters(job: Job) -> Part:
    """``letter-to-amazon-….txt``, with a reading in the seller's language, and what to send when."""
    written = []
    for letter in letters_of(job.case, _all_affected(job)):
        written.append(write_new(job.folder / letter.file_name, letter.text.encode()))
        if letter.gloss:
            name = letter.file_name.replace(".txt", f"-{job.case.settings.language}.txt")
            written.append(write_new(job.folder / name, letter.gloss.encode()))
    guide = write_new(job.folder / "letters-to-amazon-READ-FIRST.txt", how_to(job.case.settings.language).encode())
    return Part((*written, guide))


def evidence(job: Job) -> Part:
    """``evidence/``: charts, timeline, order ids and hashes, and one page that shows them."""
    drawn = job.folder / ".charts"
    drawn.mkdir()
    try:
        return Part(write_evidence(_pack(job, drawn), job.folder / "evidence"))
    finally:
        shutil.rmtree(drawn)


def _pack(job: Job, drawn: Path) -> Evidence:
    case, affected = job.case, _all_affected(job)
    ended = ended_at(case) if case.settings.promotion_ended else None
    return Evidence(
        facts_of(case, affected),
        job.orders,
        affected,
        job.now,
        normal_prices=normal_prices_of(case),
        charts=_charts(job, drawn),
        sources=[Source(report.name, report.kind, report.items, report.sha256) for report in case.reading.reports],
        events=[Event(ended, "promotion ended (the seller's word)")] if ended else [],
        advice=word_of(case).advice,
        sentence=case.finding.sentence if case.finding else "",
        seller_name=case.settings.seller_name,
    )


def _all_affected(job: Job) -> pd.Series[bool]:
    """What the incident is by now: a second round hands over a part, but Amazon is told of the whole."""
    return job.case.chosen() | job.chosen


def _charts(job: Job, drawn: Path) -> list[Chart]:
    from promofix_lib.charts.hours import plot_night, plot_orders_by_hour, plot_unit_prices
    from promofix_lib.charts.style import look, save_chart

    zone, affected = job.case.marketplace.zone, _all_affected(job)
    charts = []
    for plot, name, caption in (
        (
            plot_night,
            "incident-hours",
            "Orders per hour. Orange: affected orders; grey: all other orders; blue: usual.",
        ),
        (plot_unit_prices, "unit-prices", "Price paid per unit of the affected items. Orange: affected orders."),
        (plot_orders_by_hour, "orders-by-hour", "Orders by hour in the whole report."),
    ):
        with look():
            figure = plot(job.orders, affected, zone).get_figure(root=True)
        if figure is None:  # for the type checker: axes of ours always stand in a figure
            continue
        charts += _kept(save_chart(figure, drawn / name), caption, on_page=plot is not plot_orders_by_hour)
    return [*charts, *_rate_charts(job, drawn)]


def _rate_charts(job: Job, drawn: Path) -> list[Chart]:
    """What cancelling does to the account; none when nothing that is handed over touches a cancel rate."""
    from promofix_lib.charts.rate import rate_figure
    from promofix_lib.charts.style import save_chart

    charts = []
    for place, one in enumerate(outlook(job.orders, job.chosen, **outlook_settings(job.case) | {"language": "en"}), 1):
        figure = rate_figure(one.clocks, sales_channel=one.book.sales_channel, limit=one.limit)
        caption = f"Pre-fulfilment cancel rate over seven days, {one.book.sales_channel or 'all channels'}."
        charts += _kept(save_chart(figure, drawn / f"cancel-rate-{place}"), caption, on_page=False)
    return charts


def _kept(files: tuple[Path, Path], caption: str, *, on_page: bool) -> list[Chart]:
    """A chart as PNG, which may stand on the page, and as SVG beside it."""
    return [Chart(files[0], caption, on_page), Chart(files[1], caption, on_page=False)]


PARTS: tuple[Callable[[Job], Part], ...] = (
    cancellations,
    buyer_cancellations,
    requests,
    refunds,
    for_the_assistant,
    letters,
    evidence,
)
"""Every part of an export, in the order in which the files are wanted."""
