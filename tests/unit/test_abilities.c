/* SPDX-License-Identifier: MIT
 *
 * Versions, abilities, speeds and statuses: the tables, row by row.
 */
#include "probe/abilities.h"
#include "probe/bytes.h"
#include "probe/models.h"
#include "probe/speed.h"
#include "probe/stlink_status.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static void names_versions_as_st_does(void **state)
{
	static const struct {
		uint8_t reply[2];
		uint16_t product;
		const char *text, *model;
		unsigned jtag;
	} rows[] = {
		{ { 0x24, 0x00 }, 0x3748, "V2J16S0", "ST-LINK/V2", 16 },
		{ { 0x24, 0x44 }, 0x3748, "V2J17S4", "ST-LINK/V2", 17 },
		{ { 0x27, 0x07 }, 0x3748, "V2J28S7", "ST-LINK/V2", 28 },
		{ { 0x2A, 0x1B }, 0x374B, "V2J40M27", "ST-LINK/V2-1", 40 },
		{ { 0x25, 0x87 }, 0x374B, "V2M22S7", "ST-LINK/V2-1", 0 },
		{ { 0x26, 0x88 }, 0x3752, "V2M26S8", "ST-LINK/V2-1", 0 },
		{ { 0x26, 0x88 }, 0x3748, "V2J26S8", "ST-LINK/V2", 26 },
		{ { 0x27, 0x07 }, 0x1234, "V2J28S7", "ST-LINK", 28 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t reply[6] = { rows[i].reply[0], rows[i].reply[1], 0x83, 0x04 };
		struct probe_version version;

		version_parse(&version, reply, rows[i].product);
		assert_string_equal(version.text, rows[i].text);
		assert_string_equal(version.model, rows[i].model);
		assert_int_equal(version.jtag, rows[i].jtag);
		assert_int_equal(version.major, 2);
	}
}

static void names_v3_versions(void **state)
{
	static const uint8_t v3[12] = { 3, 0, 7, 3, 4, 0, 0, 0, 0x83, 4, 0x4F, 0x37 };
	static const uint8_t pwr[12] = { 4, 0, 5, 0, 1, 5, 0, 0, 0x83, 4, 0x57, 0x37 };
	static const uint8_t full[12] = { 255, 255, 255, 255, 255, 255 };
	struct probe_version version;

	(void)state;
	version_parse_v3(&version, v3, 0x374F);
	assert_string_equal(version.text, "V3J7M3");
	assert_string_equal(version.model, "STLINK-V3SET");
	version_parse_v3(&version, pwr, 0x3757);
	assert_string_equal(version.text, "V4J5B1P5");
	version_parse_v3(&version, full, 0x3757);
	assert_string_equal(version.text, "V255J255M255P255");
}

static struct probe_abilities abilities(unsigned major, unsigned jtag)
{
	struct probe_version version = { .major = (uint8_t)major, .jtag = (uint8_t)jtag };
	struct probe_abilities out;

	abilities_of(&out, &version);
	return out;
}

static void knows_since_when_v2_can_what(void **state)
{
	static const struct {
		size_t ability;
		unsigned since;
	} rows[] = {
		{ offsetof(struct probe_abilities, voltage), 13 },
		{ offsetof(struct probe_abilities, status2), 15 },
		{ offsetof(struct probe_abilities, set_speed), 22 },
		{ offsetof(struct probe_abilities, dap_registers), 24 },
		{ offsetof(struct probe_abilities, mem16), 26 },
		{ offsetof(struct probe_abilities, init_ap), 28 },
		{ offsetof(struct probe_abilities, close_ap), 29 },
		{ offsetof(struct probe_abilities, batch), 32 },
		{ offsetof(struct probe_abilities, csw), 32 },
		{ offsetof(struct probe_abilities, power_switch), 34 },
		{ offsetof(struct probe_abilities, board_id), 36 },
	};

	(void)state;
	for (unsigned jtag = 1; jtag < 64; jtag++) {
		struct probe_abilities a = abilities(2, jtag);

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			assert_int_equal(*((const bool *)&a + rows[i].ability),
					 jtag >= rows[i].since);
		assert_int_equal(a.mem8_max, 64);
		assert_int_equal(a.mem32_max, 6144);
		assert_int_equal(a.batch_max, jtag >= 32 ? 64 : 0);
		assert_int_equal(a.trace_max_hz, jtag >= 13 ? 2000000 : 0);
	}
}

static void knows_since_when_v3_can_what(void **state)
{
	(void)state;
	assert_true(abilities(3, 1).status2 && abilities(3, 1).init_ap);
	assert_false(abilities(3, 1).batch || abilities(3, 1).csw);
	assert_int_equal(abilities(3, 2).batch_max, 1227);
	assert_int_equal(abilities(3, 5).mem8_max, 64);
	assert_int_equal(abilities(3, 6).mem8_max, 512);
	assert_true(abilities(4, 1).batch && abilities(4, 1).board_id);
	assert_int_equal(abilities(4, 1).mem8_max, 512);
	assert_int_equal(abilities(3, 1).trace_max_hz, 24000000);
}

static void chooses_the_highest_speed_not_above(void **state)
{
	static const uint32_t list[] = { 24000, 8000, 3300, 1000, 200, 50, 5 };

	(void)state;
	assert_int_equal(speed_choose_v2(4600)->khz, 4000);
	assert_int_equal(speed_choose_v2(4000)->divisor, 0);
	assert_int_equal(speed_choose_v2(3999)->khz, 1800);
	assert_int_equal(speed_choose_v2(480)->divisor, 7);
	assert_int_equal(speed_choose_v2(1)->khz, 5);
	assert_int_equal(speed_choose_v2(0)->divisor, 798);
	assert_int_equal(speed_choose(list, 7, 23999), 8000);
	assert_int_equal(speed_choose(list, 7, 24000), 24000);
	assert_int_equal(speed_choose(list, 7, 1), 5);
	assert_int_equal(speed_choose(list, 0, 1000), 0);
}

static void reads_the_speed_list_whatever_it_says(void **state)
{
	uint8_t reply[SPEED_REPLY_SIZE] = { 0x80 };
	uint32_t khz[10];

	(void)state;
	put_u32(reply + 8, 0xFFFFFFFF);
	put_u32(reply + 12, 24000);
	put_u32(reply + 48, 5);
	assert_int_equal(speed_parse_list(reply, khz, 10), 2);
	assert_int_equal(khz[1], 5);
	assert_int_equal(speed_parse_list(reply, khz, 1), 1);
	put_u32(reply + 8, 0);
	assert_int_equal(speed_parse_list(reply, khz, 10), 0);
}

static void each_status_has_one_row(void **state)
{
	static const struct {
		uint8_t code;
		int err;
	} rows[] = {
		{ 0x80, OK }, { 0x0D, OK }, { 0x40, OK }, { 0x01, E_FAULT }, { 0x11, E_FAULT },
		{ 0x15, E_FAULT }, { 0x18, E_FAULT }, { 0x19, E_FAULT }, { 0x10, E_WAIT },
		{ 0x14, E_WAIT }, { 0x07, E_WAIT }, { 0x05, E_NO_TARGET }, { 0x09, E_NO_TARGET },
		{ 0x0B, E_POWER }, { 0x12, E_WIRE }, { 0x13, E_WIRE }, { 0x16, E_WIRE },
		{ 0x0A, E_ALIGN }, { 0x1D, E_AP }, { 0x29, E_AP }, { 0x42, E_FIRMWARE },
		{ 0x77, E_PROTOCOL }, { 0x00, E_PROTOCOL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(stlink_status(rows[i].code)->err, rows[i].err);
	for (unsigned code = 0; code < 256; code++) {
		const struct stlink_status *status = stlink_status((uint8_t)code);

		assert_true(status->err <= 0 && status->name && status->advice);
		/* What failed has a cause to tell. */
		assert_true(status->err == OK || status->cause[0]);
	}
}

static void says_which_models_can_not_be_used(void **state)
{
	(void)state;
	assert_non_null(model_find(0x3744)->advice);
	assert_non_null(model_find(0x374D)->advice);
	assert_null(model_find(0x3748)->advice);
	assert_int_equal(model_find(0x3748)->out, 2);
	assert_int_equal(model_find(0x374E)->trace, 0x82);
	assert_null(model_find(0x5740));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_versions_as_st_does),
		cmocka_unit_test(names_v3_versions),
		cmocka_unit_test(knows_since_when_v2_can_what),
		cmocka_unit_test(knows_since_when_v3_can_what),
		cmocka_unit_test(chooses_the_highest_speed_not_above),
		cmocka_unit_test(reads_the_speed_list_whatever_it_says),
		cmocka_unit_test(each_status_has_one_row),
		cmocka_unit_test(says_which_models_can_not_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
