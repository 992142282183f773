# Everything goes through these targets; each does its own set-up. See README.md.
PYTHON := .venv/bin/python
.DEFAULT_GOAL := run
.PHONY: run test bench check setup setup-dev lint-migrations messages pictures lock

setup: ; @python3 -I config/bootstrap.py run
setup-dev: ; @python3 -I config/bootstrap.py test

run: setup
	@$(PYTHON) -m config.run

# Browser tests share one running Sira (loadgroup); the rest is spread over two processes.
test: setup-dev
	@$(PYTHON) -m pytest -q -n 2 --dist loadgroup

# The first time the register is filled: a minute for 3000 people, an hour or so for 200000.
bench: setup
	@$(if $(PEOPLE),BENCH_MIGRANTS=$(PEOPLE)) $(PYTHON) -m bench

check: setup-dev
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@DATABASE_URL=postgresql://localhost/not-used $(PYTHON) -m mypy
	@$(PYTHON) -m djlint --lint --quiet templates
	@$(PYTHON) manage.py makemigrations --check --dry-run
	@$(PYTHON) -m pip_audit -r requirements-dev.lock --require-hashes --disable-pip --progress-spinner off \
	  >.venv/audit.txt 2>&1 || { cat .venv/audit.txt; exit 1; }
	@! grep -q 'could not be audited' .venv/audit.txt || echo "Audit des dépendances : la liste des failles" \
	  "est injoignable d’ici, $$(grep -c 'could not be audited' .venv/audit.txt) paquets ne sont pas vérifiés."

# Slow (it writes out the SQL of every migration), so apart from `check`: for a change that adds a migration.
lint-migrations: setup-dev
	@$(PYTHON) manage.py lintmigrations --ignore-name 0001_initial 0002_initial 0002_cache 0002_chain 0003_accounts

messages: setup-dev
	@$(PYTHON) manage.py makemessages --all --no-wrap --no-location --ignore=.venv --ignore=.sira --ignore=tests
	@python3 -I config/bootstrap.py test

pictures: setup-dev
	@$(PYTHON) -m tests.pictures

# uv.lock records download addresses and stays out of git; the exported files record names, versions and hashes.
EXPORT := .venv/uv/bin/uv export --quiet --frozen --no-emit-project --no-emit-index-url --no-header
lock: setup-dev
	@.venv/uv/bin/uv lock
	@$(EXPORT) --no-dev --output-file requirements.lock
	@$(EXPORT) --all-groups --output-file requirements-dev.lock
