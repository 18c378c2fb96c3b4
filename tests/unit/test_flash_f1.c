/* SPDX-License-Identifier: MIT
 *
 * The F0/F1/F3 driver: control words, the second bank of XL density, the order of its register
 * writes, copies whose lock bit lies, and what it refuses. The registers are an array here.
 */
#include "flash/drivers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"

enum { BASE = 0x40022000, BANK2 = 0x40 };
enum { KEYR = 0x04, SR = 0x0C, CR = 0x10, AR = 0x14, OBR = 0x1C, WRPR = 0x20, SIZE = 0x60 };

/* What the fake probe sees and answers; there is one target in this program. */
static struct {
	char log[2000];			/* "04=45670123 ..." */
	uint32_t registers[SIZE / 4];
	unsigned keys, busy_reads;
	bool locked;			/* whatever LOCK says */
	uint64_t now_us;
	uint32_t fail_at;		/* a write there sets PGERR */
} target;

static uint32_t *reg(uint32_t offset)
{
	return &target.registers[offset / 4];
}

int probe_write_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t value)
{
	uint32_t offset = address - BASE;
	size_t used = strlen(target.log);

	(void)probe, (void)port;
	assert_true(offset < SIZE);
	snprintf(target.log + used, sizeof target.log - used, "%02X=%X ", offset, value);
	switch (offset % BANK2) {
	case KEYR:
		if (++target.keys % 2)
			break;
		target.locked = false;
		*reg(offset + CR - KEYR) &= ~0x80u;
		break;
	case SR:
		*reg(offset) &= ~value;
		break;
	case CR:
		if (!target.locked)
			*reg(offset) = value;
		break;
	default:
		*reg(offset) = value;
	}
	return 0;
}

int probe_read_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t *value)
{
	(void)probe, (void)port;
	*value = *reg(address - BASE);
	if ((address - BASE) % BANK2 == SR && target.busy_reads) {
		target.busy_reads--;
		*value |= 1;
	}
	return 0;
}

int probe_write(struct probe *probe, struct probe_port port, uint32_t address, const void *data,
		uint32_t length, enum probe_width width, uint32_t *fault)
{
	(void)probe, (void)port, (void)data, (void)fault;
	assert_int_equal(width, PROBE_16);
	assert_int_equal(length, 2);
	if (address == target.fail_at)
		*reg(SR) |= 1 << 2;
	return 0;
}

int probe_voltage_mv(struct probe *probe, uint32_t *mv)
{
	(void)probe;
	*mv = 0;
	return 0;
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
	(void)name;
	return &flash_controller_f1;
}

struct bench {
	struct board board;
	struct flash_device device;
	struct why why;
};

