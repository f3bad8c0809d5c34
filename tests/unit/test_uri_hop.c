/* test_uri_hop.c - URIs that calls are offered to */
#include "lcrproxy/uri_hop.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/hop.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_uri_hop;

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *uri, *ruri; /* ruri NULL: err */
	const char *host;	/* of the target */
	int err;
	uint16_t port;
	bool is_sips, is_address, any_transport;
} uris[] = {
	{ "sip:+4930@example.net", "sip:+4930@example.net", "example.net", 0, 0,
	  false, false, true },
	{ "SIPS:a@EXAMPLE.net:5071", "SIPS:a@EXAMPLE.net:5071", "EXAMPLE.net",
	  0, 5071, true, false, true },
	{ "sip:b@192.0.2.7;transport=tcp", "sip:b@192.0.2.7;transport=tcp",
	  "192.0.2.7", 0, 0, false, true, false },
	{ "sip:[2001:db8::1]:5062", "sip:[2001:db8::1]:5062", "2001:db8::1", 0,
	  5062, false, true, true },
	/* 19.1.1: parameters stay, method and headers do not */
	{ "sip:a@b;user=phone;method=BYE;x=1;ttl=3?Subject=hi&to=x",
	  "sip:a@b;user=phone;x=1;ttl=3", "b", 0, 0, false, false, true },
	{ "sip:a@b;METHOD=INVITE", "sip:a@b", "b", 0, 0, false, false, true },
	{ "sip:a@b?Route=%3Csip:evil%3E", "sip:a@b", "b", 0, 0, false, false,
	  true },
	{ "sip:+49;npdi;rn=+4930@gw.example;user=phone",
	  "sip:+49;npdi;rn=+4930@gw.example;user=phone", "gw.example", 0, 0,
	  false, false, true },
	/* RFC 3263 4: maddr is where it goes */
	{ "sip:a@b;maddr=192.0.2.9", "sip:a@b;maddr=192.0.2.9", "192.0.2.9", 0,
	  0, false, true, true },
	{ "sip:a@192.0.2.1;maddr=c.example", "sip:a@192.0.2.1;maddr=c.example",
	  "c.example", 0, 0, false, false, true },
	/* what cannot be called */
	{ "tel:+4930", NULL, NULL, ERR_UNSUPPORTED, 0, false, false, false },
	{ "mailto:a@b", NULL, NULL, ERR_UNSUPPORTED, 0, false, false, false },
	{ "sip:a@b;transport=carrier-pigeon", NULL, NULL, ERR_UNSUPPORTED, 0,
	  false, false, false },
	{ "sip:", NULL, NULL, ERR_SYNTAX, 0, false, false, false },
	{ "sip:a@", NULL, NULL, ERR_SYNTAX, 0, false, false, false },
	{ "", NULL, NULL, ERR_SYNTAX, 0, false, false, false },
	{ "sip:a b@c", NULL, NULL, ERR_SYNTAX, 0, false, false, false },
	{ "sip:a@b\r\nX: y", NULL, NULL, ERR_SYNTAX, 0, false, false, false },
	{ "sip:a@b>;lr", NULL, NULL, ERR_SYNTAX, 0, false, false, false },
	{ "sip:a@b;x=\xc3\xa4", NULL, NULL, ERR_SYNTAX, 0, false, false,
	  false },
	{ "sip:" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED TEN "@b", NULL, NULL,
	  ERR_LIMIT, 0, false, false, false },
};

static void
test_new(void)
{
	struct arena arena;

	arena_init(&arena, NULL, 0, 65536);
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		struct uri_hop *uri = NULL;
		struct call_hop hop = { 0 };
		int err = uri_hop_new(&arena, str_of(uris[i].uri), &uri);

		test_row(uris[i].uri);
		if (err == ERR_NOMEM) {
			OK(err);
			break;
		}
		CHECK(err == uris[i].err);
		if (err != 0)
			continue;
		hop.uri = uri;
		/* what it holds is its own */
		arena_reset(&arena);
		CHECK(strcmp(uri->ruri, uris[i].ruri) == 0);
		CHECK(strlen(uri->ruri) == uri->ruri_len);
		CHECK(str_eq_text(uri->target.host, uris[i].host));
		CHECK(uri->target.port == uris[i].port);
		CHECK(uri->target.is_sips == uris[i].is_sips);
		CHECK((uri->addr.family != 0) == uris[i].is_address);
		CHECK(hop_takes_any_transport(&hop) == uris[i].any_transport);
		mem_free(uri);
	}
	arena_fini(&arena);
}

/* No trait of a hop without gateway and carrier needs either. */
static void
test_traits(void)
{
	struct arena arena;
	struct uri_hop *uri;
	struct call_hop hop = { .source = CDR_ENUM };

	arena_init(&arena, NULL, 0, 65536);
	if (!OK(uri_hop_new(&arena, str_of("sip:a@b.example"), &uri)))
		goto out;
	hop.uri = uri;
	CHECK(strcmp(hop_text(&hop), "sip:a@b.example") == 0);
	CHECK(hop_state(&hop) == NULL);
	CHECK(hop_gateway_id(&hop) == 0);
	CHECK(hop_gateway_name(&hop) == NULL);
	CHECK(hop_carrier_name(&hop) == NULL);
	CHECK(!codes_has(hop_reroute(&hop), 404));
	CHECK(!codes_has(hop_stop(&hop), 404));
	CHECK(str_eq_text(hop_tls_name(&hop), "b.example"));
	mem_free(uri);
out:
	arena_fini(&arena);
}

static const struct test tests[] = {
	{ "a URI that was found becomes a Request-URI and a target", test_new,
	  false },
	{ "a hop without gateway has all traits", test_traits, false },
};
const struct test_suite suite_uri_hop = TEST_SUITE("uri_hop", tests);
