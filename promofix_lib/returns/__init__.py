"""What came back: worked lists and Amazon's answers become lines of the journal."""

from promofix_lib.returns.compare import Clash, NotUnderstood, TakenBack
from promofix_lib.returns.inbox import drop_in, inbox, returned_files
from promofix_lib.returns.take_back import follow_up, report_of, settle, take_back

__all__ = [
    "Clash",
    "NotUnderstood",
    "TakenBack",
    "drop_in",
    "follow_up",
    "inbox",
    "report_of",
    "returned_files",
    "settle",
    "take_back",
]
