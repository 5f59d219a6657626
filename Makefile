# The commands of the project; `make help` lists them. Stamp files in .venv make every second time quick.

SHELL := /bin/sh
.DEFAULT_GOAL := help
ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
VENV := $(ROOT)/.venv
BIN := $(VENV)/bin
RUN := $(VENV)/.stamp-run
DEV := $(VENV)/.stamp-dev
BENCH := $(VENV)/.stamp-bench
FRONTEND := $(VENV)/.stamp-frontend
BROWSER := $(VENV)/.stamp-browser
WITNESS := $(VENV)/.stamp-witness
CHECKER := $(VENV)/.stamp-checker
INDELIBLE_HOME ?= $(ROOT)/var
export INDELIBLE_HOME

.PHONY: help run test check bench pictures vendor lock clean

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(ROOT)/Makefile

run: $(RUN) $(FRONTEND)  ## Set everything up, make a demonstration company and serve it (PORT=, INDELIBLE_HOME=)
	@cd $(ROOT) && exec $(BIN)/indelible demo

test: $(DEV) $(FRONTEND) $(BROWSER) $(WITNESS) $(CHECKER)  ## Set up what the tests need, browser included, and run them all
	cd $(ROOT) && $(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(DEV) $(FRONTEND)  ## The quick gate before a commit: format, lint, types, imports, house rules, fast tests
	cd $(ROOT) && $(BIN)/ruff format --check .
	cd $(ROOT) && $(BIN)/ruff check .
	cd $(ROOT) && $(BIN)/mypy
	cd $(ROOT) && $(BIN)/lint-imports
	cd $(ROOT) && $(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow and not browser"

bench: $(BENCH)  ## Run the benchmarks, side by side with peers
	cd $(ROOT) && $(BIN)/python -m bench

pictures: $(DEV) $(FRONTEND) $(BROWSER)  ## Take the pictures of docs/pictures anew from a small demonstration company
	cd $(ROOT) && scripts/pictures

vendor: $(FRONTEND)  ## Fetch third-party front-end files and fonts

lock: $(DEV)  ## Lock all dependencies anew from pyproject.toml and package.json
	cd $(ROOT) && PATH="$(BIN):$$PATH" sh scripts/lock

clean:  ## Remove everything that can be made again; never var/
	rm -rf $(VENV) $(ROOT)/node_modules $(ROOT)/src/indelible/web/static/vendor $(ROOT)/src/indelible/exports/fonts

$(RUN): $(ROOT)/requirements.txt $(ROOT)/pyproject.toml $(ROOT)/scripts/bootstrap
	@$(ROOT)/scripts/bootstrap run
	@touch $@

$(DEV): $(ROOT)/requirements-dev.txt $(ROOT)/pyproject.toml $(ROOT)/scripts/bootstrap
	@$(ROOT)/scripts/bootstrap dev
	@touch $@ $(RUN)

$(BENCH): $(ROOT)/requirements-bench.txt $(ROOT)/pyproject.toml $(ROOT)/scripts/bootstrap
	@$(ROOT)/scripts/bootstrap bench
	@touch $@ $(DEV) $(RUN)

$(FRONTEND): $(ROOT)/package-lock.json $(ROOT)/scripts/vendor_frontend.py | $(RUN)
	@$(ROOT)/scripts/frontend
	@touch $@

$(WITNESS): $(ROOT)/requirements-witness.txt $(ROOT)/scripts/witness | $(DEV)
	@$(ROOT)/scripts/witness
	@touch $@

$(CHECKER): $(ROOT)/tests/interop/checker/main.go $(ROOT)/scripts/checker | $(DEV)
	@$(ROOT)/scripts/checker
	@touch $@

$(BROWSER): $(ROOT)/scripts/browser | $(DEV)
	@$(ROOT)/scripts/browser
	@touch $@
