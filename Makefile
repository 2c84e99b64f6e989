# Holdfast. 'make help' lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SWIFT ?= swift
SWIFT_NEEDED := 6.3
SWIFTFLAGS ?=

DESTDIR ?=
PREFIX ?= /usr
SYSCONFDIR ?= /etc
BINARY ?= .build/release/holdfast
UNITDIR ?= /usr/lib/systemd/system
SYSUSERSDIR ?= /usr/lib/sysusers.d
TMPFILESDIR ?= /usr/lib/tmpfiles.d

# The program that boots a throw-away root with a real systemd and runs a script in it.
SYSTEMD_BOOT ?= ../shared/tools/systemd/boot
ACCEPTANCE_TREE := build/acceptance

# To build: SQLite's and zlib's headers, and what the toolchain itself links against. To run and to
# test: the rest.
PACKAGES := libsqlite3-dev zlib1g-dev libc6-dev g++ binutils ca-certificates git \
	sqlite3 tar zstd gzip tzdata acl attr curl procps

SCRIPTS := $(wildcard .ci/run Tests/Acceptance/*.sh Tests/Conformance/run Benchmarks/run \
	Benchmarks/*.sh)

# The vendors' OpenAPI documents; without them conformance is skipped, and says so.
SPECS ?= ../shared/specs
SWIFT_ROOMS := $(wildcard Sources Tests migrations Benchmarks Package.swift)

.PHONY: help
help:  ## Say what there is
	@printf 'make TARGET [VARIABLE=value …]\n\n'
	@sed -n 's/^\([a-z][a-z-]*\):.*##  *\(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) \
		| while IFS='|' read -r name words; do printf '  %-12s %s\n' "$$name" "$$words"; done
	@printf '\nVariables: DEPS_SKIP=1 (install no packages), DESTDIR, PREFIX, CONFIG=1 (install\n'
	@printf 'an example as the configuration, when there is none), SYSTEMD_BOOT, SWIFT, SWIFTFLAGS.\n'

.PHONY: toolchain
toolchain:
	@found="$$($(SWIFT) --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' \
		| head -n 1 || true)"; \
	if [ -z "$$found" ]; then \
		echo "make: there is no Swift toolchain ('$(SWIFT)' does not run); Holdfast needs Swift" \
			"$(SWIFT_NEEDED) or newer." >&2; \
	elif [ "$$(printf '%s\n' "$(SWIFT_NEEDED)" "$$found" | sort -V | head -n 1)" \
			!= "$(SWIFT_NEEDED)" ]; then \
		echo "make: Swift $$found is too old; Holdfast needs Swift $(SWIFT_NEEDED) or newer." >&2; \
	else \
		exit 0; \
	fi; \
	echo "make: get it from https://www.swift.org/install/linux/ and put its usr/bin into PATH," \
		"or name it with SWIFT=/path/to/swift." >&2; \
	exit 1

.PHONY: deps
deps:  ## Install the Debian packages that are missing (as root or with sudo)
	@if ! command -v dpkg-query >/dev/null; then \
		echo "deps: this is not Debian; see that these are there: $(PACKAGES)"; exit 0; \
	fi; \
	missing=(); \
	for package in $(PACKAGES); do \
		if [ "$$package" = g++ ] && compgen -G '/usr/include/c++/[0-9]*/vector' >/dev/null; then \
			continue; fi; \
		[ "$$(dpkg-query -W -f '$${db:Status-Status}\n' "$$package" 2>/dev/null | head -n 1)" \
			= installed ] || missing+=("$$package"); \
	done; \
	[ "$${#missing[@]}" -gt 0 ] || exit 0; \
	if [ -n "$(DEPS_SKIP)" ]; then \
		echo "deps: missing, and not installed because of DEPS_SKIP: $${missing[*]}"; exit 0; \
	fi; \
	as_root=(); \
	if [ "$$(id -u)" -ne 0 ]; then \
		command -v sudo >/dev/null || { \
			echo "deps: missing: $${missing[*]}. There is no sudo here; as root run:" \
				"apt-get install $${missing[*]}" >&2; exit 1; }; \
		as_root=(sudo); \
	fi; \
	echo "deps: installing what is missing, as root: $${missing[*]}"; \
	"$${as_root[@]}" apt-get update -qq; \
	"$${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends "$${missing[@]}"

.PHONY: build
build: toolchain deps  ## Build for debugging
	$(SWIFT) build $(SWIFTFLAGS) --product holdfast

.PHONY: release
release: toolchain deps  ## Build for installing, with the Swift runtime linked in
	$(SWIFT) build $(SWIFTFLAGS) -c release --static-swift-stdlib --product holdfast

.PHONY: test
test: toolchain deps  ## Run every test
	$(SWIFT) build $(SWIFTFLAGS) --build-tests
	$(SWIFT) test $(SWIFTFLAGS) --skip-build --skip EndToEndTests
	$(SWIFT) test $(SWIFTFLAGS) --skip-build --filter EndToEndTests

# HOLDFAST_STRICT=1 makes Package.swift turn the warnings of our own targets into errors; those of
# the dependencies stay what they are.
.PHONY: conformance
conformance: toolchain deps  ## Compare adapters and simulated clouds with the vendors' documents
	$(SWIFT) build --build-tests $(SWIFTFLAGS)
	CONFORMANCE_SUITE='$(SWIFT) test --skip-build $(SWIFTFLAGS) --filter HoldfastProvidersTests' \
		Tests/Conformance/run "$(SPECS)" .build/debug/holdfast

.PHONY: lint
lint: toolchain deps  ## Check format, scripts and warnings
	$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_ROOMS)
	@if command -v shellcheck >/dev/null; then \
		echo "shellcheck $(SCRIPTS)"; shellcheck $(SCRIPTS); \
	else \
		echo "lint: shellcheck is not installed, so the scripts were not looked at"; \
	fi
	HOLDFAST_STRICT=1 $(SWIFT) build $(SWIFTFLAGS) --build-tests \
		--explicit-target-dependency-import-check error

