/* SPDX-License-Identifier: MIT
 *
 * The firmware's USB side: joins payloads, finds the command, decides whether it may run, queues
 * the reply. Endpoints behave as recorded with real probes: no tags, no status of their own.
 */
#include "probe/virtual/firmware/firmware.h"

#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/virtual/firmware/commands.h"
#include "probe/virtual/firmware/state.h"
#include "probe/virtual/firmware/swd.h"
#include "probe/virtual/timing.h"

enum { GROUP_DEBUG = 0xF2, JUNK = 0x5AA5 };

void firmware_put_status(uint8_t *reply, uint8_t status)
{
	reply[0] = status;
	reply[1] = 0;
}

void firmware_odd(const struct firmware *fw, const char *what)
{
	log_line(LOG_VIRTUAL, "%s: command %02x %02x %s: %s", fw->personality->name, fw->block[0],
		 fw->block[1], fw->command ? fw->command->name : "", what);
}

bool firmware_guesses(const struct firmware *fw, enum guess guess)
{
	return guess_is_turned(machine_spec(fw->machine), guess);
}

static void queue_reply(struct firmware *fw, uint32_t length)
{
	uint64_t ready_ns = meter_now_ns(&fw->meter) + fw->late_ns;

	if (length > fw->cut_length)
		length = fw->cut_length;
	if (fw->babbles) {
		memset(fw->data + length, 0, fw->replies.packet);
		length += fw->replies.packet;
	}
	if (!replies_add(&fw->replies, fw->data, length, ready_ns))
		firmware_odd(fw, "reply dropped, nobody fetches them");
}

static uint32_t data_length(const struct firmware *fw)
{
	const struct command *command = fw->command;

	return command->data_length ? command->data_length(fw, fw->block) : command->reply_length;
}

static bool is_refused(const struct firmware *fw, const struct command *command)
{
	if (command->where == IN_DEBUG)
		return fw->mode != MODE_DEBUG;
	return command->where == OUT_OF_DFU && fw->mode == MODE_DFU &&
	       !firmware_guesses(fw, GUESS_DFU);
}

/* A command in the wrong mode: 08, where there is a place to say so. */
static void refuse(struct firmware *fw, const struct command *command)
{
	enum status status = firmware_guesses(fw, GUESS_MODE) ? STATUS_UNKNOWN_ERROR
							      : STATUS_COMMAND_ERROR;

	firmware_odd(fw, "refused in this mode");
	if (command->shape == STATUS_REPLY)
		firmware_put_status(fw->data, status);
	else if (command->shape != PLAIN_REPLY)
		fw->rw_status = status;
}

/* Does the command and queues its reply. The data of a DATA_IN starts as what was left in the
 * buffer: bytes that a faulting read did not fill are stale, not zero. */
static void run(struct firmware *fw)
{
	const struct command *command = fw->command;
	uint32_t length = data_length(fw);
	bool replies = command->shape != NO_REPLY && command->shape != DATA_OUT;

	meter_usb(&fw->meter, TIMING_COMMAND_NS);
	if (command->shape == STATUS_REPLY || command->shape == PLAIN_REPLY)
		memset(fw->data, 0, length);
	if (command->shape == STATUS_REPLY && length >= 8 && faults_has(&fw->faults, FAULT_JUNK))
		put_u16(fw->data + 2, JUNK);
	if (is_refused(fw, command))
		refuse(fw, command);
	else
		command->run(fw, fw->block, fw->data, length);
	meter_settle(&fw->meter);
	if (replies && !fw->silent && !fw->lost)
		queue_reply(fw, length);
}

/* Unknown to this version: 42 00 in the debug group, nothing elsewhere. */
static void answer_unknown(struct firmware *fw)
{
	firmware_odd(fw, "unknown to this firmware");
	if (fw->block[0] != GROUP_DEBUG || firmware_guesses(fw, GUESS_UNKNOWN))
		return;
	firmware_put_status(fw->data, STATUS_UNKNOWN_COMMAND);
	queue_reply(fw, 2);
}

