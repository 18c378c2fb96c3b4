@ SPDX-License-Identifier: MIT
@ v6-M: SysTick and PendSV in a row, HardFault from SVC with interrupts off. Runs on every core.
	.syntax unified
	.thumb
	.text	1
	.global	reset, spin, systick, pendsv, hard, svc_off
	.thumb_func
reset:
	ldr	r0, =0xE000E010
	ldr	r1, =49
	str	r1, [r0, #4]
	str	r1, [r0, #8]
	movs	r1, #7
	str	r1, [r0]
	movs	r4, #0
	movs	r5, #0
spin:
	b	spin
	.thumb_func
systick:
	adds	r4, #1
	ldr	r0, =0xE000ED04
	ldr	r1, =0x10000000
	str	r1, [r0]
	bx	lr
	.thumb_func
pendsv:
	adds	r5, #1
	mov	r6, sp
	bx	lr
svc_off:
	cpsid	i
	svc	#0
	.thumb_func
hard:
	b	hard
	.ltorg
	.include "vectors.inc"
