/* digest.c - parameters of a challenge or an answer, and the hashes over them */
#include "sip/digest.h"

#include <string.h>

#include "base/crypto.h"
#include "base/err.h"
#include "sip/chars.h"

/* HA1, nonce, nc, cnonce, qop, HA2 with their colons; or method and uri. */
#define INPUT_MAX (2 * SIP_DIGEST_HEX_MAX + 2 * SIP_DIGEST_VALUE_MAX + 32)
#define NC_LEN 8
#define SESSION "-sess"

static const struct {
	const char *name;
	size_t hex_len;
	int (*hex)(const void *data, size_t len, char *out);
} algorithms[SIP_N_DIGESTS] = {
	[SIP_DIGEST_MD5] = { "MD5", 32, md5_hex },
	[SIP_DIGEST_SHA256] = { "SHA-256", 64, sha256_hex },
	[SIP_DIGEST_SHA512_256] = { "SHA-512-256", 64, sha512_256_hex },
};

/* --- hashes --- */

static int
hash(enum sip_digest_algorithm algorithm, const struct wbuf *w,
     char out[SIP_DIGEST_HEX_MAX])
{
	if (w->err != 0)
		return ERR_LIMIT;
	return algorithms[algorithm].hex(w->start, w->len, out);
}

/* The hash over parts with ':' between them. */
static int
hash_parts(enum sip_digest_algorithm algorithm, const struct str *parts,
	   size_t n_parts, char out[SIP_DIGEST_HEX_MAX])
{
	char input[INPUT_MAX];
	struct wbuf w;

	wbuf_init(&w, input, sizeof(input));
	for (size_t i = 0; i < n_parts; i++) {
		if (i > 0)
			wbuf_u8(&w, ':');
		wbuf_str(&w, parts[i]);
	}
	return hash(algorithm, &w, out);
}

int
sip_digest_ha1(enum sip_digest_algorithm algorithm, struct str username,
	       struct str realm, struct str password,
	       char out[SIP_DIGEST_HEX_MAX])
{
	const struct str parts[] = { username, realm, password };

	return hash_parts(algorithm, parts, 3, out);
}

/* HA2: with the hash of the body (NULL: without) for auth-int (3.4.3). */
static int
hash_request(const struct sip_digest *digest, struct str method,
	     const char *body_hash, char out[SIP_DIGEST_HEX_MAX])
{
	const struct str a2[] = {
		method, digest->uri,
		str_of(body_hash != NULL ? body_hash : ""),
	};

	return hash_parts(digest->algorithm, a2, body_hash != NULL ? 3 : 2,
			  out);
}

/* RFC 7616 3.4.1 with qop, RFC 2617 3.2.2.1 without. */
static int
make_response(const struct sip_digest *digest, struct str method,
	      const char *ha1, const char *body_hash,
	      char out[SIP_DIGEST_HEX_MAX])
{
	const char *qop = body_hash != NULL ? "auth-int" : "auth";
	char ha2[SIP_DIGEST_HEX_MAX];
	const struct str with_qop[] = {
		str_of(ha1),	digest->nonce, digest->nc_text,
		digest->cnonce, str_of(qop),   { ha2, 0 },
	};
	const struct str without[] = { str_of(ha1), digest->nonce, { ha2, 0 } };
	struct str parts[6];
	size_t n = digest->has_qop ? 6 : 3;
	int err = hash_request(digest, method, body_hash, ha2);

	if (err != 0)
		return err;
	memcpy(parts, digest->has_qop ? with_qop : without,
	       n * sizeof(parts[0]));
	parts[n - 1].len = strlen(ha2);
	return hash_parts(digest->algorithm, parts, n, out);
}

int
sip_digest_check(const struct sip_digest *digest, struct str method,
		 const char *ha1)
{
	char response[SIP_DIGEST_HEX_MAX];
	size_t len = algorithms[digest->algorithm].hex_len;
	int err = method.len <= SIP_DIGEST_METHOD_MAX
		      ? make_response(digest, method, ha1, NULL, response)
		      : ERR_LIMIT;

	if (err != 0)
		return err;
	if (digest->response.len != len ||
	    !bytes_eq_const_time(digest->response.p, response, len))
		return ERR_AUTH;
	return 0;
}

