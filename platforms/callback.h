/* Inside of platforms/: what the receivers share. */
#ifndef HY_PLATFORMS_CALLBACK_H
#define HY_PLATFORMS_CALLBACK_H

#include "platforms/internal.h"

extern const struct hy_receiver hy_receiver_weibo, hy_receiver_wechat, hy_receiver_aliyun,
	hy_receiver_tencent, hy_receiver_webhook, hy_receiver_smpp;

/* A parameter of the query, decoded; NULL when absent. HY_EINPUT: twice, or malformed. */
enum hy_status hy_callback_param(const void *ctx, const struct hy_callback *cb, const char *name,
				 char **out, struct hy_err *err);
/* A header; NULL when absent. HY_EINPUT: twice. */
enum hy_status hy_callback_header(const struct hy_callback *cb, const char *name, const char **out,
				  struct hy_err *err);
/* Is signature the hex SHA-1 of the sorted parts? Constant time. */
bool hy_callback_signed(const char *const *parts, size_t n, const char *signature);
/* Seconds or milliseconds as text, within the window around cb->now, else HY_EREFUSED; HY_EAUTH:
 * no time. Asked after the signature, so that a wrong clock is told from a forger. */
enum hy_status hy_callback_fresh(const struct hy_callback *cb, const struct hy_callback_keys *keys,
				 const char *timestamp, struct hy_err *err);
/* Its text, or "". */
const char *hy_callback_secret(const struct hy_secret *s);
/* Checks signature, timestamp and nonce of the query as WeChat and Weibo sign them; fills stamp,
 * and echo of a GET. */
enum hy_status hy_callback_sorted(const void *ctx, const struct hy_callback *cb,
				  const struct hy_callback_keys *keys, struct hy_callback_seen *out,
				  struct hy_err *err);

/* ---- fields.c: a flat look at a small XML or JSON message ---- */

#define HY_FIELDS_MAX 256     /* fields of one message */
#define HY_FIELDS_DEPTH_MAX 6 /* levels below the root; deeper: HY_EINPUT */

struct hy_fields;
/* XML when it begins with '<', else JSON. Names are paths without the root: "Content",
 * "PublishEventInfo/publish_id"; the first of a repeated name counts. Numbers are text as written.
 * HY_EINPUT: neither, or a limit was passed. Child of ctx. */
enum hy_status hy_fields_read(const void *ctx, const char *bytes, size_t n, struct hy_fields **out,
			      struct hy_err *err);
/* NULL when absent. */
const char *hy_fields_get(const struct hy_fields *f, const char *name);
/* A message in the form of WeChat (Weibo can be told to send it, too). HY_EINPUT when type, sender
 * or time are missing. */
enum hy_status hy_wechat_read_fields(const void *ctx, const struct hy_fields *f,
				     struct hy_push *out, struct hy_err *err);

/* For .reply of platforms whose answers carry no text. */
const char *hy_callback_no_reply(const void *ctx, const struct hy_callback *cb,
				 const struct hy_callback_keys *keys,
				 const struct hy_callback_seen *seen, const char *text,
				 const char **type_out);
/* "…:…" of parts that may be NULL and a hash of the last: an identity. */
char *hy_push_id(const void *ctx, const char *kind, const char *sender, const char *time,
		 const char *hashed);
/* Our words for a message that is no text: "[picture]". */
const char *hy_push_word(const char *type);

#endif
