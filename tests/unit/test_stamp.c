/* test_stamp.c - received and rport */
#include "sip/stamp.h"

#include "base/err.h"
#include "sip/top_via.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

static struct sip_top_via
scan(struct str text)
{
	struct sip_top_via via;

	(void)sip_top_via_scan(text, &via);
	return via;
}

static void
the_source_is_written_where_it_belongs(void)
{
	static const struct {
		const char *what, *via, *from, *stamped;
	} rows[] = {
		{ "18.2.1: sent-by is a name", "SIP/2.0/UDP h:5060;branch=b",
		  "192.0.2.9:5060",
		  "SIP/2.0/UDP h:5060;branch=b;received=192.0.2.9" },
		{ "18.2.1: sent-by is another address",
		  "SIP/2.0/UDP 192.0.2.8;branch=b", "192.0.2.9:5060",
		  "SIP/2.0/UDP 192.0.2.8;branch=b;received=192.0.2.9" },
		{ "18.2.1: sent-by is the source",
		  "SIP/2.0/UDP 192.0.2.9;branch=b", "192.0.2.9:5070",
		  "SIP/2.0/UDP 192.0.2.9;branch=b" },
		{ "RFC 3581 4: rport, and received even then",
		  "SIP/2.0/UDP 192.0.2.9;rport;branch=b", "192.0.2.9:5070",
		  "SIP/2.0/UDP 192.0.2.9;rport=5070;branch=b"
		  ";received=192.0.2.9" },
		{ "IPv6", "SIP/2.0/UDP [2001:db8::1];branch=b",
		  "[2001:db8::2]:5060",
		  "SIP/2.0/UDP [2001:db8::1];branch=b;received=2001:db8::2" },
		{ "the same IPv6 address written otherwise",
		  "SIP/2.0/UDP [2001:db8:0::2];branch=b", "[2001:db8::2]:5060",
		  "SIP/2.0/UDP [2001:db8:0::2];branch=b" },
		{ "a forged received and rport",
		  "SIP/2.0/UDP h;received=1.1.1.1;branch=b;rport=7",
		  "192.0.2.9:5070",
		  "SIP/2.0/UDP h;branch=b;rport=5070;received=192.0.2.9" },
		{ "a forged received at the right sent-by",
		  "SIP/2.0/UDP 192.0.2.9;received=1.1.1.1;branch=b",
		  "192.0.2.9:5070", "SIP/2.0/UDP 192.0.2.9;branch=b" },
		{ "white space and quotes stay",
		  "SIP / 2.0 / UDP  h ; x=\";rport\" ; RPORT\r\n ;branch = b",
		  "192.0.2.9:5070",
		  "SIP / 2.0 / UDP  h ; x=\";rport\" ;rport=5070\r\n ;"
		  "branch = b;received=192.0.2.9" },
		{ "no parameters", "SIP/2.0/TCP h", "192.0.2.9:5060",
		  "SIP/2.0/TCP h;received=192.0.2.9" },
		{ "one of several rports", "SIP/2.0/UDP h;rport;a;RPORT=1;rport",
		  "192.0.2.9:5070",
		  "SIP/2.0/UDP h;rport=5070;a;received=192.0.2.9" },
		{ "no Via at all", "garbage;rport", "192.0.2.9:5060", "" },
		{ "a Via that ends early", "SIP/2.0/UDP h;rport;=x",
		  "192.0.2.9:5060", "SIP/2.0/UDP h;rport" },
		{ "no source", "SIP/2.0/UDP h;rport", NULL,
		  "SIP/2.0/UDP h;rport" },
	};
	struct sip_top_via via;
	struct addr from;
	struct wbuf w;
	char out[256];

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		if (rows[i].from != NULL)
			OK(addr_parse(str_of(rows[i].from), 0, &from));
		wbuf_init(&w, out, sizeof(out));
		via = scan(str_of(rows[i].via));
		sip_stamp_via(&w, &via, rows[i].from != NULL ? &from : NULL);
		OK(w.err);
		CHECK(str_eq_text(str_make(out, w.len), rows[i].stamped));
		CHECK(w.len <= strlen(rows[i].via) + SIP_STAMP_MAX);
	}
}

static void
a_long_via_needs_space(void)
{
	static char text[4096];
	static char out[sizeof(text) + SIP_STAMP_MAX];
	struct sip_top_via via;
	struct addr from;
	struct wbuf w;

	memset(text, 'h', sizeof(text));
	memcpy(text, "SIP/2.0/UDP ", 12);
	via = scan(str_make(text, sizeof(text)));
	OK(addr_parse(str_of("192.0.2.9:5060"), 0, &from));
	wbuf_init(&w, out, sizeof(out));
	sip_stamp_via(&w, &via, &from);
	if (!OK(w.err))
		return;
	CHECK(w.len == sizeof(text) + strlen(";received=192.0.2.9"));
	wbuf_init(&w, out, sizeof(text));
	sip_stamp_via(&w, &via, &from);
	CHECK(w.err == ERR_SPACE);
}

static const struct test tests[] = {
	{ "the source is written where it belongs",
	  the_source_is_written_where_it_belongs, false },
	{ "a long Via needs space", a_long_via_needs_space, true },
};

const struct test_suite suite_stamp = TEST_SUITE("stamp", tests);
