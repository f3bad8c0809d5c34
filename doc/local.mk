dist_man_MANS += doc/man/enumq.1 \
	doc/man/lcrctl.1 \
	doc/man/lcrproxy.conf.5 \
	doc/man/lcrproxyd.8
EXTRA_DIST += doc/access.md \
	doc/architecture.md \
	doc/calls.md \
	doc/enum.md \
	doc/metrics.md \
	doc/policy.md \
	doc/records.md \
	doc/registration.md doc/routing.md \
	doc/rules.md \
	doc/signalling.md \
	doc/sips.md \
	doc/style.md \
	doc/fuzzing.md \
	doc/transports.md
