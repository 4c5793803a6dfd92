# The only task list. Each target does its own set-up: npm packages, Debian packages of the lab, Terraform or OpenTofu.
SHELL := /bin/sh
.DEFAULT_GOAL := help
LAB := npx --no-install tsx lab/main.ts
SOURCES := $(shell find schemas engine provider -name '*.json' -o -name '*.ts' -o -name '*.sh')

.PHONY: help demo test check format lab-up lab-down lab-reset lab-shell clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

demo: dist packages ## the whole story on three real hosts, step by step
	@TERRAFORM_BINARY_NAME="$$(lab/find-terraform.sh)" npx --no-install tsx lab/demo/main.ts

test: dist packages ## all tests, on real hosts too; FILES="test/spec" runs some
	@TERRAFORM_BINARY_NAME="$$(lab/find-terraform.sh)" npx --no-install jest $(FILES)

check: dist packages ## types, lint, format, shellcheck, who may import whom
	npx --no-install tsc --project .
	npx --no-install biome check --error-on-warnings
	shellcheck engine/remote/*.sh lab/*.sh .ci/run
	npx --no-install jest test/house

format: node_modules/.package-lock.json ## puts the sources into shape
	npx --no-install biome check --write

lab-up: dist packages ## boots near, middle and far, which stay
	@$(LAB) up

lab-down: node_modules/.package-lock.json ## removes them
	@$(LAB) down

lab-reset: node_modules/.package-lock.json ## makes them as new
	@$(LAB) reset

lab-shell: node_modules/.package-lock.json ## a root shell inside: HOST=middle
	@$(LAB) shell $(or $(HOST),middle)

clean: ## removes what was made here; the lab's base tree stays in the user's cache
	rm -rf node_modules dist cdktf.out

# No dependency needs its install script: ssh2's only builds optional speed-ups.
node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund

.PHONY: dist packages
dist: dist/terraform-provider-sshtunnel.cjs
dist/terraform-provider-sshtunnel.cjs: node_modules/.package-lock.json build.mjs $(SOURCES)
	@node build.mjs

packages:
	@lab/install-packages.sh