static void take_command(struct firmware *fw, const uint8_t *bytes, size_t length)
{
	const struct command *command;

	memset(fw->block, 0, sizeof(fw->block));
	memcpy(fw->block, bytes, length < COMMAND_SIZE ? length : COMMAND_SIZE);
	command = fw->command = firmware_command_find(fw->block);
	if (length != COMMAND_SIZE)
		firmware_odd(fw, "a command block of other than 16 bytes");
	if (!command || !personality_has(fw->personality, command->since)) {
		answer_unknown(fw);
		return;
	}
	if (fw->ignored && command->shape != DATA_OUT)
		return;
	if (command->where == SILENT_IN_DFU && fw->mode == MODE_DFU) {
		firmware_odd(fw, "no answer in DFU mode");
		return;
	}
	if (command->shape != DATA_OUT) {
		run(fw);
		return;
	}
	fw->payload_length = data_length(fw);
	fw->payload_got = 0;
}

static void give_up_payload(struct firmware *fw)
{
	firmware_odd(fw, "payload cut short, nothing written");
	fw->rw_status = STATUS_COMMAND_ERROR;
	fw->batch_count = 0;
}

/* Hosts cut a payload into transfers of up to 16 KiB; a short packet ends it early. */
static void take_payload(struct firmware *fw, const uint8_t *bytes, size_t length)
{
	uint32_t room = fw->payload_length - fw->payload_got;

	if (length > room)
		firmware_odd(fw, "more payload than announced, the rest is dropped");
	memcpy(fw->data + fw->payload_got, bytes, length < room ? length : room);
	fw->payload_got += length < room ? (uint32_t)length : room;
	if (fw->payload_got < fw->payload_length && length % fw->replies.packet == 0)
		return;
	if (fw->payload_got < fw->payload_length || fw->payload_got > fw->cut_payload) {
		give_up_payload(fw);
	} else if (!fw->ignored) {
		run(fw);
	}
	fw->payload_length = 0;
}

void firmware_set_power(struct firmware *fw, bool on)
{
	meter_settle(&fw->meter);
	machine_set_power(fw->machine, on);
	dap_notice_power(&fw->dap);
}

static void unplug(struct firmware *fw, uint64_t ns)
{
	fw->gone = true;
	fw->back_ns = ns ? meter_now_ns(&fw->meter) + ns : UINT64_MAX;
}

static void act_on_command(void *context, const struct fault_rule *rule)
{
	struct firmware *fw = context;

	if (rule->kind == FAULT_STALL)
		fw->stalled = true;
	else if (rule->kind == FAULT_WEDGED)
		fw->wedged = true;
	else if (rule->kind == FAULT_HUNG)
		fw->hung = true;
	else if (rule->kind == FAULT_GONE)
		unplug(fw, rule->amount);
	else if (rule->kind == FAULT_SHORT)
		fw->cut_length = (uint32_t)rule->amount;
	else if (rule->kind == FAULT_CUT)
		fw->cut_payload = (uint32_t)rule->amount;
	else if (rule->kind == FAULT_BABBLE)
		fw->babbles = true;
	else if (rule->kind == FAULT_POWER_OFF || rule->kind == FAULT_POWER_ON)
		firmware_set_power(fw, rule->kind == FAULT_POWER_ON);
	else if (rule->kind == FAULT_LATE)
		fw->late_ns = rule->amount;
	else if (rule->kind == FAULT_TIMEOUT)
		fw->ignored = fw->deaf = true;
	else if (rule->kind == FAULT_DROPPED)
		fw->ignored = true;
	else
		fw->lost = true;
}

static int check_endpoint(const struct firmware *fw)
{
	return fw->gone ? E_GONE : fw->stalled ? E_USB : 0;
}

int firmware_out(struct firmware *fw, const void *bytes, size_t length)
{
	int err = check_endpoint(fw);

	if (err)
		return err;
	meter_usb(&fw->meter, fw->personality->high_speed ? TIMING_HS_OUT_NS : TIMING_FS_OUT_NS);
	if (fw->payload_length && fw->deaf) {
		fw->payload_length = 0;		/* what comes after the time-out is a command */
		return E_TIMEOUT;
	}
	if (fw->payload_length) {
		take_payload(fw, bytes, length);
		return 0;
	}
	fw->lost = fw->ignored = fw->deaf = fw->silent = fw->babbles = false;
	fw->cut_length = fw->cut_payload = UINT32_MAX;
	fw->late_ns = 0;
	faults_count(&fw->faults, FAULT_AT_COMMAND, act_on_command, fw);
	if (fw->wedged || fw->hung)
		fw->ignored = fw->deaf = true;
	err = check_endpoint(fw);
	if (!err)
		take_command(fw, bytes, length);
	return err;
}

