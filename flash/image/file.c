/* SPDX-License-Identifier: MIT
 *
 * Firmware files on disk.
 */
#include "flash/image/image.h"

#include "flash/image/formats.h"
#include "flash/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A text has at most 13 characters for a byte (one byte in each S-record). */
enum { FILE_BYTES_MAX = 4 * IMAGE_BYTES_MAX };

/* All of an open file; NULL with the reason. */
static uint8_t *read_all(int fd, const char *path, size_t *length, struct why *why)
{
	size_t room = 64 * 1024;
	uint8_t *bytes = malloc(room), *more;
	ssize_t got = 1;

	*length = 0;
	while (bytes && got > 0 && *length <= FILE_BYTES_MAX) {
		if (*length == room) {
			more = realloc(bytes, room *= 2);
			if (!more)
				break;
			bytes = more;
		}
		got = read(fd, bytes + *length, room - *length);
		*length += got > 0 ? (size_t)got : 0;
	}
	if (got == 0)
		return bytes;
	if (!bytes || got > 0)
		explain(why, *length > FILE_BYTES_MAX ? E_ARGUMENT : E_MEMORY, "%.200s is too large", path);
	else
		new_file_explain(why, path, "can't be read");
	free(bytes);
	return NULL;
}

static bool is_elf(int fd)
{
	char start[4];

	return pread(fd, start, sizeof(start), 0) == sizeof(start) && !memcmp(start, "\x7f" "ELF", 4);
}

static int parse_elf(struct flash_image *image, int fd, struct why *why)
{
	int err;

	flash_image_init(image, IMAGE_ELF);
	err = image_elf_read(image, fd, why);
	if (!err)
		err = flash_image_sort(image, why);
	if (!err && !image->length)
		err = explain(why, E_ARGUMENT, "there are no bytes for a target in it");
	if (err)
		flash_image_clear(image);
	return err;
}

static int parse_other(struct flash_image *image, const char *path, int fd, uint32_t base,
		       struct why *why, bool *is_read)
{
	size_t length = 0;
	uint8_t *bytes = read_all(fd, path, &length, why);
	int err;

	*is_read = bytes;
	if (!bytes)
		return E_SYSTEM;
	err = flash_image_parse(image, path, bytes, length, base, why);
	free(bytes);
	return err;
}

int flash_image_read(struct flash_image *image, const char *path, uint32_t base, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct why reason = { "" };
	bool is_read = true;

	flash_image_init(image, IMAGE_BINARY);
	if (fd < 0)
		return new_file_explain(why, path, "can't be read");
	if (is_elf(fd))
		err = parse_elf(image, fd, &reason);
	else
		err = parse_other(image, path, fd, base, &reason, &is_read);
	close(fd);
	if (err && is_read)
		return explain(why, err, "%.200s: %s", path, reason.text);
	return err ? explain(why, err, "%s", reason.text) : 0;
}

static int binary_write(const struct flash_image *image, FILE *file)
{
	for (size_t i = 0; i < image->piece_count; i++) {
		const struct flash_image_piece *piece = &image->pieces[i];

		if (fwrite(image->data + piece->offset, 1, piece->length, file) != piece->length)
			return E_SYSTEM;
	}
	return 0;
}

static int check_gaps(const struct flash_image *image, struct why *why)
{
	for (size_t i = 1; i < image->piece_count; i++) {
		uint64_t end = (uint64_t)image->pieces[i - 1].address + image->pieces[i - 1].length;

		if (end != image->pieces[i].address)
			return explain(why, E_ARGUMENT, "there is a gap from 0x%08X to 0x%08X, which a binary "
				       "file can't show: name it .hex, .srec or .elf", (uint32_t)end,
				       image->pieces[i].address - 1);
	}
	return 0;
}

static int write_format(const struct flash_image *image, FILE *file)
{
	switch (image->format) {
	case IMAGE_BINARY:
		return binary_write(image, file);
	case IMAGE_ELF:
		return image_elf_write(image, file);
	case IMAGE_HEX:
		return image_hex_write(image, file);
	case IMAGE_SREC:
		return image_srec_write(image, file);
	}
	return E_ARGUMENT;
}

int flash_image_save(const struct flash_image *image, const char *path, struct why *why)
{
	struct new_file *new;
	int err = image->format == IMAGE_BINARY ? check_gaps(image, why) : 0;

	if (err)
		return err;
	new = malloc(sizeof(*new));
	if (!new)
		return explain(why, E_MEMORY, "no memory for a file");
	err = new_file_open(new, path, why);
	if (!err) {
		err = write_format(image, new->file);
		if (err)
			new_file_explain(why, path, "can't be written");
		err = new_file_close(new, err, why);
	}
	free(new);
	return err;
}
