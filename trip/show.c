/* show.c - what people and scripts see of TRIP */
#include "trip/show.h"

#include <stdio.h>

#include "base/err.h"

#define HEX_MAX 512 /* octets of a value that nobody can read */

static json_t *
text_of(struct str s)
{
	json_t *text = json_stringn(s.p, s.len);

	return text != NULL ? text : json_string("?");
}

static json_t *
hex_of(struct str s)
{
	static const char digits[] = "0123456789abcdef";
	char out[2 * HEX_MAX];
	size_t n = s.len < HEX_MAX ? s.len : HEX_MAX;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[(uint8_t)s.p[i] >> 4];
		out[2 * i + 1] = digits[(uint8_t)s.p[i] & 15];
	}
	return json_stringn(out, 2 * n);
}

static void
put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value);
}

/* --- attributes --- */

static json_t *
path_of(struct str path)
{
	json_t *list = json_array();
	enum trip_segment_type type;
	struct rbuf r, itads;
	size_t n;

	rbuf_init(&r, path.p, path.len);
	while (trip_segment_next(&r, &type, &n, &itads) == 0) {
		json_t *to = type == TRIP_AP_SET ? json_array() : list;

		while (n-- > 0)
			json_array_append_new(to,
					      json_integer(rbuf_u32(&itads)));
		if (to != list)
			json_array_append_new(list, to);
	}
	return list;
}

