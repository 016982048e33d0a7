"""`make reliability`: faults, odd inputs, outages and hazards in one run, with one table of what they did."""
