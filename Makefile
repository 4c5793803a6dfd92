# The only task list. Each target does its own set-up: npm packages, Debian packages of the lab, Terraform or OpenTofu.
SHELL := /bin/sh
.DEFAULT_GOAL := help
LAB := npx --no-install tsx lab/main.ts
SOURCES := $(shell find schemas engine provider cli constructs spec build index.ts -name '*.json' -o -name '*.ts' -o -name '*.mjs' -o -name '*.sh')
BUILT := dist/.built
# Of these `make test` tries some, test-wide all.
SAMPLED := test/lab/kills test/lab/many test/lab/two-deploys test/remote/iptables-round-trip

.PHONY: help demo test test-wide check mutants bench bench-back bench-load docs format lab-up lab-down lab-reset lab-shell clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

demo: dist packages ## the whole story on three real hosts, step by step
	@TERRAFORM_BINARY_NAME="$$(lab/find-terraform.sh)" npx --no-install tsx lab/demo/main.ts

test: dist packages ## all tests but those of test/wide, on real hosts too; FILES="test/spec" runs some
	@TERRAFORM_BINARY_NAME="$$(lab/find-terraform.sh)" npx --no-install jest $(FILES)

test-wide: dist packages ## every kind of host, for most of an hour, into docs/hosts.md; FILES="test/wide/hosts" runs some
	@rm -f dist/wide.jsonl; code=0; \
	TERRAFORM_BINARY_NAME="$$(lab/find-terraform.sh)" WIDE=1 npx --no-install jest $(or $(FILES),test/wide $(SAMPLED)) || code=1; \
	npx --no-install tsx test/wide/report.ts && exit $$code

check: dist packages ## types, lint, format, shellcheck, who may import whom
	npx --no-install tsc --project .
	npx --no-install biome check --error-on-warnings
	shellcheck engine/remote/*.sh lab/*.sh lab/images/*.sh examples/github-actions/ci/*.sh bench/*.sh test/judges/*.sh test/judges/openssh/* test/wide/*.sh .ci/run
	npx --no-install jest test/house

mutants: dist ## which changes of the code no test would see, for hours, into docs/mutants.md; ROOMS="spec look" tries some
	@for room in $(or $(ROOMS),parts look schemas spec); do \
	  ROOM=$$room nice -n 19 npx --no-install stryker run || exit; \
	done
	npx --no-install tsx test/mutants/report.ts

bench: dist packages ## how long all takes beside ssh itself and the peers, for hours; ONLY="deploy plan" (docs/benchmarks.md names all), COUNTS="1 10", RUNS=5
	@TERRAFORM_BINARY_NAME="$$(lab/find-terraform.sh)" npx --no-install tsx bench/main.ts \
	  --only "$(ONLY)" --counts "$(COUNTS)" --runs "$(RUNS)" --who "$(WHO)" --json "$(JSON)"

bench-back: dist packages ## how long until visitors are answered again, beside autossh; ONLY=kill, cut, reboot or stale; RUNS=5
	@$(MAKE) --silent bench ONLY="$(or $(ONLY),recovery)"

bench-load: dist packages ## visitors of many tunnels while faults come; TUNNELS=20, MINUTES=1, SEED=7
	@npx --no-install tsx bench/load.ts --tunnels "$(TUNNELS)" --minutes "$(MINUTES)" --seed "$(SEED)"

docs: dist ## writes what is made from schemas, codes and commands: pages, the manual page, a picture of the examples
	npx --no-install tsx docs/generate.ts

format: node_modules/.package-lock.json ## puts the sources into shape
	npx --no-install biome check --write

lab-up: dist packages ## boots near, middle and far, which stay; IMAGES="middle=ufw far=trixie" boots those from other images (lab/images)
	@$(LAB) up $(foreach image,$(IMAGES),--image $(image))

lab-down: node_modules/.package-lock.json ## removes them
	@$(LAB) down

lab-reset: node_modules/.package-lock.json ## makes them as new
	@$(LAB) reset

lab-shell: node_modules/.package-lock.json ## a root shell inside: HOST=middle, near, far, controller or visitor
	@$(LAB) shell $(or $(HOST),middle)

clean: ## removes what was made here; the lab's images stay in the user's cache
	rm -rf node_modules dist cdktf.out .stryker

# No dependency needs its install script: ssh2's only builds optional speed-ups.
node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund

.PHONY: dist packages
dist: $(BUILT)
$(BUILT): node_modules/.package-lock.json build.mjs $(SOURCES)
	@node build.mjs
	@touch $@

packages:
	@lab/install-packages.sh
