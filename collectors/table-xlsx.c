/*
 * XLSX: a zip of XML. Nothing in it is believed: parts are counted while they are unpacked, paths
 * may not leave the file, dimensions are not read, a document type is refused. The zip is read by
 * libzip from memory, the XML by base/.
 */
#include "collectors/collect.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define STRINGS_MAX 500000
#define STYLES_MAX 65536
#define ROW_MAX 1048576

struct sheet_ref {
	const char *name, *id, *part;
	bool hidden, worksheet;
};
struct book {
	void *mem;
	zip_t *zip;
	struct hy_err *err;
	enum hy_status status;
	size_t unpacked; /* bytes of all parts */
	char *workbook;	 /* path of its part */
	char *strings_part, *styles_part;
	struct sheet_ref sheets[HY_TABLE_SHEETS_MAX];
	size_t n_sheets;
	bool from_1904;
	/* shared strings */
	const char **strings;
	size_t n_strings, strings_room;
	/* styles: which cell format is a date */
	bool *dates;
	size_t n_dates;
	int *date_ids;
	size_t n_date_ids;
	bool in_xfs;
	/* text being gathered */
	struct hy_buf text;
	int skip; /* depth within phonetic hints */
	bool take;
	/* the sheet */
	struct hy_table_maker *maker;
	int64_t row;
	size_t column;
	char type;
	bool formula, valued; /* <f> and <v> of the cell at work */
	size_t style;
};

static bool fail(struct book *b, enum hy_status status)
{
	b->status = status;
	return false;
}

/* ---- parts ---- */

/* What `target` means in the folder of `part`; NULL when it leads out of the file. child of mem. */
static char *resolve(struct book *b, const char *part, const char *target)
{
	const char *slash = strrchr(part, '/');
	char *whole = *target == '/' ? hy_strdup(b->mem, target + 1)
				     : hy_strf(b->mem, "%.*s%s", slash ? (int)(slash - part) + 1 : 0,
					       part, target);

	if (strstr(whole, "..") || strchr(whole, '\\') || strchr(whole, ':') || !*whole)
		return NULL;
	return whole;
}

static enum hy_status unpack(struct book *b, zip_uint64_t index, const char *name, size_t size,
			     struct hy_buf *out)
{
	zip_file_t *f = zip_fopen_index(b->zip, index, 0);
	char piece[16384];
	zip_int64_t n = f ? 0 : -1;

	hy_buf_init(out, b->mem, HY_TABLE_TEXT_MAX);
	while (f && (n = zip_fread(f, piece, sizeof(piece))) > 0) {
		b->unpacked += (size_t)n;
		if (!hy_buf_add(out, piece, (size_t)n) || b->unpacked > HY_TABLE_TEXT_MAX) {
			(void)zip_fclose(f);
			return hy_err_set(b->err, HY_EINPUT,
					  _("%s: more than %u MiB when unpacked; split the file"), name,
					  HY_TABLE_TEXT_MAX >> 20);
		}
	}
	if (f && zip_fclose(f) != 0)
		n = -1;
	if (n < 0 || out->len != size)
		return hy_err_set(b->err, HY_EINPUT, _("%s: this part of the file is damaged"), name);
	return HY_OK;
}

/* A part's bytes as UTF-8; HY_ENOTFOUND when there is none. */
static enum hy_status part(struct book *b, const char *name, char **text, size_t *n)
{
	zip_int64_t index = zip_name_locate(b->zip, name, ZIP_FL_NOCASE);
	zip_stat_t st;
	struct hy_buf raw;
	size_t bad = 0;
	const char *label = NULL;
	enum hy_status status;

	if (index < 0)
		return HY_ENOTFOUND;
	if (zip_stat_index(b->zip, (zip_uint64_t)index, 0, &st) != 0 || !(st.valid & ZIP_STAT_SIZE))
		return hy_err_set(b->err, HY_EINPUT, _("%s: this part of the file is damaged"), name);
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
		return hy_err_set(b->err, HY_EINPUT, "%s", _("the file has a password: save it without"));
	if (st.size > HY_TABLE_TEXT_MAX)
		return hy_err_set(b->err, HY_EINPUT,
				  _("%s: more than %u MiB when unpacked; split the file"), name,
				  HY_TABLE_TEXT_MAX >> 20);
	status = unpack(b, (zip_uint64_t)index, name, (size_t)st.size, &raw);
	if (status)
		return status;
	if (raw.len >= 2 && !memcmp(raw.data, "\xFF\xFE", 2))
		label = "utf-16le";
	else if (raw.len >= 2 && !memcmp(raw.data, "\xFE\xFF", 2))
		label = "utf-16be";
	if (label) {
		status = hy_charset_to_utf8(b->mem, label, raw.data, raw.len, text, n, &bad, b->err);
		talloc_free(raw.data);
	} else {
		*text = hy_buf_take(&raw, n);
		bad = !hy_utf8_valid(*text, *n);
	}
	if (!status && bad)
		return hy_err_set(b->err, HY_EINPUT, _("%s: this part of the file is damaged"), name);
	if (!status && memmem(*text, *n, "<!DOCTYPE", 9))
		return hy_err_set(b->err, HY_EINPUT, _("%s declares a document type: it is not read"),
				  name);
	return status;
}

