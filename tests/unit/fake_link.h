/* SPDX-License-Identifier: MIT
 *
 * A link for tests: plays a script of exchanges, or hands each to a function of the test.
 */
#ifndef TESTS_UNIT_FAKE_LINK_H
#define TESTS_UNIT_FAKE_LINK_H

#include "probe/link.h"

/* One expected exchange, bytes as hex text with spaces. The command is compared as given and has
 * to be zero behind it. reply NULL = nothing comes (in_got 0). */
struct fake_step {
	const char *command;
	const char *out;
	const char *reply;
	int err;
};

struct fake_link {
	struct link base;
	/* Either a script, ended by a row without command ... */
	const struct fake_step *steps;
	/* ... or a device. */
	int (*device)(struct fake_link *fake, struct link_exchange *x);
	void *context;
	const char *trace;	/* hex text of what the next read of the trace endpoint brings */
	int trace_err;
	uint64_t now_us;
	unsigned recoveries[3];	/* by enum link_recovery */
	int recovery_errors[3];
	bool closed;
};

void fake_link_init(struct fake_link *fake, const struct fake_step *steps);
/* Fails the test when the script has not been played to its end. */
void fake_link_check_done(const struct fake_link *fake);
/* Bytes of a hex text; returns how many. */
size_t fake_hex(const char *text, uint8_t *bytes, size_t max);

#endif
