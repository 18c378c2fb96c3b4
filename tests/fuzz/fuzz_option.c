/* SPDX-License-Identifier: MIT
 *
 * Files of option bytes come from users: any bytes must end in a plan that touches fields alone, or in a sentence. The
 * first byte chooses the chip.
 */
#include "flash/option/option.h"

#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {
	"stm32f429.cfg", "stm32f767.cfg", "stm32f103xe.cfg", "stm32l151xc.cfg", "stm32l476.cfg", "stm32g0b1.cfg",
	"stm32u575.cfg", "stm32u083.cfg", "stm32wb55.cfg", "stm32h743.cfg", "stm32h573.cfg", "stm32h7s7.cfg",
};

static const struct chip *chip_at(size_t i)
{
	static struct chip chips[ARRAY_SIZE(files)];

	for (size_t row = 0; !chips[i].name[0] && row < chips_builtin_count; row++)
		if (!strcmp(chips_builtin[row].file, files[i]) &&
		    chip_parse(&chips[i], files[i], chips_builtin[row].text, chips_builtin[row].length, NULL))
			abort();
	return &chips[i];
}

/* What was accepted is asked everything that a command asks. */
static void ask(const struct option_plan *plan)
{
	const struct chip_option_field *field;
	struct why why = { "" };
	char text[64];

	option_plan_check(plan, 3300, &why);
	option_plan_weight(plan);
	option_plan_closes_port(plan);
	for (size_t i = 0; (field = option_plan_change(plan, i)); i++) {
		option_change_effect(plan, field);
		option_sectors_text(plan->chip, field, plan->after, text, sizeof(text));
	}
	for (size_t i = 0; option_area_name(plan->chip, i); i++)
		option_area_text(plan->chip, option_area_name(plan->chip, i), plan->after, text, sizeof(text));
	for (size_t i = 0; i < plan->chip->option_word_count; i++)
		if ((plan->before[i] ^ plan->after[i]) & ~plan->chip->option_words[i].writable)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct chip *chip = chip_at(size ? data[0] % ARRAY_SIZE(files) : 0);
	struct option_plan plan = { .chip = chip };
	struct why why = { "" };
	FILE *file;
	int err;

	if (size < 2)
		return 0;
	for (size_t i = 0; i < chip->option_word_count; i++)
		plan.before[i] = plan.after[i] = chip->option_words[i].factory;
	file = fmemopen((void *)(data + 1), size - 1, "r");
	if (!file)
		return 0;
	err = option_file_read(&plan, file, &why);
	fclose(file);
	if (err ? err != E_ARGUMENT || !why.text[0] : why.text[0])
		abort();
	ask(&plan);
	return 0;
}
