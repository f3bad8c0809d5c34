/* challenge.c - challenges of gateways, answered with their credentials */
#include "lcrproxy/challenge.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/crypto.h"
#include "base/err.h"
#include "lcrproxy/cseq.h"
#include "lcrproxy/worker.h"
#include "sip/binding.h"
#include "sip/digest.h"

#define SLOTS 256     /* gateways whose challenges are kept, at most */
#define REALMS_MAX 4  /* of each */
#define CNONCE_RAW 12
#define LINES_MAX 8192 /* of the header lines that we write for one request */

/* The last challenge of a gateway in one realm. */
struct kept {
	struct kept *next; /* of the same gateway */
	uint32_t gateway; /* its id in the store */
	bool is_proxy;	  /* 407 */
	uint32_t n_used;  /* how often its nonce was */
	char cnonce[BASE64URL_LEN(CNONCE_RAW)];
	struct sip_challenge challenge; /* its texts are in text */
	char text[];
};

/* The best of one response, each of another realm. */
struct best {
	struct sip_challenge list[REALMS_MAX];
	size_t n;
};

struct challenges {
	struct kept *slots[SLOTS];
};

int
challenges_new(struct challenges **out)
{
	*out = mem_zalloc(1, sizeof(**out));
	return *out != NULL ? 0 : ERR_NOMEM;
}

/* All from this one on. */
static void
drop(struct kept **from)
{
	while (*from != NULL) {
		struct kept *next = (*from)->next;

		mem_free(*from);
		*from = next;
	}
}

void
challenges_free(struct challenges *challenges)
{
	for (size_t i = 0; challenges != NULL && i < SLOTS; i++)
		drop(&challenges->slots[i]);
	mem_free(challenges);
}

bool
challenge_is(int status)
{
	return status == 401 || status == 407;
}

static const char *
hash_of(const struct gateway_login *login, enum sip_digest_algorithm algorithm)
{
	switch (algorithm) {
	case SIP_DIGEST_SHA256:
		return login->ha1_sha256;
	case SIP_DIGEST_SHA512_256:
		return login->ha1_sha512_256;
	default:
		return login->ha1_md5;
	}
}

static bool
can_answer(const struct gateway *gateway, const struct sip_challenge *challenge)
{
	const struct gateway_login *login =
	    gateway_logins_find(&gateway->logins, challenge->realm);

	return login != NULL && hash_of(login, challenge->algorithm)[0] != '\0';
}

/* Of two that are as strong the first counts (RFC 8760 2.4). */
static bool
is_better(const struct sip_challenge *a, const struct sip_challenge *b)
{
	return a->algorithm != SIP_DIGEST_MD5 && b->algorithm == SIP_DIGEST_MD5;
}

static void
add_best(struct best *best, const struct sip_challenge *challenge)
{
	for (size_t i = 0; i < best->n; i++) {
		struct sip_challenge *other = &best->list[i];

		if (!str_eq(other->realm, challenge->realm))
			continue;
		if (is_better(challenge, other))
			*other = *challenge;
		return;
	}
	if (best->n < REALMS_MAX)
		best->list[best->n++] = *challenge;
}

static void
find_best(const struct gateway *gateway, const struct sip_msg *response,
	  struct best *best)
{
	int row = response->first[response->status == 407
				      ? SIP_HDR_PROXY_AUTHENTICATE
				      : SIP_HDR_WWW_AUTHENTICATE];

	best->n = 0;
	for (; row >= 0; row = response->fields[row].next) {
		struct sip_challenge challenge;
		struct str value =
		    sip_field_value(response, &response->fields[row]);

		if (sip_challenge_parse(value, &challenge) == 0 &&
		    can_answer(gateway, &challenge))
			add_best(best, &challenge);
	}
}

static struct str
put(char **at, struct str text)
{
	char *start = *at;

	if (text.p == NULL)
		return text;
	memcpy(start, text.p, text.len);
	*at += text.len;
	return str_make(start, text.len);
}

static struct kept *
make(const struct gateway *gateway, const struct sip_challenge *challenge)
{
	struct kept *kept = mem_zalloc(
	    1, sizeof(*kept) + challenge->realm.len + challenge->nonce.len +
		   challenge->opaque.len + 1);
	uint8_t raw[CNONCE_RAW];
	char *at;

	if (kept == NULL)
		return NULL;
	if (random_bytes(raw, sizeof(raw)) != 0) {
		mem_free(kept);
		return NULL;
	}
	base64url_encode(raw, sizeof(raw), kept->cnonce);
	at = kept->text;
	kept->gateway = gateway->id;
	kept->challenge = *challenge;
	kept->challenge.realm = put(&at, challenge->realm);
	kept->challenge.nonce = put(&at, challenge->nonce);
	kept->challenge.opaque = put(&at, challenge->opaque);
	return kept;
}

/* A bit that stands for a realm of a gateway or of what is behind it. Where two
 * have the same one of them is not answered late. */
static uint32_t
bit_of(struct str realm, bool is_proxy)
{
	return UINT32_C(1) << ((crc32c(is_proxy, realm.p, realm.len)) % 32);
}

static struct kept **
slot_of(struct challenges *challenges, const struct gateway *gateway)
{
	return &challenges->slots[gateway->id % SLOTS];
}

/* The gateway's; those of another one that has its slot make room. */
static struct kept **
list_of(struct challenges *challenges, const struct gateway *gateway)
{
	struct kept **slot = slot_of(challenges, gateway);

	if (*slot != NULL && (*slot)->gateway != gateway->id)
		drop(slot);
	return slot;
}

/* In place of the one of the same realm, or as the first; the one that was not
 * heard of for longest makes room. */
