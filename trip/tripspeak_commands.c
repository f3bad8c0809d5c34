/* tripspeak_commands.c - what is typed or comes from a file */
#include <stdio.h>

#include "base/err.h"
#include "trip/tripspeak.h"

static void
complain(struct tripspeak *speak, const char *text, struct str what)
{
	char line[256];

	snprintf(line, sizeof(line), "%s: %.*s", text, STR_ARG(what));
	tripspeak_print(speak->options.json, "error",
			json_pack("{s:s}", "text", line));
}

/* --- routes --- */

static int
announce(struct tripspeak *speak, struct str text)
{
	struct trip_prefix prefix;
	struct str bad = text;

	if (trip_line_parse(text, &speak->defaults, &prefix, &speak->draft,
			    &bad) != 0 ||
	    trip_rib_set(trip_speaker_rib(speak->speaker), &prefix,
			 &speak->draft) != 0) {
		complain(speak, "cannot be announced", bad);
		return ERR_SYNTAX;
	}
	return 0;
}

static void
withdraw(struct tripspeak *speak, struct str text)
{
	struct trip_rib *rib = trip_speaker_rib(speak->speaker);
	const struct trip_line_defaults any = { 1, "any" };
	struct trip_prefix prefix;
	struct str bad;

	if (str_eq_text(text, "all")) {
		trip_rib_unset_all(rib);
		return;
	}
	if (trip_line_parse(text, &any, &prefix, &speak->draft, &bad) != 0 ||
	    trip_rib_unset(rib, &prefix) != 0)
		complain(speak, "is not announced", text);
}

int
tripspeak_announce_file(struct tripspeak *speak, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[8192];
	int n_wrong = 0;

	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL) {
		struct str text = str_trim(str_of(line));

		if (text.len == 0 || text.p[0] == '#')
			continue;
		n_wrong += announce(speak, text) != 0;
	}
	fclose(file);
	return n_wrong;
}

/* --- questions --- */

static bool
print_route(void *arg, const struct trip_view *view)
{
	struct tripspeak *speak = arg;

	tripspeak_print(speak->options.json, "route", trip_show_view(view));
	return true;
}

static void
list_routes(struct tripspeak *speak, struct str digits)
{
	struct trip_rib *rib = trip_speaker_rib(speak->speaker);
	struct trip_prefix below = { TRIP_AF_E164, TRIP_APP_SIP, digits };

	trip_rib_walk(rib, digits.len > 0 ? &below : NULL, print_route, speak);
	tripspeak_print(speak->options.json, "end", json_object());
}

static void
look_up(struct tripspeak *speak, struct str digits)
{
	struct trip_prefix number = { TRIP_AF_E164, TRIP_APP_SIP, digits };
	struct trip_view view;

	if (trip_rib_lookup(trip_speaker_rib(speak->speaker), &number, &view) ==
	    0)
		print_route(speak, &view);
	tripspeak_print(speak->options.json, "end", json_object());
}

static void
print_peer(void *arg, struct trip_peer *peer)
{
	struct tripspeak *speak = arg;
	struct trip_peer_info info;

	trip_peer_info(peer, &info);
	tripspeak_print(speak->options.json, "peer", trip_show_peer(&info));
}

static void
list_peers(struct tripspeak *speak, struct str unused)
{
	(void)unused;
	trip_speaker_peers(speak->speaker, print_peer, speak);
	tripspeak_print(speak->options.json, "end", json_object());
}

static void
count(struct tripspeak *speak, struct str unused)
{
	struct trip_rib_counters c;

	(void)unused;
	trip_rib_counters(trip_speaker_rib(speak->speaker), &c);
	tripspeak_print(
	    speak->options.json, "counters",
	    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "destinations",
		      (json_int_t)c.n_destinations, "selected",
		      (json_int_t)c.n_selected, "attribute_sets",
		      (json_int_t)c.n_attribute_sets, "originators",
		      (json_int_t)c.n_originators, "decisions",
		      (json_int_t)c.decisions, "starved",
		      (json_int_t)c.starved));
}

/* --- peers --- */

static void
with_peer(struct tripspeak *speak, struct str text,
	  void (*fn)(struct trip_peer *peer))
{
	struct trip_peer *peer = NULL;
	struct addr addr;

	if (addr_parse(text, TRIP_PORT, &addr) == 0)
		peer = trip_speaker_find_peer(speak->speaker, &addr);
	if (peer == NULL)
		complain(speak, "no such peer", text);
	else
		fn(peer);
}

static void
reset(struct tripspeak *speak, struct str peer)
{
	with_peer(speak, peer, trip_peer_reset);
}

static void
stop(struct tripspeak *speak, struct str peer)
{
	with_peer(speak, peer, trip_peer_stop);
}

static void
start(struct tripspeak *speak, struct str peer)
{
	with_peer(speak, peer, trip_peer_start);
}

static void
announce_line(struct tripspeak *speak, struct str text)
{
	(void)announce(speak, text);
}

static void
quit(struct tripspeak *speak, struct str unused)
{
	(void)unused;
	tripspeak_stop(speak);
}

static const struct {
	const char *word;
	void (*run)(struct tripspeak *speak, struct str rest);
} commands[] = {
	{ "announce", announce_line },
	{ "withdraw", withdraw },
	{ "routes", list_routes },
	{ "lookup", look_up },
	{ "peers", list_peers },
	{ "counters", count },
	{ "reset", reset },
	{ "stop", stop },
	{ "start", start },
	{ "quit", quit },
};

void
tripspeak_command(struct tripspeak *speak, struct str line)
{
	struct str rest = str_trim(line), word;

	if (rest.len == 0 || rest.p[0] == '#')
		return;
	word = str_cut(&rest, ' ');
	rest = rest.p != NULL ? str_trim(rest) : str_of("");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (str_eq_text(word, commands[i].word)) {
			commands[i].run(speak, rest);
			return;
		}
	}
	complain(speak, "unknown command", word);
}
