/* SPDX-License-Identifier: MIT
 *
 * The remap bit. Without its clock the register reads 0, whatever it holds.
 */
#include "targets/remap.h"

#include "targets/batch.h"
#include "targets/board.h"

static int read_bit(struct core *core, const struct chip_remap *remap, uint32_t enabled, bool *remapped)
{
	uint32_t clock = 1u << (remap->enable_bit & 31);
	bool lend = !(enabled & clock);
	struct batch batch;
	size_t word;
	int err;

	batch_begin(&batch, core);
	if (lend)
		batch_write(&batch, remap->enable, enabled | clock);
	word = batch_read(&batch, remap->address);
	if (lend)
		batch_write(&batch, remap->enable, enabled);
	err = batch_run(&batch);
	*remapped = batch_value(&batch, word) >> (remap->bit & 31) & 1;
	return err;
}

int remap_read(struct core *core, struct why *why)
{
	struct chip *chip = &core->board->chip;
	const struct chip_remap *remap = &chip->remap;
	bool remapped = false;
	uint32_t enabled = 0;
	int err;

	if (!remap->address || chip->bank_count < 2)
		return 0;
	err = probe_read_u32(core->board->probe, core->port, remap->enable, &enabled);
	if (!err && core->state != CORE_HALTED && !(enabled >> (remap->enable_bit & 31) & 1))
		return 0;
	if (!err)
		err = read_bit(core, remap, enabled, &remapped);
	if (err)
		return explain(why, err, "which bank of the flash stands first can't be read (0x%08X): %s",
			       remap->address, error_text(err));
	chip_set_remapped(chip, remapped);
	return 0;
}
