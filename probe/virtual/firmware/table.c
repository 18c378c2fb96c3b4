/* SPDX-License-Identifier: MIT
 *
 * Every command that the firmware knows: code, since which version, when, what travels, who does
 * it. Not among them, and answered as unknown: 10 and 37 (watchpoints), 0B and 38, 0E and 39
 * (breakpoints), of which nothing but the names is public; all tools write the units themselves.
 */
#include "probe/bytes.h"
#include "probe/virtual/firmware/commands.h"

#define ALL	{ 0, 0 }
#define V2_ONLY(j)	{ j, NEVER }
#define V3_ONLY(j)	{ NEVER, j }
#define SINCE(v2, v3)	{ v2, v3 }

#define STATUS(length)	STATUS_REPLY, length, NULL
#define PLAIN(length)	PLAIN_REPLY, length, NULL
#define SILENT		NO_REPLY, 0, NULL
#define IN(length_of)	DATA_IN, 0, length_of
#define OUT(length_of)	DATA_OUT, 0, length_of

static const struct command commands[] = {
	{ 0x00F1, "GET_VERSION", ALL, ANYWHERE, PLAIN(6), session_get_version },
	{ 0x00FB, "GET_VERSION_V3", V3_ONLY(0), ANYWHERE, PLAIN(12), session_get_version_v3 },
	{ 0x00F5, "GET_CURRENT_MODE", ALL, ANYWHERE, PLAIN(2), session_get_mode },
	{ 0x00F7, "GET_TARGET_VOLTAGE", SINCE(13, 0), SILENT_IN_DFU, PLAIN(8),
	  session_get_voltage },
	{ 0x00F8, "GET_BOARD_KIND", SINCE(28, 0), SILENT_IN_DFU, PLAIN(4), session_board_kind },
	{ 0xF900, "BOOTLOADER_AVAILABLE", SINCE(28, 0), ANYWHERE, STATUS(2), session_usb_loader },
	{ 0xF901, "JUMP_TO_USB_LOADER", SINCE(28, 0), ANYWHERE, STATUS(2), session_usb_loader },
	{ 0x00FA, "SET_MCO", SINCE(28, 0), SILENT_IN_DFU, STATUS(2), session_not_available },
	{ 0x00FD, "TARGET_POWER", SINCE(34, 4), SILENT_IN_DFU, STATUS(2), session_power },
	{ 0xF307, "DFU_EXIT", ALL, ANYWHERE, SILENT, session_leave_dfu },
	{ 0xF401, "SWIM_EXIT", ALL, ANYWHERE, SILENT, session_leave_swim },

	{ 0xF220, "ENTER_V1", ALL, OUT_OF_DFU, STATUS(2), session_enter },
	{ 0xF230, "ENTER", ALL, OUT_OF_DFU, STATUS(2), session_enter },
	{ 0xF221, "EXIT", ALL, OUT_OF_DFU, SILENT, session_exit },
	{ 0xF23C, "DRIVE_NRST", SINCE(13, 0), OUT_OF_DFU, STATUS(2), session_reset_pin },
	{ 0xF249, "BLINK_LED", SINCE(28, 0), OUT_OF_DFU, STATUS(2), session_accept },
	{ 0xF24A, "GET_DISK_NAME", SINCE(28, 0), OUT_OF_DFU, STATUS(16), session_disk_name },
	{ 0xF255, "WRITE_DFTREG", SINCE(35, 5), OUT_OF_DFU, STATUS(2), session_accept },
	{ 0xF256, "GET_BOARD_IDENTIFIERS", SINCE(36, 6), OUT_OF_DFU, STATUS(128),
	  session_board_ids },

	{ 0xF243, "SWD_SET_FREQ", V2_ONLY(22), OUT_OF_DFU, STATUS(2), speed_set_v2 },
	{ 0xF244, "JTAG_SET_FREQ", V2_ONLY(24), OUT_OF_DFU, STATUS(2), session_accept },
	{ 0xF261, "SET_COM_FREQ", V3_ONLY(0), OUT_OF_DFU, STATUS(8), speed_set_v3 },
	{ 0xF262, "GET_COM_FREQ", V3_ONLY(0), OUT_OF_DFU, STATUS(52), speed_get_v3 },
	{ 0xF263, "SWITCH_STLINK_FREQ", V3_ONLY(0), OUT_OF_DFU, STATUS(8), speed_switch_v3 },

	{ 0xF222, "READCOREID", ALL, IN_DEBUG, PLAIN(4), firmware_core_read_id },
	{ 0xF231, "READ_IDCODES", ALL, IN_DEBUG, STATUS(12), firmware_core_read_ids },
	{ 0xF201, "GETSTATUS", ALL, IN_DEBUG, STATUS(2), firmware_core_get_status },
	{ 0xF202, "FORCEDEBUG", ALL, IN_DEBUG, STATUS(2), firmware_core_halt },
	{ 0xF209, "RUNCORE", ALL, IN_DEBUG, STATUS(2), firmware_core_run },
	{ 0xF20A, "STEPCORE", ALL, IN_DEBUG, STATUS(2), firmware_core_step },
	{ 0xF203, "RESETSYS_V1", ALL, IN_DEBUG, STATUS(2), firmware_core_reset },
	{ 0xF232, "RESETSYS", ALL, IN_DEBUG, STATUS(2), firmware_core_reset },
	{ 0xF204, "READALLREGS_V1", ALL, IN_DEBUG, PLAIN(84), firmware_core_read_all_v1 },
	{ 0xF23A, "READALLREGS", ALL, IN_DEBUG, STATUS(88), firmware_core_read_all },
	{ 0xF23D, "READFPUREGS", SINCE(15, 0), IN_DEBUG, STATUS_REPLY, 0, firmware_core_fpu_length,
	  firmware_core_read_fpu },
	{ 0xF205, "READREG_V1", ALL, IN_DEBUG, PLAIN(4), firmware_core_read_register_v1 },
	{ 0xF233, "READREG", ALL, IN_DEBUG, STATUS(8), firmware_core_read_register },
	{ 0xF206, "WRITEREG_V1", ALL, IN_DEBUG, STATUS(2), firmware_core_write_register },
	{ 0xF234, "WRITEREG", ALL, IN_DEBUG, STATUS(2), firmware_core_write_register },
	{ 0xF20F, "WRITEDEBUGREG_V1", ALL, IN_DEBUG, STATUS(2), firmware_core_write_debug },
	{ 0xF235, "WRITEDEBUGREG", ALL, IN_DEBUG, STATUS(2), firmware_core_write_debug },
	{ 0xF236, "READDEBUGREG", ALL, IN_DEBUG, STATUS(8), firmware_core_read_debug },

	{ 0xF207, "READMEM_32BIT", ALL, IN_DEBUG, IN(memory_length), memory_read_32 },
	{ 0xF254, "READMEM_32BIT_FIXED", SINCE(32, 2), IN_DEBUG, IN(memory_length),
	  memory_read_32_fixed },
	{ 0xF247, "READMEM_16BIT", SINCE(26, 0), IN_DEBUG, IN(memory_length), memory_read_16 },
	{ 0xF20C, "READMEM_8BIT", ALL, IN_DEBUG, IN(memory_read_8_length), memory_read_8 },
	{ 0xF208, "WRITEMEM_32BIT", ALL, IN_DEBUG, OUT(memory_length), memory_write_32 },
	{ 0xF250, "WRITEMEM_32BIT_FIXED", SINCE(26, 0), IN_DEBUG, OUT(memory_length),
	  memory_write_32_fixed },
	{ 0xF248, "WRITEMEM_16BIT", SINCE(26, 0), IN_DEBUG, OUT(memory_length), memory_write_16 },
	{ 0xF20D, "WRITEMEM_8BIT", ALL, IN_DEBUG, OUT(memory_length), memory_write_8 },
	{ 0xF23B, "GETLASTRWSTATUS", ALL, IN_DEBUG, STATUS(2), memory_get_status },
	{ 0xF23E, "GETLASTRWSTATUS2", SINCE(15, 0), IN_DEBUG, STATUS(12), memory_get_status2 },

	{ 0xF24B, "INIT_AP", SINCE(28, 0), IN_DEBUG, STATUS(2), ports_open },
	{ 0xF24C, "CLOSE_AP", SINCE(28, 0), IN_DEBUG, STATUS(2), ports_close },
	{ 0xF245, "READ_DAP_REG", SINCE(24, 0), IN_DEBUG, STATUS(8), ports_read },
	{ 0xF246, "WRITE_DAP_REG", SINCE(24, 0), IN_DEBUG, STATUS(2), ports_write },
	{ 0xF253, "RW_MISC_GET_MAX", SINCE(32, 2), IN_DEBUG, PLAIN(2), ports_batch_max },
	{ 0xF251, "RW_MISC_OUT", SINCE(32, 2), IN_DEBUG, OUT(ports_batch_out_length),
	  ports_batch_out },
	{ 0xF252, "RW_MISC_IN", SINCE(32, 2), IN_DEBUG, IN(ports_batch_in_length), ports_batch_in },

	{ 0xF240, "START_TRACE_RX", SINCE(13, 0), IN_DEBUG, STATUS(2), trace_start },
	{ 0xF241, "STOP_TRACE_RX", SINCE(13, 0), IN_DEBUG, STATUS(2), trace_stop },
	{ 0xF242, "GET_TRACE_NB", SINCE(13, 0), IN_DEBUG, PLAIN(2), trace_count },
};

const struct command *firmware_command_at(size_t index)
{
	return index < ARRAY_SIZE(commands) ? &commands[index] : NULL;
}

const struct command *firmware_command_find(const uint8_t *block)
{
	unsigned grouped = (unsigned)block[0] << 8 | block[1];

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].code == block[0] || commands[i].code == grouped)
			return &commands[i];
	return NULL;
}
