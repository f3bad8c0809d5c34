/*
 * dns_server.h - a scripted DNS server in the loop of a test
 *
 * Listens on one loopback port by UDP and TCP. For each query the script
 * fills in what to send back; nothing makes a silent server.
 */
#ifndef TESTS_UNIT_DNS_SERVER_H
#define TESTS_UNIT_DNS_SERVER_H

#include <uv.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/dns_message.h"

struct dns_server_query {
	struct dns_message message; /* as it came */
	bool is_tcp;
	unsigned number; /* of this server, from 0 */
};

/* Writes the whole response into w; what is empty then is not sent. */
typedef void dns_script(void *arg, const struct dns_server_query *query,
			struct wbuf *w);

struct dns_test_server {
	uv_udp_t udp;
	uv_tcp_t tcp;
	dns_script *script;
	void *arg;
	struct addr addr;      /* where it listens */
	unsigned n_udp, n_tcp; /* queries seen */
	uint8_t datagram[4096];
};

/* Bind a free port, or the one of at (NULL: any); with_tcp false refuses TCP
 * connections. */
bool dns_test_server_open(struct dns_test_server *server, uv_loop_t *loop,
			  bool with_tcp, dns_script *script, void *arg);
/* Handles are gone after the loop has run again. */
void dns_test_server_close(struct dns_test_server *server);

/* Pieces of a response. flags are those of the header without QR and RD. */
void dns_put_header(struct wbuf *w, const struct dns_server_query *query,
		    unsigned flags, unsigned n_answers, unsigned n_authority);
/* A record owned by the name asked for. */
void dns_put_record(struct wbuf *w, uint16_t type, uint32_t ttl_s,
		    const void *data, size_t len);
void dns_put_naptr(struct wbuf *w, uint32_t ttl_s, unsigned order,
		   unsigned preference, const char *flags, const char *services,
		   const char *regexp, const char *replacement);
/* An SOA of "." in the authority section. */
void dns_put_soa(struct wbuf *w, uint32_t ttl_s, uint32_t minimum_s);

#endif
