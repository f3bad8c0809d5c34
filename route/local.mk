noinst_LIBRARIES += libroute.a
libroute_a_SOURCES = \
	route/blocks.c route/blocks.h route/snapshot_blocks.c \
	route/callers.c route/callers.h \
	route/emergencies.c route/emergencies.h \
	route/users.c route/users.h route/snapshot_users.c \
	route/exchange.c route/exchange.h \
	route/explain.c route/explain.h route/explain_private.h \
	route/explain_text.c \
	route/gateway_enrolment.h route/snapshot_enrolments.c \
	route/gateway_login.h \
	route/gateway_state.c route/gateway_state.h \
	route/gateway_uri.c route/gateway_uri.h \
	route/health.c route/health.h \
	route/intern.c route/intern.h \
	route/learnt.c route/learnt.h route/learnt_private.h \
	route/learnt_gateways.c \
	route/learnt_tree.c route/learnt_tree.h \
	route/limit_state.c route/limit_state.h route/limit_state_private.h \
	route/limit_states.c \
	route/limits.c route/limits.h \
	route/logins.c route/logins.h \
	route/plan.c route/plan.h route/plan_private.h \
	route/plan_gateways.c \
	route/plan_learnt.c \
	route/plan_order.c \
	route/plan_price.c \
	route/plan_user.c \
	route/portability.c route/portability.h \
	route/prefix_rules.c route/prefix_rules.h \
	route/pricebook.c route/pricebook.h route/pricebook_private.h \
	route/pricebook_build.c route/pricebook_build.h \
	route/pricebook_index.c \
	route/pricebook_load.c \
	route/pricebook_survey.c route/pricebook_survey.h \
	route/quality.c route/quality.h \
	route/snapshot.c route/snapshot.h route/snapshot_private.h \
	route/snapshot_callers.c route/snapshot_trunks.c \
	route/checksum.h \
	route/snapshot_carriers.c \
	route/snapshot_checksum.c \
	route/snapshot_emergencies.c \
	route/snapshot_limits.c \
	route/snapshot_portability.c \
	route/snapshot_load.c \
	route/snapshot_logins.c \
	route/snapshot_rules.c \
	route/table_rows.c route/table_rows.h \
	route/trunks.c route/trunks.h \
	route/snapshot_accounts.c \
	route/tally.c route/tally.h \
	route/turn.c route/turn.h
