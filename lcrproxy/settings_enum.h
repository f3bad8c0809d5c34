/*
 * settings_enum.h - the group enum of the configuration: trees of numbers
 */
#ifndef LCRPROXY_SETTINGS_ENUM_H
#define LCRPROXY_SETTINGS_ENUM_H

#include "base/conf.h"

/* Where the URIs that were found go: before the plan, or into it, as something
 * that costs nothing. */
enum settings_enum_order { SETTINGS_ENUM_FIRST, SETTINGS_ENUM_BY_COST };
/* What becomes of a call to a number that a tree says is nobody's. */
enum settings_enum_void { SETTINGS_ENUM_REFUSE, SETTINGS_ENUM_GO_ON };

struct settings_enum_tree {
	char *suffix;
	int form;		   /* enum enum_form */
	struct conf_list services; /* char *; none: the preset ones */
	struct conf_list servers;  /* char *; none: those of enum */
	bool private_services;	   /* P- counts */
	int64_t timeout_ms;	   /* of one question; 0 = the stage's */
};

struct settings_enum {
	struct conf_list trees;	  /* struct settings_enum_tree; none: no ENUM */
	struct conf_list servers; /* char *; none: those of dns */
	int64_t timeout_ms;	  /* of the whole stage */
	int order, void_numbers;
	int64_t max_targets;
	char *reroute_codes;	  /* beside the configuration's */
	struct conf_list allowed_domains, refused_domains; /* char * */
	bool lenient;
	int64_t min_ttl_s, max_ttl_s, negative_max_s, failure_s, stale_s,
	    cache_mb, max_lookups;
};

extern const struct conf_table settings_enum_table;

/* The services of trees that name none. */
#define SETTINGS_ENUM_SERVICES "sip,pstn:sip,pstn:tel"

#endif
