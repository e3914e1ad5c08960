/* Names and values of query strings, forms and cookies: bounded, strict, UTF-8 at the door. */
#include "web/internal.h"

#include <string.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *web_unescape(const void *ctx, const char *s, size_t n, bool plus)
{
	char *out = hy_strndup(ctx, "", 0);
	size_t k = 0;

	out = hy_grow(ctx, out, char, n + 1);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%') {
			int hi = i + 2 < n ? hex_value(s[i + 1]) : -1;
			int lo = hi >= 0 ? hex_value(s[i + 2]) : -1;

			if (lo < 0)
				goto bad;
			out[k++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			out[k++] = plus && s[i] == '+' ? ' ' : s[i];
		}
	}
	out[k] = 0;
	if (hy_utf8_valid(out, k))
		return out;
bad:
	talloc_free(out);
	return NULL;
}

char *web_escape_query(const void *ctx, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	struct hy_buf b;

	hy_buf_init(&b, ctx, 3 * strlen(s) + 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    strchr("-._~", c))
			hy_buf_chr(&b, *s);
		else
			hy_buf_add(&b, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
	}
	return hy_buf_take(&b, NULL);
}

enum hy_status web_fields_parse(const void *ctx, const char *s, size_t n, struct web_fields *out,
				struct hy_err *err)
{
	struct web_fields f = {hy_new_array(ctx, struct web_field, WEB_FIELDS_MAX), 0};
	const char *end = s + n;

	while (s < end) {
		const char *amp = memchr(s, '&', (size_t)(end - s));
		const char *stop = amp ? amp : end;
		const char *eq = memchr(s, '=', (size_t)(stop - s));
		const char *name_end = eq ? eq : stop;

		if (stop > s) {
			if (f.n == WEB_FIELDS_MAX)
				return hy_err_set(err, HY_EINPUT, _("more than %d fields"),
						  WEB_FIELDS_MAX);
			struct web_field *at = &f.at[f.n++];
			at->name = web_unescape(f.at, s, (size_t)(name_end - s), true);
			at->value =
				eq ? web_unescape(f.at, eq + 1, (size_t)(stop - eq - 1), true) : "";
			if (!at->name || !at->value)
				return hy_err_set(err, HY_EINPUT,
						  _("field %zu is not percent-encoded UTF-8"), f.n);
		}
		s = amp ? amp + 1 : end;
	}
	*out = f;
	return HY_OK;
}

const char *web_field(const struct web_fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->at[i].name, name))
			return f->at[i].value;
	return NULL;
}

char *web_cookie(const void *ctx, const char *header, const char *name)
{
	size_t n = strlen(name);
	const char *from = NULL;
	size_t len = 0;

	for (const char *p = header; p && *p;) {
		size_t k;

		p += strspn(p, " ;");
		k = strcspn(p, ";");
		if (!strncmp(p, name, n) && p[n] == '=') {
			if (from) /* two of one name: somebody has planted one */
				return NULL;
			from = p + n + 1;
			len = k - n - 1;
		}
		p += k;
	}
	return from && len ? hy_strndup(ctx, from, len) : NULL;
}
