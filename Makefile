# `make up` and `make test` are all a fresh machine needs; `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help env up preview policy refresh down rehearse playground shell sandbox sandbox-stop fix lint test bench pictures

UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .cache/uv/bin/uv)
export UV_PYTHON_DOWNLOADS := never
# Where uv was installed just now, what the project runs finds it too.
export PATH := $(PATH):$(CURDIR)/.cache/uv/bin
RUN := $(UV) run --no-sync

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

.cache/uv/bin/uv:
	@echo "uv is not on this machine: installing it into .cache/uv."
	@python3 -m venv .cache/uv && .cache/uv/bin/pip install --quiet uv==$(UV_VERSION) || { echo "uv could not be installed. Install it (https://docs.astral.sh/uv/), then run the same command again."; exit 1; }

env: $(filter .cache/uv/bin/uv,$(UV)) ## create the locked environment
	@$(UV) sync --locked --all-groups --quiet || { echo "The locked environment could not be created; the lines above say why. It needs Python 3.11 or newer and the network the first time."; exit 1; }

up: env ## bring staging and production up in the sandbox (STACK=staging takes one)
	@$(RUN) python -m sandbox up

preview: env ## what `make up` would change
	@$(RUN) python -m sandbox preview

policy: env ## hold what `make up` would make to the rules of policies/
	@$(RUN) python -m sandbox policy

refresh: env ## find what was changed in the sandbox's world by hand
	@$(RUN) python -m sandbox refresh

down: env ## delete what the stacks made; refuses where a resource is protected, as in production
	@$(RUN) python -m sandbox down

rehearse: env ## play a month of deploys of the example app in the sandbox (ten minutes); fails when a step goes another way
	@$(RUN) python -m rehearsal

playground: env ## the rehearsal's world without its story: push, comment and approve yourself; Ctrl-C ends it
	@$(RUN) python -m rehearsal --steps 0 --keep

shell: env ## a shell for which github.com, api.vercel.com and the like are the sandbox's
	@$(RUN) python -m sandbox exec -- "$${SHELL:-bash}"

sandbox: env ## serve the sandbox in the background and print its addresses
	@$(RUN) python -m sandbox start

sandbox-stop: env ## end the sandbox's background process; its world is kept
	@$(RUN) python -m sandbox stop

fix: env ## format, and mend what can be mended by itself
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .
	@$(UV) export --frozen --only-group migrate --no-emit-project --no-annotate --format requirements-txt --quiet --output-file app_repository/.github/deploy/requirements-migrate.txt

lint: env ## formatting, style and types
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) pyrefly check

test: lint ## every check and every test
	@$(RUN) pytest -n 4 --dist worksteal # more than there may be cores: much of it waits for processes of its own

bench: env ## calls and seconds of a rollback, the longest paths, how soon alerts speak, what preview and up cost
	@$(RUN) python -m bench

pictures: env ## draw the pictures of docs/ again
	@$(RUN) python -m docs.pictures
	@$(RUN) python -m docs.pictures.page
