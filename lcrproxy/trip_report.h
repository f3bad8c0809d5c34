/*
 * trip_report.h - what lcrctl tells of TRIP: peers, routes, where calls go
 *
 * The keys of routes and peers are those of trip/show.h, which are named after
 * the objects of RFC 3872.
 */
#ifndef LCRPROXY_TRIP_REPORT_H
#define LCRPROXY_TRIP_REPORT_H

#include "lcrproxy/control.h"
#include "route/plan.h"

/* trip peers, trip routes [PREFIX], trip peer ADDRESS [reset|stop|start]. */
void trip_report_serve(struct control_request *request);
/* Into the object of `lcrctl counters`: trip, with one object per peer. */
void trip_report_counters(struct app *app, json_t *object);
/* The attributes of the candidates that are learnt: "trip" in the objects of
 * route_explain_json; and as lines of text. */
void trip_report_explain(struct app *app, const struct plan *plan,
			 json_t *explained);
void trip_report_explain_text(struct app *app, const struct plan *plan,
			      FILE *out);

#endif
