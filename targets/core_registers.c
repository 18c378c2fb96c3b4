/* SPDX-License-Identifier: MIT
 *
 * Core registers: a cache that is filled by one command of the probe and written back before the
 * core runs. FPU registers travel through DCRSR and DCRDR in batches.
 */
#include "targets/core_private.h"

#include <string.h>

#include "probe/bytes.h"
#include "targets/board.h"
#include "targets/cortexm.h"

#define XPSR_T 0x01000000u
#define XPSR_EXCEPTION 0x000001FFu
#define XPSR_FLAGS 0xF80F0000u		/* NZCVQ and GE: nothing of ours reads them before it sets them */
#define SPECIAL_PRIMASK 0x00000001u
#define SPECIAL_UNPRIVILEGED 0x01000000u	/* CONTROL.nPRIV */

static bool test_bit(const uint8_t *set, unsigned reg)
{
	return set[reg / 8] >> reg % 8 & 1;
}

static void set_bit(uint8_t *set, unsigned reg)
{
	set[reg / 8] |= (uint8_t)(1 << reg % 8);
}

static bool is_fpu(unsigned reg)
{
	return reg == REG_FPSCR || (reg >= REG_S0 && reg <= REG_S31);
}

static bool is_core(unsigned reg)
{
	return reg <= REG_PSP || reg == REG_SPECIAL;
}

/* SP is MSP or PSP, and CONTROL decides which. */
static bool has_alias(unsigned reg)
{
	return reg == REG_SP || reg == REG_MSP || reg == REG_PSP || reg == REG_SPECIAL;
}

static void put(struct core *core, unsigned reg, uint32_t value)
{
	if (test_bit(core->dirty, reg))
		return;
	core->registers[reg] = value;
	set_bit(core->valid, reg);
}

void registers_forget(struct core *core)
{
	memset(core->valid, 0, sizeof(core->valid));
	memset(core->dirty, 0, sizeof(core->dirty));
}

void registers_queue(struct core *core, struct batch *batch)
{
	for (unsigned reg = 0; reg < REG_COUNT; reg++) {
		if (!test_bit(core->dirty, reg))
			continue;
		batch_write(batch, DCRDR, core->registers[reg]);
		batch_write(batch, DCRSR, reg | DCRSR_WRITE);
	}
}

void registers_written(struct core *core)
{
	memset(core->dirty, 0, sizeof(core->dirty));
}

size_t registers_queue_pc(struct batch *batch)
{
	batch_write(batch, DCRSR, REG_PC);
	return batch_read(batch, DCRDR);
}

void registers_take_pc(struct core *core, uint32_t pc)
{
	put(core, REG_PC, pc);
}

static int read_list(struct core *core, const uint8_t *regs, size_t count)
{
	size_t index[PROBE_CORE_REGISTERS + 33];
	struct batch batch;
	int err;

	batch_begin(&batch, core);
	for (size_t i = 0; i < count; i++) {
		batch_write(&batch, DCRSR, regs[i]);
		index[i] = batch_read(&batch, DCRDR);
	}
	err = batch_run(&batch);
	for (size_t i = 0; !err && i < count; i++)
		put(core, regs[i], batch_value(&batch, index[i]));
	return err;
}

int registers_read_pc(struct core *core, uint32_t *pc)
{
	static const uint8_t regs[] = { REG_PC };
	int err = read_list(core, regs, sizeof(regs));

	*pc = core->registers[REG_PC];
	return err;
}

static void set(struct core *core, unsigned reg, uint32_t value)
{
	core->registers[reg] = value;
	set_bit(core->valid, reg);
	set_bit(core->dirty, reg);
}

/* What stands there already need not travel. */
static void set_unless_equal(struct core *core, unsigned reg, uint32_t value)
{
	if (core->registers[reg] != value)
		set(core, reg, value);
}