static enum hy_status read_xml(struct book *b, const char *name, const struct hy_xml_handlers *h)
{
	char *text = NULL;
	size_t n = 0;
	bool good = false;
	enum hy_status status = part(b, name, &text, &n);

	if (status)
		return status;
	b->status = HY_OK;
	status = hy_xml_parse_large(text, n, h, b, &good, b->err);
	talloc_free(text);
	if (!status && b->status)
		return b->status;
	if (!status && !good)
		return hy_err_set(b->err, HY_EINPUT, _("%s: this part of the file is damaged"), name);
	return status ? hy_err_wrap(b->err, "%s", name) : HY_OK;
}

static const char *attr(const struct hy_xml_attr *a, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(a[i].name, name))
			return a[i].value;
	return NULL;
}

static bool ends(const char *s, const char *tail)
{
	size_t n = s ? strlen(s) : 0, k = strlen(tail);

	return n >= k && !strcmp(s + n - k, tail);
}

/* ---- relations, the workbook ---- */

static bool on_root_rel(void *user, const char *ns, const char *prefix, const char *name,
			const struct hy_xml_attr *a, size_t n)
{
	struct book *b = user;
	const char *target = attr(a, n, "Target");

	(void)ns, (void)prefix;
	if (!strcmp(name, "Relationship") && target && ends(attr(a, n, "Type"), "/officeDocument"))
		b->workbook = resolve(b, "", target);
	return true;
}

static bool on_book(void *user, const char *ns, const char *prefix, const char *name,
		    const struct hy_xml_attr *a, size_t n)
{
	struct book *b = user;
	const char *said = attr(a, n, "state"), *base = attr(a, n, "date1904");

	(void)ns, (void)prefix;
	if (!strcmp(name, "workbookPr"))
		b->from_1904 = base && (!strcmp(base, "1") || !strcmp(base, "true"));
	if (strcmp(name, "sheet") != 0)
		return true;
	if (b->n_sheets == HY_TABLE_SHEETS_MAX)
		return fail(b, hy_err_set(b->err, HY_EINPUT, _("more than %d sheets"),
					  HY_TABLE_SHEETS_MAX));
	struct sheet_ref *s = &b->sheets[b->n_sheets++];
	s->name = hy_strdup(b->mem, attr(a, n, "name") ? attr(a, n, "name") : "");
	for (size_t i = 0; i < n; i++) /* r:id; sheetId is another attribute */
		if (!strcmp(a[i].name, "id"))
			s->id = hy_strdup(b->mem, a[i].value);
	s->hidden = said && strcmp(said, "visible") != 0;
	return true;
}

static bool on_rel(void *user, const char *ns, const char *prefix, const char *name,
		   const struct hy_xml_attr *a, size_t n)
{
	struct book *b = user;
	const char *target = attr(a, n, "Target"), *id = attr(a, n, "Id"), *type = attr(a, n, "Type");
	const char *mode = attr(a, n, "TargetMode");
	char *path;

	(void)ns, (void)prefix;
	if (strcmp(name, "Relationship") != 0 || !target || (mode && !strcmp(mode, "External")))
		return true;
	path = resolve(b, b->workbook, target);
	if (ends(type, "/sharedStrings"))
		b->strings_part = path;
	else if (ends(type, "/styles"))
		b->styles_part = path;
	for (size_t i = 0; i < b->n_sheets && id; i++) {
		if (!b->sheets[i].id || strcmp(b->sheets[i].id, id) != 0)
			continue;
		if (!path)
			return fail(b, hy_err_set(b->err, HY_EINPUT,
						  _("sheet %s is said to be outside of the file"),
						  b->sheets[i].name));
		b->sheets[i].part = path;
		b->sheets[i].worksheet = ends(type, "/worksheet");
	}
	return true;
}

/* ---- text of strings ---- */

