/* SPDX-License-Identifier: MIT
 *
 * A virtual probe on the test bench: commands and replies written as hex, as in a recording.
 */
#ifndef TESTS_UNIT_BENCH_H
#define TESTS_UNIT_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "probe/link.h"
#include "probe/virtual/link_virtual.h"
#include "tests/unit/fake_machine.h"

struct bench {
	struct link *link;
	struct machine *machine;
};

/* Plugs in a probe of that firmware; fails the test when that does not work. */
void bench_open(struct bench *b, const char *firmware);
/* The same, out of DFU mode and after ENTER. */
void bench_enter(struct bench *b, const char *firmware);
void bench_close(struct bench *b);

/* Sends a command block and reads up to length bytes; returns link_do's result, *got bytes came. */
int bench_ask(struct bench *b, const char *command, void *reply, size_t length, size_t *got);
/* Sends a command block and expects exactly that reply; "" = asks for none. */
void bench_expect(struct bench *b, const char *command, const char *reply);
/* Sends a command block and expects a time-out although a reply is asked for. */
void bench_silent(struct bench *b, const char *command);
/* Sends a command block and a payload. */
void bench_send(struct bench *b, const char *command, const void *payload, size_t length);

/* Command blocks of memory commands: code, address, length; CSW and access port 0. */
int bench_read(struct bench *b, uint8_t code, uint32_t address, uint16_t length, void *data);
void bench_write(struct bench *b, uint8_t code, uint32_t address, uint16_t length, const void *data);
/* Asks 3E; returns the status, *fault may be NULL. */
uint8_t bench_status(struct bench *b, uint32_t *fault);
/* A register by 45 and 46; returns the status. */
uint8_t bench_dap_read(struct bench *b, uint16_t port, uint16_t address, uint32_t *value);
uint8_t bench_dap_write(struct bench *b, uint16_t port, uint16_t address, uint32_t value);

#endif
