# Every target explains itself: `make` prints the list.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.PHONY: help setup demo serve check test test-real nightly mutants bench evals docs chromium screenshots vendor slack-schema lock clean

BIN := .venv/bin
UV_VERSION := 0.13.9
STAMP := .venv/.installed
REAL_STAMP := .venv/.installed-real
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-emit-index-url --no-annotate --no-header \
	--universal --fork-strategy fewest --python-version 3.11

help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv and install exactly what the lock names, hashes checked

$(STAMP): requirements.lock pyproject.toml
	@python=; for name in python3.11 python3; do
	  if command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi
	done
	if [ -z "$$python" ]; then echo "Quartermaster needs Python 3.11 or newer: neither python3.11 nor python3 is that on your PATH." >&2; exit 1; fi
	[ -x $(BIN)/python ] || $$python -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	export VIRTUAL_ENV=$(CURDIR)/.venv
	$(BIN)/uv pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

demo: setup ## The whole story on the built-in distributor: a delay, a plan, approvals, the ledger
	@$(BIN)/quartermaster demo

serve: setup ## Open the web door on http://127.0.0.1:8000: panel, API, Slack; the demo world at first
	@exec $(BIN)/quartermaster serve

check: setup ## Lint, format, types and import contracts
	@code=0
	$(BIN)/ruff check --quiet . || code=1
	$(BIN)/ruff format --check --quiet . || { echo "format: run .venv/bin/ruff format on the files you changed (ruff format --check . lists them)"; code=1; }
	$(BIN)/mypy || code=1
	$(BIN)/lint-imports --no-logo || code=1
	exit $$code

test: setup ## All tests that need nothing but the lock
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not real and not nightly"

$(REAL_STAMP): $(STAMP) requirements-real.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps --require-hashes -r requirements-real.lock
	touch $@

chromium: ## Install Debian's Chromium for the browser tests, where it is missing
	@command -v chromium >/dev/null && exit 0
	if ! command -v apt-get >/dev/null; then echo "The browser tests need a program named chromium on the PATH." >&2; exit 1; fi
	if [ "$$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo"; else
	  echo "The browser tests need Debian's Chromium: run 'apt-get install chromium' as root." >&2; exit 1; fi
	$$as apt-get update -qq
	$$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null

test-real: $(REAL_STAMP) chromium ## Tests against real parts (a model server, PostgreSQL, Chromium); a missing part fails
	@$(BIN)/python -m pytest -m real

nightly: setup ## The long tests: many more generated examples
	@HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n 2 -m nightly

mutants: $(REAL_STAMP) ## Mutate what stands between a plan and somebody else's stock, and see the tests notice (an hour)
	@$(BIN)/python -m tests.mutation --again

bench: setup ## Measure ratios on generated worlds; absolute times are printed, never asserted
	@$(BIN)/python -m evals.bench

evals: setup ## Judge the program: every scenario four times, the story on generated worlds, the search in documents, 200 messages
	@$(BIN)/python -m evals scenarios --trials 4
	$(BIN)/python -m evals
	$(BIN)/python -m evals retrieval
	$(BIN)/python -m evals understanding

docs: setup ## Write docs/cli.md and the tables in docs/ from the program itself
	@$(BIN)/typer api.cli.main utils docs --name quartermaster --output docs/cli.md
	$(BIN)/python -m api.cli.reference

slack-schema: ## Write the Block Kit schema of the tests anew from Slack's published types (needs npm)
	@tests/slack/data/regenerate.sh

screenshots: $(REAL_STAMP) chromium ## Take the pictures of the main pages in docs/screenshots
	@$(BIN)/python -m tests.browser.screenshots

vendor: setup ## Fetch the panel's browser libraries again with npm and check every byte
	@$(BIN)/python -m api.http.panel.vendored

lock: setup ## Resolve again and write both hash-pinned locks
	@$(LOCK) --extra dev -o requirements.lock >/dev/null
	$(LOCK) --extra dev --extra dev-llm --extra dev-browser --extra dev-mutation -c requirements.lock -o requirements-real.lock >/dev/null

clean: ## Remove the environment, caches and demo data
	rm -rf .venv .quartermaster-demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info
