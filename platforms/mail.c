/*
 * A message to text. gmime takes the structure apart and undoes the transfer encodings; charsets
 * are read by our own ladder, since mail says gb2312 and means GB18030, and cuts characters between
 * two encoded words.
 */
#include "platforms/internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include <gmime/gmime.h>

#define HEADER_TEXT_MAX 2000
#define HEADER_RAW_MAX 65536
#define NAME_MAX_BYTES 120 /* of an attachment */
#define HEADER_LINES_MAX 20000
#define DIVIDERS_MAX                                                                               \
	(20 * HY_MAIL_PARTS_MAX) /* lines that begin with --, of parts or of the text */

struct walk {
	const void *ctx;
	struct hy_buf text, html;
	size_t parts;
	struct hy_mail_attachment *attachments;
	size_t n_attachments;
	bool too_much;
};

void hy_mail_init(void)
{
	static const char probe[] = "Subject: =?utf-8?B?5rC0?=\r\nContent-Type: multipart/mixed; "
				    "boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
				    "Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--b--\r\n";
	struct hy_mail mail;
	void *ctx = talloc_new(NULL);

	g_mime_init();
	(void)hy_mail_read(ctx, probe, sizeof(probe) - 1, &mail, NULL); /* loads what is lazy */
	talloc_free(ctx);
}

/* ---- charsets ---- */

/* Bytes that say of themselves what they are, or GB18030, the likeliest else. */
static char *guess(const void *ctx, const char *bytes, size_t n, const char *label)
{
	const char *canonical = label != NULL ? hy_charset_canonical(label) : NULL;
	size_t bad = 0, n_out = 0;
	char *text = NULL;

	if (canonical != NULL && strcasecmp(canonical, "utf-8") != 0 &&
	    hy_charset_to_utf8(ctx, canonical, bytes, n, &text, &n_out, &bad, NULL) == HY_OK &&
	    bad == 0)
		return hy_utf8_repair(ctx, text, n_out, NULL);
	if (hy_utf8_valid(bytes, n))
		return hy_strndup(ctx, bytes, n);
	if (canonical == NULL &&
	    hy_charset_to_utf8(ctx, "gb18030", bytes, n, &text, &n_out, &bad, NULL) == HY_OK &&
	    bad == 0)
		return hy_utf8_repair(ctx, text, n_out, NULL);
	return text != NULL ? hy_utf8_repair(ctx, text, n_out, NULL)
			    : hy_utf8_repair(ctx, bytes, n, NULL);
}

/* ---- encoded words (RFC 2047) ---- */

struct word {
	const char *charset, *bytes;
	size_t n_charset, n;
	bool base64;
};

/* =?charset?B?...?= at p; its end, or NULL. */
static const char *word_at(const char *p, struct word *w)
{
	const char *q;

	if (p[0] != '=' || p[1] != '?')
		return NULL;
	w->charset = p + 2;
	w->n_charset = strcspn(w->charset, "?* \t\r\n");
	q = w->charset + w->n_charset;
	if (*q == '*')
		q += strcspn(q, "? \t\r\n");
	if (*q != '?' || w->n_charset == 0 || w->n_charset > 40 || strchr("bBqQ", q[1]) == NULL ||
	    q[1] == '\0' || q[2] != '?')
		return NULL;
	w->base64 = q[1] == 'b' || q[1] == 'B';
	w->bytes = q + 3;
	q = strstr(w->bytes, "?=");
	if (q == NULL)
		return NULL;
	w->n = (size_t)(q - w->bytes);
	return q + 2;
}

