/* SPDX-License-Identifier: MIT
 *
 * A board on the virtual chip: attach, resets, detach, and how many trips to the probe they take.
 */
#include "tests/engine/board_rig.h"

static void attach_finds_the_chip(void **state)
{
	struct rig *rig = *state;
	uint64_t before = rig->link->exchanges;

	ok(rig, board_attach(rig->board, &rig->why));
	print_message("attach: %u exchanges\n", (unsigned)(rig->link->exchanges - before));
	assert_in_range(rig->link->exchanges - before, 1, 25);
	assert_string_equal(rig->board->chip.file, "stm32f405.cfg");
	assert_int_equal(rig->board->flash_kib_register, 1024);
	assert_int_equal(rig->core->code_units, 6);
	assert_int_equal(rig->core->data_units, 4);
	assert_int_equal(rig->core->state, CORE_RUNNING);
	assert_string_equal(rig->board->notes, "");
}

static void attach_sets_freeze_bits_and_detach_puts_them_back(void **state)
{
	struct rig *rig = *state;
	uint32_t value;

	machine_read(virtual_link_machine(rig->link), 0xE0042004, 4, &value);
	assert_int_equal(value & 7, 7);
	machine_read(virtual_link_machine(rig->link), 0xE0042008, 4, &value);
	assert_int_equal(value & 0x1800, 0x1800);
	ok(rig, core_add_breakpoint(rig->core, LOOP, 2, false, &rig->why));
	reset_halt(rig);
	go(rig);
	ok(rig, board_detach(rig->board, false));
	machine_read(virtual_link_machine(rig->link), 0xE0042004, 4, &value);
	assert_int_equal(value, 0);
	machine_read(virtual_link_machine(rig->link), 0xE000EDF0, 4, &value);
	assert_int_equal(value & 0x20001, 0);
	machine_read(virtual_link_machine(rig->link), 0xE0002008, 4, &value);
	assert_int_equal(value, 0);
}

static void hot_plug_writes_nothing(void **state)
{
	struct rig *rig = *state;
	uint32_t value;

	rig->board->options.connect = CONNECT_HOT_PLUG;
	ok(rig, board_attach(rig->board, &rig->why));
	machine_read(virtual_link_machine(rig->link), 0xE000EDF0, 4, &value);
	assert_int_equal(value & 1, 0);
	machine_read(virtual_link_machine(rig->link), 0xE0042008, 4, &value);
	assert_int_equal(value, 0);
	ok(rig, core_halt(rig->core, 100));
	machine_read(virtual_link_machine(rig->link), 0xE0042008, 4, &value);
	assert_int_equal(value & 0x1800, 0x1800);
}

static void under_reset_halts_at_the_vector(void **state)
{
	struct rig *rig = *state;

	rig->board->options.connect = CONNECT_UNDER_RESET;
	ok(rig, board_attach(rig->board, &rig->why));
	assert_int_equal(rig->core->state, CORE_HALTED);
	assert_int_equal(reg(rig, REG_PC), START);
}

static void reset_halt_stands_at_the_vector(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	for (int kind = RESET_AUTO; kind <= RESET_PIN; kind++) {
		before = rig->link->exchanges;
		ok(rig, board_reset(rig->board, (enum reset_kind)kind, true, &rig->why));
		print_message("reset halt: %u exchanges\n", (unsigned)(rig->link->exchanges - before));
		assert_int_equal(reg(rig, REG_PC), START);
		assert_int_equal(reg(rig, REG_SP), 0x20001000);
		assert_int_equal(rig->core->stop, STOP_RESET_CATCH);
		assert_false(core_take_reset(rig->core));
	}
}

static void reset_run_runs(void **state)
{
	struct rig *rig = *state;

	reset_halt(rig);
	ok(rig, board_reset(rig->board, RESET_SYSTEM, false, &rig->why));
	assert_int_equal(rig->core->state, CORE_RUNNING);
	link_wait_us(rig->link, 1000);
	assert_true(peek(rig, COUNTER) > 10);
}

static void an_external_reset_is_noticed(void **state)
{
	struct rig *rig = *state;
	struct machine *machine = virtual_link_machine(rig->link);

	ok(rig, core_poll(rig->core));
	assert_false(core_take_reset(rig->core));
	machine_set_nrst(machine, false);
	machine_advance(machine, 1000000);
	machine_set_nrst(machine, true);
	machine_advance(machine, 1000000);
	ok(rig, core_poll(rig->core));
	assert_true(core_take_reset(rig->core));
	assert_false(core_take_reset(rig->core));
}

