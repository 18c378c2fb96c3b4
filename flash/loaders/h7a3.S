/* SPDX-License-Identifier: MIT
 *
 * Flash loader for H7A3, H7B3 and H7B0: h7.inc with its registers.
 */
	.equ	CR, 0x0C
	.equ	SR, 0x10
	.equ	FLAGS, SR
	.equ	CR_START, 1 << 5
	.equ	ERRORS, 0x002E0000
	.equ	UNIT, 16		@ bytes that are programmed at once
	.equ	BANK_STEP, 0x100
	.include "h7.inc"
