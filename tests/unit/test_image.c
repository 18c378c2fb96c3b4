/* SPDX-License-Identifier: MIT
 *
 * Firmware files: what is read from them, and the line and reason when they are bad.
 */
#include "flash/image/image.h"
#include "flash/image/formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int parse(struct flash_image *image, const char *name, const char *text, struct why *why)
{
	why->text[0] = '\0';
	return flash_image_parse(image, name, (const uint8_t *)text, strlen(text), 0x08000000, why);
}

static void piece_is(const struct flash_image *image, size_t i, uint32_t address, const void *bytes,
		     uint32_t length)
{
	assert_true(i < image->piece_count);
	assert_int_equal(image->pieces[i].address, address);
	assert_int_equal(image->pieces[i].length, length);
	assert_memory_equal(image->data + image->pieces[i].offset, bytes, length);
}

static void reads_intel_hex(void **state)
{
	struct flash_image image;
	struct why why;

	(void)state;
	/* Neighbours become one piece; segment and linear addresses; lower case, CR LF, blank lines. */
	assert_int_equal(parse(&image, "x", ":020000040800F2\r\n:0400000001020304F2\r\n\r\n"
			       ":040004000506070ADC\r\n  :02F0000011aa53  \r\n:020000021000EC\r\n"
			       ":01000A0077" "7E\n:0400000508000009E6\n:00000001FF\n", &why), 0);
	assert_int_equal(image.format, IMAGE_HEX);
	assert_int_equal(image.piece_count, 3);
	piece_is(&image, 0, 0x1000A, "\x77", 1);
	piece_is(&image, 1, 0x08000000, "\x01\x02\x03\x04\x05\x06\x07\x0a", 8);
	piece_is(&image, 2, 0x0800F000, "\x11\xaa", 2);
	flash_image_clear(&image);
}

static void reads_s_records(void **state)
{
	struct flash_image image;
	struct why why;

	(void)state;
	assert_int_equal(parse(&image, "x", "S00600004844521B\nS1051000AABB85\nS206201000010 2\n", &why),
			 E_ARGUMENT);
	assert_int_equal(parse(&image, "x", "S00600004844521B\r\nS1051000AABB85\r\nS2062010000102C6\r\n"
			       "S307080000000304E9\r\nS5030003F9\r\nS70508000009E9\r\n", &why), 0);
	assert_int_equal(image.format, IMAGE_SREC);
	assert_int_equal(image.piece_count, 3);
	piece_is(&image, 0, 0x1000, "\xaa\xbb", 2);
	piece_is(&image, 1, 0x201000, "\x01\x02", 2);
	piece_is(&image, 2, 0x08000000, "\x03\x04", 2);
	flash_image_clear(&image);
}

static void reads_binaries_to_where_they_are_told(void **state)
{
	struct flash_image image;
	struct why why = { "" };
	const uint8_t bytes[] = { 0, 0, 2, 0x20 };

	(void)state;
	assert_int_equal(flash_image_parse(&image, "x.bin", bytes, 4, 0x08004000, &why), 0);
	assert_int_equal(image.format, IMAGE_BINARY);
	piece_is(&image, 0, 0x08004000, bytes, 4);
	flash_image_clear(&image);
	assert_int_equal(flash_image_parse(&image, "x.bin", bytes, 4, 0xFFFFFFFC, &why), 0);
	flash_image_clear(&image);
	assert_int_equal(flash_image_parse(&image, "x.bin", bytes, 4, 0xFFFFFFFD, &why), E_RANGE);
	assert_int_equal(flash_image_parse(&image, "x.bin", bytes, 0, 0, &why), E_ARGUMENT);
}

