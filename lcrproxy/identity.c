/* identity.c - trunks first, then digest authentication */
#include "lcrproxy/identity.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/err.h"
#include "lcrproxy/proxy.h"
#include "lcrproxy/taboo.h"
#include "route/logins.h"
#include "sip/digest.h"

#define KEY_MAX (2 * SIP_DIGEST_VALUE_MAX + 32)

/* What scanners call themselves, in lower case. */
static const char *const scanners[] = {
	"friendly-scanner", "friendly-request", "sipvicious", "sipcli",
	"sip-scan",	    "sipsak",		"sundayddr",  "vaxsipuseragent",
	"pplsip",	    "iwar",		"sivus",      "smap",
};

/* A request that may carry credentials. */
struct claim {
	struct worker *worker;
	const struct sip_msg *msg;
	const struct addr *from;
	struct addr host; /* of it, as sources are counted */
	const struct sip_uri *uri;
	struct str realm;
	struct str bound; /* what its nonces are bound to */
	struct sip_digest digest;
	bool is_ours; /* we are who is asked, no proxy (22.2, 22.3) */
	char bound_text[KEY_MAX];
};

enum verdict { CLAIM_GOOD, CLAIM_NONE, CLAIM_STALE, CLAIM_WRONG, CLAIM_BROKEN,
	       CLAIM_FAILED };

/* --- who is not listened to --- */

static struct str
source_key(const struct addr *host)
{
	return str_make((const char *)host->ip, sizeof(host->ip));
}

static bool
is_scanner(const struct sip_msg *msg)
{
	struct str agent = sip_value(msg, SIP_HDR_USER_AGENT);

	if (agent.len == 0)
		return false;
	for (size_t i = 0; i < sizeof(scanners) / sizeof(scanners[0]); i++) {
		struct str name;

		if ((agent.p[0] | 0x20) != scanners[i][0])
			continue;
		name = str_of(scanners[i]);
		if (agent.len >= name.len &&
		    str_eq_nocase(str_make(agent.p, name.len), name))
			return true;
	}
	return false;
}

bool
identity_is_blocked(const struct worker *worker, const struct sip_flow *from)
{
	const struct addr host = addr_host(&from->addr);

	return guard_is_blocked(worker->node->identity->guard, GUARD_SOURCE,
				source_key(&host),
				clock_mono_ms(&worker->clock));
}

bool
identity_admits(struct worker *worker, const struct sip_msg *msg,
		const struct sip_flow *from)
{
	if (identity_is_blocked(worker, from)) {
		worker->counters.auth_blocked++;
		return false;
	}
	if (worker->node->settings->auth.drop_scanners && is_scanner(msg)) {
		worker->counters.auth_scanners++;
		return false;
	}
	return true;
}

/* --- the claim --- */

/* The domain the request is for, when it is one of ours. */
static struct str
realm_for(const struct worker *worker, const struct sip_uri *uri)
{
	const struct conf_list *domains = &worker->node->settings->domains;
	char *const *names = domains->items;

	for (size_t i = 0; i < domains->n; i++) {
		if (uri->host.p != NULL &&
		    str_eq_nocase(uri->host, str_of(names[i])))
			return str_of(names[i]);
	}
	return str_of(worker->node->identity->realm);
}

static void
init_claim(struct claim *claim)
{
	char ip[ADDR_TEXT_MAX];
	struct wbuf w;

	claim->host = addr_host(claim->from);
	claim->realm = realm_for(claim->worker, claim->uri);
	wbuf_init(&w, claim->bound_text, sizeof(claim->bound_text));
	wbuf_text(&w, addr_format_ip(claim->from, ip));
	wbuf_u8(&w, ' ');
	wbuf_str(&w, claim->realm);
	claim->bound = str_make(claim->bound_text, w.len);
}

static bool
is_offered(const struct worker *worker, enum sip_digest_algorithm algorithm)
{
	const struct settings_auth *auth = &worker->node->settings->auth;
	/* the table of credentials has no hashes of others */
	const bool offered[SIP_N_DIGESTS] = { [SIP_DIGEST_MD5] = auth->md5,
					      [SIP_DIGEST_SHA256] = auth->sha256 };

	return offered[algorithm];
}

