/* test_value.c - libosip2 on an arena: every allocation may fail */
#include "sip/value.h"

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define SPACE 16384

static int
parse_uri(struct arena *arena, struct str text)
{
	struct sip_uri uri;

	return sip_uri_parse(arena, text, &uri);
}

static int
parse_via(struct arena *arena, struct str text)
{
	struct sip_via via;

	return sip_via_parse(arena, text, &via, NULL);
}

static int
parse_name_addr(struct arena *arena, struct str text)
{
	struct sip_name_addr name_addr;

	return sip_name_addr_parse(arena, text, &name_addr, NULL);
}

static const struct {
	const char *what;
	int (*parse)(struct arena *arena, struct str text);
	const char *text;
} rows[] = {
	{ "URI", parse_uri,
	  "sip:+49%30:pw@h.example:5060;user=phone;lr?x=y&z=1" },
	{ "URI of IPv6", parse_uri, "sips:[2001:db8::1]:5060;transport=tcp" },
	{ "Via", parse_via,
	  "SIP / 2.0 / UDP 192.0.2.1:5060;branch=z9;rport;x=\"y\"" },
	{ "name-addr", parse_name_addr,
	  "\"A \\\" B\" <sip:a%20b@h;lr>;tag=1;y" },
};

/* Let the arena end after any number of bytes: a value that parses with
 * enough of them either parses or says that memory is short. */
static void
memory_may_end_anywhere(void)
{
	_Alignas(16) char space[SPACE];
	struct arena arena;

	sip_value_setup();
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		int n_short = 0;
		int err = ERR_NOMEM;

		test_row(rows[i].what);
		for (size_t limit = 1; err == ERR_NOMEM; limit += 16) {
			arena_init(&arena, space, sizeof(space), limit);
			err = rows[i].parse(&arena, str_of(rows[i].text));
			n_short += err == ERR_NOMEM;
			arena_fini(&arena);
		}
		OK(err);
		CHECK(n_short > 3);
	}
}

/* The same with the heap behind an arena without a block of its own. */
static void
an_arena_on_the_heap_serves_too(void)
{
	struct arena arena;

	sip_value_setup();
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		arena_init(&arena, NULL, 0, 0);
		OK(rows[i].parse(&arena, str_of(rows[i].text)));
		arena_fini(&arena);
	}
}

static const struct test tests[] = {
	{ "memory may end anywhere", memory_may_end_anywhere, false },
	{ "an arena on the heap serves too", an_arena_on_the_heap_serves_too,
	  false },
};

const struct test_suite suite_value = TEST_SUITE("value", tests);
