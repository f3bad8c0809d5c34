/*
 * location.h - from a SIP URI to places to send to (RFC 3263)
 *
 * NAPTR chooses the transport, SRV the servers (priorities, weights of RFC
 * 2782), A and AAAA the addresses; only what the URI leaves open is asked. The
 * result is a list to be tried in order. Answers are kept as long as their TTL
 * says, that there is none as long as its SOA says (RFC 2308), and when DNS
 * does not answer, what was known before serves on (RFC 8767). One look-up
 * takes a bounded time; calls for names that are known never wait.
 */
#ifndef SIP_LOCATION_H
#define SIP_LOCATION_H

#include "base/clock.h"
#include "base/dns.h"
#include "base/hash.h"
#include "base/timers.h"
#include "sip/flow.h"

#define SIP_PLACES_MAX 16

struct sip_location;
struct sip_look_up;

/* What a URI says; host is a name or an IP address, without brackets. */
struct sip_target {
	struct str host;
	uint16_t port;		      /* 0 = not given */
	bool is_sips;
	bool has_transport;
	enum sip_transport transport; /* with has_transport */
};

struct sip_place {
	struct addr addr;
	uint8_t transport; /* enum sip_transport */
};

struct sip_places {
	size_t n;
	struct sip_place at[SIP_PLACES_MAX]; /* the first to be tried first */
};

struct sip_location_env {
	struct dns *dns;	   /* all borrowed */
	const struct clock *clock;
	struct timers *timers;
	const struct hash_key *key;
	uint64_t seed;		   /* of the choice by weights */
	unsigned ip4, ip6;	   /* bit 1 << enum sip_transport: we can send
			    * by it over IPv4, over IPv6 */
	int timeout_ms;		   /* of a look-up */
	size_t max_entries;	   /* answers kept */
};

/* err as of sip_location_find; places borrowed, n == 0 with an error. */
typedef void sip_location_done(void *arg, int err,
			       const struct sip_places *places);

int sip_location_new(const struct sip_location_env *env,
		     struct sip_location **out);
/* Look-ups that run are forgotten without a word. To be called before
 * dns_close of env's dns. */
void sip_location_free(struct sip_location *location);
/*
 * 0: places is filled in (IP addresses, names that are known), and done is not
 * called. ERR_BUSY: DNS is asked; done will be called once, never before this
 * returned; *look_up is for sip_look_up_cancel until then. Else
 * ERR_NOTFOUND (there is no such domain, or it has no SIP server we can reach),
 * ERR_UNSUPPORTED (a transport or an address family we have not), ERR_SYNTAX
 * (no domain name), ERR_TIMEOUT (DNS does not tell now), ERR_NOMEM.
 */
int sip_location_find(struct sip_location *location,
		      const struct sip_target *target,
		      struct sip_places *places, sip_location_done *done,
		      void *arg, struct sip_look_up **look_up);
/* NULL is accepted. */
void sip_look_up_cancel(struct sip_look_up *look_up);

struct sip_location_counters {
	uint64_t look_ups, waited, timeouts, queries, failures, stale;
	size_t entries; /* at this moment */
};
const struct sip_location_counters *
sip_location_counters(const struct sip_location *location);

#endif
