"""Since when, until when, by which promotion, which orders: incidents with their evidence."""