/* SPSEL stays, so SP is the same stack pointer before and after. */
int registers_set_for_code(struct core *core, const struct core_code *code)
{
	static const uint8_t kept[] = { REG_XPSR, REG_SPECIAL };
	bool known = test_bit(core->valid, REG_XPSR) && test_bit(core->valid, REG_SPECIAL);
	int err = known ? 0 : read_list(core, kept, sizeof(kept));

	if (err)
		return err;
	for (unsigned i = 0; i < ARRAY_SIZE(code->arguments); i++)
		set(core, REG_R0 + i, code->arguments[i]);
	set(core, REG_SP, code->stack_top);
	set(core, REG_PC, code->entry);
	set_unless_equal(core, REG_XPSR, (core->registers[REG_XPSR] & (XPSR_EXCEPTION | XPSR_FLAGS)) | XPSR_T);
	set_unless_equal(core, REG_SPECIAL,
			 (core->registers[REG_SPECIAL] & ~SPECIAL_UNPRIVILEGED) | SPECIAL_PRIMASK);
	return 0;
}

/* Cores behind other access ports have no command that reads all at once. */
static int read_core_slowly(struct core *core)
{
	uint8_t regs[PROBE_CORE_REGISTERS];
	size_t count = 0;

	for (unsigned reg = 0; reg < PROBE_CORE_REGISTERS; reg++) {
		if (is_core(reg))
			regs[count++] = (uint8_t)reg;
	}
	return read_list(core, regs, count);
}

static int read_core(struct core *core)
{
	uint32_t all[PROBE_CORE_REGISTERS];
	int err = probe_read_core_registers(core->board->probe, core->port, all);

	if (err == E_AP || err == E_FIRMWARE)
		return read_core_slowly(core);
	for (unsigned reg = 0; !err && reg < PROBE_CORE_REGISTERS; reg++) {
		if (is_core(reg))
			put(core, reg, all[reg]);
	}
	return err;
}

static int read_fpu(struct core *core)
{
	uint8_t regs[33] = { REG_FPSCR };

	for (unsigned i = 0; i < 32; i++)
		regs[i + 1] = (uint8_t)(REG_S0 + i);
	return read_list(core, regs, sizeof(regs));
}

static bool all_core_valid(const struct core *core)
{
	for (unsigned reg = 0; reg <= REG_SPECIAL; reg++) {
		if (is_core(reg) && !test_bit(core->valid, reg))
			return false;
	}
	return true;
}

int core_fetch_registers(struct core *core, bool with_fpu)
{
	int err = 0;

	if (core->state != CORE_HALTED)
		return E_NOT_HALTED;
	if (!all_core_valid(core))
		err = read_core(core);
	if (!err && with_fpu && core->fpu &&
	    !(test_bit(core->valid, REG_FPSCR) && test_bit(core->valid, REG_S31)))
		err = read_fpu(core);
	return err;
}

int core_read_register(struct core *core, unsigned reg, uint32_t *value)
{
	int err = 0;

	if (core->state != CORE_HALTED)
		return E_NOT_HALTED;
	if (reg >= REG_COUNT || (!is_core(reg) && !(is_fpu(reg) && core->fpu)))
		return E_ARGUMENT;
	if (!test_bit(core->valid, reg))
		err = core_fetch_registers(core, is_fpu(reg));
	*value = core->registers[reg];
	return err;
}

int core_flush_registers(struct core *core)
{
	struct batch batch;
	int err;

	batch_begin(&batch, core);
	registers_queue(core, &batch);
	err = batch_run(&batch);
	if (!err)
		registers_written(core);
	return err;
}

int core_write_register(struct core *core, unsigned reg, uint32_t value)
{
	int err = 0;

	if (core->state != CORE_HALTED)
		return E_NOT_HALTED;
	if (reg >= REG_COUNT || (!is_core(reg) && !(is_fpu(reg) && core->fpu)))
		return E_ARGUMENT;
	core->registers[reg] = reg == REG_PC ? value & ~1u : value;
	set_bit(core->valid, reg);
	set_bit(core->dirty, reg);
	if (has_alias(reg)) {
		err = core_flush_registers(core);
		registers_forget(core);
	}
	return err;
}
