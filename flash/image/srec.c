/* SPDX-License-Identifier: MIT
 *
 * Motorola S-records: "Sn CC address data SS" a line. M68000PM/AD rev 1, appendix C.
 */
#include "flash/image/formats.h"

#include <string.h>

/* By the digit after the S: how many bytes its address has, and what it is. */
enum record_kind { SREC_HEADER, SREC_DATA, SREC_COUNT, SREC_END, SREC_NONE };

static const struct {
	unsigned address_bytes;
	enum record_kind kind;
} records[10] = {
	{ 2, SREC_HEADER }, { 2, SREC_DATA }, { 3, SREC_DATA }, { 4, SREC_DATA }, { 0, SREC_NONE },
	{ 2, SREC_COUNT }, { 3, SREC_COUNT }, { 4, SREC_END }, { 3, SREC_END }, { 2, SREC_END },
};

enum { ROW = 32 };		/* data bytes in a line of ours */

struct state {
	struct flash_image *image;
	struct why *why;
	unsigned line;
	uint32_t data_records;
	bool ended;
};

static int bad(const struct state *s, const char *what)
{
	return explain(s->why, E_ARGUMENT, "line %u: %s", s->line, what);
}

static int take_data(struct state *s, uint32_t address, const uint8_t *data, size_t length)
{
	struct why reason = { "" };
	int err = flash_image_add(s->image, address, data, length, s->line, &reason);

	s->data_records++;
	return err ? explain(s->why, err, "line %u: %s", s->line, reason.text) : 0;
}

/* body: address, data and checksum, as the record's count says. */
static int take_record(struct state *s, unsigned type, const uint8_t *body, size_t length)
{
	unsigned address_bytes = records[type].address_bytes;
	uint32_t address = 0;

	if (length < address_bytes + 1)
		return bad(s, "the record is too short for its address");
	for (unsigned i = 0; i < address_bytes; i++)
		address = address << 8 | body[i];
	switch (records[type].kind) {
	case SREC_DATA:
		return take_data(s, address, body + address_bytes, length - address_bytes - 1);
	case SREC_COUNT:
		if (address != (s->data_records & (address_bytes == 2 ? 0xFFFF : 0xFFFFFF)))
			return explain(s->why, E_ARGUMENT, "line %u: %u data records are announced, and there "
				       "are %u", s->line, address, s->data_records);
		return 0;
	case SREC_END:
		s->ended = true;
		return 0;
	case SREC_HEADER:
	case SREC_NONE:
		return 0;
	}
	return 0;
}

static int take_line(struct state *s, const struct image_line *line)
{
	uint8_t record[IMAGE_RECORD_MAX], sum = 0;
	unsigned type;
	int count;

	if (s->ended)
		return bad(s, "there is more after the end record");
	if (line->length < 2 || line->text[0] != 'S' || line->text[1] < '0' || line->text[1] > '9')
		return bad(s, "a record has to begin with S and a digit");
	type = line->text[1] - '0';
	if (records[type].kind == SREC_NONE)
		return explain(s->why, E_ARGUMENT, "line %u: records of type S%u are unknown", s->line, type);
	count = image_take_hex(line->text + 2, line->length - 2, record);
	if (count < 0)
		return bad(s, "there is something else than pairs of hex digits");
	if (count < 2 || count != record[0] + 1)
		return bad(s, "the record is not as long as it says");
	for (int i = 0; i < count; i++)
		sum = (uint8_t)(sum + record[i]);
	if (sum != 0xFF)
		return explain(s->why, E_ARGUMENT, "line %u: the checksum is %02X, not %02X", s->line,
			       record[count - 1], (uint8_t)(record[count - 1] + 0xFF - sum));
	return take_record(s, type, record + 1, (size_t)count - 1);
}

int image_srec_parse(struct flash_image *image, const uint8_t *bytes, size_t length, struct why *why)
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
		return explain(why, E_ARGUMENT, "line %u: the file ends without an end record (S7, S8 or S9); it "
			       "may be cut off", lines.number);
	return err;
}

static void put_record(FILE *file, char type, uint32_t address, unsigned address_bytes,
		       const uint8_t *data, unsigned length)
{
	unsigned count = address_bytes + length + 1, sum = count;

	fprintf(file, "S%c%02X%0*X", type, count, (int)address_bytes * 2, address);
	for (unsigned i = 0; i < address_bytes; i++)
		sum += address >> 8 * i & 0xFF;
	for (unsigned i = 0; i < length; i++) {
		fprintf(file, "%02X", data[i]);
		sum += data[i];
	}
	fprintf(file, "%02X\n", ~sum & 0xFF);
}

int image_srec_write(const struct flash_image *image, FILE *file)
{
	put_record(file, '0', 0, 2, (const uint8_t *)"tether", 6);
	for (size_t i = 0; i < image->piece_count; i++) {
		const struct flash_image_piece *piece = &image->pieces[i];
		uint32_t n;

		for (uint32_t done = 0; done < piece->length; done += n) {
			n = piece->length - done < ROW ? piece->length - done : ROW;
			put_record(file, '3', piece->address + done, 4, image->data + piece->offset + done, n);
		}
	}
	put_record(file, '7', 0, 4, NULL, 0);
	return ferror(file) ? E_SYSTEM : 0;
}
