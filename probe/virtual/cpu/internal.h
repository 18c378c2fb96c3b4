/* SPDX-License-Identifier: MIT
 *
 * The parts of a virtual core, private to cpu*.c: its registers, exceptions, timers, debug units, and
 * the seam to the instruction engine (cpu_unicorn.c). The registers live here; the engine gets
 * a copy when it runs.
 */
#ifndef PROBE_VIRTUAL_CPU_INTERNAL_H
#define PROBE_VIRTUAL_CPU_INTERNAL_H

#include "probe/virtual/cpu/cpu.h"

enum cpu_arch { ARCH_V6M, ARCH_V7M, ARCH_V8M };

/* What differs between the cores; one row each in cpu.c. */
struct cpu_model {
	enum cpu_arch arch;
	unsigned priority_bits;
	unsigned fpb_codes, fpb_literals, fpb_version;
	unsigned dwt_units;
	const struct coresight_unit *rom_units;	/* cpu_coresight.c */
};

enum {
	XPSR_EXCEPTION = 0x1FF, XPSR_ALIGN = 1 << 9, XPSR_T = 1 << 24, XPSR_IT = 0x0600FC00,
	CONTROL_NPRIV = 1, CONTROL_SPSEL = 2, CONTROL_FPCA = 4,
};

struct cpu_registers {
	uint32_t r[13], msp, psp, lr, pc, xpsr;
	uint32_t control, primask, basepri, faultmask;
	uint32_t s[32], fpscr;
};

enum cpu_exception {
	EXC_NONE = 0, EXC_RESET = 1, EXC_NMI = 2, EXC_HARD = 3, EXC_MEM = 4, EXC_BUS = 5,
	EXC_USAGE = 6, EXC_SVC = 11, EXC_DEBUG = 12, EXC_PENDSV = 14, EXC_SYSTICK = 15,
	EXC_IRQ0 = 16, EXC_MAX = 256,
};

enum { EXC_WORDS = EXC_MAX / 32 };

struct cpu_nvic {		/* bitmaps by exception number */
	uint32_t pending[EXC_WORDS], active[EXC_WORDS], enabled[EXC_WORDS], line[EXC_WORDS];
	uint8_t priority[EXC_MAX];
};

struct cpu_systick {
	uint32_t control, reload, value;	/* value: while stopped */
	uint64_t expiry;			/* core cycle at which the count reaches 0 */
	bool passed;				/* COUNTFLAG */
};

struct cpu_scs {		/* plain registers of the system control space */
	uint32_t actlr, vtor, aircr, scr, ccr, cfsr, hfsr, mmfar, bfar, afsr, cpacr;
	uint32_t fpccr, fpcar, fpdscr;
};

enum { CCR_UNALIGN_TRP = 1 << 3, CCR_DIV_0_TRP = 1 << 4, CCR_STKALIGN = 1 << 9 };
#define FPCCR_ASPEN (1u << 31)

struct cpu_debug {
	uint32_t control;	/* DHCSR[3:0] */
	uint32_t dcrdr, demcr, dfsr;
	bool halted, register_ready, retired, was_reset;
};

enum { FPB_UNITS_MAX = 8, DWT_UNITS_MAX = 4 };

struct cpu_fpb {
	uint32_t control, remap, comp[FPB_UNITS_MAX];
};

struct dwt_unit {
	uint32_t comp, mask, function;
	bool matched;
};

struct cpu_dwt {
	uint32_t control, cycles_base;
	uint64_t cycles_from;	/* core cycle at which CYCCNT was cycles_base */
	struct dwt_unit units[DWT_UNITS_MAX];
	bool changed;		/* the engine has to watch other accesses than so far */
	bool hit;		/* a data comparator matched in the instruction just run */
};

struct cpu_itm {
	uint32_t enabled, privileged, control;	/* TER, TPR, TCR */
	bool unlocked, overflowed;
	bool sync_bit;		/* of CYCCNT, when it was looked at last */
	uint64_t stamped_at;	/* core cycle of the last time stamp */
};

