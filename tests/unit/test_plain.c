/* test_plain.c - plain URIs and Vias come out as libosip2 has them */
#include "sip/value_osip.h"

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"
#include "tests/unit/tel_random.h"

#define SPACE 16384 /* no test here needs the heap */
#define ROUNDS 30000

struct pieces {
	const char *const *texts;
	size_t n;
};

#define PIECES(texts) { texts, N_ROWS(texts) }

/* Odd pieces come behind the plain ones, which the first few are. */
#define PLAIN 4

static const char *const schemes[] = { "sip:", "SIP:", "sip:", "sip:",
				       "sips:", "Sip:", "sip", "", "tel:",
				       "sip::" };
static const char *const users[] = { "",     "+4930123@", "0301@", "bob@",
				     "@",    "a:b@",	  "+@",	   "a+b@",
				     "a%41@", "a;b@",	  "a@b@",  "++1@",
				     "a_b.c-d@", "*1@",  "%@",	   "a b@" };
static const char *const hosts[] = {
	"h",	   "192.0.2.4", "example.net", "a-b.c",	    "",	    "1.2.3",
	"1.2.3.04", "a..b",	"h.",	       "[::1]",	    "-h",   "4a",
	"a_b",	   "1.2.3.4.",	"1.2.3.4.5",   "256.1.1.1", "h%41", "h\x01",
	"a.9",	   "1.2.3.a"
};
static const char *const ports[] = { "",   "",	     ":5060",  ":1",
				     ":",  ":0",     ":65536", ":05060",
				     ":x", ":00005060", ":5060x", ":-1" };
static const char *const params[] = {
	"",	     ";lr",	";transport=udp", ";lcr=aB_-9",
	";",	     ";lr=on",	";Transport=TCP", ";transport",
	";LR;x",     ";=x",	";x=",		  ";x==y",
	"?a=b",	     ";x=a?b=c", ";%6cr",	  ";transport=t%6cs",
	";x=[::1]:", ";lr;lr",	";transport=tls", ";transport=a;transport=b",
	";x y",	     ";x=@",	",",		  ";transportx=a",
	";l=r",	     ";lrx"
};
static const char *const protocols[] = {
	"SIP/2.0/UDP ",	 "sip/2.0/udp ",  "SIP/2.0/TCP ", "SIP/2.0/UDP ",
	"SIP/2.0/UDP  ", "SIP / 2.0/UDP ", "SIP/2.0/ ",	  "SIP/2.1/UDP ",
	"SIP/2.0/UDP\t", "SIP/2.0/UDP/x ", "SIP/2.0/UDP", "SIP/2.0/%.!'` ",
	" SIP/2.0/UDP ", "SIP/2.0/U P ",   ""
};
static const char *const ends[] = { "", "", "", "", " ", "\t", " x", "\r\n " };

/* One of each, most of them plain. */
static void
make(uint64_t *seed, const struct pieces *all, size_t n, char *out)
{
	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		size_t of = random_below(seed, 3) > 0 ? PLAIN : all[i].n;

		strcat(out,
		       all[i].texts[random_below(seed, (int64_t)of)]);
	}
}

static bool
same(struct str a, struct str b)
{
	return (a.p == NULL) == (b.p == NULL) && str_eq(a, b);
}

static void
compare_uris(const char *text)
{
	_Alignas(16) char space[SPACE];
	struct sip_uri a, b;
	struct arena arena;
	int err;

	arena_init(&arena, space, sizeof(space), 0);
	err = sip_uri_parse_fully(&arena, str_of(text), &b);
	CHECK(sip_uri_parse(&arena, str_of(text), &a) == err);
	if (err != 0)
		goto out;
	CHECK(a.scheme == b.scheme && same(a.scheme_text, b.scheme_text));
	CHECK(same(a.user, b.user) && same(a.host, b.host));
	CHECK(a.port == b.port && addr_eq(&a.addr, &b.addr));
	CHECK(same(a.transport, b.transport) && a.has_lr == b.has_lr);
	CHECK(same(a.params, b.params) && a.params.p == b.params.p);
	CHECK(same(a.text, b.text));
out:
	arena_fini(&arena);
}

static void
plain_uris_are_what_libosip2_makes_of_them(void)
{
	static const struct pieces all[] = { PIECES(schemes), PIECES(users),
					     PIECES(hosts), PIECES(ports),
					     PIECES(params), PIECES(params) };
	uint64_t seed = 1;
	char text[256];

	sip_value_setup();
	for (int i = 0; i < ROUNDS; i++) {
		make(&seed, all, N_ROWS(all), text);
		test_row(text);
		compare_uris(text);
	}
}

/* One octet of a plain URI becomes another. */
static void
any_octet_anywhere_is_taken_alike(void)
{
	static const char *const rows[] = {
		"sip:+4930123@192.0.2.4:5060;transport=udp;lr",
		"sip:bob@a.example.net",
		"sip:h;lr",
	};
	char text[64];

	sip_value_setup();
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		for (size_t at = 0; rows[i][at] != '\0'; at++) {
			for (int c = 1; c < 256; c++) {
				strcpy(text, rows[i]);
				text[at] = (char)c;
				test_row(text);
				compare_uris(text);
			}
		}
	}
}

static void
compare_vias(const char *text)
{
	_Alignas(16) char space[SPACE];
	struct sip_via a, b = { .port = 0 };
	struct arena arena;
	int err;

	arena_init(&arena, space, sizeof(space), 0);
	err = sip_via_parse_fully(&arena, str_of(text), &b);
	CHECK(sip_via_parse(&arena, str_of(text), &a, NULL) == err);
	if (err == 0) {
		CHECK(same(a.transport, b.transport) && same(a.host, b.host));
		CHECK(a.port == b.port);
	}
	arena_fini(&arena);
}

static void
plain_vias_are_what_libosip2_makes_of_them(void)
{
	static const struct pieces all[] = { PIECES(protocols), PIECES(hosts),
					     PIECES(ports), PIECES(ends) };
	uint64_t seed = 2;
	char text[256];

	sip_value_setup();
	for (int i = 0; i < ROUNDS; i++) {
		make(&seed, all, N_ROWS(all), text);
		test_row(text);
		compare_vias(text);
	}
}

static void
any_octet_of_a_via_is_taken_alike(void)
{
	static const char row[] = "SIP/2.0/UDP 192.0.2.4:5060";
	char text[sizeof(row)];

	sip_value_setup();
	for (size_t at = 0; at < sizeof(row) - 1; at++) {
		for (int c = 1; c < 256; c++) {
			memcpy(text, row, sizeof(row));
			text[at] = (char)c;
			if (c == ';' || c == ',')
				continue; /* parameters, another value */
			test_row(text);
			compare_vias(text);
		}
	}
}

static const struct test tests[] = {
	{ "plain URIs are what libosip2 makes of them",
	  plain_uris_are_what_libosip2_makes_of_them, true },
	{ "any octet anywhere is taken alike",
	  any_octet_anywhere_is_taken_alike, true },
	{ "plain Vias are what libosip2 makes of them",
	  plain_vias_are_what_libosip2_makes_of_them, true },
	{ "any octet of a Via is taken alike",
	  any_octet_of_a_via_is_taken_alike, true },
};

const struct test_suite suite_plain = TEST_SUITE("plain", tests);
