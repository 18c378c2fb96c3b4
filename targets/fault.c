/* SPDX-License-Identifier: MIT
 *
 * Asking a core about the fault it stands in. DDI 0403E B3.2.15 to B3.2.18, exception frames B1.5.6,
 * lock-up B1.5.15; v8-M: DDI 0553 D1.2.
 */
#include "targets/fault.h"

#include "probe/bytes.h"
#include "targets/core_private.h"
#include "targets/cortexm.h"
#include "targets/thumb.h"

enum { CPACR = 0xE000ED88, SFSR = 0xE000EDE4, SFAR = 0xE000EDE8 };
enum { XPSR_EXCEPTION = 0x1FF, XPSR_ALIGNED = 1 << 9 };
enum { EXC_RETURN_PSP = 1 << 2, EXC_RETURN_BASIC = 1 << 4 };
enum { FRAME = 32, FP_FRAME = 104 };

/* Where the words of a frame belong. */
static const uint8_t frame_registers[] = { 0, 1, 2, 3, 12, REG_LR, REG_PC };

static int read_status(struct core *core, struct fault *out, uint32_t *vtor)
{
	static const uint32_t addresses[] = { VTOR, CFSR, HFSR, MMFAR, BFAR, CPACR, SFSR, SFAR };
	uint32_t *const values[] = { vtor, &out->cfsr, &out->hfsr, &out->mmfar, &out->bfar,
				     &out->cpacr, &out->sfsr, &out->sfar };
	size_t count = !core->mainline ? 1 : core->v8 ? 8 : 6, index[ARRAY_SIZE(addresses)];
	struct batch batch;
	int err;

	batch_begin(&batch, core);
	for (size_t i = 0; i < count; i++)
		index[i] = batch_read(&batch, addresses[i]);
	err = batch_run(&batch);
	for (size_t i = 0; i < count; i++)
		*values[i] = batch_value(&batch, index[i]);
	return err;
}

/* 0xFFFFFFFF is what LR has after a reset. */
static bool is_exc_return(uint32_t lr)
{
	return lr >> 8 == 0xFFFFFF && lr != UINT32_MAX;
}

static int read_registers(struct core *core, struct fault *out)
{
	uint32_t psp = 0;
	int err = core_read_register(core, REG_XPSR, &out->xpsr);

	for (unsigned i = 0; i < 16 && !err; i++)
		err = core_read_register(core, i, &out->r[i]);
	if (!err)
		err = core_read_register(core, REG_PSP, &psp);
	if (err)
		return err;
	out->exception = out->xpsr & XPSR_EXCEPTION;
	if (out->exception < EXCEPTION_NMI || out->exception > EXCEPTION_SECUREFAULT)
		out->exception = 0;
	out->exc_return = is_exc_return(out->r[REG_LR]) ? out->r[REG_LR] : 0;
	out->sp = out->exc_return & EXC_RETURN_PSP ? psp : out->r[REG_SP];
	return 0;
}

static int read_frame(struct core *core, struct fault *out)
{
	uint8_t frame[FRAME];
	uint32_t done = 0;
	int err;

	if (!out->exc_return || out->cfsr & (STKERR | MSTKERR) ||
	    board_area_at(core->board, out->sp, NULL) != AREA_RAM)
		return 0;
	err = memory_read(core, out->sp, frame, sizeof(frame), &done);
	if (err || done < sizeof(frame))
		return err == E_FAULT ? 0 : err;
	for (size_t i = 0; i < ARRAY_SIZE(frame_registers); i++)
		out->r[frame_registers[i]] = get_u32(frame + 4 * i);
	out->xpsr = get_u32(frame + 28);
	out->r[REG_SP] = out->sp + (out->exc_return & EXC_RETURN_BASIC ? FRAME : FP_FRAME) +
			 (out->xpsr & XPSR_ALIGNED ? 4 : 0);
	out->has_frame = true;
	return 0;
}

static int read_code(struct core *core, struct fault *out)
{
	uint8_t bytes[4] = { 0 };
	uint32_t done = 0;
	int err;

	if (!out->has_frame || board_area_at(core->board, out->r[REG_PC], NULL) == AREA_PERIPHERAL)
		return 0;
	err = memory_read(core, out->r[REG_PC] & ~1u, bytes, sizeof(bytes), &done);
	out->has_code = !err && done >= 2;
	out->code[0] = get_u16(bytes);
	out->code[1] = get_u16(bytes + 2);
	return err == E_FAULT ? 0 : err;
}

int fault_read(struct core *core, struct fault *out)
{
	uint32_t vtor = 0;
	int err;

	*out = (struct fault){ .core = core };
	err = read_status(core, out, &vtor);
	if (!err)
		err = read_registers(core, out);
	if (!err)
		err = read_frame(core, out);
	if (!err)
		err = read_code(core, out);
	return err ? err : vectors_read(core, vtor, &out->vectors);
}

bool fault_address(const struct fault *fault, uint32_t *address)
{
	struct thumb_access access;

	if (fault->cfsr & (BFARVALID | MMARVALID)) {
		*address = fault->cfsr & BFARVALID ? fault->bfar : fault->mmfar;
		return true;
	}
	if (fault->cfsr & IMPRECISERR || !fault->has_code || !thumb_decode(fault->code, fault->r, &access))
		return false;
	*address = access.address;
	return true;
}
