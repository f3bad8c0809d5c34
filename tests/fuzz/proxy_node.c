/* proxy_node.c - configuration and tables, and the start of the node */
#include "tests/fuzz/proxy_node.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/err.h"
#include "db/kind.h"
#include "db/schema.h"
#include "lcrproxy/app.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/watch.h"

#define FORGIVEN_US \
	(INT64_C(600) * US_PER_S)      /* what is held against somebody */
#define NOON INT64_C(1700000000000000) /* when each input begins */

struct table {
	const char *kind, *text;
};

static const struct table tables[] = {
	{ "tariffs", "tariff,currency\nblue,EUR\nred,EUR\nretail,EUR\n" },
	{ "carriers", "carrier,tariff\nblue,blue\nred,red\n" },
	{ "rates", "tariff,prefix,destination,rate\n"
		   "blue,49,Germany,0.0071\nred,49,Germany,0.0093\n"
		   "red,44,United Kingdom,0.0120\nretail,49,Germany,0.0190\n"
		   "retail,44,United Kingdom,0.0210\n" },
	{ "gateways",
	  "gateway,carrier,uri,priority,number_format,identity,diversion,"
	  "portability,caller_format,redirects,media\n"
	  "blue1,blue,sip:" NODE_GATEWAY
	  ",0,plus,pai,none,params,plus,follow,\n"
	  "red1,red,sip:127.0.77.12:5060;transport=tcp,0,national,rpid,keep,"
	  "number,national,preset,rtp ip4 pcma\n"
	  "red2,red,sip:127.0.77.13:5070,1,preset,keep,keep,none,keep,pass,"
	  "\n" },
	{ "accounts", "account,name,tariff,country_code,international,trusted\n"
		      "acme,Acme,retail,49,true,true\n"
		      "beta,Beta,retail,49,true,false\n" },
	{ "credentials", "account,username,realm,password\n"
			 "beta,bob," NODE_DOMAIN ",secret\n" },
	{ "trunks", "account,address,tech_prefix\nacme,127.0.77.2,\n"
		    "beta,127.0.77.3,99\n" },
	{ "callers", "account,prefix,preset\nbeta,4989555,true\n" },
	{ "users", "username,domain,contact,number\n"
		   "alice," NODE_DOMAIN ",sip:alice@127.0.77.20,4989777\n" },
	{ "emergencies", "number,gateway\n112,blue1\n" },
	{ "blocks", "account,prefix\nacme,4990\n" },
	{ "portability", "number,routing_number\n4930123,49199\n" },
	{ "gateway_credentials", "gateway,realm,username,password\n"
				 "red2,carrier.example,us,secret\n" },
};

static char dir[40];
static struct app *app;
static struct log log_;

static void
path_of(const char *name, char path[80])
{
	snprintf(path, 80, "%s/%s", dir, name);
}

static void
write_file(const char *name, const char *text)
{
	char path[80];
	FILE *file;

	path_of(name, path);
	file = fopen(path, "we");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static void
close_node(void)
{
	char command[100];

	app_free(app);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command) != 0)
		perror(dir);
}

static void
make_dir(void)
{
	snprintf(dir, sizeof(dir), "%s/lcrproxy-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL)
		abort();
}

static void
make_store(void)
{
	const struct import_options options = { 0 };
	char url[90], path[80], error[STORE_ERROR_MAX];
	struct import_result result;
	struct store *store;
	int err;

	snprintf(url, sizeof(url), "sqlite:%s/lcr.db", dir);
	path_of("import.csv", path);
	err = store_open(url, STORE_CREATE, &store, error);
	if (err != 0 || schema_migrate(store) != 0)
		abort();
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		write_file("import.csv", tables[i].text);
		err = kind_import(kind_find(tables[i].kind), store, path,
				  &options, stderr, &result);
		if (err != 0)
			abort();
	}
	store_close(store);
}

