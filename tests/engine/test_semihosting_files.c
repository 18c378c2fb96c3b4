/* SPDX-License-Identifier: MIT
 *
 * Semihosting calls about files, GDB's File-I/O, a terminal, time and arguments; what they cost on USB;
 * and programs that get all of it wrong.
 */
#include "tests/engine/semihosting_rig.h"

#include "probe/bytes.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct scene {
	struct harness *h;
	char folder[40];
};

static struct scene *start(struct semihosting_options options)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	strcpy(scene->folder, "/tmp/tether-scene-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	scene->h = harness_init("STM32F407VG");
	scene->h->options.semihosting = options;
	scene->h->options.semihosting.on = true;
	scene->h->options.semihosting.folder = scene->folder;
	semihosting_start(scene->h);
	return scene;
}

static int set_up(void **state)
{
	*state = start((struct semihosting_options){ .arguments = "prog -v 'a b'" });
	return 0;
}

static int set_up_terminal(void **state)
{
	*state = start((struct semihosting_options){ .console = CONSOLE_TCP, .input_comes = true });
	return 0;
}

static int set_up_gdb(void **state)
{
	*state = start((struct semihosting_options){ .by_gdb = true });
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	char command[80];

	harness_free(scene->h);
	snprintf(command, sizeof(command), "rm -r %s", scene->folder);
	assert_int_equal(system(command), 0);
	free(scene);
	return 0;
}

static void check_ram(struct harness *h, uint32_t address, const char *text)
{
	char data[100];

	harness_peek(h, address, data, strlen(text));
	assert_memory_equal(data, text, strlen(text));
}

static void keeps_files(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;
	uint32_t handle = call_open(h, "notes.txt", 6);

	assert_true(handle > 2 && handle != FAILED);
	harness_poke(h, BUFFER, "some bytes to keep", 18);
	assert_int_equal(CALL(h, 0x05, handle, BUFFER, 18), 0);
	assert_int_equal(CALL(h, 0x0C, handle), 18);
	assert_int_equal(CALL(h, 0x0A, handle, 5), 0);
	assert_int_equal(CALL(h, 0x06, handle, BUFFER + 0x100, 5), 0);
	check_ram(h, BUFFER + 0x100, "bytes");
	assert_int_equal(CALL(h, 0x06, handle, BUFFER + 0x100, 100), 92);	/* 8 were left */
	assert_int_equal(CALL(h, 0x06, handle, BUFFER + 0x100, 100), 100);	/* the end */
	assert_int_equal(CALL(h, 0x09, handle), 0);
	assert_int_equal(CALL(h, 0x02, handle), 0);
	assert_int_equal(CALL(h, 0x02, handle), FAILED);
	assert_int_equal(CALL(h, 0x13, 0), 9);		/* EBADF */
	harness_poke(h, TEXT + 0x80, "moved", 6);
	assert_int_equal(CALL(h, 0x0F, TEXT, 9, TEXT + 0x80, 5), 0);
	assert_int_equal(CALL(h, 0x0E, TEXT, 9), FAILED);
	assert_int_equal(CALL(h, 0x13, 0), 2);		/* ENOENT */
	assert_int_equal(CALL(h, 0x0E, TEXT + 0x80, 5), 0);
}

static void refuses_what_is_outside(void **state)
{
	static const char *const names[] = { "../x", "/etc/passwd", "a/../../x", "", "." };
	struct harness *h = ((struct scene *)*state)->h;
	uint32_t result;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (uint32_t mode = 0; mode < 12; mode += 2)
			assert_int_equal(call_open(h, names[i], mode), FAILED);
	assert_int_equal(call_open(h, "fine", 12), FAILED);
	assert_null(call(h, 0x12, BLOCK, &result));	/* SYS_SYSTEM */
	assert_int_equal(result, FAILED);
	/* A name with a NUL in it, and one that is longer than it says. */
	harness_poke(h, TEXT, "ab\0cd", 6);
	assert_int_equal(CALL(h, 0x01, TEXT, 4, 5), FAILED);
	assert_int_equal(CALL(h, 0x01, TEXT, 4, 0xFFFFFFFF), FAILED);
}

