# Tether. `make demo` and `make check` install what is missing (scripts/setup) and need nothing else.
#
#   make            build/tether and build/tether-virtual
#   make demo       the whole job on a virtual STM32F407VG with a real GDB
#   make check      the tests (at most 8 minutes); make check-all is the long form
#   make bench      USB exchanges, modelled times, memory: as a table
#   make peers      other people's tools on the virtual ST-LINK; BENCH=1 compares what they cost
#   make fuzz       a minute for each parser
#   make install    PREFIX=/usr/local DESTDIR=; make uninstall; make deb builds a Debian package
#
# V=1 shows commands. SAN=address or SAN=thread builds with sanitizers, in a folder of its own.
# VIRTUAL=0 leaves out the virtual probe (and Unicorn with it).

CC       ?= gcc
PREFIX   ?= /usr/local
VIRTUAL  ?= 1
BUILD    := build$(if $(SAN),-$(SAN))$(if $(filter clang,$(CC)),-clang)
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2);)

VERSION  := 0.1.0
WARN     := -Wall -Wextra -Wshadow -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wwrite-strings -Wvla -Werror
CFLAGS   ?= -O2 -g
PKGS     := libusb-1.0 libconfig libelf
SAN_address := -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
SAN_thread  := -fsanitize=thread
# Hidden: libunicorn looks up names like cpu_reset, and would find ours.
ALL_CFLAGS = -fvisibility=hidden -std=c11 -D_GNU_SOURCE -DTETHER_VERSION='"$(VERSION)"' -I. -I$(BUILD) $(WARN) $(CFLAGS) \
             $(SAN_$(SAN)) $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS      = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lev -lpthread
VLIBS     = -lunicorn

# The library part of each program: everything but main.
CORE_SRC    := $(filter-out server/main.c server/virtual/%, \
               $(wildcard probe/*.c targets/*.c flash/*.c flash/*/*.c server/*.c server/*/*.c))
VIRTUAL_SRC := $(filter-out probe/virtual/usb/%.c,$(wildcard probe/virtual/*.c probe/virtual/*/*.c)) \
               server/virtual/open.c server/virtual/twin.c
