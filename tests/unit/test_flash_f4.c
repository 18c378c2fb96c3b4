/* SPDX-License-Identifier: MIT
 *
 * The F2/F4/F7 driver: control words, the supply table, times, the order of its register writes
 * and what it refuses. The registers are a few variables here.
 */
#include "flash/drivers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"

enum {
	BASE = 0x40023C00, ACR = BASE, KEYR = BASE + 4, SR = BASE + 0xC, CR = BASE + 0x10,
	OPTCR = BASE + 0x14, OPTCR1 = BASE + 0x18, OPTCR2 = BASE + 0x1C,
};
#define LOCK 0x80000000u

/* What the fake probe sees and answers; there is one target in this program. */
static struct {
	char log[2000];			/* "KEYR=45670123 ..." */
	uint32_t acr, cr, sr, optcr, optcr1, optcr2;
	unsigned keys, busy_reads;
	bool deaf;			/* does not take keys */
	uint32_t supply_mv;
	int supply_error;
	uint64_t now_us;
	unsigned width;			/* of the last data write */
	uint32_t fail_at;		/* a write there sets WRPERR */
} target;

int probe_write_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t value)
{
	size_t used = strlen(target.log);
	const char *name = address == KEYR ? "KEYR" : address == SR ? "SR" : address == CR ? "CR" :
			   address == ACR ? "ACR" : "?";

	(void)probe, (void)port;
	snprintf(target.log + used, sizeof target.log - used, "%s=%08X ", name, value);
	if (address == KEYR && ++target.keys == 2 && !target.deaf)
		target.cr &= ~LOCK;
	if (address == CR)
		target.cr = value;
	if (address == SR)
		target.sr &= ~value;
	return 0;
}

int probe_read_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t *value)
{
	(void)probe, (void)port;
	*value = address == ACR ? target.acr : address == CR ? target.cr :
		 address == OPTCR ? target.optcr : address == OPTCR1 ? target.optcr1 :
		 address == OPTCR2 ? target.optcr2 : target.sr;
	if (address == SR && target.busy_reads) {
		target.busy_reads--;
		*value |= 1 << 16;
	}
	return 0;
}

int probe_write(struct probe *probe, struct probe_port port, uint32_t address, const void *data,
		uint32_t length, enum probe_width width, uint32_t *fault)
{
	(void)probe, (void)port, (void)data, (void)fault;
	target.width = width == PROBE_8 ? 8 : width == PROBE_16 ? 16 : width == PROBE_32 ? 32 : 0;
	assert_int_equal(target.width, length * 8);
	if (address == target.fail_at)
		target.sr |= 1 << 4;
	return 0;
}

int probe_voltage_mv(struct probe *probe, uint32_t *mv)
{
	(void)probe;
	*mv = target.supply_mv;
	return target.supply_error;
}

struct link *probe_link(struct probe *probe)
{
	(void)probe;
	return NULL;
}

uint64_t link_now_us(struct link *link)
{
	(void)link;
	return target.now_us;
}

void link_wait_us(struct link *link, uint64_t us)
{
	(void)link;
	target.now_us += us;
}

const struct flash_controller *flash_controller_find(const char *name)
{
	return strcmp(name, "zz") ? &flash_controller_f4 : NULL;
}

struct bench {
	struct board board;
	struct flash_device device;
	struct why why;
};

static void open_device(struct bench *b)
{
	assert_int_equal(flash_device_open(&b->device, &b->board.cores[0], 0, &b->why), 0);
}

