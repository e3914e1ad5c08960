/*
 * Decoding of gzip bodies by us and not by libcurl, for libcurl calls a gzip stream that was cut a
 * success: here the end of the stream and its checksum must have been seen.
 */
#include "net/internal.h"

#include <string.h>
#include <zlib.h>

#define RATIO_FREE ((size_t)64 << 10) /* decoded bytes before the ratio counts */

struct hy_gunzip {
	z_stream z;
	size_t in, out; /* bytes so far */
	bool ended, failed;
};

static int gunzip_destroy(struct hy_gunzip *g)
{
	(void)inflateEnd(&g->z); /* nothing to learn from it */
	return 0;
}

struct hy_gunzip *hy_gunzip_new(const void *ctx)
{
	struct hy_gunzip *g = hy_new(ctx, struct hy_gunzip);

	if (inflateInit2(&g->z, 15 + 16) != Z_OK) /* 16: gzip only, no bare zlib */
		hy_mem_die();
	talloc_set_destructor(g, gunzip_destroy);
	return g;
}

static enum hy_gunzip_result put(struct hy_gunzip *g, struct hy_buf *out, const void *bytes,
				 size_t n)
{
	g->out += n;
	if (g->out > RATIO_FREE && g->out / HY_NET_RATIO_MAX > g->in)
		return HY_GUNZIP_BIG;
	return hy_buf_add(out, bytes, n) ? HY_GUNZIP_MORE : HY_GUNZIP_BIG;
}

/* After a member's end: another member, or padding that is passed over. */
static bool next_member(struct hy_gunzip *g)
{
	if (g->z.avail_in < 2 || g->z.next_in[0] != 0x1f || g->z.next_in[1] != 0x8b)
		return false;
	g->ended = false;
	return inflateReset(&g->z) == Z_OK;
}

enum hy_gunzip_result hy_gunzip_feed(struct hy_gunzip *g, const void *bytes, size_t n,
				     struct hy_buf *out)
{
	unsigned char room[16384];

	if (g->failed)
		return HY_GUNZIP_BAD;
	g->in += n;
	g->z.next_in = (unsigned char *)bytes; /* zlib does not write to it */
	g->z.avail_in = (unsigned)n;
	if (g->ended && !next_member(g))
		return HY_GUNZIP_END;
	for (;;) {
		g->z.next_out = room;
		g->z.avail_out = sizeof(room);
		int rc = inflate(&g->z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
			g->failed = true;
			return HY_GUNZIP_BAD;
		}
		if (put(g, out, room, sizeof(room) - g->z.avail_out) == HY_GUNZIP_BIG) {
			g->failed = true;
			return HY_GUNZIP_BIG;
		}
		if (rc == Z_STREAM_END) {
			g->ended = true;
			if (!next_member(g))
				return HY_GUNZIP_END;
		} else if (g->z.avail_out > 0) {
			return HY_GUNZIP_MORE;
		}
	}
}

bool hy_gunzip_ended(const struct hy_gunzip *g)
{
	return g->ended && !g->failed;
}
