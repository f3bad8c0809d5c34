/* test_trip_show.c - messages in words */
#include "trip/show.h"

#include <stdio.h>

#include "tests/unit/trip_help.h"

static void
shows(const char *what, const char *hex, const char *want)
{
	uint8_t msg[512];
	char text[1024];
	size_t len = trip_bytes(hex, msg);
	json_t *object = trip_show_message(msg, len, NULL);

	test_row(what);
	trip_show_text(object, text, sizeof(text));
	if (!CHECK(strcmp(text, want) == 0))
		printf("\n  \"%s\"\n", text);
	json_decref(object);
	test_row(NULL);
}

static void
test_messages(void)
{
	shows("KEEPALIVE", "0003 04", "type=KEEPALIVE length=3");
	shows("cut off", "0010 02 00",
	      "type=UPDATE length=16 cut_off=yes");
	shows("a header that is none", "0002 02",
	      "error={code=1 subcode=1 text=Message Header Error: Bad Message "
	      "Length data=0002}");
	shows("NOTIFICATION", "0007 03 01 01 0002",
	      "type=NOTIFICATION length=7 error={code=1 subcode=1 "
	      "text=Message Header Error: Bad Message Length data=0002}");
	shows("UPDATE inside an ITAD",
	      "0036 02 08 02 0008 0000000A 00000001 0003 0001 0002 '44'"
	      "00 03 000B 0000012D 0005 'a.net' 00 04 0000 00 05 0000"
	      "00 07 0004 000000C8",
	      "type=UPDATE length=54 next_hop_itad=301 next_hop=a.net path=[] "
	      "routed_path=[] preference=200 reachable={originator=0.0.0.10 "
	      "sequence=1 routes=[{family=e164 protocol=sip prefix=44}]}");
	shows("all the rest",
	      "0050 02 00 04 000C 02 01 0000012C 01 01 00000007"
	      "00 06 0000 C0 09 0008 00000000 FFFFFF01 00 0B 0000"
	      "C0 0C 0005 0003 'ets' 80 0F 0008 00000001 00000002"
	      "80 10 0000 80 14 0003 02 '+1' C0 63 0001 AA"
	      "80 0D 0000",
	      "type=UPDATE length=80 path=[300,[7]] atomic_aggregate=yes "
	      "communities=[NO_EXPORT] converted=yes resource_priority=[ets] "
	      "calls_ok=1 calls_attempted=2 prefixes_e164=[*] carriers=[+1] "
	      "unknown=[{type=99 flags=192 value=aa}] error={code=3 subcode=1 "
	      "text=UPDATE Message Error: Malformed Attribute List data=\"\"}");
}

static const struct test tests[] = {
	{ "each message is told", test_messages, true },
};

const struct test_suite suite_trip_show = TEST_SUITE("trip_show", tests);
