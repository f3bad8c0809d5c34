/* ruri.c - the Request-URI that a gateway gets */
#include "lcrproxy/ruri.h"

#include <string.h>

#include "lcrproxy/emergency.h"

#define USER_MAX 128 /* an escaped prefix, digits, npdi and rn */

static int
write_user(const struct call *call, const struct gateway *gateway,
	   char out[USER_MAX])
{
	if (call->emergency[0] != '\0')
		return emergency_user(gateway, call->emergency, out, USER_MAX);
	return plan_gateway_user(gateway, snapshot_numbering(call->snapshot),
				 &call->number, &call->porting, out, USER_MAX);
}

struct str
ruri_make(const struct call *call, const struct gateway *gateway)
{
	static const char *const params[] = {
		[GATEWAY_ANY] = "",
		[GATEWAY_UDP] = "",
		[GATEWAY_TCP] = ";transport=tcp",
		[GATEWAY_TLS] = ";transport=tls",
		[GATEWAY_OTHER] = "",
	};
	const char *param =
	    gateway->is_sips ? "" : params[gateway->transport];
	char user[USER_MAX];

	if (write_user(call, gateway, user) != 0)
		return str_make(NULL, 0);
	/* parameters of a number are such only here (RFC 3261 19.1.6) */
	return arena_join(
	    &call->worker->arena,
	    (const struct str[]){
		str_of(gateway->is_sips ? "sips:" : "sip:"), str_of(user),
		str_of("@"), str_of(gateway->host), str_of(param),
		str_of(strchr(user, ';') != NULL ? ";user=phone" : "") },
	    6);
}
