/* SPDX-License-Identifier: MIT
 *
 * What a load costs on each family, in modelled time, on a V2 at 4 MHz and a V3 at 24 MHz: the whole flash
 * anew with random bytes, beside its limit; the same image again; one byte of it changed. A part for
 * each family, not the largest; with arguments ("STM32F7*", "STM32F767VI:nDBANK=0") those parts. What is above
 * its aim is marked.
 */
#include "tests/engine/family_bench.h"

#include <fnmatch.h>

static const struct row rows[] = {
	{ "STM32F051C8", NULL, false },
	{ "STM32F103C8", NULL, false },
	{ "STM32F205RB", NULL, false },
	{ "STM32F302R8", NULL, false },
	{ "STM32F401CB", NULL, false },
	{ "STM32F722RC", NULL, false },
	{ "STM32G071RB", NULL, false },
	{ "STM32G431RB", NULL, false },
	{ "STM32C031C6", NULL, false },
	{ "STM32C092RC", NULL, false },
	{ "STM32L053C6", NULL, false },
	{ "STM32L151CB", NULL, false },
	{ "STM32L476RC", NULL, false },
	{ "STM32L4P5CE", NULL, false },
	{ "STM32L552CC", NULL, false },
	{ "STM32U083RC", NULL, false },
	{ "STM32U375CE", NULL, false },
	{ "STM32U535CB", NULL, false },
	{ "STM32WB15CC", NULL, false },
	{ "STM32WLE5JC", NULL, false },
	{ "STM32WBA55CE", NULL, false },
	{ "STM32H503RB", NULL, false },
	{ "STM32H723VE", NULL, false },
	{ "STM32H7A3RG", NULL, false },
	{ "STM32H7S7L8", NULL, false },
};

/* What a byte costs on the wire at best: the model's block writes, without headers and questions. */
static const struct wire {
	const char *firmware, *name;
	double us_per_byte;
} wires[] = {
	{ "V2J37S7", "V2, 4 MHz", 6.3 },
	{ "V3J7M3", "V3, 24 MHz", 1.3 },
};

/* Hundredths. */
enum { AIM_FULL = 115, AIM_AGAIN = 5, AIM_ONE_BYTE = 5 };

static double erase_s(const struct flash_device *device)
{
	const struct flash_controller *controller = device->controller;
	const struct chip *chip = &device->board->chip;
	double sectors_us = 0, banks_us = 0, all_us = 0;
	struct chip_sector sector;

	for (unsigned i = 0; chip_sector_number(chip, i, &sector); i++)
		sectors_us += controller->erase_time(device, sector.size).typical_us;
	if (!controller->bank_erase_operation)
		return sectors_us / 1e6;
	for (unsigned i = 0; i < chip->bank_count; i++)
		banks_us += controller->bank_erase_time(device, i).typical_us;
	all_us = controller->bank_erase_time(device, FLASH_ALL_BANKS).typical_us;
	if (banks_us > 0 && banks_us < sectors_us)
		sectors_us = banks_us;
	return (all_us > 0 && all_us < sectors_us ? all_us : sectors_us) / 1e6;
}

/* The erases, or that of whole banks, and programming; or the wire. Of the typical times. */
static double limit_s(const struct flash_device *device, const struct wire *wire)
{
	uint32_t size = chip_flash_size(&device->board->chip), base = device->board->chip.banks[0].base;
	struct flash_device fast = *device;
	double flash_s;

	memset(fast.whole, true, sizeof fast.whole);
	fast.row_least_hz = 0;			/* the clock is raised in time */
	flash_s = erase_s(device) + device->controller->program_time(&fast, base, size).typical_us / 1e6;

	if (device->banks_apart && device->board->chip.bank_count > 1)
		flash_s /= 2;
	return max_double(flash_s, wire->us_per_byte * size / 1e6);
}

static double sector_s(const struct flash_device *device, const struct chip_sector *sector)
{
	return (device->controller->erase_time(device, sector->size).typical_us +
		device->controller->program_time(device, sector->base, sector->size).typical_us) / 1e6;
}

/* The chip is full of other random bytes than those of the image. */
static void fill_chip(struct bench *b)
{
	for (size_t i = 0; i < b->board.chip.bank_count; i++) {
		const struct chip_bank *bank = &b->board.chip.banks[i];

		fill_random(b, bank->base, bank->size);
		machine_poke(b->machine, bank->base, b->image[i], bank->size);
		fill_random(b, bank->base, bank->size);
	}
}

static double load_chip(struct bench *b)
{
	plan_new(b);
	for (size_t i = 0; i < b->board.chip.bank_count; i++)
		if (flash_plan_write(b->plan, b->board.chip.banks[i].base, b->image[i],
				     b->board.chip.banks[i].size, &b->why))
			fail_msg("%s", b->why.text);
	commit_well(b);
	return (double)b->report.total_us / 1e6;
}

static const char *mark(double value, double aim)
{
	return value > aim ? "!" : " ";
}

static void print_row(struct bench *b, const struct wire *wire)
{
	struct flash_device device;
	struct chip_sector sector;
	double limit, full, again, one_byte, one_byte_aim;

	start(b);
	fill_chip(b);
	full = load_chip(b);
	again = load_chip(b);
	sector = sector_at(b, bank_end(b, 0) - 5);
	*image_at(b, bank_end(b, 0) - 5) ^= 0x55;
	one_byte = load_chip(b);
	assert_flash(b);
	assert_int_equal(flash_device_open(&device, b->core, 0, &b->why), 0);
	limit = limit_s(&device, wire);
	one_byte_aim = sector_s(&device, &sector) + AIM_ONE_BYTE * full / 100;
	printf("  %-11s %-9s %-10s %8.2f %8.2f %6.2f%s %6.1f %%%s %8.2f %8.2f%s\n", b->row->part,
	       b->row->option ? b->row->option : "", wire->name, full, limit, full / limit,
	       mark(full / limit, AIM_FULL / 100.0 + 0.005), 100 * again / full,
	       mark(again / full, AIM_AGAIN / 100.0 + 0.0005), one_byte, one_byte_aim,
	       mark(one_byte, one_byte_aim));
	fflush(stdout);
}

static void bench_row(const struct row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(wires); i++) {
		void *state = (void *)row;
		struct bench *b;

		set_up(&state);
		b = state;
		snprintf(b->spec.firmware, sizeof b->spec.firmware, "%s", wires[i].firmware);
		print_row(b, &wires[i]);
		tear_down(&state);
	}
}

/* "PART" or "PART:OPTION=VALUE": patterns choose among the rows, what is none of them is a row by itself. */
static void bench_argument(char *argument)
{
	char *option = strchr(argument, ':');
	struct row row = { argument, NULL, false };
	bool found = false;

	if (option) {
		*option = 0;
		row.option = option + 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows) && !option; i++)
		if (!fnmatch(argument, rows[i].part, 0)) {
			bench_row(&rows[i]);
			found = true;
		}
	if (!found)
		bench_row(&row);
}

int main(int argc, char **argv)
{
	printf("\nLoads, modelled, in seconds (aims: ratio 1.15, again 5 %%; ! = above)\n"
	       "  %-11s %-9s %-10s %8s %8s %6s  %8s  %8s %8s\n", "part", "mode", "probe", "full", "limit",
	       "ratio", "again", "one byte", "aim");
	for (int i = 1; i < argc; i++)
		bench_argument(argv[i]);
	for (size_t i = 0; i < ARRAY_SIZE(rows) && argc == 1; i++)
		bench_row(&rows[i]);
	return 0;
}
