/* Peers of the fold and of JSON: OpenCC by phrase, yajl's parser with nothing behind it. */
#include "bench/peers.h"

#include <opencc/opencc.h>
#include <string.h>
#include <yajl/yajl_parse.h>

size_t bench_opencc(const char *s, size_t n)
{
	static opencc_t t2s;
	char *out;
	size_t len;

	if (!t2s)
		t2s = opencc_open("t2s.json");
	if (t2s == (opencc_t)-1)
		return 0;
	out = opencc_convert_utf8(t2s, s, n);
	if (!out)
		return 0;
	len = strlen(out);
	opencc_convert_utf8_free(out);
	return len;
}

static int on_string(void *user, const unsigned char *s, size_t n)
{
	(void)s;
	*(size_t *)user += n;
	return 1;
}

bool bench_yajl(const char *s, size_t n)
{
	static const yajl_callbacks calls = {.yajl_string = on_string, .yajl_map_key = on_string};
	size_t seen = 0;
	yajl_handle h = yajl_alloc(&calls, NULL, &seen);
	bool good = yajl_parse(h, (const unsigned char *)s, n) == yajl_status_ok &&
		    yajl_complete_parse(h) == yajl_status_ok;

	yajl_free(h);
	return good && seen > 0;
}