static void word_bytes(const void *ctx, const struct word *w, struct hy_buf *out)
{
	GMimeEncoding state;
	char *room = hy_new_array(ctx, char, w->n + 8);
	char *in = hy_strndup(ctx, w->bytes, w->n);

	if (!w->base64)
		for (char *c = in; *c != '\0'; c++)
			if (*c == '_')
				*c = ' ';
	g_mime_encoding_init_decode(&state, w->base64 ? GMIME_CONTENT_ENCODING_BASE64
						      : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	hy_buf_add(out, room, g_mime_encoding_step(&state, in, w->n, room));
	/* Q has no soft line breaks: a lone "=" at the end is kept out */
}

/* Folds and controls are blanks; no mark turns the direction of what stands around it. */
static char *one_line(char *text)
{
	char *to = text;

	for (const char *c = text; *c != '\0'; c++) {
		char one = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;

		if (hy_mail_turns(c)) {
			c += 2;
			continue;
		}
		if (one != ' ' || (to > text && to[-1] != ' '))
			*to++ = one;
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
	if ((size_t)(to - text) > HEADER_TEXT_MAX)
		text[hy_utf8_cut(text, HEADER_TEXT_MAX)] = '\0';
	return text;
}

/* A header's value as one line of UTF-8. */
static char *header_text(const void *ctx, const char *raw)
{
	struct hy_buf out, run;
	char label[48] = "";
	const char *p = raw;

	if (raw == NULL)
		return NULL;
	hy_buf_init(&out, ctx, HEADER_RAW_MAX * 3);
	hy_buf_init(&run, ctx, HEADER_RAW_MAX);
	while (*p != '\0' && (size_t)(p - raw) < HEADER_RAW_MAX) {
		struct word w;
		const char *end = word_at(p, &w), *blank = p;
		size_t n;

		if (end != NULL) {
			if (run.len > 0 && strncasecmp(label, w.charset, w.n_charset) != 0) {
				hy_buf_str(&out, guess(ctx, run.data, run.len, label));
				hy_buf_reset(&run);
			}
			memcpy(label, w.charset, w.n_charset);
			label[w.n_charset] = '\0';
			word_bytes(ctx, &w,
				   &run); /* bytes of one charset join before they are read */
			p = end;
			continue;
		}
		blank += strspn(blank, " \t\r\n");
		if (run.len > 0 && blank > p && word_at(blank, &w) != NULL) {
			p = blank; /* blanks between two encoded words are none */
			continue;
		}
		if (run.len > 0) {
			hy_buf_str(&out, guess(ctx, run.data, run.len, label));
			hy_buf_reset(&run);
		}
		n = strcspn(p + 1, "=") + 1;
		hy_buf_str(&out, guess(ctx, p, n, NULL));
		p += n;
	}
	if (run.len > 0)
		hy_buf_str(&out, guess(ctx, run.data, run.len, label));
	return one_line(hy_buf_take(&out, NULL));
}

/* ---- addresses and ids ---- */

/* The first address of a header, lower case; NULL when there is none that we could answer. */
static char *address(const void *ctx, const char *raw)
{
	InternetAddressList *list;
	char *out = NULL;

	if (raw == NULL || strlen(raw) > HEADER_RAW_MAX ||
	    (list = internet_address_list_parse(NULL, raw)) == NULL)
		return NULL;
	for (int i = 0; i < internet_address_list_length(list) && out == NULL; i++) {
		InternetAddress *one = internet_address_list_get_address(list, i);
		const char *addr =
			INTERNET_ADDRESS_IS_MAILBOX(one)
				? internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one))
				: NULL;

		if (addr != NULL && strchr(addr, '@') != NULL && strlen(addr) <= 254 &&
		    strpbrk(addr, " \t\r\n<>") == NULL && hy_utf8_valid(addr, strlen(addr)))
			out = hy_strdup(ctx, addr);
	}
	g_object_unref(list);
	for (char *c = out; c != NULL && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return out;
}

/* The text between the first < and >, visible ASCII. */
static char *angle_id(const void *ctx, const char *raw)
{
	const char *open = raw != NULL ? strchr(raw, '<') : NULL;
	size_t n = open != NULL ? strcspn(open + 1, "> \t\r\n") : 0;

	if (n == 0 || n > 500 || open[1 + n] != '>')
		return NULL;
	for (size_t i = 1; i <= n; i++)
		if (open[i] < 0x21 || open[i] > 0x7e)
			return NULL;
	return hy_strndup(ctx, open + 1, n);
}

/* ---- parts ---- */

static void add_text(struct walk *w, struct hy_buf *to, GMimePart *part)
{
	GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(part));
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *mem;
	GByteArray *bytes;
	void *ctx = talloc_new(w->ctx);

	if (content == NULL) {
		talloc_free(ctx);
		return;
	}
	mem = g_mime_stream_mem_new();
	if (g_mime_data_wrapper_write_to_stream(content, mem) >= 0 &&
	    (bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem)))->len > 0) {
		char *text = guess(ctx, (const char *)bytes->data, bytes->len,
				   g_mime_content_type_get_parameter(type, "charset"));
		size_t n = strlen(text), room = HY_MAIL_TEXT_MAX - to->len;

		if (to->len > 0)
			hy_buf_str(to, "\n");
		if (n > room) {
			w->too_much = true;
			n = hy_utf8_cut(text, room > 0 ? room - 1 : 0);
		}
		hy_buf_add(to, text, n);
	}
	g_object_unref(mem);
	talloc_free(ctx);
}

