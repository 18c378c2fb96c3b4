/* SPDX-License-Identifier: MIT
 *
 * On which access port is the core? Mostly on 0; on 1 where port 0 is the system's own (H5, WBA, H7RS).
 */
#include "targets/port.h"

#include "probe/bytes.h"
#include "targets/connect.h"
#include "targets/core_private.h"
#include "targets/detect.h"

enum { PORTS_MAX = 4 };

static void add_port(uint8_t *ports, unsigned *count, uint32_t ap)
{
	for (unsigned i = 0; i < *count; i++) {
		if (ports[i] == ap)
			return;
	}
	if (*count < PORTS_MAX)
		ports[(*count)++] = (uint8_t)ap;
}

/* On which access ports the core may be: those of the chips with this DPIDR, port 0 first. */
static unsigned list_ports(const struct board *board, uint8_t ports[PORTS_MAX])
{
	const struct chip_library *chips = board->options.chips;
	unsigned count = 0, known = 0;

	ports[count++] = 0;
	for (size_t i = 0; i < chip_library_count(chips); i++)
		known += chip_library_row(chips, i)->dpidr == board->dpidr;
	for (size_t i = 0; i < chip_library_count(chips); i++) {
		const struct chip_index *row = chip_library_row(chips, i);

		if (row->cpuid && (!known || row->dpidr == board->dpidr))
			add_port(ports, &count, row->ap);
	}
	return count;
}

/* No core here, but perhaps behind another port. Anything else is an answer. */
bool port_has_no_core(int err)
{
	return err == E_CHIP || err == E_FAULT || err == E_AP;
}

static int try_port(struct board *board, uint8_t ap, struct why *why)
{
	struct core *core = &board->cores[0];

	if (ap != core->port.ap) {
		int err = probe_open_ap(board->probe, ap);

		if (err)
			return explain(why, E_FAULT, "access port %u: %s", ap,
				       probe_error_text(board->probe, err));
		core->port.ap = ap;
	}
	return core_examine(core, why);
}

static int write_wake(struct board *board, const struct chip_wake *wake)
{
	struct probe_port port = { .ap = (uint8_t)wake->ap };
	uint32_t value;
	int err = probe_open_ap(board->probe, port.ap);

	if (!err)
		err = probe_read_u32(board->probe, port, wake->address, &value);
	if (!err)
		err = probe_write_u32(board->probe, port, wake->address, value | wake->set);
	if (!err) {
		board->woken = *wake;
		board->woken_before = value;
	}
	return err;
}

/* How chips with this DPIDR are woken; they agree. NULL: they need not be. */
static const struct chip_wake *find_wake(const struct board *board)
{
	const struct chip_library *chips = board->options.chips;

	for (size_t i = 0; i < chip_library_count(chips); i++) {
		const struct chip_index *row = chip_library_row(chips, i);

		if (row->wake.address && row->dpidr == board->dpidr)
			return &row->wake;
	}
	return NULL;
}

/* A core that sleeps with its clock off is reached once DBGMCU keeps it on (H7; ES0392). Only through a
 * port that chips of this kind have, and not where nothing may be written. */
static bool wake_core(struct board *board)
{
	const struct chip_wake *wake = find_wake(board);
	bool done;

	if (!wake || connect_writes_nothing(board))
		return false;
	done = !write_wake(board, wake);
	probe_open_ap(board->probe, board->cores[0].port.ap);
	return done;
}

/* The core is where a CPUID is. */
int port_find_core(struct board *board, struct why *why)
{
	uint8_t ports[PORTS_MAX];
	unsigned count = list_ports(board, ports);
	struct why first = { "" }, reason = { "" };
	int first_err = core_examine(&board->cores[0], &first), err = first_err;

	if ((err == E_FAULT || err == E_WAIT) && wake_core(board))
		err = first_err = core_examine(&board->cores[0], &first);
	for (unsigned i = 0; port_has_no_core(err) && i < count; i++) {
		if (ports[i] == board->cores[0].port.ap)
			continue;
		reason.text[0] = 0;
		err = try_port(board, ports[i], &reason);
	}
	if (port_has_no_core(err)) {
		board->cores[0].port.ap = 0;
		if (detect_without_core(board, why) == E_CHIP && why->text[0])
			return E_CHIP;
	}
	if (port_has_no_core(err)) {
		*why = first;
		return first_err;
	}
	if (err)
		*why = reason.text[0] ? reason : first;
	return err;
}

bool port_is_out_of_reach(const struct board *board)
{
	uint8_t ports[PORTS_MAX];

	return !probe_abilities(board->probe)->init_ap && list_ports(board, ports) > 1;
}

/* While the chip is held in reset there is only CPUID to go by. */
void port_guess_core(struct board *board)
{
	struct core *core = &board->cores[0];
	uint8_t ports[PORTS_MAX], before = core->port.ap;
	unsigned count = list_ports(board, ports);
	struct why ignored = { "" };

	if (count < 2 || !core_examine(core, &ignored))
		return;
	for (unsigned i = 0; i < count; i++) {
		if (ports[i] != before && !try_port(board, ports[i], &ignored))
			return;
	}
	if (core->port.ap != before && !probe_open_ap(board->probe, before))
		core->port.ap = before;
}
