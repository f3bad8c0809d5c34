/* judge.c - whether an OPEN is acceptable (RFC 3219 6.2, 6.8) */
#include "base/err.h"
#include "trip/session.h"

/* 6.2: another session has this LS already. */
static bool
is_taken(const struct trip_session *session, const struct trip_open *theirs)
{
	const struct trip_speaker *speaker = session->peer->speaker;

	if (theirs->id == speaker->ours.id &&
	    theirs->itad == speaker->ours.itad && !session->peer->set->tgrep)
		return true;
	for (size_t i = 0; i < speaker->n_peers; i++) {
		const struct trip_session *other = &speaker->peers[i]->session;

		if (other->peer != session->peer &&
		    other->state >= TRIP_OPEN_CONFIRM &&
		    other->theirs.id == theirs->id &&
		    other->theirs.itad == theirs->itad)
			return true;
	}
	return false;
}

/* Send-only with send-only, or receive-only with receive-only. */
static bool
modes_clash(enum trip_mode ours, enum trip_mode theirs)
{
	return ours == theirs && ours != TRIP_SEND_RECEIVE;
}

/* RFC 5140 6.7: prefixes, trunk groups or carriers, not several of them. */
static bool
mixes_families(const struct trip_open *theirs)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < theirs->n_route_types; i++) {
		uint16_t family = theirs->route_types[i].family;

		if (trip_family_is_digits(family))
			kinds |= 1;
		else
			kinds |= family == TRIP_AF_TRUNK_GROUP ? 2 : 4;
	}
	return (kinds & (kinds - 1)) != 0;
}

static int
refuse(struct trip_error *error, int subcode, struct str data)
{
	return trip_error_set(error, TRIP_ERR_OPEN, subcode, data.p, data.len);
}

int
trip_session_judge(const struct trip_session *session,
		   const struct trip_open *theirs, struct trip_error *error)
{
	const struct trip_peer_settings *set = session->peer->set;
	const struct trip_open *ours = &session->peer->speaker->ours;

	/* 1. the ITAD we expect */
	if (theirs->itad != (uint32_t)set->itad)
		return refuse(error, TRIP_BAD_ITAD, str_of(""));
	/* 2. an identifier that nobody else has */
	if (is_taken(session, theirs))
		return refuse(error, TRIP_BAD_ID, str_of(""));
	/* 3. modes that go together; nothing was listed for the default */
	if (modes_clash(ours->mode, theirs->mode))
		return refuse(error, TRIP_CAPABILITY_MISMATCH,
			      theirs->mode_tlv);
	/* 4. a gateway's families */
	if (set->tgrep && mixes_families(theirs))
		return refuse(error, TRIP_BAD_CAPABILITY,
			      theirs->route_types_tlv);
	return 0;
}

bool
trip_session_is_preferred(const struct trip_session *session,
			  const struct trip_open *theirs)
{
	const struct trip_open *ours = &session->peer->speaker->ours;
	bool ours_is_lower =
	    ours->id < theirs->id ||
	    (ours->id == theirs->id && ours->itad < theirs->itad);

	/* The connection that the higher one opened survives. */
	return trip_conn_is_outbound(session->conn) != ours_is_lower;
}
