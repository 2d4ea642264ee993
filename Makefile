# Everything runs from .venv; `make help` lists the targets. GNU make 3.81 or newer.

PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && \
	{ command -v $$p; break; }; done)
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
WHEEL := $(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist
WORKERS := 3
BROKER := embedded
ARGS :=
PEERS := dbos celery faststream

.DEFAULT_GOAL := help
RESULT := docs/benchmarks/result.json
LONG := docs/benchmarks/long.json
SEEDS := 200
FIRST := 1
SECONDS := 600
SEED := 20260501

.PHONY: help install demo test test-fast lint fmt bench figures simulate docs acceptance audit chaos release dist secrets walk screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found" >&2; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; \
		$(PYTHON) -m venv --without-pip .venv && \
		$(PYTHON) -m pip --python $(PY) install --quiet pip; }

.venv/.run: .venv/bin/python requirements.txt pyproject.toml
	$(PIP) -r requirements.txt
	$(PIP) --quiet --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@

install: .venv/.dev ## make .venv with the pinned packages, if they changed

demo: .venv/.run ## watch orders end to end (BROKER=rabbitmq: on RabbitMQ and PostgreSQL)
	@$(PY) -m demo --broker $(BROKER) $(ARGS)

test: install lint ## everything; servers are started privately (ARGS: for pytest)
	$(PY) -m tests.servers run -- $(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-fast: install ## the tests that need no server and end soon
	$(PY) -m pytest -n $(WORKERS) -m "not servers and not slow" $(ARGS)

lint: install ## style, types, borders between modules, freshness of what is generated
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/bandit --quiet --configfile pyproject.toml --recursive worker contracts apidocs demo
	$(PY) -m contracts.export --check

fmt: install ## format and fix what can be fixed
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

bench: install $(PEERS:%=.venv/peers/%/.done) ## what an order costs, beside a floor and peers (ARGS: --help)
	$(PY) -m bench.run $(ARGS)

figures: install ## what make bench measured (RESULT=….json, LONG=….json) into the pages: tables, picture, sizing
	$(PY) -m bench.publish $(RESULT) $(LONG)
	$(PY) -m tests.docs.sizing

.venv/peers/%/.done: bench/requirements-%.txt
	@$(PY) -m venv --clear --without-pip $(@D)
	$(PY) -m pip --python $(@D)/bin/python install --quiet --disable-pip-version-check -r $<
	@touch $@

screenshots: install ## pictures of the console from a run with thousands of orders, into docs/console
	$(PY) -m tests.console.screenshots $(ARGS)

simulate: install ## the worker under a virtual clock, faults drawn from SEEDS=200 from FIRST=1 on
	$(PY) -m tests.simulation --seeds $(SEEDS) --first $(FIRST) $(ARGS)

docs: install ## write what is generated: schemas, AsyncAPI, OpenAPI, the saga's diagram, tables, pages
	$(PY) -m contracts.export
	$(PY) -m apidocs
	$(PY) -m worker.saga.diagram
	$(PY) -m tests.protocol.table
	$(PY) -m tests.telemetry.table
	$(PY) -m tests.docs.sizing

acceptance: test ## make test, what takes minutes, and the demo on both set-ups
	$(PY) -m tests.servers run -- $(PY) -m pytest --acceptance -n $(WORKERS) --dist worksteal $(ARGS)
	$(MAKE) walk
	$(MAKE) chaos SECONDS=180
	$(MAKE) demo
	$(MAKE) demo BROKER=rabbitmq

.venv/audit/bin/pip-audit: .venv/bin/python
	@$(PY) -m venv .venv/audit
	@.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1

audit: install .venv/audit/bin/pip-audit ## known holes in what is pinned (asks PyPI, then OSV)
	$(PY) -m tests.audit .venv/audit/bin/pip-audit

chaos: install ## kill, freeze and fill the real parts for SECONDS=600, after SEED (as root)
	$(PY) -m tests.chaos --seconds $(SECONDS) --seed $(SEED) $(ARGS)

release: install ## make this tree VERSION=…, and keep what it publishes, stores and sends
	$(PY) -m tests.servers run -- $(PY) -m tests.upgrades.release $(VERSION)

dist: .venv/bin/python ## both wheels, in dist/: ticketbridge, and ticketbridge-contracts for publishers
	@rm -rf build/lib build/contracts dist && mkdir -p build
	@cp -R contracts build/contracts
	$(WHEEL) .
	$(WHEEL) ./build/contracts
	@ls dist

walk: install ## from a fresh clone to the servers: install, upgrade, backup, restore, transfer
	$(PY) -m tests.servers run -- $(PY) -m tests.deploying.walk $(ARGS)

secrets: ## random secrets for docker compose, in secrets/ (kept if they are there)
	@$(PYTHON) docker/make_secrets.py

clean: ## remove what was installed, cached and generated locally
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
