"""Sentences people will read, in any language, checked."""