/* The same target with another controller and layout, and what it says of its supply. */
static void become(struct bench *b, const char *controller, size_t bank_count, uint32_t smallest)
{
	struct chip *chip = &b->board.chip;

	strcpy(chip->controller, controller);
	chip->bank_count = bank_count;
	for (size_t i = 0; i < bank_count; i++) {
		chip->banks[i].base = 0x08000000 + 0x100000 * (uint32_t)i;
		chip->banks[i].size = 0x100000;
		chip->banks[i].physical = (uint8_t)i;
		chip->banks[i].runs[0].size = smallest;
	}
	open_device(b);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	memset(&target, 0, sizeof target);
	target.cr = LOCK;
	target.optcr = 0x0FFFAAED;
	target.supply_mv = 3300;
	target.optcr1 = 0x0FFF0000;
	b->board.chip.flash_registers = BASE;
	b->board.cores[0].board = &b->board;
	become(b, "f4", 1, 0x4000);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static const struct flash_controller *f4(void)
{
	return &flash_controller_f4;
}

static void parallelism_follows_the_supply(void **state)
{
	static const struct { uint32_t mv; unsigned bits; } rows[] = {
		{ 0, 8 }, { 1500, 8 }, { 1800, 8 }, { 2099, 8 }, { 2100, 16 }, { 2699, 16 },
		{ 2700, 32 }, { 3300, 32 }, { 3600, 32 }, { 5000, 8 } /* can't be */,
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		target.supply_mv = rows[i].mv;
		assert_int_equal(flash_device_open(&b->device, b->device.core, 0, &b->why), 0);
		assert_int_equal(b->device.parallel_bits, rows[i].bits);
	}
	assert_int_equal(flash_device_open(&b->device, b->device.core, 3300, &b->why), 0);
	assert_int_equal(b->device.parallel_bits, 32);	/* what the user says counts */
	target.supply_error = E_FIRMWARE;
	assert_int_equal(flash_device_open(&b->device, b->device.core, 0, &b->why), 0);
	assert_int_equal(b->device.parallel_bits, 8);
	target.supply_error = E_GONE;
	assert_int_equal(flash_device_open(&b->device, b->device.core, 0, &b->why), E_GONE);
}

static void a_chip_without_a_driver_is_refused(void **state)
{
	struct bench *b = *state;

	strcpy(b->board.chip.controller, "zz");
	assert_int_equal(flash_device_open(&b->device, b->device.core, 0, &b->why), E_CHIP);
	assert_non_null(strstr(b->why.text, "no driver for its controller zz"));
}

static void set_supply(struct bench *b, uint32_t mv)
{
	target.supply_mv = mv;
	open_device(b);
}

static uint32_t erase_word(const struct bench *b, unsigned bank, unsigned number)
{
	const struct chip_sector sector = { .bank = bank, .number = number };

	return f4()->erase_operation(&b->device, &sector).control;
}

static uint32_t bank_word(const struct bench *b, unsigned bank)
{
	return f4()->bank_erase_operation(&b->device, bank).control;
}

static uint32_t program_word(const struct bench *b)
{
	return f4()->program_operation(&b->device, 0x08000000, 64).control;
}

static void control_words_are_as_in_the_manual(void **state)
{
	struct bench *b = *state;

	assert_int_equal(erase_word(b, 0, 11), 0x0002 | 11 << 3 | 2 << 8);
	assert_int_equal(bank_word(b, FLASH_ALL_BANKS), 0x0004 | 2 << 8);
	assert_int_equal(program_word(b), 0x0001 | 2 << 8);
	set_supply(b, 2400);
	assert_int_equal(program_word(b), 0x0001 | 1 << 8);
	set_supply(b, 1800);
	assert_int_equal(program_word(b), 0x0001);
}

static void two_banks_have_numbers_and_bits_of_their_own(void **state)
{
	static const char *const names[] = { "f4db", "f7db" };
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		become(b, names[i], 2, 0x4000);
		assert_int_equal(erase_word(b, 0, 3), 0x0002 | 3 << 3 | 2 << 8);
		assert_int_equal(erase_word(b, 1, 3), 0x0002 | 0x13 << 3 | 2 << 8);
		assert_int_equal(bank_word(b, 0), 0x0004 | 2 << 8);
		assert_int_equal(bank_word(b, 1), 0x8000 | 2 << 8);
		assert_int_equal(bank_word(b, FLASH_ALL_BANKS), 0x8004 | 2 << 8);
	}
	b->board.chip.banks[0].physical = 1;		/* swapped */
	b->board.chip.banks[1].physical = 0;
	assert_int_equal(erase_word(b, 0, 3), 0x0002 | 0x13 << 3 | 2 << 8);
	assert_int_equal(bank_word(b, 1), 0x0004 | 2 << 8);
}

static uint32_t erase_typical_ms(const struct bench *b, uint32_t size)
{
	return f4()->erase_time(&b->device, size).typical_us / 1000;
}

static void times_are_those_of_the_data_sheet(void **state)
{
	struct bench *b = *state;

	assert_int_equal(erase_typical_ms(b, 0x4000), 250);
	assert_int_equal(f4()->erase_time(&b->device, 0x10000).maximum_us, 1100000);
	assert_int_equal(erase_typical_ms(b, 0x20000), 1000);
	assert_int_equal(f4()->bank_erase_time(&b->device, FLASH_ALL_BANKS).typical_us, 8000000);
	assert_int_equal(f4()->program_time(&b->device, 0x08000000, 2048).typical_us, 512 * 16);
	set_supply(b, 1800);
	assert_int_equal(f4()->erase_time(&b->device, 0x20000).maximum_us, 4000000);
	assert_int_equal(f4()->bank_erase_time(&b->device, FLASH_ALL_BANKS).maximum_us, 32000000);
	assert_int_equal(f4()->program_time(&b->device, 0x08000000, 2048).maximum_us, 2048 * 100);
}

