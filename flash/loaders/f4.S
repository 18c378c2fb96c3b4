/* SPDX-License-Identifier: MIT
 *
 * Flash loader for the F2/F4/F7 controller, run by the target out of RAM: takes erase and program
 * entries from a queue that the host fills meanwhile. RM0090 3.6; Armv7-M; no stack.
 *
 * In:	r0 = control block: { consumer, producer, heartbeat, status, address }
 *	r1 = registers of the controller, unlocked
 *	r2 = IWDG_KR, or any word that may be written
 *	r3 = start of the queue
 *
 * consumer and producer are addresses in the queue; they are equal when it is empty. Bit 0 of
 * consumer is set when an error ended the loader: status then has SR, and address the place (past
 * the failing unit when programming). Entries are { kind, CR, address, bytes } with the data behind,
 * filled up to whole words. No entry crosses the end of the queue: REWIND goes back to its start.
 * One unit past the data of an entry is read (not used).
 */
	.syntax unified
	.cpu cortex-m3
	.thumb
	.text

	.equ	CONSUMER, 0
	.equ	PRODUCER, 4
	.equ	HEARTBEAT, 8
	.equ	STATUS, 12
	.equ	ADDRESS, 16

	.equ	REWIND, 0		@ kinds
	.equ	ERASE, 1		@ anything else: program

	.equ	SR, 0x0C
	.equ	SR_BSY, 1 << 16
	.equ	SR_ERRORS, 0x1F2
	.equ	CR, 0x10
	.equ	CR_STRT, 1 << 16

	.macro	beat			@ still alive: for the watchdog and for the host
	str	r12, [r2]
	add	r11, r11, #1
	str	r11, [r0, #HEARTBEAT]
	.endm

	@ Programs r7 bytes from r4 to r6. The next unit is fetched while the last one is written.
	.macro	program load, store, size
	\load	r8, [r4], #\size
1:	\store	r8, [r6], #\size
	dsb
	beat
	\load	r8, [r4], #\size
2:	ldr	r9, [r1, #SR]
	lsls	r5, r9, #15
	bmi	2b
	tst	r9, #SR_ERRORS
	bne	failed
	subs	r7, #\size
	bne	1b
	b	entry_done
	.endm

	.global start
start:
	movw	r12, #0xAAAA
	movs	r11, #0
	mov	r4, r3

next_entry:				@ r4 = the entry
	beat
	ldr	r5, [r0, #PRODUCER]
	cmp	r4, r5
	beq	next_entry
	ldmia	r4!, {r5, r8}
	cmp	r5, #REWIND
	beq	rewind
	ldmia	r4!, {r6, r7}
	str	r8, [r1, #CR]
	cmp	r5, #ERASE
	beq	erase

	adds	r10, r7, #3
	bic	r10, r10, #3
	add	r10, r10, r4		@ r10 = the entry after this one
	ubfx	r5, r8, #8, #2		@ PSIZE
	cmp	r5, #1
	blo	program_8
	beq	program_16
	program	ldr, str, 4
program_16:
	program	ldrh, strh, 2
program_8:
	program	ldrb, strb, 1

erase:
	mov	r10, r4
	orr	r8, r8, #CR_STRT
	str	r8, [r1, #CR]
	dsb
3:	beat
	ldr	r9, [r1, #SR]
	tst	r9, #SR_BSY
	bne	3b
	tst	r9, #SR_ERRORS
	bne	failed

entry_done:
	mov	r4, r10
	str	r4, [r0, #CONSUMER]
	b	next_entry

rewind:
	mov	r10, r3
	b	entry_done

failed:
	str	r9, [r0, #STATUS]
	str	r6, [r0, #ADDRESS]
	ldr	r5, [r0, #CONSUMER]
	orr	r5, r5, #1
	str	r5, [r0, #CONSUMER]
	bkpt	#0
	b	.
