/* SPDX-License-Identifier: MIT
 *
 * Files under one folder, opened part by part from there, so that no name leads out of it.
 */
#include "server/semihosting/host_files.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Arm "Semihosting for AArch32 and AArch64" 2.0, section 5: the magic, then SH_EXT_EXIT_EXTENDED and
 * SH_EXT_STDOUT_STDERR. */
static const uint8_t features[] = { 'S', 'H', 'F', 'B', 0x03 };

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

int host_folder_check(const char *path, struct why *why)
{
	int fd = open(path, FOLDER_FLAGS);

	if (fd < 0)
		return explain(why, E_ARGUMENT, "the folder %s for the program's files: %s", path,
			       strerror(errno));
	close(fd);
	return 0;
}

void host_files_init(struct host_files *files, const char *path)
{
	memset(files, 0, sizeof(*files));
	host_files_reset(files);
	files->folder = path ? open(path, FOLDER_FLAGS) : -1;
	if (path && files->folder < 0)
		log_line(LOG_ERROR, "the folder %s for the program's files: %s", path, strerror(errno));
}

void host_files_reset(struct host_files *files)
{
	for (uint32_t handle = 0; handle < HOST_FILES; handle++)
		host_close(files, handle);
	files->files[0].kind = HOST_INPUT;
	files->files[1].kind = files->files[2].kind = HOST_OUTPUT;
}

void host_files_clear(struct host_files *files)
{
	host_files_reset(files);
	if (files->folder >= 0)
		close(files->folder);
	files->folder = -1;
}

struct host_file *host_file_of(struct host_files *files, uint32_t handle)
{
	if (handle >= HOST_FILES || files->files[handle].kind == HOST_CLOSED)
		return NULL;
	return &files->files[handle];
}

int host_file_add(struct host_files *files, enum host_kind kind, int fd)
{
	for (int i = 1; i < HOST_FILES; i++) {	/* 0 would mean failure */
		if (files->files[i].kind != HOST_CLOSED)
			continue;
		files->files[i] = (struct host_file){ .kind = kind, .fd = fd };
		return i;
	}
	return -EMFILE;
}

/* The folder that the last part of name is in, and that part. The caller closes it. */
static int open_parent(int folder, char *name, const char **leaf)
{
	int at = folder < 0 ? -1 : openat(folder, ".", FOLDER_FLAGS), next;
	char *slash;

	if (at < 0)
		return folder < 0 ? -EACCES : -errno;
	for (; (slash = strchr(name, '/')); name = slash + 1) {
		*slash = '\0';
		/* An empty part is the start of an absolute name, or a slip; ".." is what leads out. */
		next = *name && strcmp(name, "..") ? openat(at, name, FOLDER_FLAGS | O_NOFOLLOW) : -1;
		if (next < 0) {
			next = *name && strcmp(name, "..") ? errno : EACCES;
			close(at);
			return -next;
		}
		close(at);
		at = next;
	}
	*leaf = name;
	if (*name && strcmp(name, ".") && strcmp(name, ".."))
		return at;
	close(at);
	return -EACCES;
}

static int open_parent_of(const struct host_files *files, const char *name, char *copy,
			  const char **leaf)
{
	if (strlen(name) >= HOST_PATH_SIZE)
		return -ENAMETOOLONG;
	strcpy(copy, name);
	return open_parent(files->folder, copy, leaf);
}