/* Both banks at once take as long as one; an F7 with one bank of two needs half. */
static void times_follow_the_banks(void **state)
{
	struct bench *b = *state;

	become(b, "f4db", 2, 0x4000);
	assert_int_equal(f4()->bank_erase_time(&b->device, 1).typical_us, 8000000);
	assert_int_equal(f4()->bank_erase_time(&b->device, FLASH_ALL_BANKS).typical_us, 8000000);
	become(b, "f7db", 1, 0x8000);
	assert_int_equal(f4()->bank_erase_time(&b->device, 0).typical_us, 4000000);
	assert_int_equal(erase_typical_ms(b, 0x8000), 200);
	assert_int_equal(erase_typical_ms(b, 0x20000), 500);
	assert_int_equal(erase_typical_ms(b, 0x40000), 1000);
	become(b, "f7db", 2, 0x4000);
	assert_int_equal(erase_typical_ms(b, 0x4000), 200);
	assert_int_equal(erase_typical_ms(b, 0x20000), 1000);
}

static void unlocks_with_the_keys_once_not_busy(void **state)
{
	struct bench *b = *state;

	target.busy_reads = 3;
	target.sr = 0xF2;
	assert_int_equal(f4()->unlock(&b->device, &b->why), 0);
	assert_string_equal(target.log, "KEYR=45670123 KEYR=CDEF89AB SR=000001F2 ");
	assert_int_equal(target.sr, 0);
	target.log[0] = '\0';
	assert_int_equal(f4()->unlock(&b->device, &b->why), 0);		/* no keys when open */
	assert_string_equal(target.log, "SR=000001F2 ");
	assert_int_equal(f4()->lock(&b->device, &b->why), 0);
	assert_int_equal(target.cr, LOCK);
}

static void empties_caches_that_are_on(void **state)
{
	struct bench *b = *state;

	target.acr = 0x705;
	assert_int_equal(f4()->lock(&b->device, &b->why), 0);
	assert_string_equal(target.log, "CR=80000000 ACR=00000105 ACR=00001905 ACR=00000705 ");
}

static void says_when_it_stays_locked_or_busy(void **state)
{
	struct bench *b = *state;

	target.deaf = true;
	assert_int_equal(f4()->unlock(&b->device, &b->why), E_LOCKED);
	assert_non_null(strstr(b->why.text, "until the next reset"));
	target.busy_reads = 1000000;
	target.keys = 0;
	assert_int_equal(f4()->unlock(&b->device, &b->why), E_TIMEOUT);
	assert_int_equal(target.keys, 0);
	assert_true(target.now_us < 5000000);
}

static void protected_sectors_are_refused_by_name(void **state)
{
	struct bench *b = *state;
	struct chip_sector sectors[] = { { .base = 0x08000000, .number = 0 },
					 { .base = 0x08010000, .number = 4 } };

	assert_int_equal(f4()->check(&b->device, sectors, 2, &b->why), 0);
	target.optcr = 0x0FFFAAED & ~(1u << (16 + 4));
	assert_int_equal(f4()->check(&b->device, sectors, 1, &b->why), 0);
	assert_int_equal(f4()->check(&b->device, sectors, 2, &b->why), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "sector 4 at 0x08010000 is write-protected"));
	target.optcr = 0x0FFF55ED;
	assert_int_equal(f4()->check(&b->device, sectors, 0, &b->why), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "read-protected"));
	assert_string_equal(target.log, "");
}

static int check_sector(struct bench *b, unsigned bank, unsigned number)
{
	const struct chip_sector sector = { .bank = bank, .number = number };

	return f4()->check(&b->device, &sector, 1, &b->why);
}

