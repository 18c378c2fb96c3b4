/* SPDX-License-Identifier: MIT
 *
 * Loaded into programs on the mock USB bus: umockdev's library gives up the processor after each
 * request with usleep(0), which costs 70 us each time; here that is nothing.
 */
#include <time.h>
#include <unistd.h>

int usleep(useconds_t us)
{
	struct timespec duration = { us / 1000000, (long)(us % 1000000) * 1000 };

	return us ? nanosleep(&duration, NULL) : 0;
}
