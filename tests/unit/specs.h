/* SPDX-License-Identifier: MIT
 *
 * Hand-made specs of virtual chips, so that the models are tested without the chip files.
 */
#ifndef TESTS_UNIT_SPECS_H
#define TESTS_UNIT_SPECS_H

#include "probe/virtual/spec.h"

void spec_f103(struct virtual_spec *spec);	/* STM32F103CB: 128 pages of 1 KiB */
void spec_f103xl(struct virtual_spec *spec);	/* STM32F103ZG: two banks of 256 pages of 2 KiB */
void spec_f072(struct virtual_spec *spec);	/* STM32F072CB: 64 pages of 2 KiB */
void spec_f303(struct virtual_spec *spec);	/* STM32F303CC: 128 pages of 2 KiB */
void spec_l053(struct virtual_spec *spec);	/* STM32L053C8: 512 pages of 128 bytes */
void spec_l073(struct virtual_spec *spec);	/* STM32L073RZ: two banks of 768 pages */
void spec_l152(struct virtual_spec *spec);	/* STM32L152RB: 512 pages of 256 bytes */
void spec_l152e(struct virtual_spec *spec);	/* STM32L152RE: two banks of 1024 pages */

#endif
