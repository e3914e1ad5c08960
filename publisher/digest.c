/*
 * What approval is bound to. Every field has its length in front, so that no two different
 * statements have the same encoding; the layout is in publisher.h, byte by byte.
 */
#include "publisher/internal.h"

#include <stdlib.h>
#include <string.h>

static void put_u32(struct hy_sha256 *h, size_t v)
{
	const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
			      (uint8_t)v};

	hy_sha256_add(h, b, sizeof(b));
}

static void put_i64(struct hy_sha256 *h, int64_t v)
{
	uint64_t u = (uint64_t)v;
	uint8_t b[8];

	for (int i = 7; i >= 0; i--, u >>= 8)
		b[i] = (uint8_t)u;
	hy_sha256_add(h, b, sizeof(b));
}

static void put_text(struct hy_sha256 *h, const char *s)
{
	size_t n = s != NULL ? strlen(s) : 0;

	put_u32(h, n);
	if (n > 0)
		hy_sha256_add(h, s, n);
}

static int by_id(const void *a, const void *b)
{
	const struct hy_account *const *x = a, *const *y = b;

	return (*x)->id.v < (*y)->id.v ? -1 : (*x)->id.v > (*y)->id.v;
}

static void put_accounts(struct hy_sha256 *h, const struct hy_account *accounts, size_t n)
{
	const struct hy_account **sorted = hy_new_array(h, const struct hy_account *, n + 1);

	for (size_t i = 0; i < n; i++)
		sorted[i] = &accounts[i];
	qsort(sorted, n, sizeof(const struct hy_account *), by_id);
	put_u32(h, n);
	for (size_t i = 0; i < n; i++) {
		put_i64(h, sorted[i]->id.v);
		put_text(h, sorted[i]->platform);
		put_text(h, sorted[i]->signed_as ? sorted[i]->signed_as : sorted[i]->name);
		put_text(h, sorted[i]->url);
	}
}

void hy_statement_digest(const struct hy_statement *s, const struct hy_account *accounts,
			 uint8_t out[HY_SHA256_LEN])
{
	struct hy_sha256 *h = hy_sha256_new(NULL);

	hy_sha256_add(h, HY_DIGEST_MAGIC, strlen(HY_DIGEST_MAGIC));
	put_text(h, hy_statement_kind_name(s->kind));
	put_text(h, s->title);
	put_text(h, s->text);
	put_u32(h, 0); /* media */
	put_accounts(h, accounts, s->n_targets);
	put_i64(h, s->not_before);
	put_i64(h, s->not_after);
	put_i64(h, s->claim.v);
	put_i64(h, s->cs.v);
	put_i64(h, s->corrects.v);
	hy_sha256_done(h, out);
	talloc_free(h);
}

enum hy_status hy_publish_digest(struct hy_store *st, const struct hy_statement *s,
				 uint8_t out[HY_SHA256_LEN], struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_account *all = hy_new_array(tmp, struct hy_account, s->n_targets + 1);
	enum hy_status status = HY_OK;

	for (size_t i = 0; status == HY_OK && i < s->n_targets; i++) {
		struct hy_account *a;

		status = hy_account_get(st, tmp, s->targets[i], &a, err);
		if (status == HY_OK)
			all[i] = *a;
	}
	if (status == HY_OK)
		hy_statement_digest(s, all, out);
	talloc_free(tmp);
	return status;
}

/* ---- the office's key ---- */

#define META_SEED "office.key"
#define META_PUBLIC "site.key.public"

static enum hy_status key_make(struct hy_store *st, uint8_t seed[HY_ED25519_LEN],
			       struct hy_err *err)
{
	uint8_t pub[HY_ED25519_LEN];

	hy_random_bytes(seed, HY_ED25519_LEN);
	hy_ed25519_public(seed, pub);
	char *hex = hy_hex(NULL, pub, sizeof(pub));
	enum hy_status status = hy_meta_set_sealed(st, META_SEED, seed, HY_ED25519_LEN, err);

	if (status == HY_OK)
		status = hy_meta_set(st, META_PUBLIC, hex, err);
	talloc_free(hex);
	return status;
}

