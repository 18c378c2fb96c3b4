/* SPDX-License-Identifier: MIT
 *
 * RTT's control block: 16 bytes of id, the numbers of up and down buffers, then 24 bytes for each buffer:
 * name, data, size, write offset, read offset, flags (SEGGER RTT, "Implementation"). The firmware moves one
 * offset of a buffer and we the other, so nobody has to stop.
 */
#include "server/trace/rtt.h"

#include "server/jobs.h"
#include "server/memory_map.h"
#include "server/session/session.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <string.h>

enum {
	HEADER = 24, ROW = 24, ROW_WRITE = 12, ROW_READ = 16,
	SEARCH_CHUNK = 2048, TRANSFER_MAX = 2048, BUFFERS_MAX = 64, BUFFER_SIZE_MAX = 1 << 20,
	PERIOD_US = 10 * 1000, FLUSH_TRANSFERS = 8,
};

void rtt_init(struct rtt *rtt)
{
	*rtt = (struct rtt){ .id = "SEGGER RTT", .period_us = PERIOD_US };
}

static void forget(struct rtt *rtt)
{
	rtt->block = rtt->searched = rtt->bad = 0;
	rtt->up_count = rtt->down_count = 0;
}

void rtt_set_up(struct engine *engine, uint32_t base, uint32_t size, const char *id)
{
	struct rtt *rtt = &engine->rtt;

	forget(rtt);
	rtt->search_base = base;
	rtt->search_size = size;
	memset(rtt->id, 0, sizeof(rtt->id));
	memcpy(rtt->id, id ? id : "SEGGER RTT", strnlen(id ? id : "SEGGER RTT", RTT_ID_SIZE));
}

void rtt_turn(struct engine *engine, bool on)
{
	engine->rtt.on = on;
	forget(&engine->rtt);
	memset(engine->rtt.input_length, 0, sizeof(engine->rtt.input_length));
}

void rtt_was_reset(struct engine *engine)
{
	forget(&engine->rtt);
}

static struct core *core_of(struct engine *engine)
{
	return engine->sessions[0].core;
}

static bool read_target(struct engine *engine, uint32_t address, void *data, uint32_t length)
{
	uint32_t done = 0;

	return memory_read(core_of(engine), address, data, length, &done) == OK && done == length;
}

/* ---- finding the control block ---- */

/* Without `rtt setup`: the first RAM. */
static void choose_place(struct engine *engine)
{
	const struct chip *chip = &engine->board.chip;
	struct rtt *rtt = &engine->rtt;

	for (size_t i = 0; i < chip->region_count && !rtt->search_size; i++) {
		if (chip->regions[i].kind != CHIP_RAM)
			continue;
		rtt->search_base = chip->regions[i].base;
		rtt->search_size = chip->regions[i].size;
	}
}

/* The block starts at a word. Numbers that are too large: it is not that, or not yet ready. */
static bool take_block(struct engine *engine, uint32_t address)
{
	struct rtt *rtt = &engine->rtt;
	uint8_t header[HEADER];
	uint32_t up, down;

	if (!read_target(engine, address, header, HEADER))
		return false;
	up = get_u32(header + RTT_ID_SIZE);
	down = get_u32(header + RTT_ID_SIZE + 4);
	if (memcmp(header, rtt->id, RTT_ID_SIZE) || !up || up > BUFFERS_MAX || down > BUFFERS_MAX)
		return false;
	rtt->block = address;
	rtt->up_count = up;
	rtt->down_count = down;
	log_line(LOG_INFO, "RTT: control block at 0x%08x, %u buffers up, %u down", address, up, down);
	return true;
}

