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

/* Option words as they are, and as they were to be: the first one has the bits of change too. */
static void write_options_file(struct harness *h, const char *folder, uint32_t change)
{
	const struct chip *chip = &engine_board(h->engine)->chip;
	char text[1000];
	int used = snprintf(text, sizeof(text), "%08x %08x %08x %zx\n", word_at(h, chip->uid_address),
			    word_at(h, chip->uid_address + 4), word_at(h, chip->uid_address + 8), chip->option_word_count);

	for (size_t i = 0; i < chip->option_word_count; i++) {
		uint32_t word = word_at(h, chip->option_words[i].address);

		used += snprintf(text + used, sizeof(text) - (size_t)used, "%08x %08x\n", word, i ? word : word ^ change);
	}
	write_file(folder, "options", text);
}

/* Between the keys and the start: nothing was written, but the register shows what was going to be. */
static void option_bytes_that_were_left_open_are_closed(void **state)
{
	enum { OPTKEYR = 0x40023C08, OPTCR = 0x40023C14, OPTLOCK = 1, BOR_LEV = 3 << 2 };
	struct harness *h = start();
	uint32_t before;
	const char *text;

	harness_connect_gdb(h, 0);
	before = word_at(h, OPTCR);
	write_options_file(h, *state, BOR_LEV);
	machine_write(h->machine, OPTKEYR, 4, 0x08192A3B);
	machine_write(h->machine, OPTKEYR, 4, 0x4C5D6E7F);
	machine_write(h->machine, OPTCR, 4, (before ^ BOR_LEV) & ~(uint32_t)OPTLOCK);
	assert_int_equal(word_at(h, OPTCR), (before ^ BOR_LEV) & ~(uint32_t)OPTLOCK);
	harness_monitor(h, "connect");
	assert_int_equal(word_at(h, OPTCR), before);
	text = harness_monitor(h, "info");
	assert_non_null(strstr(text, "left open by a process that was killed; they are locked, and the chip was reset"));
	harness_free(h);
}

/* F1 loads them with any reset, also half-written ones. */
static void option_bytes_in_memory_are_closed_without_a_reset(void **state)
{
	enum { F1_KEYR = 0x40022004, F1_OPTKEYR = 0x40022008, F1_CR = 0x40022010, F1_LOCK = 1 << 7, OPTWRE = 1 << 9 };
	static const uint32_t keys[] = { 0x45670123, 0xCDEF89AB };
	struct harness *h = harness_new("STM32F103C8");

	snprintf(h->link->identity.path, sizeof(h->link->identity.path), "usb:1-1");
	snprintf(h->link->identity.serial, sizeof(h->link->identity.serial), "SERIAL");
	harness_connect_gdb(h, 0);
	write_options_file(h, *state, 0x00FF0000);
	for (unsigned i = 0; i < 4; i++)
		machine_write(h->machine, i < 2 ? F1_KEYR : F1_OPTKEYR, 4, keys[i % 2]);
	assert_int_equal(word_at(h, F1_CR) & (F1_LOCK | OPTWRE), OPTWRE);
	harness_monitor(h, "connect");
	assert_int_equal(word_at(h, F1_CR) & F1_LOCK, F1_LOCK);
	assert_null(strstr(harness_monitor(h, "info"), "the chip was reset"));
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
		FRESH(option_bytes_that_were_left_open_are_closed),
		FRESH(option_bytes_in_memory_are_closed_without_a_reset),
		FRESH(what_was_journalled_is_put_back),
	};

	return cmocka_run_group_tests_name("dead session", tests, NULL, NULL);
}
