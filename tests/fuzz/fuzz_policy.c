/* fuzz_policy.c - any request against rules that look at everything */
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "lcrproxy/policy_build.h"
#include "sip/value.h"
#include "tests/fuzz/fuzz.h"

static char *headers[] = { (char *)(uintptr_t) "X-Plan: *gold*",
			   (char *)(uintptr_t) "!Subject",
			   (char *)(uintptr_t) "To: <sip:*" };
static char *domains[] = { (char *)(uintptr_t) ".example.net",
			   (char *)(uintptr_t) "example.com" };

static struct policy *
make(void)
{
	struct settings_rule rules[] = {
		{ .header = { headers, 3 }, .action = POLICY_TO_LOCAL },
		{ .domain = { domains, 2 }, .action = POLICY_TO_FOREIGN },
	};
	const struct conf_list list = { rules, 2 };
	struct policy *policy;

	return policy_new(&list, NULL, NULL, &policy) == 0 ? policy : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_facts facts = { .account = "", .group = "" };
	struct policy *policy = make();
	struct arena arena;
	struct sip_msg msg;
	struct sip_uri uri;

	sip_value_setup();
	arena_init(&arena, NULL, 0, 1 << 20);
	if (policy != NULL && size <= SIP_MSG_MAX &&
	    sip_scan(&msg, (const char *)data, size, NULL) == 0 &&
	    msg.is_request &&
	    sip_uri_parse(&arena, msg.ruri, &uri) == 0) {
		const struct policy_rule *rule;

		facts.method = (enum sip_method)msg.method;
		facts.target = POLICY_FOREIGN;
		facts.domain = uri.host;
		facts.msg = &msg;
		rule = policy_judge(policy, &facts);
		if (policy_why_not(rule, &facts) != POLICY_MATCHES)
			abort();
	}
	arena_fini(&arena);
	policy_unref(policy);
	return 0;
}
