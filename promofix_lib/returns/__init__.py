"""What came back: worked lists and Amazon's answers become lines of the journal."""
