/* token.c - the layout of the token and its signature, see doc/token.md */
#include "acct/token.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/crc32c.h"
#include "base/crypto.h"
#include "base/err.h"

#define VERSION 1
#define PAYLOAD_LEN 36
#define MAC_LEN (TOKEN_RAW_LEN - PAYLOAD_LEN)
#define FLAG_ANSWERED 0x01
#define FLAG_SPACED 0x02
#define TRIES_SHIFT 2
#define TRIES_MAX 3
#define FLAGS_MAX 0x0f
#define MIN_SECRET_LEN 16
#define MAX_RING_US ((INT64_C(1) << 48) - 1) /* answer - setup */
#define MAX_BOUND_LEN 65535 /* of a Call-ID or tag; its length is a u16 */

/* Where in the payload what lies that is needed before the rest is read. */
#define VERSION_AT 0
#define KEY_ID_AT 1
#define FLAGS_AT 3

_Static_assert(BASE64URL_LEN(TOKEN_RAW_LEN) == TOKEN_LEN,
	       "no padding and no unused bits");

struct signer {
	uint8_t id;
	struct hmac *hmac;
};

struct token_keys {
	size_t n;
	struct signer signers[]; /* the first signs */
};

/* What a token is bound to. */
struct binding {
	struct str call_id, from_tag, to_tag;
};

static const struct signer *
find_signer(const struct token_keys *keys, uint8_t id)
{
	for (size_t i = 0; i < keys->n; i++) {
		if (keys->signers[i].id == id)
			return &keys->signers[i];
	}
	return NULL;
}

static int
add_signer(struct token_keys *keys, const struct token_key *key)
{
	struct signer *signer = &keys->signers[keys->n];
	int err;

	if (key->secret_len < MIN_SECRET_LEN || find_signer(keys, key->id))
		return ERR_INVAL;
	err = hmac_new(key->secret, key->secret_len, &signer->hmac);
	if (err != 0)
		return err;
	signer->id = key->id;
	keys->n++;
	return 0;
}

int
token_keys_new(const struct token_key *keys, size_t n, struct token_keys **out)
{
	struct token_keys *made;
	int err = 0;

	if (n == 0)
		return ERR_INVAL;
	made = mem_zalloc(1, sizeof(*made) + n * sizeof(made->signers[0]));
	if (made == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n && err == 0; i++)
		err = add_signer(made, &keys[i]);
	if (err != 0) {
		token_keys_free(made);
		return err;
	}
	*out = made;
	return 0;
}

void
token_keys_free(struct token_keys *keys)
{
	if (keys == NULL)
		return;
	for (size_t i = 0; i < keys->n; i++)
		hmac_free(keys->signers[i].hmac);
	mem_free(keys);
}

const char *
token_find(struct str text, const char token[TOKEN_LEN])
{
	const char *at = text.p;
	size_t left = text.len;

	while (left >= TOKEN_LEN) {
		at = memchr(at, token[0], left - TOKEN_LEN + 1);
		if (at == NULL || memcmp(at, token, TOKEN_LEN) == 0)
			return at;
		at++;
		left = (size_t)(text.p + text.len - at);
	}
	return NULL;
}

uint32_t
token_node_id(const char *node)
{
	return crc32c(0, node, strlen(node));
}

/* Each text goes in behind its length, so that no octet can move from one to
 * the next. 0, ERR_RANGE (a text is too long) or ERR_NOMEM. */
static int
sum(const struct signer *signer, const uint8_t *payload, bool answered,
    const struct binding *to, uint8_t mac[SHA256_LEN])
{
	const struct str texts[] = { to->call_id, to->from_tag, to->to_tag };
	size_t n_texts = answered ? 3 : 2;
	uint8_t lengths[2 * 3];
	struct hmac_part parts[1 + 2 * 3];
	size_t n = 0;
	struct wbuf w;

	wbuf_init(&w, lengths, sizeof(lengths));
	parts[n++] = (struct hmac_part){ payload, PAYLOAD_LEN };
	for (size_t i = 0; i < n_texts; i++) {
		if (texts[i].len > MAX_BOUND_LEN)
			return ERR_RANGE;
		wbuf_u16(&w, (uint16_t)texts[i].len);
		parts[n++] = (struct hmac_part){ lengths + 2 * i, 2 };
		parts[n++] = (struct hmac_part){ texts[i].p, texts[i].len };
	}
	return hmac_sum(signer->hmac, parts, n, mac);
}

uint32_t
token_mark(struct token_keys *keys, int key_id, const struct addr *addr)
{
	static const char what[] = "gateway";
	const struct signer *signer = key_id == TOKEN_KEY_SIGNS
					  ? &keys->signers[0]
					  : find_signer(keys, (uint8_t)key_id);
	/* no payload begins with this: that has its version there */
	const struct hmac_part parts[] = {
		{ what, sizeof(what) },
		{ addr->ip, addr->family == 4 ? 4 : sizeof(addr->ip) },
	};
	uint8_t mac[SHA256_LEN];
	struct rbuf r;

	if (signer == NULL ||
	    hmac_sum(signer->hmac, parts, sizeof(parts) / sizeof(parts[0]),
		     mac) != 0)
		return 0;
	rbuf_init(&r, mac, sizeof(mac));
	return TOKEN_MARK | rbuf_u32(&r);
}

static bool
is_space(const struct token_space *space)
{
	return space->is_spaced ? space->tries <= TRIES_MAX
				: space->tries == 0 && space->cseq == 0;
}

static bool
is_in_range(const struct token *token)
{
	if (!is_space(&token->space))
		return false;
	if (token->setup <= 0 || token->setup > INT64_MAX - MAX_RING_US)
		return false;
	return token->answer == 0 ||
	       (token->answer >= token->setup &&
		token->answer - token->setup <= MAX_RING_US);
}