/* One chunk, which overlaps the next one by an id. */
static void search(struct engine *engine, uint32_t chunk)
{
	struct rtt *rtt = &engine->rtt;
	uint8_t data[SEARCH_CHUNK];
	uint32_t at = rtt->search_base + rtt->searched;
	uint32_t length = min_u32(chunk, rtt->search_size - rtt->searched);

	if (length >= RTT_ID_SIZE && read_target(engine, at, data, length))
		for (uint32_t i = (0 - at) & 3; i + RTT_ID_SIZE <= length; i += 4)
			if (!memcmp(data + i, rtt->id, RTT_ID_SIZE) && take_block(engine, at + i))
				return;
	rtt->searched += length > RTT_ID_SIZE ? length - RTT_ID_SIZE + 4 : length;
	if (rtt->searched + RTT_ID_SIZE > rtt->search_size)
		rtt->searched = 0;	/* from the beginning: the firmware may not be that far yet */
}

int rtt_find(struct engine *engine, struct why *why)
{
	struct rtt *rtt = &engine->rtt;

	choose_place(engine);
	rtt->searched = 0;
	do
		search(engine, SEARCH_CHUNK);
	while (!rtt->block && rtt->searched);
	if (rtt->block)
		return OK;
	return explain(why, E_ARGUMENT, "No RTT control block at 0x%08x to 0x%08x yet; it is looked for "
		       "while the program runs.", rtt->search_base, rtt->search_base + rtt->search_size - 1);
}

/* ---- buffers ---- */

static uint32_t row_of(const struct rtt *rtt, bool up, unsigned i)
{
	return rtt->block + HEADER + ROW * ((up ? 0 : rtt->up_count) + i);
}

static int read_row(struct engine *engine, bool up, unsigned i, struct rtt_buffer *buffer)
{
	uint8_t row[ROW];

	if (!read_target(engine, row_of(&engine->rtt, up, i), row, ROW))
		return E_FAULT;
	*buffer = (struct rtt_buffer){
		.name = get_u32(row), .data = get_u32(row + 4), .size = get_u32(row + 8),
		.write = get_u32(row + ROW_WRITE), .read = get_u32(row + ROW_READ), .flags = get_u32(row + 20),
	};
	return OK;
}

int rtt_describe(struct engine *engine, bool up, unsigned i, struct rtt_buffer *buffer)
{
	uint32_t done = 0;
	int err = read_row(engine, up, i, buffer);

	if (!err && memory_read(core_of(engine), buffer->name, buffer->text, RTT_NAME - 1, &done) < 0)
		done = 0;
	buffer->text[err ? 0 : done] = '\0';
	return err;
}

static bool makes_sense(const struct rtt_buffer *buffer)
{
	return buffer->size && buffer->size <= BUFFER_SIZE_MAX && buffer->write < buffer->size &&
	       buffer->read < buffer->size && memory_map_is_plain(buffer->data, buffer->size);
}

/* False when there is no such buffer, or one whose numbers are not (yet) those of one; told once. */
static bool get_buffer(struct engine *engine, bool up, unsigned channel, struct rtt_buffer *buffer)
{
	struct rtt *rtt = &engine->rtt;

	if (channel >= (up ? rtt->up_count : rtt->down_count) || read_row(engine, up, channel, buffer))
		return false;
	if (makes_sense(buffer)) {
		rtt->bad &= ~(1u << channel);
		return true;
	}
	if (buffer->size && !(rtt->bad >> channel & 1))
		log_line(LOG_WARN, "RTT: buffer %u makes no sense: %u bytes at 0x%08x, offsets %u and %u",
			 channel, buffer->size, buffer->data, buffer->write, buffer->read);
	rtt->bad |= 1u << channel;
	return false;
}

static void write_offset(struct engine *engine, bool up, unsigned channel, uint32_t at, uint32_t value)
{
	uint8_t raw[4];

	put_u32(raw, value);
	memory_write(core_of(engine), row_of(&engine->rtt, up, channel) + at, raw, sizeof(raw), NULL);
}

