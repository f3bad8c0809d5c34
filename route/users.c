/* users.c - a sorted list of users, and one of their numbers */
#include "route/users.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"

void
users_fini(struct users *users)
{
	mem_free(users->list);
	mem_free(users->by_number);
	*users = (struct users){ 0 };
}

int
users_add(struct users *users, const struct user *user)
{
	if (mem_grow((void **)&users->list, &users->cap, users->n,
		     sizeof(*user)) != 0)
		return ERR_NOMEM;
	users->list[users->n++] = *user;
	users->n_numbers += user->number.len > 0;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct user *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->domain, y->domain);
}

static int
compare_numbers(const void *a, const void *b, void *arg)
{
	const struct user *list = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(list[x].number.digits, list[y].number.digits);

	return order != 0 ? order : (x > y) - (x < y);
}

int
users_finish(struct users *users)
{
	size_t n = 0;

	if (users->n == 0)
		return 0;
	qsort(users->list, users->n, sizeof(*users->list), compare);
	users->by_number =
	    mem_alloc((users->n_numbers + 1) * sizeof(*users->by_number));
	if (users->by_number == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < users->n; i++) {
		if (users->list[i].number.len > 0)
			users->by_number[n++] = (uint32_t)i;
	}
	qsort_r(users->by_number, n, sizeof(*users->by_number),
		compare_numbers, users->list);
	return 0;
}

const struct user *
users_find(const struct users *users, struct str name, struct str domain)
{
	const struct user *of_all = NULL;
	size_t low = 0, high = users->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_cmp(str_of(users->list[middle].name), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < users->n && str_eq_text(name, users->list[low].name);
	     low++) {
		const struct user *user = &users->list[low];

		if (user->domain[0] == '\0')
			of_all = user;
		else if (str_eq_nocase(domain, str_of(user->domain)))
			return user;
	}
	return of_all;
}

const struct user *
users_find_number(const struct users *users, const struct number *number)
{
	size_t low = 0, high = users->n_numbers;
	const struct user *user;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		user = &users->list[users->by_number[middle]];
		if (strcmp(user->number.digits, number->digits) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == users->n_numbers || number->len == 0)
		return NULL;
	user = &users->list[users->by_number[low]];
	return strcmp(user->number.digits, number->digits) == 0 ? user : NULL;
}

size_t
users_bytes(const struct users *users)
{
	return users->cap * sizeof(*users->list) +
	       (users->n > 0 ? users->n_numbers + 1 : 0) *
		   sizeof(*users->by_number);
}
