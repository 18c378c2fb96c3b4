# UNIT_name = the files that tests/unit/test_name.c links: the coupling of a module, one line each.
# UNITLIBS_name = libraries beyond the usual ones.
UNIT_chip = targets/chip_parse.c targets/chip_values.c targets/chip_reader.c targets/chip_check.c targets/chip_library.c targets/chip_find.c targets/chip_map.c targets/chip_layout.c targets/chip_virtual.c probe/error.c chips.c
UNIT_chip_layout = targets/chip_parse.c targets/chip_values.c targets/chip_reader.c targets/chip_check.c targets/chip_library.c targets/chip_find.c targets/chip_map.c targets/chip_layout.c targets/chip_virtual.c probe/error.c chips.c
UNIT_abilities = probe/abilities.c probe/models.c probe/speed.c probe/stlink_status.c
UNIT_framer = server/net/framer.c
UNIT_mailbox = server/net/mailbox.c
UNIT_options = server/options.c server/option_rows.c probe/error.c probe/log.c
PROBE_FILES = probe/probe.c probe/probe_swd.c probe/probe_registers.c probe/probe_memory.c probe/probe_batch.c probe/probe_trace.c probe/pieces.c probe/speed.c probe/abilities.c probe/models.c probe/stlink.c probe/stlink_resync.c probe/stlink_status.c probe/link.c probe/log.c probe/error.c tests/unit/fake_link.c
UNIT_probe = $(PROBE_FILES) tests/unit/scripted_probe.c
UNIT_probe_resync = $(PROBE_FILES) tests/unit/scripted_probe.c
UNIT_client = server/net/client.c server/net/conn.c server/net/framer.c probe/log.c
UNIT_json = server/json.c
UNIT_itm = server/itm.c
UNIT_crc = flash/crc32.c
UNITLIBS_crc = -lunicorn
UNIT_flash_plan = flash/plan.c targets/chip_map.c targets/chip_layout.c probe/error.c
UNIT_flash_f4 = flash/f4.c flash/controller.c flash/registers.c targets/clock.c targets/chip_map.c targets/chip_layout.c probe/error.c probe/log.c
# The virtual probe's firmware on a stand-in for the chip.
FIRMWARE_BENCH := $(wildcard probe/virtual/firmware/*.c) \
	$(patsubst %,probe/virtual/%.c,dap mem_ap meter faults mishaps bad_firmware guesses link_virtual) \
	probe/link.c probe/log.c probe/error.c tests/unit/fake_machine.c tests/unit/bench.c
UNIT_firmware_vectors = $(FIRMWARE_BENCH)
UNIT_probe_memory = $(PROBE_FILES) tests/unit/array_probe.c
UNIT_probe_batch = $(PROBE_FILES) tests/unit/array_probe.c
UNIT_loop = server/flags.c server/net/loop.c server/net/stream.c server/net/thread.c server/net/mailbox.c server/net/listener.c server/net/client.c server/net/conn.c server/net/framer.c probe/log.c probe/error.c
UNIT_firmware_gates = $(FIRMWARE_BENCH)
UNIT_firmware_bad_input = $(FIRMWARE_BENCH)
UNIT_firmware_memory = $(FIRMWARE_BENCH)
UNIT_usb_select = probe/usb_select.c probe/usb_holder.c probe/error.c
UNIT_log = probe/log.c probe/error.c probe/link.c tests/unit/fake_link.c
UNIT_list_chips = server/list_chips.c server/exit_status.c server/json.c targets/chip_parse.c targets/chip_values.c targets/chip_reader.c targets/chip_check.c targets/chip_library.c targets/chip_find.c targets/chip_map.c targets/chip_layout.c targets/chip_virtual.c probe/error.c chips.c
UNIT_virtual_open = server/virtual_open.c server/virtual_twin.c probe/virtual/guesses.c targets/chip_parse.c targets/chip_values.c targets/chip_reader.c targets/chip_check.c targets/chip_library.c targets/chip_find.c targets/chip_map.c targets/chip_layout.c targets/chip_virtual.c probe/error.c chips.c
UNIT_virtual_twin = server/virtual_twin.c targets/chip_parse.c targets/chip_values.c targets/chip_reader.c targets/chip_check.c targets/chip_library.c targets/chip_find.c targets/chip_map.c targets/chip_layout.c targets/chip_virtual.c probe/error.c chips.c
UNIT_cursor = server/cursor.c
UNIT_xml = server/xml.c server/memory_map.c server/net/buffer.c server/rsp/registers_map.c
UNIT_firmware_session = $(FIRMWARE_BENCH)
UNIT_firmware_ports = $(FIRMWARE_BENCH)
UNIT_firmware_time = $(FIRMWARE_BENCH)
# The virtual STM32F407VG without a core.
VIRTUAL_CHIP = $(patsubst %,probe/virtual/%.c,bus clock chips/soc chips/f4 flash/f4 flash/f4_kin flash/f4_jobs flash/f4_cells flash/f4_option peripherals/rcc_f4 peripherals/pwr peripherals/dbgmcu peripherals/syscfg peripherals/plain peripherals/iwdg peripherals/wwdg peripherals/crc_unit peripherals/usart peripherals/gpio peripherals/tim peripherals/dma_f4 peripherals/bitband) \
	probe/log.c probe/error.c
UNIT_virtual_flash_f4 = $(VIRTUAL_CHIP) tests/unit/fake_soc.c
UNIT_faults = $(FIRMWARE_BENCH)
UNIT_replies = probe/virtual/firmware/replies.c
UNIT_loader = flash/loader.c probe/error.c probe/log.c
UNITLIBS_loader = -lunicorn
# The virtual core on a bus of its own.
CPU_FILES := $(wildcard probe/virtual/cpu/*.c) probe/virtual/bus.c tests/unit/cpu_rig.c
UNIT_cpu = $(CPU_FILES)
UNITLIBS_cpu = -lunicorn
UNIT_cpu_trace = $(CPU_FILES)
UNITLIBS_cpu_trace = -lunicorn
UNIT_cpu_debug = $(CPU_FILES)
UNITLIBS_cpu_debug = -lunicorn
UNIT_cpu_time = $(CPU_FILES)
UNITLIBS_cpu_time = -lunicorn
UNIT_cpu_faults = $(CPU_FILES)
UNITLIBS_cpu_faults = -lunicorn
UNIT_cpu_points = $(CPU_FILES)
UNITLIBS_cpu_points = -lunicorn
UNIT_link_usb = $(PROBE_FILES) probe/link_usb.c probe/usb_transfer.c probe/usb_device.c probe/usb_list.c probe/usb_select.c probe/usb_holder.c tests/unit/mock_usb.c
UNITLIBS_link_usb = $(shell pkg-config --libs umockdev-1.0 2>/dev/null)
$(BUILD)/tests/unit/mock_usb.o: CFLAGS += $(shell pkg-config --cflags umockdev-1.0 2>/dev/null)
UNIT_virtual_bus = $(VIRTUAL_CHIP) tests/unit/fake_soc.c
UNIT_virtual_clock = probe/virtual/clock.c
UNIT_virtual_iwdg = $(VIRTUAL_CHIP) tests/unit/fake_soc.c
UNIT_virtual_otp = $(VIRTUAL_CHIP) tests/unit/fake_soc.c
UNIT_virtual_options = $(VIRTUAL_CHIP) tests/unit/fake_soc.c
UNIT_memory_cache = targets/memory_cache.c
UNIT_virtual_peripherals = $(VIRTUAL_CHIP) tests/unit/fake_soc.c
# The whole virtual chip, core included.
# Every virtual chip, and what they are made of, without a core; and with one.
VIRTUAL_PROBE_SIDE = link_virtual faults mishaps bad_firmware meter dap mem_ap
VIRTUAL_CHIPS := $(filter-out $(patsubst %,probe/virtual/%.c,$(VIRTUAL_PROBE_SIDE) machine% image),$(wildcard probe/virtual/*.c probe/virtual/chips/*.c probe/virtual/flash/*.c probe/virtual/peripherals/*.c)) \
	probe/log.c probe/error.c tests/unit/fake_soc.c tests/unit/specs.c
# One family without a core: these and its own files.
VIRTUAL_FAMILY = $(VIRTUAL_CHIP) $(patsubst %,probe/virtual/%.c,flash/nvm peripherals/rcc peripherals/plain chips/identity chips/rows) tests/unit/fake_soc.c tests/unit/specs.c
UNIT_virtual_flash_f1 = $(VIRTUAL_FAMILY) $(patsubst %,probe/virtual/%.c,chips/f0 chips/f1 flash/f1 flash/f1_cells flash/f1_option peripherals/rcc_f1 peripherals/gpio_f1)
UNIT_virtual_flash_l1 = $(VIRTUAL_FAMILY) $(patsubst %,probe/virtual/%.c,chips/l0 chips/l1 flash/l1 flash/l1_cells flash/l1_option peripherals/rcc_l1)
UNIT_virtual_families = $(VIRTUAL_FAMILY) $(patsubst %,probe/virtual/%.c,chips/f0 chips/f1 flash/f1 flash/f1_cells flash/f1_option peripherals/rcc_f1 peripherals/gpio_f1 chips/l0 chips/l1 flash/l1 flash/l1_cells flash/l1_option peripherals/rcc_l1)
UNIT_virtual_families_run = $(VIRTUAL_CHIPS) $(patsubst %,probe/virtual/%.c,machine machine_build image) $(wildcard probe/virtual/cpu/*.c)
UNITLIBS_virtual_families_run = -lunicorn
UNIT_virtual_machine = $(VIRTUAL_CHIPS) $(patsubst %,probe/virtual/%.c,machine machine_build image) $(wildcard probe/virtual/cpu/*.c)
UNITLIBS_virtual_machine = -lunicorn
UNIT_exit_status = server/exit_status.c
UNIT_journal = targets/journal.c
UNIT_core_units = targets/core_units.c targets/batch.c
UNIT_buffer = server/net/buffer.c
UNIT_flash_report = flash/report.c
IMAGE_FILES = flash/image/image.c flash/image/lines.c flash/image/hex.c flash/image/srec.c flash/image/elf.c flash/image/file.c flash/new_file.c probe/error.c
UNIT_image = $(IMAGE_FILES)
UNIT_exchange_text = probe/exchange_text.c probe/link.c probe/log.c probe/error.c tests/unit/fake_link.c
UNIT_flash_f1 = flash/f1.c flash/controller.c flash/registers.c targets/clock.c targets/chip_map.c targets/chip_layout.c probe/error.c probe/log.c
UNIT_detect = $(PROBE_FILES) $(wildcard targets/*.c) chips.c
UNIT_virtual_flash_l4 = $(VIRTUAL_CHIPS) tests/unit/l4_specs.c
UNIT_virtual_options_l4 = $(VIRTUAL_CHIPS) tests/unit/l4_specs.c
UNIT_virtual_flash_u5 = $(VIRTUAL_CHIPS) tests/unit/l4_specs.c
UNIT_virtual_clocks_l4 = $(VIRTUAL_CHIPS) tests/unit/l4_specs.c
UNIT_virtual_flash_f7 = $(VIRTUAL_CHIPS) tests/unit/h7_specs.c
UNIT_virtual_flash_h7 = $(VIRTUAL_CHIPS) tests/unit/h7_specs.c
UNIT_virtual_flash_h5 = $(VIRTUAL_CHIPS) tests/unit/h7_specs.c
UNIT_unfinished = $(PROBE_FILES) targets/unfinished.c targets/journal.c tests/unit/scripted_probe.c
UNIT_virtual_ports = $(VIRTUAL_CHIPS) $(patsubst %,probe/virtual/%.c,machine machine_build image dap mem_ap meter) $(wildcard probe/virtual/cpu/*.c) tests/unit/h7_specs.c
UNITLIBS_virtual_ports = -lunicorn
UNIT_drop_in = $(wildcard server/drop_in/*.c) server/options.c server/option_rows.c probe/error.c probe/log.c
UNIT_thumb = targets/thumb.c
UNIT_host_files = server/semihosting/host_files.c probe/error.c probe/log.c
