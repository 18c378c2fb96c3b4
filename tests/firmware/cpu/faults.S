@ SPDX-License-Identifier: MIT
@ One fault after the other: the test sets PC to a label. Handlers count in r11 and stay.
	.syntax unified
	.thumb
	.text	1
	.global	reset, hard, bus, usage, mem, svc, irq0, idle, undefined, divide, no_fpu, bad_load, bad_store, no_thumb
	.global	never, unmapped, device_fault, svc_masked, breakpoint, unprivileged, unprivileged_access, wait, waited
	.global	wait_event, in_it, fault_in_hard, bkpt, masked, unmask, unmasked, store_flash, bad_return, postindex
	.global	yield, not_to_be_fetched
	.thumb_func
reset:
	b	idle
idle:
	b	idle
undefined:
	udf	#0
divide:
	udiv	r0, r1, r2
no_fpu:
	vmov	s0, r0
	nop
bad_load:
	ldr	r0, [r1, #4]
postindex:
	ldr	r0, [r1], #4
bad_store:
	str	r0, [r1]
no_thumb:
	bx	r0
never:
	bx	r0
svc_masked:
	cpsid	i
	svc	#1
breakpoint:
bkpt:
	bkpt	#1
unprivileged:
	movs	r0, #1
	msr	control, r0
	isb
unprivileged_access:
	ldr	r0, [r1]
	nop
wait:
	wfi
waited:
	adds	r6, #1
	b	waited
wait_event:
	sev
	wfe
	adds	r6, #1
	wfe
	adds	r6, #1
	b	waited
in_it:
	cmp	r0, r0
	itt	eq
	vmoveq	s0, r0
	addeq	r6, #1
masked:
	cpsid	i
	str	r0, [r1]
	adds	r6, #1
	adds	r6, #1
unmask:
	cpsie	i
unmasked:
	adds	r6, #1
	b	idle
store_flash:
	str	r0, [r1]
	ldr	r2, [r1]
	b	idle
yield:
	yield
	nop
	b	idle
	.global	unaligned_load, unaligned_store, it_load, it_load_at
it_load:
	cmp	r0, r0
	ittt	eq
	moveq	r3, #3
it_load_at:
	ldreq	r0, [r1]
	moveq	r4, #4
	b	idle
unaligned_load:
	ldr	r0, [r1, #2]
unaligned_store:
	str	r0, [r1, #2]
	b	idle
	.thumb_func
hard:
	add	r11, r11, #1
	cmp	r10, #1
	beq	fault_in_hard
	cmp	r10, #2
	it	eq
	bxeq	lr
	b	idle
fault_in_hard:
	udf	#1
	.thumb_func
bus:
	add	r11, r11, #0x10
	b	idle
	.thumb_func
usage:
	add	r11, r11, #0x100
	b	idle
	.thumb_func
mem:
	add	r11, r11, #0x1000
	b	idle
	.thumb_func
svc:
	mov	lr, r9
	bx	lr
bad_return:
	svc	#2
	.thumb_func
irq0:
	add	r11, r11, #0x10000
	ldr	r3, =0x40000004		@ the line goes low
	str	r3, [r3]
	bx	lr
	.ltorg
	.include "vectors.inc"
