/* SPDX-License-Identifier: MIT
 *
 * Any packets into the whole engine on a virtual chip. The input is split at newlines; a packet is
 * sent by the client that its first byte names. Every packet gets exactly one answer, now or at a stop.
 */
#include "server/engine.h"

#include "targets/chip.h"

#include "probe/log.h"
#include "probe/virtual/spec.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bench {
	struct engine *engine;
	struct engine_flags flags;
	unsigned outputs;	/* that answer the packet in work */
	bool closed;
};

static void drop_line(void *context, enum log_channel channel, const char *line)
{
	(void)context;
	(void)channel;
	(void)line;
}

static void collect(void *context, const struct output *output)
{
	struct bench *bench = context;

	if (output->kind == OUTPUT_PACKET || output->kind == OUTPUT_RESUMED ||
	    output->kind == OUTPUT_NO_ANSWER)
		bench->outputs++;
	if (output->kind == OUTPUT_EXIT)
		bench->closed = true;
	if (output->kind == OUTPUT_PACKET && output->length >= PACKET_SIZE)
		abort();
}

/* The chip's facts are read once. */
static const struct virtual_spec *board(struct board_options *options)
{
	static struct virtual_spec spec;
	static struct chip_library *chips;
	static struct chip chip;
	struct why why;

	if (!chips) {
		log_to(drop_line, NULL);
		if (chip_library_open(&chips, NULL, &why) ||
		    chip_find_part(&chip, chips, "STM32F407VG", &why))
			abort();
		chip_virtual_spec(&chip, "STM32F407VG", &spec);
	}
	options->chips = chips;
	return &spec;
}

static void start(struct bench *bench)
{
	struct engine_options options = { .on_exit = ON_EXIT_RUN };
	const struct virtual_spec *spec = board(&options.board);
	struct probe *probe;
	struct link *link;
	struct why why;

	memset(bench, 0, sizeof(*bench));
	if (virtual_link_open(&link, spec, &why) || probe_open(&probe, link, &why))
		abort();
	bench->engine = engine_new(probe, &options, &bench->flags, collect, bench);
}

static void send(struct bench *bench, const uint8_t *data, size_t length)
{
	struct event event = { .kind = EVENT_PACKET, .data = data, .length = length };

	if (length) {
		event.client = *data % 3;
		event.data = data + 1;
		event.length = length - 1;
	}
	/* Monitor commands may wait, and write files: they have tests of their own. */
	if (event.length > 5 && !memcmp(event.data, "qRcmd", 5))
		return;
	bench->outputs = 0;
	engine_handle(bench->engine, &event);
	if (bench->outputs != 1)
		abort();
	if (engine_next_due_us(bench->engine) != UINT64_MAX)
		engine_run_due(bench->engine);
	event.kind = EVENT_BREAK;
	engine_handle(bench->engine, &event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench bench;

	if (size > 2048)
		return 0;
	start(&bench);
	while (size && !bench.closed) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;

		send(&bench, data, length);
		data += length + (end != NULL);
		size -= length + (end != NULL);
	}
	engine_free(bench.engine);
	return 0;
}
