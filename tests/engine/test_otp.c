/* SPDX-License-Identifier: MIT
 *
 * OTP: what is written is there and stays, what can't be is refused before the first bit, and
 * locks are single bytes.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>
#include <unistd.h>

#include "server/engine_state.h"

enum { OTP = 0x1FFF7800, LOCKS = 0x1FFF7A00, BLOCK = 32, FLASH_CR = 0x40023C10 };

static int set_up(void **state)
{
	*state = bench_new("STM32F407VG");
	return 0;
}

static int tear_down(void **state)
{
	harness_free(*state);
	return 0;
}

static uint8_t byte_at(struct harness *h, uint32_t address)
{
	uint8_t byte;

	harness_peek(h, address, &byte, 1);
	return byte;
}

static void bytes_are_written_and_shown(void **state)
{
	struct harness *h = *state;

	says(h, "otp", "block 0-15    0x1fff7800 empty, open");
	says(h, "otp write 0x1fff7821 0123 45", "Nothing was done");
	assert_int_equal(byte_at(h, OTP + BLOCK + 1), 0xFF);
	assert_non_null(strstr(confirmed(h, "otp write 0x1fff7821 0123 45"), "3 bytes written and verified"));
	assert_int_equal(byte_at(h, OTP + BLOCK + 1), 0x01);
	assert_int_equal(byte_at(h, OTP + BLOCK + 3), 0x45);
	says(h, "otp", "written, open\n  0x1fff7820  ff 01 23 45 ff");
	says(h, "otp write 0x1fff7821 01", "there already");
	says(h, "mdw 0x1fff7820", "452301ff");
}

static void bits_go_one_way(void **state)
{
	struct harness *h = *state;

	confirmed(h, "otp write 0x1fff7800 f0f0");
	says(h, "otp write 0x1fff7800 f0f1", "bits 0x01 back");
	says(h, "otp write 0x1fff7800 f1f0 confirm 12345678", "bits 0x01 back");
	assert_non_null(strstr(confirmed(h, "otp write 0x1fff7800 f0c0"), "verified"));
	assert_int_equal(byte_at(h, OTP + 1), 0xC0);
}

static void nonsense_is_refused(void **state)
{
	static const struct {
		const char *command, *answer;
	} rows[] = {
		{ "otp write", "Usage" },
		{ "otp write 0x1fff7800", "Usage" },
		{ "otp write 0x1fff7800 123 45", "no pairs of hex digits: two are a byte" },
		{ "otp write 0x1fff7800 /nonexistent/file", "neither pairs of hex digits nor a file that can be read: No such file" },
		{ "otp write 0x1fff77ff 00", "not in it" },
		{ "otp write 0x1fff79ff 0000", "not in it" },
		{ "otp write 0x1fff7a00 00", "not in it" },	/* locks have a command of their own */
		{ "otp write x 00", "not a number" },
		{ "otp lock", "Usage" },
		{ "otp lock 16", "no OTP block" },
		{ "otp lock -1", "no OTP block" },
		{ "otp lock 3-1", "no OTP block" },
		{ "otp lock 1x", "no OTP block" },
		{ "otp lock 0 99999999999999999999", "no OTP block" },
		{ "otp frobnicate", "Usage" },
	};
	struct harness *h = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		says(h, rows[i].command, rows[i].answer);
	for (uint32_t i = OTP; i < LOCKS + 16; i++)
		assert_int_equal(byte_at(h, i), 0xFF);
}

/* The case where ST's tool failed for years: the lock byte of block 15. The virtual chip takes words there
 * for an error, as the forum has it, or not. */
static void the_last_lock_byte_is_written_as_a_byte(void **state)
{
	(void)state;
	for (int hearsay = 0; hearsay < 2; hearsay++) {
		struct harness *h = harness_init("STM32F407VG");

		h->spec.no_hearsay = !hearsay;
		bench_start(h);
		assert_non_null(strstr(confirmed(h, "otp lock 15"), "block 15 is locked"));
		for (uint32_t i = 0; i < 16; i++)
			assert_int_equal(byte_at(h, LOCKS + i), i == 15 ? 0x00 : 0xFF);
		says(h, "otp", "block 15      0x1fff79e0 empty, locked");
		says(h, "otp lock 15", "Locked already");
		says(h, "otp write 0x1fff79e0 00", "locked for ever");
		says(h, "otp write 0x1fff79df 0000", "locked for ever");
		assert_int_equal(byte_at(h, OTP + 15 * BLOCK - 1), 0xFF);
		harness_free(h);
	}
}