static void bad_files_are_told_by_line_and_reason(void **state)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ ":0400000001020304F2\n", "line 1: the file ends without an end record" },
		{ ":0400000001020304F2\n:00000001FF\n:00000001FF\n", "line 3: there is more after the end" },
		{ ":0400000001020304F3\n", "line 1: the checksum is F3, not F2" },
		{ ":0400000001020304F2\n\n:04000000010203F2\n", "line 3: the record is not as long" },
		{ ":0400000001020304F2\n:040000000102030", "line 2: there is something else than pairs" },
		{ ":0400000001020304F2\n:04G00000", "line 2: there is something else" },
		{ ":0400000001020304F2\nS1051000AABB85\n", "line 2: a record has to begin with a colon" },
		{ ":0400000601020304EC\n", "line 1: records of type 06 are unknown" },
		{ ":01000004" "08F3\n", "line 1: an address record has to have 2 bytes" },
		{ ":0200000308" "00F3\n", "line 1: a start record has to have 4 bytes" },
		{ ":0100000100FE\n", "line 1: the end record has data" },
		{ ":04FFFE0001020304F5\n", "line 1: its data runs over the end of a 64 KiB segment" },
		{ ":0400000001020304F2\n:0200030001" "02F8\n:00000001FF\n",
		  "line 2: 0x00000003 is in the file twice (also in what begins in line 1)" },
		{ ":00000001FF\n", "no bytes for a target" },
		{ ":0400000001020304F2\n:\n", "line 2: the record is not as long as it says" },
		{ "S1051000AABB86\n", "line 1: the checksum is 86, not 85" },
		{ "S1051000AABB85\n", "line 1: the file ends without an end record (S7, S8 or S9)" },
		{ "S1051000AABB85\nS9030000FC\nS9030000FC\n", "line 3: there is more after the end" },
		{ "S1051000AABB85\nS5030002FA\n", "line 2: 2 data records are announced, and there are 1" },
		{ "S1051000AABB85\nS4030000FC\n", "line 2: records of type S4 are unknown" },
		{ "S1051000AABB85\nS10210ED\n", "line 2: the record is too short" },
		{ "S1051000AABB85\nS1061000AABB84\n", "line 2: the record is not as long as it says" },
		{ "S1051000AABB85\nS1\n", "line 2: the record is not as long as it says" },
		{ "S1051000AABB85\nSX\n", "line 2: a record has to begin with S and a digit" },
		{ "S1051000AABB85\n:00000001FF\n", "line 2: a record has to begin with S" },
		{ "S309FFFFFFFE0102030 4\n", "line 1: there is something else" },
		{ "S309FFFFFFFE01020304F1\n", "line 1: 4 bytes at 0xFFFFFFFE go past the last address" },
		{ "\x7f" "ELF", "ELF" },
		{ "\x7f" "ELF\x01\x01\x01", "ELF" },
	};
	struct flash_image image;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err = parse(&image, "x.hex", rows[i].text, &why);

		if (!err || !strstr(why.text, rows[i].reason))
			fail_msg("row %zu: %d '%s', not '%s'", i, err, why.text, rows[i].reason);
		assert_int_equal(image.piece_count, 0);
		assert_null(image.data);
	}
}

