/*
 * One parameter of a MIME header, as bytes: plain, quoted, or in the pieces and percents of RFC
 * 2231. What charset the bytes are in is the caller's to read.
 */
#include "platforms/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PIECES_MAX 20
#define VALUE_MAX 2000
#define RAW_MAX 65536

struct pieces {
	char *text[PIECES_MAX];
	bool percent[PIECES_MAX];
};

bool hy_mail_turns(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] == 0xe2 && ((u[1] == 0x80 && ((u[2] >= 0xaa && u[2] <= 0xae) || u[2] == 0x8e ||
						  u[2] == 0x8f)) ||
				(u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9));
}

/* The value at p, without its quotes; its end. */
static const char *value_at(const void *ctx, const char *p, char **out)
{
	struct hy_buf b;
	bool quoted = *p == '"';

	hy_buf_init(&b, ctx, VALUE_MAX);
	for (p += quoted; *p != '\0' && (quoted ? *p != '"' : strchr("; \t\r\n", *p) == NULL);
	     p++) {
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		hy_buf_add(&b, p, 1);
	}
	*out = hy_buf_take(&b, NULL);
	return *p == '"' ? p + 1 : p;
}

/* name, name*, name*1 or name*1*: its place among the pieces, or -1. */
static int place_of(const char *attr, size_t n, const char *name, bool *percent)
{
	size_t k = strlen(name);
	char *end;
	long at;

	*percent = false;
	if (n < k || strncasecmp(attr, name, k) != 0)
		return -1;
	if (n == k)
		return 0;
	if (attr[k] != '*')
		return -1;
	*percent = attr[n - 1] == '*';
	if (n == k + 1)
		return 0;
	if (!isdigit((unsigned char)attr[k + 1]))
		return -1;
	at = strtol(attr + k + 1, &end, 10);
	return end == attr + n - *percent && at < PIECES_MAX ? (int)at : -1;
}

static void read_pieces(const void *ctx, const char *raw, const char *name, struct pieces *out)
{
	const char *p = strchr(raw, ';');

	while (p != NULL && *p != '\0') {
		const char *attr = p += strspn(p, "; \t\r\n");
		size_t n = strcspn(p, "=; \t\r\n");
		bool percent = false;
		char *value = NULL;
		int at;

		p += n;
		p += strspn(p, " \t\r\n");
		if (*p != '=') {
			p += strcspn(p, ";");
			continue;
		}
		p++;
		p = value_at(ctx, p + strspn(p, " \t\r\n"), &value);
		at = place_of(attr, n, name, &percent);
		if (at >= 0 && (out->text[at] == NULL || percent)) {
			out->text[at] = value;
			out->percent[at] = percent;
		}
		p += strcspn(p, ";");
	}
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static void add_percent(struct hy_buf *b, const char *p)
{
	for (; *p != '\0'; p++) {
		char c = *p;

		if (c == '%' && digit(p[1]) >= 0 && digit(p[2]) >= 0) {
			c = (char)(digit(p[1]) * 16 + digit(p[2]));
			p += 2;
		}
		if (c != '\0')
			hy_buf_add(b, &c, 1);
	}
}

char *hy_mail_param(const void *ctx, const char *raw, const char *name, const char **charset)
{
	struct pieces all = {0};
	struct hy_buf b;

	*charset = NULL;
	if (raw == NULL || strlen(raw) > RAW_MAX)
		return NULL;
	read_pieces(ctx, raw, name, &all);
	if (all.text[0] == NULL)
		return NULL;
	hy_buf_init(&b, ctx, (size_t)PIECES_MAX * VALUE_MAX);
	for (int i = 0; i < PIECES_MAX && all.text[i] != NULL; i++) {
		const char *text = all.text[i], *lang, *rest;

		if (i == 0 && all.percent[0] && (lang = strchr(text, '\'')) != NULL &&
		    (rest = strchr(lang + 1, '\'')) != NULL) {
			*charset = lang > text ? hy_strndup(ctx, text, (size_t)(lang - text))
					       : "utf-8";
			text = rest + 1;
		}
		if (all.percent[i])
			add_percent(&b, text);
		else
			hy_buf_str(&b, text);
	}
	return hy_buf_take(&b, NULL);
}