static void the_controller_is_left_as_it_was(void **state)
{
	struct harness *h = *state;
	uint32_t cr;

	harness_monitor(h, "mww 0x40023c04 0x45670123");
	harness_monitor(h, "mww 0x40023c04 0xcdef89ab");
	harness_monitor(h, "mww 0x40023c10 0x80000200");	/* PSIZE = x32, locked */
	cr = bench_word(h, FLASH_CR);
	assert_int_equal(cr, 0x80000200);
	assert_non_null(strstr(confirmed(h, "otp lock 3"), "is locked"));
	assert_int_equal(bench_word(h, FLASH_CR), cr);
	assert_non_null(strstr(confirmed(h, "otp write 0x1fff7800 00"), "verified"));
	assert_int_equal(bench_word(h, FLASH_CR), cr);
}

static void several_blocks_are_locked_at_once(void **state)
{
	struct harness *h = *state;

	confirmed(h, "otp write 0x1fff7840 aa");
	says(h, "otp lock 1-3 7", "each of these blocks");
	says(h, "otp lock 1-3 7", "Nothing was done");
	confirmed(h, "otp lock 1-3 7");
	says(h, "otp", "block 0       0x1fff7800 empty, open");
	says(h, "otp", "block 2       0x1fff7840 written, locked\n  0x1fff7840  aa");
	says(h, "otp", "block 4-6     0x1fff7880 empty, open");
	says(h, "otp", "block 7       0x1fff78e0 empty, locked");
}

/* The token stands for what was there when it was made. */
static void a_token_dies_when_the_chip_changes(void **state)
{
	struct harness *h = *state;
	const char *at = strstr(harness_monitor(h, "otp write 0x1fff7800 0000"), "`confirm ");
	char command[100];

	assert_non_null(at);
	snprintf(command, sizeof(command), "otp write 0x1fff7800 0000 confirm %.8s", at + 9);
	confirmed(h, "otp write 0x1fff7801 0f");
	says(h, command, "Nothing was done");
	assert_int_equal(byte_at(h, OTP), 0xFF);
	assert_int_equal(byte_at(h, OTP + 1), 0x0F);
}

static void files_are_written(void **state)
{
	struct harness *h = *state;
	char path[] = "/tmp/tether-test-XXXXXX", command[100];
	int fd = mkstemp(path);
	uint8_t data[513] = { 0 };

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(7 * i);
	assert_int_equal(write(fd, data, 512), 512);
	snprintf(command, sizeof(command), "otp write 0x1fff7800 %s", path);
	assert_non_null(strstr(confirmed(h, command), "512 bytes written"));
	for (uint32_t i = 0; i < 512; i++)
		assert_int_equal(byte_at(h, OTP + i), data[i]);
	assert_int_equal(write(fd, data, 1), 1);
	says(h, command, "not in it");
	close(fd);
	unlink(path);
}

static void read_protection_covers_otp(void **state)
{
	struct harness *h = harness_init("STM32F407VG");

	(void)state;
	h->spec.options[0].factory = (h->spec.options[0].factory & ~0xFF00u) | 0x5500;
	bench_start(h);
	says(h, "otp", "Read protection covers OTP");
	says(h, "otp write 0x1fff7800 00", "Read protection covers OTP");
	says(h, "otp lock 0", "Read protection covers OTP");
	harness_free(h);
}

/* Blocks are longer on some, and elsewhere; a low supply changes nothing. */
static void other_parts_and_supplies(void **state)
{
	static const struct {
		const char *part;
		uint32_t supply_mv;
		const char *write, *lock;
		uint32_t data_at, lock_at;
	} rows[] = {
		{ "STM32F205VG", 3300, "otp write 0x1fff79e1 00", "otp lock 15", 0x1FFF79E1, 0x1FFF7A0F },
		{ "STM32F407VG", 1800, "otp write 0x1fff79e1 00", "otp lock 15", 0x1FFF79E1, 0x1FFF7A0F },
		{ "STM32F722RE", 3300, "otp write 0x1ff079e1 00", "otp lock 15", 0x1FF079E1, 0x1FF07A0F },
		{ "STM32F746VG", 3300, "otp write 0x1ff0f3c1 00", "otp lock 15", 0x1FF0F3C1, 0x1FF0F40F },
		{ "STM32F767VI", 2000, "otp write 0x1ff0f3c1 00", "otp lock 15", 0x1FF0F3C1, 0x1FF0F40F },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = harness_init(rows[i].part);

		h->spec.supply_mv = rows[i].supply_mv;
		bench_start(h);
		assert_non_null(strstr(confirmed(h, rows[i].write), "verified"));
		assert_non_null(strstr(confirmed(h, rows[i].lock), "is locked"));
		assert_int_equal(byte_at(h, rows[i].data_at), 0x00);
		assert_int_equal(byte_at(h, rows[i].lock_at), 0x00);
		assert_int_equal(byte_at(h, rows[i].lock_at - 1), 0xFF);
		harness_free(h);
	}
}

