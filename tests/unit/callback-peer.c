/* Our side of a callback for strangers (tests/integration/wire-peers.mjs): reads a JSON object a
 * line on stdin {platform, token, aes, app, query, body, now, answer}, prints what was verified and
 * read, and our answer. */
#include "platforms/platforms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hy_secret *secret(const void *ctx, const struct hy_json *in, const char *name)
{
	const char *text = hy_json_str(in, name);

	return text != NULL ? hy_secret_new(ctx, text, strlen(text)) : NULL;
}

static enum hy_status answer(const void *ctx, const struct hy_json *in, struct hy_json_writer *w,
			     struct hy_err *err)
{
	const struct hy_receiver *r = hy_receiver_find(hy_json_str(in, "platform"));
	struct hy_callback_keys keys = {.secret = secret(ctx, in, "token"),
					.aes = secret(ctx, in, "aes"),
					.app = hy_json_str(in, "app")};
	struct hy_callback cb = {.post = true,
				 .query = hy_json_str(in, "query"),
				 .body = hy_json_str(in, "body"),
				 .now = hy_json_int(in, "now", 1)};
	struct hy_callback_seen seen = {0};
	const char *type, *text = hy_json_str(in, "answer");
	struct hy_push *p;
	size_t n = 0;

	if (r == NULL)
		return hy_err_set(err, HY_EINPUT, "no such platform");
	cb.n_body = strlen(cb.body);
	enum hy_status status = r->verify(ctx, &cb, &keys, &seen, err);
	if (status == HY_OK)
		status = r->read(ctx, seen.clear, seen.n_clear, &p, &n, err);
	if (status != HY_OK)
		return status;
	hy_jw_kstr(w, "id", p->id);
	hy_jw_kstr(w, "text", p->text);
	hy_jw_kstr(w, "sender", p->sender);
	if (text != NULL)
		hy_jw_kstr(w, "answer", r->reply(ctx, &cb, &keys, &seen, text, &type));
	return HY_OK;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	hy_xml_init();
	if (hy_crypt_init(NULL) != HY_OK)
		return 1;
	while ((n = getline(&line, &room, stdin)) > 0) {
		void *ctx = talloc_new(NULL);
		struct hy_json_writer *w = hy_json_writer_new(ctx, false);
		struct hy_err err = {0};
		struct hy_json *in = NULL;
		size_t len;

		hy_jw_object(w);
		enum hy_status status = hy_json_parse(ctx, line, (size_t)n, 0, &in, &err);
		if (status == HY_OK)
			status = answer(ctx, in, w, &err);
		hy_jw_kstr(w, "status", hy_status_name(status));
		hy_jw_kstr(w, "why", err.text);
		hy_jw_end_object(w);
		puts(hy_jw_text(w, &len));
		talloc_free(ctx);
	}
	free(line);
	return 0;
}
