/* SPDX-License-Identifier: MIT
 *
 * Monitor commands that explain the chip: what it is, its option bytes, OTP, protection, faults. They
 * read only.
 */
#include "server/monitor.h"
#include "server/session.h"

#include "probe/bytes.h"

#include <string.h>

static const char *core_name(const struct chip *chip)
{
	static const char *const names[] = {
		[CHIP_M0] = "Cortex-M0", [CHIP_M0PLUS] = "Cortex-M0+", [CHIP_M3] = "Cortex-M3",
		[CHIP_M4] = "Cortex-M4", [CHIP_M7] = "Cortex-M7", [CHIP_M33] = "Cortex-M33",
		[CHIP_OTHER_CORE] = "another core",
	};

	return names[chip->core];
}

static void print_state(struct monitor_call *call)
{
	struct core *core = call->session->core;
	uint32_t pc;

	monitor_print(call, "state   %s", session_run_text(call->session->run));
	if (core->state == CORE_HALTED && !core_read_register(core, REG_PC, &pc))
		monitor_print(call, " at 0x%08x", pc);
	monitor_print(call, "\n");
}

static int run_info(struct monitor_call *call)
{
	const struct board *board = &call->engine->board;
	const struct core *core = call->session->core;
	const struct probe_version *version = probe_version(board->probe);
	const struct link_identity *identity = &probe_link(board->probe)->identity;
	const char *revision = chip_revision_name(&board->chip, board->idcode);

	monitor_print(call, "probe   %s, firmware %s, serial %s, SWD at %u kHz\n", version->model,
		      version->text, identity->serial, probe_speed_khz(board->probe));
	monitor_print(call, "chip    %s%s%s, id 0x%08x, supply %u.%02u V\n", board->chip.name,
		      revision[0] ? " revision " : "", revision, board->idcode,
		      board->supply_mv / 1000, board->supply_mv % 1000 / 10);
	monitor_print(call, "flash   %u KiB in %u bank%s\n", chip_flash_size(&board->chip) / 1024,
		      (unsigned)board->chip.bank_count, board->chip.bank_count > 1 ? "s" : "");
	monitor_print(call, "core    %s%s, CPUID 0x%08x, %u breakpoint and %u watchpoint units\n",
		      core_name(&board->chip), core->fpu ? " with FPU" : "", core->cpuid,
		      core->code_units, core->data_units);
	print_state(call);
	if (board->notes[0])
		monitor_print(call, "note    %s\n", board->notes);
	return OK;
}

static int run_targets(struct monitor_call *call)
{
	const struct board *board = &call->engine->board;

	for (unsigned i = 0; i < board->core_count; i++)
		monitor_print(call, "core %u: %s, access port %u, %s\n", i, core_name(&board->chip),
			      board->cores[i].port.ap,
			      session_run_text(call->engine->sessions[i].run));
	return OK;
}

static int run_fault(struct monitor_call *call)
{
	char text[2048] = "";
	int err = fault_explain(call->session->core, text, sizeof(text));

	if (err < 0)
		return err;
	monitor_print(call, "%s%s", text[0] ? text : "The core stands in no fault.",
		      text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
	return OK;
}

static int read_u32(struct monitor_call *call, uint32_t address, uint32_t *value)
{
	const struct core *core = call->session->core;
	int err = probe_read_u32(core->board->probe, core->port, address, value);

	if (err)
		return explain(call->why, err, "0x%08x can't be read: %s.", address, error_text(err));
	return OK;
}

static const struct chip_value *find_value(const struct chip_option_field *field, uint32_t value)
{
	for (size_t i = 0; i < field->value_count; i++)
		if (field->values[i].value == value)
			return &field->values[i];
	return NULL;
}

static uint32_t field_of(const struct chip_option_field *field, uint32_t word)
{
	uint32_t width = field->high - field->low + 1u;
	uint32_t mask = width >= 32 ? UINT32_MAX : (1u << width) - 1;

	return word >> field->low & mask;
}

static void print_field(struct monitor_call *call, const struct chip_option_field *field,
			uint32_t value)
{
	const struct chip_value *named = find_value(field, value);

	monitor_print(call, "%-14s 0x%-4x %-10s %s%s\n", field->name, value,
		      named ? named->name : "", named && named->about[0] ? named->about : field->about,
		      field->dangerous && value == field->forever ? " (for ever)" : "");
}

static bool is_wanted(const struct chip_option_field *field, const char *const *prefixes)
{
	if (!prefixes)
		return true;
	for (; *prefixes; prefixes++)
		if (!strncmp(field->name, *prefixes, strlen(*prefixes)))
			return true;
	return false;
}

/* Prints the fields whose name begins with one of the prefixes (NULL = all). */
static int print_fields(struct monitor_call *call, const char *const *prefixes)
{
	const struct chip *chip = &call->engine->board.chip;
	uint32_t words[CHIP_OPTION_WORDS];

	for (size_t i = 0; i < chip->option_word_count; i++) {
		int err = read_u32(call, chip->option_words[i].address, &words[i]);

		if (err)
			return err;
	}
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];

		if (is_wanted(field, prefixes))
			print_field(call, field, field_of(field, words[field->word]));
	}
	return OK;
}

