/*
 * strict.h - neighbours that route strictly, as RFC 2543 did
 *
 * Such requests are brought into the form of loose routing when they come in
 * (RFC 3261 16.4) and into theirs when they leave (16.6 step 6), so that nothing
 * between knows of it.
 */
#ifndef LCRPROXY_STRICT_H
#define LCRPROXY_STRICT_H

#include "lcrproxy/worker.h"
#include "sip/msg.h"
#include "sip/value.h"

/*
 * The request as loose routing would have sent it. Two things are mended: a
 * Request-URI that is our Record-Route (then the last Route is the Request-URI,
 * 16.4), and Route values of ours beside our first that say nothing: no token.
 * A pair with the same token is for way.h (RFC 5658). Usually msg itself; else a
 * copy in the worker's arena, with uri parsed anew. msg too when that cannot be
 * read, or out of memory.
 */
const struct sip_msg *strict_loosen(struct worker *worker,
				    const struct sip_msg *msg,
				    struct sip_uri *uri);
/*
 * Before a built request of *len bytes in the worker's scratch leaves: when its
 * topmost Route has no lr, that becomes the Request-URI, and the Request-URI the
 * last Route (16.6 step 6). 0 or an error of the edit.
 */
int strict_tighten(struct worker *worker, size_t *len);

#endif
