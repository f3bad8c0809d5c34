/* fuzz_binding.c - any answer to a REGISTER: what is found is in it, and a
 * Contact that is not there is not bound */
#include <assert.h>

#include "base/err.h"
#include "sip/binding.h"
#include "sip/value.h"
#include "tests/fuzz/fuzz.h"

#define OURS "sip:us@192.0.2.1:5060"

static bool
is_within(struct str piece, const struct sip_msg *msg)
{
	return piece.p >= msg->data &&
	       piece.p + piece.len <= msg->data + msg->len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t granted, again;
	struct sip_msg msg;
	struct arena arena;
	struct str nonce;

	sip_value_setup();
	if (sip_scan(&msg, (const char *)data, size, NULL) != 0)
		return 0;
	arena_init(&arena, NULL, 0, 0);
	if (sip_binding_find(&arena, &msg, str_of(OURS), 900, &granted) == 0) {
		assert(granted == 0 || msg.first[SIP_HDR_CONTACT] >= 0);
		/* what was asked for is only what nobody says */
		if (sip_binding_find(&arena, &msg, str_of(OURS), 901,
				     &again) == 0)
			assert(again == granted || granted == 900);
	}
	(void)sip_min_expires(&msg);
	nonce = sip_next_nonce(&msg, false);
	assert(nonce.p == NULL || is_within(nonce, &msg));
	nonce = sip_next_nonce(&msg, true);
	assert(nonce.p == NULL || is_within(nonce, &msg));
	arena_fini(&arena);
	return 0;
}
