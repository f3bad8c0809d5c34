/*
 * taxes.h - which tax an account pays on which day, and sums by tax
 */
#ifndef CDR_TOOLS_TAXES_H
#define CDR_TOOLS_TAXES_H

#include "base/arena.h"
#include "db/store.h"
#include "tel/money.h"

struct tax {
	const char *account; /* "" = every one without rows of its own */
	const char *name;
	money_e8 percent;		/* 19 % is 19 * MONEY_ONE */
	int64_t from_day, until_day; /* [from, until), days since 1970 */
};

struct taxes {
	struct tax *items; /* by account and from_day */
	size_t n, cap;
	struct arena texts;
};

/* 0, a store error, ERR_INVAL (a value that cannot be) or ERR_NOMEM, with
 * error. Fini in any case. */
int taxes_load(struct taxes *taxes, struct store *store,
	       char error[STORE_ERROR_MAX]);
void taxes_fini(struct taxes *taxes);
/* The tax of an account on a day of its zone: of the rows in force the one that
 * began last; NULL when there is none. taxes may be NULL. */
const struct tax *taxes_find(const struct taxes *taxes, const char *account,
			     int64_t day);

#define TAX_MAX_GROUPS 16
#define TAX_DECIMALS 2

/* What is taxed alike. */
struct tax_group {
	const char *name; /* "" = no tax */
	money_e8 percent;
	money_e8 net, tax;
};

struct tax_groups {
	struct tax_group items[TAX_MAX_GROUPS];
	size_t n;
};

/* The group of a tax, made when there is none yet; the name is kept in arena:
 * 0, ERR_LIMIT (too many) or ERR_NOMEM. */
int tax_groups_find(struct tax_groups *groups, struct str name,
		    money_e8 percent, struct arena *arena, size_t *index);
/* Add to the net of a group and tell by how much that moves its tax, which is
 * that of the whole net, rounded once to TAX_DECIMALS: 0 or ERR_RANGE. */
int tax_groups_add(struct tax_groups *groups, size_t index, money_e8 amount,
		   money_e8 *tax);

#endif
