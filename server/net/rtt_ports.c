/* SPDX-License-Identifier: MIT
 *
 * A stream for each of RTT's channels that has a port.
 */
#include "server/net/rtt_ports.h"

#include "server/net/stream.h"

#include "probe/log.h"

#include <stdlib.h>

struct port {
	struct rtt_ports *all;
	unsigned channel;
	struct listener listener;
	struct stream *stream;		/* NULL = closed */
};

struct rtt_ports {
	struct ev_loop *loop;
	const char *bind;
	size_t (*received)(void *context, unsigned channel, const uint8_t *data, size_t length);
	void *context;
	struct port ports[RTT_CHANNELS];
};

static size_t on_received(void *context, const uint8_t *data, size_t length)
{
	const struct port *port = context;

	return port->all->received(port->all->context, port->channel, data, length);
}

static const struct stream_events events = { "RTT", on_received, NULL };

struct rtt_ports *rtt_ports_new(struct ev_loop *loop, const char *bind,
				size_t (*received)(void *context, unsigned channel, const uint8_t *data,
						   size_t length),
				void *context)
{
	struct rtt_ports *ports = calloc(1, sizeof(*ports));

	if (!ports)
		return NULL;
	ports->loop = loop;
	ports->bind = bind;
	ports->received = received;
	ports->context = context;
	for (unsigned i = 0; i < RTT_CHANNELS; i++)
		ports->ports[i] = (struct port){ .all = ports, .channel = i };
	return ports;
}

static void close_port(struct port *port)
{
	if (!port->stream)
		return;
	stream_free(port->stream);
	listener_close(&port->listener);
	port->stream = NULL;
}

void rtt_ports_free(struct rtt_ports *ports)
{
	for (unsigned i = 0; ports && i < RTT_CHANNELS; i++)
		close_port(&ports->ports[i]);
	free(ports);
}

int rtt_ports_set(struct rtt_ports *ports, unsigned channel, unsigned number, struct why *why)
{
	struct port *port = &ports->ports[channel];
	bool in_use;
	int err;

	close_port(port);
	if (!number)
		return OK;
	err = listener_open(&port->listener, ports->bind, number, &in_use, why);
	if (err)
		return err;
	port->stream = stream_new(ports->loop, &port->listener, &events, port);
	log_line(LOG_INFO, "RTT channel %u: port %u", channel, number);
	return OK;
}

void rtt_ports_send(struct rtt_ports *ports, unsigned channel, const void *data, size_t length)
{
	stream_send(ports->ports[channel].stream, data, length);
}

void rtt_ports_resume(struct rtt_ports *ports)
{
	for (unsigned i = 0; i < RTT_CHANNELS; i++)
		if (ports->ports[i].stream)
			stream_resume(ports->ports[i].stream);
}
