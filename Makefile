# Everything a developer or a server runs. `make run` and `make test` need Python 3.11+ and a package index, no more.
PYTHON ?= python3
BIN := .venv/bin
# Where the public suites and real catalogues lie that `make conformance` and the benchmarks read.
export TEST_SHARED ?= $(abspath ../shared)

.PHONY: help setup run test test-engines test-browser conformance check fix bench relevance docs clean

help:  ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	$(BIN)/pip install --quiet --editable ".[dev]"
	@touch $@

setup: .venv/installed-dev  ## create the environment with everything that development needs

run: .venv/installed  ## load the demonstration space and serve it on http://127.0.0.1:8000
	$(BIN)/spacecat serve --demo

test: setup  ## the tests that need this project alone
	$(BIN)/pytest

test-engines: setup  ## the contract suites against real engines, whose URLs are in the environment
	$(BIN)/pytest -m engines

test-browser: setup  ## the journeys in headless Chromium
	$(BIN)/pytest -m browser

conformance: setup  ## the public suites and real catalogues in $(TEST_SHARED)
	$(BIN)/pytest -m conformance

check: setup  ## format, lint, types, dependency rule, generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

fix: setup  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup  ## every benchmark beside its rival, at the size that RECORDS says
	$(BIN)/python -m benchmarks --records $(or $(RECORDS),10000)

relevance: setup  ## nDCG@10 on the test collection in $(TEST_SHARED)
	$(BIN)/python -m benchmarks.relevance

docs: setup  ## write the generated documents
	$(BIN)/python docs/generate.py

clean:  ## remove the environment and caches, not the data
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
