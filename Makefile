# Tocsin. `make run` sets up and runs; `make test` sets up and tests. Python 3.11+ and make are all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := app.py errors.py console bot incidents playbooks plans escalation store workspace
N ?= 50

.DEFAULT_GOAL := help
# Many processes start in the tests; each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup run demo test check torture lock clean

help: ## say what can be done
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(READY) ## install into .venv, nothing else

$(READY): requirements.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else 0'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $(READY)

run: setup ## run Tocsin with its own local workspace; prints the page to open
	@exec $(BIN)/python app.py serve

demo: setup ## replay a real emergency in the page, at speed
	@exec $(BIN)/python -m tests.story.demo

test: setup ## run every test
	$(BIN)/python -m pytest -n 4 --no-loadscope-reorder

check: setup ## lint, types, walls, words, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/python app.py plans lint plans/library/*.yaml
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder tests/walls tests/words/test_words.py

torture: setup ## kill real processes N times and count what was lost or doubled
	$(BIN)/python -m tests.torture $(N)

lock: setup ## write requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile -q pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header -o requirements.lock

clean: ## remove what was set up and what was run
	rm -rf $(VENV) var
