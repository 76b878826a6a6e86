# Two commands do everything on a fresh machine: `make demo` and `make test`. Both make their own environment.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := 0.13.8
export PYTHONDONTWRITEBYTECODE :=
export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never

.PHONY: demo test check style types layers certify nightly bench env dev clean

demo: env
	@$(BIN)/telic demo

test: dev
	@$(BIN)/python -m telic.telemetry.otlp.scan.warm
	@$(BIN)/python -m pytest -m "not live and not nightly" -n logical --dist loadfile --durations=30 --durations-min=3
	@$(BIN)/python -m pytest -m "live and not journey and not nightly" -n logical --dist loadfile tests
	@$(BIN)/python -m pytest -m "journey and not nightly" tests/live

check: types style layers

style: dev
	@$(BIN)/ruff format --check src tests benchmarks
	@$(BIN)/ruff check src tests benchmarks

types: dev
	@$(BIN)/mypy

layers: dev
	@$(BIN)/lint-imports

certify: dev
	@$(BIN)/telic lab certify core --check --some 10 --actor noop --jobs 2

nightly: dev
	@$(BIN)/uv sync --quiet --frozen --inexact --group dev --group nightly
	@$(BIN)/python -m pytest -m nightly
	@$(BIN)/python -m pytest -m "hypothesis and not live" --hypothesis-profile=night
	@$(BIN)/telic lab certify core --check --jobs 2
	@$(BIN)/telic lab certify core --check --some 2 --world local --actor blame-last-change --jobs 2
	@$(BIN)/python -m benchmarks.loop --json benchmarks/out/loop.json
	@$(BIN)/python -m benchmarks.worlds --json benchmarks/out/worlds.json
	@for each in diagnosis logs metrics ingest lab opportunities; do $(BIN)/python -m benchmarks.$$each --json benchmarks/out/$$each.json || exit 1; done
	@$(BIN)/python -m benchmarks.soak --minutes 30 --json benchmarks/out/soak.json

bench: dev
	@$(BIN)/python -m benchmarks.loop --quick --json benchmarks/out/loop-quick.json
	@for each in worlds diagnosis logs metrics ingest lab opportunities; do $(BIN)/python -m benchmarks.$$each --quick --json benchmarks/out/$$each-quick.json || exit 1; done

env: $(VENV)/.ready
dev: $(VENV)/.ready-dev

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "telic needs Python >= 3.11; set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)

$(VENV)/.ready: $(BIN)/uv pyproject.toml uv.lock
	@$(BIN)/uv sync --quiet --frozen --compile-bytecode --inexact
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@$(BIN)/uv sync --quiet --frozen --compile-bytecode --inexact --group dev
	@touch $@

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
