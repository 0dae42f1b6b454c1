# Two commands matter: `make run` and `make test`. Both work on a fresh clone.
# `make run FILE=my_layers.py` follows that file: each save is run and shown.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
# One lock for all platforms and for every Python that pyproject.toml names. It holds no address that packages come from.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --custom-compile-command "make lock"

.PHONY: run test check audit bench screenshots messages doctor-page mutants lock newest clean

# Where npm is missing, plain fields take the place of what is made of npm's packages; the page says so.
run: .venv/app
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/.bundled || echo "Going on without."; fi
	$(if $(FILE),$(BIN)/python -m explorer watch "$(FILE)" $(if $(PORT),--port $(PORT)),$(BIN)/streamlit run app.py $(if $(PORT),--server.port $(PORT)))

test: .venv/dev node_modules/.bundled
	sh tools/system_packages.sh
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: .venv/dev node_modules/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	node_modules/.bin/biome ci --error-on-warnings
	node_modules/.bin/tsc

audit: .venv/dev
	$(BIN)/python -m tools.audit

bench: .venv/dev
	sh tools/system_packages.sh
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: .venv/dev
	sh tools/system_packages.sh
	$(BIN)/python -m tools.screenshots $(ARGS)

messages: .venv/dev
	$(BIN)/python -m tools.messages

doctor-page: .venv/dev
	$(BIN)/python -m tools.doctor_page

mutants: .venv/dev
	$(BIN)/python -m tests.explorer.core.doctor.mutants

# Keeps the versions that are locked where the requirements allow them; ARGS=--upgrade takes the newest.
lock: .venv/dev
	$(LOCK) requirements.txt -o requirements.lock $(ARGS)
	$(LOCK) requirements-dev.txt -c requirements.lock -o requirements-dev.lock $(ARGS)

# What breaks with versions newer than the requirements allow?
newest: .venv/dev
	sh tools/system_packages.sh
	$(BIN)/python -m tools.newest $(ARGS)

# A stamp file in .venv says which lock is installed; a changed lock installs again.
.venv/app: requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	touch $@

.venv/dev: requirements-dev.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch .venv/app $@

# The browser gets the project's JavaScript as it is: these check it, and make one module of each package that it imports.
node_modules/.installed: package.json package-lock.json
	sh tools/system_packages.sh node
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

node_modules/.bundled: node_modules/.installed tools/bundles.mjs $(wildcard tools/bundles/*) \
		$(shell find explorer/stage/js explorer/notebook/js -name bundles -prune -o -type f -print)
	node tools/bundles.mjs
	touch $@

clean:
	rm -rf .venv node_modules dist explorer/stage/js/bundles/*.js explorer/notebook/bundles .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
