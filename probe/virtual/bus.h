/* SPDX-License-Identifier: MIT
 *
 * The bus of a virtual chip: memories and devices at addresses, reached by the CPU and by the debug
 * port. A memory may have hooks in front of it (flash: reads stall or fault, writes program).
 */
#ifndef PROBE_VIRTUAL_BUS_H
#define PROBE_VIRTUAL_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bus_master { BUS_CPU, BUS_DEBUG };

enum bus_result {
	BUS_OK = 0,
	BUS_FAULT,	/* error response: FAULT on SWD, BusFault in the core */
	BUS_STALL,	/* not ready (debug port: WAIT); the core is stalled instead of told */
};

/* Registers: width is 1, 2 or 4 bytes, offset from base, naturally aligned. */
struct bus_device {
	const char *name;
	uint32_t base, size;
	void *context;
	enum bus_result (*read)(void *context, uint32_t offset, unsigned width, uint32_t *value,
				enum bus_master master);
	enum bus_result (*write)(void *context, uint32_t offset, unsigned width, uint32_t value,
				 enum bus_master master);
};

/* Plain bytes. The CPU engine maps them directly; write and check are asked first where given. */
struct bus_memory {
	const char *name;
	uint32_t base, size;
	uint8_t *bytes;		/* owned by whoever adds it; aliases share them */
	bool writable;		/* plain writes land in bytes; else they go to write(), or fault */
	bool executable;
	void *context;
	/* Non-NULL: called for writes when !writable. */
	enum bus_result (*write)(void *context, uint32_t address, unsigned width, uint32_t value,
				 enum bus_master master);
	/* Non-NULL: called before reads (and instruction fetches by the CPU, width 0). */
	enum bus_result (*check)(void *context, uint32_t address, unsigned width,
				 enum bus_master master);
	/* Non-NULL: to the CPU check() has something to say only while this is true (flash busy,
	 * protected). Debug reads are always checked. */
	const bool *check_while;
};

enum { BUS_DEVICES_MAX = 96, BUS_MEMORIES_MAX = 32 };

struct bus {
	struct bus_device devices[BUS_DEVICES_MAX];
	size_t device_count;
	struct bus_memory memories[BUS_MEMORIES_MAX];
	size_t memory_count;
	/* The CPU engine asks to hear of writes that it did not make itself (translated code):
	 * every plain write that comes through bus_write, and every bus_changed. */
	void (*wrote)(void *context, uint32_t address, uint32_t length);
	void *wrote_context;
	const char *clash;	/* the first row that overlapped another; NULL = none */
	unsigned generation;	/* raised when the list of memories changes (remap) */
};

/* Adds a row (copied). A row that overlaps another is not added, and its name is left in clash:
 * chip files come from users. */
void bus_add_device(struct bus *bus, const struct bus_device *device);
void bus_add_memory(struct bus *bus, const struct bus_memory *memory);
/* Exchanges the bytes and rights of the memory at base (remap of address 0). */
void bus_replace_memory(struct bus *bus, uint32_t base, const struct bus_memory *memory);

/* One access, naturally aligned, width 1, 2 or 4. Nothing there = BUS_FAULT. */
enum bus_result bus_read(struct bus *bus, uint32_t address, unsigned width, uint32_t *value,
			 enum bus_master master);
enum bus_result bus_write(struct bus *bus, uint32_t address, unsigned width, uint32_t value,
			  enum bus_master master);
/* Contents changed behind the CPU's back (flash erase and program, image load); told for every
 * address that shows the bytes. */
void bus_changed(struct bus *bus, uint32_t address, uint32_t length);

/* The memory or device that holds address, or NULL; valid until a row is added. */
struct bus_memory *bus_memory_at(struct bus *bus, uint32_t address);
struct bus_device *bus_device_at(struct bus *bus, uint32_t address);
/* The start of the next row above address, or 2^32: what lies between is a hole. */
uint64_t bus_next_base(const struct bus *bus, uint64_t address);

#endif
