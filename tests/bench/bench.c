/* SPDX-License-Identifier: MIT
 *
 * What the engine costs, on the virtual STM32F407VG: USB exchanges and modelled time, beside the limits of the
 * model. Prints table rows; nothing here is a test. The rows with a real GDB are in bench.py.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/link.h"
#include "probe/log.h"

enum { IMAGE_SIZE = 512 * 1024, FLASH = 0x08000000, RAM = 0x20000000, WRITE_SIZE = 0x3F00 };

/* Limit of a load of 512 KiB at x32 (facts: timings, F405: 16K 250 ms, 64K 550 ms, 128K 1 s, word 16 us) */
static const double load_limit_s = 4 * 0.25 + 0.55 + 3 * 1.0 + IMAGE_SIZE / 4 * 16e-6;

struct mark {
	uint64_t exchanges, us;
};

static struct mark mark_now(struct harness *h)
{
	return (struct mark){ harness_exchanges(h), link_now_us(h->link) };
}

static void row(const char *probe, const char *what, struct harness *h, struct mark since,
		const char *limit)
{
	struct mark now = mark_now(h);

	printf("  %-10s %-44s %9" PRIu64 " %12.2f   %s\n", probe, what, now.exchanges - since.exchanges,
	       (double)(now.us - since.us) / 1000, limit);
}

static struct harness *start(const char *firmware)
{
	struct harness *h = harness_init("STM32F407VG");

	snprintf(h->spec.firmware, sizeof(h->spec.firmware), "%s", firmware);
	harness_start(h);
	return h;
}

/* A blank chip is locked up, which is a story that takes longer. */
static void bench_attach(const char *firmware, bool blank)
{
	struct harness *h = start(firmware);
	struct mark since = { 0, 0 };

	if (!blank)
		harness_poke(h, FLASH, program_loop, sizeof(program_loop));
	harness_boot(h);
	since.us = link_now_us(h->link);
	harness_connect_gdb(h, 0);
	row(firmware, blank ? "the same to a blank chip" : "attach incl. detection, halt, registers", h, since,
	    "aim 40 exchanges");
	harness_free(h);
}

static void send_image(struct harness *h, const uint8_t *image)
{
	static uint8_t packet[PACKET_SIZE + 32];

	snprintf((char *)packet, sizeof(packet), "vFlashErase:%08x,%08x", FLASH, IMAGE_SIZE);
	harness_ask(h, 0, (char *)packet);
	for (uint32_t at = 0; at < IMAGE_SIZE; at += WRITE_SIZE) {
		uint32_t length = min_u32(WRITE_SIZE, IMAGE_SIZE - at);
		int head = snprintf((char *)packet, sizeof(packet), "vFlashWrite:%x:", FLASH + at);

		memcpy(packet + head, image + at, length);
		harness_send(h, 0, packet, (size_t)head + length);
	}
	harness_ask(h, 0, "vFlashDone");
}

static void fill_random(uint8_t *image, uint32_t seed)
{
	for (size_t i = 0; i < IMAGE_SIZE; i++) {
		seed = seed * 1664525 + 1013904223;
		image[i] = (uint8_t)(seed >> 24);
	}
}

/* Over another image: nothing is blank, nothing matches. */
static void bench_load(const char *firmware)
{
	struct harness *h = start(firmware);
	uint8_t *image = malloc(IMAGE_SIZE);
	struct mark since;
	char limit[80];

	fill_random(image, 2);
	harness_poke(h, FLASH, image, IMAGE_SIZE);
	fill_random(image, 1);
	harness_connect_gdb(h, 0);
	since = mark_now(h);
	send_image(h, image);
	snprintf(limit, sizeof(limit), "limit %.2f s, ratio %.3f (aim 1.15)", load_limit_s,
		 (double)(link_now_us(h->link) - since.us) / 1e6 / load_limit_s);
	row(firmware, "load 512 KiB random, verified", h, since, limit);
	since = mark_now(h);
	send_image(h, image);
	row(firmware, "the same image again", h, since, "");
	image[300000] ^= 0x55;
	since = mark_now(h);
	send_image(h, image);
	row(firmware, "the same with one byte changed", h, since, "limit 1.52 s (one 128 KiB sector)");
	free(image);
	harness_free(h);
}