static void guesses_by_content_then_by_name(void **state)
{
	static const struct {
		const char *name, *text;
		enum flash_image_format format;
	} rows[] = {
		{ "x.bin", "\x7f" "ELF", IMAGE_ELF },
		{ "x.bin", ":0400000001020304F2\n", IMAGE_HEX },
		{ "x.elf", "\n\nS1051000AABB85\n", IMAGE_SREC },
		{ "x.bin", ":is no record", IMAGE_BINARY },
		{ "x.bin", "S1 is none", IMAGE_BINARY },
		{ "X.HEX", "rubbish", IMAGE_HEX },
		{ "x.s19", "", IMAGE_SREC },
		{ "x.mot", "", IMAGE_SREC },
		{ "x.axf", "", IMAGE_ELF },
		{ "hex", "", IMAGE_BINARY },
		{ "x.hex.bin", "", IMAGE_BINARY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(flash_image_guess(rows[i].name, (const uint8_t *)rows[i].text,
						   strlen(rows[i].text)), rows[i].format);
}

/* Odd addresses, a 64 KiB border, a gap, and the last byte there is. */
static void fill(struct flash_image *image, enum flash_image_format format)
{
	uint8_t data[70000];

	srand(17);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)rand();
	flash_image_init(image, format);
	assert_int_equal(flash_image_add(image, 0x0800FFF1, data, 1234, 0, NULL), 0);
	assert_int_equal(flash_image_add(image, 0x08100003, data + 77, sizeof(data) - 77, 0, NULL), 0);
	assert_int_equal(flash_image_add(image, 0xFFFFFFFE, data, 2, 0, NULL), 0);
	assert_int_equal(flash_image_sort(image, NULL), 0);
}

static void what_is_written_is_read_again(void **state)
{
	static const char *const ends[] = { [IMAGE_ELF] = ".elf", [IMAGE_HEX] = ".hex", [IMAGE_SREC] = ".srec" };
	static const enum flash_image_format formats[] = { IMAGE_ELF, IMAGE_HEX, IMAGE_SREC };

	(void)state;
	for (size_t f = 0; f < 3; f++) {
		struct flash_image image, again;
		struct why why = { "" };
		char path[60];

		fill(&image, formats[f]);
		snprintf(path, sizeof(path), "/tmp/tether-image-%d%s", (int)getpid(), ends[formats[f]]);
		if (flash_image_save(&image, path, &why) || flash_image_read(&again, path, 0, &why))
			fail_msg("%s: %s", path, why.text);
		unlink(path);
		assert_int_equal(again.format, formats[f]);
		assert_int_equal(again.piece_count, image.piece_count);
		for (size_t i = 0; i < image.piece_count; i++)
			piece_is(&again, i, image.pieces[i].address, image.data + image.pieces[i].offset,
				 image.pieces[i].length);
		flash_image_clear(&image);
		flash_image_clear(&again);
	}
}

static void binary_with_a_gap_is_refused(void **state)
{
	struct flash_image image;
	struct why why = { "" };

	(void)state;
	fill(&image, IMAGE_BINARY);
	assert_int_equal(flash_image_save(&image, "/nonexistent/x.bin", &why), E_ARGUMENT);
	assert_non_null(strstr(why.text, "a gap from 0x080104C3 to 0x08100002"));
	flash_image_clear(&image);
}

/* An ELF file is cut off anywhere: an error, never more. */
static void cut_elf_files_are_refused(void **state)
{
	struct flash_image image, again;
	uint8_t *bytes = malloc(200000);
	FILE *file = tmpfile();
	struct why why;
	size_t length;

	(void)state;
	fill(&image, IMAGE_ELF);
	assert_int_equal(image_elf_write(&image, file), 0);
	rewind(file);
	length = fread(bytes, 1, 200000, file);
	assert_true(length > 70000 && length < 200000);
	assert_int_equal(flash_image_parse(&again, "x", bytes, length, 0, &why), 0);
	flash_image_clear(&again);
	for (size_t cut = 4; cut < length; cut += cut < 200 ? 1 : 4999)
		assert_int_equal(flash_image_parse(&again, "x", bytes, cut, 0, &why), E_ARGUMENT);
	bytes[18] = 62;		/* e_machine: x86-64 */
	assert_int_equal(flash_image_parse(&again, "x", bytes, length, 0, &why), E_ARGUMENT);
	assert_non_null(strstr(why.text, "not for a little-endian 32-bit Arm"));
	bytes[18] = 40;
	bytes[16] = 1;		/* e_type: ET_REL */
	assert_int_equal(flash_image_parse(&again, "x", bytes, length, 0, &why), E_ARGUMENT);
	assert_non_null(strstr(why.text, "not linked yet"));
	fclose(file);
	free(bytes);
	flash_image_clear(&image);
}

static void too_much_is_refused(void **state)
{
	uint8_t *much = calloc(1, IMAGE_BYTES_MAX + 1);
	struct flash_image image;
	struct why why = { "" };

	(void)state;
	assert_int_equal(flash_image_parse(&image, "x.bin", much, IMAGE_BYTES_MAX + 1, 0, &why), E_ARGUMENT);
	assert_non_null(strstr(why.text, "more than 64 MiB"));
	free(much);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_intel_hex),
		cmocka_unit_test(reads_s_records),
		cmocka_unit_test(reads_binaries_to_where_they_are_told),
		cmocka_unit_test(bad_files_are_told_by_line_and_reason),
		cmocka_unit_test(guesses_by_content_then_by_name),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(binary_with_a_gap_is_refused),
		cmocka_unit_test(cut_elf_files_are_refused),
		cmocka_unit_test(too_much_is_refused),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
