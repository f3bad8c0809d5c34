/* uri_hop.c - hops that are a SIP URI instead of a gateway of a carrier */
#include "lcrproxy/uri_hop.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/place.h"
#include "lcrproxy/taboo.h"

#define OFFERS_MAX 16 /* at a time */

/* What a URI in a start line cannot have, whatever a parser makes of it. */
static bool
is_plain(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c <= ' ' || c >= 0x7f || memchr("<>\"\\^`{|}", c, 9) != NULL)
			return false;
	}
	return true;
}

static struct str
until(struct str text, char c)
{
	const char *at = text.len > 0 ? memchr(text.p, c, text.len) : NULL;

	return str_make(text.p, at != NULL ? (size_t)(at - text.p) : text.len);
}

/* The Request-URI of uri (19.1.1): to out, of which there is enough; returns
 * its length. */
static size_t
write_ruri(const struct sip_uri *uri, char *out)
{
	size_t head = (size_t)(uri->params.p - uri->text.p);
	struct str rest = uri->params;
	size_t len = head;

	memcpy(out, uri->text.p, head);
	while (rest.len > 0) {
		struct str param, name;

		rest = str_make(rest.p + 1, rest.len - 1); /* the ';' */
		param = until(rest, ';');
		rest = str_make(rest.p + param.len, rest.len - param.len);
		name = until(param, '=');
		if (str_eq_nocase(name, str_of("method")))
			continue;
		out[len++] = ';';
		memcpy(out + len, param.p, param.len);
		len += param.len;
	}
	out[len] = '\0';
	return len;
}

/* RFC 3263 4: the target is maddr, where there is one. */
static void
heed_maddr(const struct sip_uri *uri, struct uri_hop *hop)
{
	struct str maddr = sip_uri_param(uri, "maddr");
	struct addr addr;

	hop->addr = uri->addr;
	if (maddr.len == 0)
		return;
	if (maddr.len > 2 && maddr.p[0] == '[')
		maddr = str_make(maddr.p + 1, maddr.len - 2);
	hop->target.host = maddr;
	hop->addr = (struct addr){ 0 };
	if (addr_parse_ip(maddr, &addr) == 0)
		hop->addr = addr;
}

static int
fill(struct arena *arena, struct uri_hop *hop)
{
	struct sip_uri uri;
	int err = sip_uri_parse(arena, str_make(hop->ruri, hop->ruri_len),
				&uri);

	if (err == 0)
		err = place_of_uri(&uri, &hop->target);
	if (err != 0)
		return err;
	hop->name = uri.host;
	heed_maddr(&uri, hop);
	return 0;
}

/* What was parsed may lie in arena: it is wanted in the hop's own text. */
static int
settle(struct uri_hop *hop, struct str *part)
{
	const char *at = hop->ruri;
	struct str left = str_make(at, hop->ruri_len);

	while (left.len >= part->len) {
		if (memcmp(left.p, part->p, part->len) == 0) {
			part->p = left.p;
			return 0;
		}
		left = str_make(left.p + 1, left.len - 1);
	}
	return ERR_SYNTAX; /* a host that is not as it was written */
}

int
uri_hop_new(struct arena *arena, struct str text, struct uri_hop **out)
{
	struct uri_hop *hop;
	struct sip_uri uri;
	int err;

	if (text.len > URI_HOP_MAX)
		return ERR_LIMIT;
	if (!is_plain(text))
		return ERR_SYNTAX;
	err = sip_uri_parse(arena, text, &uri);
	if (err != 0)
		return err;
	if (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS)
		return ERR_UNSUPPORTED;
	hop = mem_zalloc(1, sizeof(*hop) + text.len + 1);
	if (hop == NULL)
		return ERR_NOMEM;
	hop->ruri_len = write_ruri(&uri, hop->ruri);
	err = fill(arena, hop);
	if (err == 0)
		err = settle(hop, &hop->target.host);
	if (err == 0)
		err = settle(hop, &hop->name);
	if (err != 0) {
		mem_free(hop);
		return err;
	}
	*out = hop;
	return 0;
}

/* --- in a call --- */

static bool
is_us(struct call *call, const struct uri_hop *hop)
{
	struct worker *worker = call->worker;
	struct sip_uri uri;

	return sip_uri_parse(&worker->arena, str_make(hop->ruri, hop->ruri_len),
			     &uri) == 0 &&
	       proxy_is_us(worker, &uri);
}

