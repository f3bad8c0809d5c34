/* snapshot_carriers.c - the store's tables into a snapshot: carriers and
 * gateways */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/snapshot_private.h"
#include "route/gateway_uri.h"
#include "tel/media.h"

#define TEXT_MAX 255
#define PREFIX_TEXT_MAX 31

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static const char carriers_sql[] =
    "SELECT id, carrier, tariff, priority, weight, enabled,"
    " quality_min_asr, quality_min_acd_s FROM carriers";

static const char gateways_sql[] =
    "SELECT id, gateway, carrier, uri, priority, weight, capacity, cps,"
    " strip, prefix, enabled, reroute_codes, stop_codes, probe,"
    " number_format, trusted, portability, media, caller_format,"
    " caller_strip, caller_prefix, identity, diversion, redirects FROM gateways";

/* False when the carrier has a tariff that is not there. */
static bool
read_carrier_tariff(struct snapshot_loader *loader, struct row *row,
		    struct carrier *out)
{
	int64_t id;

	out->tariff = PRICEBOOK_NO_TARIFF;
	if (store_col_is_null(row->stmt, 2))
		return true;
	id = store_col_int(row->stmt, 2);
	out->tariff = pricebook_find_tariff_id(loader->snapshot->prices, id);
	if (out->tariff != PRICEBOOK_NO_TARIFF)
		return true;
	snapshot_warn(loader,
		      "carrier %.*s: left out, its tariff does not exist, "
		      "tariff_id=%lld",
		      STR_ARG(row->key), (long long)id);
	return false;
}

static int
read_carrier(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct snapshot *snapshot = loader->snapshot;
	struct carrier carrier = { 0 };

	row->key = row_text(row, 1, "carrier", TEXT_MAX);
	carrier.id = (uint32_t)row_int(row, 0, "id", 1, UINT32_MAX, 0);
	if (!read_carrier_tariff(loader, row, &carrier))
		return 0;
	carrier.priority =
	    (int32_t)row_int(row, 3, "priority", INT32_MIN, INT32_MAX, 0);
	carrier.weight =
	    (int32_t)row_int(row, 4, "weight", INT32_MIN, INT32_MAX, 0);
	carrier.enabled = store_col_bool(row->stmt, 5);
	carrier.min_asr_percent =
	    (int32_t)row_int(row, 6, "quality_min_asr", 0, 100, -1);
	carrier.min_acd_s =
	    (int32_t)row_int(row, 7, "quality_min_acd_s", 0, INT32_MAX, -1);
	if (row->err != 0)
		return row->err;
	if (carrier_states_get(loader->settings->states, carrier.id,
			       &carrier.state) != 0)
		return ERR_NOMEM;
	if (snapshot_keep(snapshot, row->key, &carrier.name) != 0)
		return ERR_NOMEM;
	if (mem_grow((void **)&snapshot->carriers, &snapshot->carriers_cap,
		     snapshot->n_carriers, sizeof(carrier)) != 0)
		return ERR_NOMEM;
	snapshot->carriers[snapshot->n_carriers++] = carrier;
	return 0;
}

