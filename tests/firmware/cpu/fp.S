@ SPDX-License-Identifier: MIT
@ The FPU is turned on and used in thread mode and in SysTick's handler: the context must survive.
	.syntax unified
	.thumb
	.text	1
	.global	reset, loop, systick
	.thumb_func
reset:
	ldr	r0, =0xE000ED88
	ldr	r1, =0x00F00000
	str	r1, [r0]
	dsb
	isb
	mov	r0, #7
	vmov	s0, r0
	vmov	s15, r0
	vmov	s16, r0
	mov	r4, #0
	ldr	r0, =0xE000E010
	ldr	r1, =99
	str	r1, [r0, #4]
	str	r1, [r0, #8]
	movs	r1, #7
	str	r1, [r0]
	movs	r5, #0
loop:
	vmov	r2, s0
	vmov	r3, s15
	adds	r5, #1
	b	loop
	.thumb_func
systick:
	movs	r0, #1
	vmov	s0, r0
	vmov	s15, r0
	adds	r4, #1
	mov	r6, lr
	bx	lr
	.ltorg
	.include "vectors.inc"
