/* SPDX-License-Identifier: MIT
 *
 * Memory accesses of every alignment and length against a small ST-LINK made of an array, which
 * refuses what firmware refuses; and when a command is sent again.
 */
#include "probe/bytes.h"
#include "probe/probe.h"

#include "tests/unit/fake_link.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BASE = 0x20000000, SIZE = 0x8000 };

/* Memory at BASE, nothing elsewhere: faults. */
struct device {
	uint8_t memory[SIZE];
	unsigned mem8_max;
	uint8_t version[2];
	uint8_t status;
	uint32_t fault;
	unsigned commands, units;	/* memory commands, and the widths seen, as a mask */
	/* The schedule: this status for so many memory commands, after the first skip. */
	uint8_t trouble;
	unsigned skip, times;
	uint32_t trouble_at;
	uint8_t batch[1227 * 8];
	uint32_t batch_count;
	unsigned batch_aps;
};

static const struct probe_port ap0;
static const struct probe_port ap1 = { 1, 0 };

static void reply(struct link_exchange *x, const void *bytes, size_t length)
{
	assert_true(length <= x->in_length);
	memcpy(x->in, bytes, length);
	x->in_got = length;
}

static bool in_trouble(struct device *device, uint32_t address)
{
	if (device->skip) {
		device->skip--;
		return false;
	}
	if (!device->times)
		return false;
	device->times--;
	device->status = device->trouble;
	device->fault = device->trouble_at ? device->trouble_at : address;
	return true;
}

/* Moves what is there; the first address that is not there is the fault. */
static void move(struct device *device, uint32_t address, uint8_t *in, const uint8_t *out,
		 uint32_t length)
{
	device->status = 0x80;
	device->fault = 0;
	if (in_trouble(device, address))
		return;
	for (uint32_t i = 0; i < length; i++) {
		uint32_t at = address + i;

		if (at < BASE || at - BASE >= SIZE) {
			device->status = 0x11;
			device->fault = at;
			return;
		}
		if (in)
			in[i] = device->memory[at - BASE];
		else
			device->memory[at - BASE] = out[i];
	}
}

static void memory_command(struct device *device, struct link_exchange *x, unsigned unit, bool write)
{
	uint32_t address = get_u32(x->command + 2), length = get_u16(x->command + 6);

	device->commands++;
	device->units |= unit;
	assert_true(length > 0 && (address | length) % unit == 0);
	assert_true(length <= (unit == 1 ? device->mem8_max : 6144));
	if (write) {
		assert_int_equal(x->out_length, length);
		move(device, address, NULL, x->out, length);
		return;
	}
	assert_int_equal(x->in_length, unit == 1 && length == 1 ? 2 : length);
	memset(x->in, 0xEE, x->in_length);
	move(device, address, x->in, NULL, length);
	x->in_got = x->in_length;
}

static void register_command(struct device *device, struct link_exchange *x, bool write)
{
	uint8_t bytes[8] = { 0 };

	device->units |= 4;
	device->commands++;
	move(device, get_u32(x->command + 2), write ? NULL : bytes + 4, x->command + 6, 4);
	bytes[0] = device->status;
	reply(x, bytes, write ? 2 : 8);
}

static void batch_out(struct device *device, struct link_exchange *x)
{
	uint32_t count = get_u32(x->command + 2), padded = (count + 3) & ~3u, address = 0;
	const uint8_t *items = x->out, *values = items + padded;

	assert_true(count > 0 && count <= (device->version[0] >> 4 == 3 ? 1227 : 64));
	assert_int_equal(x->out_length, padded + 4 * count);
	device->batch_count = count;
	memset(device->batch, 0, sizeof(device->batch));
	for (uint32_t i = 0; i < count; i++) {
		device->status = 0x80;
		if (items[i] == 1)
			address = get_u32(values + 4 * i);
		else if (items[i] == 2)
			move(device, address, NULL, values + 4 * i, 4);
		else if (items[i] == 3)
			move(device, get_u32(values + 4 * i), device->batch + 4 * i, NULL, 4);
		else if (items[i] == 5)
			device->batch_aps = device->batch_aps << 4 | (values[4 * i] + 1u);
		else
			fail_msg("item %u", items[i]);
		device->batch[4 * (count + i)] = device->status;
	}
}

