/* Query strings, forms (with a file, too) and cookies as they come: whatever is taken is bounded UTF-8 and unescapes from its own escape. */
#include "web/internal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = hy_new(NULL, char);
	char *text = hy_strndup(ctx, (const char *)data, size);
	struct web_fields f = {0};

	if (!web_fields_parse(ctx, (const char *)data, size, &f, NULL)) {
		if (f.n > WEB_FIELDS_MAX)
			__builtin_trap();
		for (size_t i = 0; i < f.n; i++) {
			char *e = web_escape_query(ctx, f.at[i].value);
			char *back = web_unescape(ctx, e, strlen(e), true);

			if (!back || strcmp(back, f.at[i].value))
				__builtin_trap();
		}
	}
	f = (struct web_fields){0};
	if (!web_multipart_parse(ctx, "multipart/form-data; boundary=b", (const char *)data, size, &f,
				 NULL))
		for (size_t i = 0; i < f.n; i++)
			if (!*f.at[i].name ||
			    !hy_utf8_valid(f.at[i].value, strlen(f.at[i].value)))
				__builtin_trap();
	(void)web_cookie(ctx, text, WEB_COOKIE_HTTP);
	talloc_free(ctx);
	return 0;
}
