@ SPDX-License-Identifier: MIT
@ Calls a routine in RAM (placed by the test at 0x20001000) for ever; it leaves its result in r0.
	.syntax unified
	.thumb
	.text	1
	.global	reset, call, back
	.thumb_func
reset:
	ldr	r4, =0x20001001
call:
	blx	r4
back:
	adds	r5, r5, r0
	b	call
	.ltorg
	.include "vectors.inc"
