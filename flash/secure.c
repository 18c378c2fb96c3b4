/* SPDX-License-Identifier: MIT
 *
 * What a core or debugger in the secure state sees as secure depends on the SAU, which the firmware sets; the bits
 * of FLASH_SECBBxRy only add to what the option bytes say. With all of them set there is one way to every page, and
 * a reset clears them (RM0438 6.5.5, RM0456 7.5.5).
 */
#include "flash/secure.h"

#include <string.h>

#include "probe/bytes.h"

static int write_bits(const struct core *core, const uint8_t *bits, uint32_t size)
{
	return probe_write(core->board->probe, core->port, core->board->chip.flash_secure_pages, bits, size, PROBE_32,
			   NULL);
}

static int read_bits(const struct core *core, uint8_t *bits, uint32_t size)
{
	return probe_read(core->board->probe, core->port, core->board->chip.flash_secure_pages, bits, size, PROBE_32,
			  NULL);
}

int secure_pages_begin(struct secure_pages *pages, struct core *core, struct why *why)
{
	uint8_t all[sizeof(pages->before)], first[4];
	int err;

	if (!chip_is_secure(&core->board->chip) || pages->held)
		return OK;
	if (core->state != CORE_HALTED)
		return explain(why, E_NOT_HALTED, "with TrustZone on all of flash is read only while the core is halted: "
			       "`monitor halt` first");
	memset(all, 0xFF, sizeof(all));
	err = read_bits(core, pages->before, sizeof(pages->before));
	pages->held = !err;
	if (!err)
		err = write_bits(core, all, sizeof(all));
	if (!err)
		err = read_bits(core, first, sizeof(first));
	memory_cache_drop(core);
	if (err)
		return explain(why, err, "making all pages secure (FLASH_SECBB): %s", error_text(err));
	if (get_u32(first) != UINT32_MAX)
		return explain(why, E_PROTECTED, "the secure flash registers do not take what is written (FLASH_SECBB1R1 "
			       "is 0x%08X): `monitor reset halt`, then again", get_u32(first));
	return OK;
}

int secure_pages_end(struct secure_pages *pages, struct core *core)
{
	int err = OK;

	if (pages->held)
		err = write_bits(core, pages->before, sizeof(pages->before));
	pages->held = false;
	memory_cache_drop(core);
	return err;
}
