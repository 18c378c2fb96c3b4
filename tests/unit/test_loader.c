/* SPDX-License-Identifier: MIT
 *
 * The two sides of a loader together: the host's (loader.c) and the target's (loaders/f4.S on a bare
 * Cortex-M3 with a small strict flash). The probe in between is faked: every exchange lets the target
 * run for a while, more or less at random.
 */
#include "flash/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unicorn/unicorn.h>

#include "flash/loaders/f4.h"
#include "flash/routine.h"
#include "probe/bytes.h"

#define RAM 0x20000000u
#define FLASH 0x08000000u
#define REGISTERS 0x40023000u		/* the page; the controller is at +0xC00 */
#define WATCHDOG 0x40003000u
#define BSY 0x10000u

enum { RAM_SIZE = 0x8000, FLASH_SIZE = 0x10000, SECTOR = 0x4000 };
enum { SR = 0xC0C, CR = 0xC10 };

/* The target; one in this program, because the faked functions have no context. */
static struct {
	uc_engine *uc;
	uint32_t ram_size;		/* of the loader's area */
	uint32_t cr, sr, pc;
	unsigned busy;			/* reads of SR until BSY falls */
	unsigned busy_unit, busy_erase;	/* how long operations take */
	uint8_t flash[FLASH_SIZE];
	uint64_t steps, budget, kicks, now_us;
	unsigned mistakes;		/* against the rules of the flash */
	bool halted, interrupted;
	uint32_t fail_at;		/* programming there sets WRPERR */
	unsigned seed, exchanges, writes;
} t;

static unsigned draw(unsigned below)
{
	t.seed = t.seed * 1103515245 + 12345;
	return (t.seed >> 8) % below;
}

/* ---- target ---- */

static void on_step(uc_engine *uc, uint64_t address, uint32_t size, void *context)
{
	(void)address, (void)size, (void)context;
	if (++t.steps >= t.budget)
		uc_emu_stop(uc);
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *context)
{
	(void)context;
	assert_int_equal(number, 7);	/* BKPT */
	t.halted = true;
	uc_emu_stop(uc);
}

static uint64_t on_register_read(uc_engine *uc, uint64_t offset, unsigned size, void *context)
{
	(void)uc, (void)size, (void)context;
	if (offset == CR)
		return t.cr;
	if (offset != SR)
		return 0;
	return t.sr | (t.busy && t.busy-- ? BSY : 0);
}

static void on_register_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value,
			      void *context)
{
	(void)uc, (void)size, (void)context;
	t.mistakes += t.busy > 0 || offset != CR;
	if (offset != CR)
		return;
	t.cr = (uint32_t)value;
	if (!(value & 1 << 16))
		return;
	t.mistakes += (value & 2) == 0;
	memset(t.flash + (value >> 3 & 15) * SECTOR, 0xFF, SECTOR);
	t.busy = t.busy_erase;
}

static uint64_t on_flash_read(uc_engine *uc, uint64_t offset, unsigned size, void *context)
{
	(void)uc, (void)offset, (void)size, (void)context;
	t.mistakes++;
	return 0;
}

static void on_flash_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *context)
{
	(void)uc, (void)context;
	t.mistakes += t.busy > 0 || !(t.cr & 1) || size != 1u << (t.cr >> 8 & 3);
	if (offset == t.fail_at)
		t.sr |= 1 << 4;
	for (unsigned i = 0; i < size; i++) {
		t.mistakes += t.flash[offset + i] != 0xFF;
		t.flash[offset + i] &= (uint8_t)(value >> 8 * i);
	}
	t.busy = t.busy_unit;
}

static void on_kick(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *context)
{
	(void)uc, (void)size, (void)context;
	t.mistakes += offset != 0 || value != 0xAAAA;
	t.kicks++;
}

static void run(uint64_t steps)
{
	if (t.halted || !t.pc || !steps)
		return;
	t.steps = 0;
	t.budget = steps;
	assert_int_equal(uc_emu_start(t.uc, t.pc | 1, 0, 0, 0), UC_ERR_OK);
	uc_reg_read(t.uc, UC_ARM_REG_PC, &t.pc);
}

/* ---- what loader.c calls ---- */

static void exchange(unsigned count)
{
	t.exchanges += count;
	t.now_us += 150 * count;
	run(1 + draw(4000) * count);
}