static json_t *
communities_of(struct str value)
{
	json_t *list = json_array();
	struct rbuf r;

	rbuf_init(&r, value.p, value.len);
	while (rbuf_left(&r) >= 8) {
		uint32_t itad = rbuf_u32(&r), id = rbuf_u32(&r);
		char text[32];

		snprintf(text, sizeof(text), "%u:%u", itad, id);
		if (itad == 0 && id == TRIP_COMMUNITY_NO_EXPORT)
			snprintf(text, sizeof(text), "NO_EXPORT");
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *
entries_of(struct str value, unsigned octets)
{
	json_t *list = json_array();
	struct rbuf r;
	struct str entry;

	if (value.len == 0)
		json_array_append_new(list, json_string("*")); /* all */
	rbuf_init(&r, value.p, value.len);
	while (trip_entry_next(&r, octets, &entry) == 0)
		json_array_append_new(list, text_of(entry));
	return list;
}

static void
put_next_hop(json_t *object, struct str value)
{
	struct rbuf r;

	rbuf_init(&r, value.p, value.len);
	put(object, "next_hop_itad", json_integer(rbuf_u32(&r)));
	put(object, "next_hop", text_of(rbuf_str16(&r)));
}

static void
put_success(json_t *object, struct str value)
{
	struct rbuf r;

	rbuf_init(&r, value.p, value.len);
	put(object, "calls_ok", json_integer(rbuf_u32(&r)));
	put(object, "calls_attempted", json_integer(rbuf_u32(&r)));
}

static json_t *
u32_of(struct str value)
{
	struct rbuf r;

	rbuf_init(&r, value.p, value.len);
	return json_integer(rbuf_u32(&r));
}

static json_t *
true_of(struct str value)
{
	(void)value;
	return json_true();
}

static json_t *
short_entries(struct str value)
{
	return entries_of(value, 1);
}

static json_t *
long_entries(struct str value)
{
	return entries_of(value, 2);
}

static const struct {
	const char *key;
	json_t *(*show)(struct str value);
} rows[TRIP_N_KNOWN] = {
	[TRIP_ADVERTISEMENT_PATH] = { "path", path_of },
	[TRIP_ROUTED_PATH] = { "routed_path", path_of },
	[TRIP_ATOMIC_AGGREGATE] = { "atomic_aggregate", true_of },
	[TRIP_LOCAL_PREFERENCE] = { "preference", u32_of },
	[TRIP_MULTI_EXIT_DISC] = { "med", u32_of },
	[TRIP_COMMUNITIES] = { "communities", communities_of },
	[TRIP_CONVERTED_ROUTE] = { "converted", true_of },
	[TRIP_RESOURCE_PRIORITY] = { "resource_priority", long_entries },
	[TRIP_TOTAL_CAPACITY] = { "total_circuits", u32_of },
	[TRIP_AVAILABLE_CIRCUITS] = { "available_circuits", u32_of },
	[TRIP_PREFIX_E164] = { "prefixes_e164", long_entries },
	[TRIP_PREFIX_PENTADECIMAL] = { "prefixes_pentadecimal", long_entries },
	[TRIP_PREFIX_DECIMAL] = { "prefixes_decimal", long_entries },
	[TRIP_TRUNK_GROUP] = { "trunk_groups", short_entries },
	[TRIP_CARRIER] = { "carriers", short_entries },
};

static void
put_unknown(json_t *object, const struct trip_attr *attr)
{
	json_t *list = json_object_get(object, "unknown");
	json_t *one = json_pack("{s:i, s:i}", "type", (int)attr->type, "flags",
				(int)attr->flags);

	if (list == NULL) {
		list = json_array();
		put(object, "unknown", list);
	}
	put(one, "value", hex_of(attr->value));
	json_array_append_new(list, one);
}

static void
put_attr(json_t *object, const struct trip_attr *attr)
{
	if (attr->type == TRIP_NEXT_HOP)
		put_next_hop(object, attr->value);
	else if (attr->type == TRIP_CALL_SUCCESS)
		put_success(object, attr->value);
	else if (attr->type < TRIP_N_KNOWN && rows[attr->type].key != NULL)
		put(object, rows[attr->type].key,
		    rows[attr->type].show(attr->value));
	else
		put_unknown(object, attr);
}

static json_t *
prefix_of(const struct trip_prefix *prefix)
{
	json_t *object = json_object();
	char text[16];

	put(object, "family",
	    json_string(trip_family_text(prefix->family, text)));
	put(object, "protocol",
	    json_string(trip_protocol_text(prefix->protocol, text)));
	put(object, "prefix", text_of(prefix->address));
	return object;
}

json_t *
trip_show_view(const struct trip_view *view)
{
	json_t *object = prefix_of(&view->prefix);
	const struct trip_peer *peer = trip_peer_of(view->peer);
	struct trip_attr attr;
	struct trip_peer_info info;
	size_t at = 0;
	char text[16];

	if (object == NULL || view->attrs == NULL)
		return object;
	if (peer != NULL) {
		trip_peer_info(peer, &info);
		put(object, "peer", json_string(info.settings->address));
	}
	put(object, "itad", json_integer(view->itad));
	put(object, "originator",
	    json_string(trip_id_format(view->originator, text)));
	if (view->is_local)
		put(object, "local", json_true());
	while (trip_attrs_next(view->attrs, &at, &attr))
		put_attr(object, &attr);
	return object;
}

/* --- peers --- */

static const char *
mode_text(enum trip_mode mode)
{
	static const char *const text[] = { "unknown", "send-receive",
					    "send-only", "receive-only" };

	return text[mode <= TRIP_RECEIVE_ONLY ? mode : 0];
}

static void
put_counters(json_t *object, const struct trip_peer_info *info)
{
	const struct {
		const char *key;
		uint64_t value;
	} counters[] = {
		{ "established_transitions", info->established_transitions },
		{ "in_updates", info->in_updates },
		{ "out_updates", info->out_updates },
		{ "in_messages", info->in_messages },
		{ "out_messages", info->out_messages },
		{ "in_notifications", info->in_notifications },
		{ "out_notifications", info->out_notifications },
		{ "routes", info->routes.n_routes },
		{ "rejected", info->routes.n_rejected },
		{ "advertised", info->routes.n_advertised },
		{ "loops", info->routes.loops },
		{ "ignored", info->routes.ignored },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		put(object, counters[i].key,
		    json_integer((json_int_t)counters[i].value));
}

json_t *
trip_show_peer(const struct trip_peer_info *info)
{
	json_t *object = json_object();
	char text[16], error[16];

	put(object, "peer", json_string(info->settings->address));
	put(object, "itad", json_integer(info->settings->itad));
	put(object, "kind",
	    json_string(info->settings->tgrep ? "gateway"
			: info->is_internal   ? "internal"
					      : "external"));
	put(object, "state", json_string(trip_state_text(info->state)));
	put(object, "enabled", json_boolean(info->is_enabled));
	put(object, "id", json_string(trip_id_format(info->id, text)));
	put(object, "mode", json_string(mode_text(info->mode)));
	put(object, "hold_s", json_integer(info->hold_s));
	put(object, "state_s", json_integer(info->state_ms / 1000));
	put(object, "in_update_s",
	    info->in_update_ms < 0 ? json_null()
				   : json_integer(info->in_update_ms / 1000));
	put(object, "restart_s",
	    info->restart_ms < 0 ? json_null()
				 : json_integer(info->restart_ms / 1000));
	snprintf(error, sizeof(error), "%u/%u", info->last_error_code,
		 info->last_error_subcode);
	put(object, "last_error",
	    info->last_error_code == 0 ? json_null() : json_string(error));
	put(object, "last_error_sent", json_boolean(info->last_error_is_sent));
	put_counters(object, info);
	return object;
}

/* --- messages --- */

static void
put_error(json_t *object, const struct trip_error *error)
{
	const char *subcode =
	    trip_error_subcode_text(error->code, error->subcode);
	char text[128];
	struct str data =
	    str_make((const char *)trip_error_data(error), error->data_len);
	json_t *one = json_pack("{s:i, s:i}", "code", (int)error->code,
				"subcode", (int)error->subcode);

	snprintf(text, sizeof(text), "%s%s%s",
		 trip_error_code_text(error->code),
		 subcode[0] != '\0' ? ": " : "", subcode);
	put(one, "text", json_string(text));
	put(one, "data", hex_of(data));
	put(object, "error", one);
}

static void
put_open(json_t *object, const uint8_t *msg, size_t len)
{
	struct trip_open open;
	struct trip_error error;
	json_t *types = json_array();
	char id[16], family[16], protocol[16], type[40];
	int err = trip_open_decode(msg, len, &open, &error);

	put(object, "version", json_integer(open.version));
	put(object, "hold_s", json_integer(open.hold_s));
	put(object, "itad", json_integer(open.itad));
	put(object, "id", json_string(trip_id_format(open.id, id)));
	put(object, "mode", json_string(mode_text(open.mode)));
	for (size_t i = 0; i < open.n_route_types; i++) {
		snprintf(type, sizeof(type), "%s/%s",
			 trip_family_text(open.route_types[i].family, family),
			 trip_protocol_text(open.route_types[i].protocol,
					    protocol));
		json_array_append_new(types, json_string(type));
	}
	put(object, "route_types", types);
	if (err != 0)
		put_error(object, &error);
}

static void
put_list(json_t *object, const char *key, const struct trip_list *list,
	 bool are_ids)
{
	json_t *one, *items;
	struct trip_prefix prefix;
	struct rbuf r;
	char text[16];

	if (!list->is_there)
		return;
	one = json_object();
	items = json_array();
	if (list->seq != 0) {
		put(one, "originator",
		    json_string(trip_id_format(list->originator, text)));
		put(one, "sequence", json_integer(list->seq));
	}
	rbuf_init(&r, list->value.p, list->value.len);
	while (are_ids && rbuf_left(&r) >= 4)
		json_array_append_new(
		    items, json_string(trip_id_format(rbuf_u32(&r), text)));
	while (!are_ids && trip_prefix_next(&r, &prefix) == 0)
		json_array_append_new(items, prefix_of(&prefix));
	put(one, are_ids ? "peers" : "routes", items);
	put(object, key, one);
}

static void
put_update(json_t *object, const uint8_t *msg, size_t len,
	   const struct trip_update_context *context)
{
	static const struct trip_update_context guess = { 0 };
	struct trip_update update;
	struct trip_error error = { 0 };
	int err = trip_update_decode(msg, len,
				     context != NULL ? context : &guess,
				     &update, &error);

	for (size_t i = 0; i < update.n_attrs; i++)
		put_attr(object, &update.attrs[i]);
	put_list(object, "withdrawn", &update.withdrawn, false);
	put_list(object, "reachable", &update.reachable, false);
	put_list(object, "topology", &update.topology, true);
	if (err != 0)
		put_error(object, &error);
}

/* The first list is encapsulated when the sender is internal. */
static bool
looks_internal(const uint8_t *msg, size_t len)
{
	return len > 5 && (msg[3] & TRIP_FLAG_LINK_STATE) != 0;
}

json_t *
trip_show_message(const uint8_t *msg, size_t len,
		  const struct trip_update_context *context)
{
	static const char *const names[] = { "?", "OPEN", "UPDATE",
					     "NOTIFICATION", "KEEPALIVE" };
	struct trip_update_context guess = { 0 };
	enum trip_message_type type;
	struct trip_error error;
	json_t *object = json_object();
	size_t whole;

	if (len < TRIP_HEADER_LEN)
		return object;
	if (trip_header_decode(msg, &whole, &type, &error) != 0) {
		put_error(object, &error);
		return object;
	}
	put(object, "type", json_string(names[type]));
	put(object, "length", json_integer((json_int_t)whole));
	if (whole > len) {
		put(object, "cut_off", json_true());
		return object;
	}
	guess.is_internal = looks_internal(msg, whole);
	if (type == TRIP_OPEN)
		put_open(object, msg, whole);
	if (type == TRIP_UPDATE)
		put_update(object, msg, whole,
			   context != NULL ? context : &guess);
	if (type == TRIP_NOTIFICATION) {
		trip_notification_decode(msg, whole, &error);
		put_error(object, &error);
	}
	return object;
}
