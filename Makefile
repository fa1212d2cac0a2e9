# `make demo` and `make test` create the virtual environment that they need.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-slow lint format coverage installs mutants docs bench bench-quick size soak clean

demo: .venv/.run
	$(BIN)/smsplan plan data/recipients.csv --body-file data/body.txt --to phone \
		--column name=first_name --default name=there --default city=local \
		--region GB --rates data/rates.csv --output planned.parquet

# Everything but what takes minutes.
test: lint bench-quick
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --closing-line

# Which lines no test runs; a third slower.
coverage: .venv/.dev
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --cov

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy smsplan data tests benchmarks
	$(BIN)/lint-imports --no-cache

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What takes minutes. With SEED, six of the mutants.
test-slow: installs mutants

# The oldest declared and the newest versions of what is needed, in fresh environments.
installs: .venv/.dev
	$(BIN)/python tests/installs.py

# Planted mistakes, each of which its test must catch; SEED=... plants six of them.
mutants: .venv/.dev
	$(BIN)/python tests/mutants.py $(if $(SEED),--seed $(SEED))

# The documentation site, into build/docs; a warning is an error.
docs: .venv/.dev
	$(BIN)/python docs/make_site.py build/docs

# The speed claims: everything, into benchmarks/RESULTS.md; and in under a minute, for CI.
bench: .venv/.dev
	$(BIN)/python -m benchmarks.run

# How large the package is: statements, long functions, repeated names.
size: .venv/.dev
	@$(BIN)/python -m benchmarks.size

bench-quick: .venv/.dev
	$(BIN)/python -m benchmarks.run --quick

# What takes too long for every day: kills, little memory, more than 2 GiB in a column, 200 campaigns
# whose senders are killed, 200 accounts to calibrate, and as many behind a proxy that disguises them.
soak: .venv/.dev
	$(BIN)/python -m benchmarks.soak

clean:
	rm -rf .venv planned.parquet

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "smsplan needs Python 3.11 or newer and '$(PYTHON)' is not;" \
			"name one that is: make PYTHON=python3.11" >&2; exit 1; }
	@echo "creating .venv (once; takes about a minute)" >&2
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# What a user installs.
.venv/.run: pyproject.toml | .venv/bin/python
	@$(PIP) --editable .
	@touch $@

# What the checks need besides: every extra, and the tools.
EXTRAS := duckdb,plots,polars,sandbox,sinch,spark,xlsx
.venv/.dev: pyproject.toml | .venv/bin/python
	@$(PIP) --upgrade "pip>=25.1" # the first that knows dependency groups
	@$(PIP) --editable ".[$(EXTRAS)]" --group dev
	@touch $@ .venv/.run
