# `make` lists what it can do. `make run` and `make test` set everything up: they make .venv and install into it.

PYTHON ?= python3
HOST ?= 0.0.0.0
PORT ?= 8080
export HOST PORT

VENV = .venv
BIN = $(VENV)/bin/

help:
	@awk -F ': .*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run ## start the server: PORT=8080 HOST=0.0.0.0 unless given
	@exec $(BIN)python -m server.launch

play: $(VENV)/run ## start the client, and play on this computer's server
	@$(BIN)python client.py http://localhost:$(PORT)

test: $(VENV)/dev ## run all tests
	@$(BIN)pytest -n 4 --dist loadfile

lint: $(VENV)/dev ## look for mistakes and untidy code
	@$(BIN)ruff check .
	@$(BIN)ruff format --check .

format: $(VENV)/dev ## tidy the code
	@$(BIN)ruff check --fix-only --quiet .
	@$(BIN)ruff format .

# -B, as root would leave files here that the owner of the folder can't remove.
backup: ## copy the logbook, even while the server runs: COPY=FILE unless beside it, with the date
	@$(PYTHON) -B -m server.backup $(COPY)

crash: $(VENV)/dev ## kill the server KILLS=1000 times during play, and see that nothing is lost
	@$(BIN)python -m tests.crash $(or $(KILLS),1000)

soak: $(VENV)/dev ## run the service for MINUTES=35 under a systemd of its own, and see that it stays well. Needs root
	@$(BIN)python -m tests.soak $(or $(MINUTES),35)

attack: $(VENV)/dev ## attack the server in many ways, for an hour: PARTS="school --minutes=1" for one of them
	@$(BIN)python -m tests.attack $(PARTS)

bench: $(VENV)/bench ## measure the server beside others, for some minutes: PARTS="race school" for some parts. Needs wrk
	@$(BIN)python -m bench $(PARTS)

picture: $(VENV)/dev ## make the README's picture of the map again. Needs Chromium
	@$(BIN)python -m tests.picture

install: ## make it a service of this computer, or upgrade the one there is: sudo make install
	@$(PYTHON) -B -m server.install

uninstall: ## remove the service; the logbook stays, unless LOGBOOK=remove
	@$(PYTHON) -B -m server.install --uninstall --logbook $(or $(LOGBOOK),keep)

clean: ## remove all that was installed or left over
	@rm -rf $(VENV) .pytest_cache .hypothesis .ruff_cache __pycache__ */__pycache__ tests/*/__pycache__ *.sock

# Each installs the group of its name in pyproject.toml.
$(VENV)/run $(VENV)/dev $(VENV)/bench: $(VENV)/%: pyproject.toml | $(VENV)/bin/pip
	@echo "Installing what Mocean needs to $(@F) ..."
	@$(BIN)python -m pip install --quiet --disable-pip-version-check --group $(@F)
	@touch $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Mocean needs Python 3.10 or newer: install one and name it, like make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "A part of Python is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'

.PHONY: help run play test lint format backup crash soak attack bench picture install uninstall clean
