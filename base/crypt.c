/*
 * Hashing, sealing, signing, secrets: thin doors to OpenSSL (SHA-2, HMAC, AES-GCM) and libsodium
 * (Ed25519, argon2id, secretstream). What holds a secret is wiped by its talloc destructor.
 */
#include "config.h"
#include "base/crypt.h"
#include "base/base.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#define SEAL_VERSION 1
#define NONCE_LEN 12
#define TAG_LEN 16
#define SEAL_OVERHEAD (1 + NONCE_LEN + TAG_LEN)
#define SECRET_MAX 4096

enum hy_status hy_crypt_init(struct hy_err *err)
{
	if (sodium_init() < 0)
		return hy_err_set(err, HY_ESYSTEM, _("libsodium does not start"));
	if (!OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL))
		return hy_err_set(err, HY_ESYSTEM, _("OpenSSL does not start"));
	return HY_OK;
}

void hy_random_bytes(void *out, size_t n)
{
	randombytes_buf(out, n); /* aborts by itself when the system has none */
}

void hy_sha256(const void *bytes, size_t n, uint8_t out[HY_SHA256_LEN])
{
	if (!EVP_Digest(n ? bytes : "", n, out, NULL, EVP_sha256(), NULL))
		hy_mem_die();
}

struct hy_sha256 {
	EVP_MD_CTX *md;
};

static int destroy_sha256(struct hy_sha256 *h)
{
	EVP_MD_CTX_free(h->md);
	return 0;
}

struct hy_sha256 *hy_sha256_new(const void *ctx)
{
	struct hy_sha256 *h = hy_new(ctx, struct hy_sha256);

	h->md = EVP_MD_CTX_new();
	if (!h->md || !EVP_DigestInit_ex(h->md, EVP_sha256(), NULL))
		hy_mem_die();
	talloc_set_destructor(h, destroy_sha256);
	return h;
}

void hy_sha256_add(struct hy_sha256 *h, const void *bytes, size_t n)
{
	if (!EVP_DigestUpdate(h->md, n ? bytes : "", n))
		HY_BUG("hy_sha256_add after hy_sha256_done");
}

void hy_sha256_done(struct hy_sha256 *h, uint8_t out[HY_SHA256_LEN])
{
	if (!EVP_DigestFinal_ex(h->md, out, NULL))
		HY_BUG("hy_sha256_done twice");
}

void hy_sha1(const void *bytes, size_t n, uint8_t out[HY_SHA1_LEN])
{
	if (!EVP_Digest(n ? bytes : "", n, out, NULL, EVP_sha1(), NULL))
		hy_mem_die();
}

