# The whole workflow in a few words. `make` alone lists them; each makes the environment it needs first.

PYTHON_ENV = .venv/bin/python
TRIALS ?= 20
TURNS ?= 300
unexport PYTHONDONTWRITEBYTECODE # hundreds of our processes start in the tests: with bytecode each takes .1 s less

.DEFAULT_GOAL := help
.PHONY: help setup demo images test lint types bench faults soak escapes docs screens clean

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: .venv/.ready ## make .venv with what aarctl needs (the other commands do it by themselves)

demo: .venv/.ready ## run the whole experiment for real and watch it: about two minutes
	@.venv/bin/aarctl run recipes/quickstart.toml --name "$$($(PYTHON_ENV) scripts/free_name.py demo)"

images: .venv/.ready ## build the images of Docker sandboxes; TORCH_INDEX=URL (or pip) says where torch comes from
	@.venv/bin/aarctl images build --base-only
	@.venv/bin/aarctl images build $(if $(TORCH_INDEX),--torch-index $(TORCH_INDEX))

test: lint types ## everything a change must pass: lint, types, tests
	@$(PYTHON_ENV) -m pytest -n 2 --dist loadgroup

lint: .venv/.ready-dev ## form, style and likely bugs (ruff)
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .

types: .venv/.ready-dev ## types (mypy)
	@.venv/bin/mypy

bench: .venv/.ready-dev ## measure journal, transcript, sandboxes, a turn's overhead and the control room; print the figures
	@$(PYTHON_ENV) -m tests.benchmarks.journal
	@$(PYTHON_ENV) -m tests.benchmarks.transcript
	@$(PYTHON_ENV) -m tests.benchmarks.sandbox
	@$(PYTHON_ENV) -m tests.benchmarks.overhead
	@$(PYTHON_ENV) -m tests.benchmarks.control_room

faults: .venv/.ready-dev ## kill a run's processes at random moments, TRIALS=20 times, and see it finish all the same
	@AARCTL_FAULT_TRIALS=$(TRIALS) $(PYTHON_ENV) -m pytest tests/faults -m faults -s --timeout 5400

soak: .venv/.ready-dev ## nine researchers x TURNS=300 turns with a faulty model, and one for 2,000: nothing lost, twice or leaked
	@AARCTL_SOAK_TURNS=$(TURNS) $(PYTHON_ENV) -m pytest tests/soak -m soak -s --timeout 5400

escapes: .venv/.ready-dev ## attack real sandboxes from inside, in every way we know, and see each attempt blocked
	@$(PYTHON_ENV) -m pytest tests/faults/escape -m escapes -n 2 --dist loadgroup

docs: .venv/.ready-dev ## write the pages that come from the code: docs/cli.md and docs/researchers.md
	@mkdir -p build
	@$(PYTHON_ENV) -m aarctl.cli.reference >build/page.md && mv build/page.md docs/cli.md
	@$(PYTHON_ENV) -m aarctl.supervisor.page recipes/paper-directions.toml r4 >build/page.md && mv build/page.md docs/researchers.md

screens: .venv/.ready-dev ## draw every screen of the control room into docs/screens/
	@rm -f docs/screens/*.svg
	@$(PYTHON_ENV) -m aarctl.tui.gallery --draw docs/screens

clean: ## remove the environment, caches and build folders; runs are kept
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis snapshot_report.html
	@find aarctl tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml scripts/setup
	@scripts/setup run

.venv/.ready-dev: pyproject.toml scripts/setup
	@scripts/setup dev