/* "_x000D_" is how a control is written; line feeds are kept. */
static const char *unescape(const void *ctx, const char *s, size_t n)
{
	char *out = hy_strndup(ctx, s, n), *to = out;

	for (const char *p = out; *p;) {
		char hex[5] = "";
		unsigned long cp;

		if (strncmp(p, "_x", 2) != 0 || strnlen(p, 7) < 7 || p[6] != '_') {
			*to++ = *p++;
			continue;
		}
		memcpy(hex, p + 2, 4);
		cp = strtoul(hex, NULL, 16);
		if (strspn(hex, "0123456789abcdefABCDEF") != 4 || (cp >= 0xD800 && cp <= 0xDFFF)) {
			*to++ = *p++;
			continue;
		}
		if (cp >= ' ' || cp == '\n' || cp == '\t')
			to += hy_utf8_encode((uint32_t)cp, to); /* at most 3 bytes of these 7 */
		p += 7;
	}
	*to = '\0';
	return out;
}

static bool on_text(void *user, const char *s, size_t n, bool cdata)
{
	struct book *b = user;

	(void)cdata;
	if (b->take && !b->skip && !hy_buf_add(&b->text, s, n))
		return fail(b, hy_err_set(b->err, HY_EINPUT, _("more than %u bytes in one cell"),
					  HY_TABLE_CELL_MAX));
	return true;
}

static bool on_string_start(void *user, const char *ns, const char *prefix, const char *name,
			    const struct hy_xml_attr *a, size_t n)
{
	struct book *b = user;

	(void)ns, (void)prefix, (void)a, (void)n;
	if (!strcmp(name, "si"))
		hy_buf_reset(&b->text);
	b->skip += !strcmp(name, "rPh");
	b->take = !strcmp(name, "t");
	return true;
}

static bool on_string_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct book *b = user;

	(void)ns, (void)prefix;
	b->take = false;
	b->skip -= !strcmp(name, "rPh");
	if (strcmp(name, "si") != 0)
		return true;
	if (b->n_strings == STRINGS_MAX)
		return fail(b, hy_err_set(b->err, HY_EINPUT, _("more than %d texts in one file"),
					  STRINGS_MAX));
	if (b->n_strings == b->strings_room) {
		b->strings_room = b->strings_room ? 2 * b->strings_room : 1024;
		b->strings = hy_grow(b->mem, b->strings, const char *, b->strings_room);
	}
	b->strings[b->n_strings++] =
		b->text.len ? unescape(b->mem, b->text.data, b->text.len) : "";
	return true;
}

/* ---- styles ---- */

static bool is_date_id(const struct book *b, int id)
{
	for (size_t i = 0; i < b->n_date_ids; i++)
		if (b->date_ids[i] == id)
			return true;
	return hy_format_id_is_date(id);
}

static bool on_style_start(void *user, const char *ns, const char *prefix, const char *name,
			   const struct hy_xml_attr *a, size_t n)
{
	struct book *b = user;
	const char *id = attr(a, n, "numFmtId"), *code = attr(a, n, "formatCode");
	int number = id ? (int)strtol(id, NULL, 10) : 0;

	(void)ns, (void)prefix;
	if (!strcmp(name, "numFmt") && code && hy_format_is_date(code) &&
	    b->n_date_ids < STYLES_MAX) {
		b->date_ids = hy_grow(b->mem, b->date_ids, int, b->n_date_ids + 1);
		b->date_ids[b->n_date_ids++] = number;
	}
	if (!strcmp(name, "cellXfs"))
		b->in_xfs = true;
	if (!strcmp(name, "xf") && b->in_xfs && b->n_dates < STYLES_MAX) {
		b->dates = hy_grow(b->mem, b->dates, bool, b->n_dates + 1);
		b->dates[b->n_dates++] = is_date_id(b, number);
	}
	return true;
}

static bool on_style_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct book *b = user;

	(void)ns, (void)prefix;
	if (!strcmp(name, "cellXfs"))
		b->in_xfs = false;
	return true;
}

/* ---- the sheet ---- */

/* "BC12" -> 54; SIZE_MAX when it is no place. */
static size_t column_of(const char *place)
{
	size_t n = 0;

	for (; *place >= 'A' && *place <= 'Z'; place++) {
		n = n * 26 + (size_t)(*place - 'A') + 1;
		if (n > 16384)
			return SIZE_MAX;
	}
	return n ? n - 1 : SIZE_MAX;
}

