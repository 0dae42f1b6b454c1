# Two commands matter: `make run` and `make test`. Both work on a fresh clone.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: run test check audit bench screenshots messages clean

run: .venv/app
	$(BIN)/streamlit run app.py $(if $(PORT),--server.port $(PORT))

test: .venv/dev node_modules/.installed
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

# A stamp file in .venv says which requirements are installed; a changed requirements file installs again.
.venv/app: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/dev: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch .venv/app $@

# Only the checks of the JavaScript need these: the browser gets the files as they are.
node_modules/.installed: package.json package-lock.json
	sh tools/system_packages.sh node
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

clean:
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
