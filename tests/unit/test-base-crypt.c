/* Crypt: published vectors (RFC 4231, 8032, FIPS 180), tampering byte by byte, secrets from files.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_up(void **state)
{
	(void)state;
	setenv("HUYING_TEST_FAST_HASH", "1", 1);
	return hy_crypt_init(NULL);
}

static void assert_hex(const void *bytes, size_t n, const char *want)
{
	char *hex = hy_hex(NULL, bytes, n);

	assert_string_equal(hex, want);
	talloc_free(hex);
}

static uint8_t *unhex(const char *s, size_t want)
{
	void *out = NULL;
	size_t n = 0;

	assert_int_equal(hy_unhex(NULL, s, &out, &n, NULL), HY_OK);
	assert_int_equal(n, want);
	return out;
}

static void test_sha256(void **state)
{
	struct hy_sha256 *h = hy_sha256_new(NULL);
	uint8_t out[32];

	(void)state;
	hy_sha256("abc", 3, out);
	assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hy_sha256(NULL, 0, out);
	assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hy_sha256_add(h, "a", 1);
	hy_sha256_add(h, NULL, 0);
	hy_sha256_add(h, "bc", 2);
	hy_sha256_done(h, out);
	assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	talloc_free(h);
}

static void test_hmac(void **state)
{
	uint8_t out[64], key[131], data[50];

	(void)state;
	memset(key, 0x0b, 20); /* RFC 4231 case 1 */
	assert_int_equal(hy_hmac("sha256", key, 20, "Hi There", 8, out), 32);
	assert_hex(out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_int_equal(hy_hmac("sha512", key, 20, "Hi There", 8, out), 64);
	assert_hex(out, 64,
		   "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
		   "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
	/* case 2 */
	hy_hmac("sha256", "Jefe", 4, "what do ya want for nothing?", 28, out);
	assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_int_equal(hy_hmac("sha384", "Jefe", 4, "what do ya want for nothing?", 28, out), 48);
	assert_hex(out, 48,
		   "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		   "8e2240ca5e69e2c78b3239ecfab21649");
	memset(key, 0xaa, 20); /* case 3 */
	memset(data, 0xdd, 50);
	hy_hmac("sha256", key, 20, data, 50, out);
	assert_hex(out, 32, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	memset(key, 0xaa, 131); /* case 6: a key longer than a block */
	hy_hmac("sha256", key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
		out);
	assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	/* WebSub */
	hy_hmac("sha256", "s3cret", 6, "<feed/>", 7, out);
	assert_hex(out, 32, "1b9591b5322baa7463554820f41fe27e650c767e2fbc4a934c5aa90e9cc27c7c");
	assert_int_equal(hy_hmac("sha1", "s3cret", 6, "<feed/>", 7, out), 20);
	assert_hex(out, 20, "d0f17a456159bccb28b7f244db7aadc2ccbc8f1d");
	assert_int_equal(hy_hmac("md5", "k", 1, "x", 1, out), 0);
	assert_int_equal(hy_hmac("sha256", NULL, 0, NULL, 0, out), 32);
	assert_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* What WeChat and Weibo build on: RFC 3174's first vector, NIST SP 800-38A F.2.5 (two blocks). */
static void test_platform_schemes(void **state)
{
	static const uint8_t key[] = {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe,
				      0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
				      0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7,
				      0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4};
	static const uint8_t plain[] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
					0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a,
					0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c,
					0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51};
	uint8_t iv[16], out[32], hash[HY_SHA1_LEN];

	(void)state;
	for (unsigned i = 0; i < sizeof(iv); i++)
		iv[i] = (uint8_t)i;
	hy_aes256_cbc(true, key, iv, plain, sizeof(plain), out);
	assert_hex(out, 32, "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d");
	hy_aes256_cbc(false, key, iv, out, sizeof(out), out);
	assert_memory_equal(out, plain, sizeof(plain));
	hy_sha1("abc", 3, hash);
	assert_hex(hash, sizeof(hash), "a9993e364706816aba3e25717850c26c9cd0d89d");
	hy_sha1(NULL, 0, hash);
	assert_hex(hash, sizeof(hash), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

static void test_plain_hashes(void **state)
{
	uint8_t out[16];

	(void)state;
	hy_xxh128("", 0, out); /* XXH3 of nothing, seed 0, as published */
	assert_hex(out, 16, "99aa06d3014798d86001c324468d497f");
	assert_true(hy_xxh64("", 0) == UINT64_C(0x2d06800538d394c2));
	assert_true(hy_equal_ct("abc", "abc", 3));
	assert_false(hy_equal_ct("abc", "abd", 3));
	assert_true(hy_equal_ct("a", "b", 0));
}

static void test_seal(void **state)
{
	static const char plain[] = "call me at noon";
	uint8_t key[HY_KEY_LEN], *sealed = NULL, *again = NULL, *opened = NULL;
	void *ctx = talloc_new(NULL);
	size_t n = 0, n_again = 0, n_open = 0;

	(void)state;
	hy_random_bytes(key, sizeof(key));
	assert_int_equal(hy_seal(ctx, key, "t|1|c", plain, 15, &sealed, &n, NULL), HY_OK);
	assert_int_equal(n, 15 + 29);
	assert_int_equal(sealed[0], 1);
	assert_int_equal(hy_seal(ctx, key, "t|1|c", plain, 15, &again, &n_again, NULL), HY_OK);
	assert_memory_not_equal(sealed + 1, again + 1, 12); /* nonces */
	assert_int_equal(hy_unseal(ctx, key, "t|1|c", sealed, n, &opened, &n_open, NULL), HY_OK);
	assert_int_equal(n_open, 15);
	assert_string_equal((char *)opened, plain);
	opened = NULL;
	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 8; bit++) {
			sealed[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(
				hy_unseal(ctx, key, "t|1|c", sealed, n, &opened, &n_open, NULL),
				HY_ECORRUPT);
			sealed[i] ^= (uint8_t)(1 << bit);
		}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(hy_unseal(ctx, key, "t|1|c", sealed, i, &opened, &n_open, NULL),
				 HY_ECORRUPT);
	assert_int_equal(hy_unseal(ctx, key, "t|2|c", sealed, n, &opened, &n_open, NULL),
			 HY_ECORRUPT);
	key[31] ^= 1;
	assert_int_equal(hy_unseal(ctx, key, "t|1|c", sealed, n, &opened, &n_open, NULL),
			 HY_ECORRUPT);
	assert_null(opened);
	assert_int_equal(hy_seal(ctx, key, "t|1|c", NULL, 0, &sealed, &n, NULL), HY_OK);
	assert_int_equal(hy_unseal(ctx, key, "t|1|c", sealed, n, &opened, &n_open, NULL), HY_OK);
	assert_int_equal(n_open, 0);
	assert_string_equal((char *)opened, "");
	talloc_free(ctx);
}

/* A sealed value of the NIST GCM test set's AES-256 case 14 shape: zero key, zero nonce. */
static void test_seal_vector(void **state)
{
	uint8_t key[32] = {0}, *opened = NULL;
	uint8_t *sealed = unhex("01"
				"000000000000000000000000"
				"cea7403d4d606b6e074ec5d3baf39d18"
				"d0d1c8a799996bf0265b98b5d48ab919",
				45);
	size_t n = 0;

	(void)state;
	assert_int_equal(hy_unseal(NULL, key, "", sealed, 45, &opened, &n, NULL), HY_OK);
	assert_int_equal(n, 16);
	assert_hex(opened, 16, "00000000000000000000000000000000");
	talloc_free(opened);
	talloc_free(sealed);
}

static void test_ed25519(void **state)
{
	static const struct {
		const char *seed, *pub, *msg, *sig;
	} v[] = {
		/* RFC 8032 7.1, tests 1 to 3 */
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		 "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		 "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
		 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		 "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		 "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
		 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		 "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	};

	(void)state;
	for (size_t i = 0; i < HY_LEN(v); i++) {
		uint8_t *seed = unhex(v[i].seed, 32), pub[32], sig[64];
		size_t n = strlen(v[i].msg);

		hy_ed25519_public(seed, pub);
		assert_hex(pub, 32, v[i].pub);
		hy_ed25519_sign(seed, v[i].msg, n, sig);
		assert_hex(sig, 64, v[i].sig);
		assert_true(hy_ed25519_verify(pub, v[i].msg, n, sig));
		for (size_t k = 0; k < 64; k++) {
			sig[k] ^= 0x20;
			assert_false(hy_ed25519_verify(pub, v[i].msg, n, sig));
			sig[k] ^= 0x20;
		}
		assert_false(hy_ed25519_verify(pub, "other", 5, sig));
		talloc_free(seed);
	}
}

static void test_password(void **state)
{
	char hash[HY_PASSWORD_HASH_MAX];

	(void)state;
	assert_int_equal(hy_password_hash("correct horse", hash, NULL), HY_OK);
	assert_memory_equal(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31);
	assert_true(hy_password_verify(hash, "correct horse"));
	assert_false(hy_password_verify(hash, "correct horsf"));
	assert_false(hy_password_verify(hash, ""));
	assert_false(hy_password_verify("nonsense", ""));
}

static void test_phrase(void **state)
{
	uint8_t salt[16] = {1}, a[32], b[32];

	(void)state;
	assert_int_equal(hy_key_from_phrase("eight words", salt, a, NULL), HY_OK);
	assert_int_equal(hy_key_from_phrase("eight words", salt, b, NULL), HY_OK);
	assert_memory_equal(a, b, 32);
	salt[0] = 2;
	assert_int_equal(hy_key_from_phrase("eight words", salt, b, NULL), HY_OK);
	assert_memory_not_equal(a, b, 32);
}

static void test_stream(void **state)
{
	uint8_t key[32] = {7}, header[24], one[5 + 17], two[17], out[8];
	void *ctx = talloc_new(NULL);
	struct hy_stream *w = hy_stream_seal_new(ctx, key, header), *r;
	bool final = true;

	(void)state;
	hy_stream_seal(w, "12345", 5, false, one);
	hy_stream_seal(w, NULL, 0, true, two);
	r = hy_stream_open_new(ctx, key, header, NULL);
	assert_int_equal(hy_stream_open(r, two, 17, out, &final, NULL), HY_ECORRUPT); /* order */
	r = hy_stream_open_new(ctx, key, header, NULL);
	assert_int_equal(hy_stream_open(r, one, 22, out, &final, NULL), HY_OK);
	assert_memory_equal(out, "12345", 5);
	assert_false(final);
	assert_int_equal(hy_stream_open(r, two, 17, out, &final, NULL), HY_OK);
	assert_true(final);
	assert_int_equal(hy_stream_open(r, two, 17, out, &final, NULL), HY_ECORRUPT);
	for (size_t i = 0; i < sizeof(one); i++) {
		r = hy_stream_open_new(ctx, key, header, NULL);
		one[i] ^= 1;
		assert_int_equal(hy_stream_open(r, one, 22, out, &final, NULL), HY_ECORRUPT);
		one[i] ^= 1;
	}
	r = hy_stream_open_new(ctx, key, header, NULL);
	assert_int_equal(hy_stream_open(r, one, 16, out, &final, NULL), HY_ECORRUPT);
	talloc_free(ctx);
}

static void test_secret(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *want;
	} v[] = {{"s3cret\nsecond", 13, "s3cret"},
		 {"s3cret\r\n", 8, "s3cret"},
		 {"no end", 6, "no end"},
		 {"\n", 1, NULL},
		 {"", 0, NULL},
		 {"a\0b\n", 4, NULL}};
	char dir[] = "/tmp/hy-crypt-XXXXXX", path[64];
	static char longest[4098];
	struct hy_secret *s;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	for (size_t i = 0; i < HY_LEN(v); i++) {
		assert_int_equal(hy_file_write(path, v[i].text, v[i].n, 0600, NULL), HY_OK);
		s = NULL;
		assert_int_equal(hy_secret_read(NULL, path, &s, NULL),
				 v[i].want ? HY_OK : HY_EINPUT);
		if (v[i].want) {
			assert_string_equal(hy_secret_text(s, &n), v[i].want);
			assert_int_equal(n, strlen(v[i].want));
		}
		talloc_free(s);
	}
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(hy_file_write(path, longest, 4096, 0600, NULL), HY_OK);
	assert_int_equal(hy_secret_read(NULL, path, &s, NULL), HY_OK);
	talloc_free(s);
	assert_int_equal(hy_file_write(path, longest, 4097, 0600, NULL), HY_OK);
	assert_int_equal(hy_secret_read(NULL, path, &s, NULL), HY_EINPUT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(hy_secret_read(NULL, path, &s, NULL), HY_ENOTFOUND);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),	     cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_platform_schemes),
		cmocka_unit_test(test_plain_hashes), cmocka_unit_test(test_seal),
		cmocka_unit_test(test_seal_vector),  cmocka_unit_test(test_ed25519),
		cmocka_unit_test(test_password),     cmocka_unit_test(test_phrase),
		cmocka_unit_test(test_stream),	     cmocka_unit_test(test_secret),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