void hy_aes256_cbc(bool encrypt, const uint8_t key[HY_KEY_LEN], const uint8_t iv[16],
		   const void *in, size_t n, void *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len = 0, rest = 0;

	if (n % 16 || n > INT32_MAX - 64)
		HY_BUG("AES-CBC without padding needs whole blocks");
	if (!c || !EVP_CipherInit_ex2(c, EVP_aes_256_cbc(), key, iv, encrypt, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(c, 0) || !EVP_CipherUpdate(c, out, &len, in, (int)n) ||
	    !EVP_CipherFinal_ex(c, (uint8_t *)out + len, &rest))
		hy_mem_die();
	EVP_CIPHER_CTX_free(c);
}

size_t hy_hmac(const char *algo, const void *key, size_t key_len, const void *bytes, size_t n,
	       uint8_t out[64])
{
	const EVP_MD *md = strcmp(algo, "sha1") == 0	 ? EVP_sha1()
			   : strcmp(algo, "sha256") == 0 ? EVP_sha256()
			   : strcmp(algo, "sha384") == 0 ? EVP_sha384()
			   : strcmp(algo, "sha512") == 0 ? EVP_sha512()
							 : NULL;
	unsigned len = 0;

	if (!md || key_len > INT32_MAX)
		return 0;
	if (!HMAC(md, key_len ? key : "", (int)key_len, n ? bytes : (const void *)"", n, out, &len))
		hy_mem_die();
	return len;
}

bool hy_equal_ct(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void hy_xxh128(const void *bytes, size_t n, uint8_t out[16])
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
	memcpy(out, canonical.digest, 16);
}

uint64_t hy_xxh64(const void *bytes, size_t n)
{
	return XXH3_64bits(bytes, n);
}

/* A block that is wiped when freed. */
static int wipe_bytes(uint8_t *block)
{
	sodium_memzero(block, talloc_get_size(block));
	return 0;
}

static uint8_t *new_wiped(const void *ctx, size_t n)
{
	uint8_t *block = hy_new_array(ctx, uint8_t, n);

	talloc_set_destructor(block, wipe_bytes);
	return block;
}

/* Parts of a sealed value. */
struct sealed {
	uint8_t *nonce, *text, *tag;
};

static struct sealed parts_of(uint8_t *sealed, size_t n_text)
{
	return (struct sealed){.nonce = sealed + 1,
			       .text = sealed + 1 + NONCE_LEN,
			       .tag = sealed + 1 + NONCE_LEN + n_text};
}

static bool gcm_encrypt(EVP_CIPHER_CTX *c, const uint8_t *key, const char *aad, const void *plain,
			int n, struct sealed s)
{
	int len;

	return EVP_EncryptInit_ex2(c, EVP_aes_256_gcm(), key, s.nonce, NULL) &&
	       EVP_EncryptUpdate(c, NULL, &len, (const uint8_t *)aad, (int)strlen(aad)) &&
	       (n == 0 || EVP_EncryptUpdate(c, s.text, &len, plain, n)) &&
	       EVP_EncryptFinal_ex(c, s.tag, &len) && /* GCM writes nothing here */
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, s.tag);
}

static bool gcm_decrypt(EVP_CIPHER_CTX *c, const uint8_t *key, const char *aad, struct sealed s,
			int n, uint8_t *plain)
{
	int len;

	return EVP_DecryptInit_ex2(c, EVP_aes_256_gcm(), key, s.nonce, NULL) &&
	       EVP_DecryptUpdate(c, NULL, &len, (const uint8_t *)aad, (int)strlen(aad)) &&
	       (n == 0 || EVP_DecryptUpdate(c, plain, &len, s.text, n)) &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, s.tag) &&
	       EVP_DecryptFinal_ex(c, plain + n, &len) > 0;
}

enum hy_status hy_seal(const void *ctx, const uint8_t key[HY_KEY_LEN], const char *aad,
		       const void *plain, size_t n, uint8_t **out, size_t *n_out,
		       struct hy_err *err)
{
	EVP_CIPHER_CTX *c;
	uint8_t *sealed;
	bool ok;

	if (n > INT32_MAX - SEAL_OVERHEAD)
		return hy_err_set(err, HY_EINPUT, _("too large to seal: %zu bytes"), n);
	c = EVP_CIPHER_CTX_new();
	if (!c)
		hy_mem_die();
	sealed = hy_new_array(ctx, uint8_t, n + SEAL_OVERHEAD);
	sealed[0] = SEAL_VERSION;
	hy_random_bytes(sealed + 1, NONCE_LEN);
	ok = gcm_encrypt(c, key, aad, plain, (int)n, parts_of(sealed, n));
	EVP_CIPHER_CTX_free(c);
	if (!ok) {
		talloc_free(sealed);
		return hy_err_set(err, HY_ESYSTEM, _("AES-256-GCM does not work in this OpenSSL"));
	}
	*out = sealed;
	*n_out = n + SEAL_OVERHEAD;
	return HY_OK;
}

enum hy_status hy_unseal(const void *ctx, const uint8_t key[HY_KEY_LEN], const char *aad,
			 const void *sealed, size_t n, uint8_t **out, size_t *n_out,
			 struct hy_err *err)
{
	EVP_CIPHER_CTX *c;
	uint8_t *plain;
	size_t n_text;
	bool ok;

