"""Developer commands behind the Makefile: setup, up, down, watch, demo and the checks.

`setup` and what it imports run on a bare Python 3.11 with the standard library alone; everything else runs
in the virtual environment that `setup` makes.
"""
