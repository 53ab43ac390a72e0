# Every target sets up what it needs: a fresh machine wants Python 3.11+, pip and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
UV := .tools/bin/uv
# uv does not read pip's settings: hand pip's local wheel folder on to it, where there is one.
export UV_FIND_LINKS ?= $(or $(PIP_FIND_LINKS),$(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null))
# One-thread processes: intra-op threads lose on this workload (book/decisions.md).
export OMP_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1
# Where this is set, each start of Python compiles 3,000 modules anew: 11 s in place of 5.
unexport PYTHONDONTWRITEBYTECODE
WORKERS ?= 2
PROFILE ?= paper

.DEFAULT_GOAL := help
.PHONY: help setup book test results bench check serve clean lock

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(UV):
	$(PYTHON) -m pip install -q --disable-pip-version-check --root-user-action=ignore --target .tools 'uv==0.13.9'

.venv/.stamp: requirements/lock.txt requirements/overrides.txt pyproject.toml | $(UV)
	$(UV) venv -q --allow-existing --python $(PYTHON) .venv
	$(UV) pip install -q --python $(BIN)/python -r requirements/lock.txt --overrides requirements/overrides.txt
	$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

setup: .venv/.stamp  ## make the environment

book: .venv/.stamp  ## execute every chapter and compile the book into _build/html
	$(BIN)/tsinterp book

test: .venv/.stamp  ## the whole test suite, on all cores
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

check: .venv/.stamp  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

results: .venv/.stamp  ## compute what is missing of the rows in results/ (PROFILE=paper; one study: tsinterp run)
	$(BIN)/tsinterp results --profile $(PROFILE) --workers $(WORKERS)

bench: .venv/.stamp  ## speed against peers and slow twins, equality checked in the same run
	$(BIN)/python -m benchmarks

serve: book  ## show the book at http://localhost:8000
	$(BIN)/python -m http.server -d _build/html 8000

# Hashes of all but PyTorch, which is another file on each kind of machine (CPU and CUDA builds of one version): uv checks
# those that are there. What a CUDA build alone needs is left to it. pip would want all hashes or none: conda's list has none.
lock: $(UV)  ## refresh the locked versions and their hashes from pyproject.toml
	$(UV) pip compile -q pyproject.toml --extra timesynth --extra book --extra dev --python-version 3.11 --generate-hashes \
	  --overrides requirements/overrides.txt --no-header --no-annotate -o requirements/lock.txt
	awk '/^[^ ]/ {torch = /^torch==/; cuda = /^(cuda|nvidia|triton)[-=]/} torch {sub(/\+cpu/, ""); sub(/ \\$$/, "")} \
	  !cuda && !(torch && /--hash/)' requirements/lock.txt > requirements/lock.new
	mv requirements/lock.new requirements/lock.txt
	grep '^[^ ]' requirements/lock.txt | sed 's/ *\\$$//' | grep -v '^timesynth==' > requirements/lock-pip.txt

clean:  ## remove what was built (kept: results and computed units)
	rm -rf _build .venv .tools .pytest_cache .ruff_cache .mypy_cache *.egg-info
