# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Everything that these targets need is set up under .build/ (ignored by git), once; the second run finds it there.
# Needed from the machine: make, bash and one Python 3.10 or newer with venv. No root, no container, no other tool.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The Python of .build/venv and .build/lint. For example: make test PYTHON=python3.12
PYTHON ?= $(shell requirements/find-python.sh any)
# Further options for pytest. For example: make test PYTEST_ARGS='-k rebuild -x'
PYTEST_ARGS ?=

MAKE_VENV := requirements/make-venv.sh
RUN_TIME := requirements.txt
TESTING := $(RUN_TIME) requirements/simulator.txt requirements/test.txt
# Which ansible-core is tried with which Python: `make matrix`, `make sanity` and `make units`.
PYTHON_OF_2.16 := 3.10
PYTHON_OF_2.19 := 3.11
PYTHON_OF_newest := 3.13
PAIRS := 2.16 2.19 newest
# With which Pythons sanity compiles and imports the code: each of the supported ones once.
PYTHONS_OF_2.16 := 3.10
PYTHONS_OF_2.19 := 3.11 3.12
PYTHONS_OF_newest := 3.13
# The newest tries all of the repository, the others what is shipped.
SANITY_LEAVES_OUT_2.16 := --exclude tests/
SANITY_LEAVES_OUT_2.19 := --exclude tests/
# Runs one check of docs/checks.md and keeps its result for that page.
CHECKED := .build/lint/bin/python tests/tools/checks_page.py run
# Where pytest leaves the results that the page takes from it.
JUNIT := .build/checks/junit
# What the one in between goes through in both ways of running (tests/integration/conftest.py).
MATRIX_LEAVES_OUT_2.16 := $() and not in_process and not variants
MATRIX_LEAVES_OUT_newest := $() and not programs and not scenarios
# Those tests of faults that depend on ansible-core; what is shown at -vvvv is more with each version.
MATRIX_ADDS_newest := tests/faults/test_bad_input_ansible.py tests/faults/test_secrets_runs.py

# What the collection is found by: ansible_collections/hwcloud/workspace, a link back to this folder.
COLLECTIONS := .build/collections
LINK := $(COLLECTIONS)/ansible_collections/hwcloud/workspace
export ANSIBLE_COLLECTIONS_PATH = $(CURDIR)/$(COLLECTIONS)

.PHONY: help
help: ## Say what there is to make (this text)
	@echo "hwcloud.workspace: what there is to make"
	@echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20
	@echo
	@echo "PYTHON=path chooses the Python, PYTEST_ARGS='...' goes to pytest. All is set up under .build/ at need."

.PHONY: demo
demo: venv ## Show a pool's maintenance on a simulated estate, no account needed
	@bash tests/demo/run.sh

.PHONY: test
test: venv ## Run all tests: unit, contract, integration, readings of the service, faults
	.build/venv/bin/python -m pytest --junit-xml=$(JUNIT)-$(or $(STAGE),test).xml $(PYTEST_ARGS)

.PHONY: lint
lint: lint-venv ## Check format, types and style of all files
	@$(MAKE) --keep-going $(CHECKS)

.PHONY: format
format: lint-venv ## Put the Python files into the one format
	.build/lint/bin/ruff format .
	.build/lint/bin/ruff check --fix .

.PHONY: sanity
sanity: ## Run all of ansible-test sanity with ansible-core 2.16, 2.19 and the newest
	@$(call for-each-pair,sanity-on)

.PHONY: units
units: ## Run the plugins' unit tests by ansible-test units on the same three versions
	@$(call for-each-pair,units-on)

.PHONY: matrix
matrix: ## Run the tests that depend on ansible-core on the same three versions
	@$(call for-each-pair,matrix-on)

.PHONY: release
release: lint-venv ## Write the changelog of VERSION=x.y.z, and build and try the artifact
	@tests/release/prepare.sh .build/lint/bin "$(VERSION)"
	@$(MAKE) release-check importer ee

.PHONY: release-check
release-check: artifact venv plain-venv ## Build the artifact as it would be released, install it elsewhere and run it
	@$(CHECKED) release -- $(ON_ARTIFACT) tests/release/test_artifact.py tests/release/test_installed.py

