# Everything that is done with this repository. `make` alone lists it.
#
# Nothing needs to be installed first: a command installs what it needs, and again when the requirements change.
#   .venv          the project's tools and tests        requirements-dev.txt
#   .local/engine  the embedded AWS's own environment   local/engine/requirements.txt
#   .local/checkov the template's security linter, alone deploy/checkov/requirements.txt
#   .local/awscli  the AWS CLI, version 1, for tests    tests/awscli/requirements.txt
#   .local/peers   what `make bench` compares with      bench/contestants/requirements.txt
#   .local/airflow Airflow, for dags/                   requirements-airflow.txt
#   node_modules   the deployment tool                  package-lock.json

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# make demo USERS=1000 CRASH_AT=55 PERIOD=2026-10, or USAGE=my.csv; FRESH=1 throws away the stack that is up
USERS ?=
CRASH_AT ?=
USAGE ?=
PERIOD ?=
FRESH ?=
SES_RATE ?=
KEEP ?=
# make unit TEST=tests/unit/test_keys.py
TEST ?=
# make invoke FUNCTION=producer EVENT='{"period": "2026-10"}'
FUNCTION ?=
EVENT ?=
# make fault ORDER="lose-answers 0.1"
ORDER ?=
# make rehearse SCENE=uncertain PLAY=1
SCENE ?=
PLAY ?=
# make preview USER=ann OPEN=1; make demo OPEN=0 opens no browser
OPEN ?=
# make chaos MESSAGES=1000
MESSAGES ?= 1000
# make soak MINUTES=60, make mutants MINUTES=60 SEED=7
MINUTES ?=
# make bench QUICK=1, make bench ANEW=1
QUICK ?=
ANEW ?=
# make explore SECONDS=60 SEED=1
SECONDS ?=
SEED ?=
# make up PORT=4567, make demo PORT=4567
PORT ?=
# make deploy STAGE=prod
STAGE ?=

PYTHON_WANTED := 3.11
NODE_WANTED := 20.19.0
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < ($(subst .,$(comma) ,$(PYTHON_WANTED))))' \
	2>/dev/null && echo $$python && break; done)
comma := ,

VENV := .venv/bin
ENGINE := .local/engine/bin/python
TOOLS := .venv/.made
ENGINE_TOOLS := .local/engine/.made
CHECKOV_TOOLS := .local/checkov/.made
AWSCLI_TOOLS := .local/awscli/.made
PEERS_TOOLS := .local/peers/.made
AIRFLOW_TOOLS := .local/airflow/.made
NODE_TOOLS := node_modules/.made
ZIP := .local/onlyonce.zip
PACKAGED := $(shell find handlers shared mail -not -name __pycache__ -not -name '*.pyc' -not -name stages.yml)

# These tests have stacks of their own and mostly wait, so they run side by side.
WAITING_E2E := $(foreach name,airflow brake chaos failed_deployment forgotten killed_engine mails newcomer no_address own_key rehearse released_meanwhile \
	restored runbook scan_limit second_kind taken_over templates two_stages unsubscribe unsubscribe_from_list,tests/e2e/test_$(name).py)
ENGINE_CODE := $(shell find local/engine -name '*.py')
TEMPLATES := .local/templates
# What checkov wants a key of one's own for: left out in deploy/checkov/checkov.yml, and looked at where there is a key.
OF_A_KEY := CKV_AWS_26,CKV_AWS_27,CKV_AWS_119,CKV_AWS_149,CKV_AWS_158
A_KEY := arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
OFFLINE := env AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

# Runs a command without its chatter, which is shown in full when the command fails.
quietly = output=$$($(1) 2>&1) || { status=$$?; echo "$$output"; exit $$status; }

