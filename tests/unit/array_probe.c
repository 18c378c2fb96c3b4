/* SPDX-License-Identifier: MIT
 *
 * The commands of the array's ST-LINK. Reading and writing is done by one function; the rest checks
 * what a host may send.
 */
#include "tests/unit/array_probe.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reply(struct link_exchange *x, const void *bytes, size_t length)
{
	assert_true(length <= x->in_length);
	memcpy(x->in, bytes, length);
	x->in_got = length;
}

static bool in_trouble(struct array_device *device, uint32_t address)
{
	if (!device->times)
		return false;
	device->times--;
	device->status = device->trouble;
	device->fault = device->trouble_at ? device->trouble_at : address;
	return true;
}

/* Moves what is there; the first address that is not there is the fault. */
static void move(struct array_device *device, uint32_t address, uint8_t *in, const uint8_t *out,
		 uint32_t length)
{
	device->status = 0x80;
	device->fault = 0;
	if (in_trouble(device, address))
		return;
	for (uint32_t i = 0; i < length; i++) {
		uint32_t at = address + i;

		if (at >> 20 == 0xE00)
			continue;
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

static void memory_command(struct array_device *device, struct link_exchange *x, unsigned unit,
			   bool write)
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

static void register_command(struct array_device *device, struct link_exchange *x, bool write)
{
	uint8_t bytes[8] = { 0 };

	device->units |= 4;
	device->commands++;
	move(device, get_u32(x->command + 2), write ? NULL : bytes + 4, x->command + 6, 4);
	bytes[0] = device->status;
	reply(x, bytes, write ? 2 : 8);
}

static void batch_out(struct array_device *device, struct link_exchange *x)
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
	struct array_device *device = fake->context;
	uint8_t version[6] = { 0, 0, 0x83, 0x04, 0x48, 0x37 };
	uint8_t status[12] = { device->status };

	put_u32(status + 4, device->fault);
	switch (x->command[0] << 8 | x->command[1]) {
	case 0xF100:
		memcpy(version, device->version, 2);
		reply(x, version, sizeof(version));
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

struct array_probe *array_probe_new(const char *version)
{
	struct array_probe *array = calloc(1, sizeof(*array));
	bool v3 = !strcmp(version, "V3J7"), old = !strcmp(version, "V2J13");

	assert_non_null(array);
	fake_link_init(&array->fake, NULL);
	array->fake.device = device_exchange;
	array->fake.context = &array->device;
	memcpy(array->device.version, v3 ? "\x30\0" : old ? "\x23\x40" : "\x29\x47", 2);
	array->device.mem8_max = v3 ? 512 : 64;
	for (uint32_t i = 0; i < SIZE; i++)
		array->device.memory[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(probe_open(&array->probe, &array->fake.base, NULL), OK);
	array->exchanges = array->fake.base.exchanges;
	return array;
}

void array_probe_free(struct array_probe *array)
{
	probe_close(array->probe);
	free(array);
}

unsigned array_probe_count(struct array_probe *array)
{
	uint64_t before = array->exchanges;

	array->exchanges = array->fake.base.exchanges;
	return (unsigned)(array->exchanges - before);
}

void array_probe_trouble(struct array_probe *array, uint8_t status, unsigned times, uint32_t at)
{
	array->device.trouble = status;
	array->device.times = times;
	array->device.trouble_at = at;
	array->device.commands = 0;
}
