# Everything starts here. Works from a bare checkout with Python 3.11 or newer and make.

PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
STAMP := .venv/stamp
PORT ?= 8000
SIMULATOR_PORT ?= 8001
export PORT SIMULATOR_PORT

.PHONY: help .venv demo run test check format bench torture soak lock translations clean

help:
	@echo "make demo     the whole program with a simulated LINE, in one go"
	@echo "make test     the whole suite, on SQLite and PostgreSQL (a part of it: TESTS=tests/bot)"
	@echo "make check    format, lint, types, import contracts"
	@echo "make .venv    the environment alone"
	@echo "make run      web with the settings of .env"
	@echo "make bench | torture | soak    load, faults, endurance (this machine only)"
	@echo "make format | lock | translations | clean"

.venv: $(STAMP)

$(STAMP): requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with make PYTHON=…" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
		echo "the module venv is missing: on Debian and Ubuntu, apt install python3-venv" >&2; rm -rf .venv; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/python demo.py

run: $(STAMP)
	$(BIN)/gunicorn "app:create_app()"

test: $(STAMP)
	$(BIN)/python -m pytest $(if $(TESTS),$(TESTS),--numprocesses 2 --dist loadfile --no-loadscope-reorder)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench torture soak: $(STAMP)
	$(BIN)/python -m tests.load.$@

# names, versions and hashes; no address of any package index
lock:
	uv pip compile --quiet --universal --generate-hashes --no-header requirements.in -o requirements.txt
	uv pip compile --quiet --universal --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt

translations: $(STAMP)
	$(BIN)/python -m translations.catalogues

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
