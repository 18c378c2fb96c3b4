/* SPDX-License-Identifier: MIT
 *
 * The probe: what an ST-LINK can do, whatever its model and firmware. Straight-line calls, owned by
 * one thread. Memory calls take a port. Every call that waits takes a deadline.
 *
 * Errors: the ones of enum error from E_USB to E_AP, E_TIMEOUT, E_INTERRUPTED.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "probe/link.h"

/* Which bus of the chip, and with which bus attributes: a CSW of which bits 31:8 count; 0 = the
 * probe's default. Anything but { 0, 0 } needs abilities.csw (else E_FIRMWARE). */
struct probe_port {
	uint8_t ap;
	uint32_t csw;
};

enum probe_pin { PROBE_PIN_LOW = 0, PROBE_PIN_HIGH = 1, PROBE_PIN_PULSE = 2 };

/* What the firmware can do; filled by version from one table (probe/abilities.c). */
struct probe_abilities {
	bool voltage, status2, set_speed, dap_registers, mem16, init_ap, close_ap;
	bool batch;		/* 51/52/53: many 32-bit accesses in one exchange pair */
	bool csw;		/* memory commands honour the CSW */
	bool board_id, power_switch;
	uint16_t mem8_max;	/* bytes per 8-bit command: 64 or 512 */
	uint16_t mem32_max;	/* bytes per 32-bit command: 6144 */
	uint16_t batch_max;	/* items per batch: 64, 1227, or 0 */
	uint32_t trace_max_hz;	/* SWO baud rate; 0 = it has no trace input */
};

struct probe_version {
	uint8_t major, jtag, swim, msd, bridge, power;
	char text[24];		/* "V2J37S7", "V3J7M3" */
	const char *model;	/* "ST-LINK/V2-1"; static */
};

struct probe;

/* Takes over the link (closed by probe_close, and here on failure): asks version and mode, leaves
 * DFU, mass storage or SWIM. E_FIRMWARE when too old, with the next step in why. */
int probe_open(struct probe **out, struct link *link, struct why *why);
/* Leaves debug mode so that other tools work at once, closes the link. NULL is allowed. */
void probe_close(struct probe *probe);

struct link *probe_link(struct probe *probe);
const struct probe_version *probe_version(const struct probe *probe);
const struct probe_abilities *probe_abilities(const struct probe *probe);

/* Looked at between exchanges of long operations: when it is set they end with E_INTERRUPTED.
 * NULL = never. The pointer is kept until the next call. */
void probe_watch_interrupt(struct probe *probe, const atomic_bool *flag);
/* A critical section: no interrupt until the matching end. Nests. */
void probe_critical_begin(struct probe *probe);
void probe_critical_end(struct probe *probe);
/* True when the flag is set outside of a critical section. */
bool probe_interrupted(const struct probe *probe);

/* Target voltage in mV; 0 = the probe can't tell or does not answer sensibly (clones). */
int probe_voltage_mv(struct probe *probe, uint32_t *mv);
/* Chooses the highest speed not above khz (else the lowest there is); *actual = its label. */
int probe_set_speed(struct probe *probe, uint32_t khz, uint32_t *actual);
uint32_t probe_speed_khz(const struct probe *probe);

/* Line reset, switch to SWD, power up; reads DPIDR (one exchange less when dpidr is NULL).
 * E_NO_TARGET, E_POWER ... */
int probe_enter_swd(struct probe *probe, uint32_t *dpidr);
/* Leaves debug mode; this also releases nRST. */
int probe_exit(struct probe *probe);
int probe_open_ap(struct probe *probe, uint8_t ap);
int probe_reset_pin(struct probe *probe, enum probe_pin level);
/* Switches target power where the probe can; E_FIRMWARE otherwise. */
int probe_power(struct probe *probe, bool on);

/* DP (port 0xFFFF) and AP registers; E_FIRMWARE on old firmware. */
int probe_dap_read(struct probe *probe, uint16_t port, uint16_t address, uint32_t *value);
int probe_dap_write(struct probe *probe, uint16_t port, uint16_t address, uint32_t value);

