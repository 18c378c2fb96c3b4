/* SPDX-License-Identifier: MIT
 *
 * The ground of all engine tests: an engine on a virtual probe and chip, in process, without sockets
 * or threads. Packets go in as payloads, outputs are collected, time passes when a test says so.
 * Everything here fails the test (cmocka) instead of returning errors.
 */
#ifndef TESTS_ENGINE_HARNESS_H
#define TESTS_ENGINE_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/virtual/machine.h"
#include "probe/virtual/spec.h"
#include "server/engine.h"
#include "server/trace/rtt.h"

/* What one client has been sent. */
struct harness_client {
	char answer[2 * PACKET_SIZE];	/* the last OUTPUT_PACKET, NUL-terminated */
	size_t answer_length;
	unsigned answers;		/* packets so far */
	unsigned resumed, no_answer, closed;	/* how often each was output */
	char console[16384];		/* text of the O packets so far, decoded */
	size_t console_length;
};

struct harness {
	struct virtual_spec spec;	/* may be changed between harness_init and harness_start */
	struct engine_options options;	/* likewise */
	struct chip_library *chips;
	struct link *link;
	struct machine *machine;
	struct probe *probe;		/* the engine's, for looking inside */
	struct engine *engine;
	struct engine_flags flags;
	struct harness_client clients[CLIENTS_MAX];
	unsigned grace_started, grace_stopped;
	char rtt[8192];			/* of all RTT channels so far */
	size_t rtt_length;
	int rtt_port[RTT_CHANNELS];	/* as the engine told the loop */
	uint8_t trace[16384];		/* raw SWO so far */
	size_t trace_length;
	bool exited;
	int exit_status;
};

/* Fills spec and options for that part ("STM32F407VG"); nothing is opened yet. */
struct harness *harness_init(const char *part);
/* Opens probe and engine. */
void harness_start(struct harness *h);
/* Both of the above. */
struct harness *harness_new(const char *part);
void harness_free(struct harness *h);

/* Puts bytes into the chip's memory behind everybody's back (flash too); needs harness_start. */
void harness_poke(struct harness *h, uint32_t address, const void *data, size_t length);
/* Resets the chip from outside, so that it runs what was poked; before or after connecting. */
void harness_boot(struct harness *h);
void harness_peek(struct harness *h, uint32_t address, void *data, size_t length);
/* Puts the loadable segments of an ELF file (or a vector table with code) into flash; returns the
 * entry. False when the file does not exist. */
bool harness_poke_elf(struct harness *h, const char *path, uint32_t *entry);

/* Sends a payload (binary; framing and escapes removed, as the loop does). */
void harness_send(struct harness *h, unsigned client, const void *payload, size_t length);
/* Sends text and returns the answer that came at once; fails the test if none came. */
const char *harness_ask(struct harness *h, unsigned client, const char *payload);
/* Client 0 runs a monitor command; returns its console text only. */
const char *harness_monitor(struct harness *h, const char *command);
/* 0x03, as the loop reports it: the flag, then the event. */
void harness_break(struct harness *h, unsigned client);
void harness_close(struct harness *h, unsigned client);
void harness_event(struct harness *h, enum event_kind kind, unsigned client);

/* Runs due jobs until the client got another packet or limit_ms of virtual time are over. Returns the
 * packet, or NULL. */
const char *harness_wait(struct harness *h, unsigned client, uint32_t limit_ms);
/* Lets virtual time pass, running due jobs. */
void harness_run_ms(struct harness *h, uint32_t ms);

/* Connects as GDB does (qSupported, ..., ?) and leaves the target halted. */
void harness_connect_gdb(struct harness *h, unsigned client);
/* Resumes with "vCont;c" and waits for the stop reply. */
const char *harness_continue(struct harness *h, uint32_t limit_ms);
/* A register by GDB's number, through `p`. */
uint32_t harness_register(struct harness *h, unsigned number);
/* USB exchanges so far. */
uint64_t harness_exchanges(const struct harness *h);

#endif
