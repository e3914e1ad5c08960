/* Hex and base64 (RFC 4648). Decoders take exactly the canonical form: no blanks, no stray bits. */
#include "base/base.h"

#include <string.h>

static const char alphabet[2][65] = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

char *hy_hex(const void *ctx, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;
	char *out = hy_new_array(ctx, char, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum hy_status hy_unhex(const void *ctx, const char *s, void **out, size_t *n_out,
			struct hy_err *err)
{
	size_t n = strlen(s);
	uint8_t *bytes;

	if (n % 2 != 0)
		return hy_err_set(err, HY_EINPUT, "hex: odd number of digits (%zu)", n);
	bytes = hy_new_array(ctx, uint8_t, n / 2 + 1);
	for (size_t i = 0; i < n; i += 2) {
		int hi = hex_digit(s[i]), lo = hex_digit(s[i + 1]);

		if (hi < 0 || lo < 0) {
			talloc_free(bytes);
			return hy_err_set(err, HY_EINPUT, "hex: not a digit near byte %zu", i);
		}
		bytes[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	*out = bytes;
	*n_out = n / 2;
	return HY_OK;
}

char *hy_base64(const void *ctx, const void *bytes, size_t n, bool url)
{
	const uint8_t *p = bytes;
	const char *abc = alphabet[url];
	char *out = hy_new_array(ctx, char, (n + 2) / 3 * 4 + 1), *o = out;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i < 3 ? n - i : 3;
		uint32_t v = (uint32_t)p[i] << 16;

		if (left > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			v |= p[i + 2];
		for (size_t k = 0; k <= left; k++)
			*o++ = abc[v >> (18 - 6 * k) & 63];
		for (size_t k = left; k < 3 && !url; k++)
			*o++ = '=';
	}
	*o = '\0';
	return out;
}

enum hy_status hy_unbase64(const void *ctx, const char *s, bool url, void **out, size_t *n_out,
			   struct hy_err *err)
{
	size_t n = strlen(s), digits = n, o = 0;
	uint32_t v = 0;
	unsigned bits = 0;
	uint8_t *bytes;

	if (!url && n % 4 != 0)
		return hy_err_set(err, HY_EINPUT, "base64: length %zu is not a multiple of 4", n);
	while (!url && digits > 0 && n - digits < 2 && s[digits - 1] == '=')
		digits--;
	if (digits % 4 == 1)
		return hy_err_set(err, HY_EINPUT, "base64: cut short");
	bytes = hy_new_array(ctx, uint8_t, digits / 4 * 3 + 3);
	for (size_t i = 0; i < digits; i++) {
		const char *at = memchr(alphabet[url], s[i], 64);

		if (at == NULL) {
			talloc_free(bytes);
			return hy_err_set(err, HY_EINPUT, "base64: stray byte at %zu", i);
		}
		v = v << 6 | (uint32_t)(at - alphabet[url]);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[o++] = (uint8_t)(v >> bits);
			v &= (1u << bits) - 1;
		}
	}
	if (v != 0) {
		talloc_free(bytes);
		return hy_err_set(err, HY_EINPUT, "base64: stray bits at the end");
	}
	*out = bytes;
	*n_out = o;
	return HY_OK;
}
