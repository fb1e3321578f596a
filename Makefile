# brig: one page. `make help` lists the targets; V=1 shows the commands.
VERSION := 0.1.0
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
PREFIX  ?= /usr
SYSCONF ?= /etc
DESTDIR ?=
V       ?=
Q       := $(if $(V),,@)
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
MAKEFLAGS += $(if $(filter 0,$(MAKELEVEL)),--jobs=$(shell nproc))

# Variants, each with a folder of its own: make SANITIZE=address,undefined | COVERAGE=1
BUILD ?= build$(if $(SANITIZE),/san)$(if $(COVERAGE),/coverage)

# --- flags -------------------------------------------------------------------------------------

# Those that one of the compilers, or an older release of it, does not know are asked for first.
probe    = $(shell $(CC) -Werror $(1) -x c -c -o /dev/null /dev/null 2>/dev/null && echo '$(1)')
MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)

WARN := -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wcast-qual -Wundef -Wnull-dereference -Wwrite-strings \
	-Wimplicit-fallthrough -Wswitch-enum -Wno-missing-field-initializers \
	$(call probe,-Wduplicated-cond -Wduplicated-branches -Wlogical-op)
# -Os: a command of some milliseconds is as fast with it, and its peak memory is mostly code.
HARDEN := -Os -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fPIE \
	$(call probe,-ftrivial-auto-var-init=zero) $(call probe,-fzero-call-used-regs=used-gpr) \
	$(call probe,-fstrict-flex-arrays=3) \
	$(if $(filter x86_64%,$(MACHINE)),-fcf-protection=full) \
	$(if $(filter aarch64%,$(MACHINE)),-mbranch-protection=standard)
LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed,--hash-style=gnu,--build-id=sha1 \
	$(shell grep -q GLIBC_ABI_DT_RELR "$$($(CC) -print-file-name=libc.so.6)" && \
	[ -z "$$($(CC) -shared -nostdlib -Wl,-z,pack-relative-relocs -x c -o /dev/null /dev/null 2>&1)" ] && \
	echo -Wl,-z,pack-relative-relocs)
CHECKED := -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
# Counters that are a shared mapping of a file: what has left the host's root, or is killed, counts too.
COUNTED := -O0 -fprofile-instr-generate=$(abspath $(BUILD))/raw/%m%c.profraw -fcoverage-mapping \
	-mllvm -runtime-counter-relocation -Wno-unused-command-line-argument -Wno-error

CFLAGS   ?= -g
CPPFLAGS := -D_GNU_SOURCE -Isrc -DBRIG_SYSCONF='"$(SYSCONF)"' -DBRIG_PREFIX='"$(PREFIX)"'
FLAGS    := -std=gnu2x $(WARN) $(if $(SANITIZE),$(CHECKED),$(if $(COVERAGE),$(COUNTED),$(HARDEN))) \
	-ffile-prefix-map=$(CURDIR)=. $(CPPFLAGS) $(CFLAGS)
# From their archives where the distribution has them: the loader would open, map and relocate each of
# the shared ones at each command. STATIC= (empty) links those.
STATIC   ?= 1
library   = $(if $(and $(STATIC),$(filter /%,$(shell $(CC) -print-file-name=$(1)))),-l:$(1),$(2))
LIBS     := $(call library,libyajl_s.a,-lyajl) $(call library,libcap.a,-lcap)

# --- what is built -----------------------------------------------------------------------------

