/* SPDX-License-Identifier: MIT
 *
 * `tether list`: one probe a line, serial number first; or one JSON document.
 */
#include "server/list.h"

#include "server/connect_report.h"
#include "server/json.h"

#include "probe/probe.h"
#include "probe/usb_list.h"

#include <string.h>

enum { PROBES_MAX = 32 };

struct row {
	const struct usb_probe *probe;
	char firmware[24];		/* "" = it did not say */
	bool usable;
	int err;			/* of opening it */
	bool measures;			/* the target's supply */
	uint32_t supply_mv;
	struct why problem;		/* why it is not usable */
	const char *state;		/* in a word or two */
};

/* Opening is the only way to learn the firmware's version, and whether it is free. */
static void ask(struct row *row)
{
	struct link *link;
	struct probe *probe;
	int err = link_usb_open(&link, row->probe->identity.path, &row->problem);

	if (!err)
		err = probe_open(&probe, link, &row->problem);
	row->err = err;
	if (err) {
		row->state = error_text(err);
		connect_report_name(err, &row->problem);
		return;
	}
	snprintf(row->firmware, sizeof row->firmware, "%s", probe_version(probe)->text);
	row->measures = probe_abilities(probe)->voltage && !probe_voltage_mv(probe, &row->supply_mv);
	probe_close(probe);
	row->usable = true;
	row->state = "ready";
}

static void fill_row(struct row *row, const struct usb_probe *probe)
{
	*row = (struct row){ .probe = probe };
	if (probe->usable)
		ask(row);
	else
		row->state = "not usable";
	if (!row->usable && probe->advice)
		explain(&row->problem, 0, "%s", probe->advice);
}

static void print_row(const struct row *row)
{
	const struct link_identity *identity = &row->probe->identity;

	printf("%-24s  %-14s  %-9s  %-12s  %s", identity->serial[0] ? identity->serial : "-",
	       row->probe->model, row->firmware[0] ? row->firmware : "-", identity->path,
	       row->state);
	if (row->measures)
		printf(", %u.%02u V at the target", row->supply_mv / 1000, row->supply_mv % 1000 / 10);
	putchar('\n');
	if (row->problem.text[0])
		fprintf(stderr, "%s: %s\n", identity->path, row->problem.text);
}

static void print_usb_id(struct json *json, const char *key, unsigned id)
{
	char text[8];

	snprintf(text, sizeof text, "%04x", id);
	json_text(json, key, text);
}

static void print_json_row(struct json *json, const struct row *row)
{
	const struct link_identity *identity = &row->probe->identity;
	const char *problem = row->problem.text;

	json_object(json, NULL);
	json_text(json, "serial", identity->serial);
	print_usb_id(json, "vendor", identity->vendor);
	print_usb_id(json, "product", identity->product);
	json_text(json, "path", identity->path);
	json_text(json, "model", row->probe->model);
	json_text(json, "firmware", row->firmware[0] ? row->firmware : NULL);
	json_bool(json, "usable", row->usable);
	if (row->measures)
		json_number(json, "target_mv", row->supply_mv);
	else
		json_text(json, "target_mv", NULL);
	json_text(json, "error", row->usable ? NULL : row->state);
	json_text(json, "advice", problem[0] ? problem : NULL);
	connect_report_diagnosis(json, row->err, NULL);
	json_object_end(json);
}

static void print_plain(const struct usb_probe *probes, int count)
{
	struct row row;

	if (count == 0)
		fputs("No ST-LINK is plugged in (`lsusb -d 0483:` would show it).\n", stderr);
	for (int i = 0; i < count; i++) {
		fill_row(&row, &probes[i]);
		print_row(&row);
	}
}

static void print_json(const struct usb_probe *probes, int count)
{
	struct json json;
	struct row row;

	json_init(&json, stdout, false);
	json_object(&json, NULL);
	json_text(&json, "version", TETHER_VERSION);
	json_array(&json, "probes");
	for (int i = 0; i < count; i++) {
		fill_row(&row, &probes[i]);
		print_json_row(&json, &row);
	}
	json_array_end(&json);
	json_text(&json, "error", count < 0 ? error_text(count) : NULL);
	json_object_end(&json);
	json_end(&json);
}

enum exit_status list_probes(const struct options *options)
{
	struct usb_probe probes[PROBES_MAX];
	int found = usb_list_probes(probes, PROBES_MAX);
	int count = found > PROBES_MAX ? PROBES_MAX : found;

	if (options->json)
		print_json(probes, count);
	else if (found >= 0)
		print_plain(probes, count);
	else
		fprintf(stderr, "tether: can't look for probes on USB: %s\n", error_text(found));
	return found < 0 ? exit_status_of(found) : EXIT_OK;
}