	if (n < SEAL_OVERHEAD || n > INT32_MAX || *(const uint8_t *)sealed != SEAL_VERSION)
		return hy_err_set(err, HY_ECORRUPT,
				  _("sealed value: damaged, or of a newer version of huying"));
	n_text = n - SEAL_OVERHEAD;
	c = EVP_CIPHER_CTX_new();
	if (!c)
		hy_mem_die();
	plain = new_wiped(ctx, n_text + TAG_LEN); /* Final may want room; keeps the NUL, too */
	ok = gcm_decrypt(c, key, aad, parts_of((uint8_t *)(uintptr_t)sealed, n_text), (int)n_text,
			 plain);
	EVP_CIPHER_CTX_free(c);
	if (!ok) {
		talloc_free(plain);
		return hy_err_set(err, HY_ECORRUPT,
				  _("sealed value: wrong key, or changed or moved since"));
	}
	plain[n_text] = '\0';
	*out = plain;
	if (n_out)
		*n_out = n_text;
	return HY_OK;
}

void hy_ed25519_public(const uint8_t seed[HY_ED25519_LEN], uint8_t pub[HY_ED25519_LEN])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];

	if (crypto_sign_seed_keypair(pub, secret, seed) != 0)
		HY_BUG("crypto_sign_seed_keypair");
	sodium_memzero(secret, sizeof(secret));
}

void hy_ed25519_sign(const uint8_t seed[HY_ED25519_LEN], const void *bytes, size_t n,
		     uint8_t sig[HY_ED25519_SIG_LEN])
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES], pub[HY_ED25519_LEN];

	if (crypto_sign_seed_keypair(pub, secret, seed) != 0 ||
	    crypto_sign_detached(sig, NULL, bytes, n, secret) != 0)
		HY_BUG("crypto_sign_detached");
	sodium_memzero(secret, sizeof(secret));
}

bool hy_ed25519_verify(const uint8_t pub[HY_ED25519_LEN], const void *bytes, size_t n,
		       const uint8_t sig[HY_ED25519_SIG_LEN])
{
	return crypto_sign_verify_detached(sig, bytes, n, pub) == 0;
}

/* What a password hash may cost. Tests ask for less by the environment. */
static void hash_cost(unsigned long long *ops, size_t *mem)
{
	bool fast = secure_getenv("HUYING_TEST_FAST_HASH") != NULL;

	*ops = fast ? crypto_pwhash_OPSLIMIT_INTERACTIVE : crypto_pwhash_OPSLIMIT_MODERATE;
	*mem = fast ? crypto_pwhash_MEMLIMIT_INTERACTIVE : crypto_pwhash_MEMLIMIT_MODERATE;
}

enum hy_status hy_password_hash(const char *password, char out[HY_PASSWORD_HASH_MAX],
				struct hy_err *err)
{
	unsigned long long ops;
	size_t mem;

