/* SPDX-License-Identifier: MIT
 *
 * An engine on a virtual probe, driven by a test: see harness.h.
 */
#include "tests/engine/harness.h"

#include "targets/chip.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <fcntl.h>
#include <gelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* TETHER_TEST_LOG=gdb,session shows what happens; else tests are silent. */
static void drop_line(void *context, enum log_channel channel, const char *line)
{
	(void)context;
	(void)channel;
	(void)line;
}

static void set_up_log(void)
{
	const char *channels = getenv("TETHER_TEST_LOG"), *bad;

	if (!channels)
		log_to(drop_line, NULL);
	else if (log_enable(channels, &bad))
		fail_msg("TETHER_TEST_LOG: no channel '%s'", bad);
}

struct harness *harness_init(const char *part)
{
	struct harness *h = calloc(1, sizeof(*h));
	struct chip *chip = calloc(1, sizeof(*chip));
	struct why why = { "" };

	set_up_log();
	assert_non_null(h);
	assert_non_null(chip);
	if (chip_library_open(&h->chips, NULL, &why) || chip_find_part(chip, h->chips, part, &why))
		fail_msg("%s", why.text);
	chip_virtual_spec(chip, part, &h->spec);
	free(chip);
	h->options.board.chips = h->chips;
	h->options.board.low_power_debug = true;
	return h;
}

static void add_console(struct harness_client *client, const struct output *output)
{
	assert_int_equal(output->data[0], 'O');
	for (size_t i = 1; i + 1 < output->length; i += 2) {
		char pair[3] = { (char)output->data[i], (char)output->data[i + 1], '\0' };

		if (client->console_length + 1 < sizeof(client->console))
			client->console[client->console_length++] = (char)strtoul(pair, NULL, 16);
	}
	client->console[client->console_length] = '\0';
}

static void add_answer(struct harness_client *client, const struct output *output)
{
	assert_true(output->length < sizeof(client->answer));
	if (output->length)
		memcpy(client->answer, output->data, output->length);
	client->answer[output->length] = '\0';
	client->answer_length = output->length;
	client->answers++;
}

static void add_trace(struct harness *h, const struct output *output)
{
	size_t room = sizeof(h->trace) - h->trace_length;
	size_t length = output->length < room ? output->length : room;

	memcpy(h->trace + h->trace_length, output->data, length);
	h->trace_length += length;
}

static void add_rtt(struct harness *h, const struct output *output)
{
	size_t room = sizeof(h->rtt) - 1 - h->rtt_length, length = output->length < room ? output->length : room;

	memcpy(h->rtt + h->rtt_length, output->data, length);
	h->rtt_length += length;
	h->rtt[h->rtt_length] = '\0';
}

static void collect(void *context, const struct output *output)
{
	struct harness *h = context;
	struct harness_client *client = &h->clients[output->client % CLIENTS_MAX];

	switch (output->kind) {
	case OUTPUT_PACKET: add_answer(client, output); break;
	case OUTPUT_NOTE: add_console(client, output); break;
	case OUTPUT_RESUMED: client->resumed++; break;
	case OUTPUT_NO_ANSWER: client->no_answer++; break;
	case OUTPUT_TRACE: add_trace(h, output); break;
	case OUTPUT_CLOSE: client->closed++; break;
	case OUTPUT_CONTROLS: break;
	case OUTPUT_START_GRACE: h->grace_started++; break;
	case OUTPUT_STOP_GRACE: h->grace_stopped++; break;
	case OUTPUT_CONSOLE: break;
	case OUTPUT_RTT: add_rtt(h, output); break;
	case OUTPUT_RTT_PORT: h->rtt_port[output->client % RTT_CHANNELS] = output->status; break;
	case OUTPUT_EXIT:
		h->exited = true;
		h->exit_status = output->status;
		break;
	}
}

void harness_start(struct harness *h)
{
	struct why why = { "" };

	if (virtual_link_open(&h->link, &h->spec, &why) || probe_open(&h->probe, h->link, &why))
		fail_msg("%s", why.text);
	h->machine = virtual_link_machine(h->link);
	h->engine = engine_new(h->probe, &h->options, &h->flags, collect, h);
	assert_non_null(h->engine);
}

struct harness *harness_new(const char *part)
{
	struct harness *h = harness_init(part);

	harness_start(h);
	return h;
}

void harness_free(struct harness *h)
{
	engine_free(h->engine);
	chip_library_close(h->chips);
	free(h);
}

static uint8_t *find_byte(struct harness *h, uint32_t address)
{
	struct bus_memory *memory = bus_memory_at(machine_bus(h->machine), address);

	if (!memory)
		fail_msg("no memory at 0x%08x", address);
	return memory->bytes + (address - memory->base);
}

void harness_poke(struct harness *h, uint32_t address, const void *data, size_t length)
{
	machine_poke(h->machine, address, data, (uint32_t)length);
}

void harness_peek(struct harness *h, uint32_t address, void *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((uint8_t *)data)[i] = *find_byte(h, address + (uint32_t)i);
}

