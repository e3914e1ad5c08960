/* The guarded XML reader, strict and lenient: events are balanced, texts UTF-8, caps hold. The
 * first byte chooses a charset for the rest, so that the decoder is met as well. */
#include "base/base.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	int depth, deepest;
};

static void check_text(const char *s)
{
	if (s && !hy_utf8_valid(s, strlen(s)))
		HY_BUG("an event is not UTF-8");
}

static bool on_start(void *user, const char *ns, const char *prefix, const char *name,
		     const struct hy_xml_attr *attrs, size_t n)
{
	struct seen *s = user;

	check_text(ns);
	check_text(prefix);
	check_text(name);
	for (size_t i = 0; i < n; i++)
		check_text(attrs[i].value);
	if (++s->depth > HY_XML_DEPTH_MAX)
		HY_BUG("too deep");
	return true;
}

static bool on_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct seen *s = user;

	(void)ns;
	(void)prefix;
	(void)name;
	if (--s->depth < 0)
		HY_BUG("an end without a start");
	return true;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	(void)user;
	(void)cdata;
	if (n > HY_XML_TEXT_MAX || memchr(s, 0, n))
		HY_BUG("a text past its cap");
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const labels[] = {"utf-8",  "gb2312",       "big5",	  "hz-gb-2312",
					     "utf-16", "windows-1252", "gb18030", "shift_jis"};
	static const struct hy_xml_handlers handlers = {on_start, on_end, on_text, NULL};
	void *ctx;
	char *text;
	size_t n;

	if (size == 0)
		return 0;
	hy_xml_init();
	ctx = talloc_new(NULL);
	if (hy_charset_to_utf8(ctx, labels[data[0] % HY_LEN(labels)], (const char *)data + 1,
			       size - 1, &text, &n, NULL, NULL) != HY_OK)
		HY_BUG("a known charset fails");
	if (!hy_utf8_valid(text, n))
		HY_BUG("decoded text is not UTF-8");
	for (int lenient = 0; lenient < 2; lenient++) {
		struct seen s = {0, 0};
		struct hy_err err = {0};
		bool good;
		enum hy_status st = hy_xml_parse(text, n, lenient != 0, &handlers, &s, &good, &err);

		if (st == HY_OK && s.depth != 0)
			HY_BUG("starts and ends do not pair");
		if (st != HY_OK && err.text[0] == '\0')
			HY_BUG("a refusal without words");
	}
	talloc_free(ctx);
	return 0;
}
