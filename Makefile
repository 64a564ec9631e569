# Everything here works from a clean clone with Python 3.11 or newer and make; the rest is fetched into this folder.
#   make demo ARGS=--exit      passes flags on
#   make test ARGS="-k waves"  the same

.DEFAULT_GOAL := help
.PHONY: help demo up test check lock clean

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(or $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done),python3)
STATE := $(or $(SWITCHBOARD_HOME),.switchboard)
READY := .venv/.ready
RUN := .venv/bin/python -m
# A uv of our own where none is on the PATH.
UV := $(or $(shell command -v uv),$(STATE)/tools/bin/uv)
# For every system and Python at once; no header and no notes, so that only what changes shows up as changed.
COMPILE = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
UV_HTTP_TIMEOUT ?= 300
export UV_HTTP_TIMEOUT
export UV_PYTHON_DOWNLOADS := never
export PYTHONUNBUFFERED := 1

# A virtual environment whose Python was removed or moved is none.
ifneq ($(shell .venv/bin/python -c 'print("works")' 2>/dev/null),works)
$(shell rm -f $(READY))
endif

define CHECK_PYTHON
$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "Switchboard needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
endef

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

demo: $(READY) ## invent a community and watch 40 needs find help; Ctrl-C ends it
	@$(RUN) switchboard demo $(ARGS)

up: $(READY) ## the same services without the invented community
	@$(RUN) switchboard up $(ARGS)

test: $(READY) ## run every test, on a real Kafka, PostgreSQL and Chromium
	@$(RUN) tests.chromium
	@$(RUN) tests.axe
	@$(RUN) tests $(ARGS)

check: $(READY) ## lint, format, types, import rules, generated files
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(RUN) pytest -q tests/contract -k "not TestEveryMessage"

lock: $(READY) ## resolve the dependencies anew: Python packages and Kafka's jars
	$(COMPILE) --upgrade --all-extras --output-file requirements.lock
	$(COMPILE) --extra sinks --constraints requirements.lock --output-file deploy/requirements.lock
	$(RUN) switchboard.local.jars

clean: ## remove all that was fetched or made here
	rm -rf .venv $(STATE) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock | $(UV)
	@$(CHECK_PYTHON)
	@echo "Installing the locked dependencies into .venv (once, about a minute) ..."
	@.venv/bin/python -c '' 2>/dev/null || $(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --require-hashes --python .venv/bin/python requirements.lock
	@touch $@

$(STATE)/tools/bin/uv:
	@$(CHECK_PYTHON)
	@echo "Installing uv into $(STATE)/tools (once) ..."
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments. Install its venv package (Debian and Ubuntu: apt-get install python3-venv) or uv, then try again." >&2; exit 1; }
	@$(PYTHON) -m venv $(STATE)/tools
	@$(STATE)/tools/bin/python -m pip install --quiet --disable-pip-version-check uv
