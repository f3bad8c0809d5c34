/*
 * addr.h - IPv4 and IPv6 addresses with ports, and networks
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"

struct addr {
	uint8_t family;	  /* 0 = none, 4 or 6 */
	uint16_t port;	  /* host order */
	uint8_t ip[16];	  /* IPv4 uses the first four; the rest is zero */
};

struct addr_net {
	struct addr addr; /* port unused */
	uint8_t bits;	  /* 0..32 or 0..128 */
};

#define ADDR_TEXT_MAX 64

/* An address without port, "192.0.2.1", "2001:db8::1" or "[2001:db8::1]":
 * 0 or ERR_SYNTAX. Names are not resolved; no zone ("%eth0") is accepted. An
 * IPv4 address mapped into IPv6 ("::ffff:192.0.2.1") becomes IPv4. */
int addr_parse_ip(struct str text, struct addr *out);
/* "192.0.2.1:5060", "[2001:db8::1]:5060"; without a port default_port. An
 * IPv6 address without brackets has no port. 0, ERR_SYNTAX, or ERR_RANGE (a
 * port over 65535). */
int addr_parse(struct str text, uint16_t default_port, struct addr *out);
/* "192.0.2.1:5060" / "[2001:db8::1]:5060", "-" for none;
 * out[ADDR_TEXT_MAX], which is returned. */
const char *addr_format(const struct addr *a, char *out);
/* Without the port and without brackets. */
const char *addr_format_ip(const struct addr *a, char *out);
bool addr_eq(const struct addr *a, const struct addr *b);
bool addr_eq_ip(const struct addr *a, const struct addr *b);
/* Who an address stands for where sources are counted: itself without its port,
 * of an IPv6 address its /64, all of which one host may use. */
struct addr addr_host(const struct addr *a);
/* "192.0.2.0/24", or an address alone (all bits): 0, ERR_SYNTAX, ERR_RANGE
 * (too many bits, or bits set behind the mask). */
int addr_net_parse(struct str text, struct addr_net *out);
bool addr_net_has(const struct addr_net *net, const struct addr *a);
/* To and from the socket API; the length is returned by the first (0 for
 * none). An IPv4 address mapped into IPv6 becomes IPv4. ERR_INVAL: another
 * family than these two. */
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out);
int addr_from_sockaddr(const struct sockaddr *sa, struct addr *out);

#endif
