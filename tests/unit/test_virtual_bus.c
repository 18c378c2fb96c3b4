/* SPDX-License-Identifier: MIT
 *
 * Bus of a virtual chip: who answers where, aliases, clashes, what lies between registers.
 */
#include "probe/virtual/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_soc.h"

struct seen {
	uint32_t address, length;
	unsigned calls;
};

struct bench {
	struct bus bus;
	uint8_t ram[64], rom[64];
	struct seen written;	/* by hooks */
	struct seen told[4];	/* by wrote() */
	size_t told_count;
	bool busy;
	uint32_t reg;
};

static enum bus_result write_rom(void *context, uint32_t address, unsigned width, uint32_t value,
				 enum bus_master master)
{
	struct bench *b = context;

	(void)value, (void)master;
	b->written = (struct seen){ address, width, b->written.calls + 1 };
	return BUS_OK;
}

static enum bus_result check_rom(void *context, uint32_t address, unsigned width,
				 enum bus_master master)
{
	(void)address, (void)width, (void)master;
	return ((struct bench *)context)->busy ? BUS_STALL : BUS_OK;
}

static enum bus_result read_reg(void *context, uint32_t offset, unsigned width, uint32_t *value,
				enum bus_master master)
{
	(void)width, (void)master;
	*value = ((struct bench *)context)->reg + offset;
	return BUS_OK;
}

static enum bus_result write_reg(void *context, uint32_t offset, unsigned width, uint32_t value,
				 enum bus_master master)
{
	(void)offset, (void)width, (void)master;
	((struct bench *)context)->reg = value;
	return BUS_OK;
}

static void wrote(void *context, uint32_t address, uint32_t length)
{
	struct bench *b = context;

	b->told[b->told_count++] = (struct seen){ address, length, 1 };
}

static void set_up(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->bus.wrote = wrote;
	b->bus.wrote_context = b;
	bus_add_memory(&b->bus, &(struct bus_memory){ .name = "ram", .base = 0x20000000, .size = 64,
		       .bytes = b->ram, .writable = true });
	bus_add_memory(&b->bus, &(struct bus_memory){ .name = "rom", .base = 0x08000000, .size = 64,
		       .bytes = b->rom, .context = b, .write = write_rom, .check = check_rom });
	bus_add_memory(&b->bus, &(struct bus_memory){ .name = "alias", .base = 0, .size = 32,
		       .bytes = b->rom });
	bus_add_device(&b->bus,
		       &(struct bus_device){ "reg", 0x40000000, 16, b, read_reg, write_reg });
}

static void memory_is_little_endian_in_all_widths(void **state)
{
	struct bench b;
	uint32_t value;

	(void)state;
	set_up(&b);
	assert_int_equal(bus_write(&b.bus, 0x20000004, 4, 0x44332211, BUS_DEBUG), BUS_OK);
	assert_int_equal(bus_read(&b.bus, 0x20000006, 2, &value, BUS_DEBUG), BUS_OK);
	assert_int_equal(value, 0x4433);
	assert_int_equal(bus_write(&b.bus, 0x20000007, 1, 0xAB, BUS_CPU), BUS_OK);
	assert_int_equal(bus_read(&b.bus, 0x20000004, 4, &value, BUS_CPU), BUS_OK);
	assert_int_equal(value, 0xAB332211);
}

static void nothing_there_faults(void **state)
{
	struct bench b;
	uint32_t value;

	(void)state;
	set_up(&b);
	assert_int_equal(bus_read(&b.bus, 0x20000040, 4, &value, BUS_DEBUG), BUS_FAULT);
	assert_int_equal(bus_write(&b.bus, 0x1FFFFFFC, 4, 0, BUS_DEBUG), BUS_FAULT);
	assert_int_equal(bus_write(&b.bus, 0, 4, 0, BUS_DEBUG), BUS_FAULT);	/* no write hook */
}

static void read_only_memory_asks_its_hooks(void **state)
{
	struct bench b;
	uint32_t value;

	(void)state;
	set_up(&b);
	assert_int_equal(bus_write(&b.bus, 0x08000008, 2, 7, BUS_DEBUG), BUS_OK);
	assert_int_equal(b.written.address, 0x08000008);
	assert_int_equal(b.written.length, 2);
	assert_int_equal(b.rom[8], 0);
	b.busy = true;
	assert_int_equal(bus_read(&b.bus, 0x08000000, 4, &value, BUS_DEBUG), BUS_STALL);
}

