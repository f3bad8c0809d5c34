/* fuzz_trip.c - any octets as a TRIP message, read in all contexts */
#include <assert.h>

#include "base/err.h"
#include "tests/fuzz/fuzz.h"
#include "trip/attrs.h"
#include "trip/message.h"

static void
check_error(const struct trip_error *error)
{
	uint8_t out[TRIP_MESSAGE_MAX];
	struct wbuf w;

	assert(error->code >= TRIP_ERR_HEADER && error->code <= TRIP_ERR_CEASE);
	assert(trip_error_subcode_text(error->code, error->subcode)[0] != '\0');
	wbuf_init(&w, out, sizeof(out));
	trip_notification_encode(&w, error);
	assert(w.err == 0 && w.len <= TRIP_MESSAGE_MAX);
}

/* What was read and is written again is read the same. */
static void
fuzz_open(const uint8_t *msg, size_t len)
{
	struct trip_open open, again;
	struct trip_error error = { 0 };
	uint8_t out[TRIP_MESSAGE_MAX];
	struct wbuf w;

	if (trip_open_decode(msg, len, &open, &error) != 0) {
		check_error(&error);
		return;
	}
	wbuf_init(&w, out, sizeof(out));
	trip_open_encode(&w, &open);
	assert(w.err == 0);
	assert(trip_open_decode(out, w.len, &again, &error) == 0);
	assert(again.itad == open.itad && again.mode == open.mode);
	assert(again.n_route_types == open.n_route_types);
}

static void
check_routes(const struct trip_list *list)
{
	struct trip_prefix prefix;
	struct rbuf r;
	int err;

	rbuf_init(&r, list->value.p, list->value.len);
	while ((err = trip_prefix_next(&r, &prefix)) == 0)
		assert(trip_address_is_valid(prefix.family, prefix.address));
	assert(err == ERR_END);
}

static void
check_set(const struct trip_update *update)
{
	static struct trip_draft draft, copy;
	struct trip_attrs_table table;
	struct trip_attrs *attrs, *again;

	trip_draft_init(&draft);
	for (size_t i = 0; i < update->n_attrs; i++)
		trip_draft_set(&draft, update->attrs[i].flags,
			       update->attrs[i].type, update->attrs[i].value);
	if (trip_attrs_table_init(&table) != 0)
		return;
	if (trip_attrs_get(&table, &draft, &attrs) == 0) {
		trip_draft_copy(&copy, attrs);
		assert(trip_attrs_get(&table, &copy, &again) == 0);
		assert(again == attrs);
		trip_attrs_unref(again);
		trip_attrs_unref(attrs);
	}
	trip_attrs_table_fini(&table);
}

static void
fuzz_update(const uint8_t *msg, size_t len)
{
	static struct trip_update update;

	for (unsigned bits = 0; bits < 16; bits++) {
		const struct trip_update_context context = {
			(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0,
			(bits & 8) != 0
		};
		struct trip_error error = { 0 };

		if (trip_update_decode(msg, len, &context, &update, &error)) {
			check_error(&error);
			continue;
		}
		check_routes(&update.withdrawn);
		check_routes(&update.reachable);
		assert(update.topology.value.len % 4 == 0);
		check_set(&update);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum trip_message_type type;
	struct trip_error error = { 0 };
	size_t len;

	if (size < TRIP_HEADER_LEN)
		return 0;
	if (trip_header_decode(data, &len, &type, &error) != 0) {
		check_error(&error);
		return 0;
	}
	if (len > size)
		return 0;
	if (type == TRIP_OPEN)
		fuzz_open(data, len);
	else if (type == TRIP_UPDATE)
		fuzz_update(data, len);
	else if (type == TRIP_NOTIFICATION)
		trip_notification_decode(data, len, &error);
	return 0;
}
