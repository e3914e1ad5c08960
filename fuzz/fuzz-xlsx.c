/*
 * XLSX: the first byte says which part of a small workbook the rest is; the zip around it is made
 * here, stored and with right sums, so that the fuzzer's bytes reach the readers of XML. A file that
 * begins as a zip is taken as it is.
 */
#include "collectors/collect.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAIN "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *name, *text;
} parts[] = {
	{"xl/worksheets/sheet1.xml",
	 "<worksheet " MAIN "><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" "
	 "s=\"1\"><v>46329.5</v></c></row></sheetData></worksheet>"},
	{"xl/sharedStrings.xml", "<sst><si><t>a</t></si></sst>"},
	{"xl/styles.xml", "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy\"/></numFmts>"
			  "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>"},
	{"xl/workbook.xml", "<workbook><sheets><sheet name=\"a\" id=\"r1\"/></sheets></workbook>"},
	{"xl/_rels/workbook.xml.rels",
	 "<Relationships><Relationship Target=\"worksheets/sheet1.xml\" Type=\"x/worksheet\" "
	 "Id=\"r1\"/><Relationship Target=\"sharedStrings.xml\" Type=\"x/sharedStrings\" Id=\"r2\"/>"
	 "<Relationship Target=\"styles.xml\" Type=\"x/styles\" Id=\"r3\"/></Relationships>"},
	{"_rels/.rels", "<Relationships><Relationship Target=\"xl/workbook.xml\" "
			"Type=\"x/officeDocument\" Id=\"r1\"/></Relationships>"},
};

static void put(struct hy_buf *b, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		hy_buf_chr(b, (char)(v >> (8 * i)));
}

/* What the local and the central header of a stored part share. */
static void put_head(struct hy_buf *b, const char *bytes, size_t n, const char *name)
{
	put(b, 20, 2);
	put(b, 0, 2); /* flags */
	put(b, 0, 2); /* stored */
	put(b, 0x5A210000, 4);
	put(b, (uint32_t)crc32(0, (const Bytef *)bytes, (uInt)n), 4);
	put(b, (uint32_t)n, 4);
	put(b, (uint32_t)n, 4);
	put(b, (uint32_t)strlen(name), 2);
	put(b, 0, 2);
}

static void zip(struct hy_buf *out, size_t which, const char *bytes, size_t n)
{
	struct hy_buf dir;
	size_t at;

	hy_buf_init(&dir, out->ctx, 1u << 16);
	for (size_t i = 0; i < HY_LEN(parts); i++) {
		const char *text = i == which ? bytes : parts[i].text;
		size_t len = i == which ? n : strlen(text);

		at = out->len;
		hy_buf_str(out, "PK\3\4");
		put_head(out, text, len, parts[i].name);
		hy_buf_str(out, parts[i].name);
		hy_buf_add(out, text, len);
		hy_buf_str(&dir, "PK\1\2");
		put(&dir, 20, 2);
		put_head(&dir, text, len, parts[i].name);
		put(&dir, 0, 2);
		put(&dir, 0, 2);
		put(&dir, 0, 2);
		put(&dir, 0, 4);
		put(&dir, (uint32_t)at, 4);
		hy_buf_str(&dir, parts[i].name);
	}
	at = out->len;
	hy_buf_add(out, dir.data, dir.len);
	hy_buf_str(out, "PK\5\6");
	put(out, 0, 4);
	put(out, HY_LEN(parts), 2);
	put(out, HY_LEN(parts), 2);
	put(out, (uint32_t)dir.len, 4);
	put(out, (uint32_t)at, 4);
	put(out, 0, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	struct hy_table_in in = {.bytes = (const char *)data, .n = size};
	struct hy_table *t = NULL;
	struct hy_buf b;

	hy_xml_init();
	hy_buf_init(&b, ctx, 4u << 20);
	if (size && memcmp(data, "PK", size < 2 ? size : 2) != 0) {
		zip(&b, data[0] % HY_LEN(parts), (const char *)data + 1, size - 1);
		in.bytes = b.data;
		in.n = b.len;
	}
	if (!b.over && hy_table_read(ctx, &in, &t, NULL) == HY_OK)
		for (size_t i = 0; i < t->n_rows; i++)
			for (size_t k = 0; k < t->rows[i].n; k++)
				if (!hy_utf8_valid(t->rows[i].cells[k], strlen(t->rows[i].cells[k])))
					abort();
	talloc_free(ctx);
	return 0;
}
