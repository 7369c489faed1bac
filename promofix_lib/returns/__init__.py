"""What came back and what is left: answers read back, round 2, the table of truth."""

from promofix_lib.returns.rounds import (
    Round,
    failed_keys,
    next_round,
    take_back_processing_report,
    take_back_sheet,
    upload_again,
)
from promofix_lib.returns.todo_sheet import WorkedSheet
from promofix_lib.returns.truth import table_of_truth
from promofix_lib.returns.uploads import UploadAnswer

__all__ = [
    "Round",
    "UploadAnswer",
    "WorkedSheet",
    "failed_keys",
    "next_round",
    "table_of_truth",
    "take_back_processing_report",
    "take_back_sheet",
    "upload_again",
]
