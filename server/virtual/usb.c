/* SPDX-License-Identifier: MIT
 *
 * tether-virtual-usb: runs a command with virtual ST-LINKs plugged in as USB devices, so that any
 * program that uses libusb meets them: openocd, st-flash, lsusb, tether itself.
 */
#include "probe/virtual/link_virtual.h"
#include "probe/virtual/usb/door.h"
#include "probe/virtual/usb/overhead.h"
#include "probe/virtual/usb/stlink.h"
#include "server/virtual/open.h"
#include "targets/chip.h"

#include "probe/log.h"
#include "probe/usb_list.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROBES_MAX = 8, EXIT_USAGE = 2, EXIT_NOT_FOUND = 127, EXIT_SIGNAL = 128 };

static const char usage[] =
	"usage: tether-virtual-usb CHIP[,KEY=VALUE...] [OPTION...] -- COMMAND [ARGUMENT...]\n"
	"\n"
	"Runs COMMAND with a virtual ST-LINK plugged in as a USB device; exits with its status.\n"
	"\n"
	"  CHIP,KEY=VALUE    the board, as in --probe virtual:CHIP,KEY=VALUE\n"
	"  --also CHIP[,...] one more probe\n"
	"  --busy            the probe before it is held by another program\n"
	"  --locked          the probe before it can't be opened: no permission\n"
	"  --unplugged       the probe before it is not plugged in yet\n"
	"  --times           at the end, say where the modelled time went\n"
	"  --hurry N         the board lives through the command's own time N times as fast: long erases\n"
	"                    are over soon for a program that sleeps meanwhile (1 to 1000)\n"
	"  --log CHANNELS    as in tether: virtual, usb, ...\n"
	"\n"
	"SIGUSR1 unplugs the first probe, SIGUSR2 plugs it in again; so does faults=FILE. A second SIGTERM\n"
	"kills COMMAND.\n"
	"\n"
	"Examples:\n"
	"  tether-virtual-usb STM32F407VG -- st-info --probe\n"
	"  tether-virtual-usb STM32F407VG,firmware=V3J7M3,image=board.img -- \\\n"
	"      openocd -f interface/stlink.cfg -f target/stm32f4x.cfg -c init\n";

struct socket_ {			/* a USB port with a probe that belongs there */
	const char *board;
	struct usb_plug plug;
	bool unplugged;
	struct usb_stlink *stlink;
	struct usb_door *door;
	atomic_bool gone;	/* the schedule of faults has pulled the plug */
	uint64_t back_ns;	/* and puts it back at this time; 0 = not */
};

struct bench {
	struct socket_ sockets[PROBES_MAX];
	unsigned count;
	bool times;
	unsigned hurry, asked_to_end;
	char **command;
	sigset_t signals, signals_before;
	struct usb_bus *bus;
	uint64_t overhead_ns;
	struct chip_library *chips;
};

static int add_socket(struct bench *bench, const char *board, struct why *why)
{
	if (!board || board[0] == '-')
		return explain(why, E_ARGUMENT, "--also wants a board: CHIP[,KEY=VALUE...]");
	if (bench->count == PROBES_MAX)
		return explain(why, E_ARGUMENT, "at most %d probes", PROBES_MAX);
	bench->sockets[bench->count].board = board;
	bench->sockets[bench->count].plug.port = bench->count + 1;
	bench->count++;
	return 0;
}

static int take_log(const char *channels, struct why *why)
{
	const char *bad;

	if (channels && !log_enable(channels, &bad))
		return 0;
	return explain(why, E_ARGUMENT, "--log wants channels: %s", log_channel_names());
}

static int take_hurry(struct bench *bench, const char *number, struct why *why)
{
	char *end = NULL;
	unsigned long factor = number ? strtoul(number, &end, 10) : 0;

	if (!number || *end || factor < 1 || factor > 1000)
		return explain(why, E_ARGUMENT, "--hurry wants a number from 1 to 1000");
	bench->hurry = (unsigned)factor;
	return 0;
}

static int take_option(struct bench *bench, char ***arg, struct why *why)
{
	const char *word = **arg;
	struct socket_ *last = &bench->sockets[bench->count - 1];

	if (!strcmp(word, "--also"))
		return add_socket(bench, *++*arg, why);
	if (!strcmp(word, "--busy"))
		return last->plug.busy = true, 0;
	if (!strcmp(word, "--locked"))
		return last->plug.locked = true, 0;
	if (!strcmp(word, "--unplugged"))
		return last->unplugged = true, 0;
	if (!strcmp(word, "--times"))
		return bench->times = true, 0;
	if (!strcmp(word, "--hurry"))
		return take_hurry(bench, *++*arg, why);
	if (!strcmp(word, "--log"))
		return take_log(*++*arg, why);
	return explain(why, E_ARGUMENT, "'%s' means nothing here", word);
}

