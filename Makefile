# sheaf. The goals:
#   make            build/sheaf           make check    everything that must hold
#   make deps       what is missing       make check-long   the same with full counts
#   make deps-live  what only tests need, below build: Cyrus, Courier, axe-core
#   make demo       see it work           make bench    figures beside the peers
#   make clean
#
# CC=clang, BUILD=DIR and SAN=-fsanitize=… are yours to set; each BUILD is a tree of its own.

BUILD ?= build
SAN ?=
OPT ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wvla -Wformat=2
CWARN := $(WARN) -Wstrict-prototypes -Wmissing-prototypes
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
ifneq ($(SAN),)
HARDEN := -fPIE
endif

# ---- who may include whom: a wrong include does not find its header --------
# room          folder                   may include (besides itself)
ROOMS := base confine mail archive thread unpack xapian index extract inside imap import export indexer query people \
	web sheaf
dir_base    := lib/base
dir_confine := lib/confine
dir_mail    := lib/mail
dir_archive := lib/archive
dir_thread  := lib/thread
dir_unpack  := lib/unpack
dir_xapian  := lib/xapian
dir_index   := lib/index
dir_extract := extract
dir_inside  := lib/inside
dir_imap    := imap
dir_import  := import
dir_export  := export
dir_indexer := indexer
dir_query   := query
dir_people  := people
dir_web     := web
dir_sheaf   := sheaf
uses_base    :=
uses_confine := base
uses_mail    := base
uses_archive := base
uses_thread  := base mail archive
uses_unpack  := base
uses_xapian  := base
uses_index   := base mail xapian
uses_extract := base confine mail
uses_inside  := base confine mail archive xapian index extract
uses_imap    := base mail archive
uses_import  := base archive unpack
uses_export  := base archive
uses_indexer := base confine mail archive thread xapian index extract inside
uses_query   := base confine mail archive thread xapian index extract inside people
uses_people  := base archive
uses_web     := base confine mail archive thread index extract inside query people
uses_sheaf   := base confine mail archive thread unpack xapian index extract inside imap import export indexer query \
	people web

# ---- libraries, each named where it is used --------------------------------
pkgs_base    := libcrypto
pkgs_confine := libseccomp
pkgs_mail    := gmime-3.0
pkgs_archive := sqlite3 libzstd jansson libcrypto
pkgs_thread  := sqlite3
pkgs_unpack  := libarchive zlib libzstd
pkgs_xapian  := xapian-core
pkgs_index   := libzstd
pkgs_extract := libmagic libarchive expat libseccomp libcrypto libytnef zlib
# Loaded only where documents are read: it would add 5 ms to the start of every command.
heads_extract := poppler-glib tesseract lept
pkgs_inside  := libzstd
pkgs_imap    := libssl libgsasl libcurl jansson zlib
pkgs_import  :=
pkgs_export  := jansson libzstd
pkgs_indexer := libzstd
pkgs_query   := jansson
pkgs_people  := sqlite3 libcrypto jansson
pkgs_web     := libmicrohttpd jansson zlib libzstd libcurl libcrypto
pkgs_sheaf   := jansson libcurl

all: $(BUILD)/sheaf
.PHONY: all
.SUFFIXES:
.SECONDARY:

closure = $(1) $(uses_$(1))
room_dirs = $(foreach r,$(call closure,$(1)),-I$(dir_$(r)))
room_libs = $(foreach r,$(call closure,$(1)),$(BUILD)/lib$(r).a)
pkg_libs = $(foreach r,$(call closure,$(1)),$(pkgs_$(r)))

