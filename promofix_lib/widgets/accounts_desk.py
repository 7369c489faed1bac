"""Notebook 7: many accounts, one folder each: scanned when the seller asks; an account's incident becomes a case."""

from __future__ import annotations

from functools import partial
from html import escape

from promofix_lib.case.case import Case
from promofix_lib.fleet.rows import Row, Scan
from promofix_lib.fleet.scan import DEFAULTS_NAME, open_as_case, scan
from promofix_lib.fleet.sheet import chart
from promofix_lib.places import cases_folder, content, private_folder, write_atomically
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.form import Part
from promofix_lib.widgets.html import Cell, Html, file_link

_SHOWN = 25
_ROOT = "root.txt"


class AccountsDesk(Desk):
    """Search every account under a folder, the gravest first; open an account's incident as a case.

    Nothing is read before the seller presses *Scan*; an address or a scheduler is asked only when it is named.

    Parameters
    ----------
    case : Case, optional
        The open case by default: the page speaks its language.
    """

    title = "accounts"
    needs_reports = False

    def __init__(self, case: Case | None = None) -> None:
        self._scan: Scan | None = None
        super().__init__(case or Case.open())

    def show(self) -> list[Part]:
        """The folder, the button, and then the table with a chart an account."""
        kept = cases_folder() / "many-accounts" / _ROOT
        root = self.typed("accounts_root", content(kept).decode() if kept.is_file() else "").strip()
        return [
            self.field("accounts_root", root, self._forget, width="44em", file=DEFAULTS_NAME),
            self.folded("accounts_cluster", self._cluster),
            self.button("accounts_scan", partial(self._look_at_all, root), main=True, off=not root),
            *(self._found(root, self._scan) if self._scan else []),
        ]

    def _cluster(self) -> list[Part]:
        return [self.field("accounts_scheduler", self.typed("accounts_scheduler").strip(), width="30em")]

    def _forget(self, _root: str) -> None:
        self._scan = None

    def _look_at_all(self, root: str) -> None:
        folder = private_folder(cases_folder() / "many-accounts")
        with self.working("accounts_scanning", root=root):
            self._scan = scan(root, folder, scheduler=self.typed("accounts_scheduler"))
        write_atomically(folder / _ROOT, root.encode())

    # -- what was found -------------------------------------------------------------------------------------------

    def _found(self, root: str, found: Scan) -> list[Part]:
        shown = found.rows[:_SHOWN]
        with_incident = [(n, row) for n, row in enumerate(shown, 1) if row.incidents]
        opens = [self.button(f"accounts_open {n}", partial(self._open, root, row), n=n) for n, row in with_incident]
        whole = f"{escape(self.say('accounts_whole'))} {file_link(found.html)} · {file_link(found.csv)}"
        names = ("account", "since", "orders", "loss", "promotions", "days", "failed")
        head = [self.say(f"fleet.column_{name}") for name in names]
        return [
            self.text("summary", self.say("fleet.summary", **found.counts)),
            opens and self.row(*opens),
            self.table("accounts_table", "", head, [self._cells(n, row, found) for n, row in enumerate(shown, 1)]),
            self.html("whole", f"<p>{whole}</p>"),
        ]

    def _cells(self, n: int, row: Row, found: Scan) -> list[Cell]:
        orders = self.number(row.orders) if row.incidents else ""
        cells = [row.since_text(found.zone), orders, row.loss_text(), row.promotions_text()]
        return [f"{n}. {row.account}", *cells, Html(chart(row)), row.failed or ""]

    def _open(self, root: str, row: Row) -> None:
        with self.working("finding"):
            self._case = open_as_case(root, row.account)
        self.tell("start_opened", to=2, name=self._case.name)
