/* enumq.c - asks ENUM and tells why: the command line */
#include "enum/enumq.h"

#include "base/err.h"
#include "sip/value.h"

#define DEFAULT_SUFFIX "e164.arpa."
#define DEFAULT_SERVICES "sip,pstn:sip,pstn:tel"
#define DEFAULT_SOCKET "/run/lcrproxy/control.sock"
#define TIMEOUT_MAX_MS 600000

static const char about[] =
    "Asks the DNS for the URIs of a telephone number (RFC 6116) and shows\n"
    "every name, server, record and verdict on the way.\n"
    "\n"
    "NUMBER is +441632960083, with or without separators; 1234*256 for trees\n"
    "of ISNs. Exit status: 0 found, 1 not found, 2 records but none usable,\n"
    "3 the DNS failed, 64 wrong usage.";

static const char suffix_help[] =
    "a tree, may be repeated: asked in order;\n"
    "private: P- services count; digits: patterns see\n"
    "no '+'; isn: numbers with '*' (" DEFAULT_SUFFIX ")";
static const char service_help[] = "wanted, instead of " DEFAULT_SERVICES;
static const char timeout_help[] = "deadline of the whole look-up (5000)";
static const char zone_help[] = "take records from this piece of a zone file";
static const char type_help[] =
    "print the number's records of a type, without more";
static const char lenient_help[] =
    "mend common mistakes in patterns, as \"^+44\"";
static const char resolve_help[] =
    "tell too where the URIs are, by RFC 3263";
static const char route_help[] =
    "ask the running daemon too what a call would do";
static const char socket_help[] = "its control socket (" DEFAULT_SOCKET ")";
static const char batch_help[] =
    "ask for each number of a file (\"-\": standard\n"
    "input), print one JSON object per line";
static const char rate_help[] = "batch: numbers per second (no limit)";
static const char watch_help[] = "ask again and again, one line each time";
static const char no_cache_help[] = "batch, watch: ask even for what is known";

/* Values as they stand on the command line. */
struct arguments {
	const char *service, *timeout, *zone, *type, *batch, *rate, *watch,
	    *count, *socket;
	const char *suffix[ENUMQ_TREES_MAX], *server[DNS_SERVERS_MAX];
	struct cli_list lists[2]; /* suffixes, servers */
	bool tcp, strict, lenient, json, route, resolve, no_cache;
};

static int
usage(const struct cli *cli, const char *what, const char *value,
      const char *expected)
{
	cli_usage(cli, "%s: %s, expected %s", what, value, expected);
	return ENUMQ_USAGE;
}

static int
take_number(const struct cli *cli, const char *name, const char *text,
	    uint64_t max, unsigned *out)
{
	uint64_t value;

	if (text == NULL)
		return 0;
	if (str_parse_u64(str_of(text), max, &value) != 0 || value == 0)
		return usage(cli, name, text, "a number over 0");
	*out = (unsigned)value;
	return 0;
}

/* "S[,private][,digits][,isn]" */
static int
take_suffix(const struct cli *cli, const char *text, struct enum_tree *tree)
{
	struct str rest = str_of(text), word = str_cut(&rest, ',');

	if (dns_name_parse(word, &tree->suffix) != 0)
		return usage(cli, "--suffix", text, "a domain");
	while ((word = str_cut(&rest, ',')).p != NULL) {
		if (str_eq_text(word, "private"))
			tree->is_private = true;
		else if (str_eq_text(word, "digits"))
			tree->form = ENUM_DIGITS;
		else if (str_eq_text(word, "isn"))
			tree->form = ENUM_ISN;
		else
			return usage(cli, "--suffix", text,
				     "private, digits or isn behind the "
				     "comma");
	}
	return 0;
}

/* Servers of all --server options, each a list of "addr[:port]". */
static int
take_servers(const struct cli *cli, const struct cli_list *list,
	     struct enum_tree *tree)
{
	struct str rest, word;

	for (size_t i = 0; i < list->n; i++) {
		rest = str_of(list->item[i]);
		while ((word = str_cut(&rest, ',')).p != NULL) {
			if (tree->n_servers == DNS_SERVERS_MAX)
				return usage(cli, "--server", list->item[i],
					     "at most 8");
			if (addr_parse(word, DNS_PORT,
				       &tree->servers[tree->n_servers++]) != 0)
				return usage(cli, "--server", list->item[i],
					     "ADDRESS[:PORT]");
		}
	}
	return 0;
}

