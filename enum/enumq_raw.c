/* enumq_raw.c - one question of any type, its records printed as they are */
#include <inttypes.h>
#include <jansson.h>

#include "base/err.h"
#include "enum/enumq.h"
#include "enum/report.h"

struct raw {
	const struct enumq *enumq;
	uv_loop_t *loop;
	struct dns_name name;
	bool is_over;
	int status;
};

/* Data as zone files have it: by type, else as RFC 3597, 5 says. */
static void
show_data(FILE *out, const struct dns_message *message, const struct dns_rr *rr)
{
	char text[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	struct dns_naptr naptr;
	struct dns_srv srv;
	struct addr addr;

	if ((rr->type == DNS_A || rr->type == DNS_AAAA) &&
	    dns_rr_addr(rr, message, &addr) == 0) {
		fputs(addr_format_ip(&addr, text), out);
	} else if ((rr->type == DNS_CNAME || rr->type == DNS_DNAME) &&
		   dns_rr_name(rr, message, &name) == 0) {
		fputs(dns_name_format(&name, text), out);
	} else if (rr->type == DNS_SRV && dns_rr_srv(rr, message, &srv) == 0) {
		fprintf(out, "%u %u %u %s", srv.priority, srv.weight, srv.port,
			dns_name_format(&srv.target, text));
	} else if (rr->type == DNS_NAPTR &&
		   dns_rr_naptr(rr, message, &naptr) == 0) {
		fprintf(out, "%u %u ", naptr.order, naptr.preference);
		report_show(out, naptr.flags, true);
		fputc(' ', out);
		report_show(out, naptr.services, true);
		fputc(' ', out);
		report_show(out, naptr.regexp, true);
		fprintf(out, " %s", dns_name_format(&naptr.replacement, text));
	} else {
		fprintf(out, "\\# %u ", rr->data_len);
		for (unsigned i = 0; i < rr->data_len; i++)
			fprintf(out, "%02x", message->data[rr->data_at + i]);
	}
}

static void
print_rr(const struct dns_message *message, const struct dns_rr *rr)
{
	static const char *const sections[] = { "answer", "authority",
						"additional" };
	char text[DNS_NAME_TEXT_MAX], type[16];

	printf("  %-10s %s %" PRIu32 " %s ", sections[rr->section],
	       dns_name_format(&rr->owner, text), rr->ttl_s,
	       dns_type_text(rr->type, type));
	show_data(stdout, message, rr);
	printf("\n");
}

static json_t *
rr_json(const struct dns_message *message, const struct dns_rr *rr)
{
	char owner[DNS_NAME_TEXT_MAX], type[16], *data = NULL;
	size_t len;
	FILE *out = open_memstream(&data, &len);
	json_t *json;

	if (out == NULL)
		return NULL;
	show_data(out, message, rr);
	fclose(out);
	json = json_pack("{s:s s:I s:s s:s}", "owner",
			 dns_name_format(&rr->owner, owner), "ttl_s",
			 (json_int_t)rr->ttl_s, "type",
			 dns_type_text(rr->type, type), "data", data);
	free(data);
	return json;
}

static void
print_json(const struct raw *raw, const struct dns_reply *reply)
{
	const struct dns_message *message = reply->message;
	char name[DNS_NAME_TEXT_MAX], rcode[16], server[ADDR_TEXT_MAX];
	json_t *records = json_array(), *json;
	struct dns_rr rr = { 0 };

	for (size_t at = 0;
	     message != NULL && dns_message_next(message, &at, &rr);) {
		if (rr.section == DNS_IN_ANSWER)
			json_array_append_new(records, rr_json(message, &rr));
	}
	json = json_pack(
	    "{s:s s:s s:s s:s s:I s:o s:o}", "name",
	    dns_name_format(&raw->name, name), "result",
	    dns_result_text(reply->result), "server",
	    addr_format(&reply->server, server), "transport",
	    dns_transport_text(reply->transport), "latency_us",
	    (json_int_t)reply->latency_us, "rcode",
	    message != NULL ? json_string(dns_rcode_text(message->rcode, rcode))
			    : json_null(),
	    "records", records);
	json_dumpf(json, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(json);
}

static void
print_text(const struct raw *raw, const struct dns_reply *reply)
{
	const struct dns_message *message = reply->message;
	char name[DNS_NAME_TEXT_MAX], type[16], server[ADDR_TEXT_MAX];
	struct dns_rr rr = { 0 };

	printf("%s %s  %s %s  ", dns_name_format(&raw->name, name),
	       dns_type_text(raw->enumq->type, type),
	       addr_format(&reply->server, server),
	       dns_transport_text(reply->transport));
	printf("%s  %" PRId64 ".%03" PRId64 " ms\n",
	       message != NULL ? dns_rcode_text(message->rcode, type)
			       : dns_result_text(reply->result),
	       reply->latency_us / 1000, reply->latency_us % 1000);
	for (size_t at = 0;
	     message != NULL && dns_message_next(message, &at, &rr);) {
		if (rr.type != DNS_OPT)
			print_rr(message, &rr);
	}
}

static int
status_of(const struct dns_reply *reply)
{
	if (reply->message == NULL)
		return ENUMQ_DNS_FAILED;
	if (reply->message->rcode == DNS_NXDOMAIN)
		return ENUMQ_NOT_FOUND;
	if (reply->message->rcode != DNS_NOERROR)
		return ENUMQ_DNS_FAILED;
	return reply->message->n_answers > 0 ? ENUMQ_FOUND : ENUMQ_NOT_FOUND;
}

static void
on_reply(void *arg, const struct dns_reply *reply)
{
	struct raw *raw = arg;

	raw->is_over = true;
	uv_stop(raw->loop);
	raw->status = status_of(reply);
	if (raw->enumq->json)
		print_json(raw, reply);
	else
		print_text(raw, reply);
}

static int
ask(struct enumq_world *world, struct raw *raw)
{
	const struct enumq *enumq = raw->enumq;
	const struct enum_tree *tree = &enumq->trees[0];
	struct dns_question question = { .type = enumq->type,
					 .timeout_ms =
					     enumq->settings.timeout_ms,
					 .tcp = enumq->settings.by_tcp };
	struct enum_source source = enumq->zone_file != NULL
					? enum_source_zone(world->zone_server)
					: enum_source_dns(world->dns);
	struct enum_number number;
	void *handle;
	int err;

	raw->loop = &world->loop;
	enum_number_parse(str_of(enumq->number), &number);
	err = enum_number_domain(&number, &tree->suffix, &raw->name);
	question.name = raw->name;
	if (err == 0)
		err =
		    source.start(source.arg, &question, on_reply, raw, &handle);
	if (err != 0) {
		cli_fail(enumq->cli, "%s", err_text(err));
		return ENUMQ_DNS_FAILED;
	}
	while (!raw->is_over)
		uv_run(&world->loop, UV_RUN_ONCE);
	return raw->status;
}

int
enumq_raw(const struct enumq *enumq)
{
	struct raw raw = { .enumq = enumq };
	struct enumq_world world;
	int status = enumq_world_open(&world, enumq);

	if (status == 0)
		status = ask(&world, &raw);
	enumq_world_close(&world);
	return status;
}
