/* snapshot.c - a loaded snapshot: counting, and looking things up */
#include "route/snapshot.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/snapshot_private.h"

#define LARGE (4u << 20) /* bytes: about a millisecond to free */

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

struct snapshot *
snapshot_ref(struct snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->n_refs, 1, memory_order_relaxed);
	return snapshot;
}

static void
destroy(struct snapshot *snapshot)
{
	pricebook_free(snapshot->prices);
	arena_fini(&snapshot->texts);
	mem_free(snapshot->accounts);
	mem_free(snapshot->accounts_by_name);
	mem_free((void *)snapshot->account_states);
	mem_free(snapshot->carriers);
	mem_free(snapshot->gateways);
	mem_free(snapshot->gateways_by_name);
	mem_free(snapshot->gateways_by_id);
	mem_free(snapshot->gateways_by_addr);
	snapshot_drop_gateway_logins(snapshot);
	trunks_fini(&snapshot->trunks);
	logins_fini(&snapshot->logins);
	callers_fini(&snapshot->callers);
	limits_fini(&snapshot->limits);
	users_fini(&snapshot->users);
	emergencies_fini(&snapshot->emergencies);
	mem_free(snapshot->carrier_tariffs);
	exchange_fini(&snapshot->exchange);
	blocks_fini(&snapshot->blocks);
	prefix_rules_fini(&snapshot->durations);
	prefix_rules_fini(&snapshot->measured);
	portability_fini(&snapshot->portability);
	mem_free(snapshot->shares);
	mem_free(snapshot);
}

static void *
destroy_alone(void *arg)
{
	destroy(arg);
	return NULL;
}

/* Whoever lets go last may be serving calls: what takes milliseconds to give
 * back is given back by a thread of its own. */
static void
give_up(struct snapshot *snapshot)
{
	pthread_t thread;

	if (snapshot->report.bytes >= LARGE &&
	    pthread_create(&thread, NULL, destroy_alone, snapshot) == 0)
		pthread_detach(thread);
	else
		destroy(snapshot);
}

void
snapshot_unref(struct snapshot *snapshot)
{
	unsigned before;

	if (snapshot == NULL)
		return;
	/* What others did with it happens before it is freed. */
	before = atomic_fetch_sub_explicit(&snapshot->n_refs, 1,
					   memory_order_acq_rel);
	assert(before > 0);
	if (before == 1)
		give_up(snapshot);
}

uint32_t
snapshot_generation(const struct snapshot *snapshot)
{
	return snapshot->generation;
}

bool
snapshot_asks_for_media(const struct snapshot *snapshot)
{
	return snapshot->asks_for_media;
}

const struct snapshot_report *
snapshot_report(const struct snapshot *snapshot)
{
	return &snapshot->report;
}

const struct pricebook *
snapshot_prices(const struct snapshot *snapshot)
{
	return snapshot->prices;
}

const struct dial_plan *
snapshot_numbering(const struct snapshot *snapshot)
{
	return &snapshot->numbering;
}

size_t
snapshot_n_carriers(const struct snapshot *snapshot)
{
	return snapshot->n_carriers;
}

const struct carrier *
snapshot_carrier(const struct snapshot *snapshot, uint32_t index)
{
	assert(index < snapshot->n_carriers);
	return &snapshot->carriers[index];
}

const uint32_t *
snapshot_carrier_tariffs(const struct snapshot *snapshot, size_t *n)
{
	*n = snapshot->n_carrier_tariffs;
	return snapshot->carrier_tariffs;
}

const struct exchange *
snapshot_exchange(const struct snapshot *snapshot)
{
	return &snapshot->exchange;
}

const struct prefix_rules *
snapshot_durations(const struct snapshot *snapshot)
{
	return &snapshot->durations;
}

const struct prefix_rules *
snapshot_measured_durations(const struct snapshot *snapshot)
{
	return &snapshot->measured;
}

uint32_t
snapshot_account_index(const struct snapshot *snapshot,
		       const struct account *account)
{
	return account != &snapshot->nobody
		   ? (uint32_t)(account - snapshot->accounts)
		   : PREFIX_RULES_ALL;
}

size_t
snapshot_n_gateways(const struct snapshot *snapshot)
{
	return snapshot->n_gateways;
}

const struct gateway *
snapshot_gateway(const struct snapshot *snapshot, uint32_t index)
{
	assert(index < snapshot->n_gateways);
	return &snapshot->gateways[index];
}

/* --- orders, and looking up in them: a key is a struct of its own kind --- */