static int parse(struct bench *bench, char **argv, struct why *why)
{
	char **arg = argv + 1;
	int err;

	if (!*arg || (*arg)[0] == '-')
		return explain(why, E_ARGUMENT, "which chip?");
	err = add_socket(bench, *arg++, why);
	for (; !err && *arg && strcmp(*arg, "--") != 0; arg++)
		err = take_option(bench, &arg, why);
	if (err)
		return err;
	if (!*arg || !arg[1])
		return explain(why, E_ARGUMENT, "which command? It comes after --");
	bench->command = arg + 1;
	return 0;
}

/* umockdev redirects /sys, /dev and uevents of programs that its library is loaded into; this one too. */
static void run_under_preload(char **argv)
{
	static const char library[] = "libumockdev-preload.so.0";
	const char *now = getenv("LD_PRELOAD");
	char own[PATH_MAX], all[2 * PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *end;

	if ((now && strstr(now, library)) || length < 0)
		return;
	own[length] = '\0';
	end = strrchr(own, '/');
	snprintf(end, sizeof(own) - (size_t)(end - own), "/tether-usb-client.so");
	snprintf(all, sizeof(all), "%s:%s%s%s", own, library, now ? ":" : "", now ? now : "");
	setenv("LD_PRELOAD", all, 1);
	execv("/proc/self/exe", argv);
}

/* Two boards with the same chip are two probes. */
static void give_serial(struct virtual_spec *spec, unsigned port)
{
	char serial[64];

	if (spec->serial[0] || port == 1)
		return;
	virtual_serial(spec, serial);
	snprintf(spec->serial, sizeof(spec->serial), "%.22s%02u", serial, port);
}

static int make_probe(struct bench *bench, struct socket_ *s, struct why *why)
{
	struct virtual_spec spec;
	struct virtual_twin twin;
	char selector[1024];
	int err;

	snprintf(selector, sizeof(selector), "virtual:%s", s->board);
	err = virtual_open_parse(&spec, &twin, selector, bench->chips, why);
	if (!err) {
		give_serial(&spec, s->plug.port);
		err = usb_stlink_new(&s->stlink, &spec, why);
	}
	virtual_twin_clear(&twin);
	return err;
}

static int plug_in(struct bench *bench, struct socket_ *s, struct why *why)
{
	struct usb_function function = usb_stlink_function(s->stlink);

	return usb_door_plug(&s->door, bench->bus, &s->plug, usb_stlink_identity(s->stlink), &function,
			     why);
}

/* Called from the bus's thread. */
static void note_gone(void *context)
{
	atomic_store(&((struct socket_ *)context)->gone, true);
	kill(getpid(), SIGALRM);
}

static int prepare(struct bench *bench, struct socket_ *s, struct why *why)
{
	int err = make_probe(bench, s, why);

	if (err)
		return err;
	usb_stlink_hurry(s->stlink, bench->hurry);
	usb_stlink_on_gone(s->stlink, note_gone, s);
	if (bench->overhead_ns)
		usb_stlink_set_overhead(s->stlink, bench->overhead_ns);
	return s->unplugged ? 0 : plug_in(bench, s, why);
}

/* Commands that think about nothing, to see what the mock bus costs. */
static int talk(const char *selector, unsigned commands)
{
	uint8_t reply[2];
	struct link_exchange x = { .in = reply, .in_length = sizeof(reply), .timeout_ms = 500 };
	struct link *link;
	int err = link_usb_open(&link, selector, NULL);

	if (err)
		return err;
	for (unsigned i = 0; i < commands && !err; i++)
		err = link_do(link, &x);
	link_close(link);
	return err;
}

static int set_up(struct bench *bench, struct why *why)
{
	int err = chip_library_open(&bench->chips, NULL, why);

	if (!err)
		err = usb_bus_new(&bench->bus, why);
	if (!err)
		bench->overhead_ns = usb_overhead_measure(bench->bus, PROBES_MAX + 1, talk);
	for (unsigned i = 0; !err && i < bench->count; i++)
		err = prepare(bench, &bench->sockets[i], why);
	return err;
}

static void unplug(struct socket_ *s)
{
	if (!s->door)
		return;
	usb_door_unplug(s->door);
	usb_stlink_replug(s->stlink);
	s->door = NULL;
}

static void on_signal(struct bench *bench, int number, pid_t child)
{
	struct why why = { "" };

	if (number == SIGUSR1)
		unplug(&bench->sockets[0]);
	else if (number == SIGUSR2 && !bench->sockets[0].door)
		plug_in(bench, &bench->sockets[0], &why);
	else if (number == SIGTERM && bench->asked_to_end++)
		kill(child, SIGKILL);	/* some do not listen: st-util */
	else if (number != SIGUSR2 && number != SIGALRM)
		kill(child, number);
	if (why.text[0])
		fprintf(stderr, "tether-virtual-usb: %s\n", why.text);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Plugs that the schedule of faults pulls, and puts back. Returns when to look again. */
static uint64_t follow_schedule(struct bench *bench)
{
	uint64_t next_ns = UINT64_MAX, away_ns;
	struct why why = { "" };

	for (unsigned i = 0; i < bench->count; i++) {
		struct socket_ *s = &bench->sockets[i];

		if (atomic_exchange(&s->gone, false)) {
			away_ns = usb_stlink_away_ns(s->stlink);
			unplug(s);
			s->back_ns = away_ns == UINT64_MAX ? 0 : now_ns() + away_ns;
		}
		if (s->back_ns && s->back_ns <= now_ns()) {
			s->back_ns = 0;
			if (plug_in(bench, s, &why))
				fprintf(stderr, "tether-virtual-usb: %s\n", why.text);
		}
		if (s->back_ns && s->back_ns < next_ns)
			next_ns = s->back_ns;
	}
	return next_ns;
}

/* The next signal, or -1 at that time. */
static int wait_signal(const sigset_t *signals, uint64_t until_ns)
{
	uint64_t now = now_ns(), ns = until_ns > now ? until_ns - now : 0;
	struct timespec timeout = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	return sigtimedwait(signals, NULL, until_ns == UINT64_MAX ? NULL : &timeout);
}

/* Waits for the command's end; other signals are ours or are handed on. */
static int wait_for(struct bench *bench, pid_t child)
{
	int status, number;

	for (;;) {
		number = wait_signal(&bench->signals, follow_schedule(bench));
		if (number > 0 && number != SIGCHLD)
			on_signal(bench, number, child);
		if (waitpid(child, &status, WNOHANG) == child)
			break;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL + WTERMSIG(status);
}

/* A locked node is locked for root too, in the command. */
static void become_ordinary(const struct bench *bench)
{
	for (unsigned i = 0; i < bench->count; i++)
		if (bench->sockets[i].plug.locked) {
			prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
			prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
		}
}

/* Before the mock bus starts its threads, which inherit the mask: else one of them might take the SIGCHLD and
 * drop it. */
static void block_signals(struct bench *bench)
{
	static const int numbers[] = { SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGINT,
				       SIGHUP };

	sigemptyset(&bench->signals);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaddset(&bench->signals, numbers[i]);
	pthread_sigmask(SIG_BLOCK, &bench->signals, &bench->signals_before);
}

static int run_command(struct bench *bench)
{
	pid_t child = fork();

	if (child < 0)
		return EXIT_FAILURE;
	if (child == 0) {
		become_ordinary(bench);
		pthread_sigmask(SIG_SETMASK, &bench->signals_before, NULL);
		execvp(bench->command[0], bench->command);
		fprintf(stderr, "tether-virtual-usb: %s: %s\n", bench->command[0], strerror(errno));
		_exit(EXIT_NOT_FOUND);
	}
	return wait_for(bench, child);
}

static void print_times(const struct bench *bench, const struct socket_ *s)
{
	struct usb_stlink_report r;

	usb_stlink_report(s->stlink, &r);
	fprintf(stderr,
		"%s: %llu commands; modelled ms: usb %.1f, swd %.1f, flash busy %.1f, cpu %.1f, "
		"waiting %.1f, total %.1f; host %.1f (and %.0f us of the "
		"mock bus each time)\n",
		s->board, (unsigned long long)r.commands, (double)r.times.usb_ns / 1e6,
		(double)r.times.swd_ns / 1e6, (double)r.times.flash_busy_ns / 1e6,
		(double)r.times.cpu_ns / 1e6, (double)r.times.wait_ns / 1e6,
		(double)(r.times.total_ns - r.host_ns) / 1e6, (double)r.host_ns / 1e6,
		(double)bench->overhead_ns / 1e3);
}

/* Doors close before the probes behind them go; a probe's end writes its image file. */
static void tear_down(struct bench *bench)
{
	usb_bus_free(bench->bus);
	for (unsigned i = 0; i < bench->count; i++) {
		if (bench->times && bench->sockets[i].stlink)
			print_times(bench, &bench->sockets[i]);
		usb_stlink_free(bench->sockets[i].stlink);
	}
	chip_library_close(bench->chips);
}

int main(int argc, char **argv)
{
	struct bench bench = { .hurry = 1 };
	struct why why = { "" };
	int status;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(usage, stdout);
		return 0;
	}
	if (parse(&bench, argv, &why)) {
		fprintf(stderr, "tether-virtual-usb: %s\nTry 'tether-virtual-usb --help'.\n", why.text);
		return EXIT_USAGE;
	}
	run_under_preload(argv);
	block_signals(&bench);
	if (set_up(&bench, &why)) {
		fprintf(stderr, "tether-virtual-usb: %s\n", why.text);
		status = EXIT_FAILURE;
	} else {
		status = run_command(&bench);
	}
	tear_down(&bench);
	return status;
}
