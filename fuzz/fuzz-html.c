/*
 * HTML from outside: the sanitiser's output holds no banned element, handler or URL by a second
 * reading, and sanitising it again changes nothing; plain text has no control characters.
 */
#include "base/base.h"
#include "render/render.h"

#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n)
{
	static const char *const banned[] = {"script", "style",	   "iframe", "object",	"embed",
					     "svg",    "math",	   "form",   "base",	"meta",
					     "link",   "noscript", "xmp",    "textarea"};

	(void)user;
	(void)ns;
	(void)prefix;
	for (size_t i = 0; i < HY_LEN(banned); i++)
		if (strcasecmp(name, banned[i]) == 0)
			HY_BUG("<%s> was let through", name);
	for (size_t i = 0; i < n; i++) {
		if (strncasecmp(attrs[i].name, "on", 2) == 0 ||
		    strcasecmp(attrs[i].name, "style") == 0)
			HY_BUG("attribute %s was let through", attrs[i].name);
		if ((strcasecmp(attrs[i].name, "href") == 0 ||
		     strcasecmp(attrs[i].name, "src") == 0) &&
		    !hy_url_is_safe(attrs[i].value))
			HY_BUG("URL %s was let through", attrs[i].value);
	}
	return true;
}

static void check_text(const char *s)
{
	size_t n = strlen(s);

	if (!hy_utf8_valid(s, n))
		HY_BUG("text is not UTF-8");
	if (n > 0 && (s[0] == '\n' || s[n - 1] == '\n' || s[0] == ' ' || s[n - 1] == ' '))
		HY_BUG("text has blanks at its ends");
	if (strstr(s, "\n\n"))
		HY_BUG("text has an empty line");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hy_xml_handlers second = {on_start, NULL, NULL, NULL};
	void *ctx = talloc_new(NULL);
	char *once = NULL, *text = NULL;

	hy_xml_init();
	if (hy_html_sanitise(ctx, (const char *)data, size, NULL, NULL, &once, NULL) == HY_OK) {
		if (!hy_utf8_valid(once, strlen(once)))
			HY_BUG("sanitised HTML is not UTF-8");
		(void)hy_html_parse(once, strlen(once), &second, NULL, NULL);
	}
	if (hy_html_to_text(ctx, (const char *)data, size, &text, NULL) == HY_OK)
		check_text(text);
	if (size <= 65536) {
		char *md = hy_utf8_repair(ctx, (const char *)data, size, NULL);

		if (hy_markdown_to_html(ctx, md, &once, NULL) == HY_OK)
			(void)hy_html_parse(once, strlen(once), &second, NULL, NULL);
		(void)hy_markdown_warning(ctx, md, HY_LANG_EN);
	}
	talloc_free(ctx);
	return 0;
}
