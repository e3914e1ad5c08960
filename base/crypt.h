/* Hashing, sealing, signing, secrets. All by OpenSSL 3 and libsodium; nothing is home-made. */
#ifndef HY_BASE_CRYPT_H
#define HY_BASE_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HY_SHA256_LEN 32
#define HY_KEY_LEN 32
#define HY_ED25519_LEN 32
#define HY_ED25519_SIG_LEN 64

/* Call once in main() before any other of these: starts libsodium and OpenSSL; HY_ESYSTEM if either
 * refuses. */
enum hy_status hy_crypt_init(struct hy_err *err);

/* n bytes from the system's generator; ends the process if there is none. */
void hy_random_bytes(void *out, size_t n);

void hy_sha256(const void *bytes, size_t n, uint8_t out[HY_SHA256_LEN]);
/* Streamed SHA-256 of parts: init, add..., done. */
struct hy_sha256;
struct hy_sha256 *hy_sha256_new(const void *ctx);
void hy_sha256_add(struct hy_sha256 *h, const void *bytes, size_t n);
void hy_sha256_done(struct hy_sha256 *h, uint8_t out[HY_SHA256_LEN]);

/* For the signatures of platforms that know nothing better; never for anything of our own. */
#define HY_SHA1_LEN 20
void hy_sha1(const void *bytes, size_t n, uint8_t out[HY_SHA1_LEN]);
/* AES-256-CBC without padding: n is a multiple of 16, at most 16 MiB (else HY_BUG). out has room for
 * n bytes and is not in. For envelopes of platforms; our own values are sealed by hy_seal(). */
void hy_aes256_cbc(const uint8_t key[HY_KEY_LEN], const uint8_t iv[16], bool encrypt,
		   const void *in, size_t n, uint8_t *out);

/* HMAC (RFC 2104). algo: "sha1", "sha256", "sha384", "sha512"; out has room for 64; returns its length, 0 for
 * an unknown algo. */
size_t hy_hmac(const char *algo, const void *key, size_t key_len, const void *bytes, size_t n,
	       uint8_t out[64]);
/* Constant time. */
bool hy_equal_ct(const void *a, const void *b, size_t n);
/* XXH3, for change detection and tables only, never against an adversary. 128 bits, big-endian. */
void hy_xxh128(const void *bytes, size_t n, uint8_t out[16]);
uint64_t hy_xxh64(const void *bytes, size_t n);

/*
 * Sealing: AES-256-GCM, random 96-bit nonce, AAD "table|row|column" so that a sealed value moved
 * elsewhere does not open. out = version byte 1, nonce 12, ciphertext, tag 16. child of ctx.
 * hy_open: HY_ECORRUPT for a wrong key, AAD or changed byte.
 */
enum hy_status hy_seal(const void *ctx, const uint8_t key[HY_KEY_LEN], const char *aad,
		       const void *plain, size_t n, uint8_t **out, size_t *n_out,
		       struct hy_err *err);
enum hy_status hy_unseal(const void *ctx, const uint8_t key[HY_KEY_LEN], const char *aad,
			 const void *sealed, size_t n, uint8_t **out, size_t *n_out,
			 struct hy_err *err); /* *out has a NUL after it; wiped when freed */

/* Ed25519 (RFC 8032). seed = 32 random bytes kept secret. */
void hy_ed25519_public(const uint8_t seed[HY_ED25519_LEN], uint8_t pub[HY_ED25519_LEN]);
void hy_ed25519_sign(const uint8_t seed[HY_ED25519_LEN], const void *bytes, size_t n,
		     uint8_t sig[HY_ED25519_SIG_LEN]);
bool hy_ed25519_verify(const uint8_t pub[HY_ED25519_LEN], const void *bytes, size_t n,
		       const uint8_t sig[HY_ED25519_SIG_LEN]);

/* Passwords: argon2id string (libsodium crypto_pwhash_str), MODERATE, or INTERACTIVE when
 * HUYING_TEST_FAST_HASH is set in a test build. Blocks 0.2 to 0.7 s. */
#define HY_PASSWORD_HASH_MAX 128
enum hy_status hy_password_hash(const char *password, char out[HY_PASSWORD_HASH_MAX],
				struct hy_err *err);
bool hy_password_verify(const char *hash, const char *password);

/* Backup streams: secretstream_xchacha20poly1305 under a key from a recovery phrase (argon2id). See
 * desk/backup. */
enum hy_status hy_key_from_phrase(const char *phrase, const uint8_t salt[16],
				  uint8_t key[HY_KEY_LEN], struct hy_err *err);
struct hy_stream; /* encrypts or decrypts chunks in order; a missing final chunk is HY_ECORRUPT at
		     the reader */
struct hy_stream *hy_stream_seal_new(const void *ctx, const uint8_t key[HY_KEY_LEN],
				     uint8_t header[24]);
struct hy_stream *hy_stream_open_new(const void *ctx, const uint8_t key[HY_KEY_LEN],
				     const uint8_t header[24], struct hy_err *err);
#define HY_STREAM_OVERHEAD 17
void hy_stream_seal(struct hy_stream *s, const void *plain, size_t n, bool final,
		    uint8_t *out /* n + HY_STREAM_OVERHEAD */);
enum hy_status hy_stream_open(struct hy_stream *s, const void *sealed, size_t n, uint8_t *out,
			      bool *final_out, struct hy_err *err);

/* A secret string: never printed, wiped when freed (talloc child of ctx). */
struct hy_secret;
struct hy_secret *hy_secret_new(const void *ctx, const void *bytes, size_t n);
const char *hy_secret_text(const struct hy_secret *s,
			   size_t *n_out); /* NUL-terminated; valid while s lives */
/* First line of a file or of stdin ("-"), at most 4 KiB, trailing newline cut. */
enum hy_status hy_secret_read(const void *ctx, const char *path, struct hy_secret **out,
			      struct hy_err *err);

#endif
