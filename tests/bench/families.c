/* SPDX-License-Identifier: MIT
 *
 * What a load costs on each family, in modelled time, on a V2 at 4 MHz and a V3 at 24 MHz: the whole flash
 * anew with random bytes, beside its limit; the same image again; one byte of it changed. A part for
 * each family, not the largest; with arguments ("STM32F7*", "STM32F767VI:nDBANK=0") those parts. What is above
 * its aim is marked.
 */
#include "tests/engine/family_bench.h"

#include <fnmatch.h>

#include "flash/routine.h"

static const struct row rows[] = {
	{ "STM32F051C8", NULL, false },
	{ "STM32F103C8", NULL, false },
	{ "STM32F205RB", NULL, false },
	{ "STM32F302R8", NULL, false },
	{ "STM32F401CB", NULL, false },
	{ "STM32F429VI", NULL, false },
	{ "STM32F722RC", NULL, false },
	{ "STM32F767VI", "nDBANK=0", false },
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
	{ "STM32H743VG", NULL, false },
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

/* What a whole chip needs, of typical times; banks that are apart work at the same time. */
struct costs {
	double sectors_s, banks_s;	/* to erase it; banks_s 0 = only by sectors */
	double units_s, rows_s;		/* to program it, also in fast rows that want whole banks */
	double wire_s, early_s;		/* to send it; of that what fits into RAM beforehand */
};

static double program_s(const struct flash_device *device)
{
	const struct chip *chip = &device->board->chip;

	return device->controller->program_time(device, chip->banks[0].base,
						chip_flash_size(chip)).typical_us / 1e6;
}

static double banks_s(const struct flash_device *device)
{
	const struct flash_controller *controller = device->controller;
	unsigned count = (unsigned)device->board->chip.bank_count;
	double all_s, sum_s = 0;

	if (!controller->bank_erase_operation)
		return 0;
	for (unsigned i = 0; i < count; i++)
		sum_s += controller->bank_erase_time(device, i).typical_us / 1e6;
	all_s = controller->bank_erase_time(device, FLASH_ALL_BANKS).typical_us / 1e6;
	return all_s > 0 && all_s < sum_s ? all_s : sum_s;
}

static struct costs add_up(const struct flash_device *device, const struct wire *wire)
{
	const struct chip *chip = &device->board->chip;
	double apart = device->banks_apart && chip->bank_count > 1 ? 2 : 1;
	struct flash_device fast = *device;
	uint32_t base, ram = 0, size = chip_flash_size(chip);
	struct chip_sector sector;
	struct costs costs = { .wire_s = wire->us_per_byte * size / 1e6 };

	fast.row_least_hz = 0;			/* the clock is raised in time */
	for (unsigned i = 0; chip_sector_number(chip, i, &sector); i++)
		costs.sectors_s += device->controller->erase_time(device, sector.size).typical_us / 1e6;
	costs.sectors_s /= apart;
	costs.banks_s = banks_s(device) / apart;
	costs.units_s = program_s(&fast) / apart;
	memset(fast.whole, true, sizeof fast.whole);
	costs.rows_s = program_s(&fast) / apart;
	routine_area(chip, &base, &ram);
	costs.early_s = wire->us_per_byte * min_u32(ram, size) / 1e6;
	return costs;
}

/* The erases, or that of whole banks, and programming; or the wire. */
static double limit_s(const struct costs *costs)
{
	double erase_s = costs->banks_s > 0 && costs->banks_s < costs->sectors_s ? costs->banks_s
										: costs->sectors_s;

	return max_double(erase_s + costs->rows_s, costs->wire_s);
}

/* The same, knowing that while whole banks are erased no more can travel than there is RAM for, and that some
 * rows want whole banks. */
static double reachable_s(const struct costs *costs)
{
	double by_sectors_s = max_double(costs->sectors_s + costs->units_s, costs->wire_s), by_banks_s;

	if (costs->banks_s <= 0)
		return by_sectors_s;
	by_banks_s = costs->banks_s + max_double(costs->rows_s, costs->wire_s -
						 (costs->early_s < costs->banks_s ? costs->early_s
										  : costs->banks_s));
	return by_banks_s < by_sectors_s ? by_banks_s : by_sectors_s;
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
	double limit, reachable, full, again, one_byte, one_byte_aim;
	struct costs costs;

	start(b);
	fill_chip(b);
	full = load_chip(b);
	again = load_chip(b);
	sector = sector_at(b, bank_end(b, 0) - 5);
	*image_at(b, bank_end(b, 0) - 5) ^= 0x55;
	one_byte = load_chip(b);
	assert_flash(b);
	assert_int_equal(flash_device_open(&device, b->core, 0, &b->why), 0);
	costs = add_up(&device, wire);
	limit = limit_s(&costs);
	reachable = reachable_s(&costs);
	one_byte_aim = sector_s(&device, &sector) + AIM_ONE_BYTE * full / 100;
	printf("  %-11s %-9s %-10s %8.2f %8.2f %6.2f%s %6.2f %6.1f %%%s %8.2f %8.2f%s\n", b->row->part,
	       b->row->option ? b->row->option : "", wire->name, full, limit, full / limit,
	       mark(full / limit, AIM_FULL / 100.0 + 0.005), full / reachable, 100 * again / full,
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
	printf("\nLoads, modelled, in seconds (aims: ratio 1.15, again 5 %%; ! = above; 'of reach': beside a limit that\n"
	       "knows how much RAM there is for what travels during the erase of a bank)\n"
	       "  %-11s %-9s %-10s %8s %8s %6s %8s %7s  %8s %8s\n", "part", "mode", "probe", "full", "limit",
	       "ratio", "of reach", "again", "one byte", "aim");
	for (int i = 1; i < argc; i++)
		bench_argument(argv[i]);
	for (size_t i = 0; i < ARRAY_SIZE(rows) && argc == 1; i++)
		bench_row(&rows[i]);
	return 0;
}
