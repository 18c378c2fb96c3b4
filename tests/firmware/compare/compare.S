@ SPDX-License-Identifier: MIT
@
@ What a core does around exceptions, written down at check points (labels check_NN, in order) and in the
@ array `log`, so that two models of it can be compared there. Nothing depends on how fast it runs.
	.syntax unified
	.thumb
	.cpu	cortex-m4
	.fpu	fpv4-sp-d16

	.equ	SCS, 0xE000E000
	.equ	STACK, 0x20010000
	.equ	PROCESS_STACK, 0x2000C000
	.equ	NOTHING, 0x60000000

	.macro	check number
	.global	check_\number
check_\number:
	nop
	.endm

@ Skips the instruction of `size` bytes on which a fault is expected.
	.macro	expect size
	ldr	r11, =skip
	mov	r10, #\size
	str	r10, [r11]
	.endm

	.section .vectors, "a"
	.word	STACK, reset, nmi, fault, fault, fault, fault, 0, 0, 0, 0, svc, plain, 0, pendsv, systick
	.word	low, middle, high, plain

	.section .vectors, "a"
	.balign	512
other_vectors:
	.word	STACK, reset, nmi, fault, fault, fault, fault, 0, 0, 0, 0, plain

	.bss
	.balign	8
skip:	.space	4
next:	.space	4
ticks:	.space	4
repair:	.space	4
	.balign	8
	.global	log
log:	.space	4096

	.text
	.thumb_func
	.global	reset
reset:
	ldr	r0, =skip
	ldr	r1, =log + 4096
	movs	r2, #0
1:	str	r2, [r0], #4
	cmp	r0, r1
	blo	1b
	ldr	r0, =next
	ldr	r1, =log
	str	r1, [r0]
	ldr	r0, =SCS + 8
	movs	r1, #2			@ ACTLR.DISDEFWBUF: QEMU knows no write buffer, its faults are precise
	str	r1, [r0]
	movs	r0, #0
	movs	r1, #1
	movs	r2, #2
	movs	r3, #3
	movs	r4, #4
	movs	r5, #5
	movs	r6, #6
	movs	r7, #7
	mov	r8, #8
	mov	r9, #9
	mov	r10, #10
	mov	r11, #11
	mov	r12, #12
	msr	apsr_nzcvq, r0
	check	01

