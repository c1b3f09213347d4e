# What a person or CI does with this repository. `make` alone lists it; the scripts are in tools/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# The interpreter that virtual environments are made from.
export PYTHON ?= python3
# Downloads and builds live outside the clone and serve every clone.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/flott
export CARGO_TARGET_DIR ?= $(CACHE)/target
# On Linux RocksDB's C++ is built once, and not by each profile for itself; elsewhere the crate builds it.
ifeq ($(shell uname -s),Linux)
export ROCKSDB_LIB_DIR ?= $(CACHE)/rocksdb-$(shell sed -n '/^name = "librocksdb-sys"/{n;s/.*"\(.*\)"/\1/p}' Cargo.lock)
export ROCKSDB_STATIC ?= 1
endif
# Two virtual environments per clone: one with the release wheel, as a user has it, and one for development and tests
# (Flott installed editable, in the dev profile).
RELEASE := $(CURDIR)/.venv
DEV := $(CURDIR)/.venv-dev
# The documentation needs neither Flott nor Rust.
DOCS := $(CURDIR)/.venv-docs
MKDOCS := env NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs
# What maturin sets, for plain cargo too: when they differ, PyO3 and all above it are built again at every turn.
export PYO3_PYTHON := $(DEV)/bin/python
export PYO3_BUILD_EXTENSION_MODULE := 1
export PYO3_ENVIRONMENT_SIGNATURE := $(shell $(PYTHON) -c 'import platform as p, struct; print(p.python_implementation().lower(), \
  ".".join(p.python_version_tuple()[:2]), f"{8 * struct.calcsize(chr(80))}bit", sep="-")' 2>/dev/null)

ifeq ($(CI),true)
export CARGO_INCREMENTAL := 0
endif
# A terminal gets cargo's progress bar; a log would get a line for each of 300 crates.
ifneq ($(shell test -t 2 && echo terminal),terminal)
export CARGO_TERM_QUIET := true
endif

# The week of the course that `make run` runs.
STAGE ?= 1
WEEK := $(wildcard stage$(STAGE)_*/run.py)
ifeq ($(WEEK),)
$(error The course has no stage '$(STAGE)' yet: STAGE is one of $(patsubst stage%,%,$(foreach week,$(wildcard stage*_*/run.py),$(firstword $(subst _, ,$(week))))))
endif

STEP := tools/step.sh
# More arguments for pytest (make pytest ARGS="-k kafka") or for a benchmark.
ARGS ?=

##@ Use
.PHONY: help run build wheels
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install ## A week of the course (STAGE=1) on this machine alone: broker, 10,000 orders, the job, SQLite, summary
	@$(RELEASE)/bin/python $(WEEK) $(ARGS)

build: requirements-build $(RELEASE)/ready ## Build the release wheel into dist/
	@rm -rf dist
	@mkdir -p $(CARGO_TARGET_DIR)
	@PYO3_PYTHON=$(RELEASE)/bin/python $(STEP) "release wheel (some 6 minutes the first time)" \
	  flock $(CARGO_TARGET_DIR)/wheel.lock $(RELEASE)/bin/maturin build --release --locked \
	  --interpreter $(RELEASE)/bin/python --out dist

