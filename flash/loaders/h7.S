/* SPDX-License-Identifier: MIT
 *
 * Flash loader for H72x to H75x: h7.inc with its registers.
 */
	.equ	CR, 0x0C
	.equ	SR, 0x10
	.equ	FLAGS, SR
	.equ	CR_START, 1 << 7
	.equ	ERRORS, 0x006E0000
	.equ	UNIT, 32		@ bytes that are programmed at once
	.equ	BANK_STEP, 0x100
	.include "h7.inc"