static int device_exchange(struct fake_link *fake, struct link_exchange *x)
{
	struct device *device = fake->context;
	uint8_t status[12] = { device->status };

	put_u32(status + 4, device->fault);
	switch (x->command[0] << 8 | x->command[1]) {
	case 0xF100:
		reply(x, (uint8_t[]){ device->version[0], device->version[1], 0x83, 4, 0x48, 0x37 }, 6);
		break;
	case 0xF500:
		reply(x, "\1\0", 2);
		break;
	case 0xFB00:
		reply(x, "\3\0\7\3\0\0\0\0\x83\4\x4f\x37", 12);
		break;
	case 0xF207:
	case 0xF208:
		memory_command(device, x, 4, x->command[1] == 8);
		break;
	case 0xF20C:
	case 0xF20D:
		memory_command(device, x, 1, x->command[1] == 0xD);
		break;
	case 0xF247:
	case 0xF248:
		memory_command(device, x, 2, x->command[1] == 0x48);
		break;
	case 0xF235:
	case 0xF236:
		register_command(device, x, x->command[1] == 0x35);
		break;
	case 0xF23E:
		reply(x, status, 12);
		break;
	case 0xF23B:
		reply(x, status, 2);
		break;
	case 0xF246:
		reply(x, "\x80\0", 2);
		break;
	case 0xF251:
		batch_out(device, x);
		break;
	case 0xF252:
		assert_int_equal(x->in_length, 8 * device->batch_count);
		reply(x, device->batch, x->in_length);
		break;
	default:
		fail_msg("command %02x %02x", x->command[0], x->command[1]);
	}
	return OK;
}

struct bench {
	struct fake_link fake;
	struct device device;
	struct probe *probe;
	uint64_t exchanges;	/* at the last count() */
};

/* V2J37, V2J13 (no 3E address) or V3J7. */
static struct bench *bench_new(const char *version)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	bool v3 = !strcmp(version, "V3J7"), old = !strcmp(version, "V2J13");

	assert_non_null(bench);
	fake_link_init(&bench->fake, NULL);
	bench->fake.device = device_exchange;
	bench->fake.context = &bench->device;
	memcpy(bench->device.version, v3 ? "\x30\0" : old ? "\x23\x40" : "\x29\x47", 2);
	bench->device.mem8_max = v3 ? 512 : 64;
	for (uint32_t i = 0; i < SIZE; i++)
		bench->device.memory[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(probe_open(&bench->probe, &bench->fake.base, NULL), OK);
	bench->exchanges = bench->fake.base.exchanges;
	return bench;
}

static void bench_free(struct bench *bench)
{
	probe_close(bench->probe);
	free(bench);
}

static unsigned count(struct bench *bench)
{
	uint64_t before = bench->exchanges;

	bench->exchanges = bench->fake.base.exchanges;
	return (unsigned)(bench->exchanges - before);
}

/* Reads and writes an area and compares with the array; nothing outside may change. */
static void check_area(struct bench *bench, uint32_t offset, uint32_t length, enum probe_width width)
{
	static uint8_t before[SIZE], data[SIZE + 16], bytes[SIZE + 16];
	uint32_t address = BASE + offset;

	memset(bytes, 0xA5, sizeof(bytes));
	assert_int_equal(probe_read(bench->probe, ap0, address, bytes, length, width, NULL), OK);
	assert_memory_equal(bytes, bench->device.memory + offset, length);
	assert_int_equal(bytes[length], 0xA5);
	memcpy(before, bench->device.memory, SIZE);
	for (uint32_t i = 0; i < length; i++)
		data[i] = (uint8_t)~bytes[i];
	assert_int_equal(probe_write(bench->probe, ap0, address, data, length, width, NULL), OK);
	assert_memory_equal(bench->device.memory + offset, data, length);
	assert_memory_equal(bench->device.memory, before, offset);
	assert_memory_equal(bench->device.memory + offset + length, before + offset + length,
			    SIZE - offset - length);
}

static void moves_every_alignment_and_length(void **state)
{
	static const char *const versions[] = { "V2J37", "V2J13", "V3J7" };
	static const uint32_t lengths[] = { 127, 128, 511, 512, 513, 6143, 6144, 6145, 6151, 20000 };

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct bench *bench = bench_new(versions[v]);

		for (uint32_t offset = 0; offset < 8; offset++) {
			for (uint32_t length = 0; length < 75; length++)
				check_area(bench, 64 + offset, length, PROBE_ANY);
			for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
				check_area(bench, 64 + offset, lengths[i], PROBE_ANY);
		}
		check_area(bench, SIZE - 3, 3, PROBE_ANY);
		check_area(bench, 1, SIZE - 1, PROBE_ANY);
		bench_free(bench);
	}
}

