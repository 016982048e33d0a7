"""One scenario a file; each prints a table, side by side with its baseline."""
