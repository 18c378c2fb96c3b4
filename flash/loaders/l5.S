/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the controllers of L5, U3 and WBA2: l4.inc with their registers.
 */
	.equ	SR, 0x20
	.equ	CR, 0x28
	.equ	LAST_BUSY, 17
	.equ	UNIT, 8		@ bytes that are programmed at once
	.equ	ROW, 128		@ bursts of U3
	.equ	ROW_SHIFT, BWR_SHIFT
	.include "l4.inc"
