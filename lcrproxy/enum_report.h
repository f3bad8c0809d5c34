/*
 * enum_report.h - lcrctl enum: what the daemon knows and does by ENUM
 */
#ifndef LCRPROXY_ENUM_REPORT_H
#define LCRPROXY_ENUM_REPORT_H

#include "lcrproxy/control.h"

/* `enum NUMBER`: looks it up as a call of the first worker would, from memory
 * or not; `enum flush`: every worker forgets; `enum`: trees, servers, memory. */
void enum_report_serve(struct control_request *request);

#endif