/* --- parsing --- */

enum { USERNAME, REALM, NONCE, URI, RESPONSE, ALGORITHM, CNONCE, OPAQUE, QOP,
       NC, STALE, N_PARAMS };

/* p == NULL: not there. Values are between their quotes. */
struct params {
	struct str at[N_PARAMS];
};

static const char *const param_names[N_PARAMS] = {
	[USERNAME] = "username", [REALM] = "realm",
	[NONCE] = "nonce",	 [URI] = "uri",
	[RESPONSE] = "response", [ALGORITHM] = "algorithm",
	[CNONCE] = "cnonce",	 [OPAQUE] = "opaque",
	[QOP] = "qop",		 [NC] = "nc",
	[STALE] = "stale",
};

/* "=" and a token or a quoted string; p == NULL without. */
static struct str
take_value(struct str *rest)
{
	struct str s = sip_skip_lws(*rest), value;
	size_t n;

	if (s.len == 0 || s.p[0] != '=')
		return str_make(NULL, 0);
	s = sip_skip_lws(sip_skip(s, 1));
	if (s.len > 0 && s.p[0] == '"') {
		n = sip_quoted_len(s);
		if (n == 0)
			return str_make(NULL, 0);
		value = str_make(s.p + 1, n - 2);
	} else {
		n = sip_span(s, SIP_TOKEN);
		if (n == 0)
			return str_make(NULL, 0);
		value = str_make(s.p, n);
	}
	*rest = sip_skip(s, n);
	return value;
}

static int
keep(struct params *params, struct str name, struct str value)
{
	for (int i = 0; i < N_PARAMS; i++) {
		if (!sip_name_is(name, param_names[i]))
			continue;
		if (params->at[i].p != NULL)
			return ERR_SYNTAX;
		if (value.len > (i == URI ? SIP_DIGEST_URI_MAX
					  : SIP_DIGEST_VALUE_MAX))
			return ERR_LIMIT;
		if (str_plain_len(value) != value.len)
			return ERR_SYNTAX;
		params->at[i] = value;
	}
	return 0; /* RFC 7616 3.3: unknown ones are ignored */
}

/* "Digest" and its parameters; commas may stand twice or at the end
 * (RFC 7230 7). */
static int
read_params(struct str text, struct params *out)
{
	size_t n;
	int err = 0;

	*out = (struct params){ 0 };
	text = str_trim(text);
	n = sip_span(text, SIP_TOKEN);
	if (n == 0 || n == text.len)
		return ERR_SYNTAX;
	if (!sip_name_is(str_make(text.p, n), "digest"))
		return ERR_UNSUPPORTED;
	text = sip_skip(text, n);
	if (sip_span(text, SIP_LWS) == 0)
		return ERR_SYNTAX;
	for (text = sip_skip_lws(text); text.len > 0 && err == 0;
	     text = sip_skip_lws(text)) {
		struct str name, value;

		if (text.p[0] == ',') {
			text = sip_skip(text, 1);
			continue;
		}
		name = str_make(text.p, sip_span(text, SIP_TOKEN));
		text = sip_skip(text, name.len);
		value = take_value(&text);
		if (name.len == 0 || value.p == NULL)
			return ERR_SYNTAX;
		err = keep(out, name, value);
		text = sip_skip_lws(text);
		if (text.len > 0 && text.p[0] != ',')
			return ERR_SYNTAX;
	}
	return err;
}

/* MD5 when nothing is said (RFC 7616 3.3). */
static int
find_algorithm(struct str text, enum sip_digest_algorithm *out)
{
	if (text.p == NULL)
		text = str_of(algorithms[SIP_DIGEST_MD5].name);
	for (int i = 0; i < SIP_N_DIGESTS; i++) {
		if (!str_eq_nocase(text, str_of(algorithms[i].name)))
			continue;
		*out = (enum sip_digest_algorithm)i;
		return 0;
	}
	return ERR_UNSUPPORTED;
}

