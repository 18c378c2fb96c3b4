/* SPDX-License-Identifier: MIT
 *
 * Target code in RAM: start, wait, stop. The core is driven below core_resume(), because nothing
 * that a client asked for (breakpoints, stop at a watchpoint) may act on a loader.
 * Armv7-M ARM DDI 0403E C1.6 (DHCSR, DEMCR), B1.4 (xPSR); RM0090 21.4 (IWDG).
 */
#include "flash/routine.h"

#include <stdio.h>
#include <string.h>

#include "targets/batch.h"
#include "targets/cortexm.h"
#include "probe/bytes.h"
#include "probe/link.h"

enum { IWDG_KR = 0x00, IWDG_PR = 0x04, IWDG_RLR = 0x08 };
enum {
	IWDG_ENABLE_WRITES = 0x5555, IWDG_RELOAD = 0xAAAA,
	IWDG_PR_LARGEST = 7, IWDG_RLR_LARGEST = 0xFFF,
};

enum { SLICE_US = 50000, PAUSE_LONGEST_US = 10000, HALT_MS = 200 };

bool routine_area(const struct chip *chip, uint32_t *base, uint32_t *size)
{
	*size = 0;
	for (size_t i = 0; i < chip->region_count; i++) {
		const struct chip_region *region = &chip->regions[i];

		if (region->loader && region->kind == CHIP_RAM && region->loader_size > *size) {
			*base = region->base | (chip_is_secure(chip) ? CHIP_SECURE_BIT : 0);
			*size = region->loader_size;
		}
	}
	return *size > 0;
}

uint32_t routine_watchdog(const struct chip *chip, uint32_t spare)
{
	return chip->watchdog_address ? chip->watchdog_address : spare;
}

/* In every chip with an option byte for it, the windowed watchdog lies just below the other one. */
enum { WWDG_BELOW_IWDG = 0x400 };

static bool starts_window_watchdog(const struct chip *chip, const struct chip_option_field *field)
{
	return !strncmp(field->name, "WWDG", 4) && field->high == field->low &&
	       !(chip->option_words[field->word].now >> field->low & 1);
}

uint32_t routine_window_watchdog(const struct chip *chip, uint32_t spare)
{
	for (size_t i = 0; i < chip->option_field_count && chip->watchdog_address; i++)
		if (starts_window_watchdog(chip, &chip->option_fields[i]))
			return chip->watchdog_address - WWDG_BELOW_IWDG;
	return spare;
}

int routine_relax_watchdog(struct core *core, struct why *why)
{
	uint32_t base = core->board->chip.watchdog_address;
	struct batch batch;
	int err;

	if (!base)
		return 0;
	batch_begin(&batch, core);
	batch_write(&batch, base + IWDG_KR, IWDG_ENABLE_WRITES);
	batch_write(&batch, base + IWDG_PR, IWDG_PR_LARGEST);
	batch_write(&batch, base + IWDG_RLR, IWDG_RLR_LARGEST);
	batch_write(&batch, base + IWDG_KR, IWDG_RELOAD);
	err = batch_run(&batch);
	return err ? explain(why, err, "setting the watchdog to its longest period: %s", error_text(err)) : 0;
}

int routine_start(struct core *core, const struct routine_call *call, struct why *why)
{
	struct core_code code = { .entry = call->entry, .stack_top = call->stack_top };
	int err = probe_write(core->board->probe, core->port, call->entry, call->code,
			      (uint32_t)call->code_size, PROBE_ANY, NULL);

	memcpy(code.arguments, call->arguments, sizeof code.arguments);
	if (!err)
		err = core_run_code(core, &code);
	if (err)
		return explain(why, err, "starting code in RAM at 0x%08X: %s", call->entry,
			       error_text(err));
	return 0;
}

int routine_pause(struct probe *probe, uint64_t us)
{
	while (us && !probe_interrupted(probe)) {
		uint64_t slice = us < SLICE_US ? us : SLICE_US;

		link_wait_us(probe_link(probe), slice);
		us -= slice;
	}
	return probe_interrupted(probe) ? E_INTERRUPTED : 0;
}

static int wait_for_halt(struct core *core, uint64_t expected_us, uint64_t timeout_us)
{
	struct probe *probe = core->board->probe;
	uint64_t start = link_now_us(probe_link(probe));
	uint64_t pause = expected_us / 16 + 100;
	int err = routine_pause(probe, expected_us);

	while (!err) {
		err = core_poll(core);
		if (err || core->state == CORE_HALTED)
			break;
		if (link_now_us(probe_link(probe)) - start > timeout_us)
			return E_LOADER;
		err = routine_pause(probe, pause < PAUSE_LONGEST_US ? pause : PAUSE_LONGEST_US);
	}
	return err;
}

/* At a BKPT within the code that was started. */
static bool stands_at_end(const struct core *core, const struct routine_call *call)
{
	return core->stop == STOP_BREAKPOINT_SW && core->stop_pc - call->entry < call->code_size;
}