static void devices_get_offsets(void **state)
{
	struct bench b;
	uint32_t value;

	(void)state;
	set_up(&b);
	assert_int_equal(bus_write(&b.bus, 0x40000000, 4, 100, BUS_DEBUG), BUS_OK);
	assert_int_equal(bus_read(&b.bus, 0x4000000C, 4, &value, BUS_DEBUG), BUS_OK);
	assert_int_equal(value, 112);
}

static void aliases_hear_of_changes(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b);
	bus_changed(&b.bus, 0x08000010, 32);
	assert_int_equal(b.told_count, 2);
	assert_int_equal(b.told[0].address, 0x08000010);
	assert_int_equal(b.told[0].length, 32);
	assert_int_equal(b.told[1].address, 0x10);
	assert_int_equal(b.told[1].length, 16);	/* the alias is shorter */
}

static void overlap_is_refused_and_named(void **state)
{
	struct bench b;
	size_t count;

	(void)state;
	set_up(&b);
	count = b.bus.memory_count;
	assert_null(b.bus.clash);
	bus_add_memory(&b.bus,
		       &(struct bus_memory){
			       .name = "wide", .base = 0x1FFFFF00, .size = 0x200, .bytes = b.ram });
	assert_int_equal(b.bus.memory_count, count);
	assert_string_equal(b.bus.clash, "wide");
}

static void remap_exchanges_what_is_seen(void **state)
{
	struct bench b;
	struct bus_memory row;
	unsigned generation;
	uint32_t value;

	(void)state;
	set_up(&b);
	generation = b.bus.generation;
	b.ram[0] = 0x77;
	row = *bus_memory_at(&b.bus, 0x20000000);
	bus_replace_memory(&b.bus, 0, &row);
	assert_int_not_equal(b.bus.generation, generation);
	assert_int_equal(bus_read(&b.bus, 0, 1, &value, BUS_DEBUG), BUS_OK);
	assert_int_equal(value, 0x77);
}

/* --- on a whole chip -------------------------------------------------------------------------- */

static void reserved_addresses_of_a_bridge_read_zero(void **state)
{
	struct fake_soc *f = fake_soc_new();
	uint32_t value;

	(void)state;
	fake_soc_write(f, 0x40012000, 1);	/* no such peripheral here */
	assert_int_equal(fake_soc_read(f, 0x40012000), 0);
	assert_int_equal(fake_soc_try_read(f, 0x40080000, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, 0x60000000, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, 0x08100000, 4, &value), BUS_FAULT);
	fake_soc_free(f);
}

static void peripherals_without_clock_read_zero(void **state)
{
	struct fake_soc *f = fake_soc_new();

	(void)state;
	assert_int_equal(fake_soc_read(f, 0x40020000), 0);		/* GPIOA_MODER */
	fake_soc_write(f, 0x40023830, 1);				/* AHB1ENR */
	assert_int_equal(fake_soc_read(f, 0x40020000), 0xA8000000);
	fake_soc_free(f);
}

static void bit_bands_reach_single_bits(void **state)
{
	struct fake_soc *f = fake_soc_new();

	(void)state;
	fake_soc_write(f, 0x20000010, 0);
	fake_soc_write(f, 0x22000000 + 0x11 * 32 + 3 * 4, 1);
	assert_int_equal(fake_soc_read(f, 0x20000010), 0x800);
	assert_int_equal(fake_soc_read(f, 0x22000000 + 0x11 * 32 + 3 * 4), 1);
	fake_soc_write(f, 0x42000000 + 0x23830 * 32 + 0 * 4, 1);	/* RCC_AHB1ENR.GPIOAEN */
	assert_int_equal(fake_soc_read(f, 0x40020000), 0xA8000000);
	fake_soc_free(f);
}

static void syscfg_puts_ram_at_0(void **state)
{
	struct fake_soc *f = fake_soc_new();

	(void)state;
	fake_soc_write(f, 0x20000000, 0x12345678);
	fake_soc_write(f, 0x40023844, 1 << 14);
	fake_soc_write(f, 0x40013800, 3);
	assert_int_equal(fake_soc_read(f, 0), 0x12345678);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, 0), 0xFFFFFFFF);
	fake_soc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_little_endian_in_all_widths),
		cmocka_unit_test(nothing_there_faults),
		cmocka_unit_test(read_only_memory_asks_its_hooks),
		cmocka_unit_test(devices_get_offsets),
		cmocka_unit_test(aliases_hear_of_changes),
		cmocka_unit_test(overlap_is_refused_and_named),
		cmocka_unit_test(remap_exchanges_what_is_seen),
		cmocka_unit_test(reserved_addresses_of_a_bridge_read_zero),
		cmocka_unit_test(peripherals_without_clock_read_zero),
		cmocka_unit_test(bit_bands_reach_single_bits),
		cmocka_unit_test(syscfg_puts_ram_at_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