static void files_are_closed_when_the_program_starts_anew(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;
	uint32_t handle = call_open(h, "file", 4);

	assert_int_not_equal(handle, FAILED);
	harness_monitor(h, "reset halt");
	assert_int_equal(CALL(h, 0x02, handle), FAILED);
	assert_int_equal(call_open(h, "file", 4), handle);
}

static void tells_time_and_arguments(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;
	uint32_t result = 0, before = 0, size[2] = { 0 };
	uint64_t ticks = 0;

	assert_null(call(h, 0x11, 0, &result));
	assert_in_range(result, (uint32_t)time(NULL) - 60, (uint32_t)time(NULL));
	assert_null(call(h, 0x31, 0, &result));
	assert_int_equal(result, 1000000);
	assert_null(call(h, 0x10, 0, &before));
	harness_run_ms(h, 500);
	assert_null(call(h, 0x10, 0, &result));
	assert_in_range(result - before, 50, 200);
	assert_null(call(h, 0x30, BUFFER, &result));
	harness_peek(h, BUFFER, &ticks, sizeof(ticks));
	assert_true(ticks > 500000 && ticks < 60000000);

	assert_int_equal(CALL(h, 0x15, BUFFER, 14), 0);
	check_ram(h, BUFFER, "prog -v 'a b'");
	harness_peek(h, BLOCK, size, sizeof(size));
	assert_int_equal(size[1], 13);
	assert_int_equal(CALL(h, 0x15, BUFFER, 13), FAILED);
	harness_monitor(h, "semihosting args other words");
	assert_int_equal(CALL(h, 0x15, BUFFER, 100), 0);
	check_ram(h, BUFFER, "other words");

	assert_int_equal(CALL(h, 0x16, BUFFER), 0);
	harness_peek(h, BUFFER, size, sizeof(size));
	assert_int_equal(size[0] | size[1], 0);
	assert_int_equal(CALL(h, 0x0D, BUFFER, 7, 20), 0);
	check_ram(h, BUFFER, "tether-007.tmp");
	assert_int_equal(CALL(h, 0x0D, BUFFER, 7, 10), FAILED);
	assert_int_equal(CALL(h, 0x08, 0x80000000), 1);
	assert_int_equal(CALL(h, 0x08, 5), 0);
}

/* Exchanges of one call. */
static uint64_t cost(struct harness *h, uint32_t number, const uint32_t block[4], uint32_t argument)
{
	uint64_t before;
	uint32_t result;

	harness_poke(h, BLOCK, block, 4 * sizeof(*block));
	before = harness_exchanges(h);
	assert_null(call(h, number, argument, &result));
	return harness_exchanges(h) - before;
}

/* A V2 moves at most 6 KiB with an exchange for the command, one for the data and one for the status. */
static void cost_grows_with_bytes_not_with_calls_inside(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;
	uint32_t handle = call_open(h, "big", 6);
	const uint32_t small[4] = { handle, BUFFER, 4 }, big[4] = { handle, BUFFER, 65536 };
	static uint8_t text[64 * 1024];
	uint64_t base, whole, line, page;

	cost(h, 0x05, small, BLOCK);
	base = cost(h, 0x05, small, BLOCK);
	whole = cost(h, 0x05, big, BLOCK);
	assert_true(whole - base <= 3 * (65536 / 6144 + 1));
	assert_int_equal(CALL(h, 0x0C, handle), 65536 + 8);
	assert_int_equal(CALL(h, 0x0A, handle, 0), 0);
	whole = cost(h, 0x06, big, BLOCK);
	assert_true(whole - base <= 3 * (65536 / 6144 + 1));

	memset(text, 'x', sizeof(text));
	text[60] = '\0';
	harness_poke(h, BUFFER, text, sizeof(text));
	line = cost(h, 0x04, small, BUFFER);
	text[60] = 'x';
	text[10000] = '\0';
	harness_poke(h, BUFFER, text, sizeof(text));
	page = cost(h, 0x04, small, BUFFER);
	printf("a call that writes 4 bytes: %llu exchanges, 64 KiB: %llu; SYS_WRITE0 of 60: %llu, of 10000: %llu\n",
	       (unsigned long long)base, (unsigned long long)whole, (unsigned long long)line,
	       (unsigned long long)page);
	assert_true(line <= base);
	assert_true(page - line <= 3 * 6);
}