static void exact_widths_are_exact(void **state)
{
	static const struct {
		enum probe_width width;
		unsigned unit;
	} rows[] = { { PROBE_8, 1 }, { PROBE_16, 2 }, { PROBE_32, 4 } };
	struct bench *bench = bench_new("V2J37");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bench->device.units = 0;
		for (uint32_t length = 0; length < 200; length += rows[i].unit)
			check_area(bench, 16 + rows[i].unit, length, rows[i].width);
		check_area(bench, 0, 8192, rows[i].width);
		assert_int_equal(bench->device.units, rows[i].unit);
	}
	bench_free(bench);
}

static void refuses_what_does_not_fit(void **state)
{
	struct bench *bench = bench_new("V2J37");
	uint8_t bytes[16];

	(void)state;
	assert_int_equal(probe_read(bench->probe, ap0, BASE + 2, bytes, 4, PROBE_32, NULL), E_ALIGN);
	assert_int_equal(probe_write(bench->probe, ap0, BASE, bytes, 6, PROBE_32, NULL), E_ALIGN);
	assert_int_equal(probe_read(bench->probe, ap0, BASE + 1, bytes, 2, PROBE_16, NULL), E_ALIGN);
	assert_int_equal(probe_read(bench->probe, ap0, 0xFFFFFFF8, bytes, 9, PROBE_ANY, NULL),
			 E_RANGE);
	assert_int_equal(count(bench), 0);
	/* The very end of the address space is no special case. */
	assert_int_equal(probe_read(bench->probe, ap0, 0xFFFFFFF7, bytes, 9, PROBE_ANY, NULL),
			 E_FAULT);
	bench_free(bench);
}

static void spends_few_exchanges(void **state)
{
	static const struct {
		uint32_t offset, length;
		enum probe_width width;
		unsigned read, write;
	} rows[] = {
		{ 0, 4, PROBE_ANY, 1, 1 },		/* a word: the status comes along */
		{ 4, 4, PROBE_32, 1, 1 },
		{ 1, 2, PROBE_ANY, 1, 2 },
		{ 3, 2, PROBE_ANY, 2, 2 },
		{ 0, 64, PROBE_ANY, 2, 2 },
		{ 3, 61, PROBE_ANY, 2, 2 },
		{ 1, 64, PROBE_ANY, 2, 2 },
		{ 1, 66, PROBE_ANY, 2, 4 },
		{ 1, 200, PROBE_ANY, 2, 6 },		/* bytes, words, bytes */
		{ 0, 6144, PROBE_ANY, 2, 2 },
		{ 0, 6145, PROBE_ANY, 3, 4 },
		{ 0, 0x8000, PROBE_ANY, 12, 12 },
		{ 0, 65, PROBE_8, 4, 4 },
		{ 0, 64, PROBE_16, 2, 2 },
	};
	static uint8_t bytes[SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench *bench = bench_new("V2J37");

		probe_read(bench->probe, ap0, BASE + rows[i].offset, bytes, rows[i].length,
			   rows[i].width, NULL);
		assert_int_equal(count(bench), rows[i].read);
		probe_write(bench->probe, ap0, BASE + rows[i].offset, bytes, rows[i].length,
			    rows[i].width, NULL);
		assert_int_equal(count(bench), rows[i].write);
		bench_free(bench);
	}
}

static void names_the_faulting_address(void **state)
{
	struct bench *bench = bench_new("V2J37");
	uint8_t bytes[64];
	uint32_t fault = 0;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(probe_read(bench->probe, ap0, BASE + SIZE - 30, bytes, 64, PROBE_ANY,
				    &fault), E_FAULT);
	assert_int_equal(fault, BASE + SIZE);
	assert_memory_equal(bytes, bench->device.memory + SIZE - 30, 30);
	assert_int_equal(bytes[30], 0);
	assert_int_equal(probe_write(bench->probe, ap0, BASE - 64, bytes, 64, PROBE_8, &fault),
			 E_FAULT);
	assert_int_equal(fault, BASE - 64);
	/* A read that was widened downwards still names an address of the area. */
	assert_int_equal(probe_read(bench->probe, ap0, BASE - 3, bytes, 1, PROBE_ANY, &fault),
			 E_FAULT);
	assert_int_equal(fault, BASE - 3);
	bench_free(bench);
}

static void set_trouble(struct bench *bench, uint8_t status, unsigned skip, unsigned times,
			uint32_t at)
{
	bench->device.trouble = status;
	bench->device.skip = skip;
	bench->device.times = times;
	bench->device.trouble_at = at;
	bench->device.commands = 0;
}