/* The credentials for our realm: 0, ERR_NOTFOUND, or ERR_SYNTAX when there are
 * some that cannot be read. */
static int
read_credentials(struct claim *claim)
{
	const struct sip_msg *msg = claim->msg;
	int row = msg->first[claim->is_ours ? SIP_HDR_AUTHORIZATION
					    : SIP_HDR_PROXY_AUTHORIZATION];

	for (; row >= 0; row = msg->fields[row].next) {
		int err = sip_digest_parse(
		    &claim->worker->arena,
		    sip_field_value(msg, &msg->fields[row]), &claim->digest);

		if (err == ERR_UNSUPPORTED || err == ERR_NOTFOUND)
			continue;
		if (err != 0)
			return ERR_SYNTAX;
		/* what we did not offer, somebody in between did (RFC 8760 3) */
		if (str_eq(claim->digest.realm, claim->realm) &&
		    is_offered(claim->worker, claim->digest.algorithm))
			return 0;
	}
	return ERR_NOTFOUND;
}

/* The digest-uri names what the request is for, or it was made for another one
 * (RFC 7616 3.4.6); how it is written may differ. */
static bool
is_for_this(const struct claim *claim)
{
	struct sip_uri uri;

	if (str_eq(claim->digest.uri, claim->msg->ruri))
		return true;
	return sip_uri_parse(&claim->worker->arena, claim->digest.uri, &uri) ==
		   0 &&
	       str_eq(uri.user, claim->uri->user) &&
	       str_eq_nocase(uri.host, claim->uri->host);
}

/* A user's name for the guard, of his own or together with his address. */
static struct str
user_key(const struct claim *claim, bool with_source, char out[KEY_MAX])
{
	struct str source = source_key(&claim->host);
	struct wbuf w;

	wbuf_init(&w, out, KEY_MAX);
	if (with_source)
		wbuf_str(&w, source);
	wbuf_str(&w, claim->realm);
	wbuf_u8(&w, '\0');
	wbuf_str(&w, claim->digest.username);
	return str_make(out, w.len);
}

/* Somebody guesses at this user: only an address he has logged in from is
 * heard. */
static bool
is_guessed_at(const struct claim *claim, int64_t now)
{
	struct guard *guard = claim->worker->node->identity->guard;
	char key[KEY_MAX];

	return guard_is_blocked(guard, GUARD_USER, user_key(claim, false, key),
				now) &&
	       !guard_is_known(guard, GUARD_PAIR, user_key(claim, true, key),
			       now);
}

/* An unknown user costs the same time as a wrong password: a hash that nobody
 * has is tried. */
static int
check_response(const struct claim *claim, const struct login *login)
{
	static const uint8_t nobody[LOGIN_SHA256_LEN];
	bool is_md5 = claim->digest.algorithm == SIP_DIGEST_MD5;
	bool has = login != NULL &&
		   (is_md5 ? login->has_md5 : login->has_sha256);
	const uint8_t *ha1 = !has	? nobody
			     : is_md5 ? login->ha1_md5
				      : login->ha1_sha256;
	char hex[SIP_DIGEST_HEX_MAX];
	int err;

	hex_encode(ha1, is_md5 ? LOGIN_MD5_LEN : LOGIN_SHA256_LEN, hex);
	err = sip_digest_check(&claim->digest, claim->msg->method_text, hex);
	return err == 0 && !has ? ERR_AUTH : err;
}

static void
note_wrong(const struct claim *claim, int64_t now)
{
	struct worker *worker = claim->worker;
	struct guard *guard = worker->node->identity->guard;
	char key[KEY_MAX], text[ADDR_TEXT_MAX];
	int64_t user_ms = guard_fail(guard, GUARD_USER,
				     user_key(claim, false, key), now);
	int64_t source_ms =
	    guard_fail(guard, GUARD_SOURCE, source_key(&claim->host), now);

	worker->counters.auth_failed++;
	if (source_ms > 0)
		log_warning(worker->log,
			    "peer %s: too many failed log-ins, not heard for "
			    "%lld s",
			    addr_format(claim->from, text),
			    (long long)source_ms / 1000);
	else if (user_ms > 0)
		log_warning(worker->log,
			    "peer %s: too many failed log-ins of one user, "
			    "refused for %lld s",
			    addr_format(claim->from, text),
			    (long long)user_ms / 1000);
}

