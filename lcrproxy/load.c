/* load.c - the snapshot from the store, the secrets from their files */
#include "lcrproxy/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/schema.h"

#define SECRET_MIN 16
#define SECRET_MAX 4096

static void
load_health(const struct settings_health *health, struct tuning *out)
{
	out->health = (struct health_rules){
		.window_s = health->window_s,
		.min_samples = health->min_samples,
		.failure_percent = health->failure_percent,
		.probe_failures = health->probe_failures,
		.back_off_s = health->back_off_s,
		.back_off_max_s = health->back_off_max_s,
	};
	out->probe_interval_ms = health->probe_interval_ms;
	out->probe_timeout_ms = health->probe_timeout_ms;
}

void
load_tuning(const struct settings *settings, struct tuning *out)
{
	static const enum redirect_rule rules[] = {
		[REDIRECTS_PASS] = REDIRECT_PASS,
		[REDIRECTS_FOLLOW] = REDIRECT_FOLLOW,
		[REDIRECTS_FAIL] = REDIRECT_FAIL,
	};
	const struct settings_routing *routing = &settings->routing;

	*out = (struct tuning){
		.first_response_timeout_ms = routing->first_response_timeout_ms,
		.progress_timeout_ms = routing->progress_timeout_ms,
		.hunt_timeout_ms = routing->hunt_timeout_ms,
		.timer_c_ms = routing->timer_c_ms,
		.check = settings->numbering.check,
		.q850_decides = routing->q850_decides,
		.redirects = rules[routing->redirects],
		.ringing_timeout_ms = routing->ringing_timeout_ms,
		.max_hops = (int32_t)routing->max_hops,
		.expected_duration_s = routing->expected_duration_s,
	};
	load_health(&settings->health, out);
	out->register_back_off_s = settings->registers.back_off_s;
	out->register_back_off_max_s = settings->registers.back_off_max_s;
	/* the table's checks made sure it is good */
	(void)codes_parse(str_of(routing->reroute_codes), &out->reroute);
	(void)codes_parse(str_of(settings->numbers.reroute_codes),
			  &out->enum_reroute);
}

/* What the listeners can send to; they were checked. */
static uint32_t
reach_of(const struct settings *settings)
{
	static const unsigned of[] = { [SIP_UDP] = GATEWAY_UDP,
				       [SIP_TCP] = GATEWAY_TCP,
				       [SIP_TLS] = GATEWAY_TLS };
	const struct settings_listen *listen = settings->listen.items;
	uint32_t reach = 0;

	for (size_t i = 0; i < settings->listen.n; i++) {
		struct settings_place place;

		if (settings_listen_parse(&listen[i], &place) == 0)
			reach |= SNAPSHOT_REACH(of[place.transport],
						place.addr.family == 6);
	}
	return reach;
}

int
load_snapshot(const struct settings *settings,
	      const struct snapshot_settings *states, uint32_t generation, struct log *log, struct snapshot **out,
	      char error[LOAD_ERROR_MAX])
{
	struct snapshot_settings how = *states;
	char text[STORE_ERROR_MAX] = "";
	struct store *store;
	int err;

	settings_dial_plan(settings, &how.numbering);
	how.reach = reach_of(settings);
	how.registers_nowhere = !settings->registers.enabled;
	err = store_open(settings->store, STORE_READ_ONLY | STORE_ONE_PASS,
			 &store, text);
	if (err == 0) {
		err = schema_check(store, text);
		if (err == 0)
			err = snapshot_load(store, &how, generation, log, out,
					    text);
		store_close(store);
	}
	if (err != 0)
		snprintf(error, LOAD_ERROR_MAX, "store: %s",
			 text[0] != '\0' ? text : err_text(err));
	return err;
}

static int
read_secret(const struct settings_key *key, struct log *log,
	    struct token_key *out)
{
	char bytes[SECRET_MAX];
	FILE *file = fopen(key->secret_file, "r");
	struct str secret;
	size_t n;

	if (file == NULL) {
		log_error(log, "record_route.keys: %s: %s", key->secret_file,
			  strerror(errno));
		return ERR_IO;
	}
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	secret = str_trim(str_make(bytes, n));
	if (secret.len < SECRET_MIN || n == sizeof(bytes)) {
		log_error(log,
			  "record_route.keys: %s has %zu bytes, expected %d to "
			  "%d",
			  key->secret_file, secret.len, SECRET_MIN,
			  SECRET_MAX - 1);
		return ERR_INVAL;
	}
	out->id = (uint8_t)key->id;
	out->secret = str_dup(secret);
	out->secret_len = secret.len;
	return out->secret != NULL ? 0 : ERR_NOMEM;
}

/* Keys are found by their ids. */
static int
check_ids(const struct settings_key *items, size_t n, struct log *log)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (items[k].id != items[i].id)
				continue;
			log_error(log,
				  "record_route.keys: two have the id %lld, "
				  "expected one of each",
				  (long long)items[i].id);
			return ERR_INVAL;
		}
	}
	return 0;
}

int
load_keys(const struct settings *settings, struct log *log,
	  struct token_key **out, size_t *n_out)
{
	const struct settings_key *items = settings->record_route.keys.items;
	size_t n = settings->record_route.keys.n;
	struct token_key *keys = mem_zalloc(n, sizeof(*keys));
	int err = keys != NULL ? check_ids(items, n, log) : ERR_NOMEM;

	for (size_t i = 0; i < n && err == 0; i++)
		err = read_secret(&items[i], log, &keys[i]);
	if (err != 0) {
		load_keys_free(keys, keys != NULL ? n : 0);
		return err;
	}
	*out = keys;
	*n_out = n;
	return 0;
}

void
load_keys_free(struct token_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *secret = (char *)(uintptr_t)keys[i].secret;

		if (secret != NULL)
			explicit_bzero(secret, keys[i].secret_len);
		mem_free(secret);
	}
	mem_free(keys);
}
