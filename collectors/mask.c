/*
 * Masking at the door: what names or reaches a person leaves the text before anything is stored.
 * One pass, no backtracking further than the word at hand; marks contain nothing that would match
 * again.
 */
#include "collectors/collect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define MASK_MAX (8u << 20)
#define HANDLE_WIDTH_MAX 30 /* of a mention; a Han character counts two */
#define MARK_NUMBER "[号码]"
#define MARK_LINK "[链接]"
#define MARK_MAIL "[邮箱]"

struct masker {
	const char *start, *p, *end;
	struct hy_buf out;
	size_t masked;
};

/* ---- characters ---- */

static uint32_t peek(const char *p, const char *end, size_t *len)
{
	*len = 0;
	return p < end ? hy_utf8_decode(p, end, len) : 0;
}

/* 0-9 for digits of either width, else -1. */
static int digit(uint32_t cp)
{
	if (cp >= '0' && cp <= '9')
		return (int)(cp - '0');
	if (cp >= 0xFF10 && cp <= 0xFF19)
		return (int)(cp - 0xFF10);
	return -1;
}

/* What people put between the digits of a number. */
static bool separator(uint32_t cp)
{
	switch (cp) {
	case ' ':
	case '-':
	case '.':
	case '_':
	case 0xA0:
	case 0xB7:
	case 0x2D7:
	case 0x3000:
	case 0xFF0D:
	case 0xFF0E:
	case 0x30FB:
	case 0x2212:
	case 0xAD:
	case 0xFEFF:
	case '*':
		return true;
	default:
		return (cp >= 0x2000 && cp <= 0x2015) || cp == 0x202F || cp == 0x2060;
	}
}

/* Characters a nickname may hold: Weibo, WeChat, Mastodon. */
static bool handle_char(uint32_t cp)
{
	if (cp < 0x80)
		return isalnum((int)cp) || cp == '_' || cp == '-';
	if (cp == 0xB7 || cp == 0x2022)
		return true;
	if (cp < 0xC0 || (cp >= 0x2000 && cp < 0x2C00) || (cp >= 0x3000 && cp < 0x3005) ||
	    (cp >= 0x3008 && cp < 0x3021) || cp == 0x30FB)
		return false;
	if ((cp >= 0xFF00 && cp < 0xFF10) || (cp >= 0xFF1A && cp < 0xFF21) ||
	    (cp >= 0xFF3B && cp < 0xFF41 && cp != 0xFF3F) || (cp >= 0xFF5B && cp < 0xFF66))
		return false;
	return cp < 0xE000 || cp >= 0xF900;
}

static bool at_sign(uint32_t cp)
{
	return cp == '@' || cp == 0xFF20 || cp == 0xFE6B;
}

static bool domain_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.';
}

/* Bytes of a host name with a dot and an alphabetic last label at p; 0 = none. */
static size_t domain(const char *p, const char *end)
{
	size_t n = 0, dot = 0;

	if (p >= end || !isalnum((unsigned char)*p))
		return 0;
	while (p + n < end && domain_char(p[n]) && n < 253) {
		if (p[n] == '.')
			dot = n;
		n++;
	}
	while (n && (p[n - 1] == '.' || p[n - 1] == '-')) {
		n--;
		if (dot >= n)
			for (dot = n; dot && p[dot] != '.'; dot--)
				;
	}
	if (!dot || n - dot < 3 || !isalpha((unsigned char)p[dot + 1]))
		return 0;
	return n;
}

/* ---- e-mail and mentions, both at an @ ---- */

/* Bytes at the end of what was written that are the local part of an address. */
static size_t local_part(const struct hy_buf *b)
{
	size_t n = 0;

	while (n < b->len && n < 64) {
		char c = b->data[b->len - n - 1];

		if (!isalnum((unsigned char)c) && !strchr("._%+-", c))
			break;
		n++;
	}
	return n;
}

static void at(struct masker *m, size_t len)
{
	const char *p = m->p + len, *q;
	size_t n = domain(p, m->end), local = local_part(&m->out), k;
	unsigned width = 0;
	uint32_t cp;

	if (n && local) {
		m->out.len -= local;
		m->out.data[m->out.len] = '\0';
		hy_buf_str(&m->out, MARK_MAIL);
		m->p = p + n;
		m->masked++;
		return;
	}
	hy_buf_chr(&m->out, '@');
	for (q = p; (cp = peek(q, m->end, &k)) && handle_char(cp); q += k) {
		width += cp < 0x80 ? 1 : 2;
		if (width > HANDLE_WIDTH_MAX)
			break;
	}
	m->p = q;
	if (q == p)
		return;
	m->masked++;
	if (at_sign(peek(q, m->end, &k)) && (n = domain(q + k, m->end))) /* @name@host */
		m->p = q + k + n;
	cp = peek(m->p, m->end, &k);
	if (cp && handle_char(cp))
		hy_buf_chr(&m->out, ' ');
}