# What browsers load stands in the program as it is: symbols _binary_NAME_start and _end.
files_web := $(BUILD)/obj/web/static.o
$(BUILD)/obj/web/static.o: $(wildcard web/static/*)
	@mkdir -p $(@D)
	cd web/static && ld -r -b binary -z noexecstack -o $(abspath $@) $(^F)

define room
objs_$(1) := $$(patsubst %,$(BUILD)/obj/%.o,$$(wildcard $$(dir_$(1))/*.c $$(dir_$(1))/*.cc))
$(BUILD)/lib$(1).a: $$(objs_$(1)) $$(files_$(1))
	@rm -f $$@
	ar rcs $$@ $$^
$(BUILD)/obj/$$(dir_$(1))/%.c.o: $$(dir_$(1))/%.c
	@mkdir -p $$(@D)
	$$(CC) -std=c17 $$(CWARN) $$(OPT) $$(HARDEN) $$(SAN) $(call room_dirs,$(1)) \
		$$(if $(pkgs_$(1)),$$$$(pkg-config --cflags $(pkgs_$(1)) $(heads_$(1)))) \
		-MMD -MP -c $$< -o $$@
$(BUILD)/obj/$$(dir_$(1))/%.cc.o: $$(dir_$(1))/%.cc
	@mkdir -p $$(@D)
	$$(CXX) -std=c++17 $$(WARN) $$(OPT) $$(HARDEN) $$(SAN) $(call room_dirs,$(1)) \
		$$$$(pkg-config --cflags $(pkgs_$(1))) -MMD -MP -c $$< -o $$@
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

link = $(CXX) -pie $(SAN) -o $@ $< -Wl,--start-group $(call room_libs,$(1)) -Wl,--end-group \
	$$(pkg-config --libs $(sort $(call pkg_libs,$(1))))

# It is compiled in (.incbin).
$(BUILD)/obj/web/openapi.c.o: web/openapi.json

# sheaf/main.c holds main; the rest of the room is a library like any other.
ROOMS_ALL := sheaf $(uses_sheaf)
$(BUILD)/sheaf: $(BUILD)/obj/sheaf/main.c.o $(foreach r,$(ROOMS_ALL),$(BUILD)/lib$(r).a)
	$(CXX) -pie $(SAN) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$$(pkg-config --libs $(sort $(foreach r,$(ROOMS_ALL),$(pkgs_$(r)))))

# ---- tests: tests/unit/test_<stem>.c links what <stem>.c's room may use -----
room_of = $(strip $(foreach r,$(ROOMS),$(if $(wildcard $(dir_$(r))/$(1).c $(dir_$(r))/$(1).cc),$(r))))

define program
$(BUILD)/tests/$(2): tests/$(3)/$(2).c $(call room_libs,$(call room_of,$(1)))
	@mkdir -p $$(@D)
	$$(CC) -std=c17 $$(CWARN) $$(OPT) $$(HARDEN) $$(SAN) $(4) -Itests/unit \
		$(call room_dirs,$(call room_of,$(1))) -MMD -MP -c $$< -o $$@.o
	$$(CXX) -pie $$(SAN) $(4) -o $$@ $$@.o -Wl,--start-group \
		$(call room_libs,$(call room_of,$(1))) -Wl,--end-group \
		$$$$(pkg-config --libs $(sort $(call pkg_libs,$(call room_of,$(1)))))
endef
UNITS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(foreach t,$(UNITS),$(eval $(call program,$(patsubst test_%,%,$(t)),$(t),unit,)))
$(foreach t,$(FUZZERS),$(eval $(call program,$(patsubst fuzz_%,%,$(t)),$(t),fuzz,-fsanitize=fuzzer)))

units: $(UNITS:%=$(BUILD)/tests/%)
fuzzers: $(FUZZERS:%=$(BUILD)/tests/%)
.PHONY: units fuzzers

# ---- tests/exact/driver.c asks an archive many questions in one process -----
# ---- tests/guard/guard.c is what callgrind counts -----
EXACT_ROOMS := base confine mail archive thread xapian index extract inside indexer query people
$(BUILD)/tests/driver: tests/exact/driver.c
$(BUILD)/tests/guard: tests/guard/guard.c
$(BUILD)/tests/driver $(BUILD)/tests/guard: $(foreach r,$(EXACT_ROOMS),$(BUILD)/lib$(r).a)
	@mkdir -p $(@D)
	$(CC) -std=c17 $(CWARN) $(OPT) $(HARDEN) $(SAN) \
		$(foreach r,$(EXACT_ROOMS),-I$(dir_$(r))) -MMD -MP -c $(filter %.c,$^) -o $@.o
	$(CXX) -pie $(SAN) -o $@ $@.o -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		$$(pkg-config --libs $(sort $(foreach r,$(EXACT_ROOMS),$(pkgs_$(r)))))
exact: $(BUILD)/tests/driver
guard: $(BUILD)/tests/guard
.PHONY: exact guard

deps:
	@sh packaging/deps.sh
deps-live: deps
	@sh packaging/deps-live.sh
	@sh packaging/deps-browser.sh
check: deps-live
	@python3 tests/run.py
check-long: deps-live
	@python3 tests/run.py --long
demo:
	@sh packaging/deps.sh demo
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@python3 tests/demo.py --sheaf $(BUILD)/sheaf $(if $(ONCE),--once)
bench: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@python3 tests/bench/bench.py --sheaf $(BUILD)/sheaf $(if $(SHORT),,--million) $(if $(WRITE),--write)
clean:
	rm -rf build
.PHONY: deps deps-live check check-long demo bench clean

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' -type f 2>/dev/null)
