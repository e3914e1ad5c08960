/*
 * Boxes: where an account is written to. Its keys stand sealed in one value of the record; its
 * items hang on a source of kind "callback" that nobody polls.
 */
#include "desk/receive.h"

#include "desk/collect.h"

#include <string.h>

#define PATH_BYTES (BOX_PATH_LEN / 2)

void desk_keyed(const struct hy_desk *desk, const char *what, int64_t of, const void *bytes,
		size_t n, uint8_t out[HY_HASH_LEN])
{
	uint8_t key[64], mac[64];
	struct hy_buf b;

	(void)hy_hmac("sha256", desk->master, HY_KEY_LEN, "huying contact key", 18, key);
	hy_buf_init(&b, NULL, n + 64);
	hy_buf_fmt(&b, "%s|%" PRId64 "|", what, of);
	hy_buf_add(&b, bytes, n);
	(void)hy_hmac("sha256", key, HY_SHA256_LEN, b.data, b.len, mac);
	memcpy(out, mac, HY_HASH_LEN);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(b.data, b.len);
	talloc_free(b.data);
}

static char *meta_key(const void *ctx, struct hy_account_id id)
{
	return hy_strf(ctx, "callback.%" PRId64, id.v);
}

static const struct hy_secret *secret_of(const void *ctx, const struct hy_json *node,
					 const char *name)
{
	const char *text = hy_json_str(node, name);

	return text && *text ? hy_secret_new(ctx, text, strlen(text)) : NULL;
}

/* The sealed JSON of an account, or HY_ENOTFOUND. */
static enum hy_status read_keys(struct hy_desk *desk, const void *ctx, struct hy_account_id id,
				struct hy_json **out, struct hy_err *err)
{
	uint8_t *text = NULL;
	size_t n = 0;
	enum hy_status status =
		hy_meta_get_sealed(desk->st, ctx, meta_key(ctx, id), &text, &n, err);

	if (!status && !text)
		return hy_err_set(err, HY_ENOTFOUND,
				  _("the account has no callback: huying account callback"));
	if (!status)
		status = hy_json_parse(ctx, (char *)text, n, 0, out, err);
	return status;
}

enum hy_status desk_box_of(struct hy_desk *desk, const void *ctx, const struct hy_account *account,
			   struct desk_box *out, struct hy_err *err)
{
	const struct hy_receiver *receiver = hy_receiver_find(account->platform);
	struct hy_json *node = NULL;
	enum hy_status status;
	const char *path;

	if (receiver && receiver->line)
		return desk_line_box(desk, ctx, account, out, err);
	status = read_keys(desk, ctx, account->id, &node, err);
	if (status)
		return status;
	path = hy_json_str(node, "path");
	*out = (struct desk_box){
		.account = account->id,
		.source = {hy_json_int(node, "source", 0)},
		.name = hy_strdup(ctx, account->name),
		.url = hy_strdup(ctx, account->url),
		.reach = hy_strdup(ctx, account->reach),
		.receiver = hy_receiver_find(account->platform),
		.keys = {.secret = secret_of(ctx, node, "secret"),
			 .previous = secret_of(ctx, node, "previous"),
			 .aes = secret_of(ctx, node, "aes"),
			 .aes_previous = secret_of(ctx, node, "aes_previous"),
			 .app = hy_json_str(node, "app"),
			 .aes_only = hy_json_bool(node, "aes_only", false),
			 .window = hy_json_int(node, "window", 0)},
	};
	if (!path || strlen(path) != BOX_PATH_LEN || !out->receiver || !out->source.v)
		return hy_err_set(err, HY_ECORRUPT, _("the callback of account %s is damaged"),
				  account->name);
	memcpy(out->path, path, BOX_PATH_LEN + 1);
	return HY_OK;
}

enum hy_status desk_boxes(struct hy_desk *desk, const void *ctx, struct desk_box **out, size_t *n,
			  struct hy_err *err)
{
	struct hy_account *list = NULL;
	struct desk_box *boxes;
	size_t accounts = 0, found = 0;
	enum hy_status status = hy_account_list(desk->st, ctx, &list, &accounts, err);

	if (status)
		return status;
	boxes = hy_new_array(ctx, struct desk_box, accounts + 1);
	for (size_t i = 0; i < accounts; i++) {
		const struct hy_receiver *receiver = hy_receiver_find(list[i].platform);

		if (list[i].state == HY_ACCOUNT_REVOKED || !receiver || receiver->line)
			continue;
		status = desk_box_of(desk, boxes, &list[i], &boxes[found], err);
		if (status && status != HY_ENOTFOUND)
			return status;
		found += !status;
	}
	*out = boxes;
	*n = found;
	return HY_OK;
}

