/* test_porting.c - rn and npdi (RFC 4694) */
#include "tel/porting.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

static const struct {
	const char *params; /* NULL: none at all */
	int err;
	bool is_known;
	const char *rn, *routing;
} cases[] = {
	{ NULL, 0, false, "", "" },
	{ "", 0, false, "", "" },
	{ "user=phone;x", 0, false, "", "" },
	{ "npdi", 0, true, "", "" },
	{ "x=1;NPDI;y", 0, true, "", "" },
	{ "npdi;rn=+1-202-544-0000", 0, true, "+12025440000", "12025440000" },
	{ "rn=+12025440000", 0, true, "+12025440000", "12025440000" },
	{ "rn=544-0000;rn-context=+1-202;npdi", 0, true, "+12025440000",
	  "12025440000" },
	{ "RN-Context=+49;rn=d12a", 0, true, "+49D12A", "" },
	{ "rn=+49D123", 0, true, "+49D123", "" },
	{ "rn=+1234567890123456", 0, true, "+1234567890123456", "" },
	{ "rn=+12345678901234567890", 0, true, "+12345678901234567890", "" },
	{ "rn=+123456789012345678901", ERR_RANGE, false, "", "" },
	{ "rn=544", ERR_SYNTAX, false, "", "" }, /* without a context */
	{ "rn=544;rn-context=example.net", ERR_SYNTAX, false, "", "" },
	{ "rn=;npdi", ERR_SYNTAX, false, "", "" },
	{ "rn", ERR_SYNTAX, false, "", "" },
	{ "rn=+", ERR_SYNTAX, false, "", "" },
	{ "rn=+1", ERR_SYNTAX, false, "", "" },
	{ "rn=+0123", ERR_SYNTAX, false, "", "" },
	{ "rn=+D123", ERR_SYNTAX, false, "", "" },
	{ "rn=+12x4", ERR_SYNTAX, false, "", "" },
	{ "rn=+123;rn=+124", ERR_SYNTAX, false, "", "" },
	{ "npdi;npdi", ERR_SYNTAX, false, "", "" },
};

static void
parameters(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str params = { NULL, 0 };
		struct porting porting;

		if (cases[i].params != NULL)
			params = str_of(cases[i].params);
		test_row(cases[i].params);
		CHECK(porting_parse(params, PORTING_REQUEST, &porting) ==
		      cases[i].err);
		CHECK(porting.source == (cases[i].is_known ? PORTING_REQUEST
							   : PORTING_UNKNOWN));
		CHECK(strcmp(porting.rn, cases[i].rn) == 0);
		CHECK(porting.routing.len == strlen(cases[i].routing));
		CHECK(porting.routing.len == 0 ||
		      strcmp(porting.routing.digits, cases[i].routing) == 0);
	}
}

static void
told(void)
{
	struct porting porting;

	CHECK(porting_set(str_of("+49170"), PORTING_ENUM, &porting) == 0);
	CHECK(porting.source == PORTING_ENUM && porting.routing.len == 5);
	CHECK(porting_set(str_of(""), PORTING_TABLE, &porting) == 0);
	CHECK(porting.source == PORTING_TABLE && porting.rn[0] == '\0');
	CHECK(porting_set(str_of("49170"), PORTING_ENUM, &porting) ==
	      ERR_SYNTAX);
	CHECK(porting.source == PORTING_UNKNOWN && porting.routing.len == 0);
	CHECK(porting_source_text(PORTING_UNKNOWN) == NULL);
	CHECK(strcmp(porting_source_text(PORTING_ENUM), "enum") == 0);
}

static const struct test tests[] = {
	{ "parameters behind a number", parameters, true },
	{ "a routing number alone", told, true },
};

const struct test_suite suite_porting = TEST_SUITE("porting", tests);
