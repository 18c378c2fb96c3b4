# FUZZ_name = the files that tests/fuzz/fuzz_name.c links.
