# Roost - what can be done here:
#
#   make run [PORT=8080] [DIR=./var] [SERVER=lighttpd]
#                                      install what is missing, build, serve
#   make check                         install what tests need, run them all
#   make                               build (FLAVOUR=dev|release|asan|tsan)
#   make check-LAYER                   unit tests of one layer, e.g. check-rules
#   make e2e                           only the end-to-end tests
#   make e2e-code-server               the one of code-server, which it installs
#   make asan                          unit tests under ASan and UBSan
#   make tsan                          what has threads, under TSan
#   make fuzz [SECONDS=20]             fuzz what reads an outsider's bytes
#   make fuzz-long                     the same for an hour, over all of them
#   make soak [SECONDS=3600]           a busy site with kills, then counted
#   make bench                         benchmarks, as ratios against a floor
#   make format lint tidy              clang-format; style, layers; clang-tidy
#   make golden                        write tests/golden/ anew, after a look
#   make docs                          print the references from the tables
#   make install PREFIX=... WWW=...    copy programs and site files, no root
#   make code-server [CODE_SERVER=...] install code-server for workspaces
#   make clean

FLAVOUR ?= dev
B       := build/$(FLAVOUR)
CC      ?= gcc
WERROR  ?= -Werror
SECONDS ?= 20
CODE_SERVER ?= build/code-server

.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wformat=2 -Wvla -Wundef -Wcast-qual -Wcast-align -Wwrite-strings \
	-Wpointer-arith -Wstrict-prototypes -Wold-style-definition \
	-Wmissing-prototypes -Wredundant-decls -Wswitch-enum \
	-Wimplicit-fallthrough -Wdouble-promotion -Wnull-dereference
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE

OPT_dev     := -O2 -g -D_FORTIFY_SOURCE=2
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2 -DROOST_NO_FAULTS
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer \
	       -fno-sanitize-recover=undefined -Wno-null-dereference
OPT_tsan    := -O1 -g -fsanitize=thread -Wno-null-dereference
OPT_fuzz    := $(OPT_asan)
# What clang says about macros of system headers, and gcc does not; and that
# a long text of a list goes on in the next line.
OPT_clang   := $(OPT_dev) -Wno-gnu-statement-expression -Wno-cast-align \
	       -Wno-cast-qual -Wno-string-concatenation
ifeq ($(FLAVOUR),clang)
CC          := clang-14
endif

CFLAGS_ALL := -std=gnu11 -D_GNU_SOURCE -Ilib -I. -Itests -MMD -MP $(WARN) $(WERROR) \
	$(HARDEN) $(OPT_$(FLAVOUR)) $(CFLAGS)
LDFLAGS_ALL := -pie -Wl,-z,relro,-z,now $(filter -fsanitize%,$(OPT_$(FLAVOUR))) \
	$(LDFLAGS)

# The house: which folder may use which. tests/layers.sh reads the same rows,
# and a layer's tests link with nothing else.
LAYERS := base rules store service engine home archive reconcile web net docker
USES_base      := base
USES_rules     := rules base
USES_store     := store rules base
USES_service   := service store rules base
USES_engine    := engine docker net rules base
USES_home      := home docker net rules base
USES_archive   := archive net rules base
USES_reconcile := reconcile store engine home archive docker net rules base
USES_web       := web base
USES_net       := net base
USES_docker    := docker net base
USES_cgi       := cgi service web store home archive docker net rules base
USES_cron      := cron reconcile store engine home archive docker net rules base
USES_ctl       := ctl reconcile service store engine home archive docker net rules base

# Third-party libraries, each only where its layer needs it.
NEED_base    := -lcrypto -lpthread
NEED_store   := -lsqlite3
NEED_service := -lcrypt
NEED_archive := -larchive
NEED_cgi     := -lfcgi -ljson-c
NEED_web     := -ljson-c
NEED_net     := -lcurl
NEED_docker  := -ljson-c
NEED_archive += -ljson-c -lexpat

uses = $(foreach l,$(USES_$(1)),$(B)/lib/$(l).a)
need = $(sort $(foreach l,$(USES_$(1)),$(NEED_$(l))))

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

