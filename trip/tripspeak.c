/* tripspeak.c - a TRIP speaker on the command line */
#include "trip/tripspeak.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CONFIG_MAX 4096

static const char synopsis[] =
    "--itad N --id ID --peer ADDRESS[:PORT] [--peer-itad N] [OPTION...]\n"
    "--config FILE [OPTION...]\n"
    "--decode FILE|HEX [--json]";

static const char about[] =
    "Speaks TRIP (RFC 3219), or TGREP as a gateway (RFC 5140): announces "
    "routes,\n"
    "shows what it learns, and obeys commands on standard input:\n\n"
    "  announce PREFIX [KEY=VALUE...]   withdraw PREFIX|all\n"
    "  routes [PREFIX]   lookup NUMBER   peers   counters\n"
    "  reset|stop|start PEER   quit\n\n"
    "SIGUSR1 withdraws everything, SIGHUP announces the file again, SIGTERM\n"
    "and SIGINT say Cease and end.";

/* --- events --- */

static void
on_change(void *arg, enum trip_change_kind kind, const struct trip_view *view)
{
	static const char *const names[] = { "added", "changed", "withdrawn" };
	struct tripspeak *speak = arg;

	if (!view->is_local)
		tripspeak_print(speak->options.json, names[kind],
				trip_show_view(view));
}

static void
on_state(void *arg, const struct trip_peer *peer, enum trip_state before)
{
	struct tripspeak *speak = arg;
	struct trip_peer_info info;

	trip_peer_info(peer, &info);
	tripspeak_print(speak->options.json, "state",
			json_pack("{s:s, s:s, s:s}", "peer",
				  info.settings->address, "before",
				  trip_state_text(before), "state",
				  trip_state_text(info.state)));
}

static void
on_update(void *arg, const struct trip_peer *peer, bool is_sent,
	  const uint8_t *msg, size_t len)
{
	struct tripspeak *speak = arg;
	struct trip_peer_info info;
	const struct trip_update_context context = {
		.is_tgrep = true, .is_internal = len > 5 && (msg[3] & 8) != 0
	};
	json_t *object;

	if (!speak->options.updates)
		return;
	trip_peer_info(peer, &info);
	object = trip_show_message(msg, len, &context);
	if (object != NULL)
		json_object_set_new(object, "peer",
				    json_string(info.settings->address));
	tripspeak_print(speak->options.json, is_sent ? "sent" : "received",
			object);
}

/* --- settings --- */

struct root {
	struct trip_settings trip;
};

static const struct conf_field root_fields[] = {
	{ .key = "trip", .type = CONF_GROUP, .sub = &trip_settings_table,
	  .offset = offsetof(struct root, trip), .required = true,
	  .help = "the speaker" },
};

static const struct conf_table root_table = { root_fields, 1,
					      sizeof(struct root), NULL };

static void
put_setting(struct wbuf *w, const char *key, const char *value, bool quoted)
{
	if (value == NULL)
		return;
	if (strpbrk(value, quoted ? "\"\\\n" : "; \n") != NULL)
		w->err = ERR_SPACE;
	wbuf_printf(w, quoted ? "%s = \"%s\"; " : "%s = %s; ", key, value);
}

static void
put_tls(const struct tripspeak_options *o, struct wbuf *w)
{
	wbuf_text(w, "tls = { ");
	put_setting(w, "certificate", o->certificate, true);
	put_setting(w, "key", o->key, true);
	put_setting(w, "ca", o->ca, true);
	wbuf_text(w, "}; ");
}

/* The options as a configuration: one way to check them. */
static int
write_config(const struct tripspeak_options *o, struct wbuf *w)
{
	wbuf_text(w, "trip = { ");
	put_setting(w, "itad", o->itad, false);
	put_setting(w, "id", o->id, true);
	put_setting(w, "listen", o->listen, true);
	put_setting(w, "mode", o->mode, true);
	if (o->tgrep)
		wbuf_text(w, "gateway = true; ");
	if (o->hold != NULL)
		wbuf_printf(w, "timers = { hold_s = %s; }; ", o->hold);
	put_tls(o, w);
	if (o->peer != NULL) {
		wbuf_text(w, "peers = ( { ");
		put_setting(w, "address", o->peer, true);
		put_setting(w, "itad",
			    o->peer_itad != NULL ? o->peer_itad : o->itad,
			    false);
		put_setting(w, "password", o->password, true);
		put_setting(w, "tls_name", o->tls_name, true);
		if (o->certificate != NULL)
			wbuf_text(w, "tls = true; ");
		if (o->gtsm)
			wbuf_text(w, "gtsm = true; ");
		wbuf_text(w, "} ); ");
	}
	wbuf_text(w, "};");
	wbuf_u8(w, 0);
	return w->err;
}