static void waits_in_memory_are_waited_out(void **state)
{
	struct bench *bench = bench_new("V2J37");
	struct probe_stats stats;
	uint8_t bytes[64] = { 0 };
	uint32_t fault;

	(void)state;
	/* The 3rd of 3 words in: repeated, because RAM may be read and written twice. */
	set_trouble(bench, 0x10, 0, 3, BASE + 8);
	assert_int_equal(probe_read(bench->probe, ap0, BASE, bytes, 64, PROBE_ANY, NULL), OK);
	assert_memory_equal(bytes, bench->device.memory, 64);
	assert_int_equal(bench->device.commands, 4);
	assert_int_equal(bench->fake.now_us, 1000 + 2000 + 4000);
	set_trouble(bench, 0x10, 0, 1, BASE + 8);
	assert_int_equal(probe_write(bench->probe, ap0, BASE + 64, bytes, 64, PROBE_ANY, NULL), OK);
	assert_memory_equal(bytes, bench->device.memory + 64, 64);
	/* For ever is too long. */
	set_trouble(bench, 0x10, 0, 1000, BASE + 8);
	assert_int_equal(probe_read(bench->probe, ap0, BASE, bytes, 64, PROBE_ANY, &fault), E_WAIT);
	assert_int_equal(fault, BASE + 8);
	assert_int_equal(bench->device.commands, 9);
	probe_stats(bench->probe, &stats);
	assert_int_equal(stats.waits, 3 + 1 + 9);
	assert_int_equal(stats.retries, 3 + 1 + 8);
	bench_free(bench);
}

static void peripherals_are_never_accessed_twice(void **state)
{
	struct bench *bench = bench_new("V2J37");
	uint8_t bytes[64] = { 0 };
	uint32_t value;

	(void)state;
	/* Something was transferred, or nobody knows. */
	set_trouble(bench, 0x10, 0, 1, BASE + 4);
	assert_int_equal(probe_read(bench->probe, ap0, BASE, bytes, 64, PROBE_32, NULL), E_WAIT);
	assert_int_equal(bench->device.commands, 1);
	set_trouble(bench, 0x10, 0, 1, 1);
	assert_int_equal(probe_write(bench->probe, ap0, BASE, bytes, 2, PROBE_16, NULL), E_WAIT);
	assert_int_equal(bench->device.commands, 1);
	set_trouble(bench, 0x10, 0, 1, 0);
	assert_int_equal(probe_read_u32(bench->probe, ap0, BASE, &value), E_WAIT);
	assert_int_equal(bench->device.commands, 1);
	/* Nothing was: the very first access is the one that had to wait. */
	set_trouble(bench, 0x10, 0, 1, 0);
	assert_int_equal(probe_read(bench->probe, ap0, BASE, bytes, 64, PROBE_32, NULL), OK);
	assert_int_equal(bench->device.commands, 2);
	bench_free(bench);
	/* Firmware that names no address leaves no choice. */
	bench = bench_new("V2J13");
	set_trouble(bench, 0x10, 0, 1, 0);
	assert_int_equal(probe_read(bench->probe, ap0, BASE, bytes, 64, PROBE_32, NULL), E_WAIT);
	assert_int_equal(bench->device.commands, 1);
	bench_free(bench);
}

static void faults_are_not_repeated(void **state)
{
	struct bench *bench = bench_new("V2J37");
	uint8_t bytes[64];

	(void)state;
	set_trouble(bench, 0x11, 0, 1, 0);
	assert_int_equal(probe_read(bench->probe, ap0, BASE, bytes, 64, PROBE_ANY, NULL), E_FAULT);
	assert_int_equal(bench->device.commands, 1);
	bench_free(bench);
}

static void interrupts_come_between_pieces(void **state)
{
	struct bench *bench = bench_new("V2J37");
	static uint8_t bytes[SIZE];
	atomic_bool flag = true;

	(void)state;
	probe_watch_interrupt(bench->probe, &flag);
	assert_true(probe_interrupted(bench->probe));
	assert_int_equal(probe_read(bench->probe, ap0, BASE, bytes, 6144, PROBE_ANY, NULL), OK);
	assert_int_equal(probe_read(bench->probe, ap0, BASE, bytes, 6148, PROBE_ANY, NULL),
			 E_INTERRUPTED);
	assert_int_equal(probe_write(bench->probe, ap0, BASE, bytes, 6148, PROBE_ANY, NULL),
			 E_INTERRUPTED);
	probe_critical_begin(bench->probe);
	probe_critical_begin(bench->probe);
	probe_critical_end(bench->probe);
	assert_int_equal(probe_write(bench->probe, ap0, BASE, bytes, SIZE, PROBE_ANY, NULL), OK);
	probe_critical_end(bench->probe);
	assert_true(probe_interrupted(bench->probe));
	probe_watch_interrupt(bench->probe, NULL);
	assert_false(probe_interrupted(bench->probe));
	bench_free(bench);
}

