/* test_names.c - methods, header names and reason phrases */
#include "sip/msg.h"

#include <ctype.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

static void
methods_are_known_by_their_exact_name(void)
{
	for (int i = SIP_METHOD_OTHER + 1; i < SIP_N_METHODS; i++) {
		enum sip_method method = (enum sip_method)i;
		const char *text = sip_method_text(method);

		test_row(text);
		CHECK(text[0] != '\0');
		CHECK(sip_method_parse(str_of(text)) == method);
	}
	CHECK(sip_method_parse(str_of("INVITE")) == SIP_INVITE);
	CHECK(sip_method_parse(str_of("PUBLISH")) == SIP_PUBLISH);
	CHECK(sip_method_parse(str_of("invite")) == SIP_METHOD_OTHER);
	CHECK(sip_method_parse(str_of("INVITES")) == SIP_METHOD_OTHER);
	CHECK(sip_method_parse(str_of("INVIT")) == SIP_METHOD_OTHER);
	CHECK(sip_method_parse(str_of("IN%56ITE")) == SIP_METHOD_OTHER);
	CHECK(sip_method_parse(str_of("")) == SIP_METHOD_OTHER);
	CHECK(strcmp(sip_method_text(SIP_METHOD_OTHER), "") == 0);
}

static const struct {
	const char *name;
	enum sip_header id;
} headers[] = {
	{ "Via", SIP_HDR_VIA },
	{ "From", SIP_HDR_FROM },
	{ "To", SIP_HDR_TO },
	{ "Call-ID", SIP_HDR_CALL_ID },
	{ "CSeq", SIP_HDR_CSEQ },
	{ "Max-Forwards", SIP_HDR_MAX_FORWARDS },
	{ "Route", SIP_HDR_ROUTE },
	{ "Record-Route", SIP_HDR_RECORD_ROUTE },
	{ "Contact", SIP_HDR_CONTACT },
	{ "Content-Length", SIP_HDR_CONTENT_LENGTH },
	{ "Content-Type", SIP_HDR_CONTENT_TYPE },
	{ "Require", SIP_HDR_REQUIRE },
	{ "Proxy-Require", SIP_HDR_PROXY_REQUIRE },
	{ "Supported", SIP_HDR_SUPPORTED },
	{ "Expires", SIP_HDR_EXPIRES },
	{ "Reason", SIP_HDR_REASON },
	{ "Retry-After", SIP_HDR_RETRY_AFTER },
	{ "P-Asserted-Identity", SIP_HDR_P_ASSERTED_IDENTITY },
	{ "P-Preferred-Identity", SIP_HDR_P_PREFERRED_IDENTITY },
	{ "Remote-Party-ID", SIP_HDR_REMOTE_PARTY_ID },
	{ "Privacy", SIP_HDR_PRIVACY },
	{ "Diversion", SIP_HDR_DIVERSION },
	{ "Authorization", SIP_HDR_AUTHORIZATION },
	{ "Proxy-Authorization", SIP_HDR_PROXY_AUTHORIZATION },
	{ "WWW-Authenticate", SIP_HDR_WWW_AUTHENTICATE },
	{ "Proxy-Authenticate", SIP_HDR_PROXY_AUTHENTICATE },
	{ "Session-Expires", SIP_HDR_SESSION_EXPIRES },
	{ "Min-SE", SIP_HDR_MIN_SE },
	{ "Timestamp", SIP_HDR_TIMESTAMP },
	{ "Unsupported", SIP_HDR_UNSUPPORTED },
	{ "Warning", SIP_HDR_WARNING },
	{ "Subject", SIP_HDR_SUBJECT },
	{ "User-Agent", SIP_HDR_USER_AGENT },
	{ "RAck", SIP_HDR_RACK },
	{ "Max-Breadth", SIP_HDR_MAX_BREADTH },
};

