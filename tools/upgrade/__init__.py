"""`make upgrade-test FROM=7cdf388`: upgrades a stack with a live session, and rolls it back."""
