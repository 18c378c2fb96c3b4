/* SPDX-License-Identifier: MIT
 *
 * The addresses that loads and stores reach; encodings as arm-none-eabi-as makes them.
 */
#include "targets/thumb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "probe/bytes.h"

enum { R1 = 0x1000, R2 = 0x10, R8 = 0x2000, R9 = 0x3000, SP = 0x20000100, PC = 0x08000102 };

static const uint32_t registers[16] = { 0, R1, R2, 0, 0, 0, 0, 0, R8, R9, 0, 0, 0, SP, 0, PC };

static const struct row {
	uint16_t code[2];
	struct thumb_access access;
} rows[] = {
	{ { 0x4802 }, { 0x0800010C, 4, false, false } },	/* ldr r0, [pc, #8] */
	{ { 0x5088 }, { R1 + R2, 4, true, false } },		/* str r0, [r1, r2] */
	{ { 0x5E88 }, { R1 + R2, 2, false, false } },		/* ldrsh r0, [r1, r2] */
	{ { 0x6FC8 }, { R1 + 124, 4, false, false } },		/* ldr r0, [r1, #124] */
	{ { 0x77C8 }, { R1 + 31, 1, true, false } },		/* strb r0, [r1, #31] */
	{ { 0x8FC8 }, { R1 + 62, 2, false, false } },		/* ldrh r0, [r1, #62] */
	{ { 0x90FF }, { SP + 1020, 4, true, false } },		/* str r0, [sp, #1020] */
	{ { 0xB511 }, { SP - 12, 4, true, true } },		/* push {r0, r4, lr} */
	{ { 0xBD02 }, { SP, 4, false, true } },			/* pop {r1, pc} */
	{ { 0xC905 }, { R1, 4, false, true } },			/* ldmia r1!, {r0, r2} */
	{ { 0xC105 }, { R1, 4, true, true } },			/* stmia r1!, {r0, r2} */
	{ { 0xE898, 0x0007 }, { R8, 4, false, true } },		/* ldmia.w r8, {r0, r1, r2} */
	{ { 0xE928, 0x0003 }, { R8 - 8, 4, true, true } },	/* stmdb r8!, {r0, r1} */
	{ { 0xE952, 0x0102 }, { R2 - 8, 4, false, true } },	/* ldrd r0, r1, [r2, #-8] */
	{ { 0xE8E2, 0x0104 }, { R2, 4, true, true } },		/* strd r0, r1, [r2], #16 */
	{ { 0xF85F, 0x0010 }, { 0x080000F4, 4, false, false } },	/* ldr.w r0, [pc, #-16] */
	{ { 0xF8B9, 0x0FFF }, { R9 + 4095, 2, false, false } },	/* ldrh.w r0, [r9, #4095] */
	{ { 0xF849, 0x0022 }, { R9 + 4 * R2, 4, true, false } },	/* str.w r0, [r9, r2, lsl #2] */
	{ { 0xF859, 0x0B04 }, { R9, 4, false, false } },	/* ldr r0, [r9], #4 */
	{ { 0xF809, 0x0D03 }, { R9 - 3, 1, true, false } },	/* strb r0, [r9, #-3]! */
	{ { 0xF919, 0x0C03 }, { R9 - 3, 1, false, false } },	/* ldrsb.w r0, [r9, #-3] */
};

static void finds_the_address(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct thumb_access got;

		if (!thumb_decode(rows[i].code, registers, &got))
			fail_msg("%04x %04x is not known", rows[i].code[0], rows[i].code[1]);
		if (got.address != rows[i].access.address || got.align != rows[i].access.align ||
		    got.store != rows[i].access.store || got.several != rows[i].access.several)
			fail_msg("%04x %04x: 0x%08x, %u, %d, %d", rows[i].code[0], rows[i].code[1],
				 got.address, got.align, got.store, got.several);
	}
}

static void leaves_the_rest_alone(void **state)
{
	static const uint16_t others[][2] = {
		{ 0x4770 },		/* bx lr */
		{ 0xE8D0, 0xF001 },	/* tbb [r0, r1] */
		{ 0xDE00 },		/* udf */
		{ 0xFB91, 0xF0F2 },	/* sdiv */
		{ 0xF7FF, 0xFFFE },	/* bl */
	};
	struct thumb_access got;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(thumb_decode(others[i], registers, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_address),
		cmocka_unit_test(leaves_the_rest_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
