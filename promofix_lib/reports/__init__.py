"""Bytes, encodings, tabs, XML and Amazon's headers: rows with their place, merged into one order table."""