static void areas_end_where_the_next_begins(void **state)
{
	static const struct { uint32_t address, end; enum board_area area; } rows[] = {
		{ 0x08000000, 0x08100000, AREA_FLASH }, { 0x00000004, 0x00100000, AREA_FLASH },
		{ 0x20000000, 0x20020000, AREA_RAM }, { 0x1FFF7800, 0x1FFF7A00, AREA_ROM },
		{ 0x40000000, 0x40024000, AREA_PERIPHERAL }, { 0xE000ED00, 0, AREA_PERIPHERAL },
		{ 0x00100000, 0x08000000, AREA_NONE }, { 0x60000000, 0x80000000, AREA_NONE },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t end = 1;

		assert_int_equal(board_area_at(rig->board, rows[i].address, &end), rows[i].area);
		assert_int_equal(end, rows[i].end);
	}
}

static void says_why_the_chip_was_reset(void **state)
{
	struct rig *rig = *state;
	char text[100];

	board_reset_cause(rig->board, text, sizeof(text));
	assert_non_null(strstr(text, "power-on"));
}

static void an_override_needs_no_id(void **state)
{
	struct rig *rig = *state;

	rig->board->options.chip = "STM32F407VE";
	ok(rig, board_attach(rig->board, &rig->why));
	rig->board->options.chip = "STM32X999";
	assert_int_equal(board_attach(rig->board, &rig->why), E_CHIP);
	assert_non_null(strstr(rig->why.text, "STM32X999"));
}

/* A board whose id register says something else. */
static void open_with_id(struct rig *rig, uint32_t idcode)
{
	fill_rig(rig);
	rig->spec.idcode = idcode;
	open_rig(rig);
}

static void revision_a_is_not_taken_for_an_f2(void **state)
{
	struct rig rig = { 0 };

	(void)state;
	open_with_id(&rig, 0x20006411);
	ok(&rig, board_attach(rig.board, &rig.why));
	assert_string_equal(rig.board->chip.family, "F4");
	close_rig(&rig);
}

/* What is not known can still be debugged, but its flash is left alone. */
static void expect_unknown(struct rig *rig, const char *says)
{
	ok(rig, board_attach(rig->board, &rig->why));
	if (!strstr(rig->board->notes, says))
		fail_msg("'%s' is not in '%s'", says, rig->board->notes);
	assert_non_null(strstr(rig->board->notes, "--chip"));
	assert_int_equal(chip_flash_size(&rig->board->chip), 0);
	assert_int_equal(board_area_at(rig->board, 0x20000000, NULL), AREA_RAM);
}

static void an_unknown_id_is_named(void **state)
{
	struct rig rig = { 0 };

	(void)state;
	open_with_id(&rig, 0x10006999);
	expect_unknown(&rig, "a chip that is not known here (id 0x10006999, CPUID 0x410fc241");
	close_rig(&rig);
}

static void an_id_of_nothing_is_not_called_an_id(void **state)
{
	struct rig rig = { 0 };

	(void)state;
	open_with_id(&rig, 0);
	expect_unknown(&rig, "no id register of a known chip answers");
	assert_non_null(strstr(rig.board->notes, "CPUID 0x410fc241"));
	close_rig(&rig);
}

static void a_clone_with_another_cpu_is_not_taken_for_ours(void **state)
{
	struct rig rig = { 0 };

	(void)state;
	fill_rig(&rig);
	rig.spec.cpuid = 0x412FC231;
	rig.spec.core = VIRTUAL_M3;
	open_rig(&rig);
	expect_unknown(&rig, "CPUID 0x412fc231");
	close_rig(&rig);
}

/* Parts with less flash than the size register claims do not exist; clones that lie do. */
static void a_flash_size_that_can_not_be_is_not_believed(void **state)
{
	struct rig rig = { 0 };

	(void)state;
	fill_rig(&rig);
	rig.spec.size_address += 2;	/* where it should be is erased */
	open_rig(&rig);
	ok(&rig, board_attach(rig.board, &rig.why));
	assert_int_equal(chip_flash_size(&rig.board->chip), 1024 * 1024);
	assert_string_not_equal(rig.board->notes, "");
	close_rig(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BARE(attach_finds_the_chip),
		ATTACHED(attach_sets_freeze_bits_and_detach_puts_them_back),
		BARE(hot_plug_writes_nothing),
		BARE(under_reset_halts_at_the_vector),
		ATTACHED(reset_halt_stands_at_the_vector),
		ATTACHED(reset_run_runs),
		ATTACHED(an_external_reset_is_noticed),
		ATTACHED(areas_end_where_the_next_begins),
		ATTACHED(says_why_the_chip_was_reset),
		BARE(an_override_needs_no_id),
		cmocka_unit_test(revision_a_is_not_taken_for_an_f2),
		cmocka_unit_test(an_unknown_id_is_named),
		cmocka_unit_test(an_id_of_nothing_is_not_called_an_id),
		cmocka_unit_test(a_clone_with_another_cpu_is_not_taken_for_ours),
		cmocka_unit_test(a_flash_size_that_can_not_be_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
