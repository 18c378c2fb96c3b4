/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about the one-time programmable area. What they write stays for ever, so each shows
 * its plan and takes a token.
 */
#include "server/monitor/confirm.h"
#include "server/monitor/option_change.h"
#include "server/session/session.h"

#include "flash/new_file.h"
#include "flash/otp/otp.h"

#include "probe/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- the core meanwhile ---- */

/* The core must not use the flash controller meanwhile; it goes on afterwards if it ran. */
static int halt(struct monitor_call *call, bool *ran)
{
	*ran = call->session->run == RUN_RUNNING;
	return session_halt(call->session, "otp", call->why);
}

static int go_on(struct monitor_call *call, bool ran, int err)
{
	struct why reason = { "" };
	int resume_err = ran ? session_resume(call->session, "otp", &reason) : OK;

	return err ? err : resume_err ? explain(call->why, resume_err, "%s", reason.text) : OK;
}

/* Where what was never written is an ECC error, a core that runs would take it for its own. */
static int halt_to_read(struct monitor_call *call, bool *ran)
{
	*ran = false;
	if (!otp_reading_disturbs(&call->engine->board.chip) || call->session->run != RUN_RUNNING)
		return OK;
	if (call->peer && !session_may_control(call->session, call->peer))
		return explain(call->why, E_REFUSED, "Reading this OTP takes a halt, and another client controls this "
			       "target.");
	return halt(call, ran);
}

/* ---- show ---- */

enum { LINE_BYTES = 16 };

static void print_data(struct monitor_call *call, uint32_t address, const struct otp_block *block)
{
	for (uint32_t i = 0; i < block->size; i++) {
		if (i % LINE_BYTES == 0)
			monitor_print(call, "  0x%08x ", address + i);
		if (block->virgin[i])
			monitor_print(call, " --");
		else
			monitor_print(call, " %02x", block->data[i]);
		if (i % LINE_BYTES == LINE_BYTES - 1 || i + 1 == block->size)
			monitor_print(call, "\n");
	}
}

static const char *lock_word(const struct chip *chip, const struct otp_block *block)
{
	if (!chip->otp_locks && !otp_lock_field(chip))
		return "";
	if (!block->locked)
		return ", open";
	return !chip->otp_locks || block->lock == chip->otp_locked ? ", locked" : ", lock byte half written";
}

static void print_blocks(struct monitor_call *call, unsigned first, unsigned last,
			 const struct otp_block *block)
{
	const struct chip *chip = &call->engine->board.chip;
	uint32_t address = chip->otp_base + first * block->size;
	char range[24];

	snprintf(range, sizeof(range), first == last ? "%u" : "%u-%u", first, last);
	monitor_print(call, "block %-7s 0x%08x %s%s\n", range, address, block->blank ? "empty" : "written",
		      lock_word(chip, block));
	if (!block->blank)
		print_data(call, address, block);
}

static bool is_alike(const struct otp_block *a, const struct otp_block *b)
{
	return a->blank && b->blank && a->locked == b->locked && a->lock == b->lock;
}

static int show_blocks(struct monitor_call *call)
{
	unsigned count = otp_block_count(&call->engine->board.chip), first = 0;
	struct otp_block block = { 0 }, next;

	for (unsigned i = 0; i < count; i++) {
		int err = otp_read_block(call->session->core, i, &next, call->why);

		if (err)
			return err;
		if (i && !is_alike(&block, &next)) {
			print_blocks(call, first, i - 1, &block);
			first = i;
		}
		block = next;
	}
	print_blocks(call, first, count - 1, &block);
	return OK;
}

static int show(struct monitor_call *call)
{
	const struct chip *chip = &call->engine->board.chip;
	bool ran;
	int err;

	if (!otp_block_count(chip))
		return explain(call->why, E_CHIP, "%s has no OTP area that is known.", chip->name);
	err = halt_to_read(call, &ran);
	if (err)
		return err;
	err = go_on(call, ran, show_blocks(call));
	if (!err && chip->otp_unit > 1)
		monitor_print(call, "Each %u bytes can be written once%s.\n", chip->otp_unit,
			      chip->otp_locks || otp_lock_field(chip) ? "" : "; there are no locks (write-once)");
	if (!err && otp_reading_disturbs(chip))
		monitor_print(call, "--: never written (or written so that its ECC is broken); ff: written.\n");
	return err;
}

static int run_otp(struct monitor_call *call)
{
	return call->argc ? monitor_usage(call, "otp, otp write ADDRESS BYTES|FILE, otp lock BLOCK...")
			  : show(call);
}

/* ---- write ---- */

struct content {
	uint8_t data[OTP_MOST], before[OTP_MOST];
	uint32_t address, length;
};

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - 'A' + 10;
}

