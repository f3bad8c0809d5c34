/* snapshot_accounts.c - what is counted of accounts */
#include "base/alloc.h"
#include "base/err.h"
#include "route/snapshot_private.h"

#define NOBODYS_ID 0 /* accounts have others */

/* Who is not in the table is nobody. */
static size_t
place_of(const struct snapshot *snapshot, const struct account *account)
{
	size_t at = ((uintptr_t)account - (uintptr_t)snapshot->accounts) /
		    sizeof(*account);

	return at < snapshot->n_accounts ? at : snapshot->n_accounts;
}

static uint32_t
id_at(const struct snapshot *snapshot, size_t i)
{
	return i < snapshot->n_accounts ? snapshot->accounts[i].id : NOBODYS_ID;
}

int
snapshot_find_account_states(struct snapshot *snapshot)
{
	size_t n = snapshot->n_accounts + 1;

	snapshot->account_states =
	    mem_zalloc(n, sizeof(*snapshot->account_states));
	if (snapshot->account_states == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		atomic_store_explicit(
		    &snapshot->account_states[i],
		    account_states_find(snapshot->states, id_at(snapshot, i)),
		    memory_order_relaxed);
	return 0;
}

size_t
snapshot_n_accounts(const struct snapshot *snapshot)
{
	return snapshot->n_accounts;
}

const struct account *
snapshot_account_at(const struct snapshot *snapshot, size_t i)
{
	return &snapshot->accounts[i];
}

struct account_state *
snapshot_account_state(const struct snapshot *snapshot,
		       const struct account *account)
{
	size_t i = place_of(snapshot, account);
	struct account_state *state = atomic_load_explicit(
	    &snapshot->account_states[i], memory_order_acquire);

	if (state != NULL ||
	    account_states_get(snapshot->states, id_at(snapshot, i), &state) !=
		0)
		return state;
	atomic_store_explicit(&snapshot->account_states[i], state,
			      memory_order_release);
	return state;
}

const struct account_state *
snapshot_account_state_at(const struct snapshot *snapshot, size_t i)
{
	return atomic_load_explicit(&snapshot->account_states[i],
				    memory_order_acquire);
}