/* A program that prints one line after the other: SYS_WRITE of 8 bytes from 0x20001000, for ever.
 *	08000008	movs r0, #5
 *			ldr  r1, =0x20000100
 *	0800000c	bkpt 0xAB
 *			b    0x08000008		*/
static void a_program_that_prints_costs_few_exchanges(void **state)
{
	static const uint32_t program[] = {
		0x20020000, 0x08000009, 0x49012005, 0xe7fbbeab, 0x20000100,
	};
	struct harness *h = ((struct scene *)*state)->h;
	const uint32_t block[] = { 1, BUFFER, 8 };
	uint64_t exchanges, calls;

	harness_poke(h, PROGRAM_BASE, program, sizeof(program));
	harness_monitor(h, "reset halt");
	harness_poke(h, BLOCK, block, sizeof(block));
	harness_poke(h, BUFFER, "a line.\n", 8);
	assert_null(harness_continue(h, 20));
	exchanges = harness_exchanges(h);
	h->clients[0].console_length = 0;
	harness_run_ms(h, 200);
	exchanges = harness_exchanges(h) - exchanges;
	calls = h->clients[0].console_length / 8;
	printf("a line: %.1f exchanges, %.1f ms\n", (double)exchanges / (double)calls, 200.0 / (double)calls);
	assert_true(calls >= 10 && exchanges <= 13 * calls);
}

/* Registers, lengths and handles that make no sense, in every call: an error each, or a count of what
 * was not moved; the engine and the files live. */
static void survives_every_wild_call(void **state)
{
	static const uint32_t values[] = {
		0, 1, 3, 31, 32, 0xFFFFFFFF, 0x80000000, NOWHERE, 0x2001FFFE, 0x40023C00, 0xE000ED00,
		0x20000000, 0x08000000, 0x1FFFFFFF, 0x100000,
	};
	static const uint8_t numbers[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0A, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x12, 0x13, 0x15, 0x16, 0x30,
		0x31, 0x99,
	};
	struct harness *h = ((struct scene *)*state)->h;
	unsigned seed = 1;
	bool full = getenv("FULL") != NULL;

	for (unsigned i = 0; i < (full ? 20000 : 600); i++) {
		uint32_t block[4], result;

		for (size_t w = 0; w < 4; w++)
			block[w] = values[(seed = seed * 1103515245 + 12345) / 65536 % ARRAY_SIZE(values)];
		harness_poke(h, BLOCK, block, sizeof(block));
		assert_null(call(h, numbers[i % ARRAY_SIZE(numbers)],
				 i % 5 ? (uint32_t)BLOCK : block[3], &result));
	}
	harness_poke(h, PROGRAM_BASE, program_call, sizeof(program_call));
	assert_int_not_equal(call_open(h, "still here", 4), 0);
}

static void a_write_beyond_memory_is_an_error(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;
	uint32_t handle = call_open(h, "file", 4);

	assert_int_equal(CALL(h, 0x05, handle, 0x2001FF00, 0x1000), 0xFFFFFFFF);	/* the end of RAM */
	assert_int_equal(CALL(h, 0x05, handle, 0x40023C00, 4), 0xFFFFFFFF);	/* flash registers */
	assert_int_equal(CALL(h, 0x05, handle, 0x20000000, 0xFFFFFFFF), 0xFFFFFFFF);
	assert_int_equal(CALL(h, 0x05, 77, BUFFER, 4), FAILED);
	assert_int_equal(CALL(h, 0x06, handle, 0x08000000, 4), FAILED);	/* write-only file */
}

/* ---- a terminal ---- */

static void type(struct harness *h, const char *text)
{
	engine_handle(h->engine, &(struct event){ .kind = EVENT_CONSOLE, .length = strlen(text),
						  .data = (const uint8_t *)text });
}

static void waits_for_what_is_typed(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;
	const uint32_t block[4] = { 0, BUFFER, 80 };

	harness_poke(h, BLOCK, block, sizeof(block));
	call_prepare(h, 0x06, BLOCK);
	assert_null(harness_continue(h, 300));
	type(h, "hello\n");
	assert_null(harness_wait(h, 0, 100));		/* it runs on */
	harness_break(h, 0);
	assert_int_equal(harness_register(h, 15), AFTER_CALL);
	assert_int_equal(harness_register(h, 0), 74);
	check_ram(h, BUFFER, "hello\n");
	type(h, "xy");				/* typed ahead */
	assert_int_equal(CALL(h, 0x07, 0), 'x');
	assert_int_equal(CALL(h, 0x06, 0, BUFFER, 1), 0);
	check_ram(h, BUFFER, "y");
}

