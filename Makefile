.DEFAULT_GOAL := help
.PHONY: help run run-one demo test test-unit privileges rolling overload hostile recovery conformance check lint fmt types arch bench chaos contention machine crash-points chaos-mutants migrate migration topology docs openapi-lint lock clean distclean soak
PYTHON_BIN := .venv/bin/python
REDOCLY := 2.77.0
SOURCES := api-gateway booking-service billing-service notifier-service shared cli devstack migrations tests bench deploy
PROJECTS := $(wildcard */pyproject.toml) VERSION

##@ Use it
run: .venv/.run-installed ## Start everything on this machine; Ctrl-C stops it
	@exec $(PYTHON_BIN) -m devstack run

run-one: .venv/.run-installed ## One more replica, from your source, beside a running stack: service=booking-service
	@exec $(PYTHON_BIN) -m devstack run-one "$(service)"

demo: .venv/.run-installed ## Play a booking's story against a running stack
	@$(PYTHON_BIN) -m devstack demo

##@ Work on it
test: .venv/.dev-installed ## Every suite, on real throw-away servers (TEST_INFRA=containers for official images)
	@$(PYTHON_BIN) -m pytest $(ARGS)

test-unit: .venv/.dev-installed ## Only the suites that need no server
	@$(PYTHON_BIN) -m pytest tests/unit tests/contracts tests/architecture $(ARGS)

privileges: .venv/.dev-installed ## What each database role and NATS user is refused, tried out and listed
	@$(PYTHON_BIN) -m pytest tests/privileges -n 0 $(ARGS)

rolling: .venv/.dev-installed ## Restart every replica in turn under load: no request may fail
	@$(PYTHON_BIN) -m pytest tests/load/test_rolling_restart.py -m load --numprocesses 0 -s $(ARGS)

recovery: .venv/.dev-installed ## Kill and freeze servers under load: answers meanwhile, seconds until all is as before
	@$(PYTHON_BIN) -m pytest tests/load/test_recovery.py -m load --numprocesses 0 -s $(ARGS)

crash-points: .venv/.dev-installed ## Kill a process at every step boundary of every path; audit what is left (ARGS="-k refund")
	@$(PYTHON_BIN) -m pytest tests/crash/walk.py --numprocesses 0 $(ARGS)

contention: .venv/.dev-installed ## Want the same places 100,000 times; audit that each is had once
	@$(PYTHON_BIN) -m pytest tests/service/booking/allocations/contention.py --numprocesses 0 -rP $(ARGS)

machine: .venv/.dev-installed ## Play the model of booking against two replicas for 5,000 steps and more
	@MACHINE_EXAMPLES=160 $(PYTHON_BIN) -m pytest tests/service/booking/test_machine.py --numprocesses 0 -rP $(ARGS)

chaos-mutants: .venv/.dev-installed ## Put known bugs into a running stack, one after the other; each must be caught
	@$(PYTHON_BIN) -m pytest tests/mutants/catch.py --numprocesses 0 $(ARGS)

overload: .venv/.dev-installed ## Five times the load that can be served: refusals, memory, latency, recovery
	@$(PYTHON_BIN) -m pytest tests/load/test_overload.py -m load --numprocesses 0 -s $(ARGS)

hostile: .venv/.dev-installed ## Attacks on a running stack beside a quiet tenant's load: MINUTES=5
	@MINUTES=$(or $(MINUTES),5) $(PYTHON_BIN) -m pytest tests/load/test_hostile.py -m load --numprocesses 0 -s $(ARGS)

conformance: .venv/.dev-installed ## Schemathesis tries the API against its document for long: MINUTES=10 SEED=1
	@MINUTES=$(or $(MINUTES),10) SEED=$(or $(SEED),1) $(PYTHON_BIN) -m pytest tests/clients/test_schemathesis.py --numprocesses 0 -s $(ARGS)

check: lint types arch ## Lint, types and import rules

lint: .venv/.dev-installed
	@$(PYTHON_BIN) -m ruff check $(SOURCES) requirements examples
	@$(PYTHON_BIN) -m ruff format --check $(SOURCES) requirements examples

fmt: .venv/.dev-installed ## Format the code
	@$(PYTHON_BIN) -m ruff check --fix $(SOURCES) requirements examples
	@$(PYTHON_BIN) -m ruff format $(SOURCES) requirements examples

types: .venv/.dev-installed
	@$(PYTHON_BIN) -m mypy $(SOURCES)

arch: .venv/.dev-installed
	@.venv/bin/lint-imports --no-cache

bench: .venv/.bench-installed ## Speed beside references in one run; writes bench/RESULTS.md (ARGS="--quick --only path,relay")
	@$(PYTHON_BIN) -m bench $(ARGS)

soak: .venv/.bench-installed ## A steady load for MINUTES (30), and what grows meanwhile; writes bench/RESULTS.md
	@$(PYTHON_BIN) -m bench.soak --minutes $(or $(MINUTES),30) $(ARGS)

chaos: .venv/.dev-installed ## Load, faults and an audit on a throw-away stack: SEED=1 MINUTES=5
	@$(PYTHON_BIN) -m tests.chaos --seed $(or $(SEED),1) --minutes $(or $(MINUTES),5) $(ARGS)

migration: .venv/.run-installed ## Write the next migration: service=booking-service name=add_customers
	@$(PYTHON_BIN) -m migrations new "$(service)" "$(name)"

docs: .venv/.dev-installed ## Write what is generated from the code: API documents, handlers, golden messages, NATS's permissions
	@PYTHONPATH=. $(PYTHON_BIN) docs/generate.py
	@$(PYTHON_BIN) deploy/nats/generate.py

openapi-lint: .venv/.dev-installed ## Check the OpenAPI document by the rules of Redocly
	@PATH="$(CURDIR)/.venv/clients/bin:$$PATH" npx --yes @redocly/cli@$(REDOCLY) lint --format=stylish docs/openapi/gateway.json

lock: .venv/.dev-installed ## Resolve the lock files anew
	@$(PYTHON_BIN) requirements/compile.py

##@ Operate it
migrate: .venv/.run-installed ## Bring the schemas to the newest migration (ADMIN_DATABASE_URL and *_DATABASE_URL)
	@$(PYTHON_BIN) -m migrations upgrade

topology: .venv/.run-installed ## Bring NATS streams and consumers to the code (NATS_URL, with the user deploy)
	@$(PYTHON_BIN) -m shared.deployment deploy/nats/topology.json

##@ Tidy up
clean: ## Remove the data of `make run`
	@if [ -x $(PYTHON_BIN) ]; then $(PYTHON_BIN) -m devstack clean; else rm -rf .tidebook .tidebook-[0-9]*; fi

distclean: clean ## Remove the environment too
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache examples/typescript/node_modules examples/nats/node_modules

help: ## This text
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.run-installed: requirements/run.txt $(PROJECTS)
	@bin/setup run

.venv/.bench-installed: requirements/bench.txt $(PROJECTS)
	@bin/setup bench

.venv/.dev-installed: requirements/dev.txt requirements/clients.txt examples/typescript/package-lock.json examples/nats/package-lock.json $(PROJECTS)
	@bin/setup dev