/* With ECC: whole units, once. */
static void units_are_written_once(void **state)
{
	static const struct {
		const char *part;
		uint32_t base, unit;
	} rows[] = {
		{ "STM32G071RB", 0x1FFF7000, 8 }, { "STM32L476RG", 0x1FFF7000, 8 },
		{ "STM32G474RE", 0x1FFF7000, 8 }, { "STM32C031C6", 0x1FFF7000, 8 },
		{ "STM32U083RC", 0x1FFF6800, 8 }, { "STM32WB55RG", 0x1FFF7000, 8 },
		{ "STM32L552ZE", 0x0BFA0000, 8 }, { "STM32U575ZI", 0x0BFA0000, 16 },
		{ "STM32WBA55CG", 0x0BF90000, 16 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = bench_new(rows[i].part);
		const char *bytes = "00112233445566778899aabbccddeeff";
		char line[100];

		snprintf(line, sizeof(line), "otp write 0x%08x %.*s", rows[i].base + 2 * rows[i].unit,
			 (int)(2 * rows[i].unit), bytes);
		if (!strstr(confirmed(h, line), "written and verified"))
			fail_msg("%s: %s", rows[i].part, h->clients[0].console);
		assert_int_equal(byte_at(h, rows[i].base + 2 * rows[i].unit + 7), 0x77);
		assert_int_equal(byte_at(h, rows[i].base + 2 * rows[i].unit - 1), 0xFF);
		says(h, line, "there already");
		line[strlen(line) - 1] = '0';
		says(h, line, "once only");
		snprintf(line, sizeof(line), "otp write 0x%08x 00", rows[i].base);
		says(h, line, "whole units");
		says(h, "otp lock 0", "has no locks, it is write-once");
		says(h, "otp", "can be written once");
		harness_free(h);
	}
}

/* ---- half-words with an ECC each, and locks that are option bits: H5, H7A3, H7R/S ---- */

static const struct {
	const char *part;
	uint32_t locks;			/* register that shows them */
	bool virgin;			/* what was never written can be told from ff */
} halves[] = {
	{ "STM32H503CB", 0x40022090, true }, { "STM32H563ZI", 0x40022090, true },
	{ "STM32H7B3ZI", 0x52002068, false }, { "STM32H7S7L8", 0x52002210, false },
};

enum { HALF_OTP = 0x08FFF000 };

static void half_words_are_written_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
		struct harness *h = bench_new(halves[i].part);

		says(h, "otp", "empty, open");
		if (!strstr(confirmed(h, "otp write 0x08fff040 0123 ffff 4567"), "written and verified"))
			fail_msg("%s: %s", halves[i].part, h->clients[0].console);
		assert_int_equal(byte_at(h, HALF_OTP + 0x41), 0x23);
		says(h, "otp", halves[i].virgin ? "written, open\n  0x08fff040  01 23 -- -- 45 67 -- --" :
		     "written, open\n  0x08fff040  01 23 ff ff 45 67 ff ff");
		says(h, "otp write 0x08fff040 0123", "there already");
		says(h, "otp write 0x08fff040 0122", "once only");
		says(h, "otp write 0x08fff044 4500", "once only");
		says(h, "otp write 0x08fff041 00", "whole units");
		says(h, "otp write 0x08fff040 00", "whole units");
		assert_non_null(strstr(confirmed(h, "otp write 0x08fff042 89ab"), "verified"));
		says(h, "otp", "01 23 89 ab 45 67");
		harness_free(h);
	}
}

