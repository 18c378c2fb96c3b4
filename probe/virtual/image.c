/* SPDX-License-Identifier: MIT
 *
 * Reading and writing the image file of a virtual chip. The whole file is checked before a byte of
 * it is used.
 */
#include "probe/virtual/image.h"

#include "probe/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { MAGIC_SIZE = 8, CHIP_SIZE = 32, HEADER_SIZE = MAGIC_SIZE + CHIP_SIZE + 4, NAME_SIZE = 12,
       AREA_HEADER_SIZE = NAME_SIZE + 4, CRC_SIZE = 4 };

static const char magic[] = "TETHIMG1";

static uint32_t crc32(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
	}
	return ~crc;
}

static size_t file_size(const struct soc *soc)
{
	size_t size = HEADER_SIZE + CRC_SIZE;

	for (size_t i = 0; i < soc->area_count; i++)
		size += AREA_HEADER_SIZE + soc->areas[i].size;
	return size;
}

static void put_text(uint8_t *out, size_t size, const char *text)
{
	memset(out, 0, size);
	memcpy(out, text, strnlen(text, size));
}

static void compose(uint8_t *out, size_t size, const struct soc *soc)
{
	uint8_t *p = out;

	memcpy(p, magic, MAGIC_SIZE);
	put_text(p + MAGIC_SIZE, CHIP_SIZE, soc->spec->chip);
	put_u32(p + MAGIC_SIZE + CHIP_SIZE, (uint32_t)soc->area_count);
	p += HEADER_SIZE;
	for (size_t i = 0; i < soc->area_count; i++) {
		const struct soc_area *area = &soc->areas[i];

		put_text(p, NAME_SIZE, area->name);
		put_u32(p + NAME_SIZE, area->size);
		memcpy(p + AREA_HEADER_SIZE, area->bytes, area->size);
		p += AREA_HEADER_SIZE + area->size;
	}
	put_u32(p, crc32(out, size - CRC_SIZE));
}

/* The file must be what compose() would have written, but for the areas' bytes. */
static const char *find_fault(const uint8_t *file, size_t length, const struct soc *soc)
{
	const uint8_t *p = file + HEADER_SIZE;
	uint8_t name[CHIP_SIZE];

	if (length < HEADER_SIZE + CRC_SIZE || memcmp(file, magic, MAGIC_SIZE) != 0)
		return "it is not an image of a virtual chip";
	if (get_u32(file + length - CRC_SIZE) != crc32(file, length - CRC_SIZE))
		return "its checksum is wrong";
	put_text(name, CHIP_SIZE, soc->spec->chip);
	if (memcmp(file + MAGIC_SIZE, name, CHIP_SIZE) != 0)
		return "it was made for another chip";
	if (length != file_size(soc) || get_u32(file + MAGIC_SIZE + CHIP_SIZE) != soc->area_count)
		return "its memories have other sizes";
	for (size_t i = 0; i < soc->area_count; i++) {
		const struct soc_area *area = &soc->areas[i];

		put_text(name, NAME_SIZE, area->name);
		if (memcmp(p, name, NAME_SIZE) != 0 || get_u32(p + NAME_SIZE) != area->size)
			return "its memories have other sizes";
		p += AREA_HEADER_SIZE + area->size;
	}
	return NULL;
}

static void take(const uint8_t *file, struct soc *soc)
{
	const uint8_t *p = file + HEADER_SIZE;

	for (size_t i = 0; i < soc->area_count; i++) {
		memcpy(soc->areas[i].bytes, p + AREA_HEADER_SIZE, soc->areas[i].size);
		p += AREA_HEADER_SIZE + soc->areas[i].size;
	}
}

static int load(const struct image *image, struct soc *soc, struct why *why)
{
	size_t size = file_size(soc) + 1;	/* one more, to see a file that is too long */
	uint8_t *bytes = malloc(size);
	const char *fault = NULL;
	ssize_t length;

	if (!bytes)
		return explain(why, E_MEMORY, "out of memory");
	length = pread(image->fd, bytes, size, 0);
	if (length < 0)
		fault = strerror(errno);
	else if (length > 0)
		fault = find_fault(bytes, (size_t)length, soc);
	if (length > 0 && !fault)
		take(bytes, soc);
	free(bytes);
	if (!fault)
		return OK;
	return explain(why, E_CONFIG, "%s: %s; remove it to start with a new chip", image->path,
		       fault);
}

int image_open(struct image *image, const char *path, struct soc *soc, struct why *why)
{
	int err;

	image->path = path;
	image->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (image->fd < 0)
		return explain(why, E_SYSTEM, "%s: %s", path, strerror(errno));
	if (flock(image->fd, LOCK_EX | LOCK_NB) != 0)
		err = explain(why, E_SYSTEM, "%s: another virtual chip uses this file", path);
	else
		err = load(image, soc, why);
	if (err)
		image_close(image);
	return err;
}

static int write_file(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	bool written;

	if (!file)
		return E_SYSTEM;
	written = fwrite(bytes, 1, size, file) == size;
	return fclose(file) == 0 && written ? OK : E_SYSTEM;
}

int image_save(const struct image *image, const struct soc *soc, struct why *why)
{
	size_t size = file_size(soc);
	uint8_t *bytes;
	char fresh[300];
	int err;

	if (image->fd < 0)
		return OK;
	bytes = malloc(size);
	if (!bytes)
		return explain(why, E_MEMORY, "out of memory");
	compose(bytes, size, soc);
	snprintf(fresh, sizeof(fresh), "%s.new", image->path);
	err = write_file(fresh, bytes, size);
	if (!err && rename(fresh, image->path) != 0)
		err = E_SYSTEM;
	if (err)
		explain(why, err, "%s: %s", image->path, strerror(errno));
	free(bytes);
	return err;
}

void image_close(struct image *image)
{
	if (image->fd >= 0)
		close(image->fd);
	image->fd = -1;
}