.PHONY: help
help: ## list these commands
	@awk -F ' ## | [|] ' '/^# == / { print "\n" substr($$0, 6) } \
		/^[a-z-]+:.* ## / { printf "  make %-18s %s\n", substr($$1, 1, index($$1, ":") - 1), $$2; if ($$3) printf "%26s%s\n", "", $$3 }' \
		$(MAKEFILE_LIST)

# == See it run

.PHONY: demo
demo: ready ## act out a month with the producer killed in the middle | USERS=100 or USAGE=my.csv; CRASH_AT=55 PERIOD=2026-10 FRESH=1 SES_RATE=14 OPEN=0
	@$(VENV)/python -m local demo --users "$(USERS)" --crash-at "$(CRASH_AT)" --usage "$(USAGE)" --period "$(PERIOD)" \
		--port "$(PORT)" --fresh "$(FRESH)" --ses-rate "$(SES_RATE)" --open "$(OPEN)"

.PHONY: up
up: ready ## start the embedded AWS, deploy the product on it, write .local/env | PORT=4566
	@$(VENV)/python -m local stack up --port "$(PORT)"

.PHONY: down
down: $(TOOLS) ## stop the stack that is up
	@$(VENV)/python -m local stack down

.PHONY: preview
preview: $(TOOLS) $(ENGINE_TOOLS) $(NODE_TOOLS) ## show the mail of your own rows, as query and templates are now | USAGE=my.csv PERIOD=2026-10 USER=ann OPEN=1
	@$(VENV)/python -m local preview --usage "$(USAGE)" --period "$(PERIOD)" $(if $(filter command,$(origin USER)),--user "$(USER)") $(if $(filter 1,$(OPEN)),--open)

.PHONY: rehearse
rehearse: ready ## stage a bad first of the month, for you to decide: docs/rehearsing.md | SCENE=uncertain PLAY=1 FRESH=1 PORT=4566
	@$(VENV)/python -m local rehearse $(SCENE) $(if $(PLAY),--play) $(if $(FRESH),--fresh) $(if $(PORT),--port "$(PORT)")

.PHONY: fault
fault: $(TOOLS) ## order faults on the stack that is up, or show what is ordered | ORDER="lose-answers 0.1", ORDER=--help, ORDER=calm
	@$(VENV)/python -m local faults $(ORDER)

.PHONY: airflow-demo
airflow-demo: ready $(AIRFLOW_TOOLS) ## send a month with Apache Airflow (two minutes); writes docs/bench | USERS=500 SES_RATE=25 KEEP=1
	@$(VENV)/python -m bench.airflow $(if $(USERS),--users "$(USERS)") $(if $(SES_RATE),--rate "$(SES_RATE)") $(if $(KEEP),--keep)
	@$(VENV)/python -m docs.render

# == Work on it

.PHONY: check
check: ready $(CHECKOV_TOOLS) ## check style, types, layers, the template and the state machine
	@echo "• style, types and layers"
	@$(VENV)/ruff check --quiet
	@$(VENV)/ruff format --check --quiet || { echo "not formatted; 'make format' does it:"; $(VENV)/ruff format --check; }
	@$(call quietly,$(VENV)/mypy)
	@$(call quietly,$(VENV)/mypy --python-executable $(ENGINE) --disable-error-code import-untyped $(ENGINE_CODE))
	@$(call quietly,$(VENV)/lint-imports)
	@echo "• deployment template and state machine"
	@$(call quietly,$(OFFLINE) node_modules/.bin/osls package --stage local --package $(TEMPLATES))
	@# W3005: osls names a dependency that is plain already
	@$(call quietly,$(VENV)/cfn-lint --ignore-checks W3005 --regions us-east-1 -- $(TEMPLATES)/cloudformation-template-update-stack.json)
	@$(call quietly,.local/checkov/bin/checkov --config-file deploy/checkov/checkov.yml --file $(TEMPLATES)/cloudformation-template-update-stack.json)
	@$(call quietly,$(OFFLINE) node_modules/.bin/osls package --stage local --param kmsKey=$(A_KEY) --package $(TEMPLATES)/own-key)
	@$(call quietly,$(VENV)/cfn-lint --ignore-checks W3005 --regions us-east-1 -- $(TEMPLATES)/own-key/cloudformation-template-update-stack.json)
	@$(call quietly,.local/checkov/bin/checkov --framework cloudformation --skip-download --compact --quiet --check $(OF_A_KEY) \
		--file $(TEMPLATES)/own-key/cloudformation-template-update-stack.json)
	@$(call quietly,node_modules/.bin/asl-validator --json-path handlers/send.asl.json)