void harness_boot(struct harness *h)
{
	machine_set_nrst(h->machine, false);
	machine_advance(h->machine, 1000000);
	machine_set_nrst(h->machine, true);
	machine_advance(h->machine, 1000000);
}

static void poke_segments(struct harness *h, Elf *elf, int fd)
{
	size_t count = 0;

	assert_int_equal(elf_getphdrnum(elf, &count), 0);
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;
		uint8_t *data;

		assert_non_null(gelf_getphdr(elf, (int)i, &segment));
		if (segment.p_type != PT_LOAD || !segment.p_filesz)
			continue;
		data = malloc(segment.p_filesz);
		assert_int_equal(pread(fd, data, segment.p_filesz, (off_t)segment.p_offset),
				 segment.p_filesz);
		harness_poke(h, (uint32_t)segment.p_paddr, data, segment.p_filesz);
		free(data);
	}
}

bool harness_poke_elf(struct harness *h, const char *path, uint32_t *entry)
{
	int fd = open(path, O_RDONLY);
	GElf_Ehdr header;
	Elf *elf;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(gelf_getehdr(elf, &header));
	poke_segments(h, elf, fd);
	if (entry)
		*entry = (uint32_t)header.e_entry;
	elf_end(elf);
	close(fd);
	return true;
}

void harness_event(struct harness *h, enum event_kind kind, unsigned client)
{
	struct event event = { .kind = kind, .client = client };

	engine_handle(h->engine, &event);
}

void harness_send(struct harness *h, unsigned client, const void *payload, size_t length)
{
	struct event event = { .kind = EVENT_PACKET, .client = client, .length = length,
			       .data = payload };

	engine_handle(h->engine, &event);
}

const char *harness_ask(struct harness *h, unsigned client, const char *payload)
{
	struct harness_client *c = &h->clients[client];
	unsigned before = c->answers;

	harness_send(h, client, payload, strlen(payload));
	if (c->answers != before + 1)
		fail_msg("'%s' got %u answers", payload, c->answers - before);
	return c->answer;
}

const char *harness_monitor(struct harness *h, const char *command)
{
	struct harness_client *c = &h->clients[0];
	char packet[2 * PACKET_SIZE] = "qRcmd,";
	size_t length = strlen(packet);

	for (const char *at = command; *at; at++)
		length += (size_t)snprintf(packet + length, sizeof(packet) - length, "%02x",
					   (uint8_t)*at);
	c->console_length = 0;
	c->console[0] = '\0';
	assert_string_equal(harness_ask(h, 0, packet), "OK");
	return c->console;
}

void harness_break(struct harness *h, unsigned client)
{
	atomic_store(&h->flags.interrupt[client], true);
	harness_event(h, EVENT_BREAK, client);
}

void harness_close(struct harness *h, unsigned client)
{
	atomic_store(&h->flags.interrupt[client], true);
	harness_event(h, EVENT_CLOSED, client);
}

const char *harness_wait(struct harness *h, unsigned client, uint32_t limit_ms)
{
	struct harness_client *c = &h->clients[client];
	uint64_t end = engine_now_us(h->engine) + limit_ms * UINT64_C(1000);
	unsigned before = c->answers;

	while (c->answers == before && engine_next_due_us(h->engine) <= end)
		engine_run_due(h->engine);
	return c->answers == before ? NULL : c->answer;
}

void harness_run_ms(struct harness *h, uint32_t ms)
{
	uint64_t end = engine_now_us(h->engine) + ms * UINT64_C(1000), now;

	while (engine_next_due_us(h->engine) <= end)
		engine_run_due(h->engine);
	now = engine_now_us(h->engine);
	if (now < end)
		link_wait_us(h->link, end - now);
}

void harness_connect_gdb(struct harness *h, unsigned client)
{
	harness_ask(h, client, "qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+");
	assert_string_equal(harness_ask(h, client, "vMustReplyEmpty"), "");
	assert_string_equal(harness_ask(h, client, "!"), "OK");
	assert_string_equal(harness_ask(h, client, "Hg0"), "OK");
	assert_memory_equal(harness_ask(h, client, "?"), "T05", 3);
}

const char *harness_continue(struct harness *h, uint32_t limit_ms)
{
	unsigned resumed = h->clients[0].resumed, answers = h->clients[0].answers;

	harness_send(h, 0, "vCont;c", 7);
	if (h->clients[0].answers != answers)
		return h->clients[0].answer;
	assert_int_equal(h->clients[0].resumed, resumed + 1);
	return harness_wait(h, 0, limit_ms);
}

uint32_t harness_register(struct harness *h, unsigned number)
{
	char packet[16];
	uint8_t bytes[4];
	const char *answer;

	snprintf(packet, sizeof(packet), "p%x", number);
	answer = harness_ask(h, 0, packet);
	for (unsigned i = 0; i < 4; i++) {
		char pair[3] = { answer[2 * i], answer[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return get_u32(bytes);
}

uint64_t harness_exchanges(const struct harness *h)
{
	return h->link->exchanges;
}
