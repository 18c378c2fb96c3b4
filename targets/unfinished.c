/* SPDX-License-Identifier: MIT
 *
 * The file is one line: the unique id of the chip, base and size of the range, in hex.
 */
#include "targets/unfinished.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "probe/link.h"
#include "probe/log.h"
#include "targets/journal.h"

enum { UID_WORDS = 3, SPLIT_OFFSET = 0x14 };	/* of the third word, where the id is not in one piece */

static bool find_path(const struct board *board, char path[PATH_MAX])
{
	const struct link_identity *identity = &probe_link(board->probe)->identity;

	return strncmp(identity->path, "virtual:", 8) && journal_path(identity->serial, "unfinished", path);
}

/* Zeros for a chip that has none that is known. */
static int read_uid(const struct board *board, uint32_t uid[UID_WORDS])
{
	const struct chip *chip = &board->chip;
	int err = 0;

	memset(uid, 0, UID_WORDS * sizeof(*uid));
	for (uint32_t i = 0; i < UID_WORDS && chip->uid_address && !err; i++)
		err = probe_read_u32(board->probe, board->cores[0].port,
				     chip->uid_address + (chip->uid_split && i == 2 ? SPLIT_OFFSET : 4 * i), &uid[i]);
	return err;
}

void unfinished_remember(const struct board *board, uint32_t base, uint32_t size)
{
	uint32_t uid[UID_WORDS];
	char path[PATH_MAX];
	FILE *file;

	if (!find_path(board, path))
		return;
	if (!size) {
		unlink(path);
		return;
	}
	file = read_uid(board, uid) ? NULL : journal_open(path, O_WRONLY | O_CREAT | O_TRUNC, "w");
	if (file)
		fprintf(file, "%08x %08x %08x %08x %08x\n", uid[0], uid[1], uid[2], base, size);
	if (!file || fclose(file))
		log_line(LOG_TARGET, "no place to write that flash is being changed: should this process be "
			 "killed, the next one does not know of it");
}

void unfinished_recall(struct board *board)
{
	uint32_t was[UID_WORDS], uid[UID_WORDS], base, size;
	char path[PATH_MAX];
	FILE *file = find_path(board, path) ? journal_open(path, O_RDONLY, "r") : NULL;
	bool read;

	if (!file)
		return;
	read = fscanf(file, "%8x %8x %8x %8x %8x", &was[0], &was[1], &was[2], &base, &size) == 5;
	fclose(file);
	if (!read || board->unfinished.size || read_uid(board, uid) || memcmp(uid, was, sizeof(uid)) ||
	    base + (size - 1) < base)
		return;
	board->unfinished.base = base;
	board->unfinished.size = size;
}
