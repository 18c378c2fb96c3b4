# UNIT_name = the files that tests/unit/test_name.c links: the coupling of a module, one line each.
# UNITLIBS_name = libraries beyond the usual ones.
