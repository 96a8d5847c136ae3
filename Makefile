# TrackFlow's commands. `make` alone lists them. Each is a short line that can be typed without make.

SHELL := bash
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
# One cargo at a time, whatever -j says: two would wait for each other's lock, or for memory.
.NOTPARALLEL:

.PHONY: help
help: ## lists these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s%s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## installs what the build needs and this machine lacks
	@.ci/setup

.PHONY: site
site: setup ## builds target/site: WebAssembly, stylesheet, scripts, map
	@.ci/site

.PHONY: build
build: site ## builds target/release/trackflow, the site inside
	@cargo build --release -p server --features embed

.PHONY: run
run: build ## the demo with 13 months of made-up visits: http://127.0.0.1:3000
	@.ci/launch demo

.PHONY: start
start: build ## the real thing, with an empty database (trackflow.db)
	@.ci/launch serve

.PHONY: dev
dev: ## rebuilds and reloads while you edit (cargo leptos watch)
	@.ci/setup --dev
	@.ci/dev

.PHONY: gallery
gallery: setup ## all charts with fixture data, without a server (trunk serve)
	@.ci/dev --gallery

.PHONY: dist
dist: site ## the smallest and fastest program, for a release: dist/trackflow
	@cargo build --profile dist -p server --features embed
	@mkdir -p dist && cp "$${CARGO_TARGET_DIR:-target}/dist/trackflow" dist/trackflow
	@ls -lh dist/trackflow

.PHONY: test
test: ## every check: formatting, lints, Rust tests on both databases, browser tests
	@.ci/test

.PHONY: test-full
test-full: ## also the long ones: Lighthouse, soak, many property test cases
	@.ci/test --full

.PHONY: test-reliability
test-reliability: ## kills, dead networks, overload … in their long form: an hour, and two of steady load
	@.ci/test --reliability

.PHONY: fmt
fmt: ## formats the Rust code
	@cargo fmt --all

.PHONY: lint
lint: ## formatting and clippy of the server side, the quick part of `make test`
	@cargo fmt --all --check
	@cargo clippy -p trackflow -p app -p server --features trackflow/server,app/ssr --all-targets -- -D warnings

.PHONY: bench
bench: ## measures the way of one event, station by station, and the columns of day blocks (criterion)
	@cargo bench -p server --bench event_path --bench blocks

.PHONY: bench-ingest
bench-ingest: ## measures ingestion over HTTP against an empty handler, 2 min; FULL=1: all combinations, 12 min
	@.ci/setup --bench
	@.ci/bench $(if $(FULL),--full)

.PHONY: bench-stats
bench-stats: ## measures questions about a year beside DuckDB; EVENTS=1M|10M|100M (default 10M), FRESH=1, POSTGRES=URL
	@.ci/setup --bench-stats
	@.ci/bench-stats --events $(or $(EVENTS),10M) $(if $(FRESH),--fresh) $(if $(POSTGRES),--postgres $(POSTGRES))

.PHONY: profile-ingest
profile-ingest: ## tells where the time of an event goes (perf), over HTTP and in the library
	@.ci/setup --bench
	@.ci/profile

.PHONY: screenshots
screenshots: build ## takes the pictures of the README from the demo
	@.ci/setup --tests
	@.ci/launch --with node end2end/screenshots.mjs

.PHONY: clean
clean: ## removes what was built; databases and tools stay
	@cargo clean
	@rm -rf target/site target/site-work public/built dist
