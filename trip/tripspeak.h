/*
 * tripspeak.h - what the files of tripspeak share
 */
#ifndef TRIP_TRIPSPEAK_H
#define TRIP_TRIPSPEAK_H

#include "base/cli.h"
#include "trip/line.h"
#include "trip/show.h"
#include "trip/speaker.h"

/* As given on the command line; NULL when not. */
struct tripspeak_options {
	const char *config, *itad, *id, *listen, *peer, *peer_itad, *mode,
	    *certificate, *key, *ca, *tls_name, *hold, *password, *announce, *next_hop, *decode, *seconds, *log;
	bool json, tgrep, updates, gtsm;
};

struct tripspeak {
	const struct cli *cli;
	struct tripspeak_options options;
	struct trip_settings settings;
	struct trip_line_defaults defaults;
	struct trip_draft draft;
	uv_loop_t loop;
	struct clock clock;
	struct log log;
	struct trip_speaker *speaker; /* NULL when it has ended */
	uv_pipe_t input;
	uv_tty_t terminal;
	uv_signal_t signals[5];
	uv_timer_t limit;
	char line[8192]; /* of standard input, so far */
	size_t line_len;
	bool is_reading, is_stopping;
};

/* tripspeak_decode.c: the messages in a file or in hexadecimal; exit status. */
int tripspeak_decode(const struct cli *cli, const char *what, bool json);
/* tripspeak_commands.c: one line of standard input. */
void tripspeak_command(struct tripspeak *speak, struct str line);
/* Announce the routes of a file; the number of wrong lines, -1: no file. */
int tripspeak_announce_file(struct tripspeak *speak, const char *path);
/* One object on standard output; takes it over. event may be NULL. */
void tripspeak_print(bool json, const char *event, json_t *object);
void tripspeak_stop(struct tripspeak *speak);

#endif