static void bench_read(const char *firmware, double word_us)
{
	struct harness *h = start(firmware);
	char limit[80], packet[32];
	struct mark since;

	harness_connect_gdb(h, 0);
	since = mark_now(h);
	for (uint32_t at = 0; at < 0x10000;) {	/* as GDB: half of PacketSize, and on from what came */
		snprintf(packet, sizeof(packet), "m%x,%x", RAM + at,
			 min_u32(PACKET_SIZE / 2, 0x10000 - at));
		at += (uint32_t)strlen(harness_ask(h, 0, packet)) / 2;
	}
	snprintf(limit, sizeof(limit), "%.1f %% of the wire (aim 95)",
		 16384 * word_us / (double)(link_now_us(h->link) - since.us) * 100);
	row(firmware, "read 64 KiB of RAM", h, since, limit);
	harness_free(h);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

struct notice {
	struct harness *h;
	uint64_t at_us;
};

/* The session says when it sees the halt; reading the registers for GDB comes after that. */
static void see_halt(void *context, enum log_channel channel, const char *line)
{
	struct notice *notice = context;

	if (channel == LOG_SESSION && strstr(line, "running -> halted (DHCSR)"))
		notice->at_us = link_now_us(notice->h->link);
}

static void print_median(const char *firmware, const char *what, uint64_t *us, size_t count,
			 const char *aim)
{
	qsort(us, count, sizeof(us[0]), compare_u64);
	printf("  %-10s %-44s %9s %12.2f   %s; slowest %.2f ms\n", firmware, what, "",
	       (double)us[count / 2] / 1000, aim, (double)us[count - 1] / 1000);
}

/* A loop of known length, then BKPT: the moment of the stop is known, the notice is measured. */
static void bench_notice(const char *firmware)
{
	enum { ROUNDS = 41 };
	static const uint16_t code[] = {
		0x3801,	/* subs r0, #1 */
		0xd1fd,	/* bne .-2 */
		0xbe00,	/* bkpt */
	};
	struct harness *h = start(firmware);
	struct notice notice = { .h = h };
	uint64_t noticed_us[ROUNDS], told_us[ROUNDS];
	const char *bad;

	harness_connect_gdb(h, 0);
	log_to(see_halt, &notice);
	log_enable("session", &bad);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint32_t rounds = 16000000 / 2 / 1000 * (100 + i * 7) + i * 997;
		char packet[64];
		uint64_t stop_us;

		harness_poke(h, RAM, code, sizeof(code));
		snprintf(packet, sizeof(packet), "P0=%08x", __builtin_bswap32(rounds));
		harness_ask(h, 0, packet);
		harness_ask(h, 0, "Pf=00000020");
		harness_send(h, 0, "vCont;c", 7);	/* the core runs when this returns */
		stop_us = link_now_us(h->link) + (uint64_t)rounds * 2 / 16;
		harness_wait(h, 0, 5000);
		/* The core runs since the middle of the last exchange: 0 is "within this exchange". */
		noticed_us[i] = notice.at_us > stop_us ? notice.at_us - stop_us : 0;
		told_us[i] = link_now_us(h->link) - stop_us;
	}
	log_enable("-session", &bad);
	print_median(firmware, "breakpoint hit until noticed, median", noticed_us, ROUNDS, "aim 2 ms");
	print_median(firmware, "breakpoint hit until GDB is told, median", told_us, ROUNDS,
		     "with registers");
	harness_free(h);
}

int main(void)
{
	printf("  %-10s %-44s %9s %12s\n", "probe", "what", "exchanges", "modelled ms");
	bench_attach("V2J37S7", false);
	bench_attach("V2J37S7", true);
	bench_attach("V3J7M3", false);
	bench_attach("V3J7M3", true);
	bench_load("V2J37S7");
	bench_load("V3J7M3");
	bench_read("V2J37S7", 25.1);
	bench_read("V3J7M3", 4.4);
	bench_notice("V2J37S7");
	bench_notice("V3J7M3");
	return 0;
}
