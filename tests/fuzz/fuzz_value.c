/* fuzz_value.c - any header value through each parser of value.h */
#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "sip/stamp.h"
#include "sip/value.h"
#include "tests/fuzz/fuzz.h"

static bool
is_known(int err)
{
	return err == 0 || err == ERR_SYNTAX || err == ERR_LIMIT;
}

static void
check_printable(struct str s)
{
	assert(str_is_printable(s));
}

static void
check_uri(const struct sip_uri *uri)
{
	bool is_sip =
	    uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS;

	check_printable(uri->text);
	check_printable(uri->host);
	check_printable(uri->params);
	assert(is_sip == (uri->host.len > 0));
	assert(is_sip || uri->user.len > 0);
	assert(uri->addr.family == 0 || uri->addr.port != 0);
	assert(uri->params.len == 0 || uri->params.p[0] == ';');
	if (sip_uri_param(uri, "lr").p != NULL && is_sip)
		assert(uri->has_lr);
}

static void
fuzz_uri(struct arena *arena, struct str text)
{
	struct sip_uri uri;
	int err = sip_uri_parse(arena, text, &uri);

	assert(is_known(err));
	if (err == 0)
		check_uri(&uri);
	arena_reset(arena);
}

static void
fuzz_name_addrs(struct arena *arena, struct str text)
{
	struct sip_name_addr out;
	struct str rest;
	int err = 0;

	for (; err == 0 && text.p != NULL; text = rest) {
		err = sip_name_addr_parse(arena, text, &out, &rest);
		assert(is_known(err));
		if (err != 0)
			break;
		check_uri(&out.uri);
		assert(out.len == sip_list_first_len(text));
		assert(str_eq(sip_tag(str_make(text.p, out.len)), out.tag));
		assert(rest.p == NULL || rest.len < text.len);
		arena_reset(arena);
	}
	arena_reset(arena);
}

static const struct addr from = { .family = 4,
				  .port = 5070,
				  .ip = { 192, 0, 2, 9 } };

/* 0 when it is no Via of a message that is answered. */
static size_t
stamp(struct str text, char *out)
{
	struct sip_top_via via;
	struct wbuf w;

	if (sip_top_via_scan(text, &via) != 0)
		return 0;
	wbuf_init(&w, out, text.len + SIP_STAMP_MAX);
	sip_stamp_via(&w, &via, &from);
	assert(w.err == 0);
	return w.len;
}

/* A stamped Via is a Via, says the source, and stays the same when stamped
 * again. */
static void
fuzz_stamp(struct arena *arena, struct str via)
{
	char *once = malloc(via.len + SIP_STAMP_MAX);
	char *twice = malloc(via.len + 2 * SIP_STAMP_MAX);
	size_t len;
	struct sip_via out;
	int err;

	assert(once != NULL && twice != NULL);
	len = stamp(via, once);
	err = sip_via_parse(arena, str_make(once, len), &out, NULL);
	if (err == 0) {
		assert(!out.has_rport || out.rport == from.port);
		assert(str_eq_text(out.received, "192.0.2.9") ||
		       (str_eq_text(out.host, "192.0.2.9") && !out.has_rport));
		assert(stamp(str_make(once, len), twice) == len);
		assert(memcmp(once, twice, len) == 0);
	}
	free(once);
	free(twice);
}

static void
fuzz_vias(struct arena *arena, struct str text)
{
	struct sip_via out;
	struct str rest;
	int err = 0;

	for (; err == 0 && text.p != NULL; text = rest) {
		err = sip_via_parse(arena, text, &out, &rest);
		assert(is_known(err));
		if (err != 0)
			break;
		assert(out.transport.len > 0 && out.host.len > 0);
		check_printable(out.host);
		check_printable(out.branch);
		assert(out.rport == 0 || out.has_rport);
		assert(rest.p == NULL || rest.len < text.len);
		fuzz_stamp(arena, str_make(text.p, sip_list_first_len(text)));
		arena_reset(arena);
	}
	arena_reset(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct arena arena;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 0);
	fuzz_uri(&arena, text);
	fuzz_name_addrs(&arena, text);
	fuzz_vias(&arena, text);
	arena_fini(&arena);
	(void)sip_tag(text);
	assert(sip_list_first_len(text) <= text.len);
	return 0;
}