PROGRAMS := $(addprefix $(B)/bin/,roost.fcgi roost-gate.fcgi roost-reconcile roostctl)
# In the order in which they run: the long ones first, so that none of them
# runs alone at the end.
TESTS    := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/sweep_*.c) \
	    $(wildcard tests/contract_*.c) $(wildcard tests/test_*.c))
BENCHES  := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/bench_*.c bench/load.c))
TESTAPPS := $(if $(wildcard tests/app/*.c),$(B)/tests/app/wsapp)

all: $(PROGRAMS) $(TESTAPPS)

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo '  CC  $<'
	@$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/obj/lib/store/schema.o: schema.sql
$(B)/obj/ctl/share.o: share/roost.conf share/apps.conf

define layer_rule
$(B)/lib/$(1).a: $(call obj,$(wildcard lib/$(1)/*.c))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

# The handler's parts as a library too, so that tests reach them.
$(B)/lib/cgi.a: $(call obj,$(filter-out cgi/main.c cgi/gate_main.c,$(wildcard cgi/*.c)))
$(B)/lib/cron.a: $(call obj,$(filter-out cron/main.c,$(wildcard cron/*.c)))
$(B)/lib/ctl.a: $(call obj,$(filter-out ctl/main.c,$(wildcard ctl/*.c)))
$(B)/lib/cgi.a $(B)/lib/cron.a $(B)/lib/ctl.a:
	@mkdir -p $(@D)
	@rm -f $@
	@$(AR) rcs $@ $^

# What tests share; an archive, so that a test takes only what it uses.
$(B)/lib/support.a: $(call obj,$(wildcard tests/support/*.c))
	@mkdir -p $(@D)
	@rm -f $@
	@$(AR) rcs $@ $^

define program_rule
$(B)/bin/$(1): $(B)/obj/$(2).o $(call uses,$(3))
	@mkdir -p $$(@D)
	@$(CC) $(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
		$(call need,$(3)) $(LDLIBS)
endef
$(eval $(call program_rule,roost.fcgi,cgi/main,cgi))
$(eval $(call program_rule,roost-gate.fcgi,cgi/gate_main,cgi))
$(eval $(call program_rule,roost-reconcile,cron/main,cron))
$(eval $(call program_rule,roostctl,ctl/main,ctl))

# tests/test_LAYER_WHAT.c links with what LAYER may use, and with what the
# test itself names in its first lines: /* links: layer ... */
layer_of = $(or $(word 2,$(subst _, ,$(notdir $(1)))),base)
define test_rule
$(B)/$(1): $(B)/obj/$(1).o $(B)/lib/support.a \
		$(sort $(call uses,$(call layer_of,$(1))) $(foreach l,$(call extra,$(1)),$(call uses,$(l))))
	@mkdir -p $$(@D)
	@$(CC) $(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
		$(sort $(call need,$(call layer_of,$(1))) $(foreach l,$(call extra,$(1)),$(call need,$(l)))) \
		-lcheck -lsubunit -lssl -lcrypto -lm -lrt -lpthread $(LDLIBS)
endef
extra = $(shell sed -n 's@^/\* links: \(.*\) \*/@\1@p;10q' $(1).c)
$(foreach t,$(TESTS),$(eval $(call test_rule,$(patsubst $(B)/%,%,$(t)))))

# bench/bench_LAYER_WHAT.c likewise (what to print: bench/run).
define bench_rule
$(B)/$(1): $(B)/obj/$(1).o $(B)/lib/support.a \
		$(sort $(call uses,$(call layer_of,$(1))) $(foreach l,$(call extra,$(1)),$(call uses,$(l))))
	@mkdir -p $$(@D)
	$(CC) $(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group \
		$(sort $(call need,$(call layer_of,$(1))) $(foreach l,$(call extra,$(1)),$(call need,$(l)))) \
		-lm -lpthread $(LDLIBS)
endef
$(foreach t,$(BENCHES),$(eval $(call bench_rule,$(patsubst $(B)/%,%,$(t)))))

$(B)/tests/app/wsapp: $(call obj,$(wildcard tests/app/*.c))
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcrypto -lpthread

# Tests of instances start the test application.
$(foreach t,$(TESTS),$(if $(findstring _engine_,$(t))$(findstring _home_,$(t)),$(t))): | $(TESTAPPS)

# Unit tests of one layer: make check-rules
check-%: FORCE
	@$(MAKE) --no-print-directory $(filter $(B)/tests/test_$*_% $(B)/tests/contract_$*_% $(B)/tests/sweep_$*_%,$(TESTS))
	@tests/run-unit $(filter $(B)/tests/test_$*_% $(B)/tests/contract_$*_% $(B)/tests/sweep_$*_%,$(TESTS))

unit: $(PROGRAMS) $(TESTAPPS) $(TESTS)
	@tests/run-unit $(TESTS)

# Everything that the tests run, without running it.
build-tests: $(PROGRAMS) $(TESTAPPS) $(TESTS)

check: deps-test
	@$(MAKE) --no-print-directory check-all

check-all:
	@tests/check-all

e2e: all
	@tests/run-e2e

e2e-code-server: all code-server
	@CODE_SERVER="$(abspath $(CODE_SERVER))" tests/run-e2e code-server.test.mjs

# What the sweeps find by trying each point is found by unit; here a part of
# them will do.
asan:
	@SWEEP_STEP=$${SWEEP_STEP:-6} $(MAKE) --no-print-directory FLAVOUR=asan unit

# The handler's threads: its programs, and what runs in them.
THREADED := test_cgi_program test_cgi_wait test_cgi_app
tsan:
	@$(MAKE) --no-print-directory FLAVOUR=tsan tsan-run

tsan-run: $(PROGRAMS) $(addprefix $(B)/tests/,$(THREADED))
	@TSAN_OPTIONS="halt_on_error=1 $$TSAN_OPTIONS" \
		tests/run-unit $(addprefix $(B)/tests/,$(THREADED))

deps-%: FORCE
	@tools/deps $*

run: deps-run
	@$(MAKE) --no-print-directory --quiet all >&2
	@exec tools/run "$(PORT)" "$(DIR)" "$(SERVER)"

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

# The pages that tests compare with: git diff shows what has changed.
golden: $(B)/tests/test_cgi_golden
	@GOLDEN_KEEP=1 $(B)/tests/test_cgi_golden

lint:
	@tests/lint

# Slow, and finer than lint: clang-tidy with the checks of .clang-tidy.
tidy:
	@git ls-files 'lib/*.c' 'cgi/*.c' 'cron/*.c' 'ctl/*.c' | \
		xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$$@" -- \
		-std=gnu11 -D_GNU_SOURCE -Ilib -I. 2>/dev/null' tidy

build-bench: all $(BENCHES)

# What people install is measured: without fault points.
bench:
	@$(MAKE) --no-print-directory FLAVOUR=release bench-run

bench-run: build-bench
	@FLAVOUR=$(FLAVOUR) bench/run

fuzz:
	@tests/fuzz/run $(SECONDS)

# An hour over all of them, or SECONDS for each.
fuzz-long: SECONDS = $(shell expr 3600 / $(words $(wildcard tests/fuzz/fuzz_*.c)))
fuzz-long:
	@tests/fuzz/run $(SECONDS)

# Not part of check: tests/soak/soak.mjs says what else can be set.
soak: SECONDS = 3600
soak: all
	@SECONDS=$(SECONDS) node tests/soak/soak.mjs

docs: all
	@tools/docs

install:
	@$(MAKE) --no-print-directory --quiet FLAVOUR=release all
	@tools/install "$(PREFIX)" "$(WWW)"

code-server:
	@tools/code-server "$(abspath $(CODE_SERVER))"

clean:
	rm -rf build

FORCE:
.PHONY: all golden help unit build-tests build-bench tidy check check-all e2e e2e-code-server asan tsan tsan-run run format lint bench bench-run fuzz fuzz-long soak \
	docs install code-server clean FORCE

-include $(shell test -d $(B)/obj && find $(B)/obj -name '*.d')
