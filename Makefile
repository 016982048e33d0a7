.SHELLFLAGS := -eu -o pipefail -c
SHELL := bash