int routine_wait(struct core *core, const struct routine_call *call, uint64_t expected_us,
		 uint64_t timeout_us, struct why *why)
{
	int err = wait_for_halt(core, expected_us, timeout_us);
	int stopped;

	if (err == E_LOADER)
		explain(why, err, "the code in RAM did not end within %u ms",
			(unsigned)(timeout_us / 1000));
	else if (!err && !stands_at_end(core, call))
		err = routine_explain_death(core, "running code in RAM", why);
	else if (err)
		explain(why, err, "waiting for code in RAM: %s", error_text(err));
	stopped = routine_stop(core);
	return err ? err : stopped;
}

int routine_stop(struct core *core)
{
	int err;

	probe_critical_begin(core->board->probe);
	err = core_halt(core, HALT_MS);
	probe_critical_end(core->board->probe);
	return err;
}

/* The story of a fault is lines of text; an error is one sentence. */
static void join_lines(char *text)
{
	char *out = text;

	for (const char *in = text; *in; ) {
		if (*in != '\n') {
			*out++ = *in++;
			continue;
		}
		while (*in == '\n' || *in == ' ')
			in++;
		if (*in) {
			*out++ = ';';
			*out++ = ' ';
		}
	}
	*out = '\0';
}

/* What the halted core has to say: its fault, or just where it stands. */
static void describe_halt(struct core *core, char *text, size_t size)
{
	uint32_t pc = 0;

	core_read_register(core, REG_PC, &pc);
	snprintf(text, size, "the core stopped at PC 0x%08X", pc);
	if (core->stop == STOP_FAULT || core->stop == STOP_LOCKUP)
		fault_explain(core, text, size);
	join_lines(text);
}

int routine_explain_death(struct core *core, const char *doing, struct why *why)
{
	char story[400] = "the core runs but gives no sign of life; perhaps the controller is busy for ever";

	probe_critical_begin(core->board->probe);
	core_poll(core);
	if (core->was_reset)
		snprintf(story, sizeof story, "the chip was reset meanwhile (watchdog, brown-out, "
			 "reset button?)");
	else if (core->state == CORE_HALTED)
		describe_halt(core, story, sizeof story);
	probe_critical_end(core->board->probe);
	return explain(why, E_LOADER, "%s: %s", doing, story);
}

static bool saved_register(unsigned reg)
{
	return reg != REG_SPECIAL - 1;		/* the reserved one */
}

/* The fault status of a core that has one; reading changes nothing. */
static int read_fault_flags(struct core *core, uint32_t *cfsr, uint32_t *hfsr)
{
	struct probe_op ops[] = { { PROBE_OP_READ, CFSR, 0, 0 }, { PROBE_OP_READ, HFSR, 0, 0 } };
	int err = 0;

	if (core->mainline)
		err = probe_batch(core->board->probe, core->port, ops, ARRAY_SIZE(ops));
	*cfsr = ops[0].value;
	*hfsr = ops[1].value;
	return err;
}

/* Takes away (by writing ones) what was not there before: it is our fault, not the firmware's. */
static int clear_fault_flags(struct core *core, uint32_t cfsr_before, uint32_t hfsr_before)
{
	uint32_t cfsr, hfsr;
	int err = read_fault_flags(core, &cfsr, &hfsr);

	if (!err && cfsr & ~cfsr_before)
		err = probe_write_u32(core->board->probe, core->port, CFSR, cfsr & ~cfsr_before);
	if (!err && hfsr & ~hfsr_before)
		err = probe_write_u32(core->board->probe, core->port, HFSR, hfsr & ~hfsr_before);
	return err;
}

int routine_save(struct core *core, struct routine_context *context)
{
	int err = read_fault_flags(core, &context->cfsr, &context->hfsr);

	for (unsigned reg = 0; reg < PROBE_CORE_REGISTERS && !err; reg++)
		if (saved_register(reg))
			err = core_read_register(core, reg, &context->registers[reg]);
	context->stop = core->stop;
	context->stop_signal = core->stop_signal;
	context->stop_address = core->stop_address;
	context->stop_watch = core->stop_watch;
	return err;
}

int routine_restore(struct core *core, const struct routine_context *context)
{
	int err = clear_fault_flags(core, context->cfsr, context->hfsr);

	/* SPECIAL before SP: CONTROL.SPSEL decides which stack pointer that is. */
	if (!err)
		err = core_write_register(core, REG_SPECIAL, context->registers[REG_SPECIAL]);
	for (unsigned reg = 0; reg < REG_SPECIAL && !err; reg++)
		if (saved_register(reg))
			err = core_write_register(core, reg, context->registers[reg]);
	core->stop = context->stop;
	core->stop_signal = context->stop_signal;
	core->stop_address = context->stop_address;
	core->stop_watch = context->stop_watch;
	return err;
}
