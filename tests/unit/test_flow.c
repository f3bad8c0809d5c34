/* test_flow.c - the names of the transports */
#include "sip/flow.h"

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

static void
names_go_both_ways(void)
{
	for (int i = 0; i < SIP_N_TRANSPORTS; i++) {
		enum sip_transport as = (enum sip_transport)i, got;

		CHECK(sip_transport_parse(str_of(sip_transport_via(as)),
					  &got) == 0 &&
		      got == as);
		CHECK(sip_transport_parse(str_of(sip_transport_param(as)),
					  &got) == 0 &&
		      got == as);
	}
}

static void
others_are_not_ours(void)
{
	enum sip_transport got = SIP_TLS;

	CHECK(sip_transport_parse(str_of("SCTP"), &got) == ERR_UNSUPPORTED);
	CHECK(sip_transport_parse(str_of(""), &got) == ERR_UNSUPPORTED);
	CHECK(sip_transport_parse(str_of("TL"), &got) == ERR_UNSUPPORTED);
	CHECK(got == SIP_TLS);
}

static void
ports_and_reliability(void)
{
	CHECK(sip_transport_port(SIP_UDP) == 5060);
	CHECK(sip_transport_port(SIP_TCP) == 5060);
	CHECK(sip_transport_port(SIP_TLS) == 5061);
	CHECK(!sip_transport_is_reliable(SIP_UDP));
	CHECK(sip_transport_is_reliable(SIP_TCP));
	CHECK(sip_transport_is_reliable(SIP_TLS));
}

static const struct test tests[] = {
	{ "names go both ways", names_go_both_ways, true },
	{ "others are not ours", others_are_not_ours, true },
	{ "ports and reliability", ports_and_reliability, true },
};

const struct test_suite suite_flow = TEST_SUITE("flow", tests);
