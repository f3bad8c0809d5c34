/*
 * ported.h - where the number of a call was ported to
 *
 * What a trusted account's request says (RFC 4694) counts, then our own table,
 * then what ENUM told. Each is asked only when none before it knew: a number is
 * never looked up twice.
 */
#ifndef LCRPROXY_PORTED_H
#define LCRPROXY_PORTED_H

#include "lcrproxy/call.h"

/* Fill in intake->porting, unless something is known: intake->number and
 * dialled are there. A routing number that cannot be read is as none. */
void ported_find(struct worker *worker, struct call_intake *intake);

#endif
