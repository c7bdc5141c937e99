# Each target does all its set-up: a machine with Python 3.11 or newer, pip, venv and make is enough for
# `make demo` and `make test`; `make test-browser` also wants Debian's chromium and npm, with which the tests build
# Enketo once, under build/enketo/, and `make soak` a Java of 17 or newer for Spark.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: demo test test-browser soak bench lint format build guides clean

demo: $(VENV)/.installed
	$(BIN)/kobo-sync demo --out build/demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS)

test-browser: $(VENV)/.installed-browser
	$(BIN)/python -m pytest -n $(WORKERS) -m browser

soak: $(VENV)/.installed-soak
	$(BIN)/python -m pytest -m soak -n $(WORKERS) --dist loadfile
	$(BIN)/python -m pytest -n $(WORKERS) --store postgresql tests/store tests/sync

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.pipeline $(SIZE)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/kobo-sync build --check
	$(BIN)/kobo-sync check

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(VENV)/.installed-dev
	$(BIN)/kobo-sync build

guides: $(VENV)/.installed-dev
	$(BIN)/python tests/docs/guide_pages.py build/guides

clean:
	rm -rf $(VENV) build dist

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[engine]'
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

$(VENV)/.installed-soak: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,spark]'
	touch $@

$(VENV)/.installed-browser: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,browser]'
	touch $@
