/* test_enrolments.c - the gateways that are registered at, in a snapshot */
#include <string.h>

#include "base/err.h"
#include "route/plan_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

#define LOGIN                                                              \
	"INSERT INTO gateway_credentials (gateway, realm, username, ha1_md5)" \
	" SELECT id, 'blue', 'us', '0123456789abcdef0123456789abcdef' FROM"   \
	" gateways WHERE gateway = 'z-one';"
#define WHERE " WHERE gateway = 'z-one'"

static const struct {
	const char *what, *sql, *aor, *registrar, *user;
	uint32_t expires_s;
	int registers;
} rows[] = {
	{ "not at all", LOGIN, NULL, NULL, NULL, 0, REGISTERS_NOT },
	{ "by the credentials",
	  LOGIN "UPDATE gateways SET registers = 'yes'" WHERE,
	  "sip:us@192.0.2.1", "sip:192.0.2.1", "us", 3600, REGISTERS_AT_ALL },
	{ "at a name with a port",
	  LOGIN "UPDATE gateways SET registers = 'required',"
		" uri = 'sip:red.example:5070'" WHERE,
	  "sip:us@red.example", "sip:red.example", "us", 3600,
	  REGISTERS_OR_DOWN },
	{ "at an IPv6 address",
	  LOGIN "UPDATE gateways SET registers = 'yes',"
		" uri = 'sip:[2001:db8::1]:5070'" WHERE,
	  "sip:us@[2001:db8::1]", "sip:[2001:db8::1]", "us", 3600,
	  REGISTERS_AT_ALL },
	{ "at one without a port",
	  LOGIN "UPDATE gateways SET registers = 'yes',"
		" uri = 'sip:[2001:db8::1]'" WHERE,
	  "sip:us@[2001:db8::1]", "sip:[2001:db8::1]", "us", 3600,
	  REGISTERS_AT_ALL },
	{ "sips",
	  LOGIN "UPDATE gateways SET registers = 'yes',"
		" uri = 'sips:red.example'" WHERE,
	  "sips:us@red.example", "sips:red.example", "us", 3600,
	  REGISTERS_AT_ALL },
	{ "all is said",
	  "UPDATE gateways SET registers = 'yes', register_aor ="
	  " 'sip:+4989@blue.example:5080;x=y', register_contact = 'line-1',"
	  " register_expires_s = 60" WHERE,
	  "sip:+4989@blue.example:5080;x=y", "sip:blue.example:5080",
	  "line-1", 60, REGISTERS_AT_ALL },
};

static void
snapshots(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct gateway_enrolment *e;
		struct route_sample f;
		char name[32];

		test_row(rows[i].what);
		snprintf(name, sizeof(name), "enrolments-%zu", i);
		if (route_sample_open(&f, name, rows[i].sql)) {
			e = &snapshot_gateway_by_name(f.snapshot,
						      str_of("z-one"))
				 ->enrolment;
			CHECK(e->registers == rows[i].registers &&
			      e->expires_s == rows[i].expires_s);
			if (rows[i].aor != NULL && e->aor != NULL)
				CHECK(strcmp(e->aor, rows[i].aor) == 0 &&
				      strcmp(e->registrar,
					     rows[i].registrar) == 0 &&
				      strcmp(e->user, rows[i].user) == 0);
		}
		OK(f.err);
		route_sample_close(&f);
	}
}

static void
nobody(void)
{
	struct route_sample f;

	if (route_sample_open(&f, "enrolments-nobody",
			      "UPDATE gateways SET registers = 'yes'" WHERE)) {
		CHECK(snapshot_gateway_by_name(f.snapshot, str_of("z-one"))
			  ->enrolment.registers == REGISTERS_NOT);
		CHECK(route_sample_logged(
		    &f, "gateway z-one: is not registered at, it has neither "
			"register_aor nor gateway_credentials"));
	}
	OK(f.err);
	route_sample_close(&f);
}

static const struct {
	const char *sql, *error;
} bad[] = {
	{ "registers = 'maybe'",
	  "gateways: z-one: registers is \"maybe\", expected no, yes or "
	  "required" },
	{ "registers = 'yes', register_aor = 'sip:blue.example'",
	  "gateways: z-one: register_aor is \"sip:blue.example\", expected a "
	  "SIP URI such as sip:4711@example.com" },
	{ "registers = 'yes', register_aor = 'sip:a:b@blue.example'",
	  "gateways: z-one: register_aor is \"sip:a:b@blue.example\", expected "
	  "a SIP URI such as sip:4711@example.com" },
	{ "registers = 'yes', register_aor = 'tel:+49'",
	  "gateways: z-one: register_aor is \"tel:+49\", expected a SIP URI "
	  "such as sip:4711@example.com" },
	{ "registers = 'yes', register_aor = 'sips:a@blue.example'",
	  "gateways: z-one: register_aor is \"sips:a@blue.example\", which "
	  "wants a sips uri" },
	{ "registers = 'yes', register_aor = 'sip:a@b',"
	  " register_contact = 'a b'",
	  "gateways: z-one: register_contact is \"a b\", expected what may "
	  "stand in the user part of a SIP URI" },
	{ "registers = 'yes', register_expires_s = 29,"
	  " register_aor = 'sip:a@b'",
	  "gateways: z-one: register_expires_s is 29, expected 30..604800" },
};

static void
refused(void)
{
	char sql[400], name[32];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct route_sample f;

		test_row(bad[i].sql);
		snprintf(sql, sizeof(sql), "UPDATE gateways SET %s" WHERE,
			 bad[i].sql);
		snprintf(name, sizeof(name), "enrolments-bad-%zu", i);
		CHECK(!route_sample_open(&f, name, sql));
		CHECK(f.err == ERR_INVAL && strcmp(f.error, bad[i].error) == 0);
		route_sample_close(&f);
	}
}

static void
plans(void)
{
	static const struct plan_look look = { .account = NULL };
	struct gateway_state state = { 0 };
	struct gateway gateway = { .enabled = true,
				   .capacity = -1,
				   .cps = -1,
				   .state = &state };

	gateway.enrolment.registers = REGISTERS_AT_ALL;
	CHECK(plan_look_at_gateway(&gateway, &look) == PLAN_NOT_EXCLUDED);
	gateway.enrolment.registers = REGISTERS_OR_DOWN;
	CHECK(plan_look_at_gateway(&gateway, &look) == PLAN_UNREGISTERED);
	atomic_store(&state.is_registered, true);
	CHECK(plan_look_at_gateway(&gateway, &look) == PLAN_NOT_EXCLUDED);
}

static const struct test tests[] = {
	{ "whether and as whom gateways are registered at", snapshots, false },
	{ "without a name nobody registers", nobody, false },
	{ "what cannot be is refused", refused, true },
	{ "no calls where one must be registered and is not", plans, true },
};

const struct test_suite suite_enrolments = TEST_SUITE("enrolments", tests);
