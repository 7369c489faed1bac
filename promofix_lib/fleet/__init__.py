"""Before the stock is gone, and many accounts: watch a folder, fetch reports, scan hundreds of shops."""
