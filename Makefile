# Everything a person does with this repository. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
# uv where it is there: ten times as quick.
ifneq ($(shell command -v uv 2>/dev/null),)
VENV = uv venv --quiet --clear --python $(PYTHON)
PIP = uv pip install --quiet --python $(BIN)/python
else
VENV = $(PYTHON) -m venv --clear
PIP = $(BIN)/python -m pip install -qq --disable-pip-version-check
endif
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
RUN = --extra analysis --extra dask --extra postgresql --extra review --extra scan --extra tables

.DEFAULT_GOAL := help
.PHONY: help install demo test quick soak notebooks docs check format bench migration samples locale gold evidence lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## build .venv; afterwards .venv/bin/ziping works from any folder

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ziping needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	@echo "ziping: building .venv (1.5 GB; one to five minutes, most of it downloads)"
	@rm -rf *.egg-info # an older version's, which would be found before the installed one
	@$(VENV) .venv
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@echo "ziping: .venv is ready, $$(du -sh .venv | cut -f1)"
	@touch $(STAMP)

data/work/demo.db:
	@$(MAKE) --no-print-directory demo >/dev/null

demo: install ## read data/samples into data/work/demo.db and print what was found
	@mkdir -p data/work && rm -f data/work/demo.db*
	@$(BIN)/ziping ingest data/samples --store data/work/demo.db
	@echo
	@$(BIN)/ziping status --store data/work/demo.db
	@echo
	@echo "执行率（2022年）· ziping query execution-rate --year 2022"
	@$(BIN)/ziping query execution-rate --year 2022 --store data/work/demo.db
	@echo
	@echo "自评得分有多高 · ziping query score-inflation"
	@$(BIN)/ziping query score-inflation --store data/work/demo.db
	@echo
	@echo "没有达到目标却得满分（2023年）· ziping query missed-targets --year 2023"
	@$(BIN)/ziping query missed-targets --year 2023 --limit 8 --store data/work/demo.db
	@echo
	@echo "Next: export ZIPING_STORE=$(CURDIR)/data/work/demo.db"
	@echo "      .venv/bin/ziping query | search 满意度 | export demo.xlsx | report --all | serve; notebooks/"

test: install ## all tests; installs what they need beyond Python where it can
	@tests/setup
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

quick: install ## what a change of words, rules or records breaks first, in half a minute; no server, no recogniser
	$(BIN)/python -m pytest --numprocesses auto tests/schema tests/normalizers tests/test_vocabulary.py tests/test_samples.py tests/test_architecture.py

soak: install ## the long runs that make test leaves out
	@tests/setup
	$(BIN)/python -m pytest -m soak

notebooks: install data/work/demo.db ## open the notebooks in a browser, over the store of make demo
	@echo "ziping: adding JupyterLab to .venv (0.2 GB, the first time)"
	@$(PIP) --require-hashes -r requirements-notebooks.lock
	ZIPING_STORE=$(CURDIR)/data/work/demo.db $(BIN)/jupyter lab notebooks

docs: install ## build the documentation into data/work/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

check: install ## lint, format and types, as the pre-commit hooks do
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install ## put the code into the common format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install ## speed beside named tools, as ratios from one run
	$(BIN)/python -m tests.bench

migration: install ## write the migration to the tables as they are now (make migration NAME=what_changed)
	$(BIN)/python -m schema.relational.migrations $(NAME)

samples: install ## make data/samples from data/maker/sources
	$(BIN)/python -m data.maker

locale: install ## compile the Chinese of help and usage errors (pipeline/cli/locale)
	$(BIN)/pybabel -q compile --domain ziping --directory pipeline/cli/locale

gold: install ## write the golds that are made from sources (data/gold/years)
	$(BIN)/python -m data.maker gold

evidence: install ## learn anew from made forms: what columns hold, what rows show, how sure values are (vocabulary/roles.csv, rows.csv, confidence.csv)
	$(BIN)/python -m data.maker evidence
	$(BIN)/python -m data.maker rows
	$(BIN)/python -m data.maker confidence

lock: install ## renew the three lock files from pyproject.toml
	$(COMPILE) $(RUN) --extra dev -o requirements.lock pyproject.toml
	grep -v hash= requirements.lock | sed 's/ *\\$$//' > .venv/pinned
	$(COMPILE) $(RUN) -c .venv/pinned -o requirements-run.lock pyproject.toml
	$(COMPILE) --extra notebooks -c .venv/pinned -o requirements-notebooks.lock pyproject.toml

clean: ## remove what make made
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache data/work
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