.PHONY: format
format: toolchain  ## Format the Swift files in place
	$(SWIFT) format --in-place --recursive --parallel $(SWIFT_ROOMS)

.PHONY: demo
demo: build  ## Watch the real daemon at work for a minute
	@"$$($(SWIFT) build $(SWIFTFLAGS) --show-bin-path)/holdfast" demo

.PHONY: bench
bench: toolchain deps  ## Measure, each number beside its floor
	Benchmarks/run

.PHONY: install
install:  ## Install BINARY, unit, examples and manual pages below DESTDIR
	@test -x "$(BINARY)" || { \
		echo "install: there is no $(BINARY); run 'make release' first, or name another one with" \
			"BINARY=path" >&2; exit 1; }
	install -D -m 755 "$(BINARY)" "$(DESTDIR)$(PREFIX)/bin/holdfast"
	install -d "$(DESTDIR)$(UNITDIR)"
	sed 's|/usr/bin/holdfast|$(PREFIX)/bin/holdfast|' systemd/holdfast.service \
		> "$(DESTDIR)$(UNITDIR)/holdfast.service"
	chmod 644 "$(DESTDIR)$(UNITDIR)/holdfast.service"
	install -D -m 644 systemd/sysusers.d/holdfast.conf "$(DESTDIR)$(SYSUSERSDIR)/holdfast.conf"
	install -D -m 644 systemd/tmpfiles.d/holdfast.conf "$(DESTDIR)$(TMPFILESDIR)/holdfast.conf"
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/doc/holdfast/examples" config/holdfast.yaml
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/doc/holdfast/examples/conf.d" \
		config/conf.d/*.yaml
	@for page in docs/man/*.[1-8]; do \
		[ -e "$$page" ] || continue; \
		echo "install $$page"; \
		install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}" "$$page"; \
	done
	@if [ "$(CONFIG)" = 1 ]; then \
		if [ -e "$(DESTDIR)$(SYSCONFDIR)/holdfast/holdfast.yaml" ]; then \
			echo "install: $(SYSCONFDIR)/holdfast/holdfast.yaml is there already and stays"; \
		else \
			install -D -m 640 config/holdfast.yaml \
				"$(DESTDIR)$(SYSCONFDIR)/holdfast/holdfast.yaml"; \
		fi; \
	fi
	@if [ -z "$(DESTDIR)" ]; then \
		echo "install: now run 'systemd-sysusers && systemd-tmpfiles --create && systemctl" \
			"daemon-reload', write $(SYSCONFDIR)/holdfast/holdfast.yaml, and 'systemctl enable" \
			"--now holdfast'"; \
	fi

# A binary that is not linked statically brings the Swift runtime's libraries along.
.PHONY: acceptance
acceptance:  ## Try the installed service under a real systemd (needs SYSTEMD_BOOT and root)
	@if [ ! -x "$(SYSTEMD_BOOT)" ]; then \
		echo "acceptance: skipped: there is no harness at $(SYSTEMD_BOOT); name one with" \
			"SYSTEMD_BOOT=path"; \
	elif [ "$$(id -u)" -ne 0 ]; then \
		echo "acceptance: skipped: the harness boots a system and needs root"; \
	else \
		$(MAKE) acceptance-run; \
	fi

.PHONY: acceptance-run
acceptance-run:
	rm -rf $(ACCEPTANCE_TREE)
	@$(MAKE) install DESTDIR=$(ACCEPTANCE_TREE) BINARY="$(BINARY)" >/dev/null
	@ldd "$(BINARY)" | awk '/\/swift\/linux\// { print $$3 }' \
		| while read -r library; do \
			install -D -m 644 -t $(ACCEPTANCE_TREE)/usr/lib "$$library"; done
	"$(SYSTEMD_BOOT)" --root-extra $(ACCEPTANCE_TREE) --script Tests/Acceptance/service.sh \
		--package libsqlite3-0,zlib1g,zstd,tzdata --timeout 300 --out build/acceptance-out \
		--logs build/acceptance-logs

.PHONY: clean
clean:  ## Remove what was built
	rm -rf .build build
