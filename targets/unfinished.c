/* SPDX-License-Identifier: MIT
 *
 * A file begins with the unique id of the chip. Behind it base and size of the flash, or how many option words there
 * are and each of them twice, before and after; all in hex.
 */
#include "targets/unfinished.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "probe/link.h"
#include "probe/log.h"
#include "targets/journal.h"

enum { UID_WORDS = 3, SPLIT_OFFSET = 0x14 };	/* of the third word, where the id is not in one piece */

static const char flash_end[] = "unfinished", options_end[] = "options";

static bool find_path(const struct board *board, const char *end, char path[PATH_MAX])
{
	const struct link_identity *identity = &probe_link(board->probe)->identity;

	return strncmp(identity->path, "virtual:", 8) && journal_path(identity->serial, end, path);
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

static FILE *create(const struct board *board, const char *end)
{
	uint32_t uid[UID_WORDS];
	char path[PATH_MAX];
	FILE *file = find_path(board, end, path) && !read_uid(board, uid) ?
		     journal_open(path, O_WRONLY | O_CREAT | O_TRUNC, "w") : NULL;

	if (file)
		fprintf(file, "%08x %08x %08x", uid[0], uid[1], uid[2]);
	return file;
}

static void finish(const struct board *board, const char *end, FILE *file)
{
	char path[PATH_MAX];

	if (find_path(board, end, path) && (!file || fclose(file)))
		log_line(LOG_TARGET, "no place to write that %s being changed: should this process be killed, the next "
			 "one does not know of it", end == flash_end ? "flash is" : "option bytes are");
}

/* The file of this chip, behind its id; NULL = there is none. */
static FILE *open_own(const struct board *board, const char *end)
{
	uint32_t was[UID_WORDS], uid[UID_WORDS];
	char path[PATH_MAX];
	FILE *file = find_path(board, end, path) ? journal_open(path, O_RDONLY, "r") : NULL;

	if (!file || (fscanf(file, "%8x %8x %8x", &was[0], &was[1], &was[2]) == 3 && !read_uid(board, uid) &&
		      !memcmp(uid, was, sizeof(uid))))
		return file;
	fclose(file);
	return NULL;
}

static void forget(const struct board *board, const char *end)
{
	char path[PATH_MAX];

	if (find_path(board, end, path))
		unlink(path);
}

void unfinished_remember(const struct board *board, uint32_t base, uint32_t size)
{
	FILE *file;

	if (!size) {
		forget(board, flash_end);
		return;
	}
	file = create(board, flash_end);
	if (file)
		fprintf(file, " %08x %08x\n", base, size);
	finish(board, flash_end, file);
}

void unfinished_remember_options(struct board *board, const uint32_t *before, const uint32_t *after)
{
	size_t count = board->chip.option_word_count;
	FILE *file = create(board, options_end);

	board->options_unfinished.count = read_uid(board, board->options_unfinished.uid) ? 0 : count;
	memcpy(board->options_unfinished.before, before, count * sizeof(*before));
	memcpy(board->options_unfinished.after, after, count * sizeof(*after));
	if (file)
		fprintf(file, " %zx\n", count);
	for (size_t i = 0; i < count && file; i++)
		fprintf(file, "%08x %08x\n", before[i], after[i]);
	finish(board, options_end, file);
}

void unfinished_forget_options(struct board *board)
{
	board->options_unfinished.count = 0;
	forget(board, options_end);
}

static void recall_flash(struct board *board)
{
	FILE *file = board->unfinished.size ? NULL : open_own(board, flash_end);
	uint32_t base, size;

	if (!file)
		return;
	if (fscanf(file, "%8x %8x", &base, &size) == 2 && base + (size - 1) >= base) {
		board->unfinished.base = base;
		board->unfinished.size = size;
	}
	fclose(file);
}

/* Another chip behind the same probe is none of it. */
static bool is_recalled(struct board *board)
{
	uint32_t uid[UID_WORDS];

	if (board->options_unfinished.count && !read_uid(board, uid) &&
	    memcmp(uid, board->options_unfinished.uid, sizeof(uid)))
		board->options_unfinished.count = 0;
	return board->options_unfinished.count;
}

static void recall_options(struct board *board)
{
	FILE *file = is_recalled(board) ? NULL : open_own(board, options_end);
	uint32_t *before = board->options_unfinished.before, *after = board->options_unfinished.after;
	size_t count = 0, i = 0;

	if (!file)
		return;
	if (fscanf(file, "%zx", &count) == 1 && count == board->chip.option_word_count)
		while (i < count && fscanf(file, "%8x %8x", &before[i], &after[i]) == 2)
			i++;
	fclose(file);
	board->options_unfinished.count = i == count && !read_uid(board, board->options_unfinished.uid) ? count : 0;
}

void unfinished_recall(struct board *board)
{
	recall_flash(board);
	recall_options(board);
}