/* ---- the action ---- */

enum hy_status desk_box_source(struct hy_desk *desk, const void *ctx,
			       const struct hy_account *account, int64_t known,
			       struct hy_source_id *out, struct hy_err *err)
{
	struct hy_source *other = NULL;
	struct hy_source s = {
		.name = hy_strf(ctx, "callback:%s", account->name),
		.kind = "callback",
		.url = "",
		.place = "",
		.options = hy_strf(ctx, "{\"account\":%" PRId64 "}", account->id.v),
		.state = HY_SOURCE_ACTIVE,
		.cursor = "{}",
		.next_at = HY_TIME_NEVER,
	};

	out->v = known;
	if (known)
		return HY_OK;
	if (!hy_source_find(desk->st, ctx, s.name, &other, NULL)) /* of an ended account of this name */
		s.name = hy_strf(ctx, "%s #%" PRId64, s.name, account->id.v);
	return hy_source_add(desk->st, &s, out, err);
}

static void put_secret(struct hy_json_writer *w, const char *name, const char *given,
		       const struct hy_secret *now)
{
	if (given && *given)
		hy_jw_kstr(w, name, given);
	else if (now)
		hy_jw_kstr(w, name, hy_secret_text(now, NULL));
}

/* A new secret makes the one before it the previous; the same again changes nothing. */
static void put_secrets(struct hy_json_writer *w, const char *given, const struct hy_secret *now,
			const struct hy_secret *before, const char *name, const char *previous)
{
	bool other = given && *given && now && strcmp(given, hy_secret_text(now, NULL)) != 0;

	put_secret(w, name, given, now);
	put_secret(w, previous, NULL, other ? now : before);
}

static enum hy_status check_keys(const struct hy_receiver *r, const char *secret, const char *aes,
				 const char *app, struct hy_err *err)
{
	void *work = talloc_new(NULL);
	enum hy_status status = HY_OK;
	char *out = NULL;

	if (r->verifies && !(secret && *secret))
		status = hy_err_set(err, HY_EINPUT,
				    _("%s signs its callbacks: give the secret by --secret-file"),
				    r->name);
	else if (!strcmp(r->name, "webhook"))
		status = hy_webhook_sign(work, hy_secret_new(work, secret, strlen(secret)), "x", 1,
					 "", 0, &out, err);
	if (!status && aes && *aes)
		status = hy_wechat_encrypt(work, hy_secret_new(work, aes, strlen(aes)),
					   app ? app : "", NULL, "x", 1, &out, err);
	if (!status && aes && *aes && !(app && *app))
		status = hy_err_set(err, HY_EINPUT,
				    _("with an EncodingAESKey the AppID is needed: --app"));
	talloc_free(work);
	return status;
}

static enum hy_status write_box(struct hy_desk *desk, const struct hy_account *account,
				const struct desk_box *old, const struct hy_json *params,
				struct hy_json_writer *keys, struct hy_err *err)
{
	const char *secret = param_str(params, "secret"), *aes = param_str(params, "aes");
	const char *app = param_str(params, "app"), *window = param_str(params, "window");
	struct hy_source_id source = {0};
	uint8_t random[PATH_BYTES];
	hy_dur dur = old->keys.window;
	size_t n = 0;
	enum hy_status status = HY_OK;

	if (window && strcmp(window, "0") == 0)
		dur = -1;
	else if (window)
		status = hy_dur_parse(window, &dur, err);
	if (!app)
		app = old->keys.app;
	if (!status)
		status = check_keys(hy_receiver_find(account->platform),
				    secret	       ? secret
				    : old->keys.secret ? hy_secret_text(old->keys.secret, NULL)
						       : NULL,
				    aes		    ? aes
				    : old->keys.aes ? hy_secret_text(old->keys.aes, NULL)
						    : NULL,
				    app, err);
	if (!status)
		status = desk_box_source(desk, keys, account, old->source.v, &source, err);
	if (status)
		return status;
	hy_random_bytes(random, sizeof(random));
	hy_jw_object(keys);
	hy_jw_kstr(keys, "path",
		   old->path[0] && !hy_json_bool(params, "new_path", false)
			   ? old->path
			   : hy_hex(keys, random, sizeof(random)));
	hy_jw_kint(keys, "source", source.v);
	put_secrets(keys, secret, old->keys.secret, old->keys.previous, "secret", "previous");
	put_secrets(keys, aes, old->keys.aes, old->keys.aes_previous, "aes", "aes_previous");
	if (app)
		hy_jw_kstr(keys, "app", app);
	hy_jw_kbool(keys, "aes_only", hy_json_bool(params, "sealed_only", old->keys.aes_only));
	hy_jw_kint(keys, "window", dur);
	hy_jw_end_object(keys);
	const char *text = hy_jw_text(keys, &n);
	return hy_meta_set_sealed(desk->st, meta_key(keys, account->id), text, n, err);
}