struct cpu_tpiu {
	bool present, is_swo;
	bool unlocked, funnel_unlocked;	/* SWO and the funnel in front of it */
	uint32_t funnel;		/* its CTRL */
	uint32_t prescaler, protocol, formatter;	/* ACPR, SPPR, FFCR */
	uint64_t busy_until_ns;	/* until what is queued has left the pin */
};

/* Why the engine stopped. The PC is the instruction meant, or the next where it was completed. */
enum engine_stop {
	ENGINE_PAUSE,		/* between instructions: limit reached or attention asked for */
	ENGINE_BREAKPOINT,	/* the FPB: before the instruction */
	ENGINE_WATCHED_CODE,	/* a DWT comparator on the PC: before the instruction */
	ENGINE_SVC,		/* after it */
	ENGINE_BKPT,		/* on it */
	ENGINE_EXCEPTION_RETURN,	/* address: the EXC_RETURN value, bit 0 unknown */
	ENGINE_WFI, ENGINE_WFE,	/* after it */
	ENGINE_UNDEFINED, ENGINE_NO_COPROCESSOR, ENGINE_NO_THUMB, ENGINE_DIVIDE, ENGINE_UNALIGNED,
	ENGINE_STACK_LIMIT,
	ENGINE_FETCH_FAULT, ENGINE_FETCH_NEVER,	/* bus error; execute-never memory */
	ENGINE_DATA_FAULT,	/* address: of the data; registers are as before the instruction */
	ENGINE_STORE_FAULT,	/* likewise */
};

struct cpu {
	const struct cpu_model *model;
	enum virtual_core core;
	bool fpu;
	uint32_t cpuid;
	uint16_t part;
	bool secure_debug;
	struct bus *bus;
	struct cpu_host host;
	struct engine *engine;

	struct cpu_registers regs;
	struct cpu_nvic nvic;
	struct cpu_systick systick;
	struct cpu_scs scs;
	struct cpu_debug debug;
	struct cpu_fpb fpb;
	struct cpu_dwt dwt;
	struct cpu_itm itm;
	struct cpu_tpiu tpiu;

	bool held, sleeping, locked_up;
	bool event, sleeps_for_event;	/* the event register of WFE */
	bool reset_waiting;	/* vectors not fetched yet */
	bool reset_deferred;	/* cpu_reset was called from inside an access */
	bool broken;		/* cpu_break was called */
	uint32_t fault_catch;	/* DEMCR.VC_* of the fault that is being taken */
	uint32_t reset_vtor;	/* of the next reset */

	uint32_t hz;
	uint64_t cycles;	/* core cycles so far; stands still while halted or in deep sleep */
	uint64_t anchor_cycles, anchor_ns;
};

/* cpu.c */
bool cpu_is_handler(const struct cpu *cpu);
bool cpu_is_privileged(const struct cpu *cpu);
uint32_t *cpu_stack_pointer(struct cpu *cpu);
uint64_t cpu_cycles(const struct cpu *cpu);	/* exact inside an access too */
void cpu_look_up(struct cpu *cpu);		/* state changed: end the engine's slice */
bool cpu_holds_v7(const struct cpu *cpu);	/* v7-M or v8-M main line */

/* cpu_unicorn.c */
struct engine *cpu_engine_new(struct cpu *cpu);
void cpu_engine_free(struct engine *engine);
/* Runs at most limit instructions from cpu->regs and counts them in cpu->cycles. */
enum engine_stop engine_run(struct engine *engine, uint64_t limit, uint32_t *address);
bool engine_is_running(const struct engine *engine);
uint64_t engine_progress(const struct engine *engine);	/* instructions of the run under way */
bool engine_is_privileged(struct engine *engine);	/* inside an access of the core */
void engine_stall(struct engine *engine, uint64_t cycles);
void engine_attention(struct engine *engine);
void engine_forget(struct engine *engine, uint32_t address, uint32_t length);

