/*
 * frame.h - where messages begin and end in a stream of bytes
 *
 * RFC 3261 18.3: over TCP and TLS the Content-Length says how long a message
 * is; without one nobody knows where the next begins. Between messages there
 * may be keep-alives (RFC 5626 4.4.1) and empty lines (RFC 3261 7.5). Pure:
 * the caller keeps the bytes. Time is linear in what arrives, in however many
 * pieces it comes.
 */
#ifndef SIP_FRAME_H
#define SIP_FRAME_H

#include <stdbool.h>
#include <stddef.h>

/* What is known of the message at the beginning of the bytes. Zeroed, it
 * stands between two messages. */
struct sip_frame {
	size_t seen;  /* octets without the end of a head */
	size_t total; /* of the message, once its head is whole; else 0 */
};

enum sip_frame_kind {
	SIP_FRAME_MORE,	   /* nothing is whole yet */
	SIP_FRAME_PING,	   /* CRLFCRLF: to be answered with CRLF */
	SIP_FRAME_PONG,	   /* CRLF, or an empty line: of no consequence */
	SIP_FRAME_MESSAGE,
};

/* Whether a message has begun, and not only an empty line. */
static inline bool
sip_frame_has_begun(const struct sip_frame *frame)
{
	return frame->seen > 0 || frame->total > 0;
}

/*
 * Look at the bytes that have come and were not used yet. data begins where the
 * last call's *used ended; len may only have grown if nothing was used since.
 * *used gets the length of the ping, pong or message (0 with SIP_FRAME_MORE).
 * Returns 0, or, the stream being good for nothing from there on:
 * ERR_SYNTAX: no Content-Length, a malformed one, or two that differ;
 * ERR_LIMIT: the message is, or its head grows, longer than max.
 * *used gets the length of the head then, if that is whole, so that the sender
 * can be told, else 0; *why gets a static text for the reason phrase.
 */
int sip_frame_next(struct sip_frame *frame, const char *data, size_t len,
		   size_t max, enum sip_frame_kind *kind, size_t *used,
		   const char **why);

#endif
