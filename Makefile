# `make` lists what it can do. `make run` and `make test` do all the set-up: they make .venv and install into it.

PYTHON ?= python3
HOST ?= 0.0.0.0
PORT ?= 8080
export HOST PORT

BIN = .venv/bin/

help:
	@awk -F ': .*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/run ## start the server: PORT=8080 HOST=0.0.0.0 unless given
	@$(BIN)python -c 'import mocean; mocean.address()'
	@exec $(BIN)uwsgi uwsgi.ini

play: .venv/run ## start the client, and play on the server of this computer
	@$(BIN)python client.py http://localhost:$(PORT)

test: .venv/dev ## run all tests
	@$(BIN)pytest

lint: .venv/dev ## look for mistakes and untidy code
	@$(BIN)ruff check .
	@$(BIN)ruff format --check .

format: .venv/dev ## tidy the code
	@$(BIN)ruff check --fix-only --quiet .
	@$(BIN)ruff format .

backup: ## copy the logbook, also while the server runs: COPY=FILE unless beside it, with the date
	@$(PYTHON) logbook.py $(COPY)

crash: .venv/dev ## kill the server KILLS=1000 times while it is played, and see that nothing is lost
	@$(BIN)python -m tests.crash $(or $(KILLS),1000)

attack: .venv/dev ## attack the server in many ways, for an hour: PARTS="school --minutes=1" for a part of it
	@$(BIN)python -m tests.attack $(PARTS)

clean: ## remove all that was installed or left over
	@rm -rf .venv .pytest_cache .hypothesis .ruff_cache __pycache__ tests/__pycache__ tests/attack/__pycache__ bench/__pycache__ *.sock

# What is installed: the groups `run` and `dev` of pyproject.toml.
.venv/run .venv/dev: .venv/%: pyproject.toml | .venv/bin/pip
	@echo "Installing what Mocean needs to $(@F) ..."
	@$(BIN)python -m pip install --quiet --disable-pip-version-check --group $(@F)
	@touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Mocean needs Python 3.10 or newer: install one and name it, like make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "A part of Python is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'

.PHONY: help run play test lint format backup crash attack clean