int firmware_in(struct firmware *fw, void *buffer, size_t length, uint64_t deadline_ns,
		size_t *got)
{
	uint64_t ready_ns = replies_ready_ns(&fw->replies), now_ns = meter_now_ns(&fw->meter);
	int n;

	*got = 0;
	if (fw->gone)
		return E_GONE;
	if (ready_ns > deadline_ns || now_ns > deadline_ns) {
		meter_wait(&fw->meter, deadline_ns > now_ns ? deadline_ns - now_ns : 0);
		return E_TIMEOUT;
	}
	if (ready_ns > now_ns)
		meter_wait(&fw->meter, ready_ns - now_ns);
	meter_usb(&fw->meter, fw->personality->high_speed ? TIMING_HS_IN_NS : TIMING_FS_IN_NS);
	n = replies_fetch(&fw->replies, buffer, length, got);
	if (n != (int)length)
		firmware_odd(fw, n == E_USB ? "the host asks for less than the reply: babble" :
			     n == E_TIMEOUT ? "the host asks for more, and no short packet ends the reply" :
			     "the reply is shorter than what the host asks for");
	return n < 0 ? n : 0;
}

int firmware_trace_in(struct firmware *fw, void *buffer, size_t length, size_t *got)
{
	int err = check_endpoint(fw);

	*got = 0;
	if (err)
		return err;
	meter_usb(&fw->meter, fw->personality->high_speed ? TIMING_HS_IN_NS : TIMING_FS_IN_NS);
	*got = trace_take(fw, buffer, length);
	return 0;
}

uint64_t firmware_ready_ns(const struct firmware *fw)
{
	return replies_ready_ns(&fw->replies);
}

void firmware_drain(struct firmware *fw)
{
	replies_drop(&fw->replies, meter_now_ns(&fw->meter));
}

void firmware_clear_halt(struct firmware *fw)
{
	fw->stalled = false;
}

void firmware_replug(struct firmware *fw)
{
	fw->gone = fw->hung = false;
	firmware_usb_reset(fw);
	fw->mode = fw->personality->start;
	speed_init(fw);
}

uint64_t firmware_back_ns(const struct firmware *fw)
{
	return fw->gone ? fw->back_ns : UINT64_MAX;
}

void firmware_usb_reset(struct firmware *fw)
{
	fw->stalled = fw->wedged = false;
	fw->payload_length = 0;
	replies_init(&fw->replies, personality_packet(fw->personality));
	session_leave_debug(fw);
}

/* Stalls and bus errors of the fault schedule, where a transaction reaches the bus. */
static void act_on_access(void *context, const struct fault_rule *rule)
{
	struct firmware *fw = context;

	fw->spoiled = rule->kind == FAULT_WAIT ? BUS_STALL : BUS_FAULT;
	fw->spoiled_until_ns = rule->amount ? meter_now_ns(&fw->meter) + rule->amount : UINT64_MAX;
}

static enum bus_result spoil_access(void *context, bool again)
{
	struct firmware *fw = context;

	if (!again) {
		fw->spoiled = BUS_OK;
		faults_count(&fw->faults, FAULT_AT_ACCESS, act_on_access, fw);
	}
	if (fw->spoiled == BUS_STALL && meter_now_ns(&fw->meter) >= fw->spoiled_until_ns)
		fw->spoiled = BUS_OK;
	return fw->spoiled;
}

struct firmware *firmware_new(const struct personality *personality, struct machine *machine)
{
	struct firmware *fw = calloc(1, sizeof(*fw));

	if (!fw)
		return NULL;
	fw->personality = personality;
	fw->machine = machine;
	fw->meter.machine = machine;
	fw->mode = personality->start;
	fw->rw_status = STATUS_OK;
	replies_init(&fw->replies, personality_packet(personality));
	machine_on_trace(machine, &(struct machine_trace){ fw, trace_receive });
	dap_init(&fw->dap, &fw->meter);
	fw->dap.ap.spoil = spoil_access;
	fw->dap.ap.spoil_context = fw;
	speed_init(fw);
	return fw;
}

void firmware_free(struct firmware *fw)
{
	free(fw);
}

struct faults *firmware_faults(struct firmware *fw)
{
	return &fw->faults;
}

struct meter *firmware_meter(struct firmware *fw)
{
	return &fw->meter;
}

const struct personality *firmware_personality(const struct firmware *fw)
{
	return fw->personality;
}

enum probe_mode firmware_mode(const struct firmware *fw)
{
	return fw->mode;
}

bool firmware_is_gone(const struct firmware *fw)
{
	return fw->gone;
}