static void locks_are_option_bits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(halves); i++) {
		struct harness *h = bench_new(halves[i].part);

		confirmed(h, "otp write 0x08fff000 1234");
		says(h, "otp lock 0 2-3", "Nobody can ever undo this");
		assert_int_equal(bench_word(h, halves[i].locks), 0);
		if (!strstr(confirmed(h, "otp lock 0 2-3"), "Written, loaded and read back"))
			fail_msg("%s: %s", halves[i].part, h->clients[0].console);
		assert_int_equal(bench_word(h, halves[i].locks), 0xD);
		says(h, "otp", "written, locked\n  0x08fff000  12 34");
		says(h, "otp", "block 2-3     0x08fff080 empty, locked");
		says(h, "otp lock 0", "like that already");
		says(h, "otp write 0x08fff0fe 0000", "locked for ever");
		says(h, "otp write 0x08fff07e 0000 0000", "locked for ever");
		assert_int_equal(byte_at(h, HALF_OTP + 0x7E), 0xFF);
		says(h, "otp lock 99", "no OTP block");
		machine_set_power(h->machine, false);
		machine_set_power(h->machine, true);
		machine_advance(h->machine, 10000000);
		assert_int_equal(bench_word(h, halves[i].locks), 0xD);
		harness_free(h);
	}
}

enum { H5_PATTERN = HALF_OTP + 0x10, ECCDETR = 0x40022104 };

/* Programs ff as firmware would: the bits stay, the ECC does not. */
static void write_ffs(struct harness *h)
{
	machine_write(h->machine, 0x40022004, 4, 0x45670123);
	machine_write(h->machine, 0x40022004, 4, 0xCDEF89AB);
	machine_write(h->machine, 0x40022028, 4, 2);
	assert_int_equal(machine_write(h->machine, H5_PATTERN, 2, 0xFFFF), BUS_OK);
	machine_advance(h->machine, 10000000);
	machine_write(h->machine, 0x40022028, 4, 1);
}

/* Whether a virgin half-word faults or only notes an ECC error is hearsay: both are understood, and the note is gone
 * before the core runs. */
static void written_ff_is_not_virgin(void **state)
{
	(void)state;
	for (int hearsay = 0; hearsay < 2; hearsay++) {
		struct harness *h = harness_init("STM32H563ZI");

		h->spec.no_hearsay = !hearsay;
		bench_start(h);
		write_ffs(h);
		says(h, "otp", "0x08fff010  ff ff -- --");
		assert_int_equal(bench_word(h, ECCDETR) >> 31, 0);
		says(h, "otp write 0x08fff010 0000", "once only");
		says(h, "otp write 0x08fff010 ffff", "there already");
		if (!strstr(confirmed(h, "otp write 0x08fff012 0000"), "verified"))
			fail_msg("%s", h->clients[0].console);
		assert_int_equal(bench_word(h, ECCDETR) >> 31, 0);
		harness_free(h);
	}
}

static void a_running_core_is_halted_for_it_and_goes_on(void **state)
{
	struct harness *h = bench_new("STM32H563ZI");

	(void)state;
	harness_monitor(h, "resume");
	assert_int_equal(h->engine->sessions[0].run, RUN_RUNNING);
	says(h, "otp", "block 0-31    0x08fff000 empty, open");
	assert_int_equal(h->engine->sessions[0].run, RUN_RUNNING);
	harness_free(h);
}

static void families_without_otp_say_so(void **state)
{
	struct harness *h = bench_new("STM32F103C8"), *single = bench_new("STM32H743VI");

	(void)state;
	says(h, "otp", "no OTP area");
	says(h, "otp lock 0", "no OTP area");
	says(single, "otp write 0x08fff000 0000", "no OTP area");
	harness_free(h);
	harness_free(single);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(bytes_are_written_and_shown),
		TEST(bits_go_one_way),
		TEST(nonsense_is_refused),
		cmocka_unit_test(the_last_lock_byte_is_written_as_a_byte),
		TEST(the_controller_is_left_as_it_was),
		TEST(several_blocks_are_locked_at_once),
		TEST(a_token_dies_when_the_chip_changes),
		TEST(files_are_written),
		cmocka_unit_test(read_protection_covers_otp),
		cmocka_unit_test(other_parts_and_supplies),
		cmocka_unit_test(units_are_written_once),
		cmocka_unit_test(half_words_are_written_once),
		cmocka_unit_test(locks_are_option_bits),
		cmocka_unit_test(written_ff_is_not_virgin),
		cmocka_unit_test(a_running_core_is_halted_for_it_and_goes_on),
		cmocka_unit_test(families_without_otp_say_so),
	};

	return cmocka_run_group_tests_name("otp", tests, NULL, NULL);
}
