# `make help` lists what there is. Everything runs from .venv, made from requirements-dev.lock.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := libs/common libs/local libs/operator $(patsubst %/pyproject.toml,%,$(sort $(wildcard services/*/pyproject.toml)))
LOCKED := libs/common libs/operator $(filter services/%,$(PACKAGES))
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate -p 3.11
PEERS := bench/peers
PAGES := services/gateway/src/linktime_gateway/pages/built
SERVICE ?= *
EXAMPLES ?= 200
ifndef REPLICAS
REPLICAS := $(or $(LINKTIME_REPLICAS),1)
endif
OF_PAGES := tests/web
OF_FAULTS := tests/faults tests/restored libs/operator/tests/test_launcher.py \
  $(patsubst %,libs/common/tests/messaging/test_%.py,alarm deleted outages silence topology) \
  $(patsubst %,libs/local/tests/servers/test_%.py,debian postgres rabbitmq)
TESTS = $(BIN)/python -m pytest --no-loadscope-reorder
# Tests of what several processes of a service could break: races, repeats, order, kills.
TOGETHER := test_main_path.py test_races.py test_repeats.py test_kept_answers.py test_side_effects.py \
  faults/test_all_killed.py faults/test_kills.py faults/test_event_order.py faults/test_resync.py

help:  ## list the targets
	@on= off=; if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then on=$$'\033[36m' off=$$'\033[0m'; fi; \
	  grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) \
	  | awk -F':.*## ' -v on="$$on" -v off="$$off" '{printf "  %s%-17s%s %s\n", on, $$1, off, $$2}'

venv: $(VENV)/.ready  ## make the virtual environment (the other targets do it when needed)

$(VENV)/.ready: requirements-dev.lock $(PACKAGES:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "LinkTime needs Python 3.11 or newer; name one with PYTHON=python3.12 make …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv module is missing; on Debian: sudo apt-get install python3-venv"; exit 1; }
	@echo "Making the virtual environment (one or two minutes the first time)"
	@echo "Step 1 of 3: Python in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "Step 2 of 3: third-party packages from requirements-dev.lock"
	@$(BIN)/python tools/install.py requirements-dev.lock
	@echo "Step 3 of 3: packages of LinkTime"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(PACKAGES:%=-e %)
	@touch $@

web: $(VENV)/.ready  ## build the pages, if their sources changed
	@$(BIN)/python tools/web.py

run: export LINKTIME_REPLICAS := $(REPLICAS)

run: web  ## start everything on this machine; Ctrl-C stops it; REPLICAS=2 runs two processes of each service
	@exec $(BIN)/linktime run

dev: web  ## show the pages of a running LinkTime at port 5173 and reload them on each edit
	@$(BIN)/python tools/web.py dev

screenshots: web  ## take a picture of each page and state, with an index, in .run/screenshots
	@$(BIN)/python tools/screenshots.py

# Without bytecode, each of the hundreds of processes would compile these packages again.
test test-pages test-faults test-all: export PYTHONDONTWRITEBYTECODE =

# Once, before several processes need them; a test that cannot be compiled is reported by the run.
$(VENV)/.compiled: $(VENV)/.ready
	@echo "Compiling the tests"
	@$(BIN)/python -m pytest --collect-only -qq tests libs services >/dev/null || true
	@touch $@

test: web $(if $(filter *,$(SERVICE)),$(VENV)/.compiled)  ## run the tests, except those of the next two targets; SERVICE=bookings runs one service's alone
ifeq ($(SERVICE),*)
	$(TESTS) -n 4 --dist loadfile tests libs services $(addprefix --ignore=,$(OF_PAGES) $(OF_FAULTS))
else
	$(BIN)/python -m pytest services/$(SERVICE)
endif

# With loadscope, unlike loadfile (conftest.py), each process has a stack of its own.
test-pages: web $(VENV)/.compiled  ## run the tests of the pages in a browser
	$(TESTS) -n 2 --dist loadscope $(OF_PAGES)

test-faults: web $(VENV)/.compiled  ## run the tests that kill or stop services and servers, or restore databases
	$(TESTS) -n 2 --dist loadscope $(OF_FAULTS)

test-all: web $(VENV)/.compiled  ## run the tests of the three targets above at once
	$(TESTS) -n 4 --dist loadfile tests libs services

soak: web  ## run the tests that take minutes each
	$(BIN)/python -m pytest -m soak libs tests services

fuzz: $(VENV)/.ready  ## make up many requests from the OpenAPI document; EXAMPLES=30 is quicker
	LINKTIME_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -s -m 'soak or not soak' tests/test_schemathesis.py

# Where kubectl is missing, `make deployment` says where to get it.
check:  ## everything beside the tests that must pass before a merge
	@$(MAKE) --no-print-directory -j 2 --output-sync=target lint types imports migrations \
	  $$(command -v kubectl >/dev/null && echo deployment)
	@command -v kubectl >/dev/null || echo "Not checked: deploy/k8s, because kubectl is missing"

lint: $(VENV)/.ready  ## style and common mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready  ## mypy, strict
	$(BIN)/mypy $(PACKAGES:%=%/src)

