"""The checks of a first hour in an AWS account: `make verify`."""
