/*
 * The envelope of WeChat's safe mode: AES-256-CBC with padding to 32, so OpenSSL's own is off; the
 * AppID at the end of the clear text says for whom it was made.
 */
#include "platforms/callback.h"

#include <string.h>

#define BLOCK 32
#define RANDOM_LEN 16
#define HEAD (RANDOM_LEN + 4)
#define ENCODING_KEY_LEN 43

/* The key's 43rd character may have stray low bits: they are cleared before decoding. */
static enum hy_status key_read(const void *ctx, const struct hy_secret *aes, uint8_t **out,
			       struct hy_err *err)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *text = hy_callback_secret(aes), *at;
	char padded[ENCODING_KEY_LEN + 2];
	size_t n;

	at = strlen(text) == ENCODING_KEY_LEN ? strchr(alphabet, text[ENCODING_KEY_LEN - 1]) : NULL;
	if (at != NULL && *at != '\0') {
		memcpy(padded, text, ENCODING_KEY_LEN - 1);
		padded[ENCODING_KEY_LEN - 1] = alphabet[(at - alphabet) & ~3];
		padded[ENCODING_KEY_LEN] = '=';
		padded[ENCODING_KEY_LEN + 1] = '\0';
		if (hy_unbase64(ctx, padded, false, (void **)out, &n, NULL) == HY_OK &&
		    n == HY_KEY_LEN)
			return HY_OK;
	}
	return hy_err_set(
		err, HY_EINPUT,
		_("EncodingAESKey: copy its 43 letters and digits from the platform's console"));
}

enum hy_status hy_wechat_encrypt(const void *ctx, const struct hy_secret *aes, const char *app,
				 const uint8_t *random, const char *text, size_t n, char **out,
				 struct hy_err *err)
{
	size_t n_app = strlen(app), n_clear = HEAD + n + n_app;
	size_t pad = BLOCK - n_clear % BLOCK, total = n_clear + pad;
	void *work = talloc_new(NULL);
	uint8_t *key, *clear, *sealed;
	enum hy_status status = key_read(work, aes, &key, err);

	if (status == HY_OK) {
		clear = hy_new_array(work, uint8_t, total);
		sealed = hy_new_array(work, uint8_t, total);
		if (random != NULL)
			memcpy(clear, random, RANDOM_LEN);
		else
			hy_random_bytes(clear, RANDOM_LEN);
		for (int i = 0; i < 4; i++)
			clear[RANDOM_LEN + i] = (uint8_t)(n >> (24 - 8 * i));
		memcpy(clear + HEAD, text, n);
		memcpy(clear + HEAD + n, app, n_app);
		memset(clear + n_clear, (int)pad, pad);
		hy_aes256_cbc(true, key, key, clear, total, sealed);
		*out = hy_base64(ctx, sealed, total, false);
	}
	talloc_free(work);
	return status;
}

/* Where the message lies in the clear text; false when it is not made as it must be. */
static bool unwrap(const uint8_t *clear, size_t total, const char *app, size_t *n_out)
{
	size_t pad = clear[total - 1], n_app = strlen(app), n = 0;

	if (pad < 1 || pad > BLOCK || total < HEAD + pad)
		return false;
	for (size_t i = 0; i < pad; i++)
		if (clear[total - 1 - i] != pad)
			return false;
	for (int i = 0; i < 4; i++)
		n = n << 8 | clear[RANDOM_LEN + i];
	*n_out = n;
	return n <= total - pad - HEAD && total - pad - HEAD - n == n_app &&
	       memcmp(clear + HEAD + n, app, n_app) == 0;
}

enum hy_status hy_wechat_decrypt(const void *ctx, const struct hy_secret *aes, const char *app,
				 const char *encrypted, char **out, size_t *n_out,
				 struct hy_err *err)
{
	void *work = talloc_new(NULL), *sealed = NULL;
	size_t total = 0, n = 0;
	uint8_t *key, *clear;
	enum hy_status status = key_read(work, aes, &key, err);

	if (status != HY_OK)
		goto out;
	status = HY_EAUTH;
	if (hy_unbase64(work, encrypted, false, &sealed, &total, NULL) == HY_OK && total >= BLOCK &&
	    total % 16 == 0) {
		clear = hy_new_array(work, uint8_t, total);
		hy_aes256_cbc(false, key, key, sealed, total, clear);
		if (unwrap(clear, total, app, &n)) {
			*out = hy_new_array(ctx, char, n + 1); /* it may hold a NUL: no string */
			memcpy(*out, clear + HEAD, n);
			*n_out = n;
			status = HY_OK;
		}
	}
	if (status != HY_OK)
		hy_err_set(err, status,
			   _("callback: it was not encrypted with this account's key and AppID"));
out:
	talloc_free(work);
	return status;
}
