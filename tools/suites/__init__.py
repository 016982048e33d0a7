"""The test suites of `make test`: they run side by side, and a few failed tests run a second time."""
