/*
 * ack_login.h - the ACK of a 2xx has the credentials of its INVITE (RFC 3261
 * 13.2.2.4, 22.1)
 *
 * They are kept by who sent the INVITE, an attempt or a dialog, as long as its
 * transactions are there, which is as long as ACKs can come; the live call is
 * told of them meanwhile. An ACK by another node goes without: it cannot be
 * challenged.
 */
#ifndef LCRPROXY_ACK_LOGIN_H
#define LCRPROXY_ACK_LOGIN_H

#include "lcrproxy/live.h"

/* Keep a copy of header lines (len 0: nothing) in place of what is in *kept.
 * Without memory nothing is kept. Free it by ack_login_take. */
void ack_login_keep(char **kept, struct str lines);
/* The INVITE of this number, as the caller knows it, was answered; kept may be
 * NULL. No-op for a call that is not known here. */
void ack_login_give(struct live *live, const struct live_id *id,
		    const char *kept, uint32_t cseq);
/* The call is to forget them. */
void ack_login_take(struct live *live, const struct live_id *id,
		    const char *kept);
/* Those of the INVITE with this number; len 0 without. */
struct str ack_login_of(const struct live_call *call, uint32_t cseq);

#endif
