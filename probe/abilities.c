/* SPDX-License-Identifier: MIT
 *
 * Firmware versions and the table of what came with which. The numbers are those of the debug part
 * of the firmware, the J in "V2J37S7".
 */
#include "probe/abilities.h"

#include "probe/bytes.h"
#include "probe/models.h"

#include <stdio.h>
#include <string.h>

static const char *model_name(uint16_t product)
{
	const struct model *model = model_find(product);

	return model ? model->name : "ST-LINK";
}

/* Some boards with a V2-1 have no debug firmware but mass storage and SWIM; nothing in the reply
 * says so but the pair of numbers. */
static bool is_swim_only(const struct model *model, unsigned x, unsigned y)
{
	if (!model || !model->splits_names)
		return false;
	return (x <= 22 && y == 7) || (x >= 25 && y >= 7 && y <= 12);
}

void version_parse(struct probe_version *version, const uint8_t reply[VERSION_SIZE],
		   uint16_t product)
{
	const struct model *model = model_find(product);
	unsigned number = (unsigned)reply[0] << 8 | reply[1];	/* the one big-endian number */
	unsigned x = number >> 6 & 0x3F, y = number & 0x3F;

	memset(version, 0, sizeof(*version));
	version->model = model_name(product);
	version->major = (uint8_t)(number >> 12);
	if (is_swim_only(model, x, y)) {
		version->msd = (uint8_t)x;
		version->swim = (uint8_t)y;
		snprintf(version->text, sizeof(version->text), "V%uM%uS%u", version->major, x, y);
		return;
	}
	version->jtag = (uint8_t)x;
	if (model && model->splits_names)
		version->msd = (uint8_t)y;
	else
		version->swim = (uint8_t)y;
	snprintf(version->text, sizeof(version->text), "V%uJ%u%c%u", version->major, x,
		 model && model->splits_names ? 'M' : 'S', y);
}

static void append_number(char *text, size_t size, char letter, unsigned number)
{
	size_t used = strlen(text);

	if (number)
		snprintf(text + used, size - used, "%c%u", letter, number);
}

void version_parse_v3(struct probe_version *version, const uint8_t reply[VERSION3_SIZE],
		      uint16_t product)
{
	memset(version, 0, sizeof(*version));
	version->model = model_name(product);
	version->major = reply[0];
	version->swim = reply[1];
	version->jtag = reply[2];
	version->msd = reply[3];
	version->bridge = reply[4];
	version->power = reply[5];
	snprintf(version->text, sizeof(version->text), "V%uJ%u", version->major, version->jtag);
	append_number(version->text, sizeof(version->text), 'M', version->msd);
	/* ST's tools leave the bridge out where there is mass storage: "V3J7M3". */
	if (!version->msd)
		append_number(version->text, sizeof(version->text), 'B', version->bridge);
	append_number(version->text, sizeof(version->text), 'P', version->power);
}

enum { ALWAYS = 0, NEVER = 255 };

/* Since which J number; the V3 counts anew. */
static const struct gate {
	size_t ability;		/* offset of a bool in struct probe_abilities */
	uint8_t v2, v3;
} gates[] = {
#define ABILITY(name) offsetof(struct probe_abilities, name)
	{ ABILITY(voltage), 13, ALWAYS },
	{ ABILITY(status2), 15, ALWAYS },
	{ ABILITY(set_speed), 22, ALWAYS },
	{ ABILITY(dap_registers), 24, ALWAYS },
	{ ABILITY(mem16), 26, ALWAYS },
	{ ABILITY(init_ap), 28, ALWAYS },
	{ ABILITY(close_ap), 29, ALWAYS },	/* J28 has it, and always answers an error */
	{ ABILITY(batch), 32, 2 },
	{ ABILITY(csw), 32, 2 },
	{ ABILITY(power_switch), 34, 4 },
	{ ABILITY(board_id), 36, 6 },
#undef ABILITY
};

enum {
	MEM8_MAX = 64,
	MEM8_MAX_V3 = 512, MEM8_V3_SINCE = 6,	/* earlier V3 firmware crashes above 64 */
	MEM32_MAX = 6144,
	BATCH_MAX_V2 = 64, BATCH_MAX_V3 = 1227,
	TRACE_V2_SINCE = 13, TRACE_MAX_V2_HZ = 2000000, TRACE_MAX_V3_HZ = 24000000,
};

void abilities_of(struct probe_abilities *abilities, const struct probe_version *version)
{
	bool v3 = version->major >= 3;
	/* The V3PWR (major 4) counts anew again, from firmware that had it all. */
	unsigned number = version->major > 3 ? NEVER - 1 : version->jtag;

	memset(abilities, 0, sizeof(*abilities));
	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		bool able = number >= (v3 ? gates[i].v3 : gates[i].v2);

		memcpy((char *)abilities + gates[i].ability, &able, sizeof(able));
	}
	abilities->mem8_max = v3 && number >= MEM8_V3_SINCE ? MEM8_MAX_V3 : MEM8_MAX;
	abilities->mem32_max = MEM32_MAX;
	if (v3 || number >= TRACE_V2_SINCE)
		abilities->trace_max_hz = v3 ? TRACE_MAX_V3_HZ : TRACE_MAX_V2_HZ;
	if (abilities->batch)
		abilities->batch_max = v3 ? BATCH_MAX_V3 : BATCH_MAX_V2;
}