static const char *header_of(GMimeObject *object, const char *name)
{
	GMimeHeader *h = g_mime_header_list_get_header(g_mime_object_get_header_list(object), name);

	return h != NULL ? g_mime_header_get_raw_value(h) : NULL;
}

/* What its sender called it, without a path; NULL when nothing. */
static const char *name_of(const void *ctx, GMimeObject *object)
{
	const char *charset = NULL, *cut;
	char *bytes =
		hy_mail_param(ctx, header_of(object, "Content-Disposition"), "filename", &charset);
	char *name;

	if (bytes == NULL)
		bytes = hy_mail_param(ctx, header_of(object, "Content-Type"), "name", &charset);
	if (bytes == NULL)
		return NULL;
	name = charset != NULL ? one_line(guess(ctx, bytes, strlen(bytes), charset))
			       : header_text(ctx, bytes);
	while ((cut = strpbrk(name, "/\\")) != NULL)
		name = hy_strdup(ctx, cut + 1);
	if (strlen(name) > NAME_MAX_BYTES)
		name[hy_utf8_cut(name, NAME_MAX_BYTES)] = '\0';
	return name[0] != '\0' ? name : NULL;
}

/* Size and bytes of what is attached. */
static void take_file(const void *ctx, GMimePart *part, struct hy_mail_attachment *out)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *mem = g_mime_stream_mem_new();
	GByteArray *all;

	if (content != NULL && g_mime_data_wrapper_write_to_stream(content, mem) >= 0) {
		all = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
		out->size = (int64_t)all->len;
		if (all->len > 0 && all->len <= HY_MAIL_FILE_MAX)
			out->bytes = hy_memdup(ctx, all->data, all->len);
	}
	g_object_unref(mem);
}

static void attach(struct walk *w, GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	char *mime = type != NULL ? g_mime_content_type_get_mime_type(type) : NULL;

	w->attachments =
		hy_grow(w->ctx, w->attachments, struct hy_mail_attachment, w->n_attachments + 1);
	struct hy_mail_attachment *one = &w->attachments[w->n_attachments++];
	*one = (struct hy_mail_attachment){
		.name = name_of(w->ctx, object),
		.type = mime != NULL && hy_utf8_valid(mime, strlen(mime)) && strlen(mime) < 100
				? hy_strdup(w->ctx, mime)
				: "application/octet-stream",
		.size = -1};
	if (GMIME_IS_PART(object))
		take_file(w->ctx, GMIME_PART(object), one);
	g_free(mime);
}

static void walk_part(struct walk *w, GMimePart *part)
{
	GMimeObject *object = GMIME_OBJECT(part);
	GMimeContentType *type = g_mime_object_get_content_type(object);
	const char *how = g_mime_object_get_disposition(object);

	if ((how != NULL && strcasecmp(how, "attachment") == 0) ||
	    !(g_mime_content_type_is_type(type, "text", "plain") ||
	      g_mime_content_type_is_type(type, "text", "html")))
		attach(w, object);
	else
		add_text(w, g_mime_content_type_is_type(type, "text", "html") ? &w->html : &w->text,
			 part);
}

static bool walk(struct walk *w, GMimeObject *object, int depth)
{
	if (object == NULL)
		return true;
	if (depth > HY_MAIL_DEPTH_MAX || ++w->parts > HY_MAIL_PARTS_MAX)
		return false;
	if (GMIME_IS_MULTIPART(object)) {
		int n = g_mime_multipart_get_count(GMIME_MULTIPART(object));

		for (int i = 0; i < n; i++)
			if (!walk(w, g_mime_multipart_get_part(GMIME_MULTIPART(object), i),
				  depth + 1))
				return false;
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		attach(w, object); /* a forwarded message is looked at by a person */
	} else if (GMIME_IS_PART(object)) {
		walk_part(w, GMIME_PART(object));
	}
	return true;
}

/* ---- the whole ---- */

static size_t count(const char *bytes, size_t n, const char *word)
{
	size_t k = strlen(word), found = 0;

	for (size_t i = 0; i + k <= n; i++)
		found += strncasecmp(bytes + i, word, k) == 0;
	return found;
}

/* Lines until the first empty one: gmime makes an object of each. */
static size_t header_lines(const char *bytes, size_t n)
{
	const char *end = bytes + n, *p = bytes;
	size_t lines = 0;

	while (p < end && *p != '\n' && *p != '\r') {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		lines++;
		p = nl != NULL ? nl + 1 : end;
	}
	return lines;
}

