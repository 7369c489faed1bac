"""The case: its folder, its journal, what was decided."""
