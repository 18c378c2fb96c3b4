/* SPDX-License-Identifier: MIT
 *
 * The chip's end of the SWD wire (Arm ADIv5, IHI 0031E, chapters B2 to B4).
 */
#include "probe/virtual/dap.h"

#include "probe/virtual/timing.h"

enum {				/* CTRL/STAT */
	STICKY_ORUN = 1u << 1,
	STICKY_CMP = 1u << 4,
	STICKY_ERR = 1u << 5,
	READ_OK = 1u << 6,
	WDATA_ERR = 1u << 7,
	STICKY = STICKY_ORUN | STICKY_CMP | STICKY_ERR | WDATA_ERR,
};
#define POWER_REQUESTS	0x50000000u	/* CSYSPWRUPREQ, CDBGPWRUPREQ */
#define DEBUG_POWERED	0x20000000u	/* CDBGPWRUPACK */
/* and CDBGRSTREQ, TRNCNT, MASKLANE, TRNMODE, ORUNDETECT */
#define CONTROL_WRITABLE	(POWER_REQUESTS | 0x04000000u | 0x00FFFF0Du)

enum {				/* ABORT */
	DAP_ABORT = 1, CLEAR_CMP = 2, CLEAR_ERR = 4, CLEAR_WDATA = 8, CLEAR_ORUN = 16,
};

static void power_on(struct dap *dap)
{
	dap->awake = false;
	dap->control = dap->select = dap->read_buffer = 0;
	mem_ap_reset(&dap->ap);
	for (size_t i = 0; i < dap->other_count; i++)
		mem_ap_reset(&dap->others[i]);
	dap->busy = &dap->ap;
}

/* The port of a number, or NULL. */
static struct mem_ap *port(struct dap *dap, uint32_t number)
{
	for (size_t i = 0; i < dap->other_count; i++)
		if (dap->other_numbers[i] == number)
			return &dap->others[i];
	return number == dap->ap_number ? &dap->ap : NULL;
}

/* Ports beside the core's: those that show DBGMCU. */
static void add_others(struct dap *dap, const struct virtual_spec *spec)
{
	for (size_t i = 0; i < spec->dbgmcu_count; i++) {
		const struct virtual_place *place = &spec->dbgmcu[i];

		if (port(dap, place->ap))
			continue;
		mem_ap_init_other(&dap->others[dap->other_count], dap->machine, place->address);
		dap->other_numbers[dap->other_count++] = place->ap;
	}
}

void dap_init(struct dap *dap, struct meter *meter)
{
	const struct virtual_spec *spec = machine_spec(meter->machine);

	*dap = (struct dap){ .meter = meter, .machine = meter->machine,
			     .ap_number = spec->ap, .dpidr = spec->dpidr };
	mem_ap_init(&dap->ap, meter->machine, spec->core);
	add_others(dap, spec);
	power_on(dap);
}

static void spend(struct dap *dap, unsigned clocks, uint32_t gap_ns)
{
	meter_swd(dap->meter, (uint64_t)clocks * dap->bit_ps / 1000 + gap_ns);
}

void dap_notice_power(struct dap *dap)
{
	if (!machine_supply_mv(dap->machine))
		power_on(dap);
}

/* Pins taken by the firmware, or clocks stopped: the port is silent, but keeps its state. */
static bool is_dead(struct dap *dap)
{
	unsigned cuts = machine_swd_cuts(dap->machine);

	dap_notice_power(dap);
	if (cuts != dap->cuts_seen)
		power_on(dap);
	dap->cuts_seen = cuts;
	return machine_swd(dap->machine) == MACHINE_SWD_DEAD;
}

void dap_switch(struct dap *dap, bool to_swd)
{
	spend(dap, TIMING_SWITCH_CLOCKS, 0);
	meter_settle(dap->meter);
	if (is_dead(dap))
		return;
	dap->awake = to_swd;
	dap->select = 0;
}

static void write_abort(struct dap *dap, uint32_t value)
{
	if (value & DAP_ABORT)
		mem_ap_abort(dap->busy);
	if (value & CLEAR_CMP)
		dap->control &= ~(uint32_t)STICKY_CMP;
	if (value & CLEAR_ERR)
		dap->control &= ~(uint32_t)STICKY_ERR;
	if (value & CLEAR_WDATA)
		dap->control &= ~(uint32_t)WDATA_ERR;
	if (value & CLEAR_ORUN)
		dap->control &= ~(uint32_t)STICKY_ORUN;
}