int probe_write(struct probe *probe, struct probe_port port, uint32_t address, const void *data,
		uint32_t length, enum probe_width width, uint32_t *fault)
{
	(void)probe, (void)port, (void)width, (void)fault;
	assert_true(address >= RAM && address + length <= RAM + t.ram_size);
	/* in two pieces, the target running in between */
	uc_mem_write(t.uc, address, data, length / 2);
	exchange(1);
	uc_mem_write(t.uc, address + length / 2, (const uint8_t *)data + length / 2, length - length / 2);
	exchange(1);
	t.writes++;
	return 0;
}

int probe_write_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t value)
{
	(void)probe, (void)port;
	assert_true(address >= RAM && address < RAM + t.ram_size);
	uc_mem_write(t.uc, address, &value, 4);
	exchange(1);
	return 0;
}

int probe_read(struct probe *probe, struct probe_port port, uint32_t address, void *data,
	       uint32_t length, enum probe_width width, uint32_t *fault)
{
	(void)probe, (void)port, (void)width, (void)fault;
	assert_true(address >= RAM && address + length <= RAM + t.ram_size);
	exchange(2);
	uc_mem_read(t.uc, address, data, length);
	return 0;
}

int probe_read_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t *value)
{
	(void)probe, (void)port;
	assert_true(address >= RAM && address < RAM + t.ram_size);
	exchange(1);
	uc_mem_read(t.uc, address, value, 4);
	return 0;
}

const struct probe_abilities *probe_abilities(const struct probe *probe)
{
	static const struct probe_abilities abilities = { .mem32_max = 6144 };

	(void)probe;
	return &abilities;
}

bool probe_interrupted(const struct probe *probe)
{
	(void)probe;
	return t.interrupted;
}

struct link *probe_link(struct probe *probe)
{
	(void)probe;
	return NULL;
}

uint64_t link_now_us(struct link *link)
{
	(void)link;
	return t.now_us;
}

void link_wait_us(struct link *link, uint64_t us)
{
	(void)link;
	t.now_us += us;
	run(us * 4);
}

bool routine_area(const struct chip *chip, uint32_t *base, uint32_t *size)
{
	(void)chip;
	*base = RAM;
	*size = t.ram_size;
	return true;
}

uint32_t routine_watchdog(const struct chip *chip, uint32_t spare)
{
	(void)chip, (void)spare;
	return WATCHDOG;
}

uint32_t routine_window_watchdog(const struct chip *chip, uint32_t spare)
{
	(void)chip;
	return spare;
}

int routine_start(struct core *core, const struct routine_call *call, struct why *why)
{
	static const int registers[] = { UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3 };

	(void)core, (void)why;
	uc_mem_write(t.uc, call->entry, call->code, call->code_size);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		uc_reg_write(t.uc, registers[i], &call->arguments[i]);
	t.pc = call->entry;
	return 0;
}

int routine_pause(struct probe *probe, uint64_t us)
{
	(void)probe;
	if (!t.interrupted)
		link_wait_us(NULL, us);
	return t.interrupted ? E_INTERRUPTED : 0;
}

int routine_stop(struct core *core)
{
	(void)core;
	t.halted = true;
	return 0;
}

int routine_explain_death(struct core *core, const char *doing, struct why *why)
{
	(void)core;
	return explain(why, E_LOADER, "%s", doing);
}

/* ---- the driver, as far as the loader asks ---- */

static uint32_t psize(const struct flash_device *device)
{
	return (device->unit_bytes == 4 ? 2u : device->unit_bytes == 2 ? 1u : 0u) << 8;
}

static struct flash_operation program_operation(const struct flash_device *device, uint32_t address,
						uint32_t length)
{
	(void)length;
	return (struct flash_operation){ 1 | psize(device), address, 0 };
}

static struct flash_duration program_time(const struct flash_device *device, uint32_t address, uint32_t length)
{
	(void)address;
	(void)device;
	return (struct flash_duration){ length, length * 100 };
}

static void status_text(uint32_t status, char *text, size_t size)
{
	snprintf(text, size, "SR %x", status);
}

static const struct flash_controller controller = {
	.loader = loader_f4, .loader_size = sizeof loader_f4,
	.program_operation = program_operation, .program_time = program_time, .status_text = status_text,
};

struct bench {
	struct board board;
	struct flash_device device;
	struct loader *loader;
	struct why why;
	uint8_t image[FLASH_SIZE];
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	uc_hook hook;

