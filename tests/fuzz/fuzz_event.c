/* fuzz_event.c - any bytes as an event; what decodes can be written again */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "acct/event.h"
#include "base/err.h"
#include "tests/fuzz/fuzz.h"

static size_t
encode(const struct event *event, uint8_t bytes[EVENT_MAX])
{
	struct wbuf w;

	wbuf_init(&w, bytes, EVENT_MAX);
	event_encode(&w, event);
	return w.err == 0 ? w.len : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[EVENT_MAX], second[EVENT_MAX];
	struct event event, again;
	struct event_keys *keys;
	struct arena arena;
	size_t len;
	int err;

	arena_init(&arena, NULL, 0, 0);
	if (event_keys_new(&keys) != 0)
		abort();
	err = event_decode(&arena, data, size, &event);
	assert(err == 0 || err == ERR_TRUNCATED || err == ERR_SYNTAX ||
	       err == ERR_UNSUPPORTED);
	len = err == 0 ? encode(&event, first) : 0;
	if (len > 0) {
		assert(event_decode(&arena, first, len, &again) == 0);
		assert(again.type == event.type);
		assert(event_identify(&arena, keys, &event) == 0);
		assert(encode(&again, second) == len);
		assert(memcmp(first, second, len) == 0);
	}
	event_keys_free(keys);
	arena_fini(&arena);
	return 0;
}
