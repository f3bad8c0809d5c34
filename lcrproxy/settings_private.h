/*
 * settings_private.h - what the files of settings.h share
 */
#ifndef LCRPROXY_SETTINGS_PRIVATE_H
#define LCRPROXY_SETTINGS_PRIVATE_H

#include "base/conf.h"

/* settings_listen.c: a listener; the group dns. */
extern const struct conf_table settings_listen_table, settings_dns_table;
/* settings_routing.c: the groups routing and register. */
extern const struct conf_table settings_routing_table,
    settings_register_table;
/* settings_control.c: the group control. */
extern const struct conf_table settings_control_table;
/* settings_policy.c: a rule. */
extern const struct conf_table settings_rule_table;

#endif