.PHONY: unit
unit: ready ## run the unit tests, or one file or one test of any kind | TEST=tests/unit/test_keys.py or TEST=tests/unit/test_keys.py::test_name
	@$(VENV)/pytest $(or $(TEST),-n 2 --dist loadfile tests/unit)

.PHONY: test
test: check ready $(AWSCLI_TOOLS) $(AIRFLOW_TOOLS) ## check, and run every test
	@echo "• tests of the code"
	@$(VENV)/pytest -n 2 --dist loadfile --ignore=tests/conformance --ignore=tests/e2e --ignore=tests/browser
	@echo "• tests of the deployed product on the embedded AWS"
	@$(VENV)/pytest -n 2 --dist loadfile $(WAITING_E2E)
	@$(VENV)/pytest tests/e2e $(addprefix --ignore=,$(WAITING_E2E))
	@echo "• tests in a browser, which say so where there is none"
	@$(VENV)/pytest -rs tests/browser
	@echo "• conformance: the embedded AWS against AWS's documentation"
	@$(VENV)/pytest -n 2 --dist loadfile tests/conformance
	@$(MAKE) conformance-stock

.PHONY: format
format: $(TOOLS) ## format the Python code, and correct what the linter can correct
	@$(VENV)/ruff check --fix
	@$(VENV)/ruff format

.PHONY: invoke
invoke: $(TOOLS) ## run a handler of this checkout here, against the stack that is up | FUNCTION=producer EVENT='{"period": "2026-10"}'
	@$(VENV)/python -m local invoke $(FUNCTION) $(if $(EVENT),--event "$$EVENT")

.PHONY: docs
docs: $(TOOLS) ## write the protocol's table and the measured figures into the documents
	@$(VENV)/python -m docs.render

.PHONY: screenshots
screenshots: ready ## take the README's pictures anew, of a month that is killed; needs Chromium, writes docs/*.png
	@$(VENV)/python -m local screenshots

.PHONY: lock
lock: $(TOOLS) ## pin the newest versions that requirements*.in allow
	@$(call compile,requirements.in,requirements.txt,)
	@$(call compile,requirements-dev.in,requirements-dev.txt,--constraint requirements.txt)
	@$(call compile,local/engine/requirements.in,local/engine/requirements.txt,)
	@$(call compile,deploy/checkov/requirements.in,deploy/checkov/requirements.txt,)
	@$(call compile,tests/awscli/requirements.in,tests/awscli/requirements.txt,)
	@$(call compile,bench/contestants/requirements.in,bench/contestants/requirements.txt,)
	@$(call compile,requirements-airflow.in,requirements-airflow.txt,)

PIP_AUDIT := pip-audit==2.10.1
PINNED := requirements.txt requirements-dev.txt local/engine/requirements.txt deploy/checkov/requirements.txt \
	tests/awscli/requirements.txt bench/contestants/requirements.txt requirements-airflow.txt

.PHONY: audit
audit: $(TOOLS) ## look up known vulnerabilities of everything that is pinned (needs the network)
	@$(VENV)/uv tool run --quiet $(PIP_AUDIT) --strict --disable-pip --no-deps --progress-spinner off \
		$(addprefix --requirement ,$(PINNED)) || { \
		echo "pip-audit: see above; without a network nothing was looked up"; exit 1; }
	@npm audit --package-lock-only || { echo "npm audit: see above; without a network nothing was looked up"; exit 1; }

