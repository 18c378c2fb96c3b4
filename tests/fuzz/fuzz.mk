# FUZZ_name = the files that tests/fuzz/fuzz_name.c links.
FUZZ_framer = server/framer.c