static void ctrl_c_interrupts_a_call_that_waits(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;

	call_prepare(h, 0x07, 0);
	assert_null(harness_continue(h, 100));
	harness_break(h, 0);
	assert_memory_equal(h->clients[0].answer, "T02", 3);
	assert_int_equal(harness_register(h, 15), CALL_AT);
	assert_null(harness_continue(h, 100));		/* the call begins anew */
	type(h, "z");
	assert_null(harness_wait(h, 0, 100));
	harness_break(h, 0);
	assert_int_equal(harness_register(h, 15), AFTER_CALL);
	assert_int_equal(harness_register(h, 0), 'z');
}

static void too_much_input_is_lost_not_overrun(void **state)
{
	static char text[5000];
	struct harness *h = ((struct scene *)*state)->h;

	memset(text, 'q', sizeof(text) - 1);
	for (unsigned i = 0; i < 4; i++)
		type(h, text);
	assert_int_equal(CALL(h, 0x07, 0), 'q');
}

static void a_waiting_program_is_let_go_at_the_end(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;

	call_prepare(h, 0x07, 0);
	assert_null(harness_continue(h, 100));
	harness_event(h, EVENT_QUIT, 0);
	assert_true(h->exited);
}

/* ---- File-I/O ---- */

static const char *ask_and_answer(struct harness *h, const char *request, const char *answer)
{
	assert_string_equal(h->clients[0].answer, request);
	harness_send(h, 0, answer, strlen(answer));
	return h->clients[0].answer;
}

static void asks_gdb(struct harness *h, uint32_t number, const uint32_t block[4])
{
	harness_poke(h, BLOCK, block, 4 * sizeof(*block));
	call_prepare(h, number, BLOCK);
	assert_non_null(harness_continue(h, 200));
}

static uint32_t result_after(struct harness *h)
{
	assert_null(harness_wait(h, 0, 50));
	harness_break(h, 0);
	assert_int_equal(harness_register(h, 15), AFTER_CALL);
	return harness_register(h, 0);
}

static void gdb_opens_the_files(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;
	uint32_t handle;

	harness_poke(h, TEXT, "/any/where", 11);
	asks_gdb(h, 0x01, (const uint32_t[4]){ TEXT, 4, 10 });
	ask_and_answer(h, "Fopen,20000200/b,601,1b6", "F5");
	handle = result_after(h);
	assert_true(handle > 2 && handle != FAILED);
	asks_gdb(h, 0x05, (const uint32_t[4]){ handle, BUFFER, 0x10 });
	ask_and_answer(h, "Fwrite,5,20001000,10", "Fc");
	assert_int_equal(result_after(h), 4);
	asks_gdb(h, 0x06, (const uint32_t[4]){ handle, BUFFER, 0x20 });
	assert_string_equal(h->clients[0].answer, "Fread,5,20001000,20");
	assert_string_equal(harness_ask(h, 0, "M20001000,2:6869"), "OK");	/* GDB puts the bytes there */
	harness_send(h, 0, "F2", 2);
	assert_int_equal(result_after(h), 0x1E);
	check_ram(h, BUFFER, "hi");
	asks_gdb(h, 0x0A, (const uint32_t[4]){ handle, 0x11 });
	ask_and_answer(h, "Flseek,5,11,0", "F11");
	assert_int_equal(result_after(h), 0);
	asks_gdb(h, 0x0C, (const uint32_t[4]){ handle });
	ask_and_answer(h, "Flseek,5,0,1", "F11");
	ask_and_answer(h, "Flseek,5,0,2", "F1234");
	ask_and_answer(h, "Flseek,5,11,0", "F11");
	assert_int_equal(result_after(h), 0x1234);
	asks_gdb(h, 0x02, (const uint32_t[4]){ handle });
	ask_and_answer(h, "Fclose,5", "F0");
	assert_int_equal(result_after(h), 0);
	assert_int_equal(CALL(h, 0x02, handle), FAILED);
	asks_gdb(h, 0x0E, (const uint32_t[4]){ TEXT, 10 });
	ask_and_answer(h, "Funlink,20000200/b", "F-1,2");
	assert_int_equal(result_after(h), FAILED);
	assert_int_equal(CALL(h, 0x13, 0), 2);
	asks_gdb(h, 0x0F, (const uint32_t[4]){ TEXT, 4, TEXT + 5, 5 });
	ask_and_answer(h, "Frename,20000200/5,20000205/6", "F0");
	assert_int_equal(result_after(h), 0);
	asks_gdb(h, 0x06, (const uint32_t[4]){ 0, BUFFER, 0x20 });	/* the console is GDB's */
	ask_and_answer(h, "Fread,0,20001000,20", "F0");
	assert_int_equal(result_after(h), 0x20);
}