# The virtual probe as a USB device (umockdev), for other people's programs and for our own libusb path.
USB_SRC     := server/virtual/usb.c $(filter-out probe/virtual/usb/client.c,$(wildcard probe/virtual/usb/*.c))
CORE_OBJ    := $(CORE_SRC:%.c=$(BUILD)/%.o) $(BUILD)/chips.o
VIRTUAL_OBJ := $(VIRTUAL_SRC:%.c=$(BUILD)/%.o)
USB_OBJ     := $(USB_SRC:%.c=$(BUILD)/%.o)

PROGRAMS := $(BUILD)/tether $(if $(filter 1,$(VIRTUAL)),$(BUILD)/tether-virtual)
TESTED   := $(PROGRAMS) $(BUILD)/tether-virtual-usb

.PHONY: all setup demo check check-timed check-all sanitize sanitize-build bench fuzz install uninstall \
        deb documents clean unit \
        engine e2e loaders static peers
all: $(PROGRAMS)
	@:

# The same main, told by a macro whether the virtual probe is linked in.
$(BUILD)/tether: $(BUILD)/server/main.o $(CORE_OBJ)
	$(call say,LINK,$@) $(CC) $(ALL_CFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/tether-virtual: $(BUILD)/server/main-virtual.o $(CORE_OBJ) $(VIRTUAL_OBJ)
	$(call say,LINK,$@) $(CC) $(ALL_CFLAGS) -o $@ $^ $(LIBS) $(VLIBS)
$(BUILD)/server/main-virtual.o: server/main.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$@) $(CC) $(ALL_CFLAGS) -DTETHER_VIRTUAL -MMD -MP -c -o $@ $<

$(BUILD)/tether-virtual-usb: $(USB_OBJ) $(CORE_OBJ) $(VIRTUAL_OBJ) | $(BUILD)/tether-usb-client.so
	$(call say,LINK,$@) $(CC) $(ALL_CFLAGS) -o $@ $^ $(shell pkg-config --libs umockdev-1.0) $(LIBS) $(VLIBS)
$(USB_OBJ): ALL_CFLAGS += $(shell pkg-config --cflags umockdev-1.0 2>/dev/null | sed 's/-I/-isystem /g')
$(BUILD)/tether-usb-client.so: probe/virtual/usb/client.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<) $(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -fPIC -shared -o $@ $<

$(BUILD)/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Chip files travel inside the binary: text and an index of names and ids, made here.
$(BUILD)/embed-chips: scripts/embed-chips.c
	$(Q)mkdir -p $(@D)
	$(call say,HOSTCC,$<) $(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 -o $@ $< \
		$(shell pkg-config --cflags --libs libconfig 2>/dev/null)
$(BUILD)/chips.c: $(BUILD)/embed-chips $(wildcard targets/chips/*.cfg)
	$(call say,CHIPS,$@) $(BUILD)/embed-chips $(sort $(wildcard targets/chips/*.cfg)) > $@.tmp && mv $@.tmp $@
$(BUILD)/chips.o: $(BUILD)/chips.c
	$(call say,CC,$<) $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests: each links just the files on its line in tests/unit/tests.mk (UNIT_name = files).
include tests/unit/tests.mk
UNIT_NAMES := $(patsubst UNIT_%,%,$(filter UNIT_%,$(.VARIABLES)))
UNIT_BIN   := $(UNIT_NAMES:%=$(BUILD)/unit/%)
define unit_rule
$(BUILD)/unit/$(1): $(BUILD)/tests/unit/test_$(1).o $(patsubst %.c,$(BUILD)/%.o,$(UNIT_$(1)))
	$$(Q)mkdir -p $$(@D)
	$$(call say,LINK,$$@) $$(CC) $$(ALL_CFLAGS) -o $$@ $$^ -lcmocka $(LIBS) $(UNITLIBS_$(1))
endef
$(foreach t,$(UNIT_NAMES),$(eval $(call unit_rule,$(t))))

# Engine tests: events in, outputs out, on the virtual probe; no sockets, no threads.
ENGINE_BIN := $(patsubst tests/engine/test_%.c,$(BUILD)/engine/%,$(wildcard tests/engine/test_*.c))
$(BUILD)/engine/%: $(BUILD)/tests/engine/test_%.o $(BUILD)/tests/engine/harness.o $(CORE_OBJ) $(VIRTUAL_OBJ)
	$(Q)mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) $(ALL_CFLAGS) -o $@ $^ -lcmocka $(LIBS) $(VLIBS)
$(BUILD)/engine/rehearse: | $(PROGRAMS)
.SECONDARY:

unit: $(UNIT_BIN)
	$(Q)scripts/run-tests $(UNIT_BIN)
engine: $(ENGINE_BIN) firmware
	$(Q)scripts/run-tests $(ENGINE_BIN)
e2e: $(TESTED) firmware
	$(Q)scripts/run-programs $(BUILD) tests/e2e
# Other people's tools on the virtual ST-LINK. FULL=1: larger images, every driver with every probe.
# BENCH=1: what the same work costs with each of them, and with Tether (tests/bench/README.md).
peers: $(TESTED) firmware
	$(Q)$(if $(BENCH),BUILD=$(BUILD) FIRMWARE=$(CURDIR)/build/firmware python3 tests/bench/bench_peers.py, \
		FULL=$(FULL) scripts/run-programs $(BUILD) tests/peers)
# Assembles flash/loaders/*.S into the headers beside them (binutils for arm-none-eabi).
loaders:
	$(Q)scripts/check-loaders --write
static:
	$(Q)scripts/check-layers
	$(Q)scripts/check-loaders
	$(Q)BUILD=$(BUILD) scripts/check-chips
	$(Q)scripts/check-options
	$(Q)tests/firmware/cpu/regenerate --check
	$(Q)$(CC) $(ALL_CFLAGS) -fsyntax-only tests/fuzz/*.c

# The doors: each installs what it needs, then calls make again, so that freshly installed libraries are
# seen.
demo:
	$(Q)scripts/setup demo
	$(Q)$(MAKE) --no-print-directory -j2 all firmware
	$(Q)scripts/demo $(BUILD) build/firmware/demo.elf
check:
	$(Q)scripts/setup check
	$(Q)scripts/fetch-adapter build/adapter || :
	$(Q)$(MAKE) --no-print-directory check-timed
check-timed:
	$(Q)start=$$(date +%s); \
	$(MAKE) --no-print-directory -j2 $(TESTED) $(UNIT_BIN) $(ENGINE_BIN) firmware && \
	$(MAKE) --no-print-directory static unit engine e2e peers && \
	echo "make check: $$(($$(date +%s) - start)) s" | tee $(BUILD)/check$(if $(FULL),-all).time
# The long form: many more steps of every sweep, the peers' whole programs.
check-all:
	$(Q)scripts/setup check
	$(Q)scripts/fetch-adapter build/adapter || :
	$(Q)FULL=1 $(MAKE) --no-print-directory check-timed sanitize
# Unit and engine tests under AddressSanitizer and UBSan, and tether in its sessions over USB. What really has
# two threads under ThreadSanitizer: the loop's unit tests, and servers with real GDBs and misbehaved clients. Of
# the many scenes on many chips (flash_families) one: it is slow work here.
sanitize:
	$(Q)scripts/setup check
	$(Q)$(MAKE) --no-print-directory -j2 SAN=address sanitize-build
	$(Q)SCENE=loads $(MAKE) --no-print-directory SAN=address unit engine
	$(Q)$(MAKE) --no-print-directory -j2 $(TESTED) firmware
	$(Q)$(MAKE) --no-print-directory -j2 SAN=address build-address/tether
	$(Q)for test in usb_session probes; do \
		TETHER=$(CURDIR)/build-address/tether ASAN_OPTIONS=verify_asan_link_order=0 \
			scripts/run-programs build tests/e2e $$test || exit 1; \
	done
	$(Q)$(MAKE) --no-print-directory -j2 SAN=thread all unit UNIT_NAMES="$(THREADED)"
	$(Q)for test in $(THREADED_E2E); do \
		TSAN_OPTIONS=halt_on_error=1 scripts/run-programs build-thread tests/e2e $$test || exit 1; \
	done
sanitize-build: $(UNIT_BIN) $(ENGINE_BIN)
THREADED := mailbox client loop
THREADED_E2E := clients gdb_session bad_input semihosting rtt
setup:
	$(Q)scripts/setup check

# Firmware for the demo and the tests, for arm-none-eabi-gcc.
.PHONY: firmware
firmware:
	$(Q)$(MAKE) --no-print-directory -C tests/firmware OUT=$(CURDIR)/build/firmware Q=$(Q)

# What it costs, as a table. The modelled times come from the virtual probe's clock and repeat exactly.
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/tests/engine/harness.o $(CORE_OBJ) $(VIRTUAL_OBJ)
	$(Q)mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) $(ALL_CFLAGS) -o $@ $^ -lcmocka $(LIBS) $(VLIBS)
bench:
	$(Q)scripts/setup check
	$(Q)$(MAKE) --no-print-directory -j2 $(TESTED) firmware $(BUILD)/bench/bench \
		$(BUILD)/bench/families
	$(Q)$(BUILD)/bench/bench
	$(Q)$(BUILD)/bench/families
	$(Q)BUILD=$(BUILD) FIRMWARE=build/firmware python3 tests/bench/bench.py
	$(Q)BUILD=$(BUILD) python3 tests/bench/bench_bad_boards.py
	$(Q)scripts/fetch-adapter build/adapter || :
	$(Q)BUILD=$(BUILD) FIRMWARE=build/firmware python3 tests/bench/bench_adapter.py
	$(Q)cat $(wildcard $(BUILD)/check*.time) /dev/null

# Fuzzers: tests/fuzz/fuzz_NAME.c with the files on its line in tests/fuzz/fuzz.mk. A minute for each.
include tests/fuzz/fuzz.mk
FUZZ_NAMES := $(patsubst FUZZ_%,%,$(filter FUZZ_%,$(.VARIABLES)))
SECONDS_EACH ?= 60
build/fuzz/%: tests/fuzz/fuzz_%.c
	$(Q)mkdir -p $(@D)
	$(call say,FUZZCC,$@) clang -std=c11 -D_GNU_SOURCE -I. $(WARN) -g -O1 \
		-fsanitize=fuzzer,address,undefined -o $@ $< $(FUZZ_$*) $(LIBS)
fuzz:
	$(Q)scripts/setup fuzz
	$(Q)$(MAKE) --no-print-directory $(FUZZ_NAMES:%=build/fuzz/%)
	$(Q)for name in $(FUZZ_NAMES); do \
		mkdir -p build/fuzz/corpus-$$name && \
		build/fuzz/$$name -max_total_time=$(SECONDS_EACH) -timeout=5 -rss_limit_mb=1024 \
			-print_final_stats=1 -artifact_prefix=build/fuzz/ build/fuzz/corpus-$$name \
			$$(test -d tests/fuzz/corpus-$$name && echo tests/fuzz/corpus-$$name) \
			>build/fuzz/$$name.log 2>&1 || { tail -n 30 build/fuzz/$$name.log; exit 1; }; \
		echo "  fuzz    $$name: $$(grep -c . build/fuzz/$$name.log) log lines, $$(grep number_of_executed build/fuzz/$$name.log | tr -s ' ')"; \
	done

# The manual page and the completion are made from the tables of options and commands.
$(BUILD)/document: $(BUILD)/scripts/document.o $(CORE_OBJ)
	$(call say,LINK,$@) $(CC) $(ALL_CFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/tether.1: $(BUILD)/document
	$(call say,MAN,$@) $< man > $@.tmp && mv $@.tmp $@
$(BUILD)/tether.bash: $(BUILD)/document
	$(call say,BASH,$@) $< bash > $@.tmp && mv $@.tmp $@
documents: $(BUILD)/tether.1 $(BUILD)/tether.bash

# Links by the names of the servers whose place it takes are in a folder of their own: they would hide those.
BIN   := $(PREFIX)/bin
LIB   := $(PREFIX)/lib
SHARE := $(PREFIX)/share
UNITS := $(LIB)/systemd/system
INSTALLED = $(PROGRAMS:$(BUILD)/%=$(BIN)/%) $(LIB)/tether/st-util $(LIB)/tether/ST-LINK_gdbserver \
	$(LIB)/udev/rules.d/60-tether.rules $(UNITS)/tether@.service $(UNITS)/tether@.socket \
	$(SHARE)/man/man1/tether.1 $(SHARE)/bash-completion/completions/tether
install: $(PROGRAMS) documents
	@:
	install -D -m 755 -t $(DESTDIR)$(BIN) $(PROGRAMS)
	install -d $(DESTDIR)$(LIB)/tether $(DESTDIR)$(UNITS)
	ln -sf ../../bin/tether $(DESTDIR)$(LIB)/tether/st-util
	ln -sf ../../bin/tether $(DESTDIR)$(LIB)/tether/ST-LINK_gdbserver
	install -D -m 644 -t $(DESTDIR)$(LIB)/udev/rules.d scripts/udev/60-tether.rules
	sed 's|@BINDIR@|$(BIN)|' scripts/systemd/tether@.service > $(DESTDIR)$(UNITS)/tether@.service
	install -m 644 -t $(DESTDIR)$(UNITS) scripts/systemd/tether@.socket
	chmod 644 $(DESTDIR)$(UNITS)/tether@.service
	install -D -m 644 $(BUILD)/tether.1 $(DESTDIR)$(SHARE)/man/man1/tether.1
	install -D -m 644 $(BUILD)/tether.bash $(DESTDIR)$(SHARE)/bash-completion/completions/tether
uninstall:
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	-rmdir $(DESTDIR)$(LIB)/tether
# A Debian package of what `make install` puts there.
deb: $(PROGRAMS) documents
	$(Q)BUILD=$(BUILD) VERSION=$(VERSION) scripts/make-deb

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean:
	rm -rf build build-*
