/*
 * The cover of WeChat's articles: the office's own picture (publish.wechat_cover), else a plain one,
 * 900 by 383, as the platform wants one with every article.
 */
#include "publisher/internal.h"

#include <stdlib.h>
#include <string.h>

#define COVER_MAX (2u << 20)

/* A PNG in one colour, compressed. */
static const unsigned char plain[] = {
	0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
	0x44, 0x52, 0x00, 0x00, 0x03, 0x84, 0x00, 0x00, 0x01, 0x7f, 0x01, 0x03, 0x00, 0x00,
	0x00, 0x2b, 0x4a, 0x95, 0x8b, 0x00, 0x00, 0x00, 0x03, 0x50, 0x4c, 0x54, 0x45, 0x1f,
	0x4e, 0x79, 0xf7, 0x23, 0x72, 0x84, 0x00, 0x00, 0x00, 0x41, 0x49, 0x44, 0x41, 0x54,
	0x78, 0xda, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d,
	0x07, 0x6f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0xf8, 0x0d, 0xaa, 0x8e, 0x00, 0x01, 0x7e, 0x32, 0xc9, 0x29, 0x00,
	0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

/* By its first bytes; NULL when the platform does not take it. */
static const char *type_of(const char *bytes, size_t n)
{
	if (n > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
		return "image/png";
	if (n > 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
		return "image/jpeg";
	return NULL;
}

static char *hash_of(const void *ctx, const void *bytes, size_t n)
{
	uint8_t hash[HY_SHA256_LEN];

	hy_sha256(bytes, n, hash);
	return hy_hex(ctx, hash, sizeof(hash));
}

enum hy_status hy_cover_load(const void *ctx, const char *dir, const char *path,
			     struct hy_platform_file *out, char **sha256, struct hy_err *err)
{
	char *bytes = NULL;
	size_t n = 0;

	if (path == NULL || path[0] == '\0') {
		*out = (struct hy_platform_file){"cover.png", "image/png", plain, sizeof(plain)};
		*sha256 = hash_of(ctx, plain, sizeof(plain));
		return HY_OK;
	}
	if (path[0] != '/')
		path = hy_strf(ctx, "%s/%s", dir, path);
	enum hy_status status = hy_file_read(ctx, path, COVER_MAX, &bytes, &n, err);
	const char *type = status == HY_OK ? type_of(bytes, n) : NULL;
	if (status == HY_OK && type == NULL)
		status = hy_err_set(err, HY_EINPUT, _("%s: a cover is a PNG or a JPEG"), path);
	if (status != HY_OK)
		return status;
	*out = (struct hy_platform_file){
		strcmp(type, "image/png") == 0 ? "cover.png" : "cover.jpg", type, bytes, n};
	*sha256 = hash_of(ctx, bytes, n);
	return HY_OK;
}

enum hy_status hy_publish_cover(const void *ctx, const char *dir, const char *path, char **out,
				struct hy_err *err)
{
	struct hy_platform_file file;
	char *sha256 = NULL;
	enum hy_status status = hy_cover_load(ctx, dir, path, &file, &sha256, err);

	if (status == HY_OK)
		*out = path[0] != '\0' ? hy_strf(ctx, "%s %s", sha256, path) : hy_strdup(ctx, "");
	return status;
}