static int
compare_carriers(const void *a, const void *b)
{
	const struct carrier *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
compare_ids(const void *a, const void *b)
{
	const struct carrier_id *x = a, *y = b;

	return COMPARE(x->id, y->id);
}

static int
compare_tariffs(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return COMPARE(*x, *y);
}

/* Where the carriers are found by their ids. */
static int
note_ids(struct snapshot_loader *loader)
{
	const struct snapshot *snapshot = loader->snapshot;
	size_t n = snapshot->n_carriers;

	loader->carrier_ids = mem_alloc(n * sizeof(*loader->carrier_ids));
	if (loader->carrier_ids == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		loader->carrier_ids[i] =
		    (struct carrier_id){ snapshot->carriers[i].id,
					 (uint32_t)i };
	qsort(loader->carrier_ids, n, sizeof(*loader->carrier_ids),
	      compare_ids);
	return 0;
}

/* The tariffs that carriers have, each once, and each carrier's place. */
static int
collect_tariffs(struct snapshot *snapshot)
{
	struct carrier *carriers = snapshot->carriers;
	uint32_t *list = mem_alloc(snapshot->n_carriers * sizeof(*list));
	size_t n = 0, n_different = 0;

	if (list == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < snapshot->n_carriers; i++) {
		if (carriers[i].tariff != PRICEBOOK_NO_TARIFF)
			list[n++] = carriers[i].tariff;
	}
	qsort(list, n, sizeof(*list), compare_tariffs);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || list[i] != list[i - 1])
			list[n_different++] = list[i];
	}
	for (size_t i = 0; i < snapshot->n_carriers; i++) {
		const uint32_t *place =
		    bsearch(&carriers[i].tariff, list, n_different,
			    sizeof(*list), compare_tariffs);

		carriers[i].offer = place != NULL ? (uint32_t)(place - list)
						  : PRICEBOOK_NO_TARIFF;
	}
	snapshot->carrier_tariffs = list;
	snapshot->n_carrier_tariffs = n_different;
	return 0;
}

int
snapshot_load_carriers(struct snapshot_loader *loader)
{
	struct snapshot *snapshot = loader->snapshot;
	int err = rows_read(loader->store, "carriers", carriers_sql,
			    read_carrier, loader, loader->error);

	if (err != 0)
		return err;
	if (snapshot->n_carriers > 0)
		qsort(snapshot->carriers, snapshot->n_carriers,
		      sizeof(*snapshot->carriers), compare_carriers);
	err = note_ids(loader);
	if (err == 0)
		err = collect_tariffs(snapshot);
	if (err != 0)
		rows_fail(loader->error, err, "carriers: %s", err_text(err));
	return err;
}

uint32_t
snapshot_find_carrier(const struct snapshot_loader *loader, int64_t id)
{
	struct carrier_id key = { (uint32_t)id, 0 };
	const struct carrier_id *found = NULL;

	if (id > 0 && id <= UINT32_MAX)
		found = bsearch(&key, loader->carrier_ids,
				loader->snapshot->n_carriers, sizeof(key),
				compare_ids);
	return found != NULL ? found->index
			     : (uint32_t)loader->snapshot->n_carriers;
}

/* Whether a listener of ours can send there. A name may be of any family, and
 * without a transport of any (RFC 3263 4.1). */
static bool
is_in_reach(uint32_t reach, const struct gateway *gateway)
{
	unsigned transport = gateway->is_sips ? GATEWAY_TLS
					      : gateway->transport;
	bool is_name = gateway->addr.family == 0;

	if (transport == GATEWAY_OTHER)
		return false;
	if (reach == 0 || (is_name && transport == GATEWAY_ANY))
		return true;
	if (transport == GATEWAY_ANY)
		transport = GATEWAY_UDP;
	if (is_name)
		return (reach & (SNAPSHOT_REACH(transport, false) |
				 SNAPSHOT_REACH(transport, true))) != 0;
	return (reach & SNAPSHOT_REACH(transport,
				       gateway->addr.family == 6)) != 0;
}

/* Where the gateway is, and how it wants numbers. */
static int
read_address(struct snapshot_loader *loader, struct row *row,
	     struct gateway *out)
{
	struct str uri = row_text(row, 3, "uri", TEXT_MAX);
	struct str prefix = row_text(row, 9, "prefix", PREFIX_TEXT_MAX);
	struct str caller_prefix =
	    row_text(row, 20, "caller_prefix", PREFIX_TEXT_MAX);
	struct str host = { "", 0 };

	if (row->err == 0 && gateway_uri_parse(uri, &host, &out->addr) != 0)
		row_fail(row,
			 "uri is \"%.*s\", expected a SIP URI such "
			 "as sip:192.0.2.1:5060",
			 STR_ARG(uri));
	row_check_user(row, "prefix", prefix);
	row_check_user(row, "caller_prefix", caller_prefix);
	if (row->err != 0)
		return row->err;
	out->transport = (uint8_t)gateway_uri_transport(uri, &out->is_sips);
	out->is_out_of_reach =
	    !is_in_reach(loader->settings->reach, out);
	if (snapshot_keep(loader->snapshot, uri, &out->uri) != 0 ||
	    snapshot_keep(loader->snapshot, host, &out->host) != 0 ||
	    snapshot_keep(loader->snapshot, prefix, &out->prefix) != 0 ||
	    snapshot_keep(loader->snapshot, caller_prefix,
			  &out->caller_prefix) != 0)
		return ERR_NOMEM;
	return 0;
}

