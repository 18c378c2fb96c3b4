/* SPDX-License-Identifier: MIT
 *
 * A probe whose every reply is made of the fuzzer's bytes: whatever it says, calls end with a
 * result or an error, memory is not overrun, and the number of exchanges stays bounded.
 */
#include "probe/bytes.h"
#include "probe/probe.h"
#include "probe/usb_select.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_link {
	struct link base;
	const uint8_t *data;
	size_t size;
	uint64_t now_us;
};

static uint8_t next(struct fuzz_link *fuzz)
{
	if (!fuzz->size)
		return 0;
	fuzz->size--;
	return *fuzz->data++;
}

/* A control byte: mostly a full reply, sometimes a short one or an error. */
static int exchange(struct link *link, struct link_exchange *x)
{
	static const int errors[] = { E_TIMEOUT, E_USB, E_GONE, E_TIMEOUT };
	struct fuzz_link *fuzz = (struct fuzz_link *)link;
	uint8_t control = next(fuzz);

	if (x->command[0] == 0xF1 && x->in_length == 6 && control < 0xF0) {
		memcpy(x->in, (uint8_t[]){ next(fuzz), next(fuzz), 0x83, 4, 0x48, 0x37 }, 6);
		x->in_got = 6;
		return OK;
	}
	if (control >= 0xF8)
		return errors[control & 3];
	if (!x->in_length)
		return OK;
	x->in_got = control >= 0xF0 ? control % (x->in_length + 1) : x->in_length;
	for (size_t i = 0; i < x->in_got; i++)
		((uint8_t *)x->in)[i] = i < 96 ? next(fuzz) : (uint8_t)i;
	if (control & 1 && x->in_got)
		((uint8_t *)x->in)[0] = 0x80;
	return OK;
}

static int trace_read(struct link *link, void *buffer, size_t length, uint32_t timeout_ms)
{
	(void)link;
	(void)buffer;
	(void)length;
	(void)timeout_ms;
	return 0;
}

static int recover(struct link *link, enum link_recovery step)
{
	(void)link;
	return step == LINK_RESET ? E_GONE : OK;
}

static uint64_t now_us(struct link *link)
{
	return ((struct fuzz_link *)link)->now_us;
}

static void wait_us(struct link *link, uint64_t us)
{
	((struct fuzz_link *)link)->now_us += us;
}

static void close_link(struct link *link)
{
	(void)link;
}

static const struct link_ops ops = {
	.exchange = exchange, .trace_read = trace_read, .recover = recover,
	.now_us = now_us, .wait_us = wait_us, .close = close_link,
};

static void use_memory(struct probe *probe, struct fuzz_link *fuzz)
{
	struct probe_port port = { next(fuzz) & 1, next(fuzz) & 1 ? 0x4B000000 : 0 };
	uint32_t address = (uint32_t)next(fuzz) << 24 | next(fuzz);
	uint32_t length = (uint32_t)next(fuzz) * (next(fuzz) & 63);
	enum probe_width width = (enum probe_width)(next(fuzz) & 3);
	uint8_t *bytes = calloc(1, length + 1);
	uint32_t fault = address;
	int err;

	if (!bytes)
		abort();
	err = probe_read(probe, port, address, bytes, length, width, &fault);
	if (err == E_FAULT && (fault < address || fault - address >= length))
		abort();
	probe_write(probe, port, address, bytes, length, width, &fault);
	free(bytes);
}

static void use_batch(struct probe *probe, struct fuzz_link *fuzz)
{
	struct probe_op ops_list[200];
	struct probe_port port = { next(fuzz) & 1, 0 };
	size_t count = next(fuzz) % 200;
	int err;

	for (size_t i = 0; i < count; i++)
		ops_list[i] = (struct probe_op){ next(fuzz) & 1, (uint32_t)i * 4, 0, 1 };
	err = probe_batch(probe, port, ops_list, count);
	for (size_t i = 0; i < count; i++)
		if (ops_list[i].result > 0 || (!err && ops_list[i].result))
			abort();
}

static void use(struct probe *probe, struct fuzz_link *fuzz)
{
	uint32_t value, registers[PROBE_CORE_REGISTERS];
	bool still_in_swd;

	probe_voltage_mv(probe, &value);
	probe_set_speed(probe, next(fuzz) * 100u, &value);
	probe_enter_swd(probe, &value);
	probe_open_ap(probe, 0);
	use_memory(probe, fuzz);
	probe_dap_read(probe, 0xFFFF, 4, &value);
	probe_read_core_registers(probe, (struct probe_port){ 0, 0 }, registers);
	use_batch(probe, fuzz);
	probe_resync(probe, &still_in_swd);
	use_memory(probe, fuzz);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_link fuzz = { { .ops = &ops }, data, size, 0 };
	struct probe *probe;
	char serial[64];

	serial_from_descriptor(data, size, serial, sizeof(serial));
	if (strlen(serial) >= sizeof(serial))
		abort();
	if (probe_open(&probe, &fuzz.base, NULL))
		return 0;
	use(probe, &fuzz);
	if (fuzz.base.exchanges > 20000)
		abort();
	probe_close(probe);
	return 0;
}
