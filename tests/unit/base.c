/* base.c - the unit tests of base/, one suite per source file */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_addr;
extern const struct test_suite suite_addr_set;
extern const struct test_suite suite_alloc;
extern const struct test_suite suite_arena;
extern const struct test_suite suite_buf;
extern const struct test_suite suite_cli;
extern const struct test_suite suite_clock;
extern const struct test_suite suite_conf;
extern const struct test_suite suite_conf_source;
extern const struct test_suite suite_crc32c;
extern const struct test_suite suite_crypto;
extern const struct test_suite suite_csv;
extern const struct test_suite suite_err;
extern const struct test_suite suite_hash;
extern const struct test_suite suite_log;
extern const struct test_suite suite_loop;
extern const struct test_suite suite_map;
extern const struct test_suite suite_gzip;
extern const struct test_suite suite_pack;
extern const struct test_suite suite_pool;
extern const struct test_suite suite_ring;
extern const struct test_suite suite_str;
extern const struct test_suite suite_timefmt;
extern const struct test_suite suite_timers;
extern const struct test_suite suite_tls;
extern const struct test_suite suite_zone;
extern const struct test_suite suite_dns;
extern const struct test_suite suite_dns_breaker;
extern const struct test_suite suite_dns_message;
extern const struct test_suite suite_dns_name;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_addr,
		suite_addr_set,
		suite_alloc,
		suite_arena,
		suite_buf,
		suite_cli,
		suite_clock,
		suite_conf,
		suite_conf_source,
		suite_crc32c,
		suite_crypto,
		suite_csv,
		suite_err,
		suite_hash,
		suite_log,
		suite_loop,
		suite_map,
		suite_gzip,
		suite_pack,
		suite_pool,
		suite_ring,
		suite_str,
		suite_timefmt,
		suite_timers,
		suite_tls,
		suite_zone,
		suite_dns,
		suite_dns_breaker,
		suite_dns_message,
		suite_dns_name,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