static uint32_t read_control(const struct dap *dap)
{
	uint32_t requests = dap->control & POWER_REQUESTS;

	if (machine_swd(dap->machine) == MACHINE_SWD_UNPOWERED)
		return dap->control;
	return dap->control | requests << 1;	/* each acknowledge stands beside its request */
}

/* What is answered whatever happens (B4.2): DPIDR, CTRL/STAT, ABORT. */
static bool answer_always(struct dap *dap, enum swd_request request, uint8_t address,
			  uint32_t *value)
{
	if (request == SWD_DP_READ && address == DP_DPIDR)
		*value = dap->dpidr;
	else if (request == SWD_DP_READ && address == DP_CTRL_STAT && !(dap->select & 15))
		*value = read_control(dap);
	else if (request == SWD_DP_WRITE && address == DP_ABORT)
		write_abort(dap, *value);
	else
		return false;
	return true;
}

static void read_dp(struct dap *dap, uint8_t address, uint32_t *value)
{
	bool banked = address == DP_CTRL_STAT;

	*value = banked ? 0 : dap->read_buffer;
	if (address == DP_RDBUFF)
		dap->control |= READ_OK;
}

static void write_dp(struct dap *dap, uint8_t address, uint32_t value)
{
	if (address == DP_SELECT)
		dap->select = value;
	else if (address == DP_CTRL_STAT && !(dap->select & 15))
		dap->control = (dap->control & ~CONTROL_WRITABLE) | (value & CONTROL_WRITABLE);
}

/* Posted: a read returns what the read before it found; a failure shows at the next packet. */
static void access_ap(struct dap *dap, bool read, uint8_t address, uint32_t *value)
{
	uint8_t reg = (uint8_t)((dap->select & 0xF0) | address);
	uint32_t before = dap->read_buffer;
	struct mem_ap *ap = port(dap, dap->select >> 24);
	enum bus_result result = BUS_OK;

	meter_settle(dap->meter);
	dap->busy = ap ? ap : &dap->ap;
	if (!ap)	/* no such port: zeros, writes ignored */
		dap->read_buffer = read ? 0 : before;
	else if (read)
		result = mem_ap_read(ap, reg, &dap->read_buffer);
	else
		result = mem_ap_write(ap, reg, *value);
	if (read)
		*value = before;
	if (result == BUS_FAULT)
		dap->control |= STICKY_ERR;
	if (read)
		dap->control |= READ_OK;
}

static bool is_still_busy(struct dap *dap)
{
	if (!mem_ap_is_busy(dap->busy))
		return false;
	meter_settle(dap->meter);
	if (mem_ap_continue(dap->busy, &dap->read_buffer) == BUS_FAULT)
		dap->control |= STICKY_ERR;
	return mem_ap_is_busy(dap->busy);
}

static enum swd_ack answer(struct dap *dap, enum swd_request request, uint8_t address,
			   uint32_t *value)
{
	bool ap = request == SWD_AP_READ || request == SWD_AP_WRITE;
	bool read = request == SWD_DP_READ || request == SWD_AP_READ;

	if (is_dead(dap) || !dap->awake || !machine_swd_carries(dap->machine, dap->bit_ps))
		return SWD_NO_ACK;
	if (answer_always(dap, request, address, value))
		return SWD_OK;
	if (is_still_busy(dap))
		return SWD_WAIT;
	if (ap && !(read_control(dap) & DEBUG_POWERED))
		dap->control |= STICKY_ERR;
	if (dap->control & STICKY) {
		dap->control &= ~(uint32_t)READ_OK;
		return SWD_FAULT;
	}
	if (ap)
		access_ap(dap, read, address, value);
	else if (read)
		read_dp(dap, address, value);
	else
		write_dp(dap, address, *value);
	return SWD_OK;
}

enum swd_ack dap_transfer(struct dap *dap, enum swd_request request, uint8_t address,
			  uint32_t *value)
{
	enum swd_ack ack = answer(dap, request, address, value);

	if (ack == SWD_OK)
		spend(dap, TIMING_PACKET_CLOCKS, dap->gap_ns);
	else
		spend(dap, TIMING_REFUSED_CLOCKS, dap->gap_after_wait_ns);
	return ack;
}