/* 0 with the hop, ERR_NOMEM, or what is wrong with the offer. */
static int
make_hop(struct call *call, const struct uri_offer *offer,
	 struct call_hop *out)
{
	struct uri_hop *uri;
	int err = uri_hop_new(&call->worker->arena, offer->uri, &uri);

	if (err == 0 && is_us(call, uri)) {
		mem_free(uri);
		err = ERR_NOTOURS;
	}
	if (err != 0) {
		if (err != ERR_NOMEM)
			log_info(call->worker->log,
				 "call %s: a URI is not called, source=%s "
				 "reason=\"%s\"",
				 call->call_id, cdr_source_text(offer->source),
				 err == ERR_NOTOURS ? "it names this node"
						    : err_text(err));
		return err;
	}
	*out = (struct call_hop){ .uri = uri,
				  .carrier = offer->carrier,
				  .prefix = offer->prefix,
				  .cost = offer->cost,
				  .source = offer->source };
	return 0;
}

static void
drop(struct call_hop *hops, size_t n)
{
	while (n > 0)
		mem_free(hops[--n].uri);
}

/* Room for n more. */
static int
grow(struct call *call, size_t n)
{
	size_t total = call->n_hops + n;
	struct call_hop *hops;

	if (total > CALL_HOPS_MAX)
		return ERR_LIMIT;
	hops = mem_alloc(total * sizeof(*hops));
	if (hops == NULL)
		return ERR_NOMEM;
	memcpy(hops, call->hops, call->n_hops * sizeof(*hops));
	mem_free(call->more_hops);
	call->hops = call->more_hops = hops;
	return 0;
}

static int
put(struct call *call, const struct call_hop *hops, size_t n, size_t at)
{
	int err = grow(call, n);

	if (err != 0)
		return err;
	memmove(&call->hops[at + n], &call->hops[at],
		(call->n_hops - at) * sizeof(*hops));
	memcpy(&call->hops[at], hops, n * sizeof(*hops));
	call->n_hops = (uint8_t)(call->n_hops + n);
	return 0;
}

size_t
call_place_by_cost(const struct call *call, money_e8 cost)
{
	size_t at = call->hop;

	while (at < call->n_hops && call->hops[at].cost <= cost)
		at++;
	return at;
}

int
call_add_uris(struct call *call, const struct uri_offer *offers, size_t n,
	      enum uri_rank rank, size_t *added)
{
	return call_put_uris(call, offers, n,
			     rank == URI_HOPS_LAST ? call->n_hops : call->hop,
			     added);
}

int
call_put_uris(struct call *call, const struct uri_offer *offers, size_t n,
	      size_t at, size_t *added)
{
	struct call_hop hops[OFFERS_MAX];
	size_t n_hops = 0;
	int err = 0;

	for (size_t i = 0; i < n && n_hops < OFFERS_MAX; i++) {
		err = make_hop(call, &offers[i], &hops[n_hops]);
		if (err == ERR_NOMEM)
			break;
		n_hops += err == 0;
		err = 0;
	}
	if (err == 0 && n_hops > 0)
		err = put(call, hops, n_hops, at);
	if (err != 0) {
		drop(hops, n_hops);
		n_hops = 0;
	}
	if (added != NULL)
		*added = n_hops;
	return err;
}

void
uri_hops_free(struct call *call)
{
	drop(call->hops, call->n_hops);
	mem_free(call->more_hops);
}

int
uri_hop_locate(struct call *call, const struct uri_hop *uri,
	       struct sip_places *places, sip_location_done *done)
{
	if (uri->addr.family == 0)
		return place_find(call->worker, &uri->target, places, done,
				  call, &call->look_up);
	places->n = 1;
	place_of_address(&uri->target, &uri->addr, &places->at[0]);
	return 0;
}

static bool
is_taboo(const struct call *call, const struct addr *addr)
{
	return taboo_is_us(&call->worker->node->listeners, addr) ||
	       taboo_is_gateway(call->worker, call->snapshot, addr);
}

/* By the operator, not by who calls or who writes into DNS. */
static bool
is_configured(const struct call_hop *hop)
{
	return hop->source == CDR_LOCAL || hop->source == CDR_STATIC;
}

int
uri_hop_sift(const struct call *call, const struct call_hop *hop,
	     struct sip_places *places)
{
	size_t n = 0;

	if (hop->uri == NULL || hop->carrier != NULL || is_configured(hop))
		return 0;
	for (size_t i = 0; i < places->n; i++) {
		if (!is_taboo(call, &places->at[i].addr))
			places->at[n++] = places->at[i];
	}
	places->n = n;
	return n > 0 ? 0 : ERR_NOTOURS;
}