.PHONY: importer
importer: artifact venv importer-venv ## Run galaxy-importer on the artifact
	@$(CHECKED) importer -- $(ON_ARTIFACT) tests/release/test_importer.py

.PHONY: ee
ee: artifact venv plain-venv importer-venv ## Make the context of an execution environment, and check it
	@$(CHECKED) ee -- $(ON_ARTIFACT) tests/release/test_execution_environment.py

.PHONY: events
events: venv lint-venv ## Run the event source and the rulebooks under ansible-rulebook (needs Java 17), and count nodes
	@$(MAKE_VENV) .build/events "$(PYTHON)" $(RUN_TIME) requirements/eda.txt requirements/ansible-core-newest.txt
	@$(CHECKED) events -- .build/venv/bin/python -m pytest -o cache_dir=.build/events/cache tests/eda tests/integration/test_event_source.py

.PHONY: permissions
permissions: venv ## Write docs/permissions: the least-privilege policies, and their tables
	.build/venv/bin/python tests/tools/permissions.py

.PHONY: migrating
migrating: venv ## Write the tables of the guides on migrating
	.build/venv/bin/python tests/tools/migrating.py

.PHONY: samples
samples: venv ## Write the samples of return values in the modules' documentation, from real runs
	.build/venv/bin/python tests/tools/return_samples.py --write

.PHONY: checks
checks: ## Run all checks and write docs/checks.md: what, by which tool, how, and the result
	@rm -rf .build/checks
	@$(MAKE) --keep-going lint sanity units docs release-check importer ee events
	@$(MAKE) test STAGE=checks PYTEST_ARGS="$(FILES_OF_CHECKS)"
	@.build/lint/bin/python tests/tools/checks_page.py write

.PHONY: bench
bench: venv ## Measure what a task costs
	.build/venv/bin/python tests/bench/task_cost.py --write docs/performance.md

.PHONY: faults
faults: venv ## Try every change with every fault, and write docs/faults.md
	.build/venv/bin/python tests/tools/fault_page.py

.PHONY: operations
operations: venv ## Write docs/operations.md: the service's operations and where they are used
	.build/venv/bin/python tests/tools/operations_table.py

.PHONY: docs
docs: docs-venv lint-venv ## Build the documentation site in .build/docs/html, strictly
	@$(CHECKED) docs -- .build/docs/venv/bin/python tests/tools/docs_site.py

.PHONY: clean
clean: ## Remove all that these targets have made
	rm -rf .build .ansible .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Below: what the targets above are made of.

.PHONY: venv lint-venv sanity-venvs link
venv: link
	@$(check-python)
	@$(MAKE_VENV) .build/venv "$(PYTHON)" $(TESTING) requirements/awx.txt requirements/ansible-core-newest.txt

lint-venv: link
	@$(check-python)
	@$(MAKE_VENV) .build/lint "$(PYTHON)" $(RUN_TIME) requirements/simulator.txt requirements/lint.txt

.PHONY: docs-venv check-docs
docs-venv: link
	@$(check-python)
	@$(MAKE_VENV) .build/docs/venv "$(PYTHON)" $(RUN_TIME) requirements/docs.txt

# What is written in the reference and the guides, and where they refer to each other.
check-docs: docs-venv lint-venv
	@PATH="$$PWD/.build/docs/venv/bin:$$PATH" ANSIBLE_HOME="$$PWD/.build/docs/ansible" $(CHECKED) docs-lint -- antsibull-docs lint-collection-docs \
	  --plugin-docs --validate-collection-refs all --check-extra-docs-refs .

sanity-venvs: $(PAIRS:%=sanity-venv-%)

.PHONY: plain-venv importer-venv artifact
# What users have: ansible-core and what the collection requires, no more.
plain-venv: link
	@$(check-python)
	@$(MAKE_VENV) .build/plain "$(PYTHON)" $(RUN_TIME) requirements/ansible-core-newest.txt

importer-venv: link
	@$(check-python)
	@$(MAKE_VENV) .build/importer "$(PYTHON)" $(RUN_TIME) requirements/importer.txt

artifact: lint-venv
	@tests/release/build.sh .build/lint/bin .build/release

