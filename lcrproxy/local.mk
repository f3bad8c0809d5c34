noinst_LIBRARIES += liblcrproxy.a
liblcrproxy_a_SOURCES = \
	lcrproxy/access.c lcrproxy/access.h \
	lcrproxy/ack_login.c lcrproxy/ack_login.h \
	lcrproxy/admit.c lcrproxy/admit.h \
	lcrproxy/app.c lcrproxy/app.h lcrproxy/app_private.h \
	lcrproxy/app_reload.c \
	lcrproxy/app_start.c \
	lcrproxy/answer.c lcrproxy/answer.h \
	lcrproxy/attempt.c lcrproxy/attempt.h \
	lcrproxy/brakes.c lcrproxy/brakes.h \
	lcrproxy/call.c lcrproxy/call.h \
	lcrproxy/cancel.c lcrproxy/cancel.h \
	lcrproxy/challenge.c lcrproxy/challenge.h \
	lcrproxy/claim.c lcrproxy/claim.h \
	lcrproxy/caller.c lcrproxy/caller.h \
	lcrproxy/caller_from.c lcrproxy/caller_from.h \
	lcrproxy/present.c lcrproxy/present.h \
	lcrproxy/commands.c \
	lcrproxy/control.c lcrproxy/control.h \
	lcrproxy/counted.c lcrproxy/counted.h \
	lcrproxy/counters.c lcrproxy/counters.h \
	lcrproxy/cseq.c lcrproxy/cseq.h \
	lcrproxy/dialog.c lcrproxy/dialog.h lcrproxy/dialog_private.h \
	lcrproxy/dialog_judge.c lcrproxy/dialog_repeat.c \
	lcrproxy/dialog_send.c \
	lcrproxy/exposition.c lcrproxy/exposition.h \
	lcrproxy/failure.c lcrproxy/failure.h \
	lcrproxy/files.c lcrproxy/files.h \
	lcrproxy/follow.c lcrproxy/follow.h \
	lcrproxy/enum_call.c lcrproxy/enum_call.h \
	lcrproxy/enum_report.c lcrproxy/enum_report.h \
	lcrproxy/enum_rules.c lcrproxy/enum_rules.h \
	lcrproxy/enum_worker.c lcrproxy/enum_worker.h \
	lcrproxy/settings_enum.c lcrproxy/settings_enum.h \
	lcrproxy/emergency.c lcrproxy/emergency.h \
	lcrproxy/forger.c lcrproxy/forger.h \
	lcrproxy/forward.c lcrproxy/forward.h \
	lcrproxy/gateway_names.c lcrproxy/gateway_names.h \
	lcrproxy/gather.c lcrproxy/gather.h \
	lcrproxy/harvest.c lcrproxy/harvest.h \
	lcrproxy/guard.c lcrproxy/guard.h \
	lcrproxy/http.c lcrproxy/http.h lcrproxy/http_private.h \
	lcrproxy/http_loop.c \
	lcrproxy/handover.c lcrproxy/handover.h \
	lcrproxy/heal.c lcrproxy/heal.h \
	lcrproxy/hop.c lcrproxy/hop.h \
	lcrproxy/hunt.c lcrproxy/hunt.h \
	lcrproxy/caller_id.c lcrproxy/caller_id.h \
	lcrproxy/identity.c lcrproxy/identity.h \
	lcrproxy/identity_node.c \
	lcrproxy/intake.c \
	lcrproxy/limit_report.c lcrproxy/limit_report.h \
	lcrproxy/listeners.c lcrproxy/listeners.h \
	lcrproxy/live.c lcrproxy/live.h \
	lcrproxy/load.c lcrproxy/load.h \
	lcrproxy/load_policy.c \
	lcrproxy/marks.c \
	lcrproxy/mend.c lcrproxy/mend.h \
	lcrproxy/metrics.c lcrproxy/metrics.h \
	lcrproxy/metrics_accounts.c lcrproxy/metrics_acct.c \
	lcrproxy/metrics_counters.c lcrproxy/metrics_gateways.c \
	lcrproxy/metrics_node.c lcrproxy/metrics_trip.c \
	lcrproxy/meter.c lcrproxy/meter.h \
	lcrproxy/monitor.c lcrproxy/monitor.h \
	lcrproxy/nat.c lcrproxy/nat.h \
	lcrproxy/node.h \
	lcrproxy/offer.c lcrproxy/offer.h \
	lcrproxy/patience.c lcrproxy/patience.h \
	lcrproxy/place.c lcrproxy/place.h \
	lcrproxy/policy.c lcrproxy/policy.h lcrproxy/policy_private.h \
	lcrproxy/policy_build.c lcrproxy/policy_build.h \
	lcrproxy/policy_check.c lcrproxy/policy_conditions.c \
	lcrproxy/policy_explain.c lcrproxy/policy_explain.h \
	lcrproxy/ported.c lcrproxy/ported.h \
	lcrproxy/proxy.c lcrproxy/proxy.h \
	lcrproxy/reason.c lcrproxy/reason.h \
	lcrproxy/records.c lcrproxy/records.h \
	lcrproxy/redirect.c lcrproxy/redirect.h \
	lcrproxy/refusal.h \
	lcrproxy/registrant.c lcrproxy/registrant.h \
	lcrproxy/registrant_private.h lcrproxy/registrant_told.c \
	lcrproxy/registrants.c lcrproxy/registrants.h \
	lcrproxy/relay.c lcrproxy/relay.h \
	lcrproxy/relay_private.h lcrproxy/relay_send.c \
	lcrproxy/report.c lcrproxy/report.h \
	lcrproxy/resume.c lcrproxy/resume.h \
	lcrproxy/route_command.c lcrproxy/route_command.h \
	lcrproxy/secure.c lcrproxy/secure.h \
	lcrproxy/serve.c lcrproxy/serve.h lcrproxy/serve_other.c \
	lcrproxy/ruri.c lcrproxy/ruri.h \
	lcrproxy/settings.c lcrproxy/settings.h \
	lcrproxy/shun.c lcrproxy/shun.h \
	lcrproxy/strict.c lcrproxy/strict.h \
	lcrproxy/subscription.c lcrproxy/subscription.h \
	lcrproxy/settings_control.c \
	lcrproxy/settings_policy.c \
	lcrproxy/settings_routing.c \
	lcrproxy/settings_listen.c lcrproxy/settings_private.h \
	lcrproxy/table.c lcrproxy/table.h \
	lcrproxy/taboo.c lcrproxy/taboo.h \
	lcrproxy/trip_export.c lcrproxy/trip_export.h \
	lcrproxy/trip_feed.c lcrproxy/trip_feed.h \
	lcrproxy/trip_node.c lcrproxy/trip_node.h \
	lcrproxy/trip_report.c lcrproxy/trip_report.h \
	lcrproxy/target.c lcrproxy/target.h \
	lcrproxy/told.c lcrproxy/told.h \
	lcrproxy/verdict.c lcrproxy/verdict.h \
	lcrproxy/watch.c lcrproxy/watch.h \
	lcrproxy/uri_hop.c lcrproxy/uri_hop.h \
	lcrproxy/transports.c lcrproxy/transports.h \
	lcrproxy/way.c lcrproxy/way.h \
	lcrproxy/worker.c lcrproxy/worker.h \
	lcrproxy/worker_parts.c lcrproxy/worker_parts.h

LIBS_LCRPROXY = liblcrproxy.a libsip.a libenum.a libtrip.a libroute.a libacct.a $(LIBS_DB) \
	$(OSIP_LIBS) $(JANSSON_LIBS) $(MICROHTTPD_LIBS)

sbin_PROGRAMS += lcrproxyd
lcrproxyd_SOURCES = lcrproxy/lcrproxyd.c
lcrproxyd_LDADD = $(LIBS_LCRPROXY)

bin_PROGRAMS += lcrctl
lcrctl_SOURCES = lcrproxy/lcrctl.c
lcrctl_LDADD = $(LIBS_LCRPROXY)
