/* SPDX-License-Identifier: MIT
 *
 * One client's side of the conversation: acknowledgements, repeats, keep-alives, and one packet at
 * a time for the engine. Lives on the loop's thread.
 */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

struct client;

struct client_events {
	/* A valid packet; data is borrowed for the call. The next one comes after
	 * client_packet_handled(). */
	void (*packet)(void *context, struct client *client, const uint8_t *data, size_t length);
	/* 0x03, and the client has spoken before; any number of times. */
	void (*interrupt)(void *context, struct client *client);
	/* The connection is over. Free the client, here or later; it sends and reads no more. */
	void (*closed)(void *context, struct client *client, const char *reason);
};

/* Takes over the descriptors. loop, events and context are kept. NULL when out of memory (the
 * descriptors are closed then). */
struct client *client_new(struct ev_loop *loop, unsigned number, int in_fd, int out_fd,
			  const struct client_events *events, void *context);
/* Closes without a word to closed(). NULL is allowed. */
void client_free(struct client *client);

unsigned client_number(const struct client *client);
/* True once a valid packet came: bare connects never speak. */
bool client_has_spoken(const struct client *client);

/* What the engine says about the packet in work; payloads are plain bytes. */
void client_answer(struct client *client, const uint8_t *payload, size_t length);
void client_note(struct client *client, const uint8_t *payload, size_t length);
void client_resumed(struct client *client);	/* the answer is a later stop: no keep-alive */
void client_no_answer(struct client *client);

/* The engine has handled the packet: it can have the next one. */
void client_packet_handled(struct client *client);

/* Closes when everything is sent. */
void client_finish(struct client *client);

#endif