static int
take_trees(struct enumq *enumq, struct arguments *arguments)
{
	struct enum_tree common = { 0 }, *tree;
	struct cli_list *suffixes = &arguments->lists[0];
	const char *services =
	    arguments->service != NULL ? arguments->service : DEFAULT_SERVICES;
	int status = take_servers(enumq->cli, &arguments->lists[1], &common);

	if (status != 0)
		return status;
	if (enum_services_parse(str_of(services), &common.services) != 0)
		return usage(enumq->cli, "--service", services,
			     "a list as sip,pstn:tel");
	if (suffixes->n == 0)
		suffixes->item[suffixes->n++] = DEFAULT_SUFFIX;
	for (size_t i = 0; i < suffixes->n; i++) {
		tree = &enumq->trees[i];
		*tree = common;
		status = take_suffix(enumq->cli, suffixes->item[i], tree);
		if (status != 0)
			return status;
	}
	enumq->settings.trees = enumq->trees;
	enumq->settings.n_trees = suffixes->n;
	return 0;
}

static int
take_type(struct enumq *enumq, const char *text)
{
	static const uint16_t types[] = { DNS_NAPTR, DNS_SRV, DNS_CNAME,
					  DNS_DNAME, DNS_SOA, DNS_A,
					  DNS_AAAA };
	struct str rest = str_of(text);
	char name[16];
	uint64_t number;

	enumq->is_raw = true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		enumq->type = types[i];
		if (str_eq_nocase(rest, str_of(dns_type_text(types[i], name))))
			return 0;
	}
	if (str_eq_nocase(rest, str_of("NS")) ||
	    str_eq_nocase(rest, str_of("TXT"))) {
		enumq->type = (text[0] | 0x20) == 'n' ? 2 : 16;
		return 0;
	}
	if (rest.len > 4 && str_eq_nocase(str_make(text, 4), str_of("TYPE")))
		rest = str_make(text + 4, rest.len - 4);
	if (str_parse_u64(rest, UINT16_MAX, &number) != 0 || number == 0)
		return usage(enumq->cli, "--type", text,
			     "a type as NAPTR or TYPE99");
	enumq->type = (uint16_t)number;
	return 0;
}

static int
take_numbers(struct enumq *enumq, const struct arguments *arguments)
{
	unsigned timeout_ms = 0;
	int status = take_number(enumq->cli, "--timeout", arguments->timeout,
				 TIMEOUT_MAX_MS, &timeout_ms);

	enumq->settings.timeout_ms = (int)timeout_ms;
	if (timeout_ms == 0)
		enumq->settings.timeout_ms = 5000;
	if (status == 0)
		status = take_number(enumq->cli, "--rate", arguments->rate,
				     1000000, &enumq->rate);
	if (status == 0)
		status = take_number(enumq->cli, "--watch", arguments->watch,
				     86400, &enumq->watch_s);
	if (status == 0)
		status = take_number(enumq->cli, "--count", arguments->count,
				     UINT32_MAX, &enumq->count);
	return status;
}

static int
check(const struct enumq *enumq, size_t n_words)
{
	struct enum_number number;

	if (enumq->batch_file != NULL) {
		if (n_words > 0 || enumq->is_raw || enumq->route ||
		    enumq->resolve || enumq->watch_s > 0) {
			cli_usage(enumq->cli,
				  "--batch takes no NUMBER, --type, --resolve, "
				  "--route or --watch");
			return ENUMQ_USAGE;
		}
		return 0;
	}
	if (n_words != 1) {
		cli_usage(enumq->cli, "one NUMBER is expected");
		return ENUMQ_USAGE;
	}
	if (enum_number_parse(str_of(enumq->number), &number) != 0)
		return usage(enumq->cli, "NUMBER", enumq->number,
			     "digits, as +441632960083");
	for (size_t i = 0; i < enumq->settings.n_trees; i++) {
		if (enum_number_fits(&number, enumq->trees[i].form))
			return 0;
	}
	return usage(enumq->cli, "NUMBER", enumq->number,
		     "one of a form that a tree takes");
}