/* In pairs with two banks on F7, across two registers on F4, sectors 14 and 15 together on F413. */
static void protection_bits_are_found_in_every_layout(void **state)
{
	struct bench *b = *state;

	become(b, "f4db", 2, 0x4000);
	target.optcr1 &= ~(1u << (16 + 3));
	assert_int_equal(check_sector(b, 0, 3), 0);
	assert_int_equal(check_sector(b, 1, 3), E_PROTECTED);
	become(b, "f7db", 2, 0x4000);
	target.optcr = 0x0FFFAAED & ~(1u << (16 + 6 + 2));
	assert_int_equal(check_sector(b, 0, 4), 0);
	assert_int_equal(check_sector(b, 1, 4), E_PROTECTED);
	assert_int_equal(check_sector(b, 1, 5), E_PROTECTED);
	assert_int_equal(check_sector(b, 1, 6), 0);
	become(b, "f4", 1, 0x4000);
	target.optcr = 0x3FFFAAED;
	assert_int_equal(check_sector(b, 0, 13), 0);
	assert_int_equal(check_sector(b, 0, 15), E_PROTECTED);
}

static void sectors_closed_to_reading_are_refused(void **state)
{
	struct bench *b = *state;

	target.optcr = 0x8004AAED;		/* SPRMOD: sector 2 is closed, the others are not */
	assert_int_equal(check_sector(b, 0, 1), 0);
	assert_int_equal(check_sector(b, 0, 2), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "PCROP"));
	target.optcr = 0xC0FFAAFD;		/* F7: bit 31 is something else */
	target.optcr2 = 0x80000002;
	become(b, "f7", 1, 0x4000);
	assert_int_equal(check_sector(b, 0, 1), 0);	/* no OPTCR2 in its description */
	b->board.chip.option_word_count = 1;
	b->board.chip.option_words[0].address = OPTCR2;
	assert_int_equal(check_sector(b, 0, 0), 0);
	assert_int_equal(check_sector(b, 0, 1), E_PROTECTED);
}

static void programs_in_units_of_the_parallelism(void **state)
{
	static const struct { uint32_t mv; unsigned bits; } rows[] = {
		{ 1800, 8 }, { 2400, 16 }, { 3300, 32 },
	};
	static const uint8_t data[32];
	struct bench *b = *state;
	uint32_t done, status;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		set_supply(b, rows[i].mv);
		assert_int_equal(f4()->program(&b->device, 0x08000000, data, 32, &done, &status), 0);
		assert_int_equal(done, 32);
		assert_int_equal(target.width, rows[i].bits);
	}
}

static void stops_at_the_unit_that_failed(void **state)
{
	static const uint8_t data[32];
	struct bench *b = *state;
	uint32_t done, status;
	char text[100];

	target.fail_at = 0x08000008;
	assert_int_equal(f4()->program(&b->device, 0x08000000, data, 32, &done, &status), E_FLASH);
	assert_int_equal(done, 8);
	f4()->status_text(status, text, sizeof text);
	assert_string_equal(text, "the sector is write-protected (WRPERR)");
	assert_int_equal(target.sr, 0);
}

static void erases_by_word_then_start(void **state)
{
	const struct flash_operation operation = { 0x20A, 0x08004000, 0 };
	struct bench *b = *state;
	uint32_t status;

	target.busy_reads = 5;
	assert_int_equal(f4()->erase(&b->device, &operation, 1000000, &status), 0);
	assert_string_equal(target.log, "CR=0000020A CR=0001020A ");
	target.busy_reads = 1000000;
	assert_int_equal(f4()->erase(&b->device, &operation, 1000000, &status), E_TIMEOUT);
}

static void status_words_fit_any_buffer(void **state)
{
	char text[200];

	(void)state;
	f4()->status_text(0xC0, text, sizeof text);
	assert_string_equal(text, "the width of a write does not fit the parallelism (PGPERR), "
			    "a write came out of sequence (PGSERR)");
	f4()->status_text(0, text, sizeof text);
	assert_string_equal(text, "no error flag (SR = 0x00000000)");
	f4()->status_text(0x1F2, text, 20);
	assert_int_equal(strlen(text), 19);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(parallelism_follows_the_supply),
		TEST(a_chip_without_a_driver_is_refused),
		TEST(control_words_are_as_in_the_manual),
		TEST(two_banks_have_numbers_and_bits_of_their_own),
		TEST(times_are_those_of_the_data_sheet),
		TEST(times_follow_the_banks),
		TEST(unlocks_with_the_keys_once_not_busy),
		TEST(empties_caches_that_are_on),
		TEST(says_when_it_stays_locked_or_busy),
		TEST(protected_sectors_are_refused_by_name),
		TEST(protection_bits_are_found_in_every_layout),
		TEST(sectors_closed_to_reading_are_refused),
		TEST(programs_in_units_of_the_parallelism),
		TEST(stops_at_the_unit_that_failed),
		TEST(erases_by_word_then_start),
		TEST(status_words_fit_any_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
