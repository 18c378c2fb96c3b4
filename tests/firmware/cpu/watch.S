@ SPDX-License-Identifier: MIT
@ Loads and stores at 0x20000100 in a loop that runs before anybody watches.
	.syntax unified
	.thumb
	.text	1
	.global	reset, loop, load, loaded, store, stored, byte, stored_byte
	.thumb_func
reset:
	ldr	r1, =0x20000100
	movs	r0, #0
loop:
	nop
load:
	ldr	r0, [r1]
loaded:
	adds	r0, #1
store:
	str	r0, [r1]
stored:
	nop
byte:
	strb	r0, [r1, #6]
stored_byte:
	b	loop
	.ltorg
	.include "vectors.inc"
