/* SPDX-License-Identifier: MIT
 *
 * The table of ST-LINK models. A new model is a new row here (and in scripts/udev).
 */
#include "probe/models.h"

#include "probe/bytes.h"

#define BOOTLOADER "the probe is in its bootloader: unplug it and plug it in again; if that " \
	"does not help, write its firmware anew with ST's STSW-LINK007"

static const struct model models[] = {
	{ 0x3744, "ST-LINK/V1", 0, 0, 0, false,
	  "ST-LINK/V1 speaks another protocol and is not supported: use a V2, V2-1 or V3" },
	{ 0x3748, "ST-LINK/V2", 0x02, 0x81, 0x83, false, NULL },
	{ 0x374A, "ST-LINK/V2-1", 0x01, 0x81, 0x82, false, NULL },
	{ 0x374B, "ST-LINK/V2-1", 0x01, 0x81, 0x82, true, NULL },
	{ 0x374D, "STLINK-V3 bootloader", 0, 0, 0, false, BOOTLOADER },
	{ 0x374E, "STLINK-V3", 0x01, 0x81, 0x82, false, NULL },
	{ 0x374F, "STLINK-V3SET", 0x01, 0x81, 0x82, false, NULL },
	{ 0x3752, "ST-LINK/V2-1", 0x01, 0x81, 0x82, true, NULL },
	{ 0x3753, "STLINK-V3", 0x01, 0x81, 0x82, false, NULL },
	{ 0x3754, "STLINK-V3", 0x01, 0x81, 0x82, false, NULL },
	{ 0x3755, "STLINK-V3PWR bootloader", 0, 0, 0, false, BOOTLOADER },
	{ 0x3757, "STLINK-V3PWR", 0x01, 0x81, 0x82, false, NULL },
};

const struct model *model_find(uint16_t product)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (models[i].product == product)
			return &models[i];
	return NULL;
}
