/* ruri.c - the Request-URI that a gateway gets */
#include "lcrproxy/ruri.h"

#include <string.h>

#include "lcrproxy/emergency.h"

static int
write_user(const struct call *call, const struct gateway *gateway,
	   char out[RURI_USER_MAX])
{
	if (call->emergency[0] != '\0')
		return emergency_user(gateway, call->emergency, out, RURI_USER_MAX);
	return plan_gateway_user(gateway, snapshot_numbering(call->snapshot),
				 &call->number, &call->porting, out, RURI_USER_MAX);
}

struct str
ruri_of_user(struct arena *arena, const struct gateway *gateway,
	     const char *user, bool says_udp)
{
	static const char *const params[] = {
		[GATEWAY_ANY] = "",
		[GATEWAY_UDP] = ";transport=udp",
		[GATEWAY_TCP] = ";transport=tcp",
		[GATEWAY_TLS] = ";transport=tls",
		[GATEWAY_OTHER] = "",
	};
	const char *param = params[gateway->transport];

	if (gateway->is_sips ||
	    (gateway->transport == GATEWAY_UDP && !says_udp))
		param = "";
	/* parameters of a number are such only here (RFC 3261 19.1.6) */
	return arena_join(
	    arena,
	    (const struct str[]){
		str_of(gateway->is_sips ? "sips:" : "sip:"), str_of(user),
		str_of("@"), str_of(gateway->host), str_of(param),
		str_of(strchr(user, ';') != NULL ? ";user=phone" : "") },
	    6);
}

struct str
ruri_make(const struct call *call, const struct gateway *gateway)
{
	char user[RURI_USER_MAX];

	if (write_user(call, gateway, user) != 0)
		return str_make(NULL, 0);
	return ruri_of_user(&call->worker->arena, gateway, user, false);
}
