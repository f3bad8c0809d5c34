/* test_txn_key.c - the names of transactions */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sip/txn_layer.h"
#include "tests/unit/harness.h"
#include "tests/unit/txn_world.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const struct hash_key secret = { 1, 2 };

static void
test_peek(void)
{
	static const struct {
		const char *what, *text, *branch;
		int err;
		enum sip_method method;
	} table[] = {
		{ "whole",
		  "ACK sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=b1"
		  "\r\n\r\n",
		  "b1", 0, SIP_ACK },
		{ "Via later, compact",
		  "BYE sip:a SIP/2.0\r\nX: y\r\n"
		  "v : SIP/2.0/UDP a;branch=b2\r\n",
		  "b2", 0, SIP_BYE },
		{ "cut behind the branch",
		  "FOO sip:a SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP a;branch=b3",
		  "b3", 0, SIP_METHOD_OTHER },
		{ "cut before", "INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a",
		  NULL, ERR_SYNTAX, 0 },
		{ "no Via",
		  "INVITE sip:a SIP/2.0\r\nTo: x\r\n\r\nVia: SIP/2.0"
		  "/UDP a;branch=no",
		  NULL, ERR_SYNTAX, 0 },
		{ "a response",
		  "SIP/2.0 200 OK\r\n"
		  "Via: SIP/2.0/UDP a;branch=b4\r\n",
		  NULL, ERR_SYNTAX, 0 },
		{ "nothing", "", NULL, ERR_SYNTAX, 0 },
		{ "a word", "INVITE", NULL, ERR_SYNTAX, 0 },
		{ "no colon", "INVITE sip:a SIP/2.0\r\nVia", NULL, ERR_SYNTAX,
		  0 },
	};

	for (size_t i = 0; i < N(table); i++) {
		enum sip_method method;
		struct sip_top_via via;

		test_row(table[i].what);
		CHECK(txn_peek_request(str_of(table[i].text), &method, &via) ==
		      table[i].err);
		if (table[i].err != 0)
			continue;
		CHECK(method == table[i].method);
		CHECK(str_eq_text(via.branch, table[i].branch));
	}
}

/* --- keys --- */

/* A request under test: text, its index and its name. */
struct named {
	char text[WORLD_TEXT_MAX];
	struct sip_msg msg;
	struct txn_key key;
};

static void
name_text(struct named *n)
{
	struct txn_in in = { .msg = &n->msg };

	if (OK(sip_scan(&n->msg, n->text, strlen(n->text), NULL)) &&
	    CHECK(n->msg.top_via.is_whole))
		txn_key_of_request(&n->key, &secret, &in);
}

/* The base message, with the first old replaced by new. */
static void
name(struct named *n, const char *branch, const char *old, const char *new)
{
	char base[WORLD_TEXT_MAX];
	char *at;

	world_request(base, "INVITE", branch);
	at = strstr(base, old);
	snprintf(n->text, sizeof(n->text), "%.*s%s%s", (int)(at - base), base,
		 new, at + strlen(old));
	name_text(n);
}

static bool
keys_match(const struct txn_key *a, const struct txn_key *b)
{
	char kept[WORLD_TEXT_MAX];
	struct txn txn = { 0 };

	CHECK(txn_key_size(a) <= sizeof(kept));
	txn_key_keep(a, &txn, kept);
	/* methods without a number are told apart by their names alone */
	CHECK(!txn_key_fits(b, &txn) || a->hash == b->hash);
	return txn_key_fits(b, &txn);
}

static void
test_keys(void)
{
	static const struct {
		const char *what, *old, *new;
		bool same;
	} table[] = {
		{ "the same", "Max", "Max", true },
		{ "other Request-URI", "gw.example", "gx.example", true },
		{ "other From tag", "from1", "from2", true },
		{ "other Call-ID", "call1", "call2", true },
		{ "more parameters", ";branch", ";rport;branch", true },
		{ "other branch", "z9hG4bKa", "z9hG4bKb", false },
		{ "longer branch", "z9hG4bKa", "z9hG4bKaa", false },
		{ "other sent-by port", "1:5060", "1:5061", false },
		{ "other sent-by host", "192.0.2.1", "192.0.2.2", false },
		{ "no cookie", "z9hG4bKa", "z9hG4bk", false },
	};
	struct named a, b;

	name(&a, "z9hG4bKa", "Max", "Max");
	for (size_t i = 0; i < N(table); i++) {
		test_row(table[i].what);
		name(&b, "z9hG4bKa", table[i].old, table[i].new);
		CHECK(keys_match(&a.key, &b.key) == table[i].same);
	}
}

static void
test_old_keys(void)
{
	static const struct {
		const char *what, *old, *new;
		bool same;
	} table[] = {
		{ "the same", "Max", "Max", true },
		{ "another header", "Max-Forwards: 70", "Max-Forwards: 69",
		  true },
		{ "other Request-URI", "gw.example", "gx.example", false },
		{ "other From tag", "from1", "from2", false },
		{ "no From tag", ";tag=from1", "", false },
		{ "other Call-ID", "call1", "call2", false },
		{ "other CSeq", "CSeq: 1", "CSeq: 2", false },
		{ "other Via", ";branch", ";rport;branch", false },
	};
	struct named a, b;

	name(&a, "z9hG4bK", "Max", "Max"); /* RFC 4475 3.2.1 */
	name(&b, "z9hG4bK", "Call-ID: call1", "Call-ID: call2");
	CHECK(a.key.is_old && !keys_match(&a.key, &b.key));
	name(&a, "1", "Max", "Max");
	CHECK(a.key.is_old);
	for (size_t i = 0; i < N(table); i++) {
		test_row(table[i].what);
		name(&b, "1", table[i].old, table[i].new);
		CHECK(keys_match(&a.key, &b.key) == table[i].same);
	}
}