	memset(&t, 0, sizeof t);
	t.ram_size = RAM_SIZE;
	t.seed = 1;
	t.busy_unit = 2;
	t.busy_erase = 500;
	t.fail_at = UINT32_MAX;
	memset(t.flash, 0xFF, sizeof t.flash);
	assert_int_equal(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &t.uc), UC_ERR_OK);
	uc_ctl_set_cpu_model(t.uc, UC_CPU_ARM_CORTEX_M3);
	uc_mem_map(t.uc, RAM, RAM_SIZE, UC_PROT_ALL);
	uc_mmio_map(t.uc, FLASH, FLASH_SIZE, on_flash_read, NULL, on_flash_write, NULL);
	uc_mmio_map(t.uc, REGISTERS, 0x1000, on_register_read, NULL, on_register_write, NULL);
	uc_mmio_map(t.uc, WATCHDOG, 0x1000, NULL, NULL, on_kick, NULL);
	uc_hook_add(t.uc, &hook, UC_HOOK_CODE, (void *)on_step, NULL, (uint64_t)1, (uint64_t)0);
	uc_hook_add(t.uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, NULL, (uint64_t)1, (uint64_t)0);
	memset(b->image, 0xFF, sizeof b->image);
	b->device.board = &b->board;
	b->device.core = &b->board.cores[0];
	b->device.core->mainline = true;
	b->device.controller = &controller;
	b->device.registers = REGISTERS + 0xC00;
	b->device.unit_bytes = 4;
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	loader_free(b->loader);
	uc_close(t.uc);
	free(b);
	return 0;
}

static void open_loader(struct bench *b)
{
	t.halted = false;
	t.pc = 0;
	assert_true(loader_possible(&b->device));
	assert_int_equal(loader_open(&b->loader, &b->device, &b->why), 0);
}

static const struct flash_duration erase_duration = { 1000, 1000000 };

static struct flash_operation erase_operation(const struct bench *b, unsigned sector)
{
	return (struct flash_operation){ 2 | sector << 3 | psize(&b->device),
					 FLASH + sector * SECTOR, 0 };
}

static int erase(struct bench *b, unsigned sector)
{
	struct flash_operation operation = erase_operation(b, sector);

	memset(b->image + sector * SECTOR, 0xFF, SECTOR);
	return loader_erase(b->loader, &operation, erase_duration, &b->why);
}

static int program(struct bench *b, uint32_t offset, uint32_t length)
{
	const struct flash_piece piece = { FLASH + offset, length, b->image + offset };

	for (uint32_t i = 0; i < length; i++)
		b->image[offset + i] = (uint8_t)draw(255);
	return loader_program(b->loader, &piece, &b->why);
}

static int drain(struct bench *b)
{
	bool empty = false;
	int err = 0;

	while (!err && !empty)
		err = loader_drain(b->loader, &empty, &b->why);
	return err;
}

static void finish(struct bench *b)
{
	int err = drain(b);

	if (err)
		fail_msg("%s", b->why.text);
	assert_int_equal(loader_stop(b->loader), 0);
	assert_int_equal(t.mistakes, 0);
	assert_memory_equal(t.flash, b->image, FLASH_SIZE);
}

/* ---- tests ---- */

static void programs_every_width(void **state)
{
	struct bench *b = *state;

	for (uint32_t unit = 1; unit <= 4; unit *= 2) {
		b->device.unit_bytes = unit;
		open_loader(b);
		assert_int_equal(erase(b, 0), 0);
		assert_int_equal(program(b, 0, 4), 0);
		assert_int_equal(program(b, 4, 60), 0);
		assert_int_equal(program(b, 0x1000, 2048), 0);
		finish(b);
		assert_int_equal(loader_done(b->loader), 4 + 60 + 2048);
		loader_free(b->loader);
		b->loader = NULL;
	}
	assert_true(t.kicks > 2000);
}

/* Sizes, gaps, speeds and queue sizes at random: the queue wraps at every possible place. */
static void survives_every_wrap(void **state)
{
	static const uint32_t rams[] = { 2048, 2304, 4096, RAM_SIZE };
	struct bench *b = *state;

	for (unsigned round = 0; round < 40; round++) {
		t.ram_size = rams[round % 4];
		t.busy_unit = draw(3) ? draw(4) : 200;
		t.busy_erase = draw(3000);
		open_loader(b);
		for (unsigned sector = 0; sector < 4; sector++) {
			uint32_t at = 0, most = loader_block(b->loader);

			assert_int_equal(erase(b, sector), 0);
			while (at + most < SECTOR) {
				uint32_t length = 4 + draw(most / 4) * 4;

				assert_int_equal(program(b, sector * SECTOR + at, length), 0);
				at += length + draw(3) * 64;
			}
		}
		finish(b);
		loader_free(b->loader);
		b->loader = NULL;
	}
}