/* The text behind the backslashes of a quoted string. */
static int
unescape(struct arena *arena, struct str *text)
{
	char *plain;
	size_t n = 0;

	if (memchr(text->p, '\\', text->len) == NULL)
		return 0;
	plain = arena_alloc(arena, text->len);
	if (plain == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < text->len; i++) {
		if (text->p[i] == '\\' && i + 1 < text->len)
			i++;
		plain[n++] = text->p[i];
	}
	*text = str_make(plain, n);
	return 0;
}

static int
read_nc(struct str text, uint32_t *out)
{
	uint32_t nc = 0;

	if (text.len != NC_LEN || sip_span(text, SIP_HEX) != NC_LEN)
		return ERR_SYNTAX;
	for (size_t i = 0; i < NC_LEN; i++) {
		char c = text.p[i];

		nc = nc << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*out = nc;
	return nc > 0 ? 0 : ERR_SYNTAX;
}

static int
read_qop(const struct params *params, struct sip_digest *out)
{
	struct str qop = params->at[QOP];

	out->has_qop = qop.p != NULL;
	if (!out->has_qop)
		return 0;
	if (!str_eq_nocase(qop, str_of("auth")))
		return ERR_UNSUPPORTED;
	if (out->cnonce.len == 0)
		return ERR_SYNTAX;
	return read_nc(out->nc_text, &out->nc);
}

static bool
has_all(const struct params *params, const int *needed, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (params->at[needed[i]].p == NULL)
			return false;
	}
	return true;
}

int
sip_digest_parse(struct arena *arena, struct str text, struct sip_digest *out)
{
	static const int needed[] = { USERNAME, REALM, NONCE, URI, RESPONSE };
	struct params params;
	int err = read_params(text, &params);

	if (err == 0 && !has_all(&params, needed, 5))
		err = ERR_SYNTAX;
	if (err == 0 && params.at[RESPONSE].len == 0)
		err = ERR_NOTFOUND;
	if (err != 0)
		return err;
	*out = (struct sip_digest){
		.username = params.at[USERNAME],
		.realm = params.at[REALM],
		.nonce = params.at[NONCE],
		.uri = params.at[URI],
		.cnonce = params.at[CNONCE],
		.nc_text = params.at[NC],
		.response = params.at[RESPONSE],
	};
	err = find_algorithm(params.at[ALGORITHM], &out->algorithm);
	if (err == 0)
		err = read_qop(&params, out);
	if (err == 0 &&
	    (out->response.len != algorithms[out->algorithm].hex_len ||
	     sip_span(out->response, SIP_HEX) != out->response.len))
		err = ERR_SYNTAX;
	if (err == 0)
		err = unescape(arena, &out->username);
	return err != 0 ? err : unescape(arena, &out->realm);
}

static bool
list_has(struct str list, const char *value)
{
	while (list.p != NULL) {
		if (str_eq_nocase(str_trim(str_cut(&list, ',')),
				  str_of(value)))
			return true;
	}
	return false;
}

/* "-sess" behind an algorithm's name is taken off. */
static bool
take_session(struct str *algorithm)
{
	size_t n = sizeof(SESSION) - 1;
	struct str end;

	if (algorithm->len <= n)
		return false;
	end = sip_skip(*algorithm, algorithm->len - n);
	if (!str_eq_nocase(end, str_make(SESSION, n)))
		return false;
	algorithm->len -= n;
	return true;
}

int
sip_challenge_parse(struct str text, struct sip_challenge *out)
{
	static const int needed[] = { REALM, NONCE };
	struct str qop, algorithm;
	struct params params;
	int err = read_params(text, &params);

	if (err == 0 && !has_all(&params, needed, 2))
		err = ERR_SYNTAX;
	if (err != 0)
		return err;
	qop = params.at[QOP];
	algorithm = params.at[ALGORITHM];
	*out = (struct sip_challenge){
		.realm = params.at[REALM],
		.nonce = params.at[NONCE],
		.opaque = params.at[OPAQUE],
		.is_session = take_session(&algorithm),
		.is_int = !list_has(qop, "auth") && list_has(qop, "auth-int"),
		.is_stale = str_eq_nocase(params.at[STALE], str_of("true")),
	};
	out->has_qop = out->is_int || list_has(qop, "auth");
	/* a session needs the cnonce, which goes with a qop alone */
	if (!out->has_qop && (qop.p != NULL || out->is_session))
		return ERR_UNSUPPORTED;
	return find_algorithm(algorithm, &out->algorithm);
}

