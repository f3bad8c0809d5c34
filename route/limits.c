/* limits.c - a sorted list of limits */
#include "route/limits.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static const char *const class_texts[LIMIT_FIRST_NUMBER] = {
	[LIMIT_ALL] = "",
	[LIMIT_NATIONAL] = "national",
	[LIMIT_INTERNATIONAL] = "international",
};

const char *
limit_class_text(enum limit_class class)
{
	return class < LIMIT_FIRST_NUMBER
		   ? class_texts[class]
		   : number_class_text(
			 (enum number_class)(class - LIMIT_FIRST_NUMBER));
}

int
limit_class_parse(struct str text, enum limit_class *out)
{
	for (int i = 0; i < LIMIT_N_CLASSES; i++) {
		if (str_eq_text(text,
				limit_class_text((enum limit_class)i))) {
			*out = (enum limit_class)i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

void
limit_init(struct limit *limit, uint32_t account, enum limit_class class)
{
	*limit = (struct limit){
		.account = account,
		.class = class,
		.trunk = "",
		.bounds = { .channels = -1,
			    .cps = -1,
			    .calls = -1,
			    .minutes_hour = -1,
			    .minutes_day = -1,
			    .spend_hour = -1,
			    .spend_day = -1 },
	};
}

void
limits_fini(struct limits *limits)
{
	for (size_t i = 0; i < limits->n_zones; i++)
		zone_free(limits->zones[i].zone);
	mem_free(limits->zones);
	mem_free(limits->list);
	*limits = (struct limits){ 0 };
}

int
limits_add(struct limits *limits, const struct limit *limit)
{
	if (mem_grow((void **)&limits->list, &limits->cap, limits->n,
		     sizeof(*limit)) != 0)
		return ERR_NOMEM;
	limits->list[limits->n++] = *limit;
	return 0;
}

int
limits_zone(struct limits *limits, const char *name, const struct zone **out)
{
	struct zone *zone;
	int err;

	*out = NULL;
	if (name[0] == '\0' || strcmp(name, "UTC") == 0)
		return 0;
	for (size_t i = 0; i < limits->n_zones; i++) {
		if (strcmp(limits->zones[i].name, name) == 0) {
			*out = limits->zones[i].zone;
			return 0;
		}
	}
	if (mem_grow((void **)&limits->zones, &limits->zones_cap,
		     limits->n_zones, sizeof(limits->zones[0])) != 0)
		return ERR_NOMEM;
	err = zone_new(name, &zone);
	if (err != 0)
		return err;
	limits->zones[limits->n_zones++] = (struct limit_zone){ name, zone };
	*out = zone;
	return 0;
}

static int
compare_limits(const void *a, const void *b)
{
	const struct limit *x = a, *y = b;
	int order = COMPARE(x->account, y->account);

	if (order == 0)
		order = COMPARE(x->class, y->class);
	return order != 0 ? order : strcmp(x->trunk, y->trunk);
}

void
limits_finish(struct limits *limits)
{
	if (limits->n > 0)
		qsort(limits->list, limits->n, sizeof(limits->list[0]),
		      compare_limits);
}

bool
limit_counts(const struct limit *limit, enum limit_class reach,
	     enum number_class number, const char *trunk)
{
	if (limit->state == NULL ||
	    (limit->trunk[0] != '\0' && strcmp(limit->trunk, trunk) != 0))
		return false;
	return limit->class == LIMIT_ALL || limit->class == reach ||
	       limit->class == (enum limit_class)(LIMIT_FIRST_NUMBER + number);
}

size_t
limits_bytes(const struct limits *limits)
{
	return limits->cap * sizeof(limits->list[0]) +
	       limits->zones_cap * sizeof(limits->zones[0]);
}
