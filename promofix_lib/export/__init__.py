"""What leaves the case: one folder per export."""
