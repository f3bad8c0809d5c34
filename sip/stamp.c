/* stamp.c - received and rport of the topmost Via */
#include "sip/stamp.h"

#include "base/arena.h"
#include "base/err.h"
#include "sip/chars.h"
#include "sip/value.h"

#define SCRATCH 2048 /* for parsing one usual Via without the heap */

/* Whether sent-by is the very address the packet came from. */
static bool
is_sent_by(const struct sip_via *via, const struct addr *from)
{
	struct addr addr;

	return addr_parse_ip(via->host, &addr) == 0 && addr_eq_ip(&addr, from);
}

static void
write_received(struct wbuf *w, const struct addr *from)
{
	char ip[ADDR_TEXT_MAX];

	wbuf_text(w, ";received=");
	wbuf_text(w, addr_format_ip(from, ip));
}

static void
write_params(struct wbuf *w, struct str params, const struct addr *from)
{
	struct sip_param param;
	const char *copied = params.p;

	while (sip_param_next(&params, &param)) {
		bool is_rport = sip_name_is(param.name, "rport");

		if (!is_rport && !sip_name_is(param.name, "received"))
			continue;
		wbuf_bytes(w, copied, (size_t)(param.text.p - copied));
		copied = param.text.p + param.text.len;
		if (is_rport) {
			wbuf_text(w, ";rport=");
			wbuf_dec(w, from->port);
		}
	}
	wbuf_bytes(w, copied, (size_t)(params.p + params.len - copied));
}

void
sip_stamp_via(struct wbuf *w, struct str via, const struct addr *from)
{
	_Alignas(16) char scratch[SCRATCH];
	struct arena arena;
	struct sip_via parsed;
	const char *params;
	int err;
	size_t n;

	if (from == NULL) {
		wbuf_str(w, via);
		return;
	}
	arena_init(&arena, scratch, sizeof(scratch), 0);
	err = sip_via_parse(&arena, via, &parsed, NULL);
	if (err != 0) {
		wbuf_str(w, via);
		w->err = err == ERR_NOMEM ? ERR_NOMEM : w->err;
		goto out;
	}
	params = memchr(via.p, ';', via.len);
	n = params != NULL ? (size_t)(params - via.p) : via.len;
	if (!parsed.has_rport && parsed.received.p == NULL)
		n = via.len; /* nothing in them to replace */
	wbuf_bytes(w, via.p, n);
	write_params(w, sip_skip(via, n), from);
	if (parsed.has_rport || !is_sent_by(&parsed, from))
		write_received(w, from);
out:
	arena_fini(&arena);
}
