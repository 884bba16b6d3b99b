# make run    opens the app            make test       everything, as CI runs it
# make help   lists the rest
#
# Each target does its own set-up: system packages, npm packages, the page, the peers that tests talk to.
# One feature set everywhere: switching `custom-protocol` would recompile all that touches tauri.

FUZZ_SECONDS ?= 300
CARGO_FLAGS := --features custom-protocol
UI_SOURCES  := $(shell find ui -path ui/node_modules -prune -o -path ui/dist -prune -o -type f -print 2>/dev/null)
# Of the tests in files of their own, those that are quick and talk to nobody.
FAST_TESTS  := layering licences corpus everyday judgement rules record tamper vectors
NPM_CI      := npm ci --no-audit --no-fund --loglevel=error
SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

.PHONY: help run dev test test-fast check format screenshots bench bench-gateway package package-test bindings fuzz peers record
.PHONY: system-run system-test system-package

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# ---- what people use -------------------------------------------------------------------------------------

run: system-run ui/dist/index.html ## build what is needed and open the app
	cargo run $(CARGO_FLAGS)

dev: system-run ui/node_modules/.package-lock.json ## the app on the page's development server, reloading
	ui/node_modules/.bin/tauri dev

# What an incremental build remembers is several gigabytes, and a whole run never looks at it again.
test: export CARGO_INCREMENTAL := 0
test: room check test-ui test-rust ## everything: checks, the page, the crates, real gateways, the real window

test-fast: system-run ui/dist/index.html ## what needs no peer and no desktop: the crates' own tests, the page's
	cargo test -q --workspace --lib --bins $(CARGO_FLAGS)
	cargo test -q --workspace $(CARGO_FLAGS) $(addprefix --test ,$(FAST_TESTS))
	cd ui && npm run -s test

check: system-test ui/dist/index.html peers ## formatting, clippy, svelte-check, the linters, fresh bindings
	cargo fmt --all --check
	cargo clippy --workspace --all-targets $(CARGO_FLAGS) -- -D warnings
	cd ui && npm run -s check
	cargo test -q --workspace --test layering --test licences --test bindings $(CARGO_FLAGS)

format: ui/node_modules/.package-lock.json ## format all code
	cargo fmt --all
	cd ui && npm run -s format

bindings: ui/dist/index.html ## write the generated TypeScript anew
	UPDATE_BINDINGS=1 cargo test -q --test bindings $(CARGO_FLAGS)

# ---- the parts of `make test` ----------------------------------------------------------------------------

.PHONY: room test-ui test-rust
room:
	@scripts/room.sh 10
test-ui: ui/dist/index.html system-test
	cd ui && npm run -s test
	cd ui && npm run -s screens -- --quick

test-rust: ui/dist/index.html system-test peers
	cargo test --workspace --no-fail-fast $(CARGO_FLAGS)

# ---- what is looked at, measured, shipped ------------------------------------------------------------------

screenshots: system-test ui/dist/index.html peers ## each screen in its states into target/screens, and the README's picture
	cd ui && npm run -s screens
	cargo test --test window $(CARGO_FLAGS)
	cp target/screens/window/3-asked.png docs/window.png

bench: system-test ui/dist/index.html peers ## the figures in the README
	scripts/bench.sh

bench-gateway: system-test peers ## the gateway's figures alone, and what its code costs without sockets
	cargo bench --workspace $(CARGO_FLAGS) --bench gateway --bench frames --bench routing --bench fan_out

package: system-package ui/node_modules/.package-lock.json ## the .deb and the .rpm, in target/release/bundle
	node scripts/notices.mjs target/third-party/NOTICES.txt
	ui/node_modules/.bin/tauri build --bundles deb,rpm

package-test: package system-test ## install the .deb into a clean Debian root and start it there
	scripts/try-package.sh

fuzz: ## random input for as long as FUZZ_SECONDS says to each target (needs a nightly Rust and cargo-fuzz)
	for target in $$(cargo fuzz list); do cargo +nightly fuzz run "$$target" -- -max_total_time=$(FUZZ_SECONDS); done

record: peers ## record the protocol snapshots from the real gateways anew
	tests/peers/record.sh

# ---- set-up --------------------------------------------------------------------------------------------------

system-run:
	@scripts/system-packages.sh run
system-test:
	@scripts/system-packages.sh test
system-package:
	@scripts/system-packages.sh package

peers: tests/peers/node_modules/.package-lock.json ## the real gateways and their reference client, from the npm registry

tests/peers/node_modules/.package-lock.json: tests/peers/package-lock.json
	cd tests/peers && $(NPM_CI) --ignore-scripts
	@touch $@

ui/node_modules/.package-lock.json: ui/package-lock.json
	cd ui && $(NPM_CI)
	@touch $@

ui/dist/index.html: ui/node_modules/.package-lock.json $(UI_SOURCES)
	cd ui && npm run -s build
	@touch $@
