/*
 * Personal data in a draft: offices have published such lists. Digits are read in half and full
 * width, alone or in groups parted by one blank or hyphen; each kind is judged by its own checksum
 * or shape, so that a document number is seldom taken for one.
 */
#include "publisher/publisher.h"

#include <ctype.h>
#include <string.h>

#define DIGITS_MAX 24
#define GROUPS_MAX 8

/* A maximal run of digits in which single separators may stand. */
struct run {
	size_t at, end; /* bytes */
	int n;		/* digits; past DIGITS_MAX only counted */
	int groups;
	int group[GROUPS_MAX]; /* digits of each */
	char digit[DIGITS_MAX + 1];
	size_t x; /* bytes of an X that follows at once */
};

struct found {
	const void *ctx;
	const char *field, *text;
	struct hy_draft_finding *list;
	size_t n;
};

/* A digit at s, half or full width; *len its bytes. -1 when none. */
static int digit_at(const char *s, size_t *len)
{
	const unsigned char *u = (const unsigned char *)s;

	*len = 1;
	if (u[0] >= '0' && u[0] <= '9')
		return u[0] - '0';
	if (u[0] == 0xef && u[1] == 0xbc && u[2] >= 0x90 && u[2] <= 0x99) { /* U+FF10.. */
		*len = 3;
		return u[2] - 0x90;
	}
	return -1;
}

/* Bytes of an X at s, half or full width; 0 when none. */
static size_t x_at(const char *s)
{
	if (*s == 'X' || *s == 'x')
		return 1;
	return strncmp(s, "Ｘ", 3) == 0 || strncmp(s, "ｘ", 3) == 0 ? 3 : 0;
}

static void run_read(const char *text, size_t at, struct run *r)
{
	const char *s = text + at;
	size_t len;
	int d, in_group = 0;

	memset(r, 0, sizeof(*r));
	r->at = at;
	for (;;) {
		d = digit_at(s, &len);
		if (d < 0 && in_group > 0 && (*s == ' ' || *s == '-') &&
		    digit_at(s + 1, &len) >= 0) {
			if (r->groups < GROUPS_MAX)
				r->group[r->groups] = in_group;
			r->groups++;
			in_group = 0;
			s++;
			continue;
		}
		if (d < 0)
			break;
		if (r->n < DIGITS_MAX)
			r->digit[r->n] = (char)('0' + d);
		r->n++;
		in_group++;
		s += len;
	}
	if (r->groups < GROUPS_MAX)
		r->group[r->groups] = in_group;
	r->groups++;
	r->end = (size_t)(s - text);
	r->x = x_at(s);
}

/* GB 11643: 17 weighted digits and a check character, with a date of birth inside. */
static bool id_good(const char *d, bool x)
{
	static const int weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	int sum = 0, month = (d[10] - '0') * 10 + d[11] - '0';
	int day = (d[12] - '0') * 10 + d[13] - '0';

	for (int i = 0; i < 17; i++)
		sum += (d[i] - '0') * weight[i];
	char want = "10X98765432"[sum % 11];
	return d[0] != '0' && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
	       (x ? want == 'X' : want == d[17]);
}

static bool luhn(const char *d, int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++) {
		int v = d[n - 1 - i] - '0';

		if (i % 2 == 1)
			v = v * 2 > 9 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return sum % 10 == 0;
}

static bool groups_are(const struct run *r, int n, const int *shape)
{
	if (r->groups != n)
		return false;
	for (int i = 0; i < n; i++)
		if (r->group[i] != shape[i])
			return false;
	return true;
}

static bool is_mobile(const struct run *r)
{
	static const int a[] = {3, 4, 4}, b[] = {2, 3, 4, 4}, c[] = {2, 11};
	const char *d = r->n == 13 ? r->digit + 2 : r->digit;

	if (r->n != 11 && !(r->n == 13 && strncmp(r->digit, "86", 2) == 0))
		return false;
	if (r->groups > 1 && !groups_are(r, 3, a) && !groups_are(r, 4, b) && !groups_are(r, 2, c))
		return false;
	return d[0] == '1' && d[1] >= '3' && d[1] <= '9';
}

