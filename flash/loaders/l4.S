/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the controllers of L4: l4.inc with their registers.
 */
	.equ	SR, 0x10
	.equ	CR, 0x14
	.equ	LAST_BUSY, 16
	.equ	UNIT, 8		@ bytes that are programmed at once
	.equ	ROW, 256		@ 32 double words
	.equ	ROW_SHIFT, FSTPG_SHIFT
	.include "l4.inc"
