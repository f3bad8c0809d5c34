/* told.c - addresses of a name, each with the time it was told last */
#include "lcrproxy/told.h"

static size_t
find(const struct told *told, const struct addr *addr)
{
	size_t i = 0;

	while (i < told->n && !addr_eq_ip(&told->at[i].addr, addr))
		i++;
	return i;
}

/* Where a new one goes. */
static size_t
make_room(struct told *told)
{
	size_t oldest = 0;

	if (told->n < TOLD_MAX)
		return told->n++;
	for (size_t i = 1; i < told->n; i++) {
		if (told->at[i].at_ms < told->at[oldest].at_ms)
			oldest = i;
	}
	return oldest;
}

static bool
note_one(struct told *told, const struct addr *addr, int64_t now_ms)
{
	size_t at = find(told, addr);
	bool is_new = at == told->n;

	if (is_new)
		at = make_room(told);
	told->at[at].addr = *addr;
	told->at[at].at_ms = now_ms;
	return is_new;
}

static bool
drop_before(struct told *told, int64_t limit_ms)
{
	size_t n = 0;
	bool has_changed;

	for (size_t i = 0; i < told->n; i++) {
		if (told->at[i].at_ms > limit_ms)
			told->at[n++] = told->at[i];
	}
	has_changed = n < told->n;
	told->n = n;
	return has_changed;
}

bool
told_note(struct told *told, const struct sip_places *places, int64_t now_ms)
{
	bool has_changed = false;

	told->good_ms = now_ms;
	for (size_t i = 0; i < places->n; i++)
		has_changed |= note_one(told, &places->at[i].addr, now_ms);
	return drop_before(told, now_ms - TOLD_LINGER_MS) || has_changed;
}

bool
told_fail(struct told *told, int64_t now_ms)
{
	if (now_ms - told->good_ms < TOLD_KEEP_MS)
		return false;
	return drop_before(told, now_ms);
}
