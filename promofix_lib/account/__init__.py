"""What cancelling does to the account: Amazon's seven-day rate, plans under it, the way back, the order of work."""