/* An erase in two parts: other entries may come in between, here none that touches the flash. */
static void erases_in_two_parts(void **state)
{
	struct bench *b = *state;
	struct flash_operation operation = erase_operation(b, 2);

	open_loader(b);
	assert_int_equal(program(b, 0, 64), 0);
	t.busy_erase = 20000;
	memset(t.flash + 2 * SECTOR, 0, SECTOR);
	assert_int_equal(loader_erase_start(b->loader, &operation, &b->why), 0);
	assert_int_equal(loader_erase_wait(b->loader, &operation, erase_duration, &b->why), 0);
	assert_int_equal(program(b, 2 * SECTOR, 64), 0);
	finish(b);
}

static void needs_few_exchanges(void **state)
{
	struct bench *b = *state;

	open_loader(b);
	t.exchanges = t.writes = 0;
	for (uint32_t at = 0; at < FLASH_SIZE; at += 2048) {
		if (at % SECTOR == 0)
			assert_int_equal(erase(b, at / SECTOR), 0);
		assert_int_equal(program(b, at, 2048), 0);
	}
	finish(b);
	print_message("%u exchanges, %u writes for 64 KiB\n", t.exchanges, t.writes);
	assert_true(t.writes <= 24);
}

static void names_the_place_of_an_error(void **state)
{
	struct bench *b = *state;
	int err = 0;

	open_loader(b);
	t.fail_at = 0x2468;
	for (uint32_t at = 0; at < SECTOR && !err; at += 2048)
		err = program(b, at, 2048);
	if (!err)
		err = drain(b);
	assert_int_equal(err, E_FLASH);
	assert_string_equal(b->why.text, "programming at 0x08002468: SR 10");
	assert_int_equal(loader_done(b->loader), 0x2000);
	assert_int_equal(loader_stop(b->loader), 0);
}

static void notices_a_controller_that_stays_busy(void **state)
{
	struct bench *b = *state;
	uint64_t start_us;
	int err;

	open_loader(b);
	t.busy_erase = 2000000000;
	start_us = t.now_us;
	err = erase(b, 1);
	if (!err)
		err = drain(b);
	assert_int_equal(err, E_TIMEOUT);
	assert_non_null(strstr(b->why.text, "erasing at 0x08004000: the controller is still busy"));
	assert_true(t.now_us - start_us > 1000000 && t.now_us - start_us < 1500000);
}

static void notices_a_dead_loader(void **state)
{
	struct bench *b = *state;
	uint64_t start_us;

	open_loader(b);
	assert_int_equal(erase(b, 0), 0);
	t.pc = 0;		/* it does not run any more */
	start_us = t.now_us;
	assert_int_equal(program(b, 0, 64), 0);
	assert_int_equal(drain(b), E_LOADER);
	assert_string_equal(b->why.text, "the loader died erasing at 0x08000000");
	assert_true(t.now_us - start_us < 400000);
}

static void notices_that_its_queue_was_overwritten(void **state)
{
	struct bench *b = *state;

	open_loader(b);
	assert_int_equal(erase(b, 0), 0);
	t.pc = 0;
	for (uint32_t at = 0; at < RAM_SIZE; at += 4)
		uc_mem_write(t.uc, RAM + at, "\xEF\xBE\xAD\xDE", 4);
	assert_int_equal(drain(b), E_LOADER);
	assert_string_equal(b->why.text, "the loader's queue was overwritten (consumer index 0xDEADBEEF)");
}

static void hears_an_interrupt_while_it_waits(void **state)
{
	struct bench *b = *state;

	open_loader(b);
	t.busy_erase = 2000000000;
	assert_int_equal(erase(b, 0), 0);
	t.interrupted = true;
	assert_int_equal(drain(b), E_INTERRUPTED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(programs_every_width),
		TEST(survives_every_wrap),
		TEST(erases_in_two_parts),
		TEST(needs_few_exchanges),
		TEST(names_the_place_of_an_error),
		TEST(notices_a_controller_that_stays_busy),
		TEST(notices_a_dead_loader),
		TEST(notices_that_its_queue_was_overwritten),
		TEST(hears_an_interrupt_while_it_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
