/* SPDX-License-Identifier: MIT
 *
 * Functions for KEY_OTHER in the tables of chip_parse.c. Each reads one value into the struct that its
 * table is about, says what is wrong with it, and returns E_CONFIG then.
 */
#ifndef TARGETS_CHIP_VALUES_H
#define TARGETS_CHIP_VALUES_H

#include "targets/chip_reader.h"

struct config_setting_t;

/* base is a struct chip. */
int chip_read_core(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_second_core(struct reader *reader, const struct config_setting_t *setting,
			  void *base);
int chip_read_size_codes(struct reader *reader, const struct config_setting_t *setting,
			 void *base);
int chip_read_swap(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_trustzone(struct reader *reader, const struct config_setting_t *setting, void *base);

/* base is a struct chip_region. */
int chip_read_region_kind(struct reader *reader, const struct config_setting_t *setting,
			  void *base);

/* base is a struct chip_bank. */
int chip_read_sectors(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_pages(struct reader *reader, const struct config_setting_t *setting, void *base);

/* base is a struct chip_layout. */
int chip_read_split(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_sizes(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_when(struct reader *reader, const struct config_setting_t *setting, void *base);

/* base is a struct chip_reserved. */
int chip_read_reserved_when(struct reader *reader, const struct config_setting_t *setting,
			    void *base);
int chip_read_reserved_first(struct reader *reader, const struct config_setting_t *setting,
			     void *base);
int chip_read_reserved_last(struct reader *reader, const struct config_setting_t *setting,
			    void *base);

/* base is a struct chip_option_field. */
int chip_read_bits(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_field_word(struct reader *reader, const struct config_setting_t *setting,
			 void *base);
int chip_read_role(struct reader *reader, const struct config_setting_t *setting, void *base);

/* base is a struct chip_option_area. The name stands first: it sets the fields to none. */
int chip_read_area_name(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_area_bits(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_area_first(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_area_last(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_area_size(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_area_enable(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_area_lock(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_area_when(struct reader *reader, const struct config_setting_t *setting, void *base);

/* base is a struct chip_option_rule. */
int chip_read_rule_set(struct reader *reader, const struct config_setting_t *setting, void *base);
int chip_read_rule_needs(struct reader *reader, const struct config_setting_t *setting, void *base);

/* base is a struct chip_reset_flag. */
int chip_read_reset_bit(struct reader *reader, const struct config_setting_t *setting, void *base);

#endif
