/* Who is there: by password, one-time link or token. */
#include "desk/internal.h"

#include <string.h>

enum hy_status hy_desk_login(struct hy_desk *desk, const char *login, const char *password,
			     struct hy_person_id *out, struct hy_err *err)
{
	/* argon2id of nothing anybody knows: an unknown login costs as much as a known one */
	static char dummy[HY_PASSWORD_HASH_MAX];
	struct hy_person *p = NULL;
	enum hy_status status = hy_person_find(desk->st, desk, login, &p, NULL);
	bool known = !status && p->active && p->password_hash;
	bool right = false;

	if (!dummy[0]) {
		uint8_t noise[24];
		hy_random_bytes(noise, sizeof(noise));
		char *text = hy_base64(desk, noise, sizeof(noise), true);
		status = hy_password_hash(text, dummy, err);
		talloc_free(text);
		if (status)
			return status;
	}
	right = hy_password_verify(known ? p->password_hash : dummy, password);
	if (known && right)
		*out = p->id;
	talloc_free(p);
	return known && right ? HY_OK
			      : hy_err_set(err, HY_EAUTH, "%s", _("login or password is wrong"));
}

static enum hy_status by_token(struct hy_desk *desk, const char *purpose, const char *text,
			       bool use, struct hy_person_id *out, struct hy_err *err)
{
	uint8_t hash[HY_SHA256_LEN];
	struct hy_person *p = NULL;
	enum hy_status status = HY_OK;

	hy_sha256(text, strlen(text), hash);
	status = (use ? hy_token_use : hy_token_find)(desk->st, desk, purpose, hash, &p, err);
	if (!status)
		*out = p->id;
	talloc_free(p);
	return status;
}

enum hy_status hy_desk_login_link(struct hy_desk *desk, const char *key, struct hy_person_id *out,
				  struct hy_err *err)
{
	enum hy_status status = by_token(desk, "login-link", key, true, out, err);
	return status == HY_EAUTH ? hy_err_set(err, HY_EAUTH, "%s",
					       _("this log-in link was used already or is over"))
				  : status;
}

enum hy_status hy_desk_token(struct hy_desk *desk, const char *token, struct hy_person_id *out,
			     struct hy_err *err)
{
	return by_token(desk, "cli", token, false, out, err);
}
