/* SPDX-License-Identifier: MIT
 *
 * The two conventions of systemd: LISTEN_FDS and NOTIFY_SOCKET.
 */
#include "server/supervisor.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST_FD = 3, FDS_MAX = 64 };

static long number_from(const char *variable)
{
	const char *text = getenv(variable);

	return text ? strtol(text, NULL, 10) : 0;
}

/* The i-th of "a:b:c" is that name; one that nobody here goes by is "gdb". */
static bool is_named(int i, const char *name)
{
	static const char *const ours[] = { "gdb", "console", "swo" };
	const char *names = getenv("LISTEN_FDNAMES");
	const char *meant = ours[0];
	size_t length;

	for (names = names ? names : ""; i > 0 && *names; i--)
		names += strcspn(names, ":") + (names[strcspn(names, ":")] == ':');
	length = strcspn(names, ":");
	for (size_t o = 0; o < ARRAY_SIZE(ours); o++)
		if (strlen(ours[o]) == length && strncmp(names, ours[o], length) == 0)
			meant = ours[o];
	return strcmp(meant, name) == 0;
}

bool supervisor_listen(struct listener *listener, const char *name)
{
	long count = number_from("LISTEN_PID") == getpid() ? number_from("LISTEN_FDS") : 0;

	*listener = (struct listener){ .port = 0 };
	for (int i = 0; i < count && i < FDS_MAX; i++)
		if (is_named(i, name))
			listener_adopt(listener, FIRST_FD + i);
	return listener->count > 0;
}

/* A socket in the file system, or (@) in the abstract name space. */
static socklen_t address_of(struct sockaddr_un *address, const char *path)
{
	size_t length = strlen(path);

	if (length >= sizeof(address->sun_path) || (*path != '/' && *path != '@'))
		return 0;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	if (*path == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

void supervisor_notify(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t address_length = path ? address_of(&address, path) : 0;
	char text[300];
	va_list args;
	int fd;

	if (!address_length)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (void *)&address,
			     address_length) < 0)
		log_line(LOG_WARN, "NOTIFY_SOCKET=%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}