static enum hy_status key_seed(struct hy_store *st, uint8_t seed[HY_ED25519_LEN],
			       struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum hy_status status = hy_meta_get_sealed(st, tmp, META_SEED, &bytes, &n, err);

	if (status == HY_OK && bytes != NULL && n == HY_ED25519_LEN) {
		memcpy(seed, bytes, HY_ED25519_LEN);
		explicit_bzero(bytes, n);
	} else if (status == HY_OK && bytes != NULL) {
		status = hy_err_set(err, HY_ECORRUPT, _("the office's signing key is damaged"));
	} else if (status == HY_OK || status == HY_ENOTFOUND) {
		char *known = NULL;

		/* A public key without its seed: a read without the master key, or a loss. A new
		 * key would orphan all signatures. */
		status = hy_meta_get(st, tmp, META_PUBLIC, &known, err);
		if (status == HY_OK && known != NULL)
			status = hy_err_set(err, HY_EAUTH,
					    _("the office's signing key cannot be opened without "
					      "the master key"));
		else if (status == HY_OK || status == HY_ENOTFOUND)
			status = key_make(st, seed, err);
	}
	talloc_free(tmp);
	return status;
}

enum hy_status hy_office_key(struct hy_store *st, uint8_t pub[HY_ED25519_LEN], struct hy_err *err)
{
	uint8_t seed[HY_ED25519_LEN];
	enum hy_status status = key_seed(st, seed, err);

	if (status == HY_OK)
		hy_ed25519_public(seed, pub);
	explicit_bzero(seed, sizeof(seed));
	return status;
}

enum hy_status hy_office_sign(struct hy_store *st, const uint8_t digest[HY_SHA256_LEN],
			      uint8_t sig[HY_ED25519_SIG_LEN], struct hy_err *err)
{
	uint8_t seed[HY_ED25519_LEN];
	enum hy_status status = key_seed(st, seed, err);

	if (status == HY_OK)
		hy_ed25519_sign(seed, digest, HY_SHA256_LEN, sig);
	explicit_bzero(seed, sizeof(seed));
	return status;
}

enum hy_status hy_office_sign_file(struct hy_store *st, const void *bytes, size_t n,
				   uint8_t sig[HY_ED25519_SIG_LEN], struct hy_err *err)
{
	uint8_t seed[HY_ED25519_LEN];
	enum hy_status status;

	if (n == HY_SHA256_LEN)
		return hy_err_set(err, HY_EINPUT, "a file as long as a digest is not signed");
	status = key_seed(st, seed, err);
	if (status == HY_OK)
		hy_ed25519_sign(seed, bytes, n, sig);
	explicit_bzero(seed, sizeof(seed));
	return status;
}

/* The public half as stored: needs no master key. */
static enum hy_status key_public(struct hy_store *st, uint8_t pub[HY_ED25519_LEN],
				 struct hy_err *err)
{
	void *tmp = talloc_new(NULL), *bytes = NULL;
	char *hex = NULL;
	size_t n = 0;
	enum hy_status status = hy_meta_get(st, tmp, META_PUBLIC, &hex, err);

	if (status == HY_OK &&
	    (hex == NULL || hy_unhex(tmp, hex, &bytes, &n, NULL) != HY_OK || n != HY_ED25519_LEN))
		status = hy_err_set(err, HY_ECORRUPT,
				    _("the office has no public key: run huying setup"));
	if (status == HY_OK)
		memcpy(pub, bytes, HY_ED25519_LEN);
	talloc_free(tmp);
	return status;
}

enum hy_status hy_publish_verify(struct hy_store *st, const struct hy_statement *s, bool *good,
				 struct hy_err *err)
{
	uint8_t digest[HY_SHA256_LEN], pub[HY_ED25519_LEN];
	enum hy_status status = hy_publish_digest(st, s, digest, err);

	if (status == HY_OK)
		status = key_public(st, pub, err);
	if (status == HY_OK)
		*good = s->state == HY_STATEMENT_APPROVED &&
			hy_equal_ct(digest, s->digest, sizeof(digest)) &&
			hy_ed25519_verify(pub, digest, sizeof(digest), s->signature);
	return status;
}
