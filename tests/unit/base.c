/* base.c - the unit tests of base/, one suite per source file */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_addr, suite_alloc, suite_arena, suite_buf,
    suite_cli, suite_clock, suite_conf, suite_conf_source, suite_crc32c,
    suite_crypto, suite_csv, suite_err, suite_hash, suite_log, suite_loop,
    suite_map, suite_pack, suite_ring, suite_str, suite_timefmt, suite_timers, suite_zone;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_err,  suite_alloc,  suite_str,    suite_buf,
		suite_hash, suite_map,    suite_clock,  suite_timefmt,
		suite_zone, suite_timers, suite_arena,  suite_addr,
		suite_log,  suite_crypto, suite_crc32c, suite_pack, suite_ring,
		suite_csv,  suite_conf,   suite_cli,    suite_loop,
		suite_conf_source,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