/* cpu_code.c: what an instruction is, by its half-words */
bool code_read(struct cpu *cpu, uint32_t address, uint16_t *halfword);
unsigned code_size(uint16_t first);
bool code_is_it(uint16_t first);
unsigned code_it_count(uint16_t first);
uint8_t code_it_next(uint8_t state);
bool code_is_fp(uint16_t first, uint16_t second);
bool code_is_divide(uint16_t first, uint16_t second);
bool code_needs_aligned_base(uint16_t first, unsigned *base);
bool code_is_mask_change(uint16_t first, uint16_t second);
bool code_is_wfi(uint16_t first, uint16_t second);
bool code_is_wfe(uint16_t first, uint16_t second);
bool code_is_hint(uint16_t first, uint16_t second);

/* cpu_nvic.c */
void nvic_reset(struct cpu *cpu);
void nvic_set_pending(struct cpu *cpu, unsigned exception, bool pending);
bool nvic_is_pending(const struct cpu *cpu, unsigned exception);
bool nvic_is_active(const struct cpu *cpu, unsigned exception);
bool nvic_is_enabled(const struct cpu *cpu, unsigned exception);
void nvic_set_active(struct cpu *cpu, unsigned exception, bool active);
void nvic_set_enabled(struct cpu *cpu, unsigned exception, bool enabled);
unsigned nvic_active_count(const struct cpu *cpu);
int nvic_priority(const struct cpu *cpu, unsigned exception);
int nvic_group_priority(const struct cpu *cpu, unsigned exception);
/* Of what runs now, with the masks; 256 = thread, nothing masked. */
int nvic_running_priority(const struct cpu *cpu);
int nvic_active_priority(const struct cpu *cpu);	/* without the masks */
/* The pending, enabled exception to be taken first (0 = none), whether or not it may be now. */
unsigned nvic_first_pending(const struct cpu *cpu);
bool nvic_wakes(const struct cpu *cpu);
uint32_t nvic_read(struct cpu *cpu, uint32_t offset, enum bus_master master);
void nvic_write(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
		enum bus_master master);

/* cpu_exception.c */
bool exception_take_pending(struct cpu *cpu);
/* A synchronous exception: taken now, escalated to HardFault, or lock-up. */
void exception_raise(struct cpu *cpu, unsigned exception, uint32_t return_address);
void exception_return(struct cpu *cpu, uint32_t exc_return);
void exception_reset(struct cpu *cpu);		/* loads SP and PC from the vector table */
void exception_fault(struct cpu *cpu, enum engine_stop stop, uint32_t address);
void exception_breakpoint(struct cpu *cpu);	/* the BKPT instruction */

/* cpu_systick.c */
void systick_reset(struct cpu *cpu);
void systick_catch_up(struct cpu *cpu);		/* to cpu_cycles() */
uint64_t systick_next(const struct cpu *cpu);	/* cycle of the next interrupt, or UINT64_MAX */
uint32_t systick_read(struct cpu *cpu, uint32_t offset, enum bus_master master);
void systick_write(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
		   enum bus_master master);

/* cpu_scs.c */
void scs_reset(struct cpu *cpu);
void scs_add_to_bus(struct cpu *cpu);
bool scs_denies_fp(const struct cpu *cpu);

/* cpu_debug.c */
bool debug_is_on(const struct cpu *cpu);	/* C_DEBUGEN */
void debug_power_on(struct cpu *cpu);
void debug_reset(struct cpu *cpu);
void debug_halt(struct cpu *cpu, uint32_t dfsr_bit);
bool debug_wants_halt(const struct cpu *cpu);
bool debug_is_stepping(const struct cpu *cpu);
bool debug_masks_interrupts(const struct cpu *cpu);
uint32_t debug_register_get(struct cpu *cpu, unsigned regsel);
void debug_register_set(struct cpu *cpu, unsigned regsel, uint32_t value);
uint32_t debug_read(struct cpu *cpu, uint32_t offset, enum bus_master master);
void debug_write(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
		 enum bus_master master);

