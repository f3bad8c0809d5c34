/* portability.c - a sorted array of numbers in halves */
#include "route/portability.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/checksum.h"

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

void
portability_fini(struct portability *p)
{
	mem_free(p->adding);
	mem_free(p->ranges);
	mem_free(p->lows);
	mem_free(p->target_of);
	if (p->has_targets)
		intern_fini(&p->targets);
	*p = (struct portability){ 0 };
}

/* No E.164 number begins with 0, so its value names it. */
static uint64_t
value_of(const struct number *number)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < number->len; i++)
		value = value * 10 + (uint64_t)(number->digits[i] - '0');
	return value;
}

int
portability_add(struct portability *p, const struct number *number,
		const struct number *routing)
{
	uint64_t target = value_of(routing);
	struct ported_number *entry;
	int err;

	if (p->n_adding == UINT32_MAX)
		return ERR_LIMIT;
	if (!p->has_targets) {
		err = intern_init(&p->targets, false);
		if (err != 0)
			return err;
		p->has_targets = true;
	}
	if (mem_grow((void **)&p->adding, &p->adding_cap, p->n_adding,
		     sizeof(*p->adding)) != 0)
		return ERR_NOMEM;
	entry = &p->adding[p->n_adding];
	entry->value = value_of(number);
	err = intern_add(&p->targets, &target, sizeof(target), &entry->target);
	if (err == 0)
		p->n_adding++;
	return err;
}

static int
compare(const void *a, const void *b)
{
	const struct ported_number *x = a, *y = b;

	return COMPARE(x->value, y->value);
}

static size_t
count_ranges(const struct portability *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_adding; i++)
		n += i == 0 || p->adding[i].value >> 32 !=
				   p->adding[i - 1].value >> 32;
	return n;
}

static void
split(struct portability *p)
{
	for (size_t i = 0; i < p->n_adding; i++) {
		uint32_t high = (uint32_t)(p->adding[i].value >> 32);

		if (p->n_ranges == 0 || p->ranges[p->n_ranges - 1].high != high)
			p->ranges[p->n_ranges++] =
			    (struct ported_range){ high, (uint32_t)i };
		p->lows[i] = (uint32_t)p->adding[i].value;
		p->target_of[i] = p->adding[i].target;
	}
	p->n = p->n_adding;
}

int
portability_finish(struct portability *p)
{
	if (p->n_adding == 0)
		return 0;
	qsort(p->adding, p->n_adding, sizeof(*p->adding), compare);
	p->ranges = mem_alloc(count_ranges(p) * sizeof(*p->ranges));
	p->lows = mem_alloc(p->n_adding * sizeof(*p->lows));
	p->target_of = mem_alloc(p->n_adding * sizeof(*p->target_of));
	if (p->ranges == NULL || p->lows == NULL || p->target_of == NULL)
		return ERR_NOMEM;
	split(p);
	intern_seal(&p->targets);
	mem_free(p->adding);
	p->adding = NULL;
	p->n_adding = p->adding_cap = 0;
	return 0;
}

/* The range of an upper half, or n_ranges. */
static size_t
find_range(const struct portability *p, uint32_t high)
{
	size_t low = 0, end = p->n_ranges;

	while (low < end) {
		size_t middle = low + (end - low) / 2;

		if (p->ranges[middle].high < high)
			low = middle + 1;
		else
			end = middle;
	}
	return low < p->n_ranges && p->ranges[low].high == high ? low
								 : p->n_ranges;
}

bool
portability_find(const struct portability *p, const struct number *number,
		 struct number *routing)
{
	uint64_t value = value_of(number), target;
	size_t range = find_range(p, (uint32_t)(value >> 32));
	size_t low, high, end;

	if (p->n == 0 || range == p->n_ranges)
		return false;
	low = p->ranges[range].first;
	end = range + 1 < p->n_ranges ? p->ranges[range + 1].first : p->n;
	for (high = end; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (p->lows[middle] < (uint32_t)value)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == end || p->lows[low] != (uint32_t)value)
		return false;
	memcpy(&target, intern_get(&p->targets, p->target_of[low]),
	       sizeof(target));
	routing->len = (uint8_t)snprintf(routing->digits,
					 sizeof(routing->digits), "%llu",
					 (unsigned long long)target %
					     UINT64_C(1000000000000000));
	return true;
}

uint64_t
portability_checksum(const struct portability *p)
{
	uint64_t sum = 0;

	for (size_t range = 0; range < p->n_ranges; range++) {
		size_t end = range + 1 < p->n_ranges
				 ? p->ranges[range + 1].first
				 : p->n;

		for (size_t i = p->ranges[range].first; i < end; i++) {
			uint64_t hash = (uint64_t)p->ranges[range].high << 32 |
					p->lows[i];
			uint64_t target;

			memcpy(&target, intern_get(&p->targets, p->target_of[i]),
			       sizeof(target));
			sum += checksum_mix(checksum_mix(1, hash), target);
		}
	}
	return sum;
}

size_t
portability_bytes(const struct portability *p)
{
	return p->n_ranges * sizeof(*p->ranges) +
	       p->n * (sizeof(*p->lows) + sizeof(*p->target_of)) +
	       (p->has_targets ? intern_bytes(&p->targets) : 0);
}
