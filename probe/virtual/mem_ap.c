/* SPDX-License-Identifier: MIT
 *
 * An AHB access port (Arm ADIv5, IHI 0031E, chapter C2; identification values: the cores'
 * reference manuals, M3 DDI 0337, M4 DDI 0439, M0 DDI 0432, M0+ DDI 0484, M7 DDI 0489, M33
 * 100230).
 */
#include "probe/virtual/mem_ap.h"

#include "probe/bytes.h"

enum {
	REG_CSW = 0x00, REG_TAR = 0x04, REG_DRW = 0x0C, REG_BD0 = 0x10, REG_BD3 = 0x1C,
	REG_CFG = 0xF4, REG_BASE = 0xF8, REG_IDR = 0xFC,
};

#define CSW_SIZE	0x00000007u
#define CSW_INCREMENT	0x00000030u
#define CSW_ENABLED	0x00000040u	/* DeviceEn, read-only */
#define CSW_IN_PROGRESS	0x00000080u	/* TrInProg, read-only */
#define CSW_NONSECURE	0x40000000u	/* HNONSEC */
#define CSW_PROT	0xFF000000u	/* DbgSwEnable and the bus attributes */
#define CSW_WRITABLE	(CSW_SIZE | CSW_INCREMENT | CSW_PROT)
#define CSW_RESET	0x23000000u

/* counter: the bits of TAR that increment; ADIv5 promises 1 KiB (C2.2.2), M3 and M4 have 4 KiB. */
static const struct {
	uint32_t idr, base, counter;
} identities[] = {
	[VIRTUAL_M0]     = { 0x04770021, 0xE00FF003, 0x3FF },
	[VIRTUAL_M0PLUS] = { 0x04770031, 0xF0000003, 0x3FF },
	[VIRTUAL_M3]     = { 0x24770011, 0xE00FF003, 0xFFF },
	[VIRTUAL_M4]     = { 0x24770011, 0xE00FF003, 0xFFF },
	[VIRTUAL_M7]     = { 0x74770001, 0xE00FD003, 0x3FF },
	[VIRTUAL_M33]    = { 0x14770015, 0xE00FE003, 0x3FF },
};

enum { HIDDEN_NS = 5000 };

void mem_ap_reset(struct mem_ap *ap)
{
	ap->csw = CSW_RESET;
	ap->tar = 0;
	ap->transaction.active = false;
}

void mem_ap_init(struct mem_ap *ap, struct machine *machine, enum virtual_core core)
{
	*ap = (struct mem_ap){ .machine = machine, .idr = identities[core].idr,
			       .base = identities[core].base,
			       .tar_counter = identities[core].counter };
	mem_ap_reset(ap);
}

/* M7 technical reference manual and field logs of H743: AHB-AP of D2, APB-AP of the debug bus. */
enum { IDR_AHB = 0x24770011, IDR_APB = 0x54770002, APB_BASE = 0xE00E0003 };

void mem_ap_init_other(struct mem_ap *ap, struct machine *machine, uint32_t dbgmcu)
{
	bool same = machine_spec(machine)->idcode_address == dbgmcu;

	*ap = (struct mem_ap){ .machine = machine, .view = same ? MEM_AP_SYSTEM : MEM_AP_DEBUG,
			       .dbgmcu = dbgmcu, .idr = same ? IDR_AHB : IDR_APB,
			       .base = same ? 2 : APB_BASE, .tar_counter = 0x3FF };
	mem_ap_reset(ap);
}

bool mem_ap_is_busy(const struct mem_ap *ap)
{
	return ap->transaction.active;
}

void mem_ap_abort(struct mem_ap *ap)
{
	if (!machine_bus_is_stuck(ap->machine))
		ap->transaction.active = false;
}

static bool is_private(uint32_t address)
{
	return address >= 0xE0000000 && address <= 0xE00FFFFF;
}

/* The address on the core's bus; false if this port does not lead there. */
static bool translate(const struct mem_ap *ap, uint32_t *address)
{
	uint32_t real = machine_spec(ap->machine)->idcode_address & ~(uint32_t)0x3FF;
	uint32_t offset = *address - (ap->dbgmcu & ~(uint32_t)0x3FF);

	switch (ap->view) {
	case MEM_AP_CORE:
		return machine_core_port_open(ap->machine, is_private(*address));
	case MEM_AP_SYSTEM:
		return !is_private(*address) && machine_core_port_open(ap->machine, false);
	case MEM_AP_DEBUG:
		*address = real + offset;
		return offset < 0x400;
	}
	return false;
}