static const struct flash_controller *const f1 = &flash_controller_f1;

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	struct chip *chip = &b->board.chip;

	memset(&target, 0, sizeof target);
	*reg(CR) = *reg(CR + BANK2) = 0x80;
	*reg(WRPR) = 0xFFFFFFFF;
	target.locked = true;
	strcpy(chip->controller, "f1xl");
	chip->flash_registers = BASE;
	chip->bank_count = 2;
	for (unsigned i = 0; i < 2; i++)
		chip->banks[i] = (struct chip_bank){
			.base = 0x08000000 + 0x80000 * i, .size = 0x80000, .physical = (uint8_t)i,
			.runs = { { 256, 2048 } }, .run_count = 1,
		};
	b->board.cores[0].board = &b->board;
	assert_int_equal(flash_device_open(&b->device, &b->board.cores[0], 0, &b->why), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void operations_go_to_the_registers_of_their_bank(void **state)
{
	struct bench *b = *state;
	const struct chip_sector page = { .base = 0x08000800, .bank = 0 },
				 second = { .base = 0x08080800, .bank = 1 };
	struct flash_operation operation = f1->erase_operation(&b->device, &page);

	assert_int_equal(b->device.unit_bytes, 2);
	assert_int_equal(b->device.parallel_bits, 0);
	assert_int_equal(operation.control, 2);
	assert_int_equal(operation.address, 0x08000800);
	assert_int_equal(operation.registers, 0);
	operation = f1->erase_operation(&b->device, &second);
	assert_int_equal(operation.address, 0x08080800);
	assert_int_equal(operation.registers, BANK2);
	assert_int_equal(f1->program_operation(&b->device, 0x0807FFF0, 16).registers, 0);
	assert_int_equal(f1->program_operation(&b->device, 0x08080000, 16).registers, BANK2);
	assert_int_equal(f1->program_operation(&b->device, 0x08080000, 16).control, 1);
	assert_int_equal(f1->bank_erase_operation(&b->device, 1).control, 4);
	assert_int_equal(f1->bank_erase_operation(&b->device, 1).registers, BANK2);
}

static void both_banks_at_once_are_erased_only_where_there_is_one(void **state)
{
	struct bench *b = *state;

	assert_int_equal(f1->bank_erase_time(&b->device, 0).maximum_us, 40000);
	assert_int_equal(f1->bank_erase_time(&b->device, FLASH_ALL_BANKS).typical_us, 0);
	b->board.chip.bank_count = 1;
	assert_int_equal(f1->bank_erase_time(&b->device, FLASH_ALL_BANKS).maximum_us, 40000);
	assert_int_equal(f1->bank_erase_operation(&b->device, FLASH_ALL_BANKS).control, 4);
	assert_int_equal(f1->program_time(&b->device, 0x08000000, 2000).typical_us, 53500);
	assert_int_equal(f1->program_time(&b->device, 0x08000000, 2000).maximum_us, 70000);
}

static void unlocks_and_locks_every_bank(void **state)
{
	struct bench *b = *state;

	*reg(SR) = 0x34;
	assert_int_equal(f1->unlock(&b->device, &b->why), 0);
	assert_string_equal(target.log, "04=45670123 04=CDEF89AB 0C=34 "
					"44=45670123 44=CDEF89AB 4C=34 ");
	assert_int_equal(*reg(SR), 0);
	target.log[0] = '\0';
	assert_int_equal(f1->lock(&b->device, &b->why), 0);
	assert_string_equal(target.log, "10=80 50=80 ");
}

/* No keys when it is open; a copy of the chip that says so and is not gets them. */
static void tries_a_lock_that_says_open(void **state)
{
	struct bench *b = *state;

	b->board.chip.bank_count = 1;
	*reg(CR) = 0;
	target.locked = false;
	assert_int_equal(f1->unlock(&b->device, &b->why), 0);
	assert_int_equal(target.keys, 0);
	assert_int_equal(*reg(CR), 0);
	target.locked = true;
	assert_int_equal(f1->unlock(&b->device, &b->why), 0);
	assert_int_equal(target.keys, 2);
	assert_false(target.locked);
}

static void says_when_it_stays_busy(void **state)
{
	struct bench *b = *state;

	target.busy_reads = 1000000;
	assert_int_equal(f1->unlock(&b->device, &b->why), E_TIMEOUT);
	assert_int_equal(target.keys, 0);
	assert_true(target.now_us < 200000);
}

static int check_page(struct bench *b, uint32_t base)
{
	const struct chip_sector page = { .base = base, .index = (base - 0x08000000) / 2048 };

	return f1->check(&b->device, &page, 1, &b->why);
}

/* The last bit of WRPR stands for everything from 124 KiB on. */
static void protected_pages_are_refused_by_name(void **state)
{
	struct bench *b = *state;

	*reg(WRPR) = ~(1u << 2);
	assert_int_equal(check_page(b, 0x08001800), 0);
	assert_int_equal(check_page(b, 0x08002000), E_PROTECTED);
	assert_int_equal(check_page(b, 0x08002800), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "page 5 at 0x08002800 is write-protected"));
	assert_int_equal(check_page(b, 0x08003000), 0);
	*reg(WRPR) = 0x7FFFFFFF;
	assert_int_equal(check_page(b, 0x0801E800), 0);
	assert_int_equal(check_page(b, 0x0801F000), E_PROTECTED);
	assert_int_equal(check_page(b, 0x08090000), E_PROTECTED);
	*reg(WRPR) = 0xFFFFFFFF;
	*reg(OBR) = 2;
	assert_int_equal(check_page(b, 0x08000000), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "read-protected"));
	assert_string_equal(target.log, "");
}

static void erases_by_address_then_start(void **state)
{
	const struct flash_operation operation = { 2, 0x08080800, BANK2 };
	struct bench *b = *state;
	uint32_t status;

	target.locked = false;
	assert_int_equal(f1->erase(&b->device, &operation, 40000, &status), 0);
	assert_string_equal(target.log, "50=2 54=8080800 50=42 ");
	target.busy_reads = 1000000;
	assert_int_equal(f1->erase(&b->device, &operation, 40000, &status), E_TIMEOUT);
}

static void stops_at_the_unit_that_failed(void **state)
{
	static const uint8_t data[32];
	struct bench *b = *state;
	uint32_t done, status;
	char text[100];

	target.fail_at = 0x08000006;
	assert_int_equal(f1->program(&b->device, 0x08000000, data, 32, &done, &status), E_FLASH);
	assert_int_equal(done, 6);
	f1->status_text(status, text, sizeof text);
	assert_string_equal(text, "the place was not erased (PGERR)");
	assert_int_equal(*reg(SR), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(operations_go_to_the_registers_of_their_bank),
		TEST(both_banks_at_once_are_erased_only_where_there_is_one),
		TEST(unlocks_and_locks_every_bank),
		TEST(tries_a_lock_that_says_open),
		TEST(says_when_it_stays_busy),
		TEST(protected_pages_are_refused_by_name),
		TEST(erases_by_address_then_start),
		TEST(stops_at_the_unit_that_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
