/* stamp.c - received and rport of the topmost Via */
#include "sip/stamp.h"

#include "sip/chars.h"

/* Whether sent-by is the very address the packet came from. */
static bool
is_sent_by(const struct sip_top_via *via, const struct addr *from)
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
	bool is_filled = false; /* there may be one: others go */

	while (sip_param_next(&params, &param)) {
		bool is_rport = sip_name_is(param.name, "rport");

		if (!is_rport && !sip_name_is(param.name, "received"))
			continue;
		wbuf_bytes(w, copied, (size_t)(param.text.p - copied));
		copied = param.text.p + param.text.len;
		if (is_rport && !is_filled) {
			wbuf_text(w, ";rport=");
			wbuf_dec(w, from->port);
			is_filled = true;
		}
	}
	wbuf_bytes(w, copied, (size_t)(params.p + params.len - copied));
}

void
sip_stamp_via(struct wbuf *w, const struct sip_top_via *via,
	      const struct addr *from)
{
	/* where the parameters begin: there is no ';' in front of them */
	size_t n = (size_t)(via->sent_by.p - via->text.p) + via->sent_by.len;

	if (from == NULL || !via->is_whole) {
		wbuf_str(w, via->text);
		return;
	}
	if (!via->has_rport && !via->has_received)
		n = via->text.len; /* nothing in them to replace */
	wbuf_bytes(w, via->text.p, n);
	write_params(w, sip_skip(via->text, n), from);
	if (via->has_rport || !is_sent_by(via, from))
		write_received(w, from);
}