static bool is_card(const struct run *r)
{
	if (r->n < 13 || r->n > 19 || r->digit[0] < '2')
		return false;
	for (int i = 0; r->groups > 1 && i < r->groups - 1; i++)
		if (i >= GROUPS_MAX || r->group[i] != 4)
			return false;
	return luhn(r->digit, r->n);
}

static bool is_id(const struct run *r)
{
	static const int shape[] = {6, 8, 4};

	if (r->n == 18 && (r->groups == 1 || groups_are(r, 3, shape)))
		return id_good(r->digit, false);
	return r->n == 17 && r->x > 0 && r->groups == 1 && id_good(r->digit, true);
}

static void found_add(struct found *f, const char *code, const char *what, size_t at, size_t n)
{
	const char *s = f->text + at;
	size_t head = hy_utf8_cut(s, n < 6 ? n : 6), tail = n - hy_utf8_cut(s, n - 2);

	f->list = hy_grow(f->ctx, f->list, struct hy_draft_finding, f->n + 1);
	struct hy_draft_finding *d = &f->list[f->n++];

	*d = (struct hy_draft_finding){
		.code = code, .confirm = true, .field = f->field, .at = at, .n = n};
	d->text = hy_strf(f->ctx, _("%s: \"%.*s…%.*s\": take it out, or confirm \"%s\""), what,
			  (int)head, s, (int)tail, s + n - tail, code);
}

static void judge_digits(struct found *f, const struct run *r)
{
	if (is_id(r))
		found_add(f, "pii-id", _("an identity number"), r->at,
			  r->end - r->at + (r->n == 17 ? r->x : 0));
	else if (is_mobile(r))
		found_add(f, "pii-mobile", _("a mobile number"), r->at, r->end - r->at);
	else if (is_card(r))
		found_add(f, "pii-card", _("a bank card number"), r->at, r->end - r->at);
}

/* Digits at `at`: the longest run with separators; if that is nothing, each group alone. */
static size_t digits(struct found *f, size_t at)
{
	struct run r, one;
	size_t before = f->n, pos = at;

	run_read(f->text, at, &r);
	judge_digits(f, &r);
	if (f->n != before || r.groups == 1)
		return r.end;
	while (pos < r.end) {
		size_t len, end = pos;

		memset(&one, 0, sizeof(one));
		one.groups = 1;
		one.at = pos;
		for (int d; (d = digit_at(f->text + end, &len)) >= 0; end += len) {
			if (one.n < DIGITS_MAX)
				one.digit[one.n] = (char)('0' + d);
			one.n++;
		}
		one.end = end;
		one.x = x_at(f->text + end);
		judge_digits(f, &one);
		pos = end + 1; /* the separator, or past the end */
	}
	return r.end;
}

static bool mail_char(char c, const char *more)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr(more, c) != NULL);
}

/* An '@' at `at`: how far the address reaches to both sides. */
static size_t mail(struct found *f, size_t at, size_t width)
{
	const char *t = f->text;
	size_t from = at, to = at + width, dot = 0;

	while (from > 0 && mail_char(t[from - 1], "._%+-"))
		from--;
	for (; mail_char(t[to], ".-"); to++)
		if (t[to] == '.' && to > at + width)
			dot = to;
	while (to > at + width && (t[to - 1] == '.' || t[to - 1] == '-'))
		to--;
	if (from < at && dot != 0 && to > dot + 2)
		found_add(f, "pii-mail", _("an e-mail address"), from, to - from);
	return to > at ? to : at + width;
}

void hy_pii_find(const void *ctx, const char *field, const char *text,
		 struct hy_draft_finding **out, size_t *n)
{
	struct found f = {.ctx = ctx, .field = field, .text = text};
	size_t at = 0, len;

	while (text[at] != '\0') {
		bool word = at > 0 && isalpha((unsigned char)text[at - 1]);

		if (!word && digit_at(text + at, &len) >= 0)
			at = digits(&f, at);
		else if (digit_at(text + at, &len) >= 0) /* digits of a word: abc123 */
			while (digit_at(text + at, &len) >= 0)
				at += len;
		else if (text[at] == '@')
			at = mail(&f, at, 1);
		else if (strncmp(text + at, "＠", 3) == 0)
			at = mail(&f, at, 3);
		else
			at++;
	}
	*out = f.list;
	*n = f.n;
}