static int
read_settings(struct tripspeak *speak)
{
	const struct tripspeak_options *o = &speak->options;
	struct conf_errors errors;
	char text[CONFIG_MAX];
	struct wbuf w;
	int err;

	wbuf_init(&w, text, sizeof(text));
	if (o->config != NULL)
		err = conf_read_file(o->config, &root_table, &speak->settings,
				     &errors);
	else if (write_config(o, &w) != 0)
		return cli_usage(speak->cli, "an option's value cannot be "
					     "read");
	else
		err = conf_read_text("options", text, &root_table,
				     &speak->settings, &errors);
	for (size_t i = 0; i < errors.n; i++)
		cli_fail(speak->cli, "%s", errors.lines[i]);
	conf_errors_fini(&errors);
	return err == 0 ? -1 : CLI_USAGE;
}

/* --- the loop --- */

static void
close_any(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
on_stopped(void *arg)
{
	struct tripspeak *speak = arg;

	speak->speaker = NULL;
	uv_walk(&speak->loop, close_any, NULL);
}

void
tripspeak_stop(struct tripspeak *speak)
{
	if (speak->is_stopping)
		return;
	speak->is_stopping = true;
	trip_speaker_stop(speak->speaker, on_stopped, speak);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct tripspeak *speak = handle->data;

	if (speak->is_stopping)
		return;
	if (number == SIGUSR1)
		trip_rib_unset_all(trip_speaker_rib(speak->speaker));
	else if (number == SIGHUP && speak->options.announce != NULL)
		(void)tripspeak_announce_file(speak, speak->options.announce);
	else if (number == SIGTERM || number == SIGINT)
		tripspeak_stop(speak);
}

static void
on_limit(uv_timer_t *timer)
{
	tripspeak_stop(timer->data);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct tripspeak *speak = handle->data;

	(void)suggested;
	if (speak->line_len == sizeof(speak->line))
		speak->line_len = 0; /* a line that long is no command */
	*buf = uv_buf_init(speak->line + speak->line_len,
			   (unsigned)(sizeof(speak->line) - speak->line_len));
}

static void
on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct tripspeak *speak = stream->data;
	char *end;

	(void)buf;
	if (n < 0) {
		uv_read_stop(stream); /* it goes on without commands */
		return;
	}
	speak->line_len += (size_t)n;
	while ((end = memchr(speak->line, '\n', speak->line_len)) != NULL) {
		size_t len = (size_t)(end - speak->line);

		if (!speak->is_stopping)
			tripspeak_command(speak, str_make(speak->line, len));
		speak->line_len -= len + 1;
		memmove(speak->line, end + 1, speak->line_len);
	}
}

static void
read_commands(struct tripspeak *speak)
{
	uv_stream_t *stream = NULL;

	switch (uv_guess_handle(STDIN_FILENO)) {
	case UV_NAMED_PIPE:
		uv_pipe_init(&speak->loop, &speak->input, 0);
		speak->input.data = speak;
		if (uv_pipe_open(&speak->input, STDIN_FILENO) == 0)
			stream = (uv_stream_t *)&speak->input;
		break;
	case UV_TTY:
		if (uv_tty_init(&speak->loop, &speak->terminal, STDIN_FILENO,
				1) == 0)
			stream = (uv_stream_t *)&speak->terminal;
		speak->terminal.data = speak;
		break;
	default: /* a file or nothing: no commands */
		return;
	}
	if (stream != NULL)
		uv_read_start(stream, on_alloc, on_input);
}

static void
watch_signals(struct tripspeak *speak)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGUSR1, SIGHUP };

	for (size_t i = 0; i < COUNT(numbers); i++) {
		uv_signal_init(&speak->loop, &speak->signals[i]);
		speak->signals[i].data = speak;
		uv_signal_start(&speak->signals[i], on_signal, numbers[i]);
		uv_unref((uv_handle_t *)&speak->signals[i]);
	}
	signal(SIGPIPE, SIG_IGN);
}

static void
start_limit(struct tripspeak *speak)
{
	uint64_t seconds;

	if (speak->options.seconds == NULL ||
	    str_parse_u64(str_of(speak->options.seconds), 1000000000,
			  &seconds) != 0)
		return;
	uv_timer_init(&speak->loop, &speak->limit);
	speak->limit.data = speak;
	uv_timer_start(&speak->limit, on_limit, seconds * 1000, 0);
}