imports: $(VENV)/.ready  ## no service imports another; layers point inwards
	$(BIN)/lint-imports

migrations: $(VENV)/.ready  ## what docs/adding-a-migration.md demands of new migrations
	$(BIN)/python -m schema lint

deployment: $(VENV)/.ready  ## render and check deploy/ without a cluster (needs kubectl); LINKTIME_CRDS=<folder> has the operators' schemas
	$(BIN)/python -m pytest -q -m 'not soak' tests/deploy/test_kubernetes.py tests/deploy/test_own_overlay.py tests/deploy/test_compose.py

security: $(VENV)/.ready $(VENV)/checkov/.ready  ## look for known mistakes in manifests and the Dockerfile with checkov (needs kubectl)
	$(BIN)/python -m pytest -q -m deployment tests/deploy/test_checkov.py

$(VENV)/checkov/.ready: requirements-checkov.lock $(VENV)/.ready
	@echo "Making the environment of checkov (one or two minutes the first time)"
	@$(PYTHON) -m venv $(VENV)/checkov
	@$(VENV)/checkov/bin/python tools/install.py requirements-checkov.lock
	@touch $@

verify-schema: $(VENV)/.ready  ## run an older release's tests on the present schema; PREVIOUS=<tag> names it
	SERVICE='$(SERVICE)' $(BIN)/python -m schema verify $(PREVIOUS)

verify-upgrade: web  ## replace a release's processes one by one under load; PREVIOUS=<tag> names it
	@previous=$${PREVIOUS:-$$($(BIN)/python -m schema latest)} && echo "From $$previous to this tree" && \
	  LINKTIME_PREVIOUS=$$previous $(BIN)/python -m pytest -s -m soak tests/faults/test_rolling.py

verify-replicas: web  ## run the tests of races and faults on two processes of each service
	LINKTIME_REPLICAS=2 $(BIN)/python -m pytest -n 2 --dist loadfile $(TOGETHER:%=tests/%)
	$(BIN)/python -m pytest -m soak tests/faults/test_rolling.py

verify-containers: deployment security  ## try images, start, recovery and upgrade with a container engine (30 min); PREVIOUS=<tag>, STEPS="edge backup"
	$(BIN)/python -m verification $(if $(PREVIOUS),--previous $(PREVIOUS)) $(if $(STEPS),--steps $(STEPS))

verify-apiserver: $(VENV)/.ready  ## ask a kube-apiserver 1.20, built on Debian 12 by the first run, whether it accepts deploy/k8s (needs kubectl); LINKTIME_CRDS=<folder>
	$(BIN)/python -m verification.apiserver

images:  ## build every image, and list its packages in sbom/
	deploy/images

openapi: $(VENV)/.ready  ## write what the gateway serves and forwards, and the tables of events and errors, from the code
	$(BIN)/python -m documents

manifests: $(VENV)/.ready  ## write the services' parts of docker-compose.yml and deploy/k8s, and the dashboard
	$(BIN)/python -m manifests

bench: web $(PEERS)/node_modules/.ready  ## measure, beside nginx and fastify, and print medians
	$(BIN)/python -m bench

cost: $(VENV)/.ready  ## compare a booking's processor time with an older version; BEFORE=<commit> names it
	$(BIN)/python -m bench.cost $(BEFORE)

$(PEERS)/node_modules/.ready: $(PEERS)/package-lock.json
	@command -v npm >/dev/null \
	  || { echo "npm is missing; on Debian: sudo apt-get install nginx-light wrk nodejs npm"; exit 1; }
	@npm ci --prefix $(PEERS) --ignore-scripts --no-audit --no-fund
	@touch $@

lock: $(VENV)/.ready  ## renew the lock files (needs uv); they name no index host
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --upgrade --group node -o requirements-node.lock
	$(COMPILE) --upgrade --group checkov -o requirements-checkov.lock
	$(COMPILE) --upgrade --group sbom -o requirements-sbom.lock
	@$(MAKE) image-locks

image-locks: $(VENV)/.ready  ## write the locks of the images with the versions of the other locks (needs uv)
	echo flit_core | $(COMPILE) -c requirements.lock - -o requirements-build.lock
	for project in $(LOCKED); do \
	  $(BIN)/python tools/requirements.py $$project | $(COMPILE) -c requirements-dev.lock - -o $$project/requirements.lock || exit; \
	done

clean:  ## remove the virtual environment, caches and the local stack's data
	@# Started by root, PostgreSQL's data may be outside of .run; only a folder of that name is ours.
	@folder="$$(cat .run/postgresql/location 2>/dev/null)"; \
	  case "$$folder" in */linktime-postgres-*/*) ;; /*/linktime-postgres-*) rm -rf "$$folder";; esac
	rm -rf $(VENV) $(PEERS)/node_modules web/node_modules $(PAGES) .run .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help venv web run dev screenshots test test-pages test-faults test-all soak fuzz check lint types imports migrations deployment security verify-schema verify-upgrade verify-replicas verify-containers verify-apiserver images openapi manifests bench cost lock image-locks clean