static bool on_cell_start(struct book *b, const struct hy_xml_attr *a, size_t n)
{
	const char *place = attr(a, n, "r"), *type = attr(a, n, "t"), *style = attr(a, n, "s");

	if (place) {
		b->column = column_of(place);
		if (b->column == SIZE_MAX)
			return fail(b, hy_err_set(b->err, HY_EINPUT,
						  _("line %" PRId64 ": \"%.20s\" is no cell"), b->row,
						  place));
	}
	b->type = !type		       ? 'n'
		  : !strcmp(type, "s") ? 's'
		  : !strcmp(type, "b") ? 'b'
		  : !strcmp(type, "n") ? 'n'
				       : 't'; /* str, inlineStr, e, d */
	b->style = style ? (size_t)strtoul(style, NULL, 10) : 0;
	b->formula = b->valued = false;
	hy_buf_reset(&b->text);
	return true;
}

static bool on_sheet_start(void *user, const char *ns, const char *prefix, const char *name,
			   const struct hy_xml_attr *a, size_t n)
{
	struct book *b = user;

	(void)ns, (void)prefix;
	b->take = !strcmp(name, "v") || !strcmp(name, "t");
	b->formula = b->formula || !strcmp(name, "f");
	b->valued = b->valued || !strcmp(name, "v");
	b->skip += !strcmp(name, "rPh");
	if (!strcmp(name, "row")) {
		const char *r = attr(a, n, "r");
		int64_t row = r ? strtoll(r, NULL, 10) : b->row + 1;

		if (row <= b->row || row > ROW_MAX)
			return fail(b, hy_err_set(b->err, HY_EINPUT,
						  _("a row is said to be number %.20s"), r ? r : "0"));
		b->row = row;
		b->column = 0;
	}
	return strcmp(name, "c") != 0 || on_cell_start(b, a, n);
}

/* What the cell at work shows. child of ctx. */
static const char *shown(struct book *b, const void *ctx)
{
	const char *s = b->text.data;

	if (b->type == 's') {
		char *end = NULL;
		unsigned long i = strtoul(s, &end, 10);

		return *s && !*end && i < b->n_strings ? b->strings[i] : NULL;
	}
	if (b->type == 'b')
		return !strcmp(s, "1") ? "TRUE" : "FALSE";
	if (b->type == 't')
		return unescape(ctx, s, b->text.len);
	if (b->style < b->n_dates && b->dates[b->style]) {
		char *end = NULL;
		double serial = strtod(s, &end);
		char *date = *s && !*end ? hy_serial_date(ctx, serial, b->from_1904) : NULL;

		if (date)
			return date;
	}
	return hy_number_text(ctx, s);
}

/* The program that wrote the file did not reckon; an empty text is a value. */
static bool unsolved(const struct book *b)
{
	return b->formula && !b->text.len && !(b->valued && b->type == 't');
}

static bool on_cell_end(struct book *b)
{
	void *work = talloc_new(NULL);
	const char *s = b->text.len ? shown(b, work) : "";

	if (!s)
		b->status = hy_err_set(b->err, HY_EINPUT,
				       _("line %" PRId64 ": a text is missing in the file"), b->row);
	else if (unsolved(b))
		b->status = hy_table_unsolved(b->maker, b->column++, b->row);
	else
		b->status = hy_table_cell(b->maker, b->column++, s, strlen(s), b->row);
	talloc_free(work);
	return !b->status;
}

static bool on_sheet_end(void *user, const char *ns, const char *prefix, const char *name)
{
	struct book *b = user;

	(void)ns, (void)prefix;
	b->take = false;
	b->skip -= !strcmp(name, "rPh");
	if (!strcmp(name, "c"))
		return on_cell_end(b);
	if (!strcmp(name, "row"))
		b->status = hy_table_row_end(b->maker, b->row);
	return !b->status;
}

/* ---- the whole ---- */

static enum hy_status read_strings_and_styles(struct book *b)
{
	static const struct hy_xml_handlers strings = {
		.start = on_string_start, .end = on_string_end, .text = on_text};
	static const struct hy_xml_handlers styles = {.start = on_style_start, .end = on_style_end};
	enum hy_status status = HY_OK;

	if (b->strings_part)
		status = read_xml(b, b->strings_part, &strings);
	if ((!status || status == HY_ENOTFOUND) && b->styles_part)
		status = read_xml(b, b->styles_part, &styles);
	return status == HY_ENOTFOUND ? HY_OK : status;
}

static enum hy_status not_xlsx(struct book *b)
{
	return hy_err_set(b->err, HY_EINPUT, "%s", _("a zip, but no .xlsx: there is no workbook in it"));
}

static enum hy_status read_book(struct book *b)
{
	static const struct hy_xml_handlers root = {.start = on_root_rel}, rels = {.start = on_rel},
					    book = {.start = on_book};
	const char *slash;
	enum hy_status status = read_xml(b, "_rels/.rels", &root);