compile = $(call quietly,$(VENV)/uv pip compile --quiet --universal --python-version $(PYTHON_WANTED) \
	--no-emit-index-url --no-header --upgrade $(3) $(1) --output-file $(2))

# == Prove it, measure it

.PHONY: conformance-stock
conformance-stock: ready ## show that each mend of the embedded AWS is needed
	@echo "• conformance without the mends: every test must fail"
	@$(VENV)/pytest -n 2 --dist loadfile tests/conformance --engine=stock

.PHONY: proof
proof: ready ## prove "never twice, never lost" (forty minutes); writes docs/proof
	@$(VENV)/python -m tests.proof

.PHONY: explore
explore: $(TOOLS) ## look for a schedule that breaks a promise, in virtual time | SECONDS=60 SEED=1
	@$(VENV)/python -m tests.explorer $(if $(SECONDS),--seconds "$(SECONDS)") $(if $(SEED),--seed "$(SEED)")

.PHONY: mutants
mutants: $(TOOLS) $(NODE_TOOLS) ## break the product by machine, see whether a test notices; writes docs/proof | MINUTES=20 SEED=2026
	@$(VENV)/python -m tests.mutation $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(SEED),--seed "$(SEED)")

.PHONY: chaos
chaos: ready ## send a month while processes die and answers are lost | MESSAGES=1000
	@$(VENV)/python -m local chaos --messages "$(MESSAGES)"

.PHONY: bench
bench: ready $(PEERS_TOOLS) ## hold each design against the same faults, and price it (forty minutes); writes docs/bench | QUICK=1 (four minutes) ANEW=1
	@$(VENV)/python -m bench.shootout $(if $(QUICK),--quick) $(if $(ANEW),--anew)
	@$(if $(QUICK),,$(VENV)/python -m docs.render)

.PHONY: bench-pacing
bench-pacing: ready ## measure the pace (some minutes); writes docs/bench
	@$(VENV)/python -m bench.pacing

.PHONY: bench-producer
bench-producer: ready ## measure what a month of ten million costs (half an hour); writes docs/bench
	@$(VENV)/python -m bench.producer

.PHONY: bench-look
bench-look: ready ## measure what it takes to look at a month of a million (seconds); writes docs/bench
	@$(VENV)/python -m bench.look

.PHONY: bench-accounts
bench-accounts: ready ## measure what a lap of the accounts takes (minutes); writes docs/bench
	@$(VENV)/python -m bench.accounts

.PHONY: bench-scale
bench-scale: ready ## measure what a message costs, from a thousand users to ten million (ten minutes); writes docs/bench
	@$(VENV)/python -m bench.scale

.PHONY: bench-airflow
bench-airflow: ready $(AIRFLOW_TOOLS) ## make trouble for a month on Apache Airflow (twenty minutes); writes docs/bench
	@$(VENV)/python -m bench.airflow --trials
	@$(VENV)/python -m docs.render

.PHONY: soak
soak: ready ## leave a stack alone and see that it stays as it is; writes docs/bench | MINUTES=10
	@$(VENV)/python -m bench.soak $(if $(MINUTES),--minutes "$(MINUTES)")

# == Deploy it

.PHONY: package
package: $(ZIP) ## build the zip that all functions share

.PHONY: deploy
deploy: $(ZIP) $(NODE_TOOLS) ## deploy to your AWS account | STAGE=prod PARAMS="--param sweepMinutes=1"
	@test -n "$(STAGE)" || { echo "which stage? make deploy STAGE=prod"; exit 2; }
	@test "$(STAGE)" != local || test -n "$${AWS_ENDPOINT_URL:-}" || { echo "stage local is the embedded AWS's: use 'make up'"; exit 2; }
	@node_modules/.bin/osls deploy --stage "$(STAGE)" $(PARAMS)