static void gdbs_ctrl_c_stops_at_the_call(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;

	asks_gdb(h, 0x06, (const uint32_t[4]){ 0, BUFFER, 4 });
	assert_memory_equal(ask_and_answer(h, "Fread,0,20001000,4", "F-1,4,C"), "T02", 3);
	assert_int_equal(harness_register(h, 15), CALL_AT);
	assert_non_null(harness_continue(h, 200));
	assert_memory_equal(ask_and_answer(h, "Fread,0,20001000,4", "F4,0,C"), "T02", 3);
	assert_int_equal(harness_register(h, 15), AFTER_CALL);
	assert_int_equal(harness_register(h, 0), 0);
}

static void nonsense_from_gdb_fails_the_call(void **state)
{
	static const char *const answers[] = { "F", "Fx", "F-", "F123456789", "F1,2,3,4", "F-1", "F80000000" };
	struct harness *h = ((struct scene *)*state)->h;

	harness_send(h, 0, "F0", 2);		/* nobody asked */
	assert_int_equal(h->clients[0].no_answer, 1);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		asks_gdb(h, 0x06, (const uint32_t[4]){ 0, BUFFER, 4 });
		ask_and_answer(h, "Fread,0,20001000,4", answers[i]);
		assert_int_equal(result_after(h), 4);
	}
}

static void a_gdb_that_leaves_fails_the_call(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;

	asks_gdb(h, 0x06, (const uint32_t[4]){ 0, BUFFER, 4 });
	harness_close(h, 0);
	harness_run_ms(h, 10);
	harness_connect_gdb(h, 1);
	assert_string_equal(harness_ask(h, 1, "pf"), "0a000008");
	assert_string_equal(harness_ask(h, 1, "p0"), "ffffffff");
}

/* A step over such a call ends as a step. */
static void steps_over_a_call_that_gdb_answers(void **state)
{
	struct harness *h = ((struct scene *)*state)->h;
	const uint32_t block[4] = { 0, BUFFER, 4 };

	harness_poke(h, BLOCK, block, sizeof(block));
	call_prepare(h, 0x06, BLOCK);
	harness_send(h, 0, "vCont;s:1", 9);
	assert_memory_equal(ask_and_answer(h, "Fread,0,20001000,4", "F1"), "T05", 3);
	assert_int_equal(harness_register(h, 15), AFTER_CALL);
	assert_int_equal(harness_register(h, 0), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TERMINAL(name) cmocka_unit_test_setup_teardown(name, set_up_terminal, tear_down)
#define GDB(name) cmocka_unit_test_setup_teardown(name, set_up_gdb, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_files),
		TEST(refuses_what_is_outside),
		TEST(files_are_closed_when_the_program_starts_anew),
		TEST(tells_time_and_arguments),
		TEST(cost_grows_with_bytes_not_with_calls_inside),
		TEST(a_program_that_prints_costs_few_exchanges),
		TEST(survives_every_wild_call),
		TEST(a_write_beyond_memory_is_an_error),
		TERMINAL(waits_for_what_is_typed),
		TERMINAL(ctrl_c_interrupts_a_call_that_waits),
		TERMINAL(too_much_input_is_lost_not_overrun),
		TERMINAL(a_waiting_program_is_let_go_at_the_end),
		GDB(gdb_opens_the_files),
		GDB(gdbs_ctrl_c_stops_at_the_call),
		GDB(nonsense_from_gdb_fails_the_call),
		GDB(a_gdb_that_leaves_fails_the_call),
		GDB(steps_over_a_call_that_gdb_answers),
	};

	return cmocka_run_group_tests_name("semihosting_files", tests, NULL, NULL);
}
