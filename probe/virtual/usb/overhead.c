/* SPDX-License-Identifier: MIT
 *
 * What the mock bus itself costs.
 */
#include "probe/virtual/usb/overhead.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The slowest of the quickest tenth: on a busy machine most of them wait for a processor, and what is taken off
 * a pause of the host should not be that. */
enum { COMMANDS = 60, REPLY_SIZE = 2, QUICKEST = 10 };

struct gauge {
	uint64_t ended_ns;
	unsigned count;
	uint64_t gaps_ns[COMMANDS];
	bool asked;
};

static const struct usb_identity identity = {
	.device = { 18, 1, 0, 2, 0, 0, 0, 64, 0x83, 0x04, 0x48, 0x37, 0, 1, 0, 0, 0, 1 },
	.configuration = { 9, 2, 39, 0, 1, 1, 0, 0x80, 0x32,
			   9, 4, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0,
			   7, 5, 0x81, 2, 64, 0, 0, 7, 5, 0x02, 2, 64, 0, 0, 7, 5, 0x83, 2, 64, 0, 0 },
	.configuration_length = 39,
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int take_command(void *context, uint8_t endpoint, const uint8_t *bytes, size_t length,
			uint64_t *delay_us)
{
	struct gauge *gauge = context;

	(void)endpoint, (void)bytes, (void)length, (void)delay_us;
	if (gauge->ended_ns && gauge->count < COMMANDS)
		gauge->gaps_ns[gauge->count++] = now_ns() - gauge->ended_ns;
	gauge->asked = true;
	return 0;
}

static int answer(void *context, uint8_t endpoint, uint8_t *bytes, size_t size, uint64_t *delay_us)
{
	struct gauge *gauge = context;

	(void)endpoint, (void)delay_us;
	if (!gauge->asked || size < REPLY_SIZE)
		return -EAGAIN;
	memset(bytes, 0, REPLY_SIZE);
	gauge->asked = false;
	gauge->ended_ns = now_ns();
	return REPLY_SIZE;
}

static void ignore(void *context)
{
	(void)context;
}

static void ignore_session(void *context, bool open)
{
	(void)context, (void)open;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* In another process, because that is what it will be. */
static void run(unsigned port, int (*talk)(const char *selector, unsigned commands))
{
	char selector[32];
	pid_t child = fork();

	snprintf(selector, sizeof(selector), "usb:1-%u", port);
	if (child == 0)
		_exit(talk(selector, COMMANDS + 1) ? EXIT_FAILURE : EXIT_SUCCESS);
	if (child > 0)
		waitpid(child, NULL, 0);
}

uint64_t usb_overhead_measure(struct usb_bus *bus, unsigned port,
			      int (*talk)(const char *selector, unsigned commands))
{
	struct gauge gauge = { 0 };
	struct usb_function function = { &gauge, take_command, answer, ignore_session, ignore, ignore };
	struct usb_plug plug = { .port = port };
	struct usb_door *door;

	if (usb_door_plug(&door, bus, &plug, &identity, &function, NULL))
		return 0;
	run(port, talk);
	usb_door_unplug(door);
	qsort(gauge.gaps_ns, gauge.count, sizeof(gauge.gaps_ns[0]), compare);
	return gauge.count ? gauge.gaps_ns[gauge.count / QUICKEST] : 0;
}
