/* SPDX-License-Identifier: MIT
 *
 * What was read from the target and is still true: lines of flash while the core is halted, and one
 * short-lived read-ahead of RAM. Pure: knows neither probe nor clock.
 */
#ifndef TARGETS_MEMORY_CACHE_H
#define TARGETS_MEMORY_CACHE_H

#include <stdbool.h>
#include <stdint.h>

enum { MEMORY_LINE = 512, MEMORY_AHEAD = 256, MEMORY_AHEAD_US = 100000 };

struct memory_cache;

/* NULL when the host is out of memory. The lines (64 KiB) are taken when first used. */
struct memory_cache *memory_cache_new(void);
void memory_cache_free(struct memory_cache *cache);

/* Off: nothing is found and nothing is kept. On by default. */
void memory_cache_set(struct memory_cache *cache, bool on);
bool memory_cache_is_on(const struct memory_cache *cache);

/* The line that starts at address (a multiple of MEMORY_LINE), or NULL. */
const uint8_t *memory_cache_find(const struct memory_cache *cache, uint32_t address);
/* Keeps a line (copied). */
void memory_cache_keep(struct memory_cache *cache, uint32_t address, const uint8_t *line);

/* The bytes at [address, address + length) if they were read at most MEMORY_AHEAD_US ago, or NULL. */
const uint8_t *memory_cache_find_ahead(const struct memory_cache *cache, uint32_t address,
				       uint32_t length, uint64_t now_us);
/* Keeps at most MEMORY_AHEAD bytes (copied). */
void memory_cache_keep_ahead(struct memory_cache *cache, uint32_t address, const uint8_t *data,
			     uint32_t length, uint64_t now_us);

void memory_cache_forget(struct memory_cache *cache);
void memory_cache_forget_ahead(struct memory_cache *cache);

#endif
