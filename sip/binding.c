/* binding.c - Contacts of a 2xx, and the rarer rows of a registrar's answers */
#include "sip/binding.h"

#include "base/err.h"
#include "sip/chars.h"
#include "sip/session.h"
#include "sip/value.h"

/* What is found while the Contacts are walked through. */
struct search {
	struct arena *arena;
	const struct sip_uri *ours;
	uint32_t preset_s; /* of a Contact that says nothing */
	size_t n;	   /* Contacts */
	bool is_found;
	uint32_t expires_s; /* of ours, else of the last one */
};

/* delta-seconds, all of s; more than 32 bits are as many as they hold. */
static bool
read_delta(struct str s, uint32_t *out)
{
	uint64_t value;
	int err = str_parse_u64(s, UINT32_MAX, &value);

	if (err == 0)
		*out = (uint32_t)value;
	else if (err == ERR_RANGE)
		*out = UINT32_MAX;
	return err == 0 || err == ERR_RANGE;
}

static uint32_t
expires_of(const struct search *search, const struct sip_name_addr *contact)
{
	struct str rest = contact->params;
	uint32_t seconds = search->preset_s;
	struct sip_param param;

	while (sip_param_next(&rest, &param)) {
		if (sip_name_is(param.name, "expires"))
			(void)read_delta(param.value, &seconds);
	}
	return seconds;
}

static uint16_t
port_of(const struct sip_uri *uri)
{
	if (uri->port != 0)
		return uri->port;
	return uri->scheme == SIP_SCHEME_SIPS ||
		       str_eq_nocase(uri->transport, str_of("tls"))
		   ? 5061
		   : 5060;
}

static bool
is_same_host(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->addr.family != 0 && b->addr.family != 0)
		return addr_eq_ip(&a->addr, &b->addr);
	return str_eq_nocase(a->host, b->host);
}

/* 19.1.4, as far as bindings of one address-of-record differ. */
static bool
is_same(const struct sip_uri *a, const struct sip_uri *b)
{
	struct str udp = str_of("udp");

	return a->scheme == b->scheme && str_eq(a->user, b->user) &&
	       is_same_host(a, b) && port_of(a) == port_of(b) &&
	       str_eq_nocase(a->transport.p != NULL ? a->transport : udp,
			     b->transport.p != NULL ? b->transport : udp);
}

/* One row, a comma list. Behind what cannot be read nothing can be. */
static int
walk_row(struct search *search, struct str rest)
{
	while (rest.p != NULL && rest.len > 0) {
		struct sip_name_addr contact;
		int err = sip_name_addr_parse(search->arena, rest, &contact,
					      &rest);

		if (err != 0)
			return err == ERR_NOMEM ? err : 0;
		search->n++;
		if (search->is_found)
			continue;
		search->is_found = is_same(&contact.uri, search->ours);
		search->expires_s = expires_of(search, &contact);
	}
	return 0;
}

int
sip_binding_find(struct arena *arena, const struct sip_msg *response,
		 struct str contact, uint32_t asked_s, uint32_t *granted_s)
{
	int row = response->first[SIP_HDR_CONTACT];
	struct search search = { .arena = arena, .preset_s = asked_s };
	struct sip_uri ours;
	int err = sip_uri_parse(arena, contact, &ours);

	*granted_s = 0;
	search.ours = &ours;
	(void)sip_session_interval(response, SIP_HDR_EXPIRES,
				   &search.preset_s);
	for (; err == 0 && row >= 0; row = response->fields[row].next)
		err = walk_row(&search, sip_field_value(
					    response, &response->fields[row]));
	if (err == 0 && (search.is_found || search.n == 1))
		*granted_s = search.expires_s;
	else if (err == 0 && search.n > 1)
		*granted_s = search.preset_s;
	return err;
}

/* The first row of a name that has no number of its own. */
static struct str
find_row(const struct sip_msg *msg, const char *name)
{
	int row = msg->first[SIP_HDR_OTHER];

	for (; row >= 0; row = msg->fields[row].next) {
		const struct sip_field *field = &msg->fields[row];

		if (sip_name_is(sip_field_name(msg, field), name))
			return sip_field_value(msg, field);
	}
	return str_make(NULL, 0);
}

uint32_t
sip_min_expires(const struct sip_msg *response)
{
	uint32_t seconds = 0;

	(void)read_delta(find_row(response, "min-expires"), &seconds);
	return seconds;
}

struct str
sip_next_nonce(const struct sip_msg *response, bool of_proxy)
{
	struct str rest =
	    find_row(response, of_proxy ? "proxy-authentication-info"
					: "authentication-info");

	while (rest.p != NULL && rest.len > 0) {
		struct str value = str_trim(sip_list_next(&rest));
		struct str name = str_trim(str_cut(&value, '='));

		value = str_trim(value.p != NULL ? value : str_make("", 0));
		if (sip_name_is(name, "nextnonce") && value.len > 2 &&
		    sip_quoted_len(value) == value.len)
			return str_make(value.p + 1, value.len - 2);
	}
	return str_make(NULL, 0);
}
