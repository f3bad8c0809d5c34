/* proxy_login.c - gateways that demand credentials */
#include "tests/unit/proxy_login.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "sip/digest.h"

const struct route_csv pw_logins[] = {
	{ "gateway_credentials",
	  "gateway,realm,username,password\n"
	  "g1," PW_REALM "," PW_USER "," PW_PASSWORD "\n" },
	{ NULL, NULL },
};

bool
pw_logs_in(const char *request, const char *header, const char *method,
	   const char *nonce, unsigned nc)
{
	struct str value = str_of(pw_header(request, header, 0));
	struct str as = method != NULL
			    ? str_of(method)
			    : str_make(request, strcspn(request, " "));
	char ha1[SIP_DIGEST_HEX_MAX];
	struct sip_digest digest;
	struct arena arena;
	bool good;

	arena_init(&arena, NULL, 0, 0);
	good = sip_digest_parse(&arena, value, &digest) == 0 &&
	       sip_digest_ha1(digest.algorithm, str_of(PW_USER), digest.realm,
			      str_of(PW_PASSWORD), ha1) == 0 &&
	       sip_digest_check(&digest, as, ha1) == 0 &&
	       str_eq_text(digest.nonce, nonce) && digest.nc == nc;
	arena_fini(&arena);
	return good;
}

unsigned
pw_cseq(const char *text)
{
	unsigned n = 0;

	sscanf(pw_header(text, "CSeq", 0), "%u", &n);
	return n;
}

const char *
pw_asked_again(struct proxy_world *w, enum pw_peer from, const char *invite,
	       int status, const char *headers)
{
	pw_answer(w, from, invite, status, "no", headers);
	pw_get(w, from, "ACK ");
	return pw_get(w, from, "INVITE ");
}
