# `make` lists what it can do. `make run` and `make test` set everything up: they make .venv and install into it.

PYTHON ?= python3
HOST ?= 0.0.0.0
PORT ?= 8080
export HOST PORT

VENV = .venv
BIN = $(VENV)/bin/
DISTRICT = cd /opt/mocean 2>/dev/null || { echo "Install the program first: sudo make install"; exit 1; }; env/bin/python -B -m server.district
PIP = $(BIN)python -m pip --disable-pip-version-check --quiet

# A folder with packages, to install without a network. `make wheels` fills it.
override WHEELS := $(abspath $(WHEELS))
export WHEELS

LOCK = --universal --python-version 3.10 --generate-hashes --custom-compile-command 'make lock' pyproject.toml

help:
	@awk -F ': .*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run ## start the server: PORT=8080 HOST=0.0.0.0 unless given
	@exec $(BIN)python -m server.launch

check: $(VENV)/run ## try the program without a server: does it load, and do its routes answer?
	@$(BIN)python -m server.workshop

play: $(VENV)/run ## start the client, and play on this computer's server
	@$(BIN)python client.py http://localhost:$(PORT)

python: $(VENV)/bin/pip ## fetch what the page /python needs, so that browsers can run Python: 7 MB, from npm and PyPI
	@$(BIN)python -m server.fetch

test: $(VENV)/dev ## run all tests
	@$(BIN)pytest -n 4 --dist loadfile

lint: $(VENV)/dev ## look for mistakes and untidy code
	@$(BIN)ruff check .
	@$(BIN)ruff format --check .

format: $(VENV)/dev ## tidy the code
	@$(BIN)ruff check --fix-only --quiet .
	@$(BIN)ruff format .

# -B, as root would leave files here that the owner of the folder can't remove.
backup: ## copy the logbook, even while the server runs: beside it, or to COPY=FILE. CLUB=reds is that of a service
	@$(PYTHON) -B -m server.backup $(COPY) $(CLUB:%=--club %)

restore: ## put a copy back, such as COPY=FILE, and set the present logbook aside. Without COPY, list what there is
	@$(PYTHON) -B -m server.restore $(COPY) $(CLUB:%=--club %)

crash: $(VENV)/dev ## kill the server KILLS=1000 times during play, and see that nothing is lost
	@$(BIN)python -m tests.crash $(or $(KILLS),1000)

soak: $(VENV)/dev ## run the service for MINUTES=35 under a systemd of its own, and see that it stays well. Needs root
	@$(BIN)python -m tests.soak $(or $(MINUTES),35)

attack: $(VENV)/dev ## attack the server in many ways, for an hour: PARTS="school --minutes=1" for one of them
	@$(BIN)python -m tests.attack $(PARTS)

bench: $(VENV)/bench ## measure the server beside others, for some minutes: PARTS="race school" for some parts. Needs wrk
	@$(BIN)python -m bench $(PARTS)

picture: $(VENV)/dev ## make the README's pictures again. Needs Chromium
	@$(BIN)python -m tests.picture

install: ## make it a service of this computer, or upgrade it. WHEELS=folder: without a network. FETCH=no: without /python
	@$(PYTHON) -B -m server.install --fetch $(or $(FETCH),yes)

club: ## make a club of a district: NAME=reds DOMAIN=example.org, or by path DOMAIN=example.org/. FILE=clubs.csv makes many
	@$(DISTRICT) make $(NAME) $(FILE:%=--file $(abspath $(FILE))) $(DOMAIN:%=--domain %)

clubs: ## list all clubs of the district, with how they are
	@$(DISTRICT) list

suspend: ## close the door of a club: CLUB=reds
	@$(DISTRICT) suspend $(CLUB)

resume: ## open it again
	@$(DISTRICT) resume $(CLUB)

remove: ## remove a club: CLUB=reds. Its logbook stays, unless LOGBOOK=remove
	@$(DISTRICT) remove $(CLUB) --logbook $(or $(LOGBOOK),keep)

export: ## put all of a club into a file for another computer, and suspend it: CLUB=reds FILE=reds.tar
	@$(DISTRICT) export $(CLUB) $(abspath $(FILE))

import: ## have a club that was exported: FILE=reds.tar
	@$(DISTRICT) import $(abspath $(FILE))

image: ## build the image of a club's server, for containers: IMAGE=mocean. ENGINE=docker instead of podman
	@BUILDAH_FORMAT=docker $(or $(ENGINE),podman) build --file deploy/Containerfile $(BASE:%=--build-arg BASE=%) \
		--build-arg COMMIT="$$(git describe --always --exclude='*' --dirty=.changed)" --tag $(or $(IMAGE),mocean) .

rollback: ## let the service use the version before again, or the newer one. CLUB=reds: only this club of a district
	@$(PYTHON) -B -m server.install --rollback $(CLUB:%=--club %)

uninstall: ## remove the service; the logbook stays, unless LOGBOOK=remove
	@$(PYTHON) -B -m server.install --uninstall --logbook $(or $(LOGBOOK),keep)

wheels: $(VENV)/bin/pip ## put all that the server needs into the folder WHEELS=wheels, for computers like this one
	@$(PIP) download --only-binary :all: --require-hashes --requirement requirements.lock --dest $(or $(WHEELS),wheels)

lock: $(VENV)/dev ## lock the newest packages that pyproject.toml allows, into requirements.lock
	@$(BIN)uv pip compile --quiet --upgrade $(LOCK) --group run --output-file requirements.lock
	@$(BIN)uv pip compile --quiet --upgrade $(LOCK) --group npm --output-file web/npm.lock

clean: ## remove all that was installed or left over
	@rm -rf $(VENV) .pytest_cache .hypothesis .ruff_cache __pycache__ */__pycache__ tests/*/__pycache__ .workshop-* *.sock \
		web/fetched web/.fetching

# What the server runs with is locked: these versions, and no other files than these.
$(VENV)/run: requirements.lock | $(VENV)/bin/pip
	@echo "Installing what Mocean needs to run ..."
	@$(PIP) install $(WHEELS:%=--no-index --find-links %) --require-hashes --requirement requirements.lock
	@touch $@

# Each installs the group of its name in pyproject.toml, which needs a newer pip.
$(VENV)/dev $(VENV)/bench: $(VENV)/%: pyproject.toml $(VENV)/run
	@echo "Installing what Mocean needs to $(@F) ..."
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --group $(@F)
	@touch $@

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Mocean needs Python 3.10 or newer: install one and name it, like make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "A part of Python is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

.PHONY: help run check play python test lint format backup restore crash soak attack bench picture install club clubs suspend resume remove export import image rollback uninstall wheels lock clean
