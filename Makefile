# The same entry for people and for CI. `make help` lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
CONFIG ?= debug
PACKAGES := libsqlite3-dev tzdata
FORMATTED := Sources jobs Tests
IMPORTS := --explicit-target-dependency-import-check error
PROGRAM = $(shell swift build -c $(CONFIG) --show-bin-path)/dunlin

.DEFAULT_GOAL := help
.PHONY: help deps build release demo test check format fuzz chaos sanitize fixture simulate mutations

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo "  CONFIG=release builds the optimized program: twice as long to build, several times as fast."

deps: ## the system packages: installed when root with apt, else the line to type
	@command -v swift >/dev/null || { echo "Swift 6.2 or newer is needed: https://www.swift.org/install/linux/"; exit 1; }
	@if ! command -v dpkg >/dev/null; then \
	  if [ "$$(uname)" = Linux ]; then echo "Install the headers of SQLite 3.35 or newer and tzdata, if they are missing."; fi; \
	else \
	  missing=""; \
	  for package in $(PACKAGES); do \
	    dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
	  done; \
	  if [ -z "$$missing" ]; then :; \
	  elif [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq$$missing; \
	  else echo "Type: sudo apt-get install$$missing"; exit 1; fi; \
	fi

build: deps ## the program, for development
	swift build -c $(CONFIG) --product dunlin $(IMPORTS)

release: deps ## the program, optimized and stripped, as .build/dunlin
	swift build -c release --product dunlin $(IMPORTS)
	strip -o .build/dunlin "$$(swift build -c release --show-bin-path)/dunlin"
	@ls -lh .build/dunlin

demo: build ## a year of billing against a gateway of its own: no key, no network
	@"$(PROGRAM)" demo

# A few at once: a thousand that start together only wait for each other. What failed is said again at the end.
define tested
log="$$(mktemp)"; if swift test --skip-build --disable-xctest --experimental-maximum-parallelization-width 8 $(1) \
	  2>&1 | tee "$$log"; then rm "$$log"; else grep -a '✘' "$$log"; rm "$$log"; exit 1; fi
endef

test: deps ## all tests, or those of T=filter
	swift build --build-tests $(IMPORTS)
	@# Programs of their own want the machine to themselves: the end-to-end tests run last, and alone.
	$(call tested,$(if $(T),--filter '$(T)',--skip EndToEndTests))
	$(if $(T),,$(call tested,--filter EndToEndTests))

simulate: build ## everything goes wrong, on a virtual clock: SEEDS=100 FROM=1 ARGS='--profile gateway'
	@"$(PROGRAM)" simulate --seeds $(or $(SEEDS),20) $(if $(FROM),--from $(FROM)) $(ARGS)

mutations: deps ## takes away each guard in turn and shows that the simulator finds it
	@Tests/Mutations/run $(GUARDS)

check: deps ## format, tidiness and the files of settings: under a minute on a warm build
	swift format lint --strict --recursive $(FORMATTED)
	swift build --build-tests $(IMPORTS)
	swift test --skip-build --disable-xctest --filter TidyTests
	@"$(PROGRAM)" check --config config

format: ## put the sources into form
	swift format --in-place --recursive $(FORMATTED)

# What traps is left in $$TMPDIR/dunlin-fuzz-NAME-PID and belongs into Tests/FuzzTests/corpus, with the fix.
fuzz: deps ## damaged input for every parser, S seconds each (60), from a fresh seed that is printed
	swift build --build-tests $(IMPORTS)
	DUNLIN_FUZZ_SECONDS=$(or $(S),60) swift test --skip-build --disable-xctest --no-parallel --filter FuzzTests
	DUNLIN_FUZZ=full swift test --skip-build --disable-xctest --filter InboxFuzzTests

chaos: deps ## a minute of real workers that are killed and put to sleep, behind a network that breaks
	swift build --build-tests $(IMPORTS)
	DUNLIN_CHAOS=full swift test --skip-build --disable-xctest --filter RealTroubleTests

# Folders of their own, so that the next plain build is not a full one. Left out are the end-to-end tests, which run plain
# programs, TidyTests, which read the sources, and BenchTests, whose rates a sanitizer changes. T=filter takes what it names, and only
# that. Leaks are not looked for: tests and Foundation keep what the end of the process frees (docs/proof.md).
SANITIZING := --disable-xctest --experimental-maximum-parallelization-width 8 \
  $(if $(T),--filter '$(T)',--skip 'EndToEndTests|TidyTests|BenchTests')

sanitize: deps ## the unit tests under ThreadSanitizer and AddressSanitizer, or those of T=filter: an hour, half of it building
	TSAN_OPTIONS=suppressions=Tests/races.txt swift test --scratch-path .build-tsan --sanitize=thread $(SANITIZING)
	ASAN_OPTIONS=detect_leaks=0 swift test --scratch-path .build-asan --sanitize=address $(SANITIZING)

fixture: build ## keep a data file of this schema for the tests of upgrades: V=1.0.0 with a release
	Tests/SimulationTests/Fixtures/make "$(PROGRAM)" "$(or $(V),unreleased)"
