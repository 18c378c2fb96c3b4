/* SPDX-License-Identifier: MIT
 *
 * The table of GDB's registers, and reading and writing by its rows.
 */
#include "server/rsp/registers_map.h"

#include "probe/bytes.h"

#include <strings.h>

/* Byte positions in the register that DCRSR number 20 reads (DDI 0403E C1.6.3). */
enum { PRIMASK_SHIFT = 0, BASEPRI_SHIFT = 8, FAULTMASK_SHIFT = 16, CONTROL_SHIFT = 24 };

#define GENERAL(n, number) { n, number, 32, number, 0, FEATURE_PROFILE, false, true, NULL, NULL }
#define STACK(n, number, reg) { n, number, 32, reg, 0, FEATURE_SYSTEM, false, true, "data_ptr", "system" }
#define SPECIAL(n, number, shift, mainline) \
	{ n, number, 8, REG_SPECIAL, shift, FEATURE_SYSTEM, mainline, false, "int8", "system" }
#define DOUBLE(n, i) \
	{ n, 32 + i, 64, REG_S0 + 2 * i, 0, FEATURE_VFP, false, false, "ieee_double", "float" }

const struct gdb_register gdb_registers[] = {
	GENERAL("r0", 0), GENERAL("r1", 1), GENERAL("r2", 2), GENERAL("r3", 3),
	GENERAL("r4", 4), GENERAL("r5", 5), GENERAL("r6", 6), GENERAL("r7", 7),
	GENERAL("r8", 8), GENERAL("r9", 9), GENERAL("r10", 10), GENERAL("r11", 11),
	GENERAL("r12", 12),
	{ "sp", 13, 32, REG_SP, 0, FEATURE_PROFILE, false, true, "data_ptr", NULL },
	{ "lr", 14, 32, REG_LR, 0, FEATURE_PROFILE, false, true, NULL, NULL },
	{ "pc", 15, 32, REG_PC, 0, FEATURE_PROFILE, false, true, "code_ptr", NULL },
	{ "xpsr", 25, 32, REG_XPSR, 0, FEATURE_PROFILE, false, true, NULL, NULL },
	STACK("msp", 26, REG_MSP), STACK("psp", 27, REG_PSP),
	SPECIAL("primask", 28, PRIMASK_SHIFT, false), SPECIAL("basepri", 29, BASEPRI_SHIFT, true),
	SPECIAL("faultmask", 30, FAULTMASK_SHIFT, true), SPECIAL("control", 31, CONTROL_SHIFT, false),
	DOUBLE("d0", 0), DOUBLE("d1", 1), DOUBLE("d2", 2), DOUBLE("d3", 3),
	DOUBLE("d4", 4), DOUBLE("d5", 5), DOUBLE("d6", 6), DOUBLE("d7", 7),
	DOUBLE("d8", 8), DOUBLE("d9", 9), DOUBLE("d10", 10), DOUBLE("d11", 11),
	DOUBLE("d12", 12), DOUBLE("d13", 13), DOUBLE("d14", 14), DOUBLE("d15", 15),
	{ "fpscr", 48, 32, REG_FPSCR, 0, FEATURE_VFP, false, false, "int", "float" },
};
const size_t gdb_register_count = ARRAY_SIZE(gdb_registers);

bool gdb_register_exists(const struct gdb_register *row, bool mainline, bool fpu)
{
	if (row->mainline && !mainline)
		return false;
	return row->feature != FEATURE_VFP || fpu;
}

const struct gdb_register *gdb_register_find(const struct core *core, uint32_t number)
{
	for (size_t i = 0; i < gdb_register_count; i++) {
		const struct gdb_register *row = &gdb_registers[i];

		if (row->number == number && gdb_register_exists(row, core->mainline, core->fpu))
			return row;
	}
	return NULL;
}

const struct gdb_register *gdb_register_named(const struct core *core, const char *name)
{
	for (size_t i = 0; i < gdb_register_count; i++) {
		const struct gdb_register *row = &gdb_registers[i];

		if (!strcasecmp(row->name, name) &&
		    gdb_register_exists(row, core->mainline, core->fpu))
			return row;
	}
	return NULL;
}

int gdb_register_read(struct core *core, const struct gdb_register *row, uint64_t *value)
{
	uint32_t low, high = 0;
	int err = core_read_register(core, row->reg, &low);

	if (!err && row->bits == 64)
		err = core_read_register(core, row->reg + 1u, &high);
	if (err)
		return err;
	*value = row->bits == 8 ? low >> row->shift & 0xFF : (uint64_t)high << 32 | low;
	return OK;
}

static int write_special(struct core *core, unsigned shift, uint32_t value)
{
	uint32_t whole;
	int err = core_read_register(core, REG_SPECIAL, &whole);

	if (err)
		return err;
	whole = (whole & ~(0xFFu << shift)) | (value & 0xFF) << shift;
	return core_write_register(core, REG_SPECIAL, whole);
}

int gdb_register_write(struct core *core, const struct gdb_register *row, uint64_t value)
{
	uint32_t low = (uint32_t)value;
	int err;

	if (row->bits == 8)
		return write_special(core, row->shift, low);
	if (row->reg == REG_PC)
		low &= ~1u;
	err = core_write_register(core, row->reg, low);
	if (!err && row->bits == 64)
		err = core_write_register(core, row->reg + 1u, (uint32_t)(value >> 32));
	return err;
}
