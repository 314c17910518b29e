# The front door. Everything else is `build/bin/xtask`; see README.md.
#   make        the tool                    make run    set up, build the system, boot it
#   make test   set up, run every test      make unit   host tests only
#   make coverage  lines of xtask that tests reach    make valgrind  the tool under valgrind
#   make fuzz   parsers, for a bounded time make bench  measurements beside their peers
#   make soak   builds that crash, volumes that lose power, thousands of times; random system calls for an hour
#   make install  the tool on the PATH      make setup  install what is missing
#   V=1     with any of them: print the commands
MAKEFLAGS += -rR
.DELETE_ON_ERROR:
# V=1 prints every command.
ifndef V
.SILENT:
endif
.PHONY: all setup run test unit tests fuzz bench soak install coverage valgrind
CC = gcc
PREFIX = /usr/local
ARGS =
FUZZ_SECONDS = 20
SOAK_ROUNDS = 2000
SOAK_SECONDS = 3600
SOAK_SEED = $(shell date +%s)
JOBS = $(shell nproc)

HOST_LIBS = agent base erofs fault_rules
FLAGS = $(shell cat config/flags/common.txt config/flags/host.txt) -ffile-prefix-map='$(CURDIR)'=. \
	-Ixtask $(HOST_LIBS:%=-Ilibs/%/include) $(WERROR)
# Instrumented code gives gcc false warnings of these kinds.
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined -O1 \
	-Wno-format-truncation -Wno-format-overflow -Wno-null-dereference -Wno-maybe-uninitialized
LINK = -l:libcrypto.a -l:libjansson.a -ldl -lpthread
BENCHES = $(patsubst %.c,build/%,$(wildcard bench/*.c))
FUZZERS = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SHARES = $(FUZZERS:%=build/test/tests/fuzz/%)

TOOL = $(filter-out xtask/unpack/%,$(wildcard xtask/*/*.c xtask/*/*/*.c)) $(wildcard $(HOST_LIBS:%=libs/%/*.c))
UNPACK = $(wildcard xtask/unpack/*.c) xtask/os/files.c xtask/os/paths.c xtask/os/text.c $(wildcard libs/base/*.c)
# Kernel and program code that needs no CPU is tested on the host, from the same files.
TARGET_INCLUDES = -Ikernel -Ibuild/gen -Itests/fakes $(addprefix -I,$(filter-out libs/memory/%,$(wildcard libs/*/include))) -iquote services/vfsd
# In this order for the linker: code of the target uses libraries of the tool, too.
TESTED = tool.a target.a tool.a
TARGET = $(shell cat tests/unit/host_sources.txt)
UNIT = $(patsubst %.c,build/test/%,$(shell find tests/unit tests/oracle -name 'test_*.c' 2>/dev/null))

all: build/bin/xtask build/bin/xtask-unpack

build/bin/xtask: $(patsubst %.c,build/host/%.o,xtask/main.c $(TOOL))
	@mkdir -p $(@D)
	@# libcrypto's network part warns about static linking; nothing here uses it.
	$(CC) -static -o $@ $^ $(LINK) 2>$@.log || { cat $@.log; false; }

build/bin/xtask-unpack: $(UNPACK:%.c=build/host/%.o)
	@mkdir -p $(@D)
	$(CC) -o $@ $^ -larchive

build/host/%.o: %.c config/flags/common.txt config/flags/host.txt
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -c -o $@ $<

build/test/%.o: %.c build/gen/.made
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(SANITIZE) $(TARGET_INCLUDES) -MMD -MP -c -o $@ $<

