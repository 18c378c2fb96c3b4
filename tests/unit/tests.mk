# UNIT_name = the files that tests/unit/test_name.c links: the coupling of a module, one line each.
# UNITLIBS_name = libraries beyond the usual ones.
UNIT_chip = targets/chip_parse.c targets/chip_check.c targets/chip_library.c targets/chip_find.c targets/chip_map.c targets/chip_virtual.c probe/error.c chips.c
UNIT_abilities = probe/abilities.c probe/models.c probe/speed.c probe/stlink_status.c
UNIT_framer = server/framer.c
UNIT_mailbox = server/mailbox.c
UNIT_options = server/options.c server/option_rows.c probe/error.c probe/log.c