static void
headers_are_known_in_any_case(void)
{
	char text[32];

	CHECK(N_ROWS(headers) == SIP_N_HEADERS - 1);
	for (size_t i = 0; i < N_ROWS(headers); i++) {
		size_t len = strlen(headers[i].name);

		test_row(headers[i].name);
		CHECK(sip_header_parse(str_of(headers[i].name)) ==
		      headers[i].id);
		for (size_t k = 0; k < len; k++)
			text[k] = (char)toupper(headers[i].name[k]);
		CHECK(sip_header_parse(str_make(text, len)) == headers[i].id);
		for (size_t k = 0; k < len; k++)
			text[k] = (char)tolower(headers[i].name[k]);
		CHECK(sip_header_parse(str_make(text, len)) == headers[i].id);
	}
}

/* One octet changed must not be known any more, in whatever slot it falls. */
static void
near_misses_are_other_headers(void)
{
	char text[32];

	for (size_t i = 0; i < N_ROWS(headers); i++) {
		size_t len = strlen(headers[i].name);

		test_row(headers[i].name);
		memcpy(text, headers[i].name, len + 1);
		for (size_t k = 0; k < len; k++) {
			text[k] = (char)(headers[i].name[k] ^ 0x01);
			CHECK(sip_header_parse(str_make(text, len)) ==
			      SIP_HDR_OTHER);
			text[k] = headers[i].name[k];
		}
		text[len] = 'x';
		CHECK(sip_header_parse(str_make(text, len + 1)) ==
		      SIP_HDR_OTHER);
	}
	CHECK(sip_header_parse(str_of("C%6Fntact")) == SIP_HDR_OTHER);
	CHECK(sip_header_parse(str_of("Call\rID")) == SIP_HDR_OTHER);
	CHECK(sip_header_parse(str_of("")) == SIP_HDR_OTHER);
}

static void
compact_forms_are_known(void)
{
	static const struct {
		const char *letter;
		enum sip_header id;
	} rows[] = {
		{ "v", SIP_HDR_VIA },          { "f", SIP_HDR_FROM },
		{ "t", SIP_HDR_TO },           { "i", SIP_HDR_CALL_ID },
		{ "m", SIP_HDR_CONTACT },      { "l", SIP_HDR_CONTENT_LENGTH },
		{ "c", SIP_HDR_CONTENT_TYPE }, { "k", SIP_HDR_SUPPORTED },
		{ "s", SIP_HDR_SUBJECT },      { "x", SIP_HDR_SESSION_EXPIRES },
		{ "e", SIP_HDR_OTHER },        { "-", SIP_HDR_OTHER },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		char upper = (char)toupper(rows[i].letter[0]);

		test_row(rows[i].letter);
		CHECK(sip_header_parse(str_of(rows[i].letter)) == rows[i].id);
		CHECK(sip_header_parse(str_make(&upper, 1)) == rows[i].id);
	}
}

static void
reasons_are_found(void)
{
	CHECK(strcmp(sip_reason_text(100), "Trying") == 0);
	CHECK(strcmp(sip_reason_text(200), "OK") == 0);
	CHECK(strcmp(sip_reason_text(481), "Call/Transaction Does Not Exist") ==
	      0);
	CHECK(strcmp(sip_reason_text(503), "Service Unavailable") == 0);
	CHECK(strcmp(sip_reason_text(608), "Rejected") == 0);
	CHECK(strcmp(sip_reason_text(299), "Unknown") == 0);
	CHECK(strcmp(sip_reason_text(0), "Unknown") == 0);
	CHECK(strcmp(sip_reason_text(-1), "Unknown") == 0);
	CHECK(strcmp(sip_reason_text(700), "Unknown") == 0);
}

/* They are searched by halving: one out of order would not be found. */
static void
all_reasons_are_in_order(void)
{
	size_t n_known = 0;

	for (int status = 100; status < 700; status++)
		n_known += strcmp(sip_reason_text(status), "Unknown") != 0;
	CHECK(n_known == 73);
}

static const struct test tests[] = {
	{ "methods are known by their exact name",
	  methods_are_known_by_their_exact_name, true },
	{ "headers are known in any case", headers_are_known_in_any_case,
	  true },
	{ "near misses are other headers", near_misses_are_other_headers,
	  true },
	{ "compact forms are known", compact_forms_are_known, true },
	{ "reasons are found", reasons_are_found, true },
	{ "all reasons are in order", all_reasons_are_in_order, true },
};

const struct test_suite suite_names = TEST_SUITE("names", tests);
