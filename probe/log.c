/* SPDX-License-Identifier: MIT
 *
 * Log channels and where their lines go. The state here is the one file-scope state of the project:
 * which channels are on and the sink, both set before threads start. A line is one write().
 */
#include "probe/log.h"

#include "probe/bytes.h"
#include "probe/error.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 1024 };

static const char *const names[LOG_CHANNELS] = {
	[LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info",
	[LOG_GDB] = "gdb", [LOG_SESSION] = "session", [LOG_FLASH] = "flash",
	[LOG_TARGET] = "target", [LOG_PROBE] = "probe", [LOG_USB] = "usb",
	[LOG_VIRTUAL] = "virtual",
};

enum {
	ALWAYS_ON = 1u << LOG_ERROR | 1u << LOG_WARN,
	ALL = (1u << LOG_CHANNELS) - 1,
};

static struct {
	unsigned on;
	int fd;
	void (*sink)(void *context, enum log_channel channel, const char *line);
	void *context;
	pthread_mutex_t sink_lock;
} state = {
	.on = ALWAYS_ON | 1u << LOG_INFO,
	.fd = STDERR_FILENO,
	.sink_lock = PTHREAD_MUTEX_INITIALIZER,
};

/* The bits that a name stands for; 0 = no such channel. */
static unsigned channel_bits(const char *name, size_t length)
{
	if (length == 3 && !strncmp(name, "all", 3))
		return ALL;
	for (unsigned i = 0; i < LOG_CHANNELS; i++)
		if (strlen(names[i]) == length && !strncmp(name, names[i], length))
			return 1u << i;
	return 0;
}

int log_enable(const char *list, const char **bad)
{
	unsigned on = state.on;

	for (const char *item = list; *item; item += *item == ',') {
		bool off = *item == '-';
		const char *name = item + off;
		size_t length = strcspn(name, ",");
		unsigned bits = channel_bits(name, length);

		if (!bits && length) {
			*bad = name;
			return E_ARGUMENT;
		}
		on = off ? on & ~bits : on | bits;
		item = name + length;
	}
	state.on = on | ALWAYS_ON;
	return OK;
}

int log_to_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		return E_SYSTEM;
	if (state.fd != STDERR_FILENO)
		close(state.fd);
	state.fd = fd;
	return OK;
}

void log_to(void (*sink)(void *context, enum log_channel channel, const char *line), void *context)
{
	pthread_mutex_lock(&state.sink_lock);
	state.sink = sink;
	state.context = context;
	pthread_mutex_unlock(&state.sink_lock);
}

bool log_is_on(enum log_channel channel)
{
	return state.on >> channel & 1;
}

/* Lines carry text from targets and clients: no control bytes for somebody's terminal. */
static void make_printable(char *line)
{
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = ' ';
}

static bool give_to_sink(enum log_channel channel, const char *line)
{
	bool taken;

	pthread_mutex_lock(&state.sink_lock);
	taken = state.sink != NULL;
	if (taken)
		state.sink(state.context, channel, line);
	pthread_mutex_unlock(&state.sink_lock);
	return taken;
}

/* Errno survives, so that logging between a failed call and its report is harmless. */
static void write_whole(const char *line, size_t length)
{
	int saved = errno;

	while (length) {
		ssize_t n = write(state.fd, line, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		line += n;
		length -= (size_t)n;
	}
	errno = saved;
}

void log_line(enum log_channel channel, const char *format, ...)
{
	char line[LINE_SIZE];
	size_t prefix, length;
	va_list args;

	if (!log_is_on(channel))
		return;
	prefix = (size_t)snprintf(line, sizeof(line), "%s: ", names[channel]);
	va_start(args, format);
	vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, args);
	va_end(args);
	length = strlen(line);
	while (length > prefix && line[length - 1] == '\n')
		line[--length] = '\0';
	make_printable(line);
	if (give_to_sink(channel, line + prefix))
		return;
	line[length++] = '\n';
	write_whole(line, length);
}

const char *log_channel_names(void)
{
	return "error,warn,info,gdb,session,flash,target,probe,usb,virtual,all";
}