@ Faults that nobody enabled: HardFault, on the main stack.
	expect	2
	udf	#0
	check	02
	expect	4
	ldr	r8, =NOTHING
	ldr.w	r9, [r8, #4]
	check	03
	expect	4
	str.w	r9, [r8]
	check	04
	expect	4
	vmov	s0, r0			@ CPACR is closed
	check	05
	cpsid	i
	expect	0
	svc	#1			@ can't be taken
	cpsie	i
	check	06

@ In an IT block: the frame has its state, the rest of the block goes on.
	expect	2
	cmp	r0, r0
	ittte	eq
	moveq	r1, #0x11
	udfeq	#2
	moveq	r2, #0x22
	movne	r3, #0x33
	check	07

@ With their own handlers, which are the same one.
	ldr	r0, =SCS
	ldr	r1, =0x70000
	str	r1, [r0, #0xD24]
	movs	r0, #0
	expect	2
	udf	#3
	check	08
	expect	4
	ldr.w	r9, [r8, #8]
	check	09
	expect	-1			@ to where lr points
	adr	r7, after_jump
	orr	lr, r7, #1
	adr	r6, elsewhere		@ no Thumb bit
	bx	r6
	.balign	4
elsewhere:
	nop
	nop
after_jump:
	check	10
	expect	-1
	ldr	lr, =after_fetch + 1
	ldr	r6, =NOTHING + 1
	bx	r6
after_fetch:
	check	11

@ Priorities and masks: `low` starts `middle`, which starts `high`.
	ldr	r0, =SCS
	ldr	r1, =0x002060C0		@ low C0, middle 60, high 20
	str	r1, [r0, #0x400]
	movs	r1, #7
	str	r1, [r0, #0x100]
	ldr	r1, =0x00F00000
	str	r1, [r0, #0xD20]	@ PendSV last
	cpsid	i
	movs	r1, #1
	str	r1, [r0, #0x200]
	isb
	check	12
	cpsie	i
	isb
	check	13
	mov	r1, #0x60
	msr	basepri, r1
	movs	r1, #3
	str	r1, [r0, #0x200]	@ both have to wait
	isb
	check	14
	movs	r1, #4
	str	r1, [r0, #0x200]	@ this one has not
	isb
	check	15
	movs	r1, #0
	msr	basepri, r1
	isb
	check	16
	ldr	r1, =0x10000000		@ PendSV and an interrupt at once: chained
	cpsid	i
	str	r1, [r0, #0xD04]
	movs	r1, #2
	str	r1, [r0, #0x200]
	cpsie	i
	isb
	check	17
	ldr	r1, =0x80000000		@ NMI goes through FAULTMASK
	cpsid	f
	str	r1, [r0, #0xD04]
	isb
	cpsie	f
	check	18
	ldr	r1, =0x05FA0500		@ groups of 4: 60 and 20 differ, but C0 and E0 do not
	str	r1, [r0, #0xD0C]
	ldr	r1, =0x00E060C0
	str	r1, [r0, #0x400]
	movs	r1, #1
	str	r1, [r0, #0x200]
	isb
	check	19
	ldr	r1, =0x05FA0000
	str	r1, [r0, #0xD0C]

@ An odd stack: the frame is aligned and the gap is remembered.
	sub	sp, #4
	svc	#4
	add	sp, #4
	check	20

@ The process stack, then no privileges either.
	ldr	r1, =PROCESS_STACK
	msr	psp, r1
	movs	r1, #2
	msr	control, r1
	isb
	check	21
	svc	#5
	check	22
	movs	r1, #3
	msr	control, r1
	isb
	mrs	r1, control
	mrs	r2, msp			@ reads as zero
	mrs	r3, ipsr
	check	23
	expect	4
	ldr.w	r9, [r0, #0xD00]	@ CPUID: forbidden now
	check	24
	cpsid	i			@ ignored
	mrs	r4, primask
	svc	#6
	check	25
	svc	#0xFF			@ its handler gives the privileges back
	mrs	r5, control
	check	26
	movs	r1, #0
	msr	control, r1
	isb
	ldr	r1, =STACK
	mov	sp, r1

@ Returns that lead nowhere.
	ldr	r9, =0xFFFFFFF1
	svc	#0xFE			@ to a handler, though none is active
	check	27
	movs	r9, #0

@ The FPU, and its registers over exceptions.
	ldr	r1, =0x00F00000
	str	r1, [r0, #0xD88]
	ldr	r1, =0x00000000		@ stack at once: both models do the same
	ldr	r2, =0xE000EF34
	ldr	r3, =0x80000000
	str	r3, [r2]
	dsb
	isb
	mrs	r4, control
	movs	r1, #10
	vmov	s0, r1
	vcvt.f32.s32 s0, s0
	vmov	s15, s0
	vmov	s31, s0
	mrs	r5, control
	check	28
	svc	#7			@ a frame with FP state
	check	29
	movs	r1, #4
	str	r1, [r0, #0x200]	@ `high` uses the FPU too
	isb
	vmov	r6, s0
	vmov	r7, s15
	check	30
	movs	r1, #0
	vmov	s1, r1
	vdiv.f32 s2, s0, s1
	vsqrt.f32 s3, s0
	vneg.f32 s4, s0
	vsqrt.f32 s5, s4
	vcmp.f32 s5, s5
	vmrs	APSR_nzcv, fpscr
	vmrs	r6, fpscr
	check	31
	bl	work			@ C: recursion and floating point
	check	32

@ SysTick, by count and by interrupt.
	ldr	r0, =SCS
	movw	r1, #999
	str	r1, [r0, #0x14]
	str	r1, [r0, #0x18]
	movs	r1, #5
	str	r1, [r0, #0x10]
1:	ldr	r2, [r0, #0x10]
	tst	r2, #0x10000
	beq	1b
	movs	r1, #0
	str	r1, [r0, #0x10]
	ldr	r3, [r0, #0x14]
	check	33
	movw	r1, #50000
	str	r1, [r0, #0x14]
	str	r1, [r0, #0x18]
	movs	r1, #7
	str	r1, [r0, #0x10]
	ldr	r2, =ticks
1:	wfi
	ldr	r3, [r2]
	cmp	r3, #3
	blo	1b
	movs	r1, #0
	str	r1, [r0, #0x10]
	check	34
@ A stack that is not there: BusFault comes first and finds a better one, the SVC follows.
	ldr	r1, =PROCESS_STACK - 256
	ldr	r2, =repair
	str	r1, [r2]
	movs	r3, #5
	str	r3, [r1], #4
	str	r3, [r1], #4
	str	r3, [r1], #4
	str	r3, [r1], #4
	str	r3, [r1], #4
	str	r3, [r1], #4
	ldr	r3, =after_bad_stack
	str	r3, [r1], #4
	ldr	r3, =0x01000000
	str	r3, [r1], #4
	ldr	r1, =0xC0000000
	str	r1, [r0, #0xD1C]
	ldr	r1, =NOTHING + 0x100
	msr	psp, r1
	movs	r1, #2
	msr	control, r1
	isb
	expect	0
	svc	#8
	.balign	2
after_bad_stack:
	check	35
	movs	r1, #0
	msr	control, r1
	isb

@ Vectors somewhere else.
	ldr	r1, =other_vectors
	ldr	r2, =SCS
	str	r1, [r2, #0xD08]
	dsb
	svc	#9
	check	36
	ldr	r3, [r2, #0xD08]
	movs	r1, #0
	str	r1, [r2, #0xD08]
	svc	#10
	check	37

@ What registers keep of what is written. Priorities have 4 bits here and 8 in QEMU; the revision
@ of the core differs too.
	mvn	r1, #0
	str	r1, [r2, #0xD18]
	ldr	r3, [r2, #0xD18]
	and	r3, #0xF0F0F0F0
	str	r1, [r2, #0x404]
	ldr	r4, [r2, #0x404]
	and	r4, #0xF0F0F0F0
	str	r1, [r2, #0xD14]
	ldr	r5, [r2, #0xD14]
	mov	r6, #0x200
	str	r6, [r2, #0xD14]
	strb	r6, [r2, #0xD18]
	ldr	r6, [r2, #0xD18]
	and	r6, #0xF0F0F0F0
	ldr	r7, [r2, #0xD00]
	lsr	r7, #4
	mov	r1, #0xF0
	msr	basepri, r1
	mrs	r8, basepri
	msr	basepri_max, r6
	mrs	r9, basepri
	movs	r6, #0x40
	msr	basepri_max, r6
	mrs	r10, basepri
	movs	r6, #0
	msr	basepri, r6
	check	38

@ A load that fails in an IT block.
	ldr	r8, =NOTHING
	expect	4
	movs	r0, #0
	cmp	r0, r0
	ittet	eq
	moveq	r1, #0x44
	ldreq.w	r9, [r8]
	movne	r3, #0x55
	moveq	r2, #0x66
	check	39
	.global	done
done:
	b	done
	.ltorg

@ r0-r3 are free in handlers. Writes a row: exception, EXC_RETURN, then the frame's eight words.
	.thumb_func
write_row:
	ldr	r2, =next
	ldr	r3, [r2]
	mrs	r1, ipsr
	str	r1, [r3], #4
	ldr	r1, [sp, #4]		@ EXC_RETURN, pushed by the handler
	str	r1, [r3], #4
	tst	r1, #4
	ite	eq
	addeq	r0, sp, #8
	mrsne	r0, psp
	push	{r4, r5}
	movs	r4, #8
	mov	r5, r0
1:	ldr	r1, [r5], #4
	str	r1, [r3], #4
	subs	r4, #1
	bne	1b
	str	r0, [r3], #4		@ where the frame is
	str	r3, [r2]
	pop	{r4, r5}
	bx	lr

	.thumb_func
plain:
pendsv:
nmi:
	push	{r4, lr}
	bl	write_row
	pop	{r4, pc}
	.thumb_set pendsv, plain
	.thumb_set nmi, plain

	.thumb_func
systick:
	ldr	r0, =ticks
	ldr	r1, [r0]
	adds	r1, #1
	str	r1, [r0]
	bx	lr

@ Writes CFSR, HFSR and the addresses too, and returns behind the instruction.
	.thumb_func
fault:
	push	{r4, lr}
	ldr	r0, =repair
	ldr	r1, [r0]
	cbz	r1, 1f
	mrs	r2, psp
	msr	psp, r1
	movs	r1, #0
	str	r1, [r0]
	ldr	r1, =next
	ldr	r3, [r1]
	str	r2, [r3], #4		@ where the frame should have been
	str	r3, [r1]
1:	bl	write_row
	mov	r4, r0
	ldr	r0, =SCS
	ldr	r1, [r0, #0xD28]
	str	r1, [r3], #4
	str	r1, [r0, #0xD28]
	tst	r1, #0x8000
	ite	ne
	ldrne	r2, [r0, #0xD38]
	moveq	r2, #0
	str	r2, [r3], #4
	ldr	r1, [r0, #0xD2C]
	str	r1, [r3], #4
	str	r1, [r0, #0xD2C]
	ldr	r2, =next
	str	r3, [r2]
	ldr	r1, [sp, #4]		@ a return to nowhere: give it a good one
	cmp	r1, #0xFFFFFFF1
	itt	eq
	moveq	r1, #0xFFFFFFF9
	streq	r1, [sp, #4]
	ldr	r0, =skip
	ldr	r1, [r0]
	cmp	r1, #0
	blt	to_lr
	ldr	r2, [r4, #24]
	add	r2, r1
	str	r2, [r4, #24]
	@ past an instruction of an IT block: move its state on (IT[7:0] = xPSR[15:10] [26:25])
	ldr	r2, [r4, #28]
	ldr	r3, =0x0600FC00
	tst	r2, r3
	bne	advance_it
	pop	{r4, pc}
to_lr:
	ldr	r2, [r4, #20]
	bic	r2, #1
	str	r2, [r4, #24]
	ldr	r2, [r4, #28]
	orr	r2, #0x01000000
	str	r2, [r4, #28]
	pop	{r4, pc}
advance_it:
	ubfx	r0, r2, #25, #2
	ubfx	r1, r2, #10, #6
	orr	r0, r0, r1, lsl #2
	and	r1, r0, #0x1F
	lsl	r1, #1
	and	r1, #0x1F
	and	r0, #0xE0
	orr	r0, r1
	tst	r0, #7
	it	eq
	moveq	r0, #0
	bic	r2, r3
	and	r1, r0, #3
	orr	r2, r2, r1, lsl #25
	lsr	r1, r0, #2
	orr	r2, r2, r1, lsl #10
	str	r2, [r4, #28]
	pop	{r4, pc}

	.thumb_func
svc:
	push	{r4, lr}
	bl	write_row
	ldr	r1, [r0, #24]
	ldrb	r1, [r1, #-2]
	cmp	r1, #0xFF
	beq	1f
	cmp	r1, #0xFE
	beq	2f
	pop	{r4, pc}
1:	movs	r1, #2
	msr	control, r1
	pop	{r4, pc}
@ The fault of this return finds the frame of the SVC.
2:	pop	{r4, lr}
	ldr	r1, =skip
	movs	r2, #0
	str	r2, [r1]
	bx	r9

	.thumb_func
low:
	push	{r4, lr}
	bl	write_row
	ldr	r0, =SCS
	movs	r1, #2
	cpsid	i			@ so that it comes at one place in all models
	str	r1, [r0, #0x200]
	cpsie	i
	isb
	bl	log_masks
	pop	{r4, pc}
	.thumb_func
middle:
	push	{r4, lr}
	bl	write_row
	ldr	r0, =SCS
	movs	r1, #4
	cpsid	i			@ so that it comes at one place in all models
	str	r1, [r0, #0x200]
	cpsie	i
	isb
	bl	log_masks
	pop	{r4, pc}
	.thumb_func
high:
	push	{r4, lr}
	bl	write_row
	bl	log_masks
	ldr	r0, =0xE000ED88
	ldr	r0, [r0]
	cbz	r0, 1f
	movs	r0, #99
	vmov	s0, r0
	vmov	s15, r0
1:	pop	{r4, pc}

@ ICSR, the masks and the active bits.
	.thumb_func
log_masks:
	ldr	r2, =next
	ldr	r3, [r2]
	ldr	r0, =SCS
	ldr	r1, [r0, #0xD04]
	str	r1, [r3], #4
	ldr	r1, [r0, #0x300]
	str	r1, [r3], #4
	mrs	r1, basepri
	str	r1, [r3], #4
	mrs	r1, primask
	str	r1, [r3], #4
	str	r3, [r2]
	bx	lr
	.ltorg
