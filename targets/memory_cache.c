/* SPDX-License-Identifier: MIT
 *
 * A direct-mapped cache of flash lines and one read-ahead of RAM.
 */
#include "targets/memory_cache.h"

#include <stdlib.h>
#include <string.h>

enum { LINES = 128 };

struct memory_cache {
	bool on;
	uint8_t *bytes;			/* LINES * MEMORY_LINE, or NULL until first used */
	bool valid[LINES];
	uint32_t address[LINES];
	struct {
		uint32_t address, length;	/* length 0 = none */
		uint64_t read_us;
		uint8_t data[MEMORY_AHEAD];
	} ahead;
};

struct memory_cache *memory_cache_new(void)
{
	struct memory_cache *cache = calloc(1, sizeof(*cache));

	if (cache)
		cache->on = true;
	return cache;
}

void memory_cache_free(struct memory_cache *cache)
{
	if (!cache)
		return;
	free(cache->bytes);
	free(cache);
}

void memory_cache_set(struct memory_cache *cache, bool on)
{
	memory_cache_forget(cache);
	cache->on = on;
}

bool memory_cache_is_on(const struct memory_cache *cache)
{
	return cache && cache->on;
}

static unsigned slot_of(uint32_t address)
{
	return address / MEMORY_LINE % LINES;
}

const uint8_t *memory_cache_find(const struct memory_cache *cache, uint32_t address)
{
	unsigned slot = slot_of(address);

	if (!cache->valid[slot] || cache->address[slot] != address)
		return NULL;
	return cache->bytes + slot * MEMORY_LINE;
}

void memory_cache_keep(struct memory_cache *cache, uint32_t address, const uint8_t *line)
{
	unsigned slot = slot_of(address);

	if (!cache->bytes)
		cache->bytes = malloc(LINES * MEMORY_LINE);
	if (!cache->bytes || !cache->on)
		return;
	memcpy(cache->bytes + slot * MEMORY_LINE, line, MEMORY_LINE);
	cache->address[slot] = address;
	cache->valid[slot] = true;
}

const uint8_t *memory_cache_find_ahead(const struct memory_cache *cache, uint32_t address,
				       uint32_t length, uint64_t now_us)
{
	uint32_t offset = address - cache->ahead.address;

	if (now_us - cache->ahead.read_us > MEMORY_AHEAD_US || offset >= cache->ahead.length ||
	    length > cache->ahead.length - offset)
		return NULL;
	return cache->ahead.data + offset;
}

void memory_cache_keep_ahead(struct memory_cache *cache, uint32_t address, const uint8_t *data,
			     uint32_t length, uint64_t now_us)
{
	if (!cache->on || length > MEMORY_AHEAD)
		return;
	memcpy(cache->ahead.data, data, length);
	cache->ahead.address = address;
	cache->ahead.length = length;
	cache->ahead.read_us = now_us;
}

void memory_cache_forget(struct memory_cache *cache)
{
	memset(cache->valid, 0, sizeof(cache->valid));
	memory_cache_forget_ahead(cache);
}

void memory_cache_forget_ahead(struct memory_cache *cache)
{
	cache->ahead.length = 0;
}
