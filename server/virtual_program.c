/* SPDX-License-Identifier: MIT
 *
 * Finding and starting tether-virtual.
 */
#include "server/virtual_program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const char name[] = "tether-virtual";

void virtual_program_find(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - sizeof name);
	char *folder_end;

	path[length > 0 ? length : 0] = '\0';
	folder_end = strrchr(path, '/');
	strcpy(folder_end ? folder_end + 1 : path, name);
	if (access(path, X_OK) != 0)
		strcpy(path, name);
}

/* The child hears signals as any program does, whatever this thread has blocked. */
static int spawn(const char *path, char *const argv[], int input, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, usual;
	int err;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	err = posix_spawnp(pid, path, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

int virtual_program_start(char *const argv[], FILE *input, pid_t *pid, int *output, struct why *why)
{
	char path[PATH_MAX];
	int ends[2], failure;

	virtual_program_find(path, sizeof path);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return explain(why, E_SYSTEM, "No pipe: %s.", strerror(errno));
	failure = spawn(path, argv, fileno(input), ends[1], pid);
	close(ends[1]);
	*output = ends[0];
	if (!failure)
		return OK;
	close(ends[0]);
	return explain(why, E_SYSTEM, "This takes the program with the virtual probe in it, but %s: %s. `make` builds it, "
		       "unless told VIRTUAL=0; a package may have it apart.", path, strerror(failure));
}
