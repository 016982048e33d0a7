SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
STACK ?= dev
OPERATE = pulumi stack output --json --stack $(STACK) | $(VENV_PYTHON) -m websocket_sessions.operator

.PHONY: help setup up down demo watch test check format bench reliability upgrade-test test-live verify end-session end-sessions end-user prune-versions terraform docs sbom requirements

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the other targets need (again only where something changed)
	@PYTHONPATH=emulator $(PYTHON) -m tools.commands.setup

up: setup ## start the local AWS and deploy the stack `local` on it
	@$(VENV_PYTHON) -m tools.commands.up

down: ## stop what `make up` started
	@if [ -x $(VENV_PYTHON) ]; then $(VENV_PYTHON) -m tools.commands.down; else echo "Nothing was running."; fi

demo: setup ## a speaker and two listeners on the local stack, in this terminal
	@$(VENV_PYTHON) -m tools.commands.demo

watch: setup ## put edits to functions/ live on the local stack, and stream the functions' logs
	@$(VENV_PYTHON) -m tools.commands.watch

test: ## every check and every test
	@started=$$(date +%s); PYTHONPATH=emulator $(PYTHON) -m tools.commands.setup --with-browser; \
	  $(VENV_PYTHON) -m tools.commands.checks --started $$started

check: setup ## the checks alone: format, lint, types, generated files, links
	@$(VENV_PYTHON) -m tools.commands.checks --no-tests

format: setup ## put the Python sources into shape
	@$(VENV_PYTHON) -m ruff format . && $(VENV_PYTHON) -m ruff check --fix .

bench: setup ## the benchmarks, each beside its baseline
	@$(VENV_PYTHON) -m benchmarks

reliability: setup ## faults, odd inputs, outages and hazards in one run; writes docs/reliability.md
	@$(VENV_PYTHON) -m tools.reliability

upgrade-test: setup ## upgrade a former release with a live session, and roll it back: make upgrade-test FROM=7cdf388
	@$(VENV_PYTHON) -m tools.upgrade $(FROM)

test-live: setup ## the end-to-end tests against a deployed stack: make test-live STACK=dev (in an account: costs cents)
	@$(VENV_PYTHON) -m tools.commands.live_test $(STACK)

verify: setup ## the first hour in an AWS account, with a report: make verify STACK=dev (costs about a dollar; OPTIONS=--help)
	@$(VENV_PYTHON) -m tools.commands.verify $(STACK) $(OPTIONS)

terraform: setup ## compare this project's AWS provider with the real one, by OpenTofu or Terraform
	@$(VENV_PYTHON) -m tools.terraform_json compare

end-session: setup ## end a session of a deployed stack: make end-session STACK=dev SESSION=caring-king-275
	@$(OPERATE) end-session $(SESSION)

end-sessions: setup ## end all sessions of a user: make end-sessions STACK=dev USERNAME=speaker@example.com
	@$(OPERATE) end-sessions --username $(USERNAME)

end-user: setup ## disable a user and end the user's sessions: make end-user STACK=dev USERNAME=speaker@example.com
	@$(OPERATE) end-user $(USERNAME)

prune-versions: setup ## delete the versions of functions that SnapStart superseded: make prune-versions STACK=dev
	@$(OPERATE) prune-versions

docs: setup ## build the site of all pages, in .local/docs/site
	@$(VENV_PYTHON) -m tools.commands.docs

sbom: setup ## write the bills of materials of what is deployed and installed, in .local/sbom
	@$(VENV_PYTHON) -m tools.commands.sbom

requirements: setup ## pin the newest versions that the *.in files allow
	@for name in requirements/program requirements/functions requirements/dev emulator/pulumi_local_aws/ministack; do \
	  .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --quiet --upgrade --custom-compile-command "make requirements" \
	    $$name.in -o $$name.txt; \
	done