static void
read_codes(struct row *row, int column, const char *name, struct codes *out)
{
	struct str text = row_text(row, column, name, TEXT_MAX);

	if (codes_parse(text, out) != 0)
		row_fail(row,
			 "%s is \"%.*s\", expected response codes like "
			 "\"408, 500-504, 6xx\"",
			 name, STR_ARG(text));
}

/* One of words, which end with NULL: its index. */
static uint8_t
read_word(struct row *row, int column, const char *name,
	  const char *const *words)
{
	struct str text = store_col_text(row->stmt, column);

	for (uint8_t i = 0; words[i] != NULL; i++) {
		if (str_eq_text(text, words[i]))
			return i;
	}
	row_fail(row, "%s is \"%.*s\", which is no such word", name,
		 text.len < 20 ? (int)text.len : 20, text.p);
	return 0;
}

/* preset is what the column calls FORMAT_PRESET. */
static enum number_format
read_format(struct row *row, int column, const char *name, const char *preset)
{
	const char *const words[] = { [FORMAT_PRESET] = preset,
				      [FORMAT_PLUS] = "plus",
				      [FORMAT_DIGITS] = "digits",
				      [FORMAT_NATIONAL] = "national",
				      NULL };

	return (enum number_format)read_word(row, column, name, words);
}

static uint32_t
read_media(struct row *row)
{
	struct str text = store_col_text(row->stmt, 17);
	uint32_t media = 0;

	if (media_parse(text, &media) != 0)
		row_fail(row, "media is \"%.*s\", expected words of %s",
			 text.len < 40 ? (int)text.len : 40, text.p,
			 media_words());
	return media;
}

/* What it is told of callers and of ported numbers. */
static void
read_presentation(struct row *row, struct gateway *out)
{
	static const char *const portability[] = { "none", "params", "number",
						   NULL };
	static const char *const identity[] = { "keep", "pai", "rpid", "none",
						NULL };
	static const char *const diversion[] = { "keep", "none", NULL };

	out->portability = read_word(row, 16, "portability", portability);
	out->media = read_media(row);
	out->caller_format = read_format(row, 18, "caller_format", "keep");
	out->caller_strip =
	    (uint8_t)row_int(row, 19, "caller_strip", 0, NUMBER_MAX, 0);
	out->identity = read_word(row, 21, "identity", identity);
	out->no_diversion =
	    read_word(row, 22, "diversion", diversion) != 0;
}

static void
read_numbers(struct row *row, struct gateway *out)
{
	static const char *const redirects[] = { "preset", "pass", "follow",
						 "fail", NULL };

	out->id = (uint32_t)row_int(row, 0, "id", 1, UINT32_MAX, 0);
	out->priority =
	    (int32_t)row_int(row, 4, "priority", INT32_MIN, INT32_MAX, 0);
	out->weight =
	    (int32_t)row_int(row, 5, "weight", INT32_MIN, INT32_MAX, 0);
	out->capacity = (int32_t)row_int(row, 6, "capacity", 0, INT32_MAX, -1);
	out->cps = (int32_t)row_int(row, 7, "cps", 0, INT32_MAX, -1);
	out->strip = (uint8_t)row_int(row, 8, "strip", 0, NUMBER_MAX, 0);
	out->enabled = store_col_bool(row->stmt, 10);
	read_codes(row, 11, "reroute_codes", &out->reroute);
	read_codes(row, 12, "stop_codes", &out->stop);
	out->probe = store_col_bool(row->stmt, 13);
	out->format = read_format(row, 14, "number_format", "preset");
	out->trusted = store_col_bool(row->stmt, 15);
	read_presentation(row, out);
	out->redirects =
	    (enum redirect_rule)read_word(row, 23, "redirects", redirects);
}

