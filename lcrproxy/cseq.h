/*
 * cseq.h - CSeq numbers towards a gateway whose challenges we answer
 *
 * Answering a challenge means sending a request again with a higher number, of
 * which the caller knows nothing. So his numbers go out spaced, with room for
 * the ones between, those of one Call-ID outside dialogs, too: two requests of one
 * number would be one that came twice (RFC 3261 8.2.2.2). doc/token.md has the arithmetic. Nothing is remembered: the
 * token of the dialog says it all.
 */
#ifndef LCRPROXY_CSEQ_H
#define LCRPROXY_CSEQ_H

#include "acct/token.h"
#include "sip/edit.h"

#define CSEQ_SPACE 4 /* each request may be sent so often */

/* An INVITE inside the dialog that was sent again: the caller's number of it, and
 * how often before it was taken. Number 0: there was none. */
struct cseq_again {
	uint32_t invite;
	unsigned tries;
};

/* How the numbers of a dialog go out whose INVITE has this one. Not spaced when
 * there is no room for its repetitions. */
struct token_space cseq_space(uint32_t invite, bool is_wanted);
/* The number that goes out for the caller's number, sent again tries times
 * before: itself when nothing is spaced, or there is no room below 2^31. */
uint32_t cseq_out(const struct token_space *space, uint32_t cseq,
		  unsigned tries);
/* The repetitions before the INVITE of this number was taken, as far as that is
 * known: those of the first one by the token, those of again, 0 of others. */
unsigned cseq_tries(const struct token_space *space,
		    const struct cseq_again *again, uint32_t cseq);
/* In edit, give the message this number; no-op when it has it. Texts live in
 * arena. */
void cseq_edit(struct sip_edit *edit, struct arena *arena, uint32_t number);
/* The number in the RAck of a PRACK (RFC 3262 7.2), as it goes out. No-op
 * without one. */
void cseq_edit_rack(struct sip_edit *edit, struct arena *arena,
		    const struct token_space *space,
		    const struct cseq_again *again);

#endif
