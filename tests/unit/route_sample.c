/* route_sample.c - a store with some of everything */
#include "tests/unit/route_sample.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define RATES_HEAD "tariff,prefix,destination,rate\n"
#define ACCOUNTS_HEAD                                                     \
	"account,name,tariff,country_code,international_prefix,"          \
	"national_prefix,international,channels,cps,strategy,min_margin," \
	"max_hops,timezone,enabled\n"
#define GATEWAYS_HEAD                                                    \
	"gateway,carrier,uri,priority,weight,capacity,cps,strip,prefix," \
	"enabled\n"

const struct route_csv route_sample[] = {
	{ "tariffs", "tariff,currency\nbuy-b,EUR\nbuy-a,EUR\nsell,EUR\n" },
	{ "rates", RATES_HEAD "buy-a,49,Germany,0.01\nsell,49,Germany,0.02\n" },
	{ "carriers", "carrier,tariff,priority,weight,enabled\n"
		      "zulu,buy-a,5,7,yes\n"
		      "alpha,buy-b,,,no\n"
		      "mike,,,,\n"
		      "kilo,buy-a,,,\n" },
	{ "gateways",
	  GATEWAYS_HEAD "z-one,zulu,sip:192.0.2.1:5070,2,,10,20,2,00,yes\n"
			"z-two,zulu,sips:[2001:db8::2],1,5,,,,,no\n"
			"z-three,zulu,sip:192.0.2.3;transport=udp,1,9,,,,,\n"
			"z-four,zulu,sip:192.0.2.1:5070,1,9,,,,none,\n"
			"a-one,alpha,sip:gw.example.net;transport=sctp,,,,,,#9+,\n" },
	{ "accounts", ACCOUNTS_HEAD
	  "acme,Acme,sell,44,,0,yes,30,5,priority,0.0001,4,Europe/Paris,yes\n"
	  "beta,,,,,,,,,,,,,no\n"
	  "gamma,,,1,011,none,,,,,,,,\n" },
	{ "trunks", "account,address,port,transport,tech_prefix\n"
		    "acme,192.0.2.0/24,,,\n"
		    "beta,192.0.2.7,5060,tcp,99\n"
		    "gamma,198.51.100.1,,,77\n"
		    "acme,198.51.100.1,,,\n" },
	{ NULL, NULL },
};

const struct dial_plan route_sample_numbering = { "49", "00", "0" };
const struct hash_key route_sample_key = { 1, 2 };

bool
route_sample_open(struct route_sample *f, const char *name, const char *sql)
{
	struct snapshot_settings settings = {
		.numbering = route_sample_numbering,
		.proof_key = &route_sample_key,
	};
	struct log log;

	*f = (struct route_sample){ .err = ERR_NOMEM };
	f->log_file = tmpfile();
	if (!CHECK(f->log_file != NULL) ||
	    !OK(route_store_open(name, route_sample, sql, &f->store)) ||
	    !OK(gateway_states_new(&f->states)))
		return false;
	settings.states = f->states;
	log_init(&log, fileno(f->log_file), LOG_LEVEL_WARNING);
	f->err = snapshot_load(f->store, &settings, 42, &log, &f->snapshot,
			       f->error);
	return f->err == 0;
}

void
route_sample_close(struct route_sample *f)
{
	snapshot_unref(f->snapshot);
	gateway_states_free(f->states);
	store_close(f->store);
	if (f->log_file != NULL)
		fclose(f->log_file);
}

bool
route_sample_logged(const struct route_sample *f, const char *text)
{
	static char all[16384];
	ssize_t n = pread(fileno(f->log_file), all, sizeof(all) - 1, 0);

	all[n > 0 ? n : 0] = '\0';
	if (strstr(all, text) != NULL)
		return true;
	if (!test_starved())
		fprintf(stderr, "not logged: %s\nbut: %s", text, all);
	return false;
}
