/*
 * registrant_private.h - what the files of registrant.h share
 */
#ifndef LCRPROXY_REGISTRANT_PRIVATE_H
#define LCRPROXY_REGISTRANT_PRIVATE_H

#include "lcrproxy/registrant.h"

/* registrant_told.c: tell the gateway's state where it stands; no-op once the
 * row is gone. */
void registrant_publish(const struct registrant *registrant);
/* One line: it is registered, if it was not; a round has failed, or the time is
 * over; it was taken back. */
void registrant_log_good(struct registrant *registrant);
void registrant_log_failed(struct registrant *registrant);
void registrant_log_over(const struct registrant *registrant);

#endif
