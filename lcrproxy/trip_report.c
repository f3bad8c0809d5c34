/* trip_report.c - what lcrctl tells of TRIP */
#include "lcrproxy/trip_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/table.h"
#include "lcrproxy/trip_node.h"
#include "trip/show.h"

#define ROUTES_MAX 10000 /* listed */
#define ROUTE_LINE_MAX 1024

static void
put(json_t *object, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(object, key, value) != 0)
		json_object_del(object, key); /* no memory: left out */
}

/* --- peers --- */

static json_t *
show_peer(const struct trip_peer *peer)
{
	struct trip_peer_info info;
	json_t *object;

	trip_peer_info(peer, &info);
	object = trip_show_peer(&info);
	put(object, "carrier",
	    info.settings->carrier != NULL
		? json_string(info.settings->carrier)
		: json_null());
	return object;
}

static void
add_peer(void *arg, struct trip_peer *peer)
{
	json_array_append_new(arg, show_peer(peer));
}

static void
serve_peers(struct control_request *request, struct trip_node *trip)
{
	static const char *const keys[] = {
		"peer", "itad", "kind", "state", "state_s", "id", "carrier",
		"hold_s", "in_updates", "out_updates", "routes", "advertised",
		"last_error", NULL
	};
	json_t *rows = json_array();

	trip_speaker_peers(trip_node_speaker(trip), add_peer, rows);
	control_answer_rows(request, rows, keys);
}

/* What RFC 3872 has beside state and counters: how it is configured. */
static void
put_configured(json_t *object, const struct trip_settings *set,
	       const struct trip_peer_settings *peer)
{
	const struct trip_timer_settings *timers = &set->timers;

	put(object, "hold_configured_s", json_integer(timers->hold_s));
	put(object, "keepalive_configured_s",
	    json_integer(timers->keepalive_s));
	put(object, "connect_retry_s", json_integer(timers->connect_retry_s));
	put(object, "min_route_advertisement_s",
	    json_integer(timers->min_route_advertisement_s));
	put(object, "min_itad_origination_s",
	    json_integer(timers->min_itad_origination_s));
	put(object, "max_purge_s", json_integer(timers->max_purge_s));
	put(object, "disable_s", json_integer(timers->disable_s));
	put(object, "max_prefixes", json_integer(peer->max_prefixes));
	put(object, "md5", json_boolean(peer->password != NULL));
	put(object, "gtsm", json_boolean(peer->gtsm));
	put(object, "passive", json_boolean(peer->passive));
	put(object, "import_rules", json_integer((json_int_t)peer->import.n));
	put(object, "export_rules", json_integer((json_int_t)peer->export.n));
}

static void
answer_peer(struct control_request *request, const struct trip_peer *peer)
{
	json_t *object = show_peer(peer);

	put_configured(object,
		       &app_node(control_app(request))->settings->trip,
		       trip_peer_settings_of(peer));
	control_answer_object(request, object);
}

static const struct {
	const char *word;
	void (*act)(struct trip_peer *peer);
} acts[] = {
	{ "reset", trip_peer_reset },
	{ "stop", trip_peer_stop },
	{ "start", trip_peer_start },
};

static void
serve_peer(struct control_request *request, struct trip_node *trip)
{
	const char *name = control_word(request, 2);
	const char *what = control_word(request, 3);
	struct trip_peer *peer = NULL;
	struct addr addr;

	if (name != NULL && addr_parse(str_of(name), TRIP_PORT, &addr) == 0)
		peer = trip_speaker_find_peer(trip_node_speaker(trip), &addr);
	if (peer == NULL) {
		control_refuse(request, "there is no peer %s",
			       name != NULL ? name : "");
		return;
	}
	if (what == NULL) {
		answer_peer(request, peer);
		return;
	}
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(acts[i].word, what) != 0)
			continue;
		log_info(app_node(control_app(request))->log,
			 "trip peer %s: %s by the operator", name, what);
		acts[i].act(peer);
		control_answer(request, "done");
		return;
	}
	control_refuse(request, "expected: trip peer ADDRESS "
				"[reset|stop|start]");
}

/* --- routes --- */

struct listing {
	const struct trip_rib *rib;
	const struct trip_feed *feed;
	json_t *rows;
	bool is_cut;
};

