"""What leaves in one export folder: files for the assistant and for Amazon, letters, evidence."""

from promofix_lib.export.cancellation import Withheld
from promofix_lib.export.handover.briefing import facts_of, letters_of, record_advice
from promofix_lib.export.handover.folder import Handover, export

__all__ = ["Handover", "Withheld", "export", "facts_of", "letters_of", "record_advice"]
