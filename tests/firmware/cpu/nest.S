@ SPDX-License-Identifier: MIT
@ Thread mode on the process stack, unprivileged; SVC sets PendSV and an interrupt that preempts it; PendSV
@ follows by tail-chaining. Each handler logs a letter and its EXC_RETURN at 0x20000000.
	.syntax unified
	.thumb
	.text	1
	.global	reset, thread, thread_end, svc, pendsv, irq0, log_at
	.thumb_func
reset:
	ldr	r7, =0x20000000
	ldr	r0, =0x20006000
	msr	psp, r0
	ldr	r0, =0xE000E400
	movs	r1, #0x10		@ irq0 above SVC
	strb	r1, [r0]
	ldr	r0, =0xE000ED1C
	ldr	r1, =0x80000000
	str	r1, [r0]		@ SVC at 0x80
	ldr	r0, =0xE000ED20
	ldr	r1, =0x00F00000
	str	r1, [r0]		@ PendSV lowest
	ldr	r0, =0xE000E100
	movs	r1, #1
	str	r1, [r0]
	movs	r0, #3
	msr	control, r0
	isb
	movs	r4, #4
	movs	r5, #5
thread:
	movs	r0, #0x11
	movs	r1, #0x22
	svc	#7
thread_end:
	b	thread_end
	.thumb_func
svc:
	movs	r0, #'S'
	bl	log
	ldr	r2, =0xE000ED04
	ldr	r3, =0x10000000
	str	r3, [r2]		@ PendSV
	ldr	r2, =0xE000E200
	movs	r3, #1
	str	r3, [r2]		@ irq0 preempts here
	movs	r0, #'s'
	bl	log
	ldr	pc, =0xFFFFFFFD
	.thumb_func
irq0:
	push	{r4, lr}
	movs	r0, #'I'
	mov	r1, lr
	str	r0, [r7]
	str	r1, [r7, #4]
	adds	r7, #8
	pop	{r4, pc}
	.thumb_func
pendsv:
	movs	r0, #'P'
	str	r0, [r7]
	str	lr, [r7, #4]
	adds	r7, #8
	bx	lr
log:
	str	r0, [r7]
	mrs	r1, ipsr
	str	r1, [r7, #4]
	adds	r7, #8
	bx	lr
	.ltorg
	.include "vectors.inc"