	_Static_assert(HY_PASSWORD_HASH_MAX >= crypto_pwhash_STRBYTES, "room for a hash");
	hash_cost(&ops, &mem);
	if (crypto_pwhash_str_alg(out, password, strlen(password), ops, mem,
				  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return hy_err_set(err, HY_ESYSTEM,
				  _("no memory to hash a password (%zu MiB are needed)"),
				  mem >> 20);
	return HY_OK;
}

bool hy_password_verify(const char *hash, const char *password)
{
	return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

enum hy_status hy_key_from_phrase(const char *phrase, const uint8_t salt[16],
				  uint8_t key[HY_KEY_LEN], struct hy_err *err)
{
	unsigned long long ops;
	size_t mem;

	_Static_assert(crypto_pwhash_SALTBYTES == 16, "salt length");
	hash_cost(&ops, &mem);
	if (crypto_pwhash(key, HY_KEY_LEN, phrase, strlen(phrase), salt, ops, mem,
			  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return hy_err_set(err, HY_ESYSTEM,
				  _("no memory to derive a key (%zu MiB are needed)"), mem >> 20);
	return HY_OK;
}

struct hy_stream {
	crypto_secretstream_xchacha20poly1305_state state;
	bool ended;
};

static int wipe_stream(struct hy_stream *s)
{
	sodium_memzero(s, sizeof(*s));
	return 0;
}

struct hy_stream *hy_stream_seal_new(const void *ctx, const uint8_t key[HY_KEY_LEN],
				     uint8_t header[24])
{
	struct hy_stream *s = hy_new(ctx, struct hy_stream);

	_Static_assert(crypto_secretstream_xchacha20poly1305_HEADERBYTES == 24, "header length");
	_Static_assert(crypto_secretstream_xchacha20poly1305_ABYTES == HY_STREAM_OVERHEAD,
		       "overhead");
	if (crypto_secretstream_xchacha20poly1305_init_push(&s->state, header, key) != 0)
		HY_BUG("secretstream init_push");
	talloc_set_destructor(s, wipe_stream);
	return s;
}

struct hy_stream *hy_stream_open_new(const void *ctx, const uint8_t key[HY_KEY_LEN],
				     const uint8_t header[24], struct hy_err *err)
{
	struct hy_stream *s = hy_new(ctx, struct hy_stream);

	if (crypto_secretstream_xchacha20poly1305_init_pull(&s->state, header, key) != 0) {
		talloc_free(s);
		hy_err_set(err, HY_ECORRUPT, _("sealed stream: damaged header"));
		return NULL;
	}
	talloc_set_destructor(s, wipe_stream);
	return s;
}

void hy_stream_seal(struct hy_stream *s, const void *plain, size_t n, bool final, uint8_t *out)
{
	unsigned char tag = final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
				  : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;

	if (s->ended)
		HY_BUG("hy_stream_seal after the final chunk");
	if (crypto_secretstream_xchacha20poly1305_push(&s->state, out, NULL, plain, n, NULL, 0,
						       tag) != 0)
		HY_BUG("secretstream push of %zu bytes", n);
	s->ended = final;
}

enum hy_status hy_stream_open(struct hy_stream *s, const void *sealed, size_t n, uint8_t *out,
			      bool *final_out, struct hy_err *err)
{
	unsigned char tag = 0;

	if (s->ended)
		return hy_err_set(err, HY_ECORRUPT, _("sealed stream: bytes after its end"));
	if (n < HY_STREAM_OVERHEAD || crypto_secretstream_xchacha20poly1305_pull(
					      &s->state, out, NULL, &tag, sealed, n, NULL, 0) != 0)
		return hy_err_set(err, HY_ECORRUPT, _("sealed stream: wrong phrase, or damaged"));
	s->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	*final_out = s->ended;
	return HY_OK;
}

struct hy_secret {
	size_t n;
	char text[];
};

static int wipe_secret(struct hy_secret *s)
{
	sodium_memzero(s->text, s->n);
	return 0;
}

struct hy_secret *hy_secret_new(const void *ctx, const void *bytes, size_t n)
{
	struct hy_secret *s = hy_mem_zero(ctx, 1, sizeof(*s) + n + 1, "struct hy_secret");

	if (n)
		memcpy(s->text, bytes, n);
	s->n = n;
	talloc_set_destructor(s, wipe_secret);
	return s;
}

const char *hy_secret_text(const struct hy_secret *s, size_t *n_out)
{
	if (n_out)
		*n_out = s->n;
	return s->text;
}

enum hy_status hy_secret_read(const void *ctx, const char *path, struct hy_secret **out,
			      struct hy_err *err)
{
	enum hy_status status;
	char *bytes = NULL, *end;
	size_t n = 0, line;

	status = hy_file_read(ctx, path, SECRET_MAX + 1, &bytes, &n, err);
	if (status)
		return status;
	end = memchr(bytes, '\n', n);
	line = end ? (size_t)(end - bytes) : n;
	if (line < n && line > 0 && bytes[line - 1] == '\r')
		line--;
	if (line == 0)
		status = hy_err_set(err, HY_EINPUT, _("%s: no secret on its first line"), path);
	else if (line > SECRET_MAX)
		status = hy_err_set(err, HY_EINPUT, _("%s: a secret has at most %d bytes"), path,
				    SECRET_MAX);
	else if (memchr(bytes, '\0', line))
		status = hy_err_set(err, HY_EINPUT, _("%s: a NUL byte in the secret"), path);
	else
		*out = hy_secret_new(ctx, bytes, line);
	sodium_memzero(bytes, n);
	talloc_free(bytes);
	return status;
}
