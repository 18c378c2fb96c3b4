/* SPDX-License-Identifier: MIT
 *
 * The handlers of the command table, by file. Each is given the 16-byte block and its data phase.
 * Private to firmware*.c.
 */
#ifndef PROBE_VIRTUAL_FIRMWARE_COMMANDS_H
#define PROBE_VIRTUAL_FIRMWARE_COMMANDS_H

#include "probe/virtual/firmware/state.h"

#define MAYBE	__attribute__((unused))
#define HANDLER(name) \
	void name(struct firmware *fw MAYBE, const uint8_t *block MAYBE, uint8_t *data MAYBE, \
		  uint32_t length MAYBE)

/* firmware_session.c: who are you, modes, pins */
HANDLER(session_get_version);
HANDLER(session_get_version_v3);
HANDLER(session_get_mode);
HANDLER(session_get_voltage);
HANDLER(session_leave_dfu);
HANDLER(session_leave_swim);
HANDLER(session_enter);
HANDLER(session_exit);
HANDLER(session_reset_pin);
HANDLER(session_board_kind);
HANDLER(session_board_ids);
HANDLER(session_disk_name);
HANDLER(session_power);
HANDLER(session_usb_loader);
HANDLER(session_not_available);
HANDLER(session_accept);
/* Lets go of the target: wire, pins, access ports. */
void session_leave_debug(struct firmware *fw);

/* firmware_speed.c: clock of the wire */
HANDLER(speed_set_v2);
HANDLER(speed_set_v3);
HANDLER(speed_get_v3);
HANDLER(speed_switch_v3);
/* After plugging in. */
void speed_init(struct firmware *fw);

/* firmware_core.c: core registers and run control */
HANDLER(firmware_core_read_id);
HANDLER(firmware_core_read_ids);
HANDLER(firmware_core_get_status);
HANDLER(firmware_core_halt);
HANDLER(firmware_core_run);
HANDLER(firmware_core_step);
HANDLER(firmware_core_reset);
HANDLER(firmware_core_read_all_v1);
HANDLER(firmware_core_read_all);
HANDLER(firmware_core_read_fpu);
uint32_t firmware_core_fpu_length(const struct firmware *fw, const uint8_t *block);
HANDLER(firmware_core_read_register_v1);
HANDLER(firmware_core_read_register);
HANDLER(firmware_core_write_register);
HANDLER(firmware_core_write_debug);
HANDLER(firmware_core_read_debug);

/* firmware_memory.c: blocks of memory */
HANDLER(memory_read_32);
HANDLER(memory_read_32_fixed);
HANDLER(memory_read_16);
HANDLER(memory_read_8);
HANDLER(memory_write_32);
HANDLER(memory_write_32_fixed);
HANDLER(memory_write_16);
HANDLER(memory_write_8);
HANDLER(memory_get_status);
HANDLER(memory_get_status2);
uint32_t memory_length(const struct firmware *fw, const uint8_t *block);
uint32_t memory_read_8_length(const struct firmware *fw, const uint8_t *block);

/* firmware_ports.c: access ports, DAP registers, batches */
HANDLER(ports_open);
HANDLER(ports_close);
HANDLER(ports_read);
HANDLER(ports_write);
HANDLER(ports_batch_max);
HANDLER(ports_batch_out);
HANDLER(ports_batch_in);
uint32_t ports_batch_out_length(const struct firmware *fw, const uint8_t *block);
uint32_t ports_batch_in_length(const struct firmware *fw, const uint8_t *block);
/* STATUS_OK when memory commands may use that access port. */
uint8_t ports_check(const struct firmware *fw, uint8_t ap);
/* True from the version on in which commands name their access port and CSW. */
bool ports_has_parameter(const struct firmware *fw);
/* The access port that a command names; 0 in older firmware. */
uint8_t ports_parameter(const struct firmware *fw, uint8_t parameter);

/* firmware_trace.c: SWO */
HANDLER(trace_start);
HANDLER(trace_stop);
HANDLER(trace_count);
/* A byte from the pin; context is the firmware. */
void trace_receive(void *context, uint8_t byte, uint64_t end_ns, uint32_t baud);
/* Takes what has come, up to length bytes; returns how many. */
size_t trace_take(struct firmware *fw, uint8_t *buffer, size_t length);

#endif