static void
test_methods(void)
{
	struct named invite, other;

	name(&invite, "z9hG4bKa", "Max", "Max");
	world_request(other.text, "ACK", "z9hG4bKa");
	name_text(&other);
	CHECK(other.key.is_ack);
	CHECK(keys_match(&invite.key, &other.key));
	world_request(other.text, "CANCEL", "z9hG4bKa");
	name_text(&other);
	CHECK(!keys_match(&invite.key, &other.key));
	txn_key_set_method(&other.key, SIP_INVITE);
	CHECK(keys_match(&invite.key, &other.key));
	world_request(invite.text, "FOO", "z9hG4bKa");
	name_text(&invite);
	world_request(other.text, "BAR", "z9hG4bKa");
	name_text(&other);
	CHECK(!keys_match(&invite.key, &other.key));
	CHECK(keys_match(&invite.key, &invite.key));
}

static void
test_client_keys(void)
{
	struct txn_key a, b;

	txn_key_of_branch(&a, &secret, str_of("z9hG4bKa"), SIP_INVITE);
	txn_key_of_branch(&b, &secret, str_of("z9hG4bKa"), SIP_INVITE);
	CHECK(keys_match(&a, &b));
	txn_key_of_branch(&b, &secret, str_of("z9hG4bKa"), SIP_CANCEL);
	CHECK(!keys_match(&a, &b));
	txn_key_of_branch(&b, &secret, str_of("z9hG4bKb"), SIP_INVITE);
	CHECK(!keys_match(&a, &b));
}

/* Where one piece ends and the next begins belongs to the name. */
static void
test_pieces(void)
{
	struct named a, b;

	name(&a, "z9hG4bKa", "192.0.2.1:5060", "b.example");
	name(&b, "z9hG4bKab", "192.0.2.1:5060", ".example");
	CHECK(!keys_match(&a.key, &b.key));
	name(&a, "z9hG4bKa", "192.0.2.1:5060",
	     "z9hG4bKb"); /* nor change places */
	name(&b, "z9hG4bKb", "192.0.2.1:5060", "z9hG4bKa");
	CHECK(!keys_match(&a.key, &b.key));
}

static void
test_tags(void)
{
	static const struct hash_key other = { 1, 3 };
	char a[TXN_TAG_LEN + 1] = "", b[TXN_TAG_LEN];

	txn_key_tag(&secret, 77, a);
	CHECK(memcmp(a, txn_key_tag(&secret, 77, b).p, TXN_TAG_LEN) == 0);
	CHECK(memcmp(a, txn_key_tag(&secret, 78, b).p, TXN_TAG_LEN) != 0);
	CHECK(memcmp(a, txn_key_tag(&other, 77, b).p, TXN_TAG_LEN) != 0);
	CHECK(strspn(a, "0123456789abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ") == TXN_TAG_LEN);
}

static void
test_base62(void)
{
	static const struct {
		uint64_t v;
		size_t n;
		const char *text;
	} table[] = {
		{ 0, 3, "000" }, { 61, 1, "z" },
		{ 62, 2, "10" }, { 62 * 62 + 36, 3, "10a" },
		{ 62, 1, "0" },  { UINT64_MAX, 11, "LygHa16AHYF" },
	};

	for (size_t i = 0; i < N(table); i++) {
		char out[12] = "";

		test_row(table[i].text);
		txn_base62(table[i].v, out, table[i].n);
		CHECK(strcmp(out, table[i].text) == 0);
	}
}

/* So that they lie close together in the table. */
static void
test_numbers(void)
{
	static const char *const branches[] = {
		"z9hG4bKinst0100000090123456789A.01234567",
		"z9hG4bKinst01000000A0123456789A.01234567",
		"z9hG4bKinst0100000Zz0123456789A.01234567",
		"z9hG4bKinst0100000a00123456789A.01234567",
		"z9hG4bKinst0100000a00123456789B.76543210",
	};
	static const uint64_t steps[] = { 0, 1, 35 * 62 + 51, 1, 0 };
	struct txn_key last, key;

	for (size_t i = 0; i < N(branches); i++) {
		struct str branch = str_of(branches[i]);

		CHECK(branch.len == SIP_BRANCH_LEN);
		txn_key_of_branch(&key, &secret, branch, SIP_INVITE);
		if (i > 0)
			CHECK(key.hash - last.hash == steps[i]);
		last = key;
	}
}

static const struct test tests[] = {
	{ "a request is known by its beginning", test_peek, true },
	{ "branch and sent-by name a transaction", test_keys, true },
	{ "without the magic cookie the message does", test_old_keys, true },
	{ "methods differ, but ACK is INVITE's", test_methods, true },
	{ "clients are named by branch and method", test_client_keys, true },
	{ "numbers of branches follow each other", test_numbers, true },
	{ "pieces of a name do not run together", test_pieces, true },
	{ "To tags follow from name and secret", test_tags, true },
	{ "numbers become characters", test_base62, true },
};

const struct test_suite suite_txn_key = TEST_SUITE("txn_key", tests);
