/* ack_login.c - the ACK of a 2xx has the credentials of its INVITE */
#include "lcrproxy/ack_login.h"

#include "base/alloc.h"

void
ack_login_keep(char **kept, struct str lines)
{
	mem_free(*kept);
	*kept = lines.len > 0 ? str_dup(lines) : NULL;
}

void
ack_login_give(struct live *live, const struct live_id *id, const char *kept,
	       uint32_t cseq)
{
	struct live_call *call = kept != NULL ? live_find(live, id) : NULL;

	if (call == NULL)
		return;
	call->login = kept;
	call->login_cseq = cseq;
}

void
ack_login_take(struct live *live, const struct live_id *id, const char *kept)
{
	struct live_call *call = kept != NULL ? live_find(live, id) : NULL;

	if (call != NULL && call->login == kept)
		call->login = NULL;
}

struct str
ack_login_of(const struct live_call *call, uint32_t cseq)
{
	if (call->login == NULL || call->login_cseq != cseq)
		return str_make("", 0);
	return str_of(call->login);
}