static void put_box(struct hy_desk *desk, struct hy_json_writer *w, const struct desk_box *box)
{
	const char *base = hy_conf_str(desk->conf, "receive", NULL, "public_url");

	hy_jw_kint(w, "id", box->account.v);
	hy_jw_kstr(w, "name", box->name);
	hy_jw_kstr(w, "platform", box->receiver->name);
	hy_jw_kstr(w, "url",
		   hy_strf(w, "%s/callback/%" PRId64 "/%s", base, box->account.v, box->path));
	hy_jw_kint(w, "source", box->source.v);
	hy_jw_kbool(w, "signed", box->receiver->verifies);
	hy_jw_kbool(w, "encrypted", box->keys.aes != NULL);
	hy_jw_kbool(w, "sealed_only", box->keys.aes_only);
	hy_jw_kbool(w, "previous", box->keys.previous || box->keys.aes_previous);
	hy_jw_kint(w, "window_s",
		   (box->keys.window ? box->keys.window : HY_CALLBACK_WINDOW) / HY_SECOND);
}

enum hy_status act_account_callback(struct hy_desk *desk, struct hy_person_id actor,
				    const struct hy_json *params, struct hy_json_writer *w,
				    struct hy_err *err)
{
	struct hy_json_writer *keys = hy_json_writer_new(w, false);
	struct hy_account *account = NULL;
	struct desk_box box = {0};
	enum hy_status status = hy_account_find(desk->st, w, param_text(params, "id"), &account,
						err),
		       had;

	if (!status && (param_str(params, "secret") || param_str(params, "aes")) && !desk->local)
		status = hy_err_set(err, HY_EREFUSED,
				    _("reach and secrets are given on the command line only"));
	if (!status && (!hy_receiver_find(account->platform) ||
			hy_receiver_find(account->platform)->line))
		status = hy_err_set(err, HY_EINPUT, _("%s sends no callbacks"), account->platform);
	if (status)
		return status;
	had = desk_box_of(desk, w, account, &box, err);
	if (had && had != HY_ENOTFOUND)
		return had;
	if (had == HY_ENOTFOUND)
		box = (struct desk_box){0};
	status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = write_box(desk, account, &box, params, keys, err);
	status = desk_done(desk, status, actor, "account.callback", err, "account %" PRId64,
			   account->id.v);
	if (!status)
		status = desk_box_of(desk, w, account, &box, err);
	if (!status) {
		put_box(desk, w, &box);
		if (!*hy_conf_str(desk->conf, "receive", NULL, "listen"))
			hy_jw_kstr(w, "note",
				   _("nothing listens there yet: set receive { listen = … } in "
				     "huying.conf and restart huying serve"));
	}
	return status;
}

enum hy_status act_account_replay(struct hy_desk *desk, struct hy_person_id actor,
				  const struct hy_json *params, struct hy_json_writer *w,
				  struct hy_err *err)
{
	struct hy_account *account = NULL;
	struct desk_box box = {0};
	int64_t done = 0, left = 0;
	enum hy_status status =
		hy_account_find(desk->st, w, param_text(params, "id"), &account, err);

	if (!status && strcmp(account->platform, "mail") == 0) {
		status = desk_mails_replay(desk, w, account, &done, &left, err);
	} else if (!status) {
		status = desk_box_of(desk, w, account, &box, err);
		if (!status)
			status = desk_replay(desk, &box, &done, &left, err);
	}
	if (!status)
		status = hy_store_begin(desk->st, err);
	if (status)
		return status;
	status = desk_done(desk, HY_OK, actor, "account.replay", err, "account %" PRId64,
			   account->id.v);
	if (!status) {
		hy_jw_kint(w, "read", done);
		hy_jw_kint(w, "left", left);
	}
	return status;
}
