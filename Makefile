# Kỳ Báo Cáo. `make demo` shows it, `make test` proves it; each installs what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9

.PHONY: help install demo test test-rooms test-airflow faults compose-test check fix bench pictures up down cli lock clean

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## build the environment in .venv

$(VENV)/.installed: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements-dev.txt
	@# `python -m kybaocao` works from anywhere in this environment
	@$(BIN)/python -c "import site; open(site.getsitepackages()[0] + '/kybaocao.pth', 'w').write('$(CURDIR)/include\n$(CURDIR)/config\n')"
	@touch $@

demo: install ## one whole season of the sample province on real Airflow
	@$(BIN)/python -m kybaocao demo

test: install ## every test: those on real Airflow beside all others
	@$(MAKE) --no-print-directory -j2 test-rooms test-airflow

test-rooms: install
	@# Airflow mostly waits; where it does not, these give way to it. A make that a test starts has no jobs to share.
	@MAKEFLAGS= nice -n 10 $(BIN)/python -m pytest -n auto --dist worksteal --ignore=tests/airflow

test-airflow: install
	@mkdir -p var/test
	@$(BIN)/python -m pytest tests/airflow >var/test/airflow.txt 2>&1; status=$$?; cat var/test/airflow.txt; exit $$status

SEASONS ?= 200
SEED ?= 1
ENGINE ?= both
STORIES ?= 40
faults: install ## long fault seasons: make faults SEASONS=200 SEED=1 ENGINE=both
	@$(BIN)/python -m tests.faults --seasons $(SEASONS) --seed $(SEED) --engine $(ENGINE) --stories $(STORIES) $(if $(filter 1,$(SEASONS)),,--enumerate)

compose-test: ## docker-compose.yaml for real: a disturbed season, restore, upgrade (root; MAIL_AWAY=600, ENGINE=host)
	@tests/compose/run.sh all

check: install ## format, lint, types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

fix: install ## format and fix what can be fixed
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: install ## measurements as JSON under var/bench
	@$(BIN)/python -m tests.bench

pictures: install ## the pictures of the guides, from the played season: docs/hinh
	@$(BIN)/python -m tests.pictures

up: install ## the standing embedded system: make up PORT=8081, make up RESTART=scheduler
	@$(BIN)/python -m kybaocao up $(if $(PORT),--port $(PORT)) $(if $(RESTART),--restart $(RESTART))

down: ## stop it
	@$(BIN)/python -m kybaocao down

cli: install ## make cli ARGS="status --cycle nq02-2026-ky2"
	@# 1, 3 and 141 are answers (see cli/exit_status.py), which make would print as an error of its own
	@$(BIN)/python -m kybaocao $(or $(ARGS),--help) || { code=$$?; case $$code in 1|3|141) ;; *) exit $$code;; esac; }

LOCK = $(BIN)/uv pip compile -q --generate-hashes --no-annotate --no-header --python-version 3.11
lock: ## pin requirements anew, each with its hashes
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt

clean: ## remove the environment and all data of the embedded system
	rm -rf $(VENV) var
