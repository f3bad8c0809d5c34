/*
 * value.h - the values of header fields, parsed when asked for
 *
 * URIs and the sent-by of Vias go through libosip2's parsers on an arena;
 * results live until the arena is reset and, since many are pieces of it, as
 * long as the input.
 * What libosip2 accepts but RFC 3261 does not (control characters, ports over
 * 65535, unclosed quotes and brackets, empty parts) is refused here: reject,
 * never repair. The only part of sip/ that includes osip.
 */
#ifndef SIP_VALUE_H
#define SIP_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/str.h"

/* Call once per process before the first parse: makes libosip2 take its memory
 * from the arena given to each call (thread-local, never the heap). */
void sip_value_setup(void);

#define SIP_VALUE_MAX 4096 /* bytes of a URI or of one Via value */
#define SIP_PARAMS_MAX 64  /* parameters of one; more of either: ERR_LIMIT */

enum sip_scheme { SIP_SCHEME_OTHER, SIP_SCHEME_SIP, SIP_SCHEME_SIPS,
		  SIP_SCHEME_TEL };

struct sip_uri {
	enum sip_scheme scheme;
	struct str scheme_text;
	struct str user;      /* unescaped, may hold a NUL (%00); p == NULL
			       * without. Not sip or sips: all behind the
			       * ':', as it is */
	struct str host;      /* without brackets, and a final dot */
	uint16_t port;	      /* 0 = not given */
	struct addr addr;     /* when host is an IP literal; port filled in
			       * (5060/5061 by default); family 0 otherwise */
	struct str transport; /* the parameter's value, p == NULL without */
	bool has_lr;
	struct str params;    /* from the first ';' to the '?', as given */
	struct str text;      /* the URI as it was given */
};

struct sip_via {
	struct str transport; /* "UDP" */
	struct str host;      /* without brackets */
	uint16_t port;	      /* 0 = not given */
	struct str branch;    /* p == NULL without */
	bool has_alias;	      /* RFC 5923 */
	bool has_rport;
	uint16_t rport;	      /* 0 = no value */
	struct str received;  /* an IP address; p == NULL without */
};

struct sip_name_addr {
	struct str display;   /* without quotes and backslashes; p == NULL
			       * without */
	struct sip_uri uri;
	struct str tag;	      /* p == NULL without */
	struct str params;    /* behind the '>', from the first ';' */
	size_t len;	      /* bytes of the input up to the comma or end */
};

/* All: 0, ERR_SYNTAX, ERR_LIMIT or ERR_NOMEM. */
int sip_uri_parse(struct arena *arena, struct str text, struct sip_uri *out);
/* Whether the text of a URI begins with "sips:", in any case. */
bool sip_uri_is_sips(struct str text);
/* A parameter of the URI (behind the host; of tel behind the number) as given,
 * not unescaped; p == NULL when absent, "" when without value. */
struct str sip_uri_param(const struct sip_uri *uri, const char *name);
/* The first value of a Via row; rest gets what follows its comma, p == NULL
 * at the end. rest may be NULL. */
int sip_via_parse(struct arena *arena, struct str text, struct sip_via *out,
		  struct str *rest);
/* The first value of From, To, Contact, Route, Record-Route, P-Asserted-
 * Identity ...; rest likewise. */
int sip_name_addr_parse(struct arena *arena, struct str text,
			struct sip_name_addr *out, struct str *rest);
/* The tag of a From or To value without parsing the rest; p == NULL when
 * there is none. Skips quoted strings and <...>. */
struct str sip_tag(struct str value);
/* The offset just behind the first value of a comma list, of its comma or of
 * the end (quotes and <...> respected). */
size_t sip_list_first_len(struct str list);
/* Take the first value, white space and all, off a comma list that is not
 * empty; *rest begins behind its comma. */
struct str sip_list_next(struct str *rest);

#endif
