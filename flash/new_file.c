/* SPDX-License-Identifier: MIT
 *
 * Files that are never found half-written.
 */
#include "flash/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A server's folder is seldom the one of its user's GDB. */
int new_file_explain(struct why *why, const char *path, const char *what)
{
	const char *reason = strerror(errno);
	char folder[200];

	explain(why, E_SYSTEM, "%.200s %s: %s", path, what, reason);
	if (*path != '/' && getcwd(folder, sizeof(folder)))
		explain_more(why, " (in %s)", folder);
	return E_SYSTEM;
}

static bool is_special(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

static int open_temporary(struct new_file *new)
{
	int fd;

	if ((size_t)snprintf(new->temporary, sizeof(new->temporary), "%s.new%ld", new->path,
			     (long)getpid()) >= sizeof(new->temporary)) {
		errno = ENAMETOOLONG;
		return E_SYSTEM;
	}
	fd = open(new->temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
	if (fd < 0)
		return E_SYSTEM;
	new->file = fdopen(fd, "wb+");
	if (new->file)
		return 0;
	close(fd);
	unlink(new->temporary);
	return E_SYSTEM;
}

int new_file_open(struct new_file *new, const char *path, struct why *why)
{
	bool special = is_special(path);
	int err = 0;

	new->temporary[0] = '\0';
	snprintf(new->path, sizeof(new->path), "%s", path);
	if (special) {
		new->file = fopen(path, "wb");
		err = new->file ? 0 : E_SYSTEM;
	} else {
		err = open_temporary(new);
	}
	return err ? new_file_explain(why, path, "can't be written") : 0;
}

int new_file_close(struct new_file *new, int err, struct why *why)
{
	bool failed = fclose(new->file) != 0;

	if (!err && failed)
		err = new_file_explain(why, new->path, "can't be written");
	if (!new->temporary[0])
		return err;
	if (!err && rename(new->temporary, new->path))
		err = new_file_explain(why, new->path, "can't be written");
	if (err)
		unlink(new->temporary);
	return err;
}
