/* SPDX-License-Identifier: MIT
 *
 * A process was killed in the middle of a load: what the next one finds, and how it leaves the chip.
 */
#include "tests/engine/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "probe/bytes.h"

enum { FLASH = 0x08000000, LOADER = 0x20001000, KEYR = 0x40023C04, CR = 0x40023C10, UID = 0x1FFF7A10,
       DEMCR = 0xE000EDFC, TRCENA = 1 << 24 };
#define LOCK (1u << 31)

static uint32_t word_at(struct harness *h, uint32_t address)
{
	uint32_t value = 0;

	machine_read(h->machine, address, 4, &value);
	return value;
}

static void write_file(const char *folder, const char *end, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tether", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/tether/SERIAL.%s", folder, end);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A board that outlives processes, as they know it by its serial number. */
static struct harness *start(void)
{
	struct harness *h = harness_new("STM32F407VG");

	snprintf(h->link->identity.path, sizeof(h->link->identity.path), "usb:1-1");
	snprintf(h->link->identity.serial, sizeof(h->link->identity.serial), "SERIAL");
	return h;
}

/* The controller is open, and something in RAM runs that is not the firmware. */
static void leave_load(struct harness *h, const char *folder)
{
	static const uint16_t loop[] = { 0xE7FE };
	uint8_t vectors[8];
	char text[100];

	put_u32(vectors, 0x20001000);
	put_u32(vectors + 4, LOADER | 1);
	harness_poke(h, FLASH, vectors, sizeof(vectors));
	harness_poke(h, LOADER, loop, sizeof(loop));
	harness_boot(h);
	machine_write(h->machine, KEYR, 4, 0x45670123);
	machine_write(h->machine, KEYR, 4, 0xCDEF89AB);
	assert_int_equal(word_at(h, CR) & LOCK, 0);
	snprintf(text, sizeof(text), "%08x %08x %08x 08004000 00008000\n", word_at(h, UID), word_at(h, UID + 4),
		 word_at(h, UID + 8));
	write_file(folder, "unfinished", text);
}

static void a_load_that_was_killed_is_closed(void **state)
{
	struct harness *h = start();

	leave_load(h, *state);
	harness_connect_gdb(h, 0);
	assert_non_null(strstr(harness_monitor(h, "info"), "0x08004000 to 0x0800bfff is not complete"));
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
	assert_true(word_at(h, CR) & LOCK);
	harness_event(h, EVENT_QUIT, 0);	/* never started by us */
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
	harness_free(h);
}

static void a_hot_plug_leaves_even_that_alone(void **state)
{
	struct harness *h = harness_init("STM32F407VG");

	h->options.board.connect = CONNECT_HOT_PLUG;
	harness_start(h);
	snprintf(h->link->identity.path, sizeof(h->link->identity.path), "usb:1-1");
	snprintf(h->link->identity.serial, sizeof(h->link->identity.serial), "SERIAL");
	leave_load(h, *state);
	harness_ask(h, 0, "qSupported");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_RUNNING);
	assert_int_equal(word_at(h, CR) & LOCK, 0);
	harness_free(h);
}

/* Registers of a session that was killed while its core ran. */
static void what_was_journalled_is_put_back(void **state)
{
	struct harness *h = start();

	write_file(*state, "journal", "stm32f405.cfg\nE0042004 00000001\ne000edfc 01000000\n20002000 bf00\n20002002 bf10\n");
	harness_poke(h, 0x20002000, "\x00\xBE\x70\x47", 4);
	machine_write(h->machine, 0xE0042004, 4, 7);
	machine_write(h->machine, DEMCR, 4, TRCENA | 1 << 10);
	harness_connect_gdb(h, 0);
	assert_int_equal(word_at(h, 0x20002000), 0x4770BF00);	/* that is no BKPT any more */
	harness_event(h, EVENT_QUIT, 0);
	assert_int_equal(word_at(h, 0xE0042004) & 7, 1);
	assert_int_equal(word_at(h, DEMCR), TRCENA);
	harness_free(h);
}

static int setup(void **state)
{
	char *folder = strdup("/tmp/tether-dead-XXXXXX");

	*state = mkdtemp(folder);
	return setenv("XDG_RUNTIME_DIR", folder, 1);
}

static int teardown(void **state)
{
	char command[200];
	int err;

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	err = system(command);
	free(*state);
	return err;
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		FRESH(a_load_that_was_killed_is_closed),
		FRESH(a_hot_plug_leaves_even_that_alone),
		FRESH(what_was_journalled_is_put_back),
	};

	return cmocka_run_group_tests_name("dead session", tests, NULL, NULL);
}