static void
keep(struct kept **list, struct kept *kept)
{
	struct kept **at = list;
	size_t n = 1;

	while (*at != NULL) {
		struct kept *other = *at;

		if (other->is_proxy == kept->is_proxy &&
		    str_eq(other->challenge.realm, kept->challenge.realm)) {
			*at = other->next;
			mem_free(other);
		} else if (++n > REALMS_MAX) {
			drop(at);
		} else {
			at = &other->next;
		}
	}
	kept->next = *list;
	*list = kept;
}

int
challenge_take(struct challenges *challenges, const struct gateway *gateway,
	       const struct sip_msg *response, uint32_t answered,
	       bool *may_help)
{
	struct kept **list = list_of(challenges, gateway);
	bool is_proxy = response->status == 407;
	struct best best;

	*may_help = false;
	find_best(gateway, response, &best);
	if (best.n == 0) {
		drop(list);
		return ERR_NOTFOUND;
	}
	for (size_t i = best.n; i-- > 0;) { /* the upper ones first */
		const struct sip_challenge *challenge = &best.list[i];
		struct kept *kept = make(gateway, challenge);

		if (kept == NULL)
			return ERR_NOMEM;
		kept->is_proxy = is_proxy;
		keep(list, kept);
		if (challenge->is_stale ||
		    (answered & bit_of(challenge->realm, is_proxy)) == 0)
			*may_help = true;
	}
	return 0;
}

/* Whose nonce an Authentication-Info is about: it names no realm. */
static struct kept *
find_only(struct kept *list, bool of_proxy)
{
	struct kept *found = NULL;

	if (list != NULL && list->next == NULL)
		return list;
	for (; list != NULL; list = list->next) {
		if (list->is_proxy != of_proxy)
			continue;
		if (found != NULL)
			return NULL;
		found = list;
	}
	return found;
}

static void
renew(struct kept **list, const struct gateway *gateway, struct str nonce,
      bool of_proxy)
{
	const struct kept *before = find_only(*list, of_proxy);
	struct sip_challenge challenge;
	struct kept *kept;

	if (before == NULL || nonce.p == NULL ||
	    nonce.len > SIP_DIGEST_VALUE_MAX ||
	    str_eq(nonce, before->challenge.nonce)) /* is counted on */
		return;
	challenge = before->challenge;
	challenge.nonce = nonce;
	kept = make(gateway, &challenge);
	if (kept == NULL)
		return;
	kept->is_proxy = before->is_proxy;
	keep(list, kept);
}

static void
note_refused(struct worker *worker, const struct gateway *gateway,
	     const struct sip_msg *response, int err)
{
	worker->counters.challenges_refused++;
	log_warning(worker->log, "gateway %s: %s, status=%d call=%.*s",
		    gateway->name,
		    err == 0 ? "does not accept our credentials"
			     : "demands credentials that it has none for",
		    response->status, STR_ARG(response->call_id));
}

bool
challenge_may_retry(struct worker *worker, const struct gateway *gateway,
		    const struct sip_msg *response, uint32_t answered,
		    unsigned tries)
{
	bool may_help = false;
	int err = challenge_take(worker->challenges, gateway, response,
				 answered, &may_help);

	if (err != 0 ||
	    (tries > 0 && (!may_help || tries + 1 >= CSEQ_SPACE))) {
		note_refused(worker, gateway, response, err);
		return false;
	}
	worker->counters.challenges_answered++;
	return true;
}

void
challenge_renew(struct challenges *challenges, const struct gateway *gateway,
		const struct sip_msg *response)
{
	struct kept **slot = slot_of(challenges, gateway);

	if (*slot == NULL || (*slot)->gateway != gateway->id)
		return;
	renew(slot, gateway, sip_next_nonce(response, false), false);
	renew(slot, gateway, sip_next_nonce(response, true), true);
}

/* One header line. */
static int
format(struct wbuf *w, struct kept *kept,
       const struct challenge_request *request)
{
	const struct gateway_login *login = gateway_logins_find(
	    &request->gateway->logins, kept->challenge.realm);
	const struct sip_answer answer = {
		.username = str_of(login->username),
		.method = request->method,
		.uri = request->uri,
		.ha1 = hash_of(login, kept->challenge.algorithm),
		.cnonce = str_make(kept->cnonce, sizeof(kept->cnonce)),
		.nc = ++kept->n_used,
		.body = request->body,
	};
	int err;

	wbuf_text(w, kept->is_proxy ? "Proxy-Authorization: "
				    : "Authorization: ");
	err = sip_answer_format(w, &kept->challenge, &answer);
	wbuf_text(w, "\r\n");
	return err == 0 && w->err != 0 ? ERR_LIMIT : err;
}

int
challenge_answer(struct challenges *challenges,
		 const struct challenge_request *request, struct arena *arena,
		 struct challenge_lines *out)
{
	struct kept *kept = *slot_of(challenges, request->gateway);
	char *text = NULL;
	struct wbuf w;
	int err = 0;

	*out = (struct challenge_lines){ .answered = 0 };
	if (kept != NULL && kept->gateway != request->gateway->id)
		return ERR_NOTFOUND;
	for (; kept != NULL && err == 0; kept = kept->next) {
		if (!can_answer(request->gateway, &kept->challenge))
			continue;
		if (text == NULL) {
			text = arena_alloc(arena, LINES_MAX);
			if (text == NULL)
				return ERR_NOMEM;
			wbuf_init(&w, text, LINES_MAX);
		}
		err = format(&w, kept, request);
		out->answered |=
		    bit_of(kept->challenge.realm, kept->is_proxy);
	}
	if (err == 0 && text != NULL)
		out->text = str_make(text, w.len);
	return err == 0 && text == NULL ? ERR_NOTFOUND : err;
}