/* Short delays hide behind the packets on the wire. */
static bool must_wait(struct mem_ap *ap, bool again)
{
	uint64_t now_ns = machine_now_ns(ap->machine);
	uint64_t delay_ns = machine_bus_delay_ns(ap->machine, is_private(ap->transaction.address));

	if (delay_ns == UINT64_MAX)
		return true;
	if (!again)
		ap->transaction.ready_ns = delay_ns > HIDDEN_NS ? now_ns + delay_ns : 0;
	return now_ns < ap->transaction.ready_ns;
}

static enum bus_result reach_bus(struct mem_ap *ap, uint32_t *value, bool again)
{
	struct mem_ap_transaction *t = &ap->transaction;
	unsigned lane = 8 * (t->address & 3);
	enum bus_result result = ap->spoil ? ap->spoil(ap->spoil_context, again) : BUS_OK;
	uint32_t bits, address = t->address;

	if (result != BUS_OK)
		return result;
	if (!translate(ap, &address) ||
	    !machine_lets_in(ap->machine, address, is_private(address), ap->csw & CSW_NONSECURE))
		return BUS_FAULT;
	if (must_wait(ap, again))
		return BUS_STALL;
	if (t->write) {
		bits = t->value >> lane;
		if (t->width < 4)
			bits &= (1u << 8 * t->width) - 1;
		return machine_write(ap->machine, address, t->width, bits);
	}
	result = machine_read(ap->machine, address, t->width, &bits);
	if (result == BUS_OK)
		*value = bits << lane;
	return result;
}

/* TAR moves on only after success: a fault leaves it at the address that failed. */
static enum bus_result go_on(struct mem_ap *ap, uint32_t *value, bool again)
{
	struct mem_ap_transaction *t = &ap->transaction;
	enum bus_result result = reach_bus(ap, value, again);

	if (result == BUS_STALL)
		return result;
	t->active = false;
	if (result == BUS_OK && t->increment)
		ap->tar = (ap->tar & ~ap->tar_counter) | ((ap->tar + t->width) & ap->tar_counter);
	return result;
}

enum bus_result mem_ap_continue(struct mem_ap *ap, uint32_t *value)
{
	return go_on(ap, value, true);
}

/* DRW goes to TAR in the width of CSW; BD0..3 to the words around TAR. */
static enum bus_result start(struct mem_ap *ap, uint8_t reg, bool write, uint32_t *value)
{
	unsigned size = ap->csw & CSW_SIZE;
	bool banked = reg != REG_DRW;

	if (size > 2)
		return BUS_FAULT;
	ap->transaction = (struct mem_ap_transaction){
		.active = true, .write = write, .width = banked ? 4 : 1u << size,
		.increment = !banked && (ap->csw & CSW_INCREMENT),
		.address = banked ? (ap->tar & ~15u) | (reg & 12u) : ap->tar & ~((1u << size) - 1),
		.value = write ? *value : 0,
	};
	return go_on(ap, value, false);
}

static bool reaches_memory(uint8_t reg)
{
	return reg == REG_DRW || (reg >= REG_BD0 && reg <= REG_BD3);
}

enum bus_result mem_ap_write(struct mem_ap *ap, uint8_t reg, uint32_t value)
{
	if (reaches_memory(reg))
		return start(ap, reg, true, &value);
	if (reg == REG_CSW)
		ap->csw = value & CSW_WRITABLE;
	else if (reg == REG_TAR)
		ap->tar = value;
	return BUS_OK;
}

enum bus_result mem_ap_read(struct mem_ap *ap, uint8_t reg, uint32_t *value)
{
	if (reaches_memory(reg))
		return start(ap, reg, false, value);
	switch (reg) {
	case REG_CSW:
		*value = ap->csw | CSW_ENABLED | (ap->transaction.active ? CSW_IN_PROGRESS : 0);
		break;
	case REG_TAR:
		*value = ap->tar;
		break;
	case REG_BASE:
		*value = ap->base;
		break;
	case REG_IDR:
		*value = ap->idr;
		break;
	default:		/* CFG: no large data, no big endian */
		*value = 0;
	}
	return BUS_OK;
}
