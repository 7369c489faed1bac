"""Where every affected order stands: what it is, what became of it, what is next, what it cost."""
