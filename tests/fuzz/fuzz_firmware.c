/* SPDX-License-Identifier: MIT
 *
 * A host that sends the fuzzer's bytes to the virtual ST-LINK: commands, payloads and reads of any
 * length in any order. The firmware stays within its buffers, and its time is accounted for.
 */
#include "probe/virtual/link_virtual.h"
#include "tests/unit/fake_machine.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS_MAX = 200, BLOCK = 16, BUFFER = 70000 };

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t next(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

static void send_block(struct firmware *fw, struct input *in)
{
	uint8_t block[BLOCK] = { 0 }, length = next(in);

	for (unsigned i = 0; i < BLOCK && in->size; i++)
		block[i] = next(in);
	if (length & 1)
		block[0] = 0xF2;
	firmware_out(fw, block, length < 0xF0 ? BLOCK : length & 15u);
}

static void send_payload(struct firmware *fw, struct input *in, uint8_t *buffer)
{
	size_t length = (size_t)next(in) << 8 | next(in);

	for (size_t i = 0; i < 64 && i < length; i++)
		buffer[i] = next(in);
	firmware_out(fw, buffer, length);
}

static void receive(struct firmware *fw, struct input *in, uint8_t *buffer)
{
	size_t length = (size_t)next(in) << 8 | next(in), got = 0;

	firmware_in(fw, buffer, length, meter_now_ns(firmware_meter(fw)) + 1000000, &got);
	if (got > length)
		abort();
}

static void round_of(struct link *link, struct input *in, uint8_t *buffer)
{
	struct firmware *fw = virtual_link_firmware(link);

	switch (next(in) & 7) {
	case 0: case 1: case 2:
		send_block(fw, in);
		break;
	case 3:
		send_payload(fw, in, buffer);
		break;
	case 4: case 5:
		receive(fw, in, buffer);
		break;
	case 6:
		link_recover(link, (enum link_recovery)(next(in) % 3));
		break;
	case 7:
		fake_machine_set_dead(virtual_link_machine(link), next(in) & 1);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned which = next(&in) & 7;
	struct virtual_spec spec = fake_machine_spec(personality_at(which)->name);
	struct link_times times;
	struct link *link;
	uint8_t *buffer = calloc(1, BUFFER);
	struct why why;

	if (!buffer || virtual_link_open(&link, &spec, &why))
		abort();
	fake_machine_set_busy(virtual_link_machine(link), 1000 * next(&in));
	for (unsigned i = 0; i < ROUNDS_MAX && in.size; i++)
		round_of(link, &in, buffer);
	link_times(link, &times);
	if (times.usb_ns + times.swd_ns + times.wait_ns != times.total_ns)
		abort();
	link_close(link);
	free(buffer);
	return 0;
}