static int refuse_writing(struct monitor_call *call, const char *what)
{
	return explain(call->why, E_REFUSED, "This version shows %s and does not change them.", what);
}

static int run_option(struct monitor_call *call)
{
	const char *only[] = { call->argc ? call->argv[0] : NULL, NULL };

	if (call->argc && (strchr(call->argv[0], '=') || call->argc > 1))
		return refuse_writing(call, "option bytes");
	return print_fields(call, call->argc ? only : NULL);
}

static int run_protect(struct monitor_call *call)
{
	static const char *const prefixes[] = { "RDP", "nWRP", "WRP", "PCROP", "SPRMOD", "SEC", NULL };

	if (call->argc)
		return refuse_writing(call, "protections");
	return print_fields(call, prefixes);
}

static int print_otp_block(struct monitor_call *call, unsigned i)
{
	const struct chip *chip = &call->engine->board.chip;
	const struct core *core = call->session->core;
	uint8_t data[64], lock = (uint8_t)~chip->otp_locked;
	uint32_t size = min_u32(chip->otp_block, sizeof(data)), used = 0;
	int err = probe_read(core->board->probe, core->port, chip->otp_base + i * chip->otp_block,
			     data, size, PROBE_ANY, NULL);

	if (!err && chip->otp_locks)
		err = probe_read(core->board->probe, core->port, chip->otp_locks + i, &lock, 1,
				 PROBE_8, NULL);
	if (err)
		return explain(call->why, err, "OTP block %u can't be read: %s.", i, error_text(err));
	for (uint32_t b = 0; b < size; b++)
		used += data[b] != chip->erased;
	monitor_print(call, "block %-3u 0x%08x %s, %s\n", i, chip->otp_base + i * chip->otp_block,
		      used ? "written" : "empty", lock == chip->otp_locked ? "locked" : "open");
	return OK;
}

static int run_otp(struct monitor_call *call)
{
	const struct chip *chip = &call->engine->board.chip;
	int err = OK;

	if (call->argc)
		return refuse_writing(call, "OTP bytes");
	if (!chip->otp_size || !chip->otp_block)
		return explain(call->why, E_CHIP, "%s has no OTP area that is known.", chip->name);
	for (unsigned i = 0; i < chip->otp_size / chip->otp_block && !err; i++)
		err = print_otp_block(call, i);
	return err;
}

const struct monitor_command monitor_chip[] = {
	{ "info", "", "Show probe, chip and core", MONITOR_TARGET, run_info },
	{ "targets", "", "List the cores", MONITOR_TARGET, run_targets },
	{ "fault", "", "Explain the fault in which the core stands", MONITOR_TARGET | MONITOR_HALTED,
	  run_fault },
	{ "option", "[NAME]", "Show option bytes\noption RDP", MONITOR_TARGET, run_option },
	{ "protect", "", "Show read and write protection", MONITOR_TARGET, run_protect },
	{ "otp", "", "Show the one-time programmable area", MONITOR_TARGET, run_otp },
	{ NULL, NULL, NULL, 0, NULL },
};
