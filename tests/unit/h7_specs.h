/* SPDX-License-Identifier: MIT
 *
 * Hand-made specs of virtual chips with two banks, an ITCM or a write buffer, so that the models are
 * tested without the chip files.
 */
#ifndef TESTS_UNIT_H7_SPECS_H
#define TESTS_UNIT_H7_SPECS_H

#include "probe/virtual/spec.h"

void spec_f205(struct virtual_spec *spec);	/* STM32F205RG */
void spec_f429(struct virtual_spec *spec);	/* STM32F429ZG: one bank, or two with DB1M */
void spec_f429i(struct virtual_spec *spec);	/* STM32F429ZI: always two banks */
void spec_f746(struct virtual_spec *spec);	/* STM32F746ZG */
void spec_f767(struct virtual_spec *spec);	/* STM32F767ZI: one bank, or two with nDBANK */
void spec_f722(struct virtual_spec *spec);	/* STM32F722ZE: other sectors, other times */
void spec_h743(struct virtual_spec *spec);	/* STM32H743ZG: two banks with a hole between them */
void spec_h743_swap(struct virtual_spec *spec);	/* the same with the option set, registers that move */
void spec_h743_keep(struct virtual_spec *spec);	/* and with registers that stay */
void spec_h7a3(struct virtual_spec *spec);	/* STM32H7A3ZI */
void spec_h7s7(struct virtual_spec *spec);	/* STM32H7S7L8 */
void spec_h563(struct virtual_spec *spec);	/* STM32H563ZI */

#endif
