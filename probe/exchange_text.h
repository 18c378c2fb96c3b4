/* SPDX-License-Identifier: MIT
 *
 * An exchange as a line for people who look for what went wrong.
 */
#ifndef PROBE_EXCHANGE_TEXT_H
#define PROBE_EXCHANGE_TEXT_H

#include <stddef.h>

struct link_record;

/* "12.003456 s +210 us  read memory, 32 bit  f2 07 00 00 00 20 00 01  256 in": time, command, lengths, status, error.
 * Nothing that was read from or written to the target's memory and registers is in it. Pure. */
void exchange_text(const struct link_record *record, char *text, size_t size);

#endif
