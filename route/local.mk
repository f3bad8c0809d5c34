noinst_LIBRARIES += libroute.a
libroute_a_SOURCES = \
	route/gateway_state.c route/gateway_state.h \
	route/plan.c route/plan.h \
	route/pricebook.c route/pricebook.h \
	route/pricebook_load.c \
	route/snapshot.c route/snapshot.h \
	route/snapshot_load.c \
	route/trunks.c route/trunks.h
