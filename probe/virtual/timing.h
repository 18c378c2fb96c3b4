/* SPDX-License-Identifier: MIT
 *
 * What things cost on a real ST-LINK: the constants of the time model, each with where it comes
 * from. "measured" = logic analyser and usbmon on a V2J16 and V2J17; "fitted" = chosen so that
 * the whole model meets published throughput; "assumed" = nobody published a figure.
 */
#ifndef PROBE_VIRTUAL_TIMING_H
#define PROBE_VIRTUAL_TIMING_H

enum {
	/* USB, full speed (V2, V2-1). Medians on a native EHCI port, measured. */
	TIMING_FS_OUT_NS = 50000,	/* 16-byte bulk OUT, submitted to complete (34..142 us) */
	TIMING_FS_IN_NS = 47000,	/* bulk IN of a reply that is ready */
	/* USB, high speed (V3): one microframe at worst is 125 us; assumed. */
	TIMING_HS_OUT_NS = 30000,
	TIMING_HS_IN_NS = 30000,

	/* The probe's own work for each command; assumed. */
	TIMING_COMMAND_NS = 20000,

	/* V2 bit time by divisor: through 0.75 us at divisor 1 (measured: 1.33 MHz, though the
	 * label says 1800 kHz) and 1.27 us at divisor 3 (from 64.6 KiB/s at "950 kHz");
	 * fitted. */
	TIMING_V2_BIT_NS = 490,
	TIMING_V2_BIT_PER_DIVISOR_NS = 260,

	/* Between two packets on SWD. */
	TIMING_V2_GAP_NS = 1750,	/* measured */
	TIMING_V2_GAP_AFTER_WAIT_NS = 1000,	/* measured: 11.5 us for a retry of 13 clocks */
	/* In a block, fitted: with TAR and RDBUFF at each KiB and the USB part of 4 KiB
	 * commands it gives 105.35 KiB/s at 1800 kHz (37.1 us a word, V2J39) and 64.6 KiB/s at
	 * 950 kHz (V2J40). */
	TIMING_V2_BLOCK_GAP_NS = 2100,
	TIMING_V3_GAP_NS = 300,		/* assumed */

	/* Firmware before J26 moves memory in groups of 16 bytes: 315 us to read one, 277 us
	 * to write one, of which the packets are 290 and 254 us; and 130 us for a byte,
	 * packets 109 us. Measured. */
	TIMING_OLD_GROUP_NS = 24000,
	TIMING_OLD_BYTE_NS = 21000,
	/* and it stops for each 64-byte USB packet of a write (72..120 us, measured). */
	TIMING_OLD_WRITE_PACKET_NS = 96000,

	/* Clocks on the wire. */
	TIMING_PACKET_CLOCKS = 46,	/* 8 request, 2 turn, 3 acknowledge, 32 data, parity */
	TIMING_REFUSED_CLOCKS = 13,	/* WAIT and FAULT have no data phase */
	TIMING_SWITCH_CLOCKS = 53 + 16 + 53,	/* line reset, switch sequence, line reset */

	/* DRIVE_NRST pulse and the reset of ENTER 00; assumed. */
	TIMING_NRST_PULSE_NS = 2000000,
};

#endif