static int
account_by_name(const void *a, const void *b)
{
	const struct account *x = *(const struct account *const *)a;
	const struct account *y = *(const struct account *const *)b;

	return str_cmp(str_of(x->name), str_of(y->name));
}

static int
gateway_by_name(const void *a, const void *b)
{
	const struct gateway *x = *(const struct gateway *const *)a;
	const struct gateway *y = *(const struct gateway *const *)b;

	return str_cmp(str_of(x->name), str_of(y->name));
}

static int
gateway_by_id(const void *a, const void *b)
{
	const struct gateway *x = *(const struct gateway *const *)a;
	const struct gateway *y = *(const struct gateway *const *)b;

	return COMPARE(x->id, y->id);
}

static int
compare_addrs(const struct addr *a, const struct addr *b)
{
	int order = COMPARE(a->family, b->family);

	if (order == 0)
		order = memcmp(a->ip, b->ip, sizeof(a->ip));
	return order != 0 ? order : COMPARE(a->port, b->port);
}

static int
gateway_by_addr(const void *a, const void *b)
{
	const struct gateway *x = *(const struct gateway *const *)a;
	const struct gateway *y = *(const struct gateway *const *)b;
	int order = compare_addrs(&x->addr, &y->addr);

	return order != 0 ? order : COMPARE(x->id, y->id);
}

