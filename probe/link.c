/* SPDX-License-Identifier: MIT
 *
 * What all links share: each exchange is counted, remembered for a while and, on the usb channel, written
 * down.
 */
#include "probe/link.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A line shows at most this many payload bytes; the rest is a count. */
enum { SHOWN_BYTES = 64 };

/* "f2 36 00 .. (6144 bytes)" */
static void hex_text(char *text, size_t size, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < length && i < SHOWN_BYTES; i++)
		at += (size_t)snprintf(text + at, size - at, " %02x", bytes[i]);
	if (length > SHOWN_BYTES)
		snprintf(text + at, size - at, " .. (%zu bytes)", length);
}

static void log_exchange(const struct link *link, const struct link_exchange *x, int err)
{
	char text[SHOWN_BYTES * 3 + 40];
	unsigned long long number = (unsigned long long)link->exchanges;

	hex_text(text, sizeof(text), x->command, LINK_COMMAND_SIZE);
	log_line(LOG_USB, "%llu >%s", number, text);
	if (x->out_length) {
		hex_text(text, sizeof(text), x->out, x->out_length);
		log_line(LOG_USB, "%llu >>%s", number, text);
	}
	if (x->in_got) {
		hex_text(text, sizeof(text), x->in, x->in_got);
		log_line(LOG_USB, "%llu <%s", number, text);
	}
	if (err)
		log_line(LOG_USB, "%llu ! %s", number, error_text(err));
}

static void remember(struct link *link, const struct link_exchange *x, uint64_t start_us, int err)
{
	struct link_record *record = &link->records[link->exchanges % LINK_RECORDS];

	*record = (struct link_record){
		.out_length = (uint32_t)x->out_length, .in_length = (uint32_t)x->in_length,
		.in_got = (uint32_t)x->in_got, .start_us = start_us, .end_us = link_now_us(link), .err = err,
	};
	memcpy(record->command, x->command, sizeof(record->command));
	if (x->in_got)
		memcpy(record->reply, x->in, min_u32((uint32_t)x->in_got, sizeof(record->reply)));
}

const struct link_record *link_record(const struct link *link, uint64_t number)
{
	if (number >= link->exchanges || link->exchanges - number > LINK_RECORDS)
		return NULL;
	return &link->records[number % LINK_RECORDS];
}

int link_do(struct link *link, struct link_exchange *x)
{
	uint64_t start_us = link_now_us(link);
	int err;

	assert(x->timeout_ms && !(x->out_length && x->in_length));
	x->in_got = 0;
	err = link->ops->exchange(link, x);
	remember(link, x, start_us, err);
	link->exchanges++;
	link->bytes_out += x->out_length;
	link->bytes_in += x->in_got;
	if (log_is_on(LOG_USB))
		log_exchange(link, x, err);
	return err;
}

int link_trace_read(struct link *link, void *buffer, size_t length, uint32_t timeout_ms)
{
	return link->ops->trace_read(link, buffer, length, timeout_ms);
}

int link_recover(struct link *link, enum link_recovery step)
{
	static const char *const steps[] = {
		[LINK_DRAIN] = "drain", [LINK_CLEAR_HALT] = "clear halt", [LINK_RESET] = "reset",
	};
	int err = link->ops->recover(link, step);

	log_line(LOG_USB, "recovery: %s: %s", steps[step], error_text(err));
	return err;
}

uint64_t link_now_us(struct link *link)
{
	return link->ops->now_us(link);
}

void link_wait_us(struct link *link, uint64_t us)
{
	link->ops->wait_us(link, us);
}

bool link_times(struct link *link, struct link_times *out)
{
	if (link->ops->times)
		link->ops->times(link, out);
	return link->ops->times;
}

void link_close(struct link *link)
{
	if (link)
		link->ops->close(link);
}
