/* SPDX-License-Identifier: MIT
 *
 * Intel HEX: ":LLAAAATT data CC" a line. Intel, Hexadecimal Object File Format Specification, revision A,
 * 1988.
 */
#include "flash/image/formats.h"

#include <string.h>

enum record_type {
	HEX_DATA = 0,
	HEX_END = 1,
	HEX_SEGMENT = 2,	/* bits 4 to 19 of what is added to addresses */
	HEX_START_SEGMENT = 3,	/* CS:IP, of no use here */
	HEX_LINEAR = 4,		/* bits 16 to 31 */
	HEX_START_LINEAR = 5,
};

enum { HEAD = 4, ROW = 16 };	/* length, address, type; data bytes in a line of ours */

struct state {
	struct flash_image *image;
	struct why *why;
	unsigned line;
	uint32_t base;
	bool ended;
};

static int bad(const struct state *s, const char *what)
{
	return explain(s->why, E_ARGUMENT, "line %u: %s", s->line, what);
}

static int take_data(struct state *s, const uint8_t *record, uint32_t length)
{
	uint32_t offset = (uint32_t)record[1] << 8 | record[2];
	struct why reason = { "" };
	int err;

	if (offset + length > 0x10000)
		return bad(s, "its data runs over the end of a 64 KiB segment");
	err = flash_image_add(s->image, s->base + offset, record + HEAD, length, s->line, &reason);
	return err ? explain(s->why, err, "line %u: %s", s->line, reason.text) : 0;
}

static int take_base(struct state *s, const uint8_t *record, uint32_t length, unsigned shift)
{
	if (length != 2)
		return bad(s, "an address record has to have 2 bytes");
	s->base = ((uint32_t)record[HEAD] << 8 | record[HEAD + 1]) << shift;
	return 0;
}

static int take_record(struct state *s, const uint8_t *record, uint32_t length)
{
	if (s->ended)
		return bad(s, "there is more after the end record");
	switch (record[3]) {
	case HEX_DATA:
		return take_data(s, record, length);
	case HEX_END:
		s->ended = true;
		return length ? bad(s, "the end record has data") : 0;
	case HEX_SEGMENT:
		return take_base(s, record, length, 4);
	case HEX_LINEAR:
		return take_base(s, record, length, 16);
	case HEX_START_SEGMENT:
	case HEX_START_LINEAR:
		return length == 4 ? 0 : bad(s, "a start record has to have 4 bytes");
	}
	return explain(s->why, E_ARGUMENT, "line %u: records of type %02X are unknown", s->line, record[3]);
}

static int take_line(struct state *s, const struct image_line *line)
{
	uint8_t record[IMAGE_RECORD_MAX], sum = 0;
	int count;

	if (line->text[0] != ':')
		return bad(s, "a record has to begin with a colon");
	count = image_take_hex(line->text + 1, line->length - 1, record);
	if (count < 0)
		return bad(s, "there is something else than pairs of hex digits");
	if (count < HEAD + 1 || count != HEAD + record[0] + 1)
		return bad(s, "the record is not as long as it says");
	for (int i = 0; i < count; i++)
		sum = (uint8_t)(sum + record[i]);
	if (sum)
		return explain(s->why, E_ARGUMENT, "line %u: the checksum is %02X, not %02X", s->line,
			       record[count - 1], (uint8_t)(record[count - 1] - sum));
	return take_record(s, record, record[0]);
}

int image_hex_parse(struct flash_image *image, const uint8_t *bytes, size_t length, struct why *why)
{
	struct image_lines lines = { bytes, bytes + length, 0 };
	struct state s = { .image = image, .why = why };
	struct image_line line;
	int err = 0;

	while (!err && image_lines_take(&lines, &line)) {
		s.line = lines.number;
		err = take_line(&s, &line);
	}
	if (!err && !s.ended)
		return explain(why, E_ARGUMENT, "line %u: the file ends without an end record; it may be cut "
			       "off", lines.number);
	return err;
}

static void put_record(FILE *file, enum record_type type, uint16_t address, const uint8_t *data,
		       uint8_t length)
{
	unsigned sum = length + (address >> 8) + (address & 0xFF) + (unsigned)type;

	fprintf(file, ":%02X%04X%02X", length, address, (unsigned)type);
	for (unsigned i = 0; i < length; i++) {
		fprintf(file, "%02X", data[i]);
		sum += data[i];
	}
	fprintf(file, "%02X\n", -sum & 0xFF);
}

static void put_piece(FILE *file, const struct flash_image_piece *piece, const uint8_t *data, uint32_t *high)
{
	for (uint32_t done = 0; done < piece->length; ) {
		uint32_t address = piece->address + done, left = piece->length - done;
		uint32_t room = ROW - address % ROW, n = left < room ? left : room;
		uint8_t base[2] = { (uint8_t)(address >> 24), (uint8_t)(address >> 16) };

		if (address >> 16 != *high)
			put_record(file, HEX_LINEAR, 0, base, sizeof(base));
		*high = address >> 16;
		put_record(file, HEX_DATA, (uint16_t)address, data + done, (uint8_t)n);
		done += n;
	}
}

int image_hex_write(const struct flash_image *image, FILE *file)
{
	uint32_t high = 0;

	for (size_t i = 0; i < image->piece_count; i++)
		put_piece(file, &image->pieces[i], image->data + image->pieces[i].offset, &high);
	put_record(file, HEX_END, 0, NULL, 0);
	return ferror(file) ? E_SYSTEM : 0;
}
