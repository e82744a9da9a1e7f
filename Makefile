# Everything goes through .venv and var/, which git ignores.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# Browsers take passkeys at a name alone, not at an address of numbers.
SEEN_AT := $(HOST:127.0.0.1=localhost)
NEWSROOM_NAME ?= The Lerran Post
STATIC_ROOT ?= $(CURDIR)/var/static
export HOST PORT NEWSROOM_NAME STATIC_ROOT
# To make, a space ends a name.
COLLECTED := $(subst $(subst ,, ),\ ,$(STATIC_ROOT))/.made
VENV := .venv/.made
TOOLS := .venv/.made-for-tests
# uv takes seconds where pip takes a minute; a mirror that pip's own settings name it does not know.
UV := .venv/bin/uv pip install --quiet --require-hashes --python .venv/bin/python
PIP := .venv/bin/pip install --quiet --disable-pip-version-check
# For every platform, and every Python from the oldest that is ours on.
LOCKED := --quiet --universal --python-version 3.11 --generate-hashes --no-header
PREPARE := .venv/bin/python manage.py migrate --verbosity 0; \
	.venv/bin/python manage.py desk_login; \
	.venv/bin/python manage.py demo --if-empty

.PHONY: help run dev test check-site password lock audit clean
help: ## show this
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

$(VENV): requirements.txt
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Installing python3-venv"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; }
	@echo "Making the environment"
	@$(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > .venv/uv.txt
	@$(PIP) -r .venv/uv.txt
	@$(UV) -r requirements.txt 2>/dev/null || $(PIP) -r requirements.txt
	@touch $@

$(TOOLS): $(VENV) requirements-dev.txt
	@echo "Adding what the tests need"
	@$(UV) -r requirements-dev.txt 2>/dev/null || $(PIP) -r requirements-dev.txt
	@touch $@

lock: $(TOOLS) ## write requirements*.txt anew from requirements*.in, with all they need and their hashes
	@.venv/bin/uv pip compile $(LOCKED) requirements.in --output-file requirements.txt
	@.venv/bin/uv pip compile $(LOCKED) requirements-dev.in --output-file requirements-dev.txt

audit: $(TOOLS) ## ask which packages have known vulnerabilities
	@.venv/bin/python tests/audit.py

var/secret-key: | $(VENV)
	@mkdir -p var
	@umask 077; .venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(50))' > $@.part
	@mv $@.part $@

# The style sheets and scripts of the installed apps change only with requirements.txt.
$(COLLECTED): $(VENV) var/secret-key $(shell find static -type f)
	@echo "Collecting style sheets and scripts"
	@ALLOWED_HOSTS=localhost .venv/bin/python manage.py collectstatic --noinput --verbosity 0
	@touch "$@"

run: $(VENV) var/secret-key $(COLLECTED) ## make the newsroom and serve it as it is deployed
	@HTTPS=off CORE=$(PORT) ALLOWED_HOSTS="$${ALLOWED_HOSTS:-localhost,127.0.0.1,$(HOST)}" sh -ec '\
	$(PREPARE); \
	echo "Site:  http://$(SEEN_AT):$(PORT)/"; echo "Admin: http://$(SEEN_AT):$(PORT)/admin/"; \
	echo "Other roles: make password ROLE=reporter (or editor, profile-manager, administrator)"; \
	exec .venv/bin/granian --interface wsgi --blocking-threads 8 --host $(HOST) --port $(PORT) --log-level error newsroom.wsgi:application'

password: $(VENV) var/secret-key ## give a login a new random password: "editor", or with ROLE=reporter that role's
	@ALLOWED_HOSTS=localhost .venv/bin/python manage.py desk_login --new-password $(if $(ROLE),--role $(ROLE))

dev: $(VENV) ## serve for working on it, with DEBUG
	@mkdir -p var
	@DEBUG=on sh -ec '\
	$(PREPARE); \
	exec .venv/bin/python manage.py runserver $(HOST):$(PORT)'

test: $(TOOLS) ## run every check and every test, on SQLite and PostgreSQL
	.venv/bin/python tests/run.py $(ARGS)

tests/site/node_modules/.made: tests/site/package.json tests/site/package-lock.json
	@command -v npm >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq npm; }
	@echo "Adding Lighthouse and the Nu HTML Checker"
	@cd tests/site && npm ci --no-audit --no-fund --silent
	@touch $@

check-site: $(TOOLS) tests/site/node_modules/.made ## look at the readers' site from outside: links, HTML, axe-core, Lighthouse
	.venv/bin/python tests/site/check.py

clean: ## remove the environment (not var/)
	rm -rf .venv
