# What a newcomer runs: `make demo` and `make test`. Both install what they need, and are quick to
# run again. The servers come from Debian's or Ubuntu's packages (root or sudo); the rest from npm.

.PHONY: demo test test-all bench build lint servers deps clean

demo: deps build  ## three nodes on this machine: a switchover and a failover to watch
	@./scripts/install-servers.sh postgresql
	@node bin/run.js demo --script

test: servers deps build lint  ## everything; the last line is "N passed, N failed"
	@npm run --silent test:all

test-all: servers deps build lint  ## the same in every mode and on more versions: an hour
	@npx tsx scripts/postgres18.ts || true
	@PGHERD_TESTS=all npm run --silent test:all

bench: servers deps build  ## ours and Patroni's side by side; WRITE=1 renews docs/benchmarks.md
	@npx tsx bench/run.ts $(if $(WRITE),--write); commands=$$?; \
	npx tsx bench/agents.ts $(if $(WRITE),--write) && exit $$commands

build: deps  ## dist/, as it is published
	@npm run --silent build

lint: deps  ## types, style, promises, dead code
	@npm run --silent typecheck
	@npm run --silent lint
	@npm run --silent knip

servers:  ## etcd, PostgreSQL, Patroni: installed, or unpacked into .cache/servers
	@./scripts/install-servers.sh

deps: node_modules/.package-lock.json

node_modules/.package-lock.json: package-lock.json
	@npm ci --no-fund --no-audit
	@touch $@

clean:  ## removes what was built and unpacked; installed packages stay
	rm -rf dist node_modules .cache oclif.manifest.json coverage