/* What other LSs hear of gateways' routes is not what we hear. */
static json_t *
show_told(const struct trip_rib *rib, const struct trip_view *view)
{
	struct trip_view told = *view;

	told.peer = NULL;
	told.attrs = view->is_best ? trip_rib_selected(rib, &view->prefix)
				   : NULL;
	if (told.attrs == NULL || told.attrs == view->attrs)
		return NULL;
	return trip_show_view(&told);
}

static json_t *
show_route(const struct trip_rib *rib, const struct trip_feed *feed,
	   const struct trip_view *view)
{
	json_t *object = trip_show_view(view), *told = show_told(rib, view);
	const struct learnt_source *source =
	    view->is_local ? NULL : trip_feed_source(feed, view);

	put(object, "selected", json_boolean(view->is_best));
	if (told != NULL)
		put(object, "told", told);
	put(object, "lcr_carrier",
	    source != NULL ? json_string(source->carrier) : json_null());
	return object;
}

static bool
add_route(void *arg, const struct trip_view *view)
{
	struct listing *listing = arg;

	listing->is_cut = json_array_size(listing->rows) == ROUTES_MAX;
	if (!listing->is_cut)
		json_array_append_new(listing->rows,
				      show_route(listing->rib, listing->feed,
						 view));
	return !listing->is_cut;
}

/* Of exactly the prefix that was asked for those that were not selected, too. */
static bool
add_other(void *arg, const struct trip_view *view)
{
	return view->is_best || add_route(arg, view);
}

static void
answer_routes(struct control_request *request, struct listing *listing)
{
	char line[ROUTE_LINE_MAX], *text = NULL;
	size_t size = 0, i;
	json_t *row;
	FILE *file;

	if (control_wants_json(request)) {
		control_answer_json(request, listing->rows);
		return;
	}
	file = open_memstream(&text, &size);
	json_array_foreach(listing->rows, i, row)
	{
		trip_show_text(row, line, sizeof(line));
		if (file != NULL)
			fprintf(file, "%s%s", i > 0 ? "\n" : "", line);
	}
	if (file != NULL && listing->is_cut)
		fprintf(file, "\n... more than %d: name a prefix", ROUTES_MAX);
	if (file != NULL)
		fclose(file);
	json_decref(listing->rows);
	control_answer(request, text != NULL ? text : "");
	free(text);
}

static void
serve_routes(struct control_request *request, struct trip_node *trip)
{
	const struct trip_rib *rib =
	    trip_speaker_rib(trip_node_speaker(trip));
	struct listing listing = { rib, trip_node_feed(trip), json_array(),
				   false };
	const char *digits = control_word(request, 2);
	struct trip_prefix prefix = { TRIP_AF_E164, TRIP_APP_SIP,
				      str_make(NULL, 0) };
	struct trip_view covers;

	if (digits == NULL) {
		(void)trip_rib_walk(rib, NULL, add_route, &listing);
		answer_routes(request, &listing);
		return;
	}
	prefix.address = str_of(digits[0] == '+' ? digits + 1 : digits);
	if (!trip_address_is_valid(prefix.family, prefix.address)) {
		json_decref(listing.rows);
		control_refuse(request, "prefix is \"%s\", expected digits",
			       digits);
		return;
	}
	/* what a call to it would go by, then what lies below */
	if (trip_rib_lookup(rib, &prefix, &covers) == 0 &&
	    covers.prefix.address.len < prefix.address.len)
		(void)add_route(&listing, &covers);
	trip_rib_candidates(rib, &prefix, add_other, &listing);
	(void)trip_rib_walk(rib, &prefix, add_route, &listing);
	answer_routes(request, &listing);
}

void
trip_report_serve(struct control_request *request)
{
	static const struct {
		const char *name;
		void (*serve)(struct control_request *request,
			      struct trip_node *trip);
	} words[] = {
		{ "peers", serve_peers },
		{ "peer", serve_peer },
		{ "routes", serve_routes },
	};
	struct trip_node *trip = app_trip(control_app(request));
	const char *word = control_word(request, 1);

	if (trip == NULL) {
		control_refuse(request, "no TRIP is configured");
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (word != NULL && strcmp(words[i].name, word) == 0) {
			words[i].serve(request, trip);
			return;
		}
	}
	control_refuse(request, "expected: trip peers, trip routes [PREFIX] or "
				"trip peer ADDRESS [reset|stop|start]");
}

/* --- counters --- */