/* A mix: every third op reads what the one before it wrote. */
static void fill_ops(struct probe_op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ops[i].kind = i % 3 == 2 ? PROBE_OP_READ : PROBE_OP_WRITE;
		ops[i].address = BASE + 4 * (uint32_t)(i % 3 == 2 ? i - 1 : i);
		ops[i].value = (uint32_t)i * 0x01010101;
		ops[i].result = 1;
	}
}

static void batches_do_what_single_accesses_do(void **state)
{
	static const char *const versions[] = { "V2J37", "V2J13", "V3J7" };
	static struct probe_op ops[1500];

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct bench *bench = bench_new(versions[v]);

		for (size_t n = 0; n < ARRAY_SIZE(ops); n = n * 3 / 2 + 1) {
			fill_ops(ops, n);
			assert_int_equal(probe_batch(bench->probe, ap0, ops, n), OK);
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(ops[i].result, OK);
				if (ops[i].kind == PROBE_OP_READ)
					assert_int_equal(ops[i].value, ops[i - 1].value);
				else
					assert_int_equal(get_u32(bench->device.memory + 4 * i),
							 ops[i].value);
			}
		}
		bench_free(bench);
	}
}

static unsigned batch_cost(struct bench *bench, size_t n, int kind)
{
	static struct probe_op ops[200];

	for (size_t i = 0; i < n; i++)
		ops[i] = (struct probe_op){ kind, BASE, 0, 0 };
	count(bench);
	assert_int_equal(probe_batch(bench->probe, ap0, ops, n), OK);
	return count(bench);
}

static void batches_are_cheap(void **state)
{
	struct bench *v2 = bench_new("V2J37"), *v3 = bench_new("V3J7");

	(void)state;
	assert_int_equal(batch_cost(v2, 0, PROBE_OP_READ), 0);
	assert_int_equal(batch_cost(v2, 1, PROBE_OP_READ), 1);
	assert_int_equal(batch_cost(v2, 2, PROBE_OP_WRITE), 2);
	assert_int_equal(batch_cost(v2, 32, PROBE_OP_WRITE), 2);
	assert_int_equal(batch_cost(v2, 33, PROBE_OP_WRITE), 4);
	assert_int_equal(batch_cost(v2, 64, PROBE_OP_READ), 2);
	assert_int_equal(batch_cost(v2, 65, PROBE_OP_READ), 4);
	assert_int_equal(batch_cost(v3, 200, PROBE_OP_WRITE), 2);
	bench_free(v2);
	bench_free(v3);
}

static void batches_name_other_ports_until_the_end(void **state)
{
	struct bench *bench = bench_new("V2J37");
	struct probe_op ops[3] = {
		{ PROBE_OP_READ, BASE, 0, 0 }, { PROBE_OP_READ, BASE, 0, 0 },
		{ PROBE_OP_READ, BASE, 0, 0 },
	};

	(void)state;
	probe_batch(bench->probe, ap0, ops, 3);
	assert_int_equal(bench->device.batch_aps, 0);
	probe_batch(bench->probe, ap1, ops, 3);
	probe_batch(bench->probe, ap0, ops, 3);
	assert_int_equal(bench->device.batch_aps, 0x21);
	assert_int_equal(ops[2].value, get_u32(bench->device.memory));
	bench_free(bench);
}

static void batches_tell_which_op_failed(void **state)
{
	static const char *const versions[] = { "V2J37", "V2J13" };
	struct probe_op ops[100];

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct bench *bench = bench_new(versions[v]);

		fill_ops(ops, 100);
		ops[40].address = 0x90000000;
		assert_int_equal(probe_batch(bench->probe, ap0, ops, 100), E_FAULT);
		assert_int_equal(ops[39].result, OK);
		assert_int_equal(ops[40].result, E_FAULT);
		assert_int_equal(ops[99].result, E_INTERRUPTED);
		bench_free(bench);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_every_alignment_and_length),
		cmocka_unit_test(exact_widths_are_exact),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(spends_few_exchanges),
		cmocka_unit_test(names_the_faulting_address),
		cmocka_unit_test(waits_in_memory_are_waited_out),
		cmocka_unit_test(peripherals_are_never_accessed_twice),
		cmocka_unit_test(faults_are_not_repeated),
		cmocka_unit_test(interrupts_come_between_pieces),
		cmocka_unit_test(batches_do_what_single_accesses_do),
		cmocka_unit_test(batches_are_cheap),
		cmocka_unit_test(batches_name_other_ports_until_the_end),
		cmocka_unit_test(batches_tell_which_op_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