/* Hex digits are bytes; anything else is the name of a file (./cafe for one that looks like bytes). */
static bool is_hex(const char *text)
{
	return *text && strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

static bool is_bytes(const char *text)
{
	return is_hex(text) && strlen(text) % 2 == 0;
}

static int take_bytes(struct monitor_call *call, unsigned i, struct content *content)
{
	const char *text = call->argv[i];

	if (content->length + strlen(text) / 2 > sizeof(content->data))
		return explain(call->why, E_RANGE, "OTP is not that large.");
	for (; *text; text += 2)
		content->data[content->length++] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
	return OK;
}

static int take_file(struct monitor_call *call, const char *path, struct content *content)
{
	FILE *file = fopen(path, "rb");
	size_t length;
	int err = OK;

	if (!file)
		return new_file_explain(call->why, path, "is neither pairs of hex digits nor a file that can be read");
	length = fread(content->data, 1, sizeof(content->data), file);
	if (ferror(file) || !length)
		err = explain(call->why, E_SYSTEM, "%s: %s", path, length ? "can't be read" : "there is nothing in it");
	else if (fgetc(file) != EOF)
		err = explain(call->why, E_RANGE, "%s: OTP is not that large.", path);
	fclose(file);
	content->length = (uint32_t)length;
	return err;
}

static int take_content(struct monitor_call *call, struct content *content)
{
	int err = monitor_number(call, 0, &content->address);

	content->length = 0;
	if (!err && call->argc == 2 && !is_hex(call->argv[1]))
		return take_file(call, call->argv[1], content);
	for (unsigned i = 1; i < call->argc && !err; i++)
		err = is_bytes(call->argv[i]) ? take_bytes(call, i, content) :
		      explain(call->why, E_ARGUMENT, "'%.40s' is no pairs of hex digits: two are a byte.", call->argv[i]);
	return err;
}

static void print_content(struct monitor_call *call, const struct content *content)
{
	monitor_print(call, "address     now  then\n");
	for (uint32_t i = 0; i < content->length; i++)
		if (content->before[i] != content->data[i])
			monitor_print(call, "0x%08x  %02x   %02x\n", content->address + i, content->before[i],
				      content->data[i]);
	monitor_print(call, "Nobody can ever undo this.\n");
}

static int confirm_content(struct monitor_call *call, const struct content *content, const char *given)
{
	struct token token;
	int err = token_begin(&token, call->session->core, call->why);

	if (err)
		return err;
	token_add(&token, "otp", 3);
	token_add(&token, &content->address, sizeof(content->address));
	token_add(&token, &content->length, sizeof(content->length));
	token_add(&token, content->before, content->length);
	token_add(&token, content->data, content->length);
	return confirm_check(call, &token, given);
}

/* The probe was lost on the way: what is written is shown by `otp`. The controller may have heard half of
 * its keys, which only a reset makes it forget. */
static int recover(struct monitor_call *call, bool *ran, int err)
{
	struct why reason = { "" };

	if (!err || !engine_recover(call->engine, err))
		return err;
	*ran = false;
	if (!engine_reset(call->engine, RESET_AUTO, true, "otp", &reason))
		explain_more(call->why, " Some of it may be written: see `otp`. The chip was reset and is halted.");
	return err;
}

static int write_content(struct monitor_call *call, struct content *content, const char *given)
{
	struct core *core = call->session->core;
	bool ran;
	int err = halt_to_read(call, &ran);

	if (!err)
		err = otp_check(core, content->address, content->data, content->length, content->before, call->why);
	if (!err && !memcmp(content->data, content->before, content->length)) {
		monitor_print(call, "These bytes are there already; nothing was done.\n");
		return go_on(call, ran, OK);
	}
	if (!err)
		print_content(call, content);
	if (!err)
		err = confirm_content(call, content, given);
	if (!err && !ran)
		err = halt(call, &ran);
	if (err)
		return go_on(call, ran, err);
	atomic_store(&call->engine->flags->uncut, "OTP bytes");
	err = otp_write(core, content->address, content->data, content->length, call->why);
	atomic_store(&call->engine->flags->uncut, NULL);
	err = recover(call, &ran, err);
	err = go_on(call, ran, err);
	if (!err)
		monitor_print(call, "%u bytes written and verified.\n", content->length);
	return err;
}

static int run_write(struct monitor_call *call)
{
	const char *given = confirm_take(call);
	struct content content;
	int err;

	if (call->argc < 2)
		return monitor_usage(call, "otp write ADDRESS BYTES|FILE");
	err = take_content(call, &content);
	return err ? err : write_content(call, &content, given);
}

/* ---- lock ---- */

enum { BLOCKS_MOST = 64 };

/* What the words name, as a set; ranges like 3-5 too. */
static int take_blocks(struct monitor_call *call, bool wanted[BLOCKS_MOST])
{
	const struct chip *chip = &call->engine->board.chip;
	unsigned count = min_u32(otp_block_count(chip), BLOCKS_MOST);

	for (unsigned i = 0; i < call->argc; i++) {
		unsigned first, last;
		int end = 0;

		if (sscanf(call->argv[i], "%u%n", &first, &end) != 1 || !isdigit((unsigned char)*call->argv[i]))
			end = -1;
		last = first;
		if (end > 0 && call->argv[i][end] == '-' &&
		    sscanf(call->argv[i] + end, "-%u%n", &last, &(int){ 0 }) == 1)
			end += (int)strspn(call->argv[i] + end, "-0123456789");
		if (end < 0 || call->argv[i][end] || first > last || last >= count)
			return explain(call->why, E_ARGUMENT, "'%.20s' is no OTP block: they are 0 to %u.",
				       call->argv[i], count - 1);
		for (unsigned b = first; b <= last; b++)
			wanted[b] = true;
	}
	return OK;
}

/* Shows the plan, and takes blocks that are locked already off it. */
static int plan_locks(struct monitor_call *call, bool wanted[BLOCKS_MOST], struct token *token,
		      unsigned *locks)
{
	const struct chip *chip = &call->engine->board.chip;
	struct otp_block block;
	int err = token_begin(token, call->session->core, call->why);

	token_add(token, "lock", 4);
	for (unsigned i = 0; i < BLOCKS_MOST && !err; i++) {
		if (!wanted[i])
			continue;
		err = otp_read_block(call->session->core, i, &block, call->why);
		wanted[i] = block.lock != chip->otp_locked;
		if (err)
			break;
		print_blocks(call, i, i, &block);
		*locks += wanted[i];
		token_add(token, &i, sizeof(i));
		token_add(token, block.data, block.size);
		token_add(token, &block.lock, 1);
	}
	return err;
}

static int lock_blocks(struct monitor_call *call, const bool wanted[BLOCKS_MOST])
{
	bool ran;
	int err = halt(call, &ran);

	if (err)
		return err;
	atomic_store(&call->engine->flags->uncut, "OTP locks");
	for (unsigned i = 0; i < BLOCKS_MOST && !err; i++) {
		if (!wanted[i])
			continue;
		err = otp_lock(call->session->core, i, call->why);
		if (!err)
			monitor_print(call, "block %u is locked.\n", i);
	}
	atomic_store(&call->engine->flags->uncut, NULL);
	err = recover(call, &ran, err);
	return go_on(call, ran, err);
}

static int lock_by_bytes(struct monitor_call *call, bool wanted[BLOCKS_MOST], const char *given)
{
	const struct chip *chip = &call->engine->board.chip;
	struct token token;
	unsigned locks = 0;
	int err = plan_locks(call, wanted, &token, &locks);

	if (err)
		return err;
	if (!locks) {
		monitor_print(call, "Locked already; nothing was done.\n");
		return OK;
	}
	monitor_print(call, "Locking: the %u bytes of %s stay as they are. Nobody can ever undo this.\n",
		      chip->otp_block, locks == 1 ? "this block" : "each of these blocks");
	err = confirm_check(call, &token, given);
	return err ? err : lock_blocks(call, wanted);
}

/* The locks are option bits, and are written as such. */
static int lock_by_options(struct monitor_call *call, const bool wanted[BLOCKS_MOST], const char *given)
{
	const struct chip_option_field *field = otp_lock_field(&call->engine->board.chip);
	struct option_plan plan;
	uint32_t locks = 0;
	char value[16];
	int err = option_plan_begin(&plan, call->session->core, call->why);

	for (unsigned i = 0; i < 32; i++)
		locks |= wanted[i] ? 1u << i : 0;
	if (err)
		return err;
	locks |= option_field_value(field, plan.before);
	snprintf(value, sizeof(value), "0x%x", locks);
	err = option_plan_set(&plan, field->name, value, call->why);
	return err ? err : option_change(call, &plan, given);
}

static int run_lock(struct monitor_call *call)
{
	const struct chip *chip = &call->engine->board.chip;
	const char *given = confirm_take(call);
	bool wanted[BLOCKS_MOST] = { false };
	int err = otp_lockable(chip, call->why);

	if (!err && !call->argc)
		return monitor_usage(call, "otp lock BLOCK...");
	if (!err)
		err = take_blocks(call, wanted);
	if (err)
		return err;
	return chip->otp_locks ? lock_by_bytes(call, wanted, given) : lock_by_options(call, wanted, given);
}

enum { WRITE = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_otp[] = {
	{ "otp", "", "Show the one-time programmable area\notp", MONITOR_TARGET, run_otp },
	{ "otp write", "ADDRESS BYTES|FILE [confirm TOKEN]", "Write OTP bytes, for ever\n"
	  "otp write 0x1fff7800 0123456789abcdef\notp write 0x1fff7820 serial.bin", WRITE, run_write },
	{ "otp lock", "BLOCK... [confirm TOKEN]", "Lock OTP blocks, for ever\notp lock 0 3-5", WRITE, run_lock },
	{ NULL, NULL, NULL, 0, NULL },
};