static uint8_t
flags_of(const struct token *token)
{
	unsigned flags = token->answer != 0 ? FLAG_ANSWERED : 0;

	if (token->space.is_spaced)
		flags |= FLAG_SPACED;
	return (uint8_t)(flags | (unsigned)token->space.tries << TRIES_SHIFT);
}

static void
put_payload(struct wbuf *w, const struct token *token, uint8_t key_id)
{
	bool answered = token->answer != 0;
	uint64_t rang = answered ? (uint64_t)(token->answer - token->setup) : 0;

	wbuf_u8(w, VERSION);
	wbuf_u8(w, key_id);
	wbuf_u8(w, token->hop);
	wbuf_u8(w, flags_of(token));
	wbuf_u32(w, token->node);
	wbuf_u32(w, token->account);
	wbuf_u32(w, token->gateway);
	wbuf_u32(w, token->generation);
	wbuf_u64(w, (uint64_t)token->setup);
	wbuf_u16(w, (uint16_t)(rang >> 32));
	wbuf_u32(w, (uint32_t)rang);
	wbuf_u16(w, token->space.cseq);
}

int
token_encode(struct token_keys *keys, const struct token *token,
	     struct str call_id, struct str from_tag, struct str to_tag,
	     char out[TOKEN_LEN])
{
	const struct signer *signer = &keys->signers[0];
	struct binding to = { call_id, from_tag, to_tag };
	uint8_t raw[TOKEN_RAW_LEN], mac[SHA256_LEN];
	struct wbuf w;
	int err;

	if (!is_in_range(token))
		return ERR_RANGE;
	wbuf_init(&w, raw, sizeof(raw));
	put_payload(&w, token, signer->id);
	err = sum(signer, raw, token->answer != 0, &to, mac);
	if (err != 0)
		return err;
	wbuf_bytes(&w, mac, MAC_LEN);
	base64url_encode(raw, sizeof(raw), out);
	return 0;
}

/* The payload's facts; ERR_SYNTAX when a bit is set that this version does not
 * know, or a number has no meaning. */
static int
get_payload(const uint8_t *payload, struct token *out)
{
	struct rbuf r;
	uint8_t flags;
	bool answered;
	uint64_t setup, rang;

	rbuf_init(&r, payload, PAYLOAD_LEN);
	rbuf_u8(&r); /* the version: checked before the signature */
	out->key_id = rbuf_u8(&r);
	out->hop = rbuf_u8(&r);
	flags = rbuf_u8(&r);
	out->node = rbuf_u32(&r);
	out->account = rbuf_u32(&r);
	out->gateway = rbuf_u32(&r);
	out->generation = rbuf_u32(&r);
	setup = rbuf_u64(&r);
	rang = (uint64_t)rbuf_u16(&r) << 32;
	rang |= rbuf_u32(&r);
	out->space = (struct token_space){
		.is_spaced = (flags & FLAG_SPACED) != 0,
		.tries = flags >> TRIES_SHIFT & TRIES_MAX,
		.cseq = rbuf_u16(&r),
	};
	answered = (flags & FLAG_ANSWERED) != 0;
	if (flags > FLAGS_MAX || !is_space(&out->space) || setup == 0 ||
	    setup > (uint64_t)(INT64_MAX - MAX_RING_US) ||
	    (!answered && rang != 0))
		return ERR_SYNTAX;
	out->setup = (time_us)setup;
	out->answer = answered ? out->setup + (time_us)rang : 0;
	return 0;
}

static bool
is_too_old(const struct token *token, time_us now, int64_t max_age_s)
{
	if (max_age_s <= 0 || max_age_s > INT64_MAX / US_PER_S)
		return false;
	return now > token->setup && now - token->setup > max_age_s * US_PER_S;
}

/* 0 or ERR_SYNTAX */
static int
unpack(struct str text, uint8_t raw[TOKEN_RAW_LEN])
{
	if (text.len != TOKEN_LEN ||
	    base64url_decode(text.p, text.len, raw, TOKEN_RAW_LEN) != 0 ||
	    raw[VERSION_AT] != VERSION)
		return ERR_SYNTAX;
	return 0;
}

static int
take_payload(const uint8_t *raw, time_us now, int64_t max_age_s,
	     struct token *out)
{
	int err = get_payload(raw, out);

	if (err == 0 && is_too_old(out, now, max_age_s))
		err = ERR_EXPIRED;
	return err;
}

int
token_read_own(struct str text, time_us now, int64_t max_age_s,
	       struct token *out)
{
	uint8_t raw[TOKEN_RAW_LEN];
	int err = unpack(text, raw);

	return err != 0 ? err : take_payload(raw, now, max_age_s, out);
}

int
token_decode(struct token_keys *keys, struct str text, struct str call_id,
	     struct str from_tag, struct str to_tag, time_us now,
	     int64_t max_age_s, struct token *out)
{
	struct binding to = { call_id, from_tag, to_tag };
	uint8_t raw[TOKEN_RAW_LEN], mac[SHA256_LEN];
	const struct signer *signer;
	bool answered;
	int err = unpack(text, raw);

	if (err != 0)
		return err;
	signer = find_signer(keys, raw[KEY_ID_AT]);
	if (signer == NULL)
		return ERR_AUTH;
	answered = (raw[FLAGS_AT] & FLAG_ANSWERED) != 0;
	err = sum(signer, raw, answered, &to, mac);
	if (err != 0) /* nothing was ever signed for texts that long */
		return err == ERR_RANGE ? ERR_AUTH : err;
	if (!bytes_eq_const_time(mac, raw + PAYLOAD_LEN, MAC_LEN))
		return ERR_AUTH;
	return take_payload(raw, now, max_age_s, out);
}