static const struct gateway **
order_gateways(const struct snapshot *snapshot,
	       int (*compare)(const void *, const void *))
{
	size_t n = snapshot->n_gateways;
	const struct gateway **order = mem_alloc(n * sizeof(*order));

	if (order == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		order[i] = &snapshot->gateways[i];
	qsort(order, n, sizeof(*order), compare);
	return order;
}

/* Gateways without an address come first: take them away. */
static void
drop_unknown_addrs(struct snapshot *snapshot)
{
	const struct gateway **list = snapshot->gateways_by_addr;
	size_t n = snapshot->n_gateways, n_unknown = 0;

	while (n_unknown < n && list[n_unknown]->addr.family == 0)
		n_unknown++;
	memmove(list, list + n_unknown, (n - n_unknown) * sizeof(*list));
	snapshot->n_gateway_addrs = n - n_unknown;
}

int
snapshot_index(struct snapshot *snapshot)
{
	size_t n = snapshot->n_accounts;

	snapshot->accounts_by_name =
	    mem_alloc(n * sizeof(*snapshot->accounts_by_name));
	if (snapshot->accounts_by_name == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		snapshot->accounts_by_name[i] = &snapshot->accounts[i];
	qsort(snapshot->accounts_by_name, n,
	      sizeof(*snapshot->accounts_by_name), account_by_name);
	snapshot->gateways_by_name = order_gateways(snapshot, gateway_by_name);
	snapshot->gateways_by_id = order_gateways(snapshot, gateway_by_id);
	snapshot->gateways_by_addr = order_gateways(snapshot, gateway_by_addr);
	if (snapshot->gateways_by_name == NULL ||
	    snapshot->gateways_by_id == NULL ||
	    snapshot->gateways_by_addr == NULL)
		return ERR_NOMEM;
	drop_unknown_addrs(snapshot);
	return 0;
}

static const struct account *
find_account_by_addr(const struct snapshot *snapshot, const struct addr *from,
		     uint64_t proof, const char *transport, struct str dialled,
		     const char **tech_prefix, const char **label)
{
	enum trunk_transport kind = TRUNK_ANY; /* matches only trunks for any */
	const struct trunk *trunk;

	(void)trunk_transport_parse(str_of(transport), &kind);
	trunk = trunks_find(&snapshot->trunks, from, proof, kind, dialled);
	if (trunk == NULL)
		return NULL;
	if (tech_prefix != NULL)
		*tech_prefix = trunks_tech_prefix(&snapshot->trunks, trunk);
	if (label != NULL)
		*label = trunks_label(&snapshot->trunks, trunk);
	return &snapshot->accounts[trunk->account];
}

const struct login *
snapshot_login(const struct snapshot *snapshot, struct str user,
	       struct str realm)
{
	return logins_find(&snapshot->logins, user, realm);
}

const struct account *
snapshot_login_account(const struct snapshot *snapshot,
		       const struct login *login)
{
	return &snapshot->accounts[login->account];
}

const struct limit *
snapshot_account_limits(const struct snapshot *snapshot,
			const struct account *account, size_t *n)
{
	*n = account->n_limits;
	return *n > 0 ? snapshot->limits.list + account->first_limit : NULL;
}

const struct limit *
snapshot_limits(const struct snapshot *snapshot, size_t *n)
{
	*n = snapshot->limits.n;
	return snapshot->limits.list;
}

const struct account *
snapshot_limit_account(const struct snapshot *snapshot,
		       const struct limit *limit)
{
	return &snapshot->accounts[limit->account];
}

const struct account *
snapshot_account_by_addr(const struct snapshot *snapshot,
			 const struct addr *from, uint64_t proof,
			 const char *transport, const char **tech_prefix)
{
	return find_account_by_addr(snapshot, from, proof, transport,
				    str_make(NULL, 0), tech_prefix, NULL);
}

const struct account *
snapshot_account_by_call(const struct snapshot *snapshot,
			 const struct addr *from, uint64_t proof,
			 const char *transport, struct str dialled,
			 const char **tech_prefix, const char **trunk)
{
	if (dialled.p == NULL)
		dialled = str_make("", 0);
	return find_account_by_addr(snapshot, from, proof, transport, dialled,
				    tech_prefix, trunk);
}

bool
snapshot_has_proof(const struct snapshot *snapshot, uint64_t proof)
{
	return trunks_need(&snapshot->trunks, proof);
}

static int
compare_account_name(const void *key, const void *element)
{
	const struct account *account = *(const struct account *const *)element;

	return str_cmp(*(const struct str *)key, str_of(account->name));
}

static int
compare_carrier_name(const void *key, const void *item)
{
	const struct carrier *carrier = item;

	return str_cmp(*(const struct str *)key, str_of(carrier->name));
}

const struct carrier *
snapshot_carrier_by_name(const struct snapshot *snapshot, struct str name)
{
	return bsearch(&name, snapshot->carriers, snapshot->n_carriers,
		       sizeof(snapshot->carriers[0]), compare_carrier_name);
}

const struct account *
snapshot_account_by_name(const struct snapshot *snapshot, struct str name)
{
	const struct account **found =
	    bsearch(&name, snapshot->accounts_by_name, snapshot->n_accounts,
		    sizeof(*snapshot->accounts_by_name), compare_account_name);

	return found != NULL ? *found : NULL;
}

static int
compare_account_id(const void *key, const void *element)
{
	const struct account *account = element;

	return COMPARE(*(const uint32_t *)key, account->id);
}

const struct account *
snapshot_account_by_id(const struct snapshot *snapshot, uint32_t id)
{
	if (snapshot->n_accounts == 0)
		return NULL;
	return bsearch(&id, snapshot->accounts, snapshot->n_accounts,
		       sizeof(*snapshot->accounts), compare_account_id);
}

static int
compare_gateway_name(const void *key, const void *element)
{
	const struct gateway *gateway = *(const struct gateway *const *)element;

	return str_cmp(*(const struct str *)key, str_of(gateway->name));
}

static int
compare_gateway_id(const void *key, const void *element)
{
	const struct gateway *gateway = *(const struct gateway *const *)element;

	return COMPARE(*(const uint32_t *)key, gateway->id);
}

static const struct gateway *
find_gateway(const void *key, const struct gateway **order, size_t n,
	     int (*compare)(const void *, const void *))
{
	const struct gateway **found =
	    bsearch(key, order, n, sizeof(*order), compare);

	return found != NULL ? *found : NULL;
}

const struct gateway *
snapshot_gateway_by_name(const struct snapshot *snapshot, struct str name)
{
	return find_gateway(&name, snapshot->gateways_by_name,
			    snapshot->n_gateways, compare_gateway_name);
}

const struct gateway *
snapshot_gateway_by_id(const struct snapshot *snapshot, uint32_t id)
{
	return find_gateway(&id, snapshot->gateways_by_id, snapshot->n_gateways,
			    compare_gateway_id);
}

/* The first in their order that is not below an address. */
static const struct gateway *
first_from(const struct snapshot *snapshot, const struct addr *from)
{
	const struct gateway *const *list = snapshot->gateways_by_addr;
	size_t low = 0, high = snapshot->n_gateway_addrs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_addrs(&list[middle]->addr, from) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < snapshot->n_gateway_addrs ? list[low] : NULL;
}

const struct gateway *
snapshot_gateway_by_ip(const struct snapshot *snapshot,
		       const struct addr *from)
{
	struct addr first = *from;
	const struct gateway *gateway;

	first.port = 0;
	gateway = first_from(snapshot, &first);
	return gateway != NULL && addr_eq_ip(&gateway->addr, from) ? gateway
								    : NULL;
}

const struct account *
snapshot_nobody(const struct snapshot *snapshot)
{
	return &snapshot->nobody;
}
