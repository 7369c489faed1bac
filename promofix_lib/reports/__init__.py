"""Bytes, encodings, tabs, XML and Amazon's headers: rows with their place."""
