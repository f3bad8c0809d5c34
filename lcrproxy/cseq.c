/* cseq.c - CSeq numbers towards a gateway whose challenges we answer */
#include "lcrproxy/cseq.h"

#include "base/err.h"
#include "sip/chars.h"

#define CSEQ_END (INT64_C(1) << 31) /* RFC 3261 8.1.1.5 */

struct token_space
cseq_space(uint32_t invite, bool is_wanted)
{
	struct token_space space = { false, 0, 0 };

	if (is_wanted && invite < CSEQ_END - CSEQ_SPACE) {
		space.is_spaced = true;
		space.cseq = (uint16_t)invite;
	}
	return space;
}

/* What stands for the number that the dialog began with. */
static int64_t
base_of(int64_t invite)
{
	return invite < CSEQ_END / CSEQ_SPACE / 2 ? CSEQ_SPACE * invite
						  : invite;
}

uint32_t
cseq_out(const struct token_space *space, uint32_t cseq, unsigned tries)
{
	int64_t ahead = (uint16_t)(cseq - space->cseq);
	int64_t number = base_of(cseq - ahead) + CSEQ_SPACE * ahead + tries;

	if (!space->is_spaced || ahead > cseq || tries >= CSEQ_SPACE ||
	    number >= CSEQ_END)
		return cseq;
	return (uint32_t)number;
}

unsigned
cseq_tries(const struct token_space *space, const struct cseq_again *again,
	   uint32_t cseq)
{
	if (again->invite != 0 && again->invite == cseq)
		return again->tries;
	return space->is_spaced && (uint16_t)cseq == space->cseq
		   ? space->tries
		   : 0;
}

/* The digits at the beginning of text, which is within the message. */
static void
replace_number(struct sip_edit *edit, struct arena *arena, struct str text,
	       uint32_t number)
{
	const char *digits = arena_printf(arena, "%u", number);

	if (digits == NULL)
		edit->err = ERR_NOMEM;
	else
		sip_edit_splice(edit, (size_t)(text.p - edit->msg->data),
				sip_span(text, SIP_DIGIT), str_of(digits));
}

void
cseq_edit(struct sip_edit *edit, struct arena *arena, uint32_t number)
{
	if (edit->msg->cseq != number)
		replace_number(edit, arena,
			       sip_value(edit->msg, SIP_HDR_CSEQ), number);
}

void
cseq_edit_rack(struct sip_edit *edit, struct arena *arena,
	       const struct token_space *space,
	       const struct cseq_again *again)
{
	struct str value = sip_value(edit->msg, SIP_HDR_RACK);
	uint64_t number;
	size_t n;

	value = sip_skip(value, sip_span(value, SIP_DIGIT));
	value = sip_skip_lws(value);
	n = sip_span(value, SIP_DIGIT);
	if (!space->is_spaced || n == 0 ||
	    str_parse_u64(str_make(value.p, n), CSEQ_END - 1, &number) != 0)
		return;
	replace_number(edit, arena, value,
		       cseq_out(space, (uint32_t)number,
				cseq_tries(space, again, (uint32_t)number)));
}