enum {
	DFSR_HALTED = 1, DFSR_BKPT = 2, DFSR_DWTTRAP = 4, DFSR_VCATCH = 8, DFSR_EXTERNAL = 16,
	DEMCR_VC_CORERESET = 1, DEMCR_VC_MMERR = 1 << 4, DEMCR_VC_NOCPERR = 1 << 5,
	DEMCR_VC_CHKERR = 1 << 6, DEMCR_VC_STATERR = 1 << 7, DEMCR_VC_BUSERR = 1 << 8,
	DEMCR_VC_INTERR = 1 << 9, DEMCR_VC_HARDERR = 1 << 10,
	DEMCR_MON_EN = 1 << 16, DEMCR_MON_PEND = 1 << 17, DEMCR_TRCENA = 1 << 24,
};

/* cpu_fpb.c */
enum { FPB_ADDRESSES_MAX = 2 * FPB_UNITS_MAX };
void fpb_power_on(struct cpu *cpu);
void fpb_add_to_bus(struct cpu *cpu);
/* Addresses of instructions to stop before. */
unsigned fpb_addresses(const struct cpu *cpu, uint32_t out[FPB_ADDRESSES_MAX]);

/* cpu_dwt.c */
struct dwt_range {
	uint32_t first, last;
	bool reads, writes, code;
	unsigned unit;
};
void dwt_power_on(struct cpu *cpu);
void dwt_add_to_bus(struct cpu *cpu);
void dwt_set_trace(struct cpu *cpu, bool on);	/* DEMCR.TRCENA */
uint32_t dwt_cycle_count(const struct cpu *cpu);
/* What the comparators look at; empty while DEMCR.TRCENA is clear. */
unsigned dwt_ranges(const struct cpu *cpu, struct dwt_range out[DWT_UNITS_MAX]);

/* itm.c */
enum itm_exception_event { ITM_ENTERED = 1, ITM_LEFT = 2, ITM_RETURNED_TO = 3 };
void itm_power_on(struct cpu *cpu);
void itm_add_to_bus(struct cpu *cpu);
/* Packets of the DWT: for an exception; and when its cycle counter asks for synchronisation. */
void itm_exception(struct cpu *cpu, unsigned exception, enum itm_exception_event event);
void itm_synchronise(struct cpu *cpu);

/* tpiu.c */
void tpiu_power_on(struct cpu *cpu);
bool tpiu_has_room(const struct cpu *cpu);	/* for a packet */
bool tpiu_is_sending(const struct cpu *cpu);
void tpiu_put(struct cpu *cpu, const uint8_t *bytes, size_t length);

/* cpu_coresight.c */
struct coresight_unit {
	uint32_t base;		/* 4 KiB; 0 ends the list */
	uint32_t part_id;	/* PIDR2..0 */
	uint8_t class_id;	/* component class: CIDR1 */
	uint32_t devarch;	/* 0: none */
	uint8_t devtype;
};
extern const struct coresight_unit coresight_v6m[], coresight_v7m[], coresight_m7[],
	coresight_v8m[];
void coresight_add_to_bus(struct cpu *cpu);
/* The id registers at the end of the 4 KiB of a unit; 0 where there is none. */
uint32_t coresight_id(const struct cpu *cpu, uint32_t base, uint32_t offset);

/* Registers as bus devices see them: words with byte lanes. */
static inline uint32_t lane_mask(uint32_t offset, unsigned width)
{
	return (width == 4 ? 0xFFFFFFFFu : (1u << 8 * width) - 1) << 8 * (offset & 3);
}

static inline uint32_t lane_get(uint32_t word, uint32_t offset, unsigned width)
{
	return (word & lane_mask(offset, width)) >> 8 * (offset & 3);
}

static inline void lanes_put(uint32_t *word, uint32_t value, uint32_t mask)
{
	*word = (*word & ~mask) | (value & mask);
}

#endif
