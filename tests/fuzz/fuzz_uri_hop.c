/* fuzz_uri_hop.c - any octets as a URI to call: what passes can stand in a
 * start line, leads somewhere, and stays what it is */
#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/uri_hop.h"
#include "sip/value.h"
#include "tests/fuzz/fuzz.h"

static bool
has(struct str whole, struct str part)
{
	return part.p >= whole.p && part.p + part.len <= whole.p + whole.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uri_hop *hop, *again;
	struct arena arena;
	struct str ruri;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 1 << 20);
	if (uri_hop_new(&arena, str_make((const char *)data, size), &hop) ==
	    0) {
		ruri = str_make(hop->ruri, hop->ruri_len);
		assert(size <= URI_HOP_MAX && ruri.len <= size);
		for (size_t i = 0; i < ruri.len; i++)
			assert(ruri.p[i] > ' ' && ruri.p[i] < 0x7f &&
			       ruri.p[i] != '<' && ruri.p[i] != '>');
		assert(memchr(ruri.p, '\0', ruri.len) == NULL);
		assert(hop->target.host.len > 0);
		assert(has(ruri, hop->target.host) && has(ruri, hop->name));
		assert(uri_hop_new(&arena, ruri, &again) == 0);
		assert(str_eq(ruri, str_make(again->ruri, again->ruri_len)));
		mem_free(again);
		mem_free(hop);
	}
	arena_fini(&arena);
	return 0;
}
