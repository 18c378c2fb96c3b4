/* SPDX-License-Identifier: MIT
 *
 * What a program on the target has open: its console, and files under one folder of the host. Nothing
 * outside of that folder can be named: no absolute names, no "..", no symbolic links, regular files
 * only. Knows nothing of the target. Results below 0 are -errno.
 */
#ifndef SERVER_HOST_FILES_H
#define SERVER_HOST_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"

enum { HOST_FILES = 32, HOST_PATH_SIZE = 1024 };

enum host_kind {
	HOST_CLOSED,
	HOST_INPUT, HOST_OUTPUT,	/* ":tt", the console */
	HOST_FEATURES,			/* ":semihosting-features" */
	HOST_FILE,			/* fd is ours */
	HOST_GDB,			/* fd is GDB's */
};

struct host_file {
	enum host_kind kind;
	int fd;
	uint32_t position;		/* HOST_FEATURES */
};

struct host_files {
	int folder;			/* -1 = no files */
	/* By handle. 0, 1 and 2 are the console from the start: some programs never open it. */
	struct host_file files[HOST_FILES];
};

/* E_ARGUMENT with a sentence when that is no folder that can be read. */
int host_folder_check(const char *path, struct why *why);

/* path: NULL = no files, just the console. One that can't be opened is the same. */
void host_files_init(struct host_files *files, const char *path);
/* As at the start: what is open is closed, the folder stays. */
void host_files_reset(struct host_files *files);
void host_files_clear(struct host_files *files);

/* The handle's row, or NULL. */
struct host_file *host_file_of(struct host_files *files, uint32_t handle);
/* A new handle of that kind; -EMFILE. */
int host_file_add(struct host_files *files, enum host_kind kind, int fd);

/* mode: 0 to 11, as of semihosting's SYS_OPEN (fopen's r, rb, r+, ... a+b). Returns a handle. */
int host_open(struct host_files *files, const char *name, uint32_t mode);
int host_close(struct host_files *files, uint32_t handle);
/* HOST_FILE and HOST_FEATURES: how many bytes. */
int host_read(struct host_file *file, void *data, size_t length);
int host_write(struct host_file *file, const void *data, size_t length);
int host_seek(struct host_file *file, uint32_t position);
int64_t host_length(const struct host_file *file);
int host_remove(struct host_files *files, const char *name);
int host_rename(struct host_files *files, const char *from, const char *to);

/* errno (of the host, positive) in the numbers of newlib and of GDB's File-I/O. */
int host_errno_for_target(int error);

#endif
