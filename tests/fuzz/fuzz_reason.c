/* fuzz_reason.c - any text as headers of a response: Reason, Privacy, Retry-After */
#include <assert.h>
#include <string.h>

#include "lcrproxy/caller_id.h"
#include "lcrproxy/reason.h"
#include "tests/fuzz/fuzz.h"

#define HEAD                                                              \
	"SIP/2.0 503 No\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nFrom: <sip:a@b>\r\n" \
	"To: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"

static void
check(const struct sip_msg *msg)
{
	struct arena arena;
	const char *lines;
	int cause = reason_cause(msg, "Q.850");

	assert(cause >= 0 && cause <= 999);
	cause = reason_cause(msg, "SIP");
	assert(cause >= 0 && cause <= 999);
	(void)caller_id_wants(msg, "id");
	assert(reason_retry_after_s(msg, 100) >= -1 &&
	       reason_retry_after_s(msg, 100) <= 100);
	arena_init(&arena, NULL, 0, 0);
	lines = reason_lines(msg, 100, &arena);
	assert(lines == NULL || strlen(lines) <= 100);
	assert(lines == NULL || lines[0] == '\0' ||
	       lines[strlen(lines) - 1] == '\n');
	arena_fini(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sip_msg msg;
	struct arena arena;
	char *text;

	arena_init(&arena, NULL, 0, 0);
	text = arena_printf(&arena, HEAD "%.*s\r\n", (int)size,
			    (const char *)data);
	if (text != NULL && sip_scan(&msg, text, strlen(text), NULL) == 0)
		check(&msg);
	arena_fini(&arena);
	return 0;
}
