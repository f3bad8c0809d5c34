/*
 * media.h - what an offer has and a gateway takes
 *
 * A set of words in three groups: profiles (rtp, srtp), address families (ip4,
 * ip6) and codecs (pcma, g729, t38 ...). An offer fits a gateway when of each
 * group that both say something of, they have a word in common.
 */
#ifndef TEL_MEDIA_H
#define TEL_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define MEDIA_TEXT_MAX 256 /* of media_format */

/* A list like "rtp, ip4, pcma pcmu": 0, or ERR_SYNTAX with a word that is not
 * known. "" is the empty set, which takes everything. Case does not matter. */
int media_parse(struct str text, uint32_t *out);
/* All words there are, for messages: "rtp, srtp, ip4, ...". */
const char *media_words(void);
/* The words of a set, with one blank between them; returns out. */
const char *media_format(uint32_t set, char out[MEDIA_TEXT_MAX]);
/*
 * The words of a session description (RFC 4566): of its audio and image
 * streams whose port is not 0. Codecs without a word count as one that no
 * gateway lists; telephone events and comfort noise count not. What cannot be
 * read is left out: the empty set says nothing.
 */
uint32_t media_of_sdp(struct str sdp);
bool media_fits(uint32_t gateway, uint32_t offer);

#endif
