/*
 * Texts for Weibo: how long they are as the platform counts, what it takes as a post, and whether a
 * text read back is the one we sent, though its addresses were shortened.
 */
#include "platforms/weibo.h"

#include <string.h>
#include <strings.h>

#define LIMIT 140
#define ANSWER_PREFIX "回复@"
#define ELLIPSIS "..."

int hy_weibo_length(const char *text)
{
	const char *end = text + strlen(text);
	int halves = 0;

	while (text < end) {
		size_t n;
		uint32_t cp = hy_utf8_decode(text, end, &n);

		halves += cp < 0x80 ? 1 : cp <= 0xFFFF ? 2 : 4;
		text += n;
	}
	return (halves + 1) / 2;
}

static bool address_byte(char c)
{
	return c > ' ' && c < 0x7F && strchr("\"<>\\^`{|}", c) == NULL;
}

/* The first address in s: where it begins, its bytes in *n; NULL when none. */
static const char *address_in(const char *s, size_t *n)
{
	for (; *s != '\0'; s++) {
		if (strncasecmp(s, "http://", 7) != 0 && strncasecmp(s, "https://", 8) != 0)
			continue;
		*n = 0;
		while (address_byte(s[*n]))
			(*n)++;
		return s;
	}
	return NULL;
}

/* The host of an address is domain, or below it. */
static bool under_domain(const char *address, size_t n, const char *domain)
{
	const char *host = strstr(address, "://") + 3;
	size_t n_host = strcspn(host, "/?#:"), n_domain = strlen(domain);

	if (host + n_host > address + n)
		n_host = (size_t)(address + n - host);
	if (n_host == 0)
		return false;
	if (n_domain == 0)
		return true;
	if (n_host < n_domain || strncasecmp(host + n_host - n_domain, domain, n_domain) != 0)
		return false;
	return n_host == n_domain || host[n_host - n_domain - 1] == '.';
}

/* Two # with something between them; those of addresses are none. */
static bool has_topic(const char *text)
{
	const char *first = NULL, *address;
	size_t n = 0;

	address = address_in(text, &n);
	for (const char *p = text; *p != '\0'; p++) {
		if (p == address) {
			p += n - 1;
			address = address_in(p + 1, &n);
			continue;
		}
		if (*p != '#')
			continue;
		if (first != NULL && p > first + 1)
			return true;
		first = p;
	}
	return false;
}

enum hy_status hy_weibo_check(const char *text, int limit, const char *domain, struct hy_err *err)
{
	int length = hy_weibo_length(text);
	const char *address;
	size_t n;

	if (limit <= 0)
		limit = LIMIT;
	if (text[0] == '\0')
		return hy_err_set(err, HY_EINPUT, _("Weibo: the text is empty"));
	if (length > limit)
		return hy_err_set(err, HY_EINPUT,
				  _("Weibo: %d characters, at most %d are taken: shorten the text"),
				  length, limit);
	if (domain == NULL)
		return HY_OK;
	if (has_topic(text))
		return hy_err_set(
			err, HY_EINPUT,
			_("Weibo: a #topic# is not taken by this interface: leave it out"));
	for (address = address_in(text, &n); address != NULL;
	     address = address_in(address + n, &n)) {
		if (address[n] != '\0' && address[n] != ' ' && address[n] != '\n')
			return hy_err_set(err, HY_EINPUT,
					  _("Weibo: put a blank after the address %.*s"), (int)n,
					  address);
		if (under_domain(address, n, domain))
			return HY_OK;
	}
	if (domain[0] == '\0')
		return hy_err_set(err, HY_EINPUT,
				  _("Weibo: the text needs an address of the office's site"));
	return hy_err_set(err, HY_EINPUT, _("Weibo: the text needs an address under %s"), domain);
}

/* Without addresses and the prefix of an answer, folded; child of ctx. */
static char *bare(const void *ctx, const char *text)
{
	struct hy_folded f = {0};
	struct hy_buf b;
	const char *at;
	size_t n;

	if (strncmp(text, ANSWER_PREFIX, strlen(ANSWER_PREFIX)) == 0) {
		at = strpbrk(text, ": ");
		const char *wide = strstr(text, "：");
		if (wide != NULL && (at == NULL || wide < at))
			text = wide + strlen("：");
		else if (at != NULL)
			text = at + 1;
	}
	hy_buf_init(&b, ctx, HY_FOLD_MAX_BYTES);
	while ((at = address_in(text, &n)) != NULL) {
		hy_buf_add(&b, text, (size_t)(at - text));
		hy_buf_chr(&b, ' ');
		text = at + n;
	}
	hy_buf_str(&b, text);
	if (b.over || hy_fold(ctx, b.data, b.len, 0, &f, NULL) != HY_OK)
		return NULL;
	return f.s;
}

bool hy_weibo_same_text(const char *ours, const char *theirs, bool cut)
{
	void *ctx = talloc_new(NULL);
	char *a = bare(ctx, ours), *b = bare(ctx, theirs), *dots;
	bool same = false;

	if (a != NULL && b != NULL && a[0] != '\0') {
		/* "…全文": what stands before it is the beginning of the whole */
		dots = cut ? strstr(b, ELLIPSIS) : NULL;
		if (dots != NULL && dots - b >= 30)
			same = strncmp(a, b, (size_t)(dots - b)) == 0;
		else
			same = strcmp(a, b) == 0;
	}
	talloc_free(ctx);
	return same;
}

char *hy_weibo_text_data(const void *ctx, const char *text)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	size_t n;

	hy_jw_object(w);
	hy_jw_kstr(w, "text", text);
	hy_jw_end_object(w);
	return hy_strdup(ctx, hy_jw_text(w, &n));
}
