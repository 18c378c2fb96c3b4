/* SPDX-License-Identifier: MIT
 *
 * What registers of a target were before we changed them, kept in a file for the case that this
 * process dies before it can put them back. One file for each probe.
 */
#ifndef TARGETS_JOURNAL_H
#define TARGETS_JOURNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "probe/error.h"

struct journal_entry {
	uint32_t address, value;
	unsigned width;		/* in bytes: 4, or 2 for an instruction */
};

/* Adds an entry; the file is made when it is not there (0600, in $XDG_RUNTIME_DIR/tether, else in $TMPDIR or
 * /tmp). chip is the chip file's name: entries of another chip are dropped. E_SYSTEM when there is no
 * place to write. */
int journal_append(const char *serial, const char *chip, const struct journal_entry *entry);
/* Reads what an earlier process left for this probe and chip; returns how many, at most max. */
size_t journal_load(const char *serial, const char *chip, struct journal_entry *entries, size_t max);
/* All was put back. */
void journal_remove(const char *serial);

/* Where a file about the target behind this probe goes: SERIAL.END. Makes the folder. False when the name
 * would be too long. */
bool journal_path(const char *serial, const char *end, char path[PATH_MAX]);
/* Opens it with these flags for open(): never through a link, never a file of somebody else, since the
 * folder may be open to all. NULL when it can't be. */
FILE *journal_open(const char *path, int flags, const char *mode);

#endif