.PHONY: ready
ready: $(TOOLS) $(ENGINE_TOOLS) $(NODE_TOOLS) $(ZIP)

.PHONY: machine
machine:
	@test -x $(VENV)/python || test -n "$(PYTHON)" || { \
		echo "Python $(PYTHON_WANTED) or newer, with venv, is needed; install it, or name it: make PYTHON=/path/to/python3"; exit 2; }
	@node -e 'const found = process.versions.node; process.exit(found.localeCompare("$(NODE_WANTED)", "en", { numeric: true }) < 0 ? 1 : 0)' \
		2>/dev/null || { echo "Node.js $(NODE_WANTED) or newer is needed; found: $$(node --version 2>/dev/null || echo none)"; exit 2; }

$(TOOLS): requirements-dev.txt pyproject.toml | machine
	@echo "• installing the project's tools into .venv"
	@$(VENV)/uv --version >/dev/null 2>&1 || { $(call quietly,$(PYTHON) -m venv --clear .venv) ; \
		$(call quietly,$(VENV)/python -m pip install --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' $<)") ; }
	@$(call quietly,VIRTUAL_ENV=.venv $(VENV)/uv pip sync $<)
	@$(call quietly,VIRTUAL_ENV=.venv $(VENV)/uv pip install --no-deps --no-build-isolation --editable .)
	@touch $@

$(ENGINE_TOOLS): local/engine/requirements.txt $(TOOLS)
	@echo "• installing the embedded AWS into .local/engine"
	@test -x $(ENGINE) || { $(call quietly,$(VENV)/uv venv --python $(VENV)/python .local/engine) ; }
	@$(call quietly,VIRTUAL_ENV=.local/engine $(VENV)/uv pip sync $<)
	@touch $@

$(CHECKOV_TOOLS): deploy/checkov/requirements.txt $(TOOLS)
	@echo "• installing the template's security linter into .local/checkov"
	@test -x .local/checkov/bin/python || { $(call quietly,$(VENV)/uv venv --python $(VENV)/python .local/checkov) ; }
	@$(call quietly,VIRTUAL_ENV=.local/checkov $(VENV)/uv pip sync $<)
	@touch $@

$(AWSCLI_TOOLS): tests/awscli/requirements.txt $(TOOLS)
	@echo "• installing the AWS CLI, for the tests of documents, into .local/awscli"
	@test -x .local/awscli/bin/python || { $(call quietly,$(VENV)/uv venv --python $(VENV)/python .local/awscli) ; }
	@$(call quietly,VIRTUAL_ENV=.local/awscli $(VENV)/uv pip sync $<)
	@touch $@

$(PEERS_TOOLS): bench/contestants/requirements.txt $(TOOLS)
	@echo "• installing the tools that the shoot-out compares with, and their servers, into .local/peers"
	@test -x .local/peers/bin/python || { $(call quietly,$(VENV)/uv venv --python $(VENV)/python .local/peers) ; }
	@$(call quietly,VIRTUAL_ENV=.local/peers $(VENV)/uv pip sync $<)
	@touch $@

$(AIRFLOW_TOOLS): requirements-airflow.txt $(TOOLS)
	@echo "• installing Apache Airflow into .local/airflow"
	@test -x .local/airflow/bin/python || { $(call quietly,$(VENV)/uv venv --python $(VENV)/python .local/airflow) ; }
	@$(call quietly,VIRTUAL_ENV=.local/airflow $(VENV)/uv pip sync $<)
	@touch $@

$(NODE_TOOLS): package.json package-lock.json | machine
	@echo "• installing the deployment tool into node_modules"
	@$(call quietly,npm ci --no-progress)
	@touch $@

$(ZIP): $(PACKAGED) requirements.txt deploy/package.py $(TOOLS)
	@$(call quietly,$(VENV)/python deploy/package.py)
