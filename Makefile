# brig: one page. `make help` lists the targets.
VERSION  := 0.1.0
PREFIX   ?= /usr
SYSCONF  ?= /etc
BUILD    ?= build
CC       ?= gcc
V        ?=
Q        := $(if $(V),,@)

WARN := -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wcast-qual -Wundef -Wnull-dereference -Wwrite-strings \
	-Wimplicit-fallthrough -Wswitch-enum
GCC_WARN := -Wduplicated-cond -Wduplicated-branches -Wlogical-op
HARDEN := -O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fPIE \
	-ftrivial-auto-var-init=zero
ARCH := $(shell $(CC) -dumpmachine | cut -d- -f1)
probe = $(shell $(CC) $(1) -Werror -x c -c -o /dev/null /dev/null 2>/dev/null && echo $(1))
IS_CLANG := $(findstring clang,$(shell $(CC) --version))
HARDEN += $(call probe,-fzero-call-used-regs=used-gpr) $(call probe,-fstrict-flex-arrays=3)
HARDEN += $(if $(filter x86_64,$(ARCH)),-fcf-protection=full) $(if $(filter aarch64,$(ARCH)),-mbranch-protection=standard)
LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed,--hash-style=gnu

COMMIT := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
CPPFLAGS += -D_GNU_SOURCE -Isrc -DBRIG_SYSCONF='"$(SYSCONF)"' -DBRIG_PREFIX='"$(PREFIX)"'
CFLAGS   ?= -g
ALL_CFLAGS := -std=gnu2x $(WARN) $(if $(IS_CLANG),,$(GCC_WARN)) $(if $(SANITIZE),-O1 -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer,$(HARDEN)) \
	$(if $(COVERAGE),--coverage -O0 -U_FORTIFY_SOURCE -DBRIG_COVERAGE,) -ffile-prefix-map=$(CURDIR)=. $(CPPFLAGS) $(CFLAGS)
LIBS := -lyajl -lcap -ldl

SOURCES := $(sort $(wildcard src/base/*.c src/spec/*.c src/policy/*.c src/plan/*.c src/launch/*.c src/kernel/*.c src/container/*.c src/cli/*.c))
LIB_SOURCES := $(filter-out src/cli/main.c,$(SOURCES))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
UNIT := $(sort $(wildcard tests/unit/test_*.c))
UNIT_PROGRAMS := $(UNIT:tests/unit/%.c=$(BUILD)/unit/%)

.DEFAULT_GOAL := all
.SUFFIXES:
.DELETE_ON_ERROR:

all: $(BUILD)/brig ## build brig

$(BUILD)/brig: $(BUILD)/src/cli/main.o $(BUILD)/libbrig.a
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libbrig.a: $(LIB_OBJECTS)
	$(Q)rm -f $@ && ar rcsD $@ $^

$(BUILD)/%.o: %.c
	@echo "  CC    $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libbrig.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP $(LINK) -o $@ $< $(BUILD)/libbrig.a -lcmocka $(LIBS)

test-unit: $(UNIT_PROGRAMS) ## unit tests (one: make test-unit UNIT=tests/unit/test_json.c)
	$(Q)fail=0; for t in $^; do $$t || fail=1; done; exit $$fail

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: all test-unit clean help
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
