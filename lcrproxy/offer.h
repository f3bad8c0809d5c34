/*
 * offer.h - what media a call offers
 */
#ifndef LCRPROXY_OFFER_H
#define LCRPROXY_OFFER_H

#include <stdint.h>

#include "sip/msg.h"

/* The words (tel/media.h) of the session description in the body of a message;
 * 0 when there is none, or it is not alone there. */
uint32_t offer_media(const struct sip_msg *msg);

#endif