/* --- formatting --- */

static void
put_quoted(struct wbuf *w, const char *before, struct str value)
{
	wbuf_text(w, before);
	wbuf_u8(w, '"');
	wbuf_str(w, value);
	wbuf_u8(w, '"');
}

void
sip_challenge_format(struct wbuf *w, enum sip_digest_algorithm algorithm,
		     const char *realm, struct str nonce, bool is_stale)
{
	put_quoted(w, "Digest realm=", str_of(realm));
	put_quoted(w, ", nonce=", nonce);
	wbuf_text(w, ", algorithm=");
	wbuf_text(w, algorithms[algorithm].name);
	wbuf_text(w, ", qop=\"auth\"");
	if (is_stale)
		wbuf_text(w, ", stale=true");
}

static void
format_nc(uint32_t nc, char out[NC_LEN + 1])
{
	const uint8_t bytes[] = { (uint8_t)(nc >> 24), (uint8_t)(nc >> 16),
				  (uint8_t)(nc >> 8), (uint8_t)nc };

	hex_encode(bytes, sizeof(bytes), out);
}

/* A session's HA1 is that of its first nonce and cnonce (3.4.2). */
static int
begin_session(const struct sip_challenge *challenge,
	      const struct sip_answer *answer, char out[SIP_DIGEST_HEX_MAX])
{
	const struct str parts[] = { str_of(answer->ha1), challenge->nonce,
				     answer->cnonce };

	return hash_parts(challenge->algorithm, parts, 3, out);
}

static int
hash_body(enum sip_digest_algorithm algorithm, struct str body,
	  char out[SIP_DIGEST_HEX_MAX])
{
	const char *p = body.len > 0 ? body.p : ""; /* RFC 8760 2.6 7 */

	return algorithms[algorithm].hex(p, body.len, out);
}

static int
answer_response(const struct sip_challenge *challenge,
		const struct sip_answer *answer, const char *nc,
		char out[SIP_DIGEST_HEX_MAX])
{
	char session[SIP_DIGEST_HEX_MAX], body[SIP_DIGEST_HEX_MAX];
	const struct sip_digest digest = {
		.algorithm = challenge->algorithm,
		.nonce = challenge->nonce,
		.uri = answer->uri,
		.cnonce = answer->cnonce,
		.nc_text = { nc, NC_LEN },
		.has_qop = challenge->has_qop,
	};
	int err = 0;

	if (challenge->is_session)
		err = begin_session(challenge, answer, session);
	if (err == 0 && challenge->is_int)
		err = hash_body(challenge->algorithm, answer->body, body);
	if (err != 0)
		return err;
	return make_response(&digest, answer->method,
			     challenge->is_session ? session : answer->ha1,
			     challenge->is_int ? body : NULL, out);
}

int
sip_answer_format(struct wbuf *w, const struct sip_challenge *challenge,
		  const struct sip_answer *answer)
{
	char nc[NC_LEN + 1], response[SIP_DIGEST_HEX_MAX];
	int err;

	format_nc(answer->nc, nc);
	err = answer_response(challenge, answer, nc, response);
	if (err != 0)
		return err;
	put_quoted(w, "Digest username=", answer->username);
	put_quoted(w, ", realm=", challenge->realm);
	put_quoted(w, ", nonce=", challenge->nonce);
	put_quoted(w, ", uri=", answer->uri);
	put_quoted(w, ", response=", str_of(response));
	wbuf_text(w, ", algorithm=");
	wbuf_text(w, algorithms[challenge->algorithm].name);
	if (challenge->is_session)
		wbuf_text(w, SESSION);
	if (challenge->opaque.p != NULL)
		put_quoted(w, ", opaque=", challenge->opaque);
	if (challenge->has_qop) {
		put_quoted(w, ", cnonce=", answer->cnonce);
		wbuf_text(w, challenge->is_int ? ", qop=auth-int, nc="
					       : ", qop=auth, nc=");
		wbuf_text(w, nc);
	}
	return w->err != 0 ? ERR_LIMIT : 0;
}
