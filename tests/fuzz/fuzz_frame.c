/*
 * fuzz_frame.c - any stream, in any pieces: framing gives the same, what it
 * takes for a message has the length that the scan finds, and who offers his
 * connection (RFC 5923) names a port
 *
 * The first octet says how large the pieces are, and the transport.
 */
#include <assert.h>

#include "sip/alias.h"
#include "sip/frame.h"
#include "sip/msg.h"
#include "sip/value.h"
#include "tests/fuzz/fuzz.h"

#define MAX 8192

struct stream {
	const char *data;
	size_t at; /* used */
	struct sip_frame frame;
	uint64_t sum; /* of kinds and lengths */
	bool is_over;
	bool is_checked; /* what the messages are, too: once is enough */
	enum sip_transport by;
};

static void
check_message(const char *data, size_t len, enum sip_transport by)
{
	struct sip_msg msg;
	uint16_t port = 0;

	assert(len <= MAX);
	if (sip_alias_offered(str_make(data, len), by, &port))
		assert(port != 0);
	if (sip_scan(&msg, data, len, NULL) == 0 && data[0] != '\r')
		assert(msg.len == len);
}

/* Use all that is whole in the first end octets. */
static void
advance(struct stream *s, size_t end)
{
	enum sip_frame_kind kind;
	const char *why;
	size_t used;

	while (!s->is_over) {
		int err = sip_frame_next(&s->frame, s->data + s->at,
					 end - s->at, MAX, &kind, &used, &why);

		assert(used <= end - s->at && (err == 0) == (why == NULL));
		s->is_over = err != 0;
		if (err != 0 || kind == SIP_FRAME_MORE)
			return;
		assert(used > 0);
		if (kind == SIP_FRAME_MESSAGE && s->is_checked)
			check_message(s->data + s->at, used, s->by);
		s->sum = (s->sum + used) * 31 + (uint64_t)kind;
		s->at += used;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream whole = { .is_checked = true }, pieces = { 0 };
	size_t step;

	if (size == 0)
		return 0;
	sip_value_setup();
	step = (size_t)data[0] + 1;
	whole.by = (enum sip_transport)(data[0] % SIP_N_TRANSPORTS);
	whole.data = pieces.data = (const char *)data + 1;
	size--;
	advance(&whole, size);
	for (size_t end = 0; end < size; end += step)
		advance(&pieces, end);
	advance(&pieces, size);
	assert(whole.sum == pieces.sum && whole.at == pieces.at);
	assert(whole.is_over == pieces.is_over);
	return 0;
}