/* ---- links to people ---- */

static bool host_is(const char *host, size_t n, const char *name)
{
	size_t k = strlen(name);

	return n >= k && strncasecmp(host + n - k, name, k) == 0 &&
	       (n == k || host[n - k - 1] == '.');
}

/* True when host/path leads to a person: a profile, or a post whose address holds its author. */
static bool personal(const char *host, size_t n, const char *path, size_t n_path)
{
	static const char *const hosts[] = {"weibo.com",
					    "weibo.cn",
					    "x.com",
					    "twitter.com",
					    "t.me",
					    "facebook.com",
					    "instagram.com",
					    "threads.net",
					    "tiktok.com",
					    "space.bilibili.com",
					    "douyin.com",
					    "kuaishou.com",
					    "xiaohongshu.com",
					    "xhslink.com",
					    "user.qzone.qq.com",
					    "wa.me",
					    "linkedin.com",
					    "v.douyin.com",
					    "jianshu.com"};
	static const char *const paths[] = {"/@",
					    "/users/",
					    "/user/",
					    "/u/",
					    "/n/",
					    "/people/",
					    "/org/",
					    "/profile/",
					    "/home/main",
					    "/space-uid",
					    "/home.php?mod=space",
					    "/author/",
					    "/i/user/"};

	if (!n_path || (n_path == 1 && *path == '/'))
		return false;
	for (size_t i = 0; i < HY_LEN(hosts); i++)
		if (host_is(host, n, hosts[i]))
			return true;
	for (size_t i = 0; i < HY_LEN(paths); i++) {
		size_t k = strlen(paths[i]);
		unsigned char next;

		if (n_path <= k || strncasecmp(path, paths[i], k) != 0)
			continue;
		next = (unsigned char)path[k];
		if (!strchr("/@", paths[i][k - 1]) || isalnum(next) || next == '_' || next >= 0x80)
			return true;
	}
	return false;
}

static bool url_char(unsigned char c)
{
	return c > 0x20 && c < 0x7F && !strchr("<>\"'`{}|\\^", c);
}

/* At a letter that begins a word: a link to a person is masked whole; others stay. */
static bool link_here(struct masker *m)
{
	const char *p = m->p, *host;
	size_t n, rest = 0;

	if (strncasecmp(p, "http://", 7) == 0)
		p += 7;
	else if (strncasecmp(p, "https://", 8) == 0)
		p += 8;
	host = p;
	for (n = 0; host + n < m->end && domain_char(host[n]) && n < 253; n++)
		;
	if (!memchr(host, '.', n) || (p == m->p && !domain(host, m->end)))
		return false;
	p = host + n;
	if (p < m->end && *p == ':')
		for (p++; p < m->end && isdigit((unsigned char)*p); p++)
			;
	if (p >= m->end || *p != '/')
		return false;
	for (rest = 0; p + rest < m->end; rest++) {
		unsigned char c = (unsigned char)p[rest];

		if (!url_char(c) &&
		    !(c >= 0x80 && rest > 2 && (p[rest - 1] == '/' || p[rest - 1] == '@')))
			break;
		if (c >= 0x80) { /* weibo.com/n/某人 */
			size_t k;
			size_t from = rest;
			uint32_t cp;

			while ((cp = peek(p + rest, m->end, &k)) >= 0x80 && handle_char(cp))
				rest += k;
			if (rest == from)
				break;
			rest--;
		}
	}
	if (!personal(host, n, p, rest))
		return false;
	hy_buf_str(&m->out, MARK_LINK);
	m->p = p + rest;
	m->masked++;
	return true;
}

/* ---- numbers ---- */

#define RUN_MAX 24
/* The digits from here on, with what lies between them. */
struct run {
	int v[RUN_MAX];
	const char *after[RUN_MAX]; /* behind digit i */
	bool sep[RUN_MAX];	    /* a separator stands before digit i */
	size_t n;
	bool x; /* an X follows digit 17 at once */
	const char *after_x;
};