/* How an area may be accessed. */
enum probe_width {
	PROBE_ANY,	/* memory (RAM, flash): the fastest mix of widths; reads take whole words,
			 * and what met WAIT or a hiccup on USB is done again */
	PROBE_8, PROBE_16, PROBE_32,	/* exactly this width, never repeated (peripherals) */
};

/* Reads or writes any address and length (E_ALIGN when an exact width does not fit them, E_RANGE
 * past the end of the address space, E_FIRMWARE for 16 bit on old firmware); splits at the
 * firmware's limits. On a bus fault returns E_FAULT with the address in *fault (may be NULL); a
 * read's bytes before it are valid. On E_WAIT *fault is where it got stuck. */
int probe_read(struct probe *probe, struct probe_port port, uint32_t address, void *data,
	       uint32_t length, enum probe_width width, uint32_t *fault);
int probe_write(struct probe *probe, struct probe_port port, uint32_t address, const void *data,
		uint32_t length, enum probe_width width, uint32_t *fault);

/* Single registers (one exchange each, the status comes with it). On WAIT only those of the core
 * itself (private peripheral bus) are tried again. */
int probe_read_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t *value);
int probe_write_u32(struct probe *probe, struct probe_port port, uint32_t address, uint32_t value);

/* A list of 32-bit accesses that travel together where the firmware can (2 exchanges per 32 writes
 * or 64 reads on a V2), one by one elsewhere. Order is kept, nothing is repeated. Returns the first
 * error, after which no further group is sent: see each op's result. Ops that were not sent have
 * E_INTERRUPTED; those in the group of the failing one have what the firmware said. */
struct probe_op {
	enum { PROBE_OP_READ, PROBE_OP_WRITE } kind;
	uint32_t address;
	uint32_t value;		/* to write, or what was read */
	int result;
};
int probe_batch(struct probe *probe, struct probe_port port, struct probe_op *ops, size_t count);

/* r0..r15, xPSR, MSP, PSP, (reserved), {CONTROL,FAULTMASK,BASEPRI,PRIMASK}: DCRSR numbers 0 to 20,
 * in one exchange. The core must be halted. AP0 only; E_AP otherwise. */
enum { PROBE_CORE_REGISTERS = 21 };
int probe_read_core_registers(struct probe *probe, struct probe_port port,
			      uint32_t out[PROBE_CORE_REGISTERS]);

/* SWO reception at that baud rate, until probe_trace_stop: outlives ENTER and changes of speed. E_FIRMWARE
 * without a trace input, E_ARGUMENT above trace_max_hz. */
enum { PROBE_TRACE_RING = 4096 };
int probe_trace_start(struct probe *probe, uint32_t baud);
int probe_trace_stop(struct probe *probe);
/* What came since it was read last: one exchange when there is nothing. *lost: the ring was full, and older
 * bytes may have been overwritten. */
int probe_trace_read(struct probe *probe, uint8_t buffer[PROBE_TRACE_RING], uint32_t *got, bool *lost);

/* Brings a probe back after a time-out, stall or E_GONE: drain, compare versions, clear halt, reset
 * the device, re-open by serial number (probe/stlink_resync.c). Afterwards SWD has to be entered and the speed set
 * again when *still_in_swd is false. E_GONE when nothing helps. Calls after a time-out drain and
 * compare by themselves, so that a late reply is never taken for data. */
int probe_resync(struct probe *probe, bool *still_in_swd);
/* Unplugged, as far as was seen: probe_resync looks for it again. */
bool probe_is_gone(const struct probe *probe);

/* What err, just returned by a call here, means: the cause that the firmware gave, else the words of
 * the error; and what may help, or "". Static texts without a full stop. */
const char *probe_error_text(const struct probe *probe, int err);
const char *probe_error_advice(const struct probe *probe, int err);

/* Counters for `monitor stats`, and the time on the link's clock since the probe was opened. */
struct probe_stats {
	uint64_t us;
	uint64_t exchanges, bytes_out, bytes_in, waits, faults, retries, resyncs;
};
void probe_stats(const struct probe *probe, struct probe_stats *out);

#endif