	if (status && status != HY_ENOTFOUND)
		return status;
	if (!b->workbook)
		b->workbook = hy_strdup(b->mem, "xl/workbook.xml");
	status = read_xml(b, b->workbook, &book);
	if (status == HY_ENOTFOUND)
		return not_xlsx(b);
	slash = strrchr(b->workbook, '/');
	slash = slash ? slash + 1 : b->workbook;
	if (!status)
		status = read_xml(b,
				  hy_strf(b->mem, "%.*s_rels/%s.rels", (int)(slash - b->workbook),
					  b->workbook, slash),
				  &rels);
	return status == HY_ENOTFOUND ? not_xlsx(b) : status;
}

static enum hy_status choose(struct book *b, int wanted, int *chosen)
{
	if (wanted > (int)b->n_sheets || wanted < 0)
		return hy_err_set(b->err, HY_EINPUT, _("sheet %d is not there: the file has %zu"), wanted,
				  b->n_sheets);
	for (size_t i = 0; i < b->n_sheets && !wanted; i++)
		if (!b->sheets[i].hidden && b->sheets[i].worksheet)
			wanted = (int)i + 1;
	if (!wanted)
		return hy_err_set(b->err, HY_EINPUT, "%s",
				  _("no sheet to be seen in the file: name one (--sheet 1)"));
	if (!b->sheets[wanted - 1].worksheet)
		return hy_err_set(b->err, HY_EINPUT, _("sheet %d has no rows"), wanted);
	*chosen = wanted;
	return HY_OK;
}

static enum hy_status read_sheet(struct book *b, int wanted)
{
	static const struct hy_xml_handlers cells = {
		.start = on_sheet_start, .end = on_sheet_end, .text = on_text};
	struct hy_table *t = b->maker->t;
	struct hy_table_sheet *sheets = hy_new_array(t, struct hy_table_sheet, b->n_sheets + 1);
	enum hy_status status = choose(b, wanted, &t->sheet);

	for (size_t i = 0; i < b->n_sheets; i++) {
		size_t n = strlen(b->sheets[i].name);

		sheets[i].name = hy_strndup(t, b->sheets[i].name,
					    n > 200 ? hy_utf8_cut(b->sheets[i].name, 200) : n);
		sheets[i].hidden = b->sheets[i].hidden;
	}
	t->sheets = sheets;
	t->n_sheets = b->n_sheets;
	if (!status)
		status = read_strings_and_styles(b);
	if (!status)
		status = read_xml(b, b->sheets[t->sheet - 1].part, &cells);
	if (status == HY_ENOTFOUND)
		return hy_err_set(b->err, HY_EINPUT, _("sheet %d is missing in the file"), t->sheet);
	if (!status && !b->maker->n_rows)
		return hy_err_set(b->err, HY_EINPUT, _("sheet %d has no rows"), t->sheet);
	return status;
}

static enum hy_status open_zip(struct book *b, const struct hy_table_in *in)
{
	zip_error_t why;
	zip_source_t *src;

	zip_error_init(&why);
	src = zip_source_buffer_create(in->bytes, in->n, 0, &why);
	b->zip = src ? zip_open_from_source(src, ZIP_RDONLY, &why) : NULL;
	if (src && !b->zip)
		zip_source_free(src);
	zip_error_fini(&why);
	if (!b->zip)
		return hy_err_set(b->err, HY_EINPUT, "%s",
				  _("the file is cut or damaged: it is no whole .xlsx"));
	if (zip_get_num_entries(b->zip, 0) > HY_TABLE_PARTS_MAX)
		return hy_err_set(b->err, HY_EINPUT, _("more than %d parts in the file"),
				  HY_TABLE_PARTS_MAX);
	return HY_OK;
}

enum hy_status hy_xlsx_read(const void *ctx, const struct hy_table_in *in, struct hy_table **out,
			    struct hy_err *err)
{
	struct hy_err unsaid = {0};
	struct book *b = hy_new(NULL, struct book);
	enum hy_status status;

	b->mem = talloc_new(b);
	b->err = err ? err : &unsaid;
	b->maker = hy_table_maker_new(b, "xlsx", b->err);
	hy_buf_init(&b->text, b->mem, HY_TABLE_CELL_MAX);
	status = open_zip(b, in);
	if (!status)
		status = read_book(b);
	if (!status)
		status = read_sheet(b, in->sheet);
	if (!status)
		*out = talloc_steal(ctx, hy_table_made(b->maker));
	if (b->zip)
		zip_discard(b->zip);
	talloc_free(b);
	return status;
}