/* Firmware to host: at most `most` bytes. False when there is no more. */
static bool fetch(struct engine *engine, unsigned channel, uint32_t most)
{
	struct rtt_buffer buffer;
	uint8_t data[TRANSFER_MAX];
	uint32_t length;

	if (!get_buffer(engine, true, channel, &buffer))
		return false;
	length = buffer.write >= buffer.read ? buffer.write - buffer.read : buffer.size - buffer.read;
	length = min_u32(length, min_u32(most, sizeof(data)));
	if (!length || !read_target(engine, buffer.data + buffer.read, data, length))
		return false;
	write_offset(engine, true, channel, ROW_READ, (buffer.read + length) % buffer.size);
	engine->rtt.bytes_up += length;
	engine_output(engine, OUTPUT_RTT, channel, data, length);
	return true;
}

/* Host to firmware: as much as fits in one piece; one byte stays free. */
static void feed(struct engine *engine, unsigned channel)
{
	struct rtt *rtt = &engine->rtt;
	struct rtt_buffer buffer;
	uint32_t room, length;

	if (!rtt->input_length[channel] || !get_buffer(engine, false, channel, &buffer))
		return;
	room = (buffer.read + buffer.size - buffer.write - 1) % buffer.size;
	length = min_u32(min_u32(room, buffer.size - buffer.write), (uint32_t)rtt->input_length[channel]);
	if (!length || memory_write(core_of(engine), buffer.data + buffer.write, rtt->input[channel], length,
				    NULL) < 0)
		return;
	write_offset(engine, false, channel, ROW_WRITE, (buffer.write + length) % buffer.size);
	rtt->bytes_down += length;
	rtt->input_length[channel] -= length;
	memmove(rtt->input[channel], rtt->input[channel] + length, rtt->input_length[channel]);
}

void rtt_input(struct engine *engine, unsigned channel, const void *data, size_t length)
{
	struct rtt *rtt = &engine->rtt;
	size_t room;

	if (channel >= RTT_CHANNELS)
		return;
	room = RTT_INPUT - rtt->input_length[channel];
	if (length > room)
		log_line(LOG_WARN, "RTT: %zu bytes for channel %u are lost: the firmware does not read",
			 length - room, channel);
	length = length < room ? length : room;
	memcpy(rtt->input[channel] + rtt->input_length[channel], data, length);
	rtt->input_length[channel] += length;
}

void rtt_lose_port(struct engine *engine, unsigned channel, const void *reason, size_t length)
{
	engine->rtt.ports[channel] = 0;
	session_note(&engine->sessions[0], "RTT channel %u: %.*s", channel, (int)length, (const char *)reason);
	session_tell_notes(&engine->sessions[0]);
}

/* ---- when ---- */

static bool is_used(const struct engine *engine)
{
	return engine->rtt.on && engine->board.attached;
}

bool rtt_wants_poll(const struct session *session)
{
	return session == &session->engine->sessions[0] && session->run == RUN_RUNNING &&
	       is_used(session->engine);
}

uint32_t rtt_period_us(const struct session *session)
{
	return session->engine->rtt.period_us;
}

void rtt_poll(struct session *session)
{
	struct engine *engine = session->engine;
	uint32_t most = min_u32(jobs_transfer_max(engine), TRANSFER_MAX);

	choose_place(engine);
	if (!engine->rtt.block) {
		search(engine, most);
		return;
	}
	for (unsigned channel = 0; channel < RTT_CHANNELS; channel++) {
		if (engine->rtt.ports[channel])
			fetch(engine, channel, most);
		feed(engine, channel);
	}
}

void rtt_flush(struct engine *engine)
{
	if (!is_used(engine) || !engine->rtt.block)
		return;
	for (unsigned channel = 0; channel < RTT_CHANNELS; channel++)
		for (unsigned i = 0; i < FLUSH_TRANSFERS && engine->rtt.ports[channel]; i++)
			if (!fetch(engine, channel, TRANSFER_MAX))
				break;
}