/* A device or a FIFO in the folder would make us wait for whoever is behind it. */
static int open_regular(int folder, const char *leaf, int flags)
{
	int fd = openat(folder, leaf, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	return -EACCES;
}

static int open_file(const struct host_files *files, const char *name, uint32_t mode)
{
	static const int flags[] = {
		O_RDONLY, O_RDWR, O_WRONLY | O_CREAT | O_TRUNC, O_RDWR | O_CREAT | O_TRUNC,
		O_WRONLY | O_CREAT | O_APPEND, O_RDWR | O_CREAT | O_APPEND,
	};
	char copy[HOST_PATH_SIZE];
	const char *leaf;
	int folder, fd;

	if (mode / 2 >= ARRAY_SIZE(flags))	/* odd modes are the "b" ones */
		return -EINVAL;
	folder = open_parent_of(files, name, copy, &leaf);
	if (folder < 0)
		return folder;
	fd = open_regular(folder, leaf, flags[mode / 2]);
	close(folder);
	return fd;
}

int host_open(struct host_files *files, const char *name, uint32_t mode)
{
	int fd, handle;

	if (strcmp(name, ":tt") == 0)
		return host_file_add(files, mode < 4 ? HOST_INPUT : HOST_OUTPUT, -1);
	if (strcmp(name, ":semihosting-features") == 0)
		return mode < 2 ? host_file_add(files, HOST_FEATURES, -1) : -EACCES;
	fd = open_file(files, name, mode);
	if (fd < 0)
		return fd;
	handle = host_file_add(files, HOST_FILE, fd);
	if (handle < 0)
		close(fd);
	return handle;
}

int host_close(struct host_files *files, uint32_t handle)
{
	struct host_file *file = host_file_of(files, handle);
	int err = 0;

	if (!file)
		return -EBADF;
	if (file->kind == HOST_FILE && close(file->fd) != 0)
		err = -errno;
	*file = (struct host_file){ .kind = HOST_CLOSED };
	return err;
}

static int read_features(struct host_file *file, void *data, size_t length)
{
	uint32_t left = (uint32_t)sizeof(features) - min_u32(file->position, sizeof(features));

	length = length < left ? length : left;
	memcpy(data, features + file->position, length);
	file->position += (uint32_t)length;
	return (int)length;
}

int host_read(struct host_file *file, void *data, size_t length)
{
	ssize_t done;

	if (file->kind == HOST_FEATURES)
		return read_features(file, data, length);
	if (file->kind != HOST_FILE)
		return -EBADF;
	done = read(file->fd, data, length);
	return done < 0 ? -errno : (int)done;
}

int host_write(struct host_file *file, const void *data, size_t length)
{
	ssize_t done;

	if (file->kind != HOST_FILE)
		return -EBADF;
	done = write(file->fd, data, length);
	return done < 0 ? -errno : (int)done;
}

int host_seek(struct host_file *file, uint32_t position)
{
	if (file->kind == HOST_FEATURES && position <= sizeof(features)) {
		file->position = position;
		return 0;
	}
	if (file->kind != HOST_FILE)
		return -ESPIPE;
	return lseek(file->fd, (off_t)position, SEEK_SET) < 0 ? -errno : 0;
}

int64_t host_length(const struct host_file *file)
{
	struct stat status;

	if (file->kind == HOST_FEATURES)
		return sizeof(features);
	if (file->kind != HOST_FILE)
		return -ESPIPE;
	return fstat(file->fd, &status) ? -errno : (int64_t)status.st_size;
}

int host_remove(struct host_files *files, const char *name)
{
	char copy[HOST_PATH_SIZE];
	const char *leaf;
	int folder = open_parent_of(files, name, copy, &leaf), err = 0;

	if (folder < 0)
		return folder;
	if (unlinkat(folder, leaf, 0) != 0)
		err = -errno;
	close(folder);
	return err;
}

int host_rename(struct host_files *files, const char *from, const char *to)
{
	char from_copy[HOST_PATH_SIZE], to_copy[HOST_PATH_SIZE];
	const char *from_leaf, *to_leaf;
	int from_folder = open_parent_of(files, from, from_copy, &from_leaf), to_folder, err = 0;

	if (from_folder < 0)
		return from_folder;
	to_folder = open_parent_of(files, to, to_copy, &to_leaf);
	if (to_folder < 0)
		err = to_folder;
	else if (renameat(from_folder, from_leaf, to_folder, to_leaf) != 0)
		err = -errno;
	if (to_folder >= 0)
		close(to_folder);
	close(from_folder);
	return err;
}

int host_errno_for_target(int error)
{
	static const struct { int ours, theirs; } rows[] = {
		{ ENOSYS, 88 }, { ENOTEMPTY, 90 }, { ENAMETOOLONG, 91 }, { ELOOP, 92 },
		{ EOVERFLOW, 139 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].ours == error)
			return rows[i].theirs;
	return error > ERANGE ? EIO : error;	/* up to ERANGE they agree */
}
