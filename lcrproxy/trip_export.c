/* trip_export.c - our own gateways, announced to neighbours */
#include "lcrproxy/trip_export.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

/* What neighbours hear of the gateways behind one row. */
struct figures {
	bool is_usable;
	bool has_total; /* each of them has a capacity */
	uint32_t total, free, good, all;
};

struct trip_export {
	const struct trip_settings *set;
	struct trip_rib *rib;
	struct log *log;
	struct figures *told; /* of n rows of set->exports; zeros: nothing */
	size_t n;
	struct trip_draft draft;
};

int
trip_export_new(const struct trip_settings *settings, struct trip_rib *rib,
		struct log *log, struct trip_export **out)
{
	struct trip_export *export = mem_zalloc(1, sizeof(*export));

	if (export == NULL)
		return ERR_NOMEM;
	export->set = settings;
	export->rib = rib;
	export->log = log;
	export->told =
	    mem_zalloc(settings->exports.n + 1, sizeof(export->told[0]));
	if (export->told == NULL) {
		mem_free(export);
		return ERR_NOMEM;
	}
	export->n = settings->exports.n;
	*out = export;
	return 0;
}

void
trip_export_free(struct trip_export *export)
{
	if (export == NULL)
		return;
	mem_free(export->told);
	mem_free(export);
}

/* --- what gateways can do --- */

static bool
is_in(const struct conf_list *list, const char *name)
{
	char *const *items = list->items;

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(items[i], name) == 0)
			return true;
	}
	return false;
}

static bool
can_take_calls(const struct gateway *gateway, const struct carrier *carrier)
{
	return gateway->enabled && carrier->enabled &&
	       !atomic_load(&gateway->state->disabled) &&
	       atomic_load(&gateway->state->health.state) != HEALTH_DOWN;
}