static void
count_peer(void *arg, struct trip_peer *peer)
{
	static const char *const keys[] = {
		"state", "established_transitions", "in_updates",
		"out_updates", "in_messages", "out_messages",
		"in_notifications", "out_notifications", "routes", "rejected",
		"advertised", "loops", "ignored"
	};
	json_t *all = show_peer(peer), *some = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(some, keys[i], json_object_get(all, keys[i]));
	put(arg, trip_peer_settings_of(peer)->address, some);
	json_decref(all);
}

void
trip_report_counters(struct app *app, json_t *object)
{
	struct trip_node *trip = app_trip(app);
	json_t *peers = json_object();
	struct trip_rib_counters rib;
	struct trip_feed_counters feed;
	struct learnt_counters book;
	json_t *all;

	if (trip == NULL) {
		json_decref(peers);
		return;
	}
	trip_rib_counters(trip_speaker_rib(trip_node_speaker(trip)), &rib);
	trip_feed_counters(trip_node_feed(trip), &feed);
	learnt_book_counters(trip_node_book(trip), &book);
	trip_speaker_peers(trip_node_speaker(trip), count_peer, peers);
	all = json_pack(
	    "{s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:o}", "routes",
	    (json_int_t)rib.n_selected, "destinations",
	    (json_int_t)rib.n_destinations, "attribute_sets",
	    (json_int_t)rib.n_attribute_sets, "decisions",
	    (json_int_t)rib.decisions, "starved", (json_int_t)rib.starved,
	    "offered", (json_int_t)book.n_routes, "gateways",
	    (json_int_t)book.n_gateways, "changes", (json_int_t)book.changes,
	    "versions", (json_int_t)book.versions, "unmapped",
	    (json_int_t)feed.unmapped, "unusable",
	    (json_int_t)(feed.unusable + book.refused), "lost",
	    (json_int_t)feed.lost, "peers", peers);
	put(object, "trip", all);
}

/* --- where a call goes --- */

/* The route behind a candidate, if it is still there. */
struct search {
	const struct trip_rib *rib;
	const struct trip_feed *feed;
	const struct plan_candidate *candidate;
	json_t *found;
};

static bool
is_behind(void *arg, const struct trip_view *view)
{
	struct search *search = arg;
	struct str server;

	(void)trip_attrs_next_hop(view->attrs, &server);
	if (view->is_local ||
	    !str_eq(server, str_of(search->candidate->gateway->name)) ||
	    trip_feed_source(search->feed, view) !=
		search->candidate->learnt->source)
		return true;
	search->found = show_route(search->rib, search->feed, view);
	return false;
}

/* NULL when it is of the tables, or gone. */
static json_t *
find_route(const struct trip_node *trip, const struct plan_candidate *candidate)
{
	const struct trip_rib *rib = trip_speaker_rib(trip_node_speaker(trip));
	struct search search = { rib, trip_node_feed(trip), candidate, NULL };
	struct trip_prefix prefix = { TRIP_AF_E164, TRIP_APP_SIP,
				      str_make(NULL, 0) };
	char digits[PREFIX_MAX + 1];

	if (candidate->learnt == NULL)
		return NULL;
	prefix_format(candidate->prefix, digits);
	prefix.address = str_of(digits);
	trip_rib_candidates(rib, &prefix, is_behind, &search);
	return search.found;
}

void
trip_report_explain(struct app *app, const struct plan *plan,
		    json_t *explained)
{
	const struct trip_node *trip = app_trip(app);
	json_t *list = json_object_get(explained, "candidates");

	for (size_t i = 0; trip != NULL && i < plan->n_candidates; i++) {
		json_t *route = find_route(trip, &plan->candidates[i]);

		if (route != NULL)
			put(json_array_get(list, i), "trip", route);
	}
}

void
trip_report_explain_text(struct app *app, const struct plan *plan, FILE *out)
{
	const struct trip_node *trip = app_trip(app);
	char line[ROUTE_LINE_MAX];

	for (size_t i = 0; trip != NULL && i < plan->n_candidates; i++) {
		json_t *route = find_route(trip, &plan->candidates[i]);

		if (route == NULL)
			continue;
		trip_show_text(route, line, sizeof(line));
		json_decref(route);
		fprintf(out, "\ntrip %s: %s", plan->candidates[i].gateway->name,
			line);
	}
}
