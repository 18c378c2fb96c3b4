/* SPDX-License-Identifier: MIT
 *
 * Register access with a sticky error. Each access is one exchange and is never repeated.
 */
#include "flash/registers.h"

#include "probe/link.h"

enum { PAUSE_FIRST_US = 100, PAUSE_LONGEST_US = 10000 };

void registers_begin(struct registers *r, struct probe *probe, struct probe_port port,
		     uint32_t base)
{
	r->probe = probe;
	r->port = port;
	r->base = base;
	r->error = 0;
	r->late = false;
}

void registers_write(struct registers *r, uint32_t offset, uint32_t value)
{
	if (!r->error)
		r->error = probe_write_u32(r->probe, r->port, r->base + offset, value);
}

uint32_t registers_read(struct registers *r, uint32_t offset)
{
	uint32_t value = 0;

	if (!r->error)
		r->error = probe_read_u32(r->probe, r->port, r->base + offset, &value);
	return r->error ? 0 : value;
}

uint32_t registers_poll(struct registers *r, uint32_t offset, uint32_t mask, uint32_t wanted,
			uint64_t timeout_us)
{
	struct link *link = probe_link(r->probe);
	uint64_t start = link_now_us(link), pause = PAUSE_FIRST_US;

	for (;;) {
		uint32_t value = registers_read(r, offset);

		if (r->error || (value & mask) == wanted)
			return value;
		if (link_now_us(link) - start >= timeout_us) {
			r->error = E_TIMEOUT;
			r->late = true;
			return value;
		}
		link_wait_us(link, pause);
		pause = pause * 2 < PAUSE_LONGEST_US ? pause * 2 : PAUSE_LONGEST_US;
	}
}
