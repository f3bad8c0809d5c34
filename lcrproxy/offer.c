/* offer.c - what media a call offers */
#include "lcrproxy/offer.h"

#include "tel/media.h"

uint32_t
offer_media(const struct sip_msg *msg)
{
	struct str type = sip_value(msg, SIP_HDR_CONTENT_TYPE);

	type = str_trim(str_cut(&type, ';'));
	if (msg->body.len == 0 || !str_eq_nocase(type, str_of("application/sdp")))
		return 0;
	return media_of_sdp(msg->body);
}
