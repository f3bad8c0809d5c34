# Fuzz targets: tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput, and seeds in
# tests/fuzz/seeds/NAME/. Without --enable-fuzz a target is linked with replay.c
# and `make check` runs its seeds; with it (clang) it is a libFuzzer program:
#
#	make check && tests/fuzz/fuzz_NAME CORPUS_DIR tests/fuzz/seeds/NAME
#
# To add one, write fuzz_NAME.c, put 3 to 6 seeds into seeds/NAME/, and add
# below (LIBS_... are those of the folder that is fuzzed):
#
#	check_PROGRAMS += tests/fuzz/fuzz_NAME
#	tests_fuzz_fuzz_NAME_LDADD = $(FUZZ_MAIN) $(LIBS_BASE)
#	tests_fuzz_fuzz_NAME_SOURCES = tests/fuzz/fuzz_NAME.c tests/fuzz/fuzz.h
#
# The seeds are found and distributed without being listed.
if FUZZ
FUZZ_MAIN = $(FUZZ_LDFLAGS)
else
FUZZ_MAIN = tests/fuzz/libreplay.a
check_LIBRARIES = tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h
endif

TESTS += tests/fuzz/run-seeds.sh
EXTRA_DIST += tests/fuzz/run-seeds.sh tests/fuzz/seeds tests/fuzz/sip.dict \
	tests/fuzz/campaign.py

check_PROGRAMS += tests/fuzz/fuzz_conf
tests_fuzz_fuzz_conf_LDADD = $(FUZZ_MAIN) $(LIBS_BASE)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_csv
tests_fuzz_fuzz_csv_LDADD = $(FUZZ_MAIN) $(LIBS_BASE)
tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz_csv.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_band
tests_fuzz_fuzz_band_LDADD = $(FUZZ_MAIN) $(LIBS_TEL)
tests_fuzz_fuzz_band_SOURCES = tests/fuzz/fuzz_band.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_front
tests_fuzz_fuzz_front_LDADD = $(FUZZ_MAIN) $(LIBS_ACCT)
tests_fuzz_fuzz_front_SOURCES = tests/fuzz/fuzz_front.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_number
tests_fuzz_fuzz_number_LDADD = $(FUZZ_MAIN) $(LIBS_TEL)
tests_fuzz_fuzz_number_SOURCES = tests/fuzz/fuzz_number.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_media
tests_fuzz_fuzz_media_LDADD = $(FUZZ_MAIN) $(LIBS_TEL)
tests_fuzz_fuzz_media_SOURCES = tests/fuzz/fuzz_media.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_porting
tests_fuzz_fuzz_porting_LDADD = $(FUZZ_MAIN) $(LIBS_TEL)
tests_fuzz_fuzz_porting_SOURCES = tests/fuzz/fuzz_porting.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_scan
tests_fuzz_fuzz_scan_LDADD = $(FUZZ_MAIN) $(LIBS_SIP)
tests_fuzz_fuzz_scan_SOURCES = tests/fuzz/fuzz_scan.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_frame
tests_fuzz_fuzz_frame_LDADD = $(FUZZ_MAIN) $(LIBS_SIP)
tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_value
tests_fuzz_fuzz_value_LDADD = $(FUZZ_MAIN) $(LIBS_SIP)
tests_fuzz_fuzz_value_SOURCES = tests/fuzz/fuzz_value.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_digest
tests_fuzz_fuzz_digest_LDADD = $(FUZZ_MAIN) $(LIBS_SIP)
tests_fuzz_fuzz_digest_SOURCES = tests/fuzz/fuzz_digest.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_txn
tests_fuzz_fuzz_txn_LDADD = $(FUZZ_MAIN) $(LIBS_SIP)
tests_fuzz_fuzz_txn_SOURCES = tests/fuzz/fuzz_txn.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_pack
tests_fuzz_fuzz_pack_LDADD = $(FUZZ_MAIN) $(LIBS_BASE)
tests_fuzz_fuzz_pack_SOURCES = tests/fuzz/fuzz_pack.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_event
tests_fuzz_fuzz_event_LDADD = $(FUZZ_MAIN) $(LIBS_ACCT)
tests_fuzz_fuzz_event_SOURCES = tests/fuzz/fuzz_event.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_journal
tests_fuzz_fuzz_journal_LDADD = $(FUZZ_MAIN) $(LIBS_ACCT)
tests_fuzz_fuzz_journal_SOURCES = tests/fuzz/fuzz_journal.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_token
tests_fuzz_fuzz_token_LDADD = $(FUZZ_MAIN) $(LIBS_ACCT)
tests_fuzz_fuzz_token_SOURCES = tests/fuzz/fuzz_token.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_reason
tests_fuzz_fuzz_reason_LDADD = $(FUZZ_MAIN) $(LIBS_LCRPROXY)
tests_fuzz_fuzz_reason_SOURCES = tests/fuzz/fuzz_reason.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_deck_codes
tests_fuzz_fuzz_deck_codes_LDADD = $(FUZZ_MAIN) $(LIBS_DB)
tests_fuzz_fuzz_deck_codes_SOURCES = tests/fuzz/fuzz_deck_codes.c \
	tests/fuzz/fuzz.h
