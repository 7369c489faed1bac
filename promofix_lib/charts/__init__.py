"""Charts that are kept, exported and explained (matplotlib)."""
