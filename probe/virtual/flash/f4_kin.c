/* SPDX-License-Identifier: MIT
 *
 * What the flash controllers of STM32F2, F4 and F7 differ in: implemented bits, where else the flash
 * is read, times (typical values of the data sheets: DS6329, DS8626, DS9405, DS10916, DS11853,
 * DS11532).
 */
#include "probe/virtual/flash/f4.h"

#include "probe/bytes.h"

#include <string.h>

enum { ITCM = 0x00200000, F7_SMALL = 16 << 10 };

enum { ACR_F4 = 0x1F0F, ACR_F7 = 0x0B0F };

/* PG, SER, MER, SNB, PSIZE, STRT, EOPIE; the F2 has no ERRIE; two banks have a fifth bit of SNB and
 * MER2. */
enum { CR_F2 = 0x0101037F, CR_ONE = 0x0301037F, CR_TWO = 0x030183FF };

#define TIMES_F4 { { { 400, 300, 250, 230 }, { 1200, 700, 550, 490 }, { 2000, 1300, 1000, 875 } }, \
		   { 16000, 11000, 8000, 6900 } }
#define SECTORS_F7 { { 400, 250, 200, 200 }, { 1100, 800, 500, 500 }, { 2100, 1500, 1000, 1000 } }

static const struct flash_f4_kin kins[] = {
	{ "f2", ACR_F4, CR_F2, 0, false, false, false, { TIMES_F4, TIMES_F4 } },
	{ "f4", ACR_F4, CR_ONE, 0, false, false, false, { TIMES_F4, TIMES_F4 } },
	{ "f4db", ACR_F4, CR_TWO, 0, false, false, false, { TIMES_F4, TIMES_F4 } },
	{ "f7", ACR_F7, CR_ONE, ITCM, true, true, false,
	  { { SECTORS_F7, { 8000, 5600, 4000, 4000 } }, { SECTORS_F7, { 8000, 5600, 4000, 4000 } } } },
	{ "f7db", ACR_F7, CR_TWO, ITCM, true, true, true,
	  { { SECTORS_F7, { 8000, 5500, 4000, 4000 } }, { SECTORS_F7, { 16000, 11000, 8000, 8000 } } } },
};

#define TIMES_F72X { { { 346, 252, 208, 208 }, { 1027, 675, 505, 505 }, { 1953, 1252, 927, 927 } }, \
		     { 15436, 9738, 7006, 7006 } }

/* F72x and F73x: small sectors in one bank. */
static const struct flash_f4_kin f72x = { "f7", ACR_F7, CR_ONE, ITCM, true, true, false,
					  { TIMES_F72X, TIMES_F72X } };

const struct flash_f4_kin *flash_f4_kin(const struct virtual_spec *spec)
{
	for (size_t i = 0; i < ARRAY_SIZE(kins); i++) {
		if (strcmp(kins[i].controller, spec->controller) != 0)
			continue;
		if (strcmp(spec->controller, f72x.controller) == 0 &&
		    spec->banks[0].runs[0].size == F7_SMALL)
			return &f72x;
		return &kins[i];
	}
	return NULL;
}
