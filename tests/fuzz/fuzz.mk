# FUZZ_name = the files that tests/fuzz/fuzz_name.c links.
FUZZ_framer = server/net/framer.c
FUZZ_itm = server/trace/itm.c
FUZZ_probe = probe/probe.c probe/probe_swd.c probe/probe_registers.c probe/probe_memory.c probe/probe_batch.c probe/probe_trace.c probe/pieces.c probe/speed.c probe/abilities.c probe/models.c probe/stlink.c probe/stlink_resync.c probe/stlink_status.c probe/link.c probe/log.c probe/error.c probe/usb_select.c
FUZZ_chip = $(FUZZ_rsp)
# Hidden as in the Makefile: libunicorn would find our names.
FUZZ_rsp = -fvisibility=hidden -DTETHER_VERSION='"fuzz"' $(shell pkg-config --cflags $(PKGS)) $(CORE_SRC) $(VIRTUAL_SRC) build/chips.c $(VLIBS)
FUZZ_option = $(FUZZ_rsp)
FUZZ_firmware = $(filter-out tests/unit/bench.c,$(FIRMWARE_BENCH))
FUZZ_faults = probe/virtual/faults.c probe/error.c
FUZZ_cpu = -fvisibility=hidden $(CPU_FILES) probe/log.c probe/error.c -lunicorn -lcmocka
FUZZ_twin = server/virtual/twin.c $(wildcard targets/chip_*.c) probe/error.c build/chips.c
FUZZ_image = $(IMAGE_FILES)
FUZZ_words = server/drop_in/config.c probe/error.c
FUZZ_host_files = server/semihosting/host_files.c probe/log.c probe/error.c
