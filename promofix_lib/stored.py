"""Until `returns` and `purge` import from `places` themselves; to be deleted."""

from promofix_lib.places import checked_case_name, content, free_name, safe_file_name, sha256, write_atomically

__all__ = ["checked_case_name", "content", "free_name", "safe_file_name", "sha256", "write_atomically"]