static int
take_arguments(struct enumq *enumq, struct arguments *arguments)
{
	int status = take_trees(enumq, arguments);

	if (status == 0)
		status = take_numbers(enumq, arguments);
	if (status == 0 && arguments->type != NULL)
		status = take_type(enumq, arguments->type);
	if (status == 0 && arguments->strict && arguments->lenient) {
		cli_usage(enumq->cli, "--strict or --lenient, not both");
		status = ENUMQ_USAGE;
	}
	enumq->zone_file = arguments->zone;
	enumq->batch_file = arguments->batch;
	enumq->socket =
	    arguments->socket != NULL ? arguments->socket : DEFAULT_SOCKET;
	enumq->json = arguments->json;
	enumq->route = arguments->route;
	enumq->resolve = arguments->resolve;
	enumq->settings.by_tcp = arguments->tcp;
	enumq->settings.lenient = arguments->lenient;
	enumq->settings.follow_all = true;
	enumq->settings.max_lookups = UINT32_MAX;
	enumq->settings.cache_size = arguments->no_cache ? 1 : 0;
	return status;
}

static int
run(struct enumq *enumq)
{
	if (enumq->batch_file != NULL)
		return enumq_batch(enumq);
	return enumq->is_raw ? enumq_raw(enumq) : enumq_ask(enumq);
}

#define OPTION(n, a, v, h)                                              \
	{                                                               \
		.name = (n), .argument = (a), .help = (h), .value = (v) \
	}
#define FLAG(n, v, h)                                  \
	{                                              \
		.name = (n), .help = (h), .given = (v) \
	}

static int
parse(struct enumq *enumq, struct arguments *args, int argc, char **argv)
{
	const struct cli_option options[] = {
		{ .name = "suffix",
		  .argument = "S[,private][,digits][,isn]",
		  .help = suffix_help },
		{ .name = "server",
		  .argument = "ADDRESS[:PORT]",
		  .help = "asked instead of the system's, may be repeated" },
		OPTION("service", "LIST", &args->service, service_help),
		FLAG("tcp", &args->tcp, "ask by TCP from the start"),
		OPTION("timeout", "MS", &args->timeout, timeout_help),
		OPTION("zone", "FILE", &args->zone, zone_help),
		OPTION("type", "TYPE", &args->type, type_help),
		FLAG("strict", &args->strict, "patterns as they are (default)"),
		FLAG("lenient", &args->lenient, lenient_help),
		FLAG("json", &args->json, "machine-readable"),
		FLAG("resolve", &args->resolve, resolve_help),
		FLAG("route", &args->route, route_help),
		OPTION("socket", "PATH", &args->socket, socket_help),
		OPTION("batch", "FILE", &args->batch, batch_help),
		OPTION("rate", "N", &args->rate, rate_help),
		OPTION("watch", "SECONDS", &args->watch, watch_help),
		OPTION("count", "N", &args->count, "watch: so many times"),
		FLAG("no-cache", &args->no_cache, no_cache_help),
	};
	const struct cli cli = { .program = "enumq",
				 .synopsis = "[OPTIONS] NUMBER\n"
					     "[OPTIONS] --batch FILE",
				 .about = about,
				 .options = options,
				 .n_options =
				     sizeof(options) / sizeof(options[0]) };
	size_t n_words;
	int status = cli_parse_lists(&cli, args->lists, 2, argc, argv,
				     &enumq->number, 1, &n_words);

	if (status >= 0)
		return status == CLI_USAGE ? ENUMQ_USAGE : status;
	enumq->cli = &cli;
	status = take_arguments(enumq, args);
	if (status == 0)
		status = check(enumq, n_words);
	return status != 0 ? status : run(enumq);
}

int
main(int argc, char **argv)
{
	static struct enumq enumq; /* large */
	struct arguments args = { 0 };

	sip_value_setup();
	args.lists[0] =
	    (struct cli_list){ "suffix", args.suffix, 0, ENUMQ_TREES_MAX };
	args.lists[1] =
	    (struct cli_list){ "server", args.server, 0, DNS_SERVERS_MAX };
	return parse(&enumq, &args, argc, argv);
}