static void read_run(const struct masker *m, struct run *r)
{
	const char *p = m->p;
	bool sep = false;
	size_t k;
	uint32_t cp;

	memset(r, 0, sizeof(*r));
	while (r->n < RUN_MAX && (cp = peek(p, m->end, &k))) {
		int d = digit(cp);

		if (d >= 0) {
			r->v[r->n] = d;
			r->sep[r->n] = sep;
			p += k;
			r->after[r->n++] = p;
			sep = false;
			cp = peek(p, m->end, &k);
			if (r->n == 17 &&
			    (cp == 'x' || cp == 'X' || cp == 0xFF38 || cp == 0xFF58)) {
				r->x = true;
				r->after_x = p + k;
			}
			continue;
		}
		if (!r->n || sep || !(separator(cp) || cp == ')' || cp == 0xFF09))
			return;
		sep = true;
		p += k;
		/* two separators in a row, like ") " or "——" */
		cp = peek(p, m->end, &k);
		if (separator(cp))
			p += k;
	}
}

/* True when exactly n digits stand here: the next one, if any, is apart. */
static bool ends_at(const struct run *r, size_t n)
{
	return r->n >= n && (r->n == n || r->sep[n]);
}

static int seps(const struct run *r, size_t from, size_t to)
{
	int k = 0;

	for (size_t i = from + 1; i < to && i < r->n; i++)
		k += r->sep[i];
	return k;
}