static uint32_t
cut(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void
add_gateway(struct figures *f, const struct gateway *gateway)
{
	const struct gateway_state *state = gateway->state;
	int64_t used = (int64_t)atomic_load(&state->pending) +
		       atomic_load(&state->answered);

	f->good = cut((uint64_t)f->good + gateway_state_answers(state));
	f->all = cut((uint64_t)f->all + atomic_load(&state->attempts));
	f->is_usable = true;
	if (gateway->capacity < 0) {
		f->has_total = false;
		return;
	}
	f->total = cut((uint64_t)f->total + (uint32_t)gateway->capacity);
	if (used < gateway->capacity)
		f->free = cut((uint64_t)f->free +
			      (uint32_t)(gateway->capacity - used));
}

static struct figures
look_at(const struct trip_export_settings *row, const struct snapshot *snapshot)
{
	struct figures f = { .has_total = true };

	if (row->gateways.n == 0 && row->carriers.n == 0)
		return (struct figures){ .is_usable = true };
	for (size_t i = 0; i < snapshot_n_gateways(snapshot); i++) {
		const struct gateway *gateway =
		    snapshot_gateway(snapshot, (uint32_t)i);
		const struct carrier *carrier =
		    snapshot_carrier(snapshot, gateway->carrier);

		if ((is_in(&row->gateways, gateway->name) ||
		     is_in(&row->carriers, carrier->name)) &&
		    can_take_calls(gateway, carrier))
			add_gateway(&f, gateway);
	}
	return f.is_usable ? f : (struct figures){ 0 };
}

/* --- telling it --- */

static void
put_server(struct trip_export *export, const struct trip_export_settings *row)
{
	struct wbuf w = trip_draft_scratch(&export->draft);

	wbuf_u32(&w, (uint32_t)export->set->itad);
	wbuf_str16(&w, str_of(row->next_hop != NULL ? row->next_hop
						    : export->set->next_hop));
	(void)trip_draft_set_written(&export->draft, TRIP_NEXT_HOP, &w);
}

static void
put_communities(struct trip_export *export, const struct conf_list *list)
{
	struct wbuf w = trip_draft_scratch(&export->draft);
	char *const *items = list->items;
	uint32_t itad, id;

	for (size_t i = 0; i < list->n; i++) {
		/* checked when they were read */
		(void)trip_community_parse(str_of(items[i]), &itad, &id);
		wbuf_u32(&w, itad);
		wbuf_u32(&w, id);
	}
	(void)trip_draft_set_written(&export->draft, TRIP_COMMUNITIES, &w);
}

static void
put_success(struct trip_export *export, const struct figures *f)
{
	struct wbuf w = trip_draft_scratch(&export->draft);

	wbuf_u32(&w, f->good);
	wbuf_u32(&w, f->all);
	(void)trip_draft_set_written(&export->draft, TRIP_CALL_SUCCESS, &w);
}

/* RFC 5140 4.2.5, 4.3.5: free circuits and success are for a gateway's own
 * LS. */
static void
make_draft(struct trip_export *export, const struct trip_export_settings *row,
	   const struct figures *f)
{
	struct trip_draft *draft = &export->draft;

	trip_draft_init(draft);
	put_server(export, row);
	if (row->med >= 0)
		(void)trip_draft_set_u32(draft, TRIP_MULTI_EXIT_DISC,
					 (uint32_t)row->med);
	if (row->communities.n > 0)
		put_communities(export, &row->communities);
	if (f->has_total)
		(void)trip_draft_set_u32(draft, TRIP_TOTAL_CAPACITY, f->total);
	if (!export->set->gateway)
		return;
	if (f->has_total)
		(void)trip_draft_set_u32(draft, TRIP_AVAILABLE_CIRCUITS,
					 f->free);
	if (f->all > 0)
		put_success(export, f);
}

/* 0, or the last error of a prefix. */
static int
tell(struct trip_export *export, const struct trip_export_settings *row,
     const struct figures *f)
{
	char *const *prefixes = row->prefixes.items;
	int err = 0;

	for (size_t i = 0; i < row->prefixes.n; i++) {
		const struct trip_prefix prefix = { TRIP_AF_E164, TRIP_APP_SIP,
						    str_of(prefixes[i]) };
		int one;

		make_draft(export, row, f);
		one = f->is_usable
			  ? trip_rib_set(export->rib, &prefix, &export->draft)
			  : trip_rib_unset(export->rib, &prefix);
		if (one != 0 && one != ERR_NOTFOUND)
			err = one;
	}
	return err;
}

/* Whether neighbours would hear of the difference. */
static bool
is_news(const struct trip_export *export, const struct figures *a,
	const struct figures *b)
{
	if (a->is_usable != b->is_usable || a->has_total != b->has_total ||
	    a->total != b->total)
		return true;
	return export->set->gateway && (a->free != b->free ||
					a->good != b->good || a->all != b->all);
}

void
trip_export_look(struct trip_export *export, const struct snapshot *snapshot)
{
	const struct trip_export_settings *rows = export->set->exports.items;

	for (size_t i = 0; i < export->n; i++) {
		struct figures f = look_at(&rows[i], snapshot);
		bool turns = f.is_usable != export->told[i].is_usable;
		int err;

		if (!is_news(export, &f, &export->told[i]))
			continue;
		err = tell(export, &rows[i], &f);
		if (turns || err != 0)
			log_info(export->log, "trip export %zu: %s%s%s", i,
				 f.is_usable ? "announced" : "withdrawn",
				 err != 0 ? ", " : "",
				 err != 0 ? err_text(err) : "");
		if (err != ERR_NOMEM) /* else it is tried again */
			export->told[i] = f;
	}
}

/* --- other rows --- */

static bool
is_told(const struct trip_export *export, const char *prefix)
{
	const struct trip_export_settings *rows = export->set->exports.items;

	for (size_t i = 0; i < export->n; i++) {
		if (export->told[i].is_usable &&
		    is_in(&rows[i].prefixes, prefix))
			return true;
	}
	return false;
}

/* Of a row of before, what no row of now announces. */
static void
end_row(struct trip_export *export, const struct trip_export_settings *row)
{
	char *const *prefixes = row->prefixes.items;

	for (size_t i = 0; i < row->prefixes.n; i++) {
		const struct trip_prefix prefix = { TRIP_AF_E164, TRIP_APP_SIP,
						    str_of(prefixes[i]) };

		if (!is_told(export, prefixes[i]))
			(void)trip_rib_unset(export->rib, &prefix);
	}
}

void
trip_export_keep(struct trip_export *export,
		 const struct trip_settings *settings)
{
	export->set = settings;
}

int
trip_export_set(struct trip_export *export, const struct trip_settings *before,
		const struct trip_settings *settings,
		const struct snapshot *snapshot)
{
	const struct trip_export_settings *rows = before->exports.items;
	struct figures *last = export->told;
	size_t n = export->n;

	export->set = settings;
	export->n = 0;
	export->told =
	    mem_zalloc(settings->exports.n + 1, sizeof(export->told[0]));
	if (export->told != NULL) {
		export->n = settings->exports.n;
		trip_export_look(export, snapshot);
	}
	for (size_t i = 0; i < n; i++) {
		if (last[i].is_usable)
			end_row(export, &rows[i]);
	}
	mem_free(last);
	return export->told != NULL ? 0 : ERR_NOMEM;
}