build/gen/.made: build/bin/xtask $(wildcard registry/* registry/interfaces/* config/*.toml config/presets/*)
	build/bin/xtask gen --quiet
	@touch $@

build/test/tool.a: $(TOOL:%.c=build/test/%.o)
	@rm -f $@
	ar rcs $@ $^

build/test/target.a: $(TARGET:%.c=build/test/%.o)
	@rm -f $@
	ar rcs $@ $^

$(UNIT): build/test/%: build/test/%.o build/test/tool.a build/test/target.a
	$(CC) $(SANITIZE) -o $@ $< $(TESTED:%=build/test/%) $(LINK) -lcmocka -larchive

# Each fuzz target with a driver of its own: a short share with a fixed seed, run by a program test.
$(FUZZ_SHARES): build/test/%: build/test/%.o build/test/tests/fuzz/share.o build/test/tool.a build/test/target.a
	$(CC) $(SANITIZE) -o $@ $< build/test/tests/fuzz/share.o $(TESTED:%=build/test/%) $(LINK) -larchive

tests: all $(UNIT) $(FUZZ_SHARES)

setup:
	@set -e; missing=; for p in $$(awk '!/^#/ && NF {print $$1}' config/packages.txt); do \
	  [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null)" = installed ] || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] || { echo "setup: installing$$missing"; sudo=; [ $$(id -u) = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq; DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing; }

run: setup
	@build/bin/xtask --help >/dev/null 2>&1 || echo "make: building build/bin/xtask; this is done once"
	@$(MAKE) --no-print-directory -j$(JOBS) all
	build/bin/xtask build
	build/bin/xtask qemu $(ARGS)

unit: setup
	@$(MAKE) --no-print-directory -j$(JOBS) tests
	build/bin/xtask test --kind unit

test: setup
	@echo "make: building build/bin/xtask and its tests"
	@$(MAKE) --no-print-directory -j$(JOBS) WERROR=-Werror tests
	build/bin/xtask check
	build/bin/xtask build
	build/bin/xtask build --profile test
	build/bin/xtask test --fresh

# What crashes a target stays in build/fuzz/<target>-crash-<digest>; so does what it has learned.
fuzz: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all $(FUZZERS:%=build/fuzz/%)
	@set -e; for f in $(FUZZERS); do echo "== $$f"; mkdir -p build/fuzz/corpus/$$f; \
	  tests/fuzz/unpack.py tests/fuzz/corpus/$${f#fuzz_} build/fuzz/kept/$$f; \
	  build/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=20 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/$$f- build/fuzz/corpus/$$f build/fuzz/kept/$$f; done; \
	echo "fuzz: $(words $(FUZZERS)) targets, $(FUZZ_SECONDS) s each, nothing found"

build/fuzz/obj/%.o: %.c build/gen/.made
	@mkdir -p $(@D)
	clang $(filter-out -Wnull-dereference,$(FLAGS)) -w -O1 -fsanitize=fuzzer-no-link,address,undefined \
	  -fno-sanitize-recover=undefined $(TARGET_INCLUDES) -MMD -MP -c -o $@ $<

build/fuzz/tool.a: $(TOOL:%.c=build/fuzz/obj/%.o)
	@rm -f $@
	ar rcs $@ $^

build/fuzz/target.a: $(TARGET:%.c=build/fuzz/obj/%.o)
	@rm -f $@
	ar rcs $@ $^

$(FUZZERS:%=build/fuzz/%): build/fuzz/%: build/fuzz/obj/tests/fuzz/%.o build/fuzz/tool.a build/fuzz/target.a
	clang -fsanitize=fuzzer,address,undefined -o $@ $< $(TESTED:%=build/fuzz/%) $(LINK) -larchive

soak: setup all build/test/tests/unit/xtask/engine/test_crash build/test/tests/unit/libs/ext/test_power_cut
	XTASK_SOAK=1 build/test/tests/unit/xtask/engine/test_crash
	@echo "seed $(SOAK_SEED)"
	XTASK_SOAK=1 CRASH_SEED=$(SOAK_SEED) build/test/tests/unit/libs/ext/test_power_cut
	POWER_CUTS=200 POWER_SEED=$(SOAK_SEED) tests/program/power_cuts_keep_what_was_synced
	FAULT_SWEEP=all tests/program/fault_sweep
	STRESS_SEED=$(SOAK_SEED) tests/soak/stress
	CRASH_ROUNDS=$(SOAK_ROUNDS) CRASH_SEED=$(SOAK_SEED) tests/program/crashed_builds_are_repaired
	build/bin/xtask build --quiet --profile hostile
	@# a machine of 125 million instructions a second: how late an answer is does not depend on the host
	build/bin/xtask qemu --profile hostile --boot direct --quiet --snapshot --timeout $$(($(SOAK_SECONDS) * 10)) \
	  --exec '/apps/hostile/hostile $(SOAK_SEED) $(SOAK_SECONDS)000 calls' -- -icount shift=3,sleep=off

bench: setup all $(BENCHES)
	build/bin/xtask build
	@set -e; for b in $(BENCHES) bench/shared_cache bench/resume; do $$b; done

# Benchmarks may use all of the tool but its main.
build/bench/%: bench/%.c $(patsubst %.c,build/host/%.o,$(TOOL))
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -static -o $@ $^ $(LINK) 2>$@.log || { cat $@.log; false; }

# Line coverage of xtask: by its unit programs, the golden cases, a build, and the tests named here.
COVERING = boot_direct boot_efi documents_tell watch_builds cache_serves ninja_builds every_format first_session \
	boot_chart guest_answers null_build package_volume machines_resume interrupted_export
COVERED = $(patsubst tests/unit/%.c,build/coverage/tests/unit/%,$(filter tests/unit/xtask/%,$(shell find tests/unit/xtask -name 'test_*.c')))

# Counts of child processes: see tests/coverage/children.c.
COUNTED = -fno-builtin-fork -fno-builtin-execv -fno-builtin-execvp -fno-builtin-execve -fno-builtin-execl
CHILDREN = build/coverage/tests/coverage/children.o
WRAP = -Wl,--wrap=fork,--wrap=_exit,--wrap=execv,--wrap=execvp

build/coverage/%.o: %.c build/gen/.made
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -w -O0 --coverage -fprofile-update=atomic $(COUNTED) $(TARGET_INCLUDES) -MMD -MP -c -o $@ $<

build/coverage/tool.a: $(TOOL:%.c=build/coverage/%.o)
	@rm -f $@
	ar rcs $@ $^

build/coverage/target.a: $(TARGET:%.c=build/coverage/%.o)
	@rm -f $@
	ar rcs $@ $^

build/coverage/bin/xtask: build/coverage/xtask/main.o $(CHILDREN) build/coverage/tool.a
	@mkdir -p $(@D)
	$(CC) -static --coverage $(WRAP) -o $@ $^ $(LINK) 2>$@.log || { cat $@.log; false; }

$(COVERED): build/coverage/%: build/coverage/%.o $(CHILDREN) build/coverage/tool.a build/coverage/target.a
	$(CC) --coverage $(WRAP) -o $@ $< $(CHILDREN) build/coverage/tool.a build/coverage/target.a $(LINK) -lcmocka -larchive

coverage: setup
	@$(MAKE) --no-print-directory -s -j$(JOBS) all build/coverage/bin/xtask $(COVERED)
	@find build/coverage -name '*.gcda' -delete
	@rm -f build/coverage/failed
	@for t in $(COVERED); do $$t >$$t.log 2>&1 || echo "coverage: $$t failed" >>build/coverage/failed; done
	build/coverage/bin/xtask build --quiet
	build/coverage/bin/xtask check >/dev/null 2>&1
	@for tests in '--kind golden' '$(COVERING)'; do \
	  build/coverage/bin/xtask test --fresh --tool build/coverage/bin/xtask $$tests >build/coverage/tests.log || \
	    grep '^not ok' build/coverage/tests.log >>build/coverage/failed; done
	@for c in list 'deps rootd' 'deps --reverse rootd' doctor manual schema size 'config show' verify 'image --explain' 'gen' why graph 'completions bash'; do \
	  for json in '' --json; do build/coverage/bin/xtask $$c $$json >/dev/null 2>&1 || :; done; done
	@cd build/coverage && find xtask -name '*.gcda' | xargs gcov -n 2>/dev/null | \
	  awk -F"[':% ]+" '/^File/ {f = $$2} /^Lines/ && f ~ /(^|\/)xtask\/.*\.c$$/ {printf "%6.2f %% of %4d  %s\n", $$3, $$5, f; n += $$5; hit += $$3 * $$5 / 100; f = ""} \
	    END {printf "%6.2f %% of %d lines of xtask\n", 100 * hit / n, n}' | sort -n >coverage.txt
	@head -20 build/coverage/coverage.txt; grep 'lines of xtask' build/coverage/coverage.txt
	@! cat build/coverage/failed 2>/dev/null

# The tool as valgrind can look into it: a static one hides its malloc.
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite
build/valgrind/xtask: $(patsubst %.c,build/host/%.o,xtask/main.c tests/valgrind/pidfd.c $(TOOL))
	@mkdir -p $(@D)
	$(CC) -Wl,--wrap=pidfd_open -o $@ $^ -lcrypto -ljansson -ldl -lpthread

# The last ones start children: compilers, dot, QEMU, workers of tests. A sandbox has no room in valgrind.
valgrind: all build/valgrind/xtask
	build/bin/xtask build --quiet
	@rm -rf build/alone-debug
	@set -e; for c in list 'deps rootd' 'config show' manual schema 'completions zsh' 'build --quiet' why size 'list --json' \
	    'qemu --boot direct --dry-run' 'build-user --profile alone --no-sandbox --quiet' 'graph --svg' doctor \
	    'qemu --boot direct --snapshot --exit pass --timeout 300 --quiet' 'test --fresh golden/command_unknown' \
	    'test --fresh scenario/boot_direct_small_memory'; do echo "valgrind: xtask $$c"; \
	  $(VALGRIND) build/valgrind/xtask $$c >build/valgrind/out.txt 2>build/valgrind/err.txt || \
	    { cat build/valgrind/out.txt build/valgrind/err.txt; exit 1; }; done

install: all
	install -D -m755 build/bin/xtask $(DESTDIR)$(PREFIX)/bin/xtask
	@set -e; page() { mkdir -p "$(DESTDIR)$(PREFIX)/share/$$(dirname "$$1")"; to="$(DESTDIR)$(PREFIX)/share/$$1"; shift; \
	  build/bin/xtask "$$@" >"$$to"; chmod 644 "$$to"; }; \
	page man/man1/xtask.1 manual; \
	page bash-completion/completions/xtask completions bash; \
	page zsh/site-functions/_xtask completions zsh; \
	page fish/vendor_completions.d/xtask.fish completions fish; \
	page rustos/manifest.schema.json schema

-include $(shell find build/host build/test build/coverage build/fuzz -name '*.d' 2>/dev/null)