static int
run(struct tripspeak *speak)
{
	const struct trip_speaker_events events = { on_change, on_state,
						    on_update, speak };
	const char *file = speak->options.announce;
	int status = CLI_OK;
	int err = trip_speaker_new(&speak->loop, &speak->settings,
				   &speak->clock, &speak->log, &events,
				   &speak->speaker);

	if (err != 0)
		return cli_fail(speak->cli, "cannot begin: %s", err_text(err));
	watch_signals(speak);
	if (file != NULL && tripspeak_announce_file(speak, file) != 0)
		status = cli_fail(speak->cli, "%s: cannot be announced", file);
	else if (trip_speaker_start(speak->speaker) != 0)
		status = cli_fail(speak->cli, "cannot listen at %s",
				  speak->settings.listen);
	if (status != CLI_OK) {
		tripspeak_stop(speak);
	} else {
		read_commands(speak);
		start_limit(speak);
	}
	uv_run(&speak->loop, UV_RUN_DEFAULT);
	return status;
}

static int
begin(struct tripspeak *speak)
{
	enum log_level level = LOG_LEVEL_WARNING;
	int status = read_settings(speak);

	if (status >= 0)
		return status;
	if (speak->options.log != NULL)
		(void)log_level_parse(str_of(speak->options.log), &level);
	log_init(&speak->log, STDERR_FILENO, level);
	clock_init_system(&speak->clock);
	speak->defaults.itad = (uint32_t)speak->settings.itad;
	speak->defaults.next_hop = speak->options.next_hop != NULL
				       ? speak->options.next_hop
				       : speak->settings.next_hop;
	uv_loop_init(&speak->loop);
	status = run(speak);
	uv_loop_close(&speak->loop);
	conf_free(&trip_settings_table, &speak->settings);
	return status;
}

/* What is asked for, by options. */
static int
serve(struct tripspeak *speak)
{
	const struct tripspeak_options *o = &speak->options;

	if (o->decode != NULL)
		return tripspeak_decode(speak->cli, o->decode, o->json);
	if (o->config == NULL &&
	    (o->itad == NULL || o->id == NULL ||
	     (o->peer == NULL && o->listen == NULL)))
		return cli_usage(speak->cli,
				 "--itad, --id and --peer, or --config, are "
				 "needed");
	return begin(speak);
}

int
main(int argc, char **argv)
{
	static struct tripspeak speak;
	struct tripspeak_options *o = &speak.options;
	const struct cli_option options[] = {
		{ "config", 'c', "FILE", "settings: trip = { ... };",
		  &o->config, NULL },
		{ "itad", 'i', "N", "our ITAD", &o->itad, NULL },
		{ "id", 0, "ID", "our TRIP Identifier, 192.0.2.1 or a number",
		  &o->id, NULL },
		{ "listen", 'l', "ADDRESS", "for peers to connect to",
		  &o->listen, NULL },
		{ "peer", 'p', "ADDRESS", "the peer", &o->peer, NULL },
		{ "peer-itad", 0, "N", "its ITAD (ours)", &o->peer_itad, NULL },
		{ "mode", 'm', "MODE",
		  "send-receive, send-only or receive-only", &o->mode, NULL },
		{ "tgrep", 'g', NULL, "be a gateway (RFC 5140)", NULL,
		  &o->tgrep },
		{ "hold", 0, "SECONDS", "hold time to offer (90)", &o->hold,
		  NULL },
		{ "password", 0, "KEY", "TCP-MD5 key", &o->password, NULL },
		{ "gtsm", 0, NULL, "take only TTL 255", NULL, &o->gtsm },
		{ "certificate", 0, "FILE", "ours: sessions in TLS",
		  &o->certificate, NULL },
		{ "key", 0, "FILE", "the certificate's, if not in its file",
		  &o->key, NULL },
		{ "ca", 0, "FILE", "who vouches for the peer (the system's)",
		  &o->ca, NULL },
		{ "tls-name", 0, "NAME", "in the peer's certificate (its "
		  "address)", &o->tls_name, NULL },
		{ "announce", 'a', "FILE", "routes, one per line",
		  &o->announce, NULL },
		{ "next-hop", 'n', "HOST", "of routes without next_hop=",
		  &o->next_hop, NULL },
		{ "updates", 'u', NULL, "print UPDATE messages, too", NULL,
		  &o->updates },
		{ "seconds", 's', "N", "end after so many", &o->seconds, NULL },
		{ "decode", 'd', "FILE|HEX", "explain captured messages",
		  &o->decode, NULL },
		{ "json", 'j', NULL, "JSON lines", NULL, &o->json },
		{ "log", 0, "LEVEL", "error, warning, info, debug (warning)",
		  &o->log, NULL },
	};
	const struct cli cli = { "tripspeak", synopsis, about, options,
				 COUNT(options) };
	const char *words[1];
	size_t n_words;
	int status = cli_parse(&cli, argc, argv, words, 1, &n_words);

	if (status >= 0)
		return status;
	speak.cli = &cli;
	if (n_words > 0)
		return cli_usage(&cli, "what is %s?", words[0]);
	return serve(&speak);
}
