"""What came back: worked lists and Amazon's answers become lines of the journal."""

from promofix_lib.returns.compare import TakenBack
from promofix_lib.returns.inbox import drop_in, inbox, returned_files
from promofix_lib.returns.take_back import follow_up, settle

__all__ = ["TakenBack", "drop_in", "follow_up", "inbox", "returned_files", "settle"]