ON_ARTIFACT := .build/venv/bin/python -m pytest -o cache_dir=.build/release/cache
# Those tests whose results docs/checks.md takes from pytest.
FILES_OF_CHECKS = $(shell sed -nE 's/^ +tests: \[(.*)\]/\1/p' tests/tools/checks.yml | tr -d ,)

link:
	@mkdir -p "$(dir $(LINK))"
	@test "$$(readlink "$(LINK)")" = ../../../.. || ln -sfn ../../../.. "$(LINK)"

define check-python
test -n "$(PYTHON)" || { echo "No Python 3.10 or newer with the modules venv and ensurepip was found; name one: make PYTHON=path" >&2; exit 1; }
endef

# To the end even if one of them finds something, so that one run shows all findings.
CHECKS := check-ruff check-format check-types check-yaml check-ansible check-changelog check-docs
.PHONY: $(CHECKS)
check-ruff:
	.build/lint/bin/ruff check .
check-format:
	.build/lint/bin/ruff format --check .
check-types:
	.build/lint/bin/mypy
check-yaml:
	.build/lint/bin/yamllint --strict .
check-ansible:
	PATH="$$PWD/.build/lint/bin:$$PATH" $(CHECKED) ansible-lint -- .build/lint/bin/ansible-lint
check-changelog:
	$(CHECKED) changelog -- .build/lint/bin/antsibull-changelog lint

# One after the other, to the end even if one fails: ansible-test keeps environments that its runs would pull from under each other.
define for-each-pair
failed=""; for pair in $(PAIRS); do $(MAKE) "$(1)-$$pair" || failed+=" $$pair"; done; \
if [ -n "$$failed" ]; then echo "$@: failed on ansible-core$$failed" >&2; exit 1; fi
endef

# A Python that a pair wants and this machine has not: said loudly, and fatal where CI=true.
define on-missing-python
echo "NOT RUN: $@ wants Python $(PYTHON_OF_$*), which was found neither on PATH nor with pyenv" >&2; test "$${CI:-}" != true
endef

.PHONY: $(PAIRS:%=sanity-venv-%) $(PAIRS:%=sanity-on-%) $(PAIRS:%=matrix-on-%) $(PAIRS:%=units-on-%)
$(PAIRS:%=sanity-venv-%): sanity-venv-%:
	@if python=$$(requirements/find-python.sh $(PYTHON_OF_$*)); then \
	  $(MAKE_VENV) .build/sanity/venv-$* "$$python" $(RUN_TIME) requirements/sanity.txt requirements/ansible-core-$*.txt; \
	else $(on-missing-python); fi

$(PAIRS:%=sanity-on-%): sanity-on-%: sanity-venv-% lint-venv
	@if [ -e .build/sanity/venv-$*/.made-from ]; then \
	  PYTHONS="$(PYTHONS_OF_$*)" $(CHECKED) sanity-$* -- tests/tools/ansible-test.sh sanity .build/sanity/venv-$* $(SANITY_LEAVES_OUT_$*); fi

$(PAIRS:%=units-on-%): units-on-%: lint-venv
	@if python=$$(requirements/find-python.sh $(PYTHON_OF_$*)); then \
	  $(MAKE_VENV) .build/units/venv-$* "$$python" $(RUN_TIME) requirements/ansible-core-$*.txt && \
	  $(CHECKED) units-$* -- tests/tools/ansible-test.sh units .build/units/venv-$*; \
	else $(on-missing-python); fi

$(PAIRS:%=matrix-on-%): matrix-on-%: link
	@if python=$$(requirements/find-python.sh $(PYTHON_OF_$*)); then \
	  $(MAKE_VENV) .build/matrix/$* "$$python" $(TESTING) requirements/ansible-core-$*.txt && \
	  .build/matrix/$*/bin/ansible --version | sed -n 1p && \
	  .build/matrix/$*/bin/python -m pytest -o cache_dir=.build/matrix/cache-$* -m "not slow and not readings and not paths$(MATRIX_LEAVES_OUT_$*)" $(PYTEST_ARGS) tests/integration $(MATRIX_ADDS_$*); \
	else $(on-missing-python); fi