static void
note_good(const struct claim *claim, int64_t now)
{
	struct guard *guard = claim->worker->node->identity->guard;
	char key[KEY_MAX];

	claim->worker->counters.auth_good++;
	guard_succeed(guard, GUARD_PAIR, user_key(claim, true, key), now);
	guard_succeed(guard, GUARD_USER, user_key(claim, false, key), now);
	guard_succeed(guard, GUARD_SOURCE, source_key(&claim->host), now);
}

/* A count is used up only by who knows the password. */
static enum verdict
judge(struct claim *claim, const struct login **login)
{
	struct worker *worker = claim->worker;
	const struct sip_digest *digest = &claim->digest;
	int64_t now = clock_mono_ms(&worker->clock);
	struct sip_nonce nonce;
	int err = sip_nonce_check(worker->nonces, digest->nonce, claim->bound,
				  now, &nonce);

	if (err != 0)
		return err == ERR_NOMEM ? CLAIM_FAILED : CLAIM_STALE;
	if (!is_for_this(claim))
		return CLAIM_BROKEN;
	*login = snapshot_login(worker->snapshot, digest->username,
				claim->realm);
	err = check_response(claim, *login);
	if (err == ERR_NOMEM)
		return CLAIM_FAILED;
	if (err != 0 || is_guessed_at(claim, now)) {
		note_wrong(claim, now);
		return CLAIM_WRONG;
	}
	err = sip_nonce_use(worker->node->identity->counts, &nonce,
			    digest->has_qop ? digest->nc : 1, now);
	if (err != 0) {
		worker->counters.auth_replayed++;
		return CLAIM_STALE;
	}
	note_good(claim, now);
	return CLAIM_GOOD;
}

/* --- answers --- */

/* The strongest first (RFC 8760 2.4). */
static void
challenge(const struct claim *claim, struct sip_server *server, bool is_stale)
{
	struct worker *worker = claim->worker;
	char nonce[SIP_NONCE_LEN], headers[1024];
	struct str nonce_text = str_make(nonce, SIP_NONCE_LEN);
	struct wbuf w;

	if (sip_nonce_make(worker->nonces, clock_mono_ms(&worker->clock),
			   claim->bound, nonce) != 0) {
		proxy_reply(worker, server, 500, NULL, "");
		return;
	}
	worker->counters.auth_challenged++;
	wbuf_init(&w, headers, sizeof(headers) - 1);
	for (int i = SIP_N_DIGESTS - 1; i >= 0; i--) {
		enum sip_digest_algorithm algorithm =
		    (enum sip_digest_algorithm)i;

		if (!is_offered(worker, algorithm))
			continue;
		wbuf_text(&w, claim->is_ours ? "WWW-Authenticate: "
					     : "Proxy-Authenticate: ");
		sip_challenge_format(&w, algorithm,
				     claim->realm.p, nonce_text, is_stale);
		wbuf_text(&w, "\r\n");
	}
	headers[w.len] = '\0';
	proxy_reply(worker, server, claim->is_ours ? 401 : 407, NULL, headers);
}

static enum verdict
examine(struct claim *claim, const struct login **login)
{
	int err;

	init_claim(claim);
	err = read_credentials(claim);
	if (err == ERR_NOTFOUND)
		return CLAIM_NONE;
	return err != 0 ? CLAIM_BROKEN : judge(claim, login);
}

/* What becomes of a claim that is no good; false where there is none. */
static bool
answer(const struct claim *claim, struct sip_server *server,
       enum verdict verdict)
{
	switch (verdict) {
	case CLAIM_GOOD:
	case CLAIM_NONE:
		return false;
	case CLAIM_WRONG:
		challenge(claim, server, false);
		break;
	case CLAIM_STALE:
		challenge(claim, server, true);
		break;
	case CLAIM_BROKEN:
		claim->worker->counters.auth_broken++;
		proxy_reply(claim->worker, server, 400,
			    claim->is_ours ? "Bad Authorization"
					   : "Bad Proxy-Authorization",
			    "");
		break;
	case CLAIM_FAILED:
		proxy_reply(claim->worker, server, 500, NULL, "");
		break;
	}
	return true;
}