check_PROGRAMS += tests/fuzz/fuzz_trip
tests_fuzz_fuzz_trip_LDADD = $(FUZZ_MAIN) $(LIBS_TRIP)
tests_fuzz_fuzz_trip_SOURCES = tests/fuzz/fuzz_trip.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_trip_session
tests_fuzz_fuzz_trip_session_LDADD = $(FUZZ_MAIN) $(LIBS_TRIP)
tests_fuzz_fuzz_trip_session_SOURCES = tests/fuzz/fuzz_trip_session.c \
	tests/fuzz/fuzz.h
check_PROGRAMS += tests/fuzz/fuzz_dns
tests_fuzz_fuzz_dns_LDADD = $(FUZZ_MAIN) $(LIBS_BASE)
tests_fuzz_fuzz_dns_SOURCES = tests/fuzz/fuzz_dns.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_enum
tests_fuzz_fuzz_enum_LDADD = $(FUZZ_MAIN) $(LIBS_ENUM)
tests_fuzz_fuzz_enum_SOURCES = tests/fuzz/fuzz_enum.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_rewrite
tests_fuzz_fuzz_rewrite_LDADD = $(FUZZ_MAIN) $(LIBS_ENUM)
tests_fuzz_fuzz_rewrite_SOURCES = tests/fuzz/fuzz_rewrite.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_enum_uri
tests_fuzz_fuzz_enum_uri_LDADD = $(FUZZ_MAIN) $(LIBS_ENUM)
tests_fuzz_fuzz_enum_uri_SOURCES = tests/fuzz/fuzz_enum_uri.c tests/fuzz/fuzz.h
check_PROGRAMS += tests/fuzz/fuzz_recon
tests_fuzz_fuzz_recon_LDADD = $(FUZZ_MAIN) $(LIBS_CDRTOOLS)
tests_fuzz_fuzz_recon_SOURCES = tests/fuzz/fuzz_recon.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_edit
tests_fuzz_fuzz_edit_LDADD = $(FUZZ_MAIN) $(LIBS_SIP)
tests_fuzz_fuzz_edit_SOURCES = tests/fuzz/fuzz_edit.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_session
tests_fuzz_fuzz_session_LDADD = $(FUZZ_MAIN) $(LIBS_SIP)
tests_fuzz_fuzz_session_SOURCES = tests/fuzz/fuzz_session.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_way
tests_fuzz_fuzz_way_LDADD = $(FUZZ_MAIN) $(LIBS_LCRPROXY)
tests_fuzz_fuzz_way_SOURCES = tests/fuzz/fuzz_way.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_uri_hop
tests_fuzz_fuzz_uri_hop_LDADD = $(FUZZ_MAIN) $(LIBS_LCRPROXY)
tests_fuzz_fuzz_uri_hop_SOURCES = tests/fuzz/fuzz_uri_hop.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_policy
tests_fuzz_fuzz_policy_LDADD = $(FUZZ_MAIN) $(LIBS_LCRPROXY)
tests_fuzz_fuzz_policy_SOURCES = tests/fuzz/fuzz_policy.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_binding
tests_fuzz_fuzz_binding_LDADD = $(FUZZ_MAIN) $(LIBS_SIP)
tests_fuzz_fuzz_binding_SOURCES = tests/fuzz/fuzz_binding.c tests/fuzz/fuzz.h

check_PROGRAMS += tests/fuzz/fuzz_proxy
tests_fuzz_fuzz_proxy_LDADD = $(FUZZ_MAIN) $(LIBS_LCRPROXY)
tests_fuzz_fuzz_proxy_LDFLAGS = -Wl,--wrap=transports_send \
	-Wl,--wrap=worker_start -Wl,--wrap=journal_add
tests_fuzz_fuzz_proxy_SOURCES = tests/fuzz/fuzz_proxy.c tests/fuzz/fuzz.h \
	tests/fuzz/proxy_node.c tests/fuzz/proxy_node.h
