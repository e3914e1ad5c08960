/* Texts of strangers' headers: Retry-After and HTTP-date, URLs with a redirect, and reach. */
#include "net/net.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	void *ctx = talloc_new(NULL);
	char *text = hy_strndup(ctx, (const char *)data, n), *out = NULL, *host = NULL;
	struct sockaddr_storage addr;
	const hy_time now = INT64_C(1795244700000);
	socklen_t len;

	hy_time at = hy_net_retry_after(text, now, HY_HOUR);
	if (at != 0 && (at < now + HY_SECOND || at > now + HY_HOUR))
		__builtin_trap();
	(void)hy_net_reach_parse(text, &addr, &len, NULL);
	/* what a redirect joins to is judged as any URL, and reads back as itself */
	if (hy_net_url_join(ctx, "https://office.example/feed", text, &out, NULL) == HY_OK &&
	    hy_net_url_check(ctx, out, false, NULL, &host, NULL) == HY_OK) {
		char *again = NULL;

		if (strncmp(out, "https://", 8) != 0)
			__builtin_trap();
		if (hy_net_url_join(ctx, "https://office.example/feed", out, &again, NULL) !=
			    HY_OK ||
		    strcmp(out, again) != 0)
			__builtin_trap();
	}
	talloc_free(ctx);
	return 0;
}
