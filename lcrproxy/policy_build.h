/*
 * policy_build.h - the rules of the configuration, compiled
 */
#ifndef LCRPROXY_POLICY_BUILD_H
#define LCRPROXY_POLICY_BUILD_H

#include "base/conf.h"
#include "lcrproxy/policy.h"

/* One item of the setting policy, as it stands in the file. */
struct settings_rule {
	struct conf_where where;
	char *name; /* NULL: "rule N" */
	/* of char * */
	struct conf_list method, source, account, group, to, class, prefix,
	    domain, header, transport, by, gateways;
	char *hours, *timezone;
	int action; /* enum policy_action, or POLICY_N_ACTIONS: missing */
	char *target;
	int64_t code;
	char *reason;
};

/* A setting whose value is not as expected. */
typedef void policy_complain(void *arg, const char *setting, const char *value,
			     const char *expected);

/* Compile a list of struct settings_rule, and put the built-in rules behind: 0,
 * ERR_INVAL (complain, which may be NULL, was told everything that is wrong),
 * or ERR_NOMEM. The caller has one reference. */
int policy_new(const struct conf_list *rules, policy_complain *complain,
	       void *arg, struct policy **out);

#endif
