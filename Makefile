# Everything a developer does here. `make demo` and `make test` need Rust, Python 3.10 or later with venv, and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export VIRTUAL_ENV := $(abspath $(VENV))

# What zig keeps stays in the checkout.
export ZIG_GLOBAL_CACHE_DIR := $(abspath target/zig)
export ZIG_LOCAL_CACHE_DIR := $(abspath target/zig)
export CARGO_ZIGBUILD_CACHE_DIR := $(abspath target/zigbuild)
ifeq ($(shell uname -s),Linux)
PLATFORM := --zig --compatibility manylinux2014
endif

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.build: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --group build
	@touch $@

$(VENV)/.check: $(VENV)/.build
	$(BIN)/python -m pip install --quiet --group check
	@touch $@

.PHONY: build
build: $(VENV)/.build ## Build the package into .venv, ready to import.
	$(BIN)/maturin develop --quiet

.PHONY: demo
demo: build ## Start a task, a group and a sync task on the local OMS, and watch.
	$(BIN)/python examples/demo.py

.PHONY: test
test: test-rust test-python ## Run every test, Rust and Python.

.PHONY: test-rust
test-rust: ## Run the Rust tests: the core and the local OMS, without Python.
	cargo test --quiet --no-default-features --features emulator

.PHONY: test-python
test-python: $(VENV)/.check build ## Run the Python tests.
	$(BIN)/python -m pytest

.PHONY: lint
lint: $(VENV)/.check build ## Run the formatters' checks, the linters and the type checkers.
	cargo fmt --check
	cargo clippy --quiet --all-targets -- -D warnings
	cargo clippy --quiet --all-targets --no-default-features -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest huaweicloud_oms --mypy-config-file pyproject.toml \
		--allowlist tests/typed/stubtest-allowlist.txt
	$(BIN)/pyright

.PHONY: format
format: $(VENV)/.check ## Format everything.
	cargo fmt
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: wheel
wheel: release ## Build the release wheel and use it on every Python from 3.10 on that is here.
	$(BIN)/python tests/wheel/check.py dist

.PHONY: release
release: dist/.built

# Built again where something has changed since. For manylinux2014, which needs an old C library to link to: zig brings
# one along.
dist/.built: $(VENV)/.release Cargo.toml Cargo.lock README.md \
		$(shell find src python -name '*.rs' -o -name '*.py*' -not -name '*.pyc')
	rm -rf dist
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/maturin build --release --quiet --out dist $(PLATFORM)
	@touch $@

$(VENV)/.release: $(VENV)/.build
	$(BIN)/python -m pip install --quiet --group release
	@touch $@

.PHONY: test-integrations
test-integrations: test-airflow test-prefect ## Run the tests that need an environment of their own.

.PHONY: test-airflow
test-airflow: release ## Run the Airflow provider's types and tests, on a real Airflow.
	$(PYTHON) -m venv $(VENV)-airflow
	$(VENV)-airflow/bin/python -m pip install --quiet --requirement tests/integrations/airflow/requirements.txt
	$(VENV)-airflow/bin/python -m pip install --quiet --force-reinstall --no-deps dist/*.whl
	$(VENV)-airflow/bin/python -m mypy --config-file tests/integrations/airflow/mypy.ini
	$(VENV)-airflow/bin/python -m pytest --config-file tests/integrations/pytest.ini --timeout 300 \
		tests/integrations/airflow

.PHONY: test-prefect
test-prefect: release ## Run the Prefect integration's types and tests, on a real Prefect.
	$(PYTHON) -m venv $(VENV)-prefect
	$(VENV)-prefect/bin/python -m pip install --quiet --requirement tests/integrations/prefect/requirements.txt
	$(VENV)-prefect/bin/python -m pip install --quiet --force-reinstall --no-deps dist/*.whl
	$(VENV)-prefect/bin/python -m mypy --config-file tests/integrations/prefect/mypy.ini
	$(VENV)-prefect/bin/python -m pytest --config-file tests/integrations/pytest.ini --timeout 300 \
		tests/integrations/prefect

.PHONY: soak
soak: $(VENV)/.build ## Start 100,000 tasks through faults, and hold what was told against the ledger.
	$(BIN)/maturin develop --release --quiet
	$(BIN)/python tests/soak.py --starts 100000

.PHONY: bench
bench: bench-environment ## Measure everything side by side, in an environment of its own.
	cd benches/rust && cargo build --release --quiet && cargo bench --quiet
	$(VENV)-bench/bin/python benches/run.py

.PHONY: bench-following
bench-following: bench-environment ## Measure starts and waits of many, and long lists.
	$(VENV)-bench/bin/python benches/following.py

.PHONY: bench-environment
bench-environment: release
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --upgrade pip
	$(VENV)-bench/bin/python -m pip install --quiet --group bench
	$(VENV)-bench/bin/python -m pip install --quiet --force-reinstall --no-deps dist/*.whl

.PHONY: clean
clean: ## Remove what was built.
	rm -rf $(VENV) $(VENV)-airflow $(VENV)-bench $(VENV)-prefect build dist target benches/rust/target python/huaweicloud_oms/*.so