static int
add_gateway(struct snapshot_loader *loader, struct row *row,
	    struct gateway *gateway)
{
	struct snapshot *snapshot = loader->snapshot;
	int err = gateway_states_get(loader->settings->states, gateway->id,
				     &gateway->state);

	if (err != 0)
		return err;
	atomic_store(&gateway->state->carrier,
		     snapshot->carriers[gateway->carrier].state);
	if (snapshot_keep(snapshot, row->key, &gateway->name) != 0)
		return ERR_NOMEM;
	if (mem_grow((void **)&snapshot->gateways, &snapshot->gateways_cap,
		     snapshot->n_gateways, sizeof(*gateway)) != 0)
		return ERR_NOMEM;
	if (gateway->is_out_of_reach)
		snapshot_warn(loader,
			      "gateway %s: gets no calls, no listener can send "
			      "there, uri=%s",
			      gateway->name, gateway->uri);
	snapshot->asks_for_media |= gateway->media != 0;
	snapshot->gateways[snapshot->n_gateways++] = *gateway;
	return 0;
}

static int
read_gateway(void *arg, struct row *row)
{
	struct snapshot_loader *loader = arg;
	struct gateway gateway = { 0 };
	int64_t carrier_id = store_col_int(row->stmt, 2);
	int err;

	row->key = row_text(row, 1, "gateway", TEXT_MAX);
	gateway.carrier = snapshot_find_carrier(loader, carrier_id);
	if (gateway.carrier == loader->snapshot->n_carriers) {
		snapshot_warn(loader,
			      "gateway %.*s: left out, its carrier does not "
			      "exist, carrier_id=%lld",
			      STR_ARG(row->key), (long long)carrier_id);
		return 0;
	}
	read_numbers(row, &gateway);
	err = read_address(loader, row, &gateway);
	return err != 0 ? err : add_gateway(loader, row, &gateway);
}

static int
compare_gateways(const void *a, const void *b)
{
	const struct gateway *x = a, *y = b;
	int order = COMPARE(x->carrier, y->carrier);

	if (order == 0)
		order = COMPARE(x->priority, y->priority);
	if (order == 0)
		order = COMPARE(y->weight, x->weight);
	return order != 0 ? order : strcmp(x->name, y->name);
}

int
snapshot_load_gateways(struct snapshot_loader *loader)
{
	struct snapshot *snapshot = loader->snapshot;
	int err = rows_read(loader->store, "gateways", gateways_sql,
			    read_gateway, loader, loader->error);

	if (err != 0 || snapshot->n_gateways == 0)
		return err;
	qsort(snapshot->gateways, snapshot->n_gateways,
	      sizeof(*snapshot->gateways), compare_gateways);
	for (size_t i = snapshot->n_gateways; i-- > 0;) {
		struct carrier *carrier =
		    &snapshot->carriers[snapshot->gateways[i].carrier];

		carrier->first_gateway = (uint32_t)i;
		carrier->n_gateways++;
	}
	return 0;
}

size_t
snapshot_gateway_place(const struct snapshot *snapshot, int64_t id)
{
	size_t i = 0;

	while (i < snapshot->n_gateways && snapshot->gateways[i].id != id)
		i++;
	return i;
}

bool
snapshot_read_owner(struct snapshot_loader *loader, struct row *row, int column,
		    uint32_t *out)
{
	const struct account *account = NULL;
	int64_t id = store_col_int(row->stmt, column);

	*out = PREFIX_RULES_ALL;
	if (store_col_is_null(row->stmt, column))
		return true;
	if (id > 0 && id <= UINT32_MAX)
		account =
		    snapshot_account_by_id(loader->snapshot, (uint32_t)id);
	if (account == NULL) {
		snapshot_warn(loader,
			      "%s: a row is left out, its account does not "
			      "exist, account_id=%lld",
			      row->table, (long long)id);
		return false;
	}
	*out = snapshot_account_index(loader->snapshot, account);
	return true;
}
