# One command each: what a target needs is set up first, and set up only once.
# A machine needs Python 3.11 or newer and make, nothing else.

# The first of these that really runs and is new enough is used (a pyenv shim may do neither).
PYTHON = python3 python3.14 python3.13 python3.12 python3.11 python
BIN = .venv/bin
LOCK = $(BIN)/uv --no-config pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

# Servers of their own for one command, thrown away at its end.
RUN = $(BIN)/python -m config.devstack --tethered run --

define bootstrap
@for python in $(PYTHON); do \
  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    exec $$python config/bootstrap.py $(1); \
  fi; \
done; \
echo "Python 3.11 or newer is needed; none of these is: $(PYTHON)." >&2; exit 1
endef

# Every target starts the product many times over; empty lets Python keep what it has compiled.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check screenshots bench drill openapi messages lock

help:
	@echo "make demo      run the product here, with data to look at (PORT=8000)"
	@echo "make test      run every test against PostgreSQL and Valkey of its own"
	@echo "make check     what must be green before a change lands: lint, types, layers, tests"
	@echo "make bench     measure; make drill: break things on purpose"
	@echo "make screenshots  renew the pictures of docs/"
	@echo "make setup     install the tools; make openapi, make messages, make lock: renew what is generated"

setup:
	$(call bootstrap,dev)

demo:
	$(call bootstrap,demo)
	@$(BIN)/python -m config.devstack --tethered up

test:
	$(call bootstrap,test)
	@$(RUN) $(BIN)/python -m pytest -n 3 $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint
	$(RUN) $(BIN)/python manage.py makemigrations --check --dry-run
	BASE_URL=https://plumbline.example $(RUN) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(MAKE) --no-print-directory test

# The pictures of docs/, taken by the browser tests on their way.
screenshots:
	$(call bootstrap,test)
	@SCREENSHOTS=1 $(RUN) $(BIN)/python -m pytest tests/e2e/test_dashboards.py tests/e2e/test_first_assessment.py

bench:
	$(call bootstrap,test)
	@$(RUN) $(BIN)/python -m tests.bench $(ARGS)

drill:
	$(call bootstrap,test)
	@$(RUN) $(BIN)/python -m tests.drill $(ARGS)

# The committed contract; tests compare the product with it and never write it.
openapi: setup
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file tests/openapi.yaml

# What each audience reads, into its catalogues; says how many strings wait for a translation.
messages: setup
	$(BIN)/python -m tests.catalogues

# Largest first: each smaller set is held to the versions of the one above it.
lock: setup
	$(LOCK) pyproject.toml --extra dev --output-file requirements/dev.txt
	$(LOCK) pyproject.toml --extra test --constraints requirements/dev.txt --output-file requirements/test.txt
	$(LOCK) pyproject.toml --extra demo --constraints requirements/dev.txt --output-file requirements/demo.txt
	$(LOCK) pyproject.toml --constraints requirements/dev.txt --output-file requirements/production.txt
