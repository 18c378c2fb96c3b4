/* SPDX-License-Identifier: MIT
 *
 * A file that comes into being whole or not at all: written under a temporary name beside its place, and
 * renamed when it is complete.
 */
#ifndef FLASH_NEW_FILE_H
#define FLASH_NEW_FILE_H

#include <limits.h>
#include <stdio.h>

#include "probe/error.h"

struct new_file {
	FILE *file;		/* to be written to */
	char path[PATH_MAX], temporary[PATH_MAX];
};

/* Beginning a file; what has this name is left as it is until the end. A device or a pipe (/dev/stdout) is
 * written to directly. E_SYSTEM with the reason. */
int new_file_open(struct new_file *new, const char *path, struct why *why);
/* err = 0: the file takes its place. Else what was written is thrown away, and err returned. */
int new_file_close(struct new_file *new, int err, struct why *why);

/* "FILE: No such file or directory (from FOLDER)": the folder only where the path is not absolute. */
int new_file_explain(struct why *why, const char *path, const char *what);

#endif