.PHONY: install
install: build ## Build the release wheel and install it into .venv
	@$(STEP) "install the wheel" $(RELEASE)/bin/python -m pip --quiet install --force-reinstall --no-deps dist/*.whl

wheels: build ## Build the release wheel, and try it in a clean environment of each CPython here (PYTHONS=…)
	@$(STEP) "smoke tests of the wheel" tools/smoke.sh dist/*.whl

parity-golden: ## Golden output of tests/parity, from PyFlink itself (500 MB the first time)
	@$(PYTHON) tests/parity/golden.py $(ARGS)

bench: install ## Benchmarks side by side with peers (ARGS=… is handed on)
	@$(RELEASE)/bin/python benches/run.py $(ARGS)

##@ Develop
.PHONY: parity-golden bench develop servers errors commands reference notebooks docs-serve fmt
develop: requirements-build $(DEV)/ready ## Build the dev profile and install Flott editable into .venv-dev
	@$(STEP) "native module, dev profile" tools/develop.sh $(DEV)

servers: requirements-servers ## Start Kafka, MariaDB and PostgreSQL, print their addresses; Ctrl-C stops them
	@$(PYTHON) -m tests.servers

errors: ## Write docs/errors.md, the list of all errors, from the code
	@$(PYTHON) tools/list_errors.py

reference: ## Write docs/reference, the pages of the API, from the code
	@$(PYTHON) tools/list_api.py

notebooks: $(DEV)/ready ## Run the notebooks and store what they show (ARGS="week3.ipynb" for one)
	@$(DEV)/bin/python tools/notebooks.py $(ARGS)

commands: ## Write docs/command-line.md, the list of all commands, from the code
	@$(PYTHON) tools/list_commands.py

docs-serve: $(DOCS)/ready ## The documentation's site on localhost:8000, made again at each change
	@$(MKDOCS) serve

fmt: $(DEV)/ready ## Format Rust and Python, and fix what the linters can
	@cargo fmt --all
	@$(DEV)/bin/ruff check --quiet --fix
	@$(DEV)/bin/ruff format --quiet

##@ Check
.PHONY: docs
docs: $(DOCS)/ready ## Build the documentation's site into site/; a link that leads nowhere is an error
	@$(STEP) "documentation" $(MKDOCS) build --strict --quiet

LINTS := ruff-check ruff-format mypy cargo-fmt clippy
.PHONY: test lint $(LINTS) tests-with-servers rust-tests stub python-tests pytest
test: requirements-build requirements-lint requirements-servers ## Everything CI runs: linters, type checks, all tests with real servers
	@$(STEP) "make test" $(MAKE) --keep-going $(LINTS) docs tests-with-servers

lint: requirements-lint $(LINTS) ## Formatting, clippy, ruff, mypy

# A target each, so that --keep-going tells of all that is wrong.
ruff-check: $(DEV)/ready
	@$(STEP) "ruff check" $(DEV)/bin/ruff check --quiet

ruff-format: $(DEV)/ready
	@$(STEP) "ruff format --check" $(DEV)/bin/ruff format --check --quiet

mypy: $(DEV)/ready
	@$(STEP) "mypy --strict" $(DEV)/bin/mypy

cargo-fmt:
	@$(STEP) "cargo fmt --check" cargo fmt --all --check

clippy: $(DEV)/ready
	@$(STEP) "clippy" cargo clippy --workspace --all-targets --locked -- -D warnings

tests-with-servers: develop
	@$(PYTHON) -m tests.servers -- $(MAKE) --keep-going rust-tests stub python-tests

rust-tests: $(DEV)/ready
	@$(STEP) "cargo test" cargo test --workspace --locked

stub: $(DEV)/ready
	@if [ -f python/flott/_flott.pyi ]; then \
	  $(STEP) "stub of the native module" $(DEV)/bin/python -m mypy.stubtest flott._flott; fi

python-tests: $(DEV)/ready
	@$(STEP) "pytest" $(DEV)/bin/python -m pytest $(ARGS)

# How many of each.
SEEDS ?= 10000
CASES ?= 100000
.PHONY: crash-test fuzz
crash-test: $(DEV)/ready ## Simulated jobs that crash: SEEDS=10000 of each, or JOB=… SEED=… that failed
	@$(STEP) "crash test" env FLOTT_CRASH_SEEDS=$(SEEDS) $(if $(SEED),FLOTT_CRASH_SEED=$(SEED)) \
	  cargo test --locked --lib runtime::simulated::tests::crashes::$(JOB)

fuzz: $(DEV)/ready ## What reads foreign bytes: CASES=100000 of each target, or TARGET=… CASE=… that failed
	@$(STEP) "fuzz" env FLOTT_FUZZ_CASES=$(CASES) $(if $(TARGET),FLOTT_FUZZ_TARGET=$(TARGET)) \
	  $(if $(CASE),FLOTT_FUZZ_CASE=$(CASE)) cargo test --locked --test fuzz

pytest: develop requirements-servers ## Build, then pytest alone (ARGS="-k kafka"); starts the servers that a test asks for
	@$(DEV)/bin/python -m pytest $(ARGS)

.PHONY: kill-test
# How often, and what the seed of the last failure was.
KILLS ?= 100
SEED ?=
kill-test: develop requirements-servers ## Kills a job, its broker and its database 100 times (KILLS=…, SEED=… of a run before)
	@FLOTT_KILLS=$(KILLS) FLOTT_KILL_SEED=$(SEED) $(DEV)/bin/python -m pytest -o faulthandler_timeout=0 tests/kills $(ARGS)

##@ Clean
.PHONY: clean clean-cache
clean: ## Remove what was built into this clone
	@rm -rf .venv .venv-dev .venv-docs dist site .pytest_cache .mypy_cache .ruff_cache python/flott/*.so
	@find . -name __pycache__ -prune -exec rm -rf {} +

clean-cache: ## Remove the caches that all clones share (cargo's target folder, RocksDB, Kafka's jars)
	@rm -rf $(CACHE)

.PHONY: requirements-build requirements-lint requirements-servers
requirements-build:
	@tools/require.sh build
	@[[ -z "$${ROCKSDB_LIB_DIR:-}" || -e $$ROCKSDB_LIB_DIR/librocksdb.a ]] || \
	  $(STEP) "RocksDB's C++ (10 minutes of a core, once)" tools/rocksdb.sh "$$ROCKSDB_LIB_DIR"

requirements-lint:
	@tools/require.sh lint

requirements-servers:
	@tools/require.sh servers

$(DEV)/ready: pyproject.toml $(wildcard requirements.txt) tools/venv.sh | requirements-build
	@$(STEP) "virtual environment .venv-dev" tools/venv.sh $(DEV) --group dev $(addprefix -r ,$(wildcard requirements.txt))

$(DOCS)/ready: pyproject.toml tools/venv.sh
	@$(STEP) "virtual environment .venv-docs" tools/venv.sh $(DOCS) --group docs

$(RELEASE)/ready: pyproject.toml $(wildcard requirements.txt) tools/venv.sh | requirements-build
	@$(STEP) "virtual environment .venv" tools/venv.sh $(RELEASE) 'maturin>=1.9.4,<2' $(addprefix -r ,$(wildcard requirements.txt))