/* Requests that this proxy would answer itself. */
static bool
is_for_us(const struct sip_msg *msg, const struct sip_uri *uri)
{
	return msg->method == SIP_REGISTER || uri->user.len == 0;
}

static struct claim
claim_of(struct worker *worker, const struct sip_msg *msg,
	 const struct sip_flow *from, const struct sip_uri *uri)
{
	return (struct claim){ .worker = worker,
			       .msg = msg,
			       .from = &from->addr,
			       .uri = uri,
			       .is_ours = is_for_us(msg, uri) };
}

/* CLAIM_NONE when nobody could log in. */
static enum verdict
log_in(struct claim *claim, struct identity *out)
{
	const struct snapshot *snapshot = claim->worker->snapshot;
	const struct login *login = NULL;
	enum verdict verdict;

	if (snapshot_report(snapshot)->logins == 0)
		return CLAIM_NONE;
	verdict = examine(claim, &login);
	if (verdict == CLAIM_GOOD)
		*out = (struct identity){
			.account = snapshot_login_account(snapshot, login),
			.tech_prefix = "",
			.source = POLICY_LOGIN,
			.by_login = true,
		};
	return verdict;
}

bool
identity_find(struct worker *worker, struct sip_server *server,
	      const struct sip_msg *msg, const struct sip_flow *from,
	      const struct sip_uri *uri, struct identity *out)
{
	const struct snapshot *snapshot = worker->snapshot;
	struct claim claim;

	*out = (struct identity){ .tech_prefix = "",
				  .source = POLICY_TRUNK };
	out->account = snapshot_account_by_call(
	    snapshot, &from->addr, from->proof,
	    sip_transport_param((enum sip_transport)from->transport), uri->user,
	    &out->tech_prefix, &out->trunk);
	if (out->account != NULL)
		return true;
	out->account = snapshot_nobody(snapshot);
	out->source = taboo_is_gateway(worker, snapshot, &from->addr)
			  ? POLICY_GATEWAY
			  : POLICY_UNKNOWN;
	claim = claim_of(worker, msg, from, uri);
	return !answer(&claim, server, log_in(&claim, out));
}

bool
identity_challenge(struct worker *worker, struct sip_server *server,
		   const struct sip_msg *msg, const struct sip_flow *from,
		   const struct sip_uri *uri, struct identity *identity)
{
	struct claim claim = claim_of(worker, msg, from, uri);
	enum verdict verdict = CLAIM_NONE;

	if (identity->source == POLICY_TRUNK)
		verdict = log_in(&claim, identity);
	if (verdict == CLAIM_GOOD)
		return true;
	if (answer(&claim, server, verdict))
		return false;
	if (snapshot_report(worker->snapshot)->logins > 0) {
		init_claim(&claim);
		challenge(&claim, server, false);
	} else {
		worker->counters.refused_unknown++;
		proxy_reply(worker, server, 403, NULL, "");
	}
	return false;
}

/* uri: what the request was for, whose realm alone is meant; NULL: any of ours. */
static void
strip(struct worker *worker, const struct sip_uri *uri, struct sip_edit *edit)
{
	const struct sip_msg *msg = edit->msg;
	struct claim claim = { .worker = worker };
	int row = msg->first[SIP_HDR_PROXY_AUTHORIZATION];

	for (; row >= 0; row = msg->fields[row].next) {
		struct str value = sip_field_value(msg, &msg->fields[row]);
		struct sip_uri itself = { .scheme = SIP_SCHEME_SIP };

		if (sip_digest_parse(&worker->arena, value, &claim.digest) != 0)
			continue;
		itself.host = claim.digest.realm;
		if (str_eq(itself.host,
			   realm_for(worker, uri != NULL ? uri : &itself)))
			sip_edit_remove_row(edit, row);
	}
}

void
identity_strip(struct worker *worker, struct sip_edit *edit)
{
	struct sip_uri uri;

	if (edit->msg->first[SIP_HDR_PROXY_AUTHORIZATION] >= 0 &&
	    sip_uri_parse(&worker->arena, edit->msg->ruri, &uri) == 0)
		strip(worker, &uri, edit);
}

void
identity_strip_inside(struct worker *worker, struct sip_edit *edit)
{
	strip(worker, NULL, edit);
}