SOURCES := $(sort $(wildcard $(foreach d,base spec policy plan launch kernel container cli,src/$(d)/*.c)))
SOURCES := $(filter-out src/base/fault_kill.c,$(SOURCES))
LIBRARY := $(patsubst %.c,$(BUILD)/%.o,$(filter-out src/cli/main.c,$(SOURCES)))
UNIT    := $(sort $(wildcard tests/unit/test_*.c))
FUZZ    := $(sort $(wildcard tests/fuzz/fuzz_*.c))
DEB     := build/deb/brig_$(VERSION)_$(shell dpkg --print-architecture 2>/dev/null).deb
TOOLS   := $(BUILD)/tests/attack/overwrite.so $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/lib/*.c tests/attack/*.c tests/soak/*.c contrib/bench/*.c)))
ASSUME  := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/assumptions/*.c)))
PAGES   := $(patsubst docs/man/%.scd,$(BUILD)/man/%,$(sort $(wildcard docs/man/*.scd)))

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/brig ## build brig

$(BUILD)/brig: $(BUILD)/src/cli/main.o $(BUILD)/libbrig.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(FLAGS) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

# The same objects, but for one: that of the archive is not looked for when fault_point() is there.
$(BUILD)/fault/brig: $(BUILD)/src/cli/main.o $(BUILD)/src/base/fault_kill.o $(BUILD)/libbrig.a
	@echo "  LINK  $@"
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libbrig.a: $(LIBRARY)
	$(Q)rm -f $@ && ar qcsD $@ $^

$(BUILD)/%.o: %.c $(BUILD)/flags
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) $(DEFINES) -MMD -MP -c -o $@ $<

$(BUILD)/src/cli/version.o: DEFINES := -DBRIG_VERSION='"$(VERSION)"' -DBRIG_COMMIT='"$(COMMIT)"'
$(BUILD)/src/cli/version.o: $(BUILD)/commit

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libbrig.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -Itests/unit -MMD -MP $(LINK) $(LDFLAGS) -o $@ $< $(BUILD)/libbrig.a -lcmocka $(LIBS)

$(BUILD)/golden/%: tests/golden/%.c $(BUILD)/libbrig.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -MMD -MP $(LINK) $(LDFLAGS) -o $@ $< $(BUILD)/libbrig.a $(LIBS)

$(BUILD)/lint/%: tests/lint/%.c $(BUILD)/libbrig.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -MMD -MP $(LINK) $(LDFLAGS) -o $@ $< $(BUILD)/libbrig.a $(LIBS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/libbrig.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< $(BUILD)/libbrig.a $(LIBS)

# Helpers of the tests run inside containers without libc: static, and ours to the last byte.
$(filter-out %.so,$(TOOLS)) $(ASSUME): $(BUILD)/%: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -MMD -MP -static-pie $(LDFLAGS) -o $@ $<

# One that stands in for ld.so starts without libc, and so without counters.
$(BUILD)/tests/attack/loader: private FLAGS := $(filter-out -fprofile-instr-generate% -fcoverage-mapping,$(FLAGS)) \
	-nostartfiles -Wl,--entry=load -fno-stack-protector

$(BUILD)/%.so: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(FLAGS) -MMD -MP -MF $@.d -shared -fPIC -Wl,-init=main $(LDFLAGS) -o $@ $<

$(BUILD)/man/%: docs/man/%.scd
	@mkdir -p $(@D)
	$(Q)scdoc < $< > $@

# Objects follow the flags and the commit that they were made with.
keep = $(shell mkdir -p $(@D); echo '$(subst ','\'',$(1))' | cmp -s - $@ || echo '$(subst ','\'',$(1))' > $@)
$(BUILD)/flags: .FORCE
	$(call keep,$(CC) $(FLAGS))
$(BUILD)/commit: .FORCE
	$(call keep,$(VERSION) $(COMMIT))

man: $(PAGES) ## the manual pages

compdb: $(BUILD)/compile_commands.json ## compile_commands.json for editors and analysers
	$(Q)ln -sf $< compile_commands.json

escape = $(subst ",\",$(subst \,\\,$(1)))
$(BUILD)/compile_commands.json: $(BUILD)/flags $(BUILD)/commit Makefile $(SOURCES) $(UNIT)
	$(file > $@,[)
	$(foreach s,$(SOURCES) $(UNIT) $(wildcard tests/lib/*.c tests/attack/*.c tests/soak/*.c contrib/bench/*.c),$(file >> $@, \
	{"directory": "$(CURDIR)"$(,) "file": "$(s)"$(,) "command": "$(call escape,$(CC) -std=gnu2x $(CPPFLAGS) -Itests/unit -DBRIG_VERSION='"$(VERSION)"' -DBRIG_COMMIT='"$(COMMIT)"' -c $(s))"}$(,)))
	$(file >> $@, {"directory": "$(CURDIR)"$(,) "file": "src/base/fault_kill.c"$(,) "command": "$(CC) -std=gnu2x -D_GNU_SOURCE -Isrc -c src/base/fault_kill.c"}])
	@:
, := ,

# --- tests: every suite prints TAP; tests/lib/check adds it up ----------------------------------

# What tests brig on this machine; what looks at the sources and at builds of other kinds.
HOST  := test-unit test-golden test-schema test-assumptions test-integration test-attack test-fault
GATES := lint test-defences test-unit-sanitized test-build test-aarch64 test-fuzz test-soak coverage
GUESTS := test-vm-trixie test-vm-bookworm test-vm-sid test-vm-engines

# The guests' images are made beside the suites of the host.
check: deps ## every suite; the last line counts what passed, failed and was skipped
	$(Q)mkdir -p build && $(MAKE) --no-print-directory vm-images >build/vm-images.log 2>&1 &
	$(Q)tests/lib/check "$(MAKE)" $(HOST) $(GATES) $(GUESTS)

check-host: ## brig on this machine: unit tests, real containers, attacks, faults
	$(Q)tests/lib/check "$(MAKE)" $(HOST)

check-guests: ## brig on the kernels of three Debian releases, in virtual machines
	$(Q)tests/lib/check "$(MAKE)" $(GUESTS)

check-gates: ## the sources: analysers, sanitizers, other compilers, fuzzing, the soak, coverage
	$(Q)tests/lib/check "$(MAKE)" $(GATES)

test-unit: $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT)) ## unit tests (one: make test-unit UNIT=tests/unit/test_json.c)
	$(Q)tests/lib/run-programs unit $^

test-unit-sanitized: ## the same under ASan and UBSan
	$(Q)$(MAKE) --no-print-directory SANITIZE=address,undefined test-unit

test-aarch64: ## the tree for aarch64, by Debian's cross compiler; its unit tests under qemu-user
	$(Q)tests/lib/aarch64 "$(MAKE)" $(sort $(filter lib%-dev,$(DEPS_BUILD) $(DEPS_TEST)))
helpers: $(TOOLS) $(ASSUME)
unit-programs: $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT))

test-golden: $(BUILD)/golden/plan_dump ## bundle + policy + host facts = the plan, to the letter (GOLDEN_UPDATE=1: write the plans)
	$(Q)BUILD=$(BUILD) tests/golden/run

test-schema: $(BUILD)/brig $(BUILD)/golden/plan_dump $(BUILD)/lint/properties ## the JSON Schema and the examples of the OCI runtime specification
	$(Q)$(BATS) tests/schema/schema.bats

test-assumptions: $(ASSUME) ## what is relied on the kernel to do
	$(Q)tests/lib/run-programs assumptions $^

BATS = BRIG_BUILD=$(abspath $(BUILD)) tests/lib/run-bats
test-integration: $(BUILD)/brig $(TOOLS) ## real containers (one file: make test-integration TESTS=tests/integration/run.bats)
	$(Q)$(BATS) $(or $(TESTS),$(sort $(wildcard tests/integration/*.bats)))

test-attack: $(BUILD)/brig $(BUILD)/fault/brig $(TOOLS) ## ways out that must be shut
	$(Q)$(BATS) $(or $(TESTS),$(sort $(wildcard tests/attack/*.bats)))

test-defences: $(BUILD)/brig $(BUILD)/fault/brig $(TOOLS) ## the attacks again, each on a brig that lacks one defence, where it must succeed (WITHOUT=close-range)
	$(Q)BUILD=$(BUILD) tests/attack/without/run "$(MAKE)" $(WITHOUT)

test-fault: $(BUILD)/brig $(BUILD)/fault/brig $(TOOLS) ## kill -9 of brig at each step, full disks, 200 containers at once
	$(Q)$(BATS) $(or $(TESTS),$(sort $(wildcard tests/fault/*.bats)))

fault: $(BUILD)/fault/brig ## a brig that dies at the step that BRIG_FAULT names, for the tests

SOAK = $(Q)SOAK_CYCLES=$(1) $(BATS) tests/soak/soak.bats
soak: $(BUILD)/brig $(BUILD)/fault/brig $(TOOLS) ## 2,000 cycles of create to delete, brig killed in between, here and in a guest (SOAK_CYCLES=, SOAK_SEED=)
	$(call SOAK,$(or $(SOAK_CYCLES),2000))
	$(Q)tests/vm/run --timeout 7200 -- env BRIG_TEST_COMPLETE=1 SOAK_CYCLES=$(or $(SOAK_CYCLES),2000) SOAK_SEED=$(SOAK_SEED) \
		tests/lib/run-bats tests/soak/soak.bats

test-soak: $(BUILD)/brig $(BUILD)/fault/brig $(TOOLS) ## the same, 200 of them
	$(call SOAK,$(or $(SOAK_CYCLES),200))

test-vm-engines test-vm-sid: $(DEB)
test-vm-trixie test-vm-bookworm test-vm-sid test-vm-engines: test-vm-%: $(BUILD)/brig $(BUILD)/fault/brig $(TOOLS) ## the last three in a guest with the kernel of trixie, bookworm or sid; engines that run brig
	$(Q)tests/vm/suites $*

vm-images: ## make what the guests need, ahead of time
	$(Q)for name in qemu trixie bookworm sid; do tests/vm/image $$name || true; done

test-build: $(BUILD)/brig ## the same sources make the same binary in any folder; clang builds them too
	$(Q)tests/lib/run-programs build tests/build/*

FUZZ_SECONDS ?= 20
test-fuzz fuzz: ## libFuzzer, FUZZ_SECONDS=60 for each parser
	$(Q)$(MAKE) --no-print-directory CC=clang SANITIZE=address,undefined,fuzzer-no-link BUILD=build/fuzz fuzz-programs >&2
	$(Q)tests/fuzz/run $(FUZZ_SECONDS) $(patsubst tests/fuzz/%.c,build/fuzz/fuzz/%,$(FUZZ))
fuzz-programs: $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ))

lint: $(BUILD)/brig $(BUILD)/lint/properties $(BUILD)/compile_commands.json ## formatting, clang-tidy, cppcheck, shellcheck, include arrows, documents
	$(Q)BUILD=$(BUILD) tests/lib/run-programs lint $(filter-out %.c,$(sort $(wildcard tests/lint/*)))

analyze: ## gcc -fanalyzer (but for leaks: an arena's list of chunks is beyond it)
	$(Q)$(MAKE) --no-print-directory CC=gcc BUILD=build/analyze CFLAGS="-fanalyzer -Wno-analyzer-malloc-leak -Wno-error" all 2>&1 | \
		tee build/analyze.log; ! grep -q -- '\[-Wanalyzer' build/analyze.log

asan: ## brig with ASan and UBSan, in build/san
	$(Q)$(MAKE) --no-print-directory SANITIZE=address,undefined all

coverage: ## of lines and branches; in build/coverage/lines.info those that no test reaches
	$(Q)tests/lib/coverage "$(MAKE)"

# --- on a machine ------------------------------------------------------------------------------

DEPS_BUILD := gcc make libc6-dev libyajl-dev libcap-dev libseccomp-dev libmnl-dev \
	libsystemd-dev libseccomp2 libmnl0 libsystemd0
DEPS_DEMO  := busybox-static jq
DEPS_TEST  := git clang clang-format clang-tidy cppcheck shellcheck libcmocka-dev bats llvm scdoc \
	python3 python3-jsonschema strace uidmap iproute2 procps systemd dbus bindfs gcc-aarch64-linux-gnu qemu-user \
	debhelper dh-apparmor lintian
DEPS_VM    := mmdebstrap debian-archive-keyring e2fsprogs cpio xz-utils zstd

install-packages = $(Q)missing=$$(dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(1) 2>/dev/null | \
	awk '$$2 == "installed" { have[$$1] } END { n = split("$(1)", want); for (i = 1; i <= n; i++) \
	if (!(want[i] in have)) print want[i] }'); [ -z "$$missing" ] || { apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; }

deps-build: ## install what building and installing need
	$(call install-packages,$(DEPS_BUILD) scdoc)

deps: ## install what building and testing need (Debian 12 and 13, Ubuntu 24.04)
	$(call install-packages,$(DEPS_BUILD) $(DEPS_DEMO) $(DEPS_TEST) $(DEPS_VM))
	$(Q)clang=$$(clang -dumpversion | cut -d. -f1); [ -e "$$(clang -print-resource-dir)/lib/linux" ] || \
		DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libclang-rt-$$clang-dev

demo: ## build brig and show what a workload in it sees, and what it cannot do
	$(call install-packages,$(DEPS_BUILD) $(DEPS_DEMO))
	$(Q)$(MAKE) --no-print-directory all
	$(Q)contrib/demo/demo.sh build/brig

bench: $(BUILD)/brig $(TOOLS) ## brig beside bubblewrap, crun, runc and bare system calls
	$(Q)BUILD=$(BUILD) contrib/bench/bench.sh

SHARE := $(DESTDIR)$(PREFIX)/share
install: all man ## install brig, its profiles, pages and completions (DESTDIR=, PREFIX=/usr, SYSCONF=/etc)
	install -D -m 755 $(BUILD)/brig $(DESTDIR)$(PREFIX)/bin/brig
	install -d $(SHARE)/brig/seccomp $(SHARE)/man/man1 $(SHARE)/man/man5 $(SHARE)/man/man7
	install -m 644 seccomp-profiles/*.json seccomp-profiles/README.md $(SHARE)/brig/seccomp
	$(foreach p,$(PAGES),install -m 644 $(p) $(SHARE)/man/man$(subst .,,$(suffix $(p)));)
	install -D -m 644 contrib/completions/brig.bash $(SHARE)/bash-completion/completions/brig
	install -D -m 644 contrib/completions/_brig $(SHARE)/zsh/site-functions/_brig
	install -D -m 644 contrib/completions/brig.fish $(SHARE)/fish/vendor_completions.d/brig.fish
	install -D -m 644 contrib/apparmor/brig-default $(DESTDIR)$(SYSCONF)/apparmor.d/brig-default
	install -D -m 644 contrib/policy.json $(SHARE)/brig/policy.json
	install -D -m 755 -t $(SHARE)/brig/prometheus contrib/prometheus/brig-textfile
	install -m 644 -t $(SHARE)/brig/prometheus contrib/prometheus/*.service contrib/prometheus/*.timer
	[ -e $(DESTDIR)$(SYSCONF)/brig/policy.json ] || \
		install -D -m 644 contrib/policy.json $(DESTDIR)$(SYSCONF)/brig/policy.json
	[ -n "$(DESTDIR)" ] || ! grep -qs Y /sys/module/apparmor/parameters/enabled || \
		apparmor_parser -r $(SYSCONF)/apparmor.d/brig-default

# In a folder of its own: debhelper writes beside what it packs.
deb: $(DEB) ## the Debian package, in build/deb
$(DEB): $(wildcard src/*/*.[ch] seccomp-profiles/* contrib/*/* contrib/policy.json contrib/debian/source/* docs/man/*) Makefile
	$(Q)rm -rf build/deb && mkdir -p build/deb/brig
	$(Q)cp -r Makefile *.md LICENSE src seccomp-profiles contrib docs build/deb/brig && mv build/deb/brig/contrib/debian build/deb/brig
	$(Q)cd build/deb/brig && COMMIT=$(COMMIT) MAKEFLAGS= MAKELEVEL= dpkg-buildpackage --build=binary --no-sign >../log 2>&1 || { tail -n 30 ../log; exit 1; }
	$(Q)rm -rf build/deb/brig

uninstall: ## remove what install put there; the policy in /etc/brig stays
	rm -f $(DESTDIR)$(PREFIX)/bin/brig $(SHARE)/bash-completion/completions/brig
	rm -f $(SHARE)/zsh/site-functions/_brig $(SHARE)/fish/vendor_completions.d/brig.fish
	rm -f $(foreach p,$(PAGES),$(SHARE)/man/man$(subst .,,$(suffix $(p)))/$(notdir $(p)))
	rm -rf $(SHARE)/brig
	[ -n "$(DESTDIR)" ] || ! grep -qs '^brig-default ' /sys/kernel/security/apparmor/profiles || \
		apparmor_parser -R $(SYSCONF)/apparmor.d/brig-default
	rm -f $(DESTDIR)$(SYSCONF)/apparmor.d/brig-default

clean: ## remove what was built
	rm -rf $(BUILD) compile_commands.json

help: ## list the targets
	@grep -hE '^[a-z-]+( [a-z-]+)*:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 22

.FORCE:
.PHONY: all man compdb check check-host check-gates fault soak test-soak test-unit test-unit-sanitized test-golden test-schema test-assumptions \
	test-integration test-attack test-defences test-fault test-vm-trixie test-vm-bookworm test-vm-sid test-vm-engines vm-images check-guests \
	test-aarch64 helpers unit-programs test-build test-fuzz fuzz fuzz-programs lint analyze asan \
	coverage deps deps-build demo bench deb install uninstall clean help .FORCE
-include $(shell find $(BUILD) -name '*.d' -type f -not -path '*/bench/*' 2>/dev/null)
