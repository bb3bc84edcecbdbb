# `make` alone lists the targets. Everything happens in .venv; nothing else on this machine is touched.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format generate docs bench package lowest sbom audit release-notes clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## HTTPS in front of an HTTP-only app, on this machine (CONTEXT=name: on that cluster, too; KEEP=1: until Ctrl-C)
	@$(BIN)/python -m tools.demo $(if $(CONTEXT),--context "$(CONTEXT)") $(if $(KEEP),--keep)

test: lint ## Lint, types and all tests
	@# KUBECONFIG names a cluster of yours: tests/cluster runs there only when asked for.
	env -u KUBECONFIG $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

lint: $(VENV)/.dev ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if grep -q '^\[tool.importlinter\]' pyproject.toml; then set -x; $(BIN)/lint-imports --no-cache; fi

format: $(VENV)/.dev ## Put everything into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(VENV)/.dev ## Write anew what follows from the models of the arguments
	$(BIN)/python -m tools.generate

docs: $(VENV)/.docs ## The documents as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(VENV)/.bench ## What it costs, measured (PARTS="proxy program": those alone; QUICK=1: only to see that it runs)
	$(BIN)/python -m bench $(PARTS) $(if $(QUICK),--quick)

package: $(VENV)/.package ## Wheel and source distribution into dist/, checked, and used in bare environments
	$(BIN)/python -m tools.package check

lowest: $(VENV)/.package ## Tests with the oldest dependencies that pyproject.toml allows
	$(BIN)/python -m tools.package lowest

sbom: $(VENV)/.package ## A bill of materials (CycloneDX) of what an installation brings: dist/sbom.json
	$(BIN)/python -m tools.package sbom

audit: $(VENV)/.package ## Known vulnerabilities of what an installation brings; asks a service online
	$(BIN)/python -m tools.package audit

release-notes: | $(BIN)/python # what the release TAG=vX.Y.Z says; fails unless it is this version and the changelog has it
	@$(BIN)/python -m tools.package.notes "$(TAG)"

clean: ## Remove .venv, caches and build results
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than the pyproject.toml that it was installed from.
$(VENV)/.%: pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) (once; a minute or so)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1 | tail -n 1)." >&2; \
	  echo "Name another one: make demo PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "error: $(PYTHON) cannot make a virtual environment (Debian: apt-get install python3-venv)" >&2; exit 1; }
