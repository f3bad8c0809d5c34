noinst_LIBRARIES += libroute.a
libroute_a_SOURCES = \
	route/explain.c route/explain.h \
	route/gateway_state.c route/gateway_state.h \
	route/gateway_uri.c route/gateway_uri.h \
	route/intern.c route/intern.h \
	route/logins.c route/logins.h \
	route/plan.c route/plan.h \
	route/pricebook.c route/pricebook.h route/pricebook_private.h \
	route/pricebook_build.c route/pricebook_build.h \
	route/pricebook_index.c \
	route/pricebook_load.c \
	route/snapshot.c route/snapshot.h route/snapshot_private.h \
	route/snapshot_carriers.c \
	route/snapshot_load.c \
	route/table_rows.c route/table_rows.h \
	route/trunks.c route/trunks.h