/* An address of its own for each process, so that several run at a time. */
static void
make_settings(void)
{
	unsigned pid = (unsigned)getpid();
	char text[2048], us[32];

	snprintf(us, sizeof(us), "127.%u.%u.%u", 78 + pid / 65536 % 64,
		 pid / 256 % 256, pid % 254 + 1);
	snprintf(
	    text, sizeof(text),
	    "node = \"fuzz\"; store = \"sqlite:%s/lcr.db\"; workers = 1;\n"
	    "listen = ( { uri = \"sip:%s:5060;transport=udp\"; },\n"
	    "  { uri = \"sip:%s:5060;transport=tcp\"; } );\n"
	    "domains = [ \"" NODE_DOMAIN "\" ];\n"
	    "policy = (\n"
	    "  { name = \"text\"; method = \"MESSAGE\"; to = \"number\";\n"
	    "    action = \"proxy\"; gateways = [ \"blue1\" ]; },\n"
	    "  { name = \"ask\"; header = \"X-Ask: yes\";\n"
	    "    action = \"challenge\"; },\n"
	    "  { name = \"fixed\"; prefix = \"4989888\";\n"
	    "    action = \"proxy\"; target = \"sip:127.0.77.14:5062\"; },\n"
	    "  { name = \"away\"; prefix = \"4989666\";\n"
	    "    action = \"redirect\"; } );\n"
	    "numbering = { country_code = \"49\"; };\n"
	    "record_route = { keys = ( { id = 1;\n"
	    "  secret_file = \"%s/key\"; } ); };\n"
	    "routing = { ringing_timeout_ms = 5000; timer_c_ms = 9000;\n"
	    "  hunt_timeout_ms = 9000; redirects = \"follow\";\n"
	    "  redirect_hosts = [ \"127.0.77.15\" ]; };\n"
	    "journal = { directory = \"%s/journal\"; sync = \"none\";\n"
	    "  ship_interval_ms = 60000; reserve_kb = 64; };\n"
	    "records = { sweep_interval_s = 0; };\n"
	    "health = { min_samples = 1000; };\n"
	    "sip = { source_rate = 0; max_dialogs = 64;\n"
	    "  max_transactions = 500; };\n"
	    "auth = { max_block_s = 60; };\n"
	    "dns = { servers = [ \"127.0.77.53\" ]; };\n"
	    "control = { socket = \"%s/control\"; };\n"
	    "log = { level = \"error\"; };\n",
	    dir, us, us, dir, dir, dir);
	write_file("lcrproxy.conf", text);
	write_file("key", "a secret of tests that is long enough\n");
}

static void
fill_fixed(struct worker *worker)
{
	/* nobody answers in this process: names are not looked up, gateways
	 * not watched */
	sip_location_free(worker->location);
	worker->location = NULL;
	watch_free(worker->watch);
	worker->watch = NULL;
	worker->node->instance = 1;
	worker->clock = (struct clock){ 0 };
	clock_init_fake(&worker->clock, NOON);
}

struct worker *
proxy_node(void)
{
	struct worker *worker;
	struct clock clock;
	char path[80];

	if (app != NULL)
		return app_node(app)->workers[0];
	make_dir();
	make_store();
	make_settings();
	path_of("lcrproxy.conf", path);
	log_init(&log_, STDERR_FILENO, LOG_LEVEL_ERROR);
	if (app_new(path, &log_, &app) != 0)
		abort();
	atexit(close_node);
	worker = app_node(app)->workers[0];
	uv_run(worker_loop(worker), UV_RUN_NOWAIT);
	assert(worker->snapshot != NULL && worker->policy != NULL);
	clock_init_system(&clock);
	fill_fixed(worker);
	worker->clock.fake_mono_us = clock_mono_ms(&clock) * US_PER_MS;
	log_.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return worker;
}

/* Few are set, and to store each takes longer than all else. */
static void
forget_places(struct shun *shun)
{
	for (size_t i = 0; i < SHUN_SLOTS; i++) {
		if (atomic_load_explicit(&shun->slots[i].place,
					 memory_order_relaxed) == 0)
			continue;
		atomic_store(&shun->slots[i].place, 0);
		atomic_store(&shun->slots[i].until_ms, 0);
	}
}

void
proxy_node_forget(struct worker *worker)
{
	struct node *node = worker->node;
	size_t max = worker->live.max;

	forget_places(&node->shun);
	memset(worker->witnessed, 0, sizeof(worker->witnessed));
	memset(worker->routes, 0, sizeof(worker->routes));
	challenges_free(worker->challenges);
	live_fini(&worker->live);
	if (challenges_new(&worker->challenges) != 0 ||
	    live_init(&worker->live, &node->hash_key, max) != 0)
		abort();
	worker->clock.fake_wall = NOON;
	worker->clock.fake_mono_us += FORGIVEN_US;
}