static const char *header(GMimeMessage *m, const char *name)
{
	return header_of(GMIME_OBJECT(m), name);
}

static bool automatic(GMimeMessage *m)
{
	const char *auto_submitted = header(m, "Auto-Submitted"),
		   *precedence = header(m, "Precedence");
	GMimeObject *top = g_mime_message_get_mime_part(m);
	const char *path = header(m, "Return-Path");

	if (auto_submitted != NULL && strcasestr(auto_submitted, "no") == NULL)
		return true;
	if (precedence != NULL &&
	    (strcasestr(precedence, "bulk") || strcasestr(precedence, "list") ||
	     strcasestr(precedence, "junk") || strcasestr(precedence, "auto_reply")))
		return true;
	if (header(m, "List-Id") != NULL || header(m, "X-Auto-Response-Suppress") != NULL ||
	    header(m, "X-Autoreply") != NULL)
		return true;
	if (path != NULL && strstr(path, "<>") != NULL)
		return true;
	return top != NULL && g_mime_content_type_is_type(g_mime_object_get_content_type(top),
							  "multipart", "report");
}

static enum hy_status read_message(const void *ctx, GMimeMessage *m, struct hy_mail *out,
				   struct hy_err *err)
{
	struct walk w = {.ctx = ctx};
	GDateTime *date;

	hy_buf_init(&w.text, ctx, HY_MAIL_TEXT_MAX + 8);
	hy_buf_init(&w.html, ctx, HY_MAIL_TEXT_MAX + 8);
	if (!walk(&w, g_mime_message_get_mime_part(m), 0))
		return hy_err_set(err, HY_EINPUT,
				  _("mail: more than %d parts, or %d within each other"),
				  HY_MAIL_PARTS_MAX, HY_MAIL_DEPTH_MAX);
	*out = (struct hy_mail){
		.message_id = angle_id(ctx, header(m, "Message-Id")),
		.in_reply_to = angle_id(ctx, header(m, "In-Reply-To")),
		.subject = header_text(ctx, header(m, "Subject")),
		.sender = address(ctx, header(m, "From")),
		.reply_to = address(ctx, header(m, "Reply-To")),
		.text = w.text.len > 0 ? hy_buf_take(&w.text, NULL) : NULL,
		.automatic = automatic(m),
		.cut = w.too_much,
		.attachments = w.attachments,
		.n_attachments = w.n_attachments,
	};
	if (out->text == NULL && w.html.len > 0)
		out->html = hy_buf_take(&w.html, NULL);
	date = g_mime_message_get_date(m);
	if (date != NULL) {
		gint64 secs = g_date_time_to_unix(date);

		if (secs > 0 && secs < INT64_C(4102444800))
			out->date = secs * HY_SECOND;
	}
	return HY_OK;
}

enum hy_status hy_mail_read(const void *ctx, const char *bytes, size_t n, struct hy_mail *out,
			    struct hy_err *err)
{
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *m;
	enum hy_status status;

	if (n == 0 || n > HY_MAIL_MAX)
		return hy_err_set(err, HY_EINPUT, _("mail: %zu bytes; from 1 to %zu are read"), n,
				  HY_MAIL_MAX);
	/* gmime goes down by recursion and makes an object of each part: what could nest too deep,
	 * or is nothing but dividing lines, is not given to it */
	if (count(bytes, n, "boundary") > HY_MAIL_PARTS_MAX ||
	    count(bytes, n, "\n--") > DIVIDERS_MAX ||
	    count(bytes, n, "message/") > HY_MAIL_PARTS_MAX)
		return hy_err_set(err, HY_EINPUT,
				  _("mail: more than %d parts, or %d within each other"),
				  HY_MAIL_PARTS_MAX, HY_MAIL_DEPTH_MAX);
	if (header_lines(bytes, n) > HEADER_LINES_MAX)
		return hy_err_set(err, HY_EINPUT, _("mail: more than %d lines of header"),
				  HEADER_LINES_MAX);
	stream = g_mime_stream_mem_new_with_buffer(bytes, n);
	parser = g_mime_parser_new_with_stream(stream);
	m = g_mime_parser_construct_message(parser, NULL);
	status = m != NULL ? read_message(ctx, m, out, err)
			   : hy_err_set(err, HY_EINPUT, _("mail: these bytes are no message"));
	if (m != NULL)
		g_object_unref(m);
	g_object_unref(parser);
	g_object_unref(stream);
	return status;
}
