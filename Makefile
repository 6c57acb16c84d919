# Two commands on a fresh machine: `make demo` and `make test`. Both set up `.venv` first. `.ci/run` is all of it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo-out

.PHONY: setup demo test bench lint format types layers packaging docs clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "opos needs Python 3.11 or newer; name one that is: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --build-constraint constraints.txt --group test --editable .
	@touch $@

demo: setup
	@rm -rf $(DEMO)
	@$(BIN)/opos demo $(DEMO)

test: setup
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations 10 --ignore tests/repository/test_packaging.py

bench: setup
	$(BIN)/python -m bench

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/repository/test_layers.py

packaging: setup
	$(BIN)/python -m pytest -q tests/repository/test_packaging.py

# What is generated: docs/reference from the program itself, the output in README.md and docs from their commands.
docs: setup
	$(BIN)/python -m docs.generate

clean:
	rm -rf $(VENV) $(DEMO) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
