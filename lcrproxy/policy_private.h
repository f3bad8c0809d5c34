/*
 * policy_private.h - the inside of a policy; private to policy*.c
 */
#ifndef LCRPROXY_POLICY_PRIVATE_H
#define LCRPROXY_POLICY_PRIVATE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "lcrproxy/policy_build.h"

#define POLICY_ALL(n) ((1U << (n)) - 1)
#define POLICY_NAME_MAX 64 /* characters of a name or reason */
#define ANY_METHOD POLICY_ALL(SIP_N_METHODS)
#define ANY_SOURCE POLICY_ALL(POLICY_N_SOURCES)
#define ANY_TARGET POLICY_ALL(POLICY_N_TARGETS)
#define ANY_CLASS POLICY_ALL(NUMBER_N_CLASSES)
#define ANY_TRANSPORT POLICY_ALL(SIP_N_TRANSPORTS)
#define NUMBERS (1U << POLICY_NATIONAL | 1U << POLICY_INTERNATIONAL)
#define LOCALS (1U << POLICY_LOCAL)
#define CUSTOMERS (1U << POLICY_TRUNK | 1U << POLICY_LOGIN)

struct policy_zone {
	const char *name;
	struct zone *zone;
};

/* An account or group that a rule asks for. */
struct policy_who {
	const char *name;
	bool is_group;
	uint32_t rule; /* index */
};

struct policy {
	atomic_uint n_refs;
	struct policy_rule *rules; /* all here in texts */
	size_t n_rules;
	uint32_t *open; /* rules that ask for nobody, ascending */
	size_t n_open;
	struct policy_who *who; /* by is_group, name, rule */
	size_t n_who;
	struct policy_zone *zones; /* each once */
	size_t n_zones;
	struct arena texts;
};

/* The rules behind those of the configuration. */
extern const struct policy_rule policy_built_in[];
extern const size_t n_policy_built_in;

struct policy_builder {
	struct policy *policy;
	policy_complain *complain;
	void *arg;
	bool is_bad;
	int err; /* ERR_NOMEM, sticky */
};

/* policy_conditions.c. Errors go into the builder. */
void policy_read_conditions(struct policy_builder *b,
			    const struct settings_rule *from,
			    struct policy_rule *out);
const char *const *policy_read_names(struct policy_builder *b,
				     const struct conf_list *list,
				     const char *setting, size_t *n);
void policy_complain_of(struct policy_builder *b, const char *setting,
			const char *value, const char *expected);
/* Memory of the policy. */
const char *policy_keep(struct policy_builder *b, struct str text);
void *policy_room(struct policy_builder *b, size_t n, size_t size);
/* The index of word in words, which end with NULL, or -1. */
int policy_word(const char *const *words, const char *word);

#endif