static bool birthday(const struct run *r, size_t at_digit, bool long_year)
{
	const int *v = r->v + at_digit;
	int year = 1900, month, day;

	if (long_year) {
		year = v[0] * 1000 + v[1] * 100 + v[2] * 10 + v[3];
		v += 4;
	} else {
		v += 2;
	}
	month = v[0] * 10 + v[1];
	day = v[2] * 10 + v[3];
	return year >= 1880 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool luhn(const struct run *r, size_t n)
{
	int sum = 0;

	for (size_t i = 0; i < n; i++) {
		int d = r->v[n - 1 - i];

		if (i % 2) {
			d *= 2;
			d -= d > 9 ? 9 : 0;
		}
		sum += d;
	}
	return sum % 10 == 0;
}

/* Only separators at these places (a mask of digit indexes). */
static bool grouped(const struct run *r, size_t n, uint32_t places)
{
	for (size_t i = 1; i < n; i++)
		if (r->sep[i] && !(places >> i & 1))
			return false;
	return true;
}

static const char *id_number(const struct run *r)
{
	const uint32_t places = 1u << 6 | 1u << 14 | 1u << 10 | 1u << 12;

	if (r->n >= 17 && r->x && birthday(r, 6, true) && grouped(r, 17, places))
		return r->after_x;
	if (r->n >= 18 && ends_at(r, 18) && birthday(r, 6, true) && grouped(r, 18, places))
		return r->after[17];
	if (r->n >= 15 && ends_at(r, 15) && r->v[0] && birthday(r, 6, false) &&
	    grouped(r, 15, 1u << 6 | 1u << 12))
		return r->after[14];
	return NULL;
}

static const char *bank_card(const struct run *r)
{
	for (size_t n = 19; n >= 16; n--)
		if (ends_at(r, n) && r->v[0] >= 3 && r->v[0] <= 6 && luhn(r, n) &&
		    grouped(r, n, 1u << 4 | 1u << 8 | 1u << 12 | 1u << 16 | 1u << 6))
			return r->after[n - 1];
	return NULL;
}

static const char *mobile(const struct run *r)
{
	size_t skip = 0;

	if (r->n >= 13 && r->v[0] == 8 && r->v[1] == 6 && r->v[2] == 1)
		skip = 2;
	else if (r->n >= 15 && !r->v[0] && !r->v[1] && r->v[2] == 8 && r->v[3] == 6)
		skip = 4;
	else if (r->n >= 12 && !r->v[0] && r->v[1] == 1)
		skip = 1;
	if (r->n < skip + 11 || r->v[skip] != 1 || r->v[skip + 1] < 3 || !ends_at(r, skip + 11) ||
	    seps(r, skip, skip + 11) > 4)
		return NULL;
	return r->after[skip + 10];
}

/* 0 and an area code, then 7 or 8 digits; an extension may follow. */
static const char *landline(const struct run *r)
{
	size_t skip = 0, area, n;

	if (r->n >= 12 && r->v[0] == 8 && r->v[1] == 6 && r->sep[2])
		skip = 2; /* 86-971-... comes without the 0 */
	if (!skip && (r->v[0] || r->n < 10 || !r->v[1]))
		return NULL;
	area = skip ? (r->v[skip] <= 2 ? 2 : 3) : (r->v[1] <= 2 ? 3 : 4);
	for (n = area + 8; n >= area + 7; n--)
		if (ends_at(r, skip + n) && seps(r, skip, skip + n) <= 3) {
			size_t last = skip + n;

			if (r->n > last && r->sep[last] && last + 5 >= r->n && r->n - last <= 5 &&
			    r->after[last - 1][0] == '-' && seps(r, last, r->n) == 0)
				return r->after[r->n - 1];
			return r->after[last - 1];
		}
	return NULL;
}

/* What was written last says that a number of a person follows. */
static bool announced(const struct hy_buf *b)
{
	static const char *const words[] = {"电话", "手机",  "座机", "联系方式", "微信",
					    "QQ",   "qq",    "Tel",  "tel",	 "TEL",
					    "致电", "Phone", "phone"};
	size_t n = b->len < 24 ? b->len : 24;
	const char *tail = b->data + b->len - n;

	for (size_t i = 0; i < HY_LEN(words); i++) {
		const char *hit = memmem(tail, n, words[i], strlen(words[i]));
		const char *after = hit ? hit + strlen(words[i]) : NULL;

		if (hit && b->data + b->len - after <= 9)
			return true;
	}
	return false;
}

static const char *announced_number(const struct masker *m, const struct run *r)
{
	size_t n = 1;

	if (!announced(&m->out))
		return NULL;
	while (n < r->n && (!r->sep[n] || n == 3 || n == 4))
		n++;
	return n >= 6 && n <= 12 ? r->after[n - 1] : NULL;
}

static const char *foreign(const struct masker *m, const struct run *r)
{
	const struct hy_buf *b = &m->out;

	if (!b->len || b->data[b->len - 1] != '+' || r->n < 8 || r->n > 15 || !r->v[0])
		return NULL;
	return r->after[r->n - 1];
}

/* At a digit with none before it. */
static void number(struct masker *m)
{
	struct run r;
	const char *e;
	size_t n = 1;

	read_run(m, &r);
	e = id_number(&r);
	if (!e)
		e = mobile(&r);
	if (!e)
		e = bank_card(&r);
	if (!e)
		e = landline(&r);
	if (!e)
		e = foreign(m, &r);
	if (!e)
		e = announced_number(m, &r);
	if (e) {
		if (m->out.len && m->out.data[m->out.len - 1] == '+')
			m->out.data[--m->out.len] = '\0';
		hy_buf_str(&m->out, MARK_NUMBER);
		m->p = e;
		m->masked++;
		return;
	}
	while (n < r.n && !r.sep[n])
		n++;
	hy_buf_add(&m->out, m->p, (size_t)(r.after[n - 1] - m->p));
	m->p = r.after[n - 1];
}

static bool word_before(const struct hy_buf *b)
{
	char c = b->len ? b->data[b->len - 1] : ' ';

	return isalnum((unsigned char)c) || c == '.' || c == '/' || c == '-';
}

char *hy_mask_text(const void *ctx, const char *text, size_t *n_masked)
{
	struct masker m = {.start = text, .p = text, .end = text + strlen(text)};

	hy_buf_init(&m.out, ctx, MASK_MAX);
	while (m.p < m.end) {
		size_t len;
		uint32_t cp = hy_utf8_decode(m.p, m.end, &len);

		if (at_sign(cp)) {
			at(&m, len);
		} else if (digit(cp) >= 0) {
			if (!word_before(&m.out) && cp < 0x80 && link_here(&m))
				continue;
			number(&m);
		} else if (cp < 0x80 && isalpha((int)cp) && !word_before(&m.out) && link_here(&m)) {
			continue;
		} else {
			hy_buf_add(&m.out, m.p, len);
			m.p += len;
		}
	}
	if (n_masked)
		*n_masked = m.masked;
	return hy_buf_take(&m.out, NULL);
}

/* ---- a name that is known ---- */

static bool letter(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

char *hy_mask_name(const void *ctx, const char *text, const char *name, bool end_only)
{
	const char *at = text, *hit;
	size_t n = name ? strlen(name) : 0, first = 0;
	struct hy_buf b;

	if (n)
		(void)hy_utf8_decode(name, name + n, &first);
	if (n <= first || n > 400)
		return hy_strdup(ctx, text);
	hy_buf_init(&b, ctx, MASK_MAX);
	while ((hit = strstr(at, name))) {
		bool whole = !(hit > text && letter(hit[-1]) && letter(name[0])) &&
			     !(letter(hit[n]) && letter(name[n - 1]));

		hy_buf_add(&b, at, (size_t)(hit - at));
		if (whole && (!end_only || !hit[n]))
			hy_buf_chr(&b, '@');
		else
			hy_buf_add(&b, hit, n);
		at = hit + n;
	}
	hy_buf_str(&b, at);
	return hy_buf_take(&b, NULL);
}
