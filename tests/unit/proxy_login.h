/*
 * proxy_login.h - gateways of proxy_world.h that demand credentials
 */
#ifndef TESTS_UNIT_PROXY_LOGIN_H
#define TESTS_UNIT_PROXY_LOGIN_H

#include "tests/unit/proxy_world.h"

#define PW_REALM "carrier.example"
#define PW_USER "we"
#define PW_PASSWORD "secret"

/* Tables of a world (pw_config.more) in which G1 has credentials for PW_REALM. */
extern const struct route_csv pw_logins[];

/* Whether a request has credentials in this header for the nonce, used the nc-th
 * time, for this method; NULL: its own. */
bool pw_logs_in(const char *request, const char *header, const char *method,
		const char *nonce, unsigned nc);
/* The number of its CSeq. */
unsigned pw_cseq(const char *text);
/* A peer refuses the INVITE it got, has the ACK, and gets another one: that. */
const char *pw_asked_again(struct proxy_world *w, enum pw_peer from,
			   const char *invite, int status, const char *headers);

#endif
