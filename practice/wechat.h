/* practice: what the parts of WeChat share: wechat.c (door, tokens, errors), wechat-publish.c (drafts,
 * publishing, mass send), wechat-send.c (messages, media, followers), wechat-push.c (callbacks). */
#ifndef HY_PRACTICE_WECHAT_H
#define HY_PRACTICE_WECHAT_H

#include "practice/push.h"

#define WECHAT_APPID "wx0123456789abcdef"
#define WECHAT_SECRET "practice-wechat-secret"
#define WECHAT_ORIGINAL "gh_linjiang"
/* The token that callbacks are signed with is "practicetoken" unless the hook sets another. */
/* Its last character has stray low bits on purpose, as the console's keys may have. */
#define WECHAT_AES_KEY "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

struct draft {
	const char *media_id;
	const struct hy_json *articles; /* an array, kept */
	hy_time changed;
	bool gone;
};

/* A publication or a mass send: accepted now, decided later. */
struct job {
	int64_t id, data_id;
	bool mass, told, deleted;
	const char *article_id, *client_id, *text, *audience;
	const struct hy_json *articles; /* NULL = text */
	hy_time made, ends;
	int result; /* publish: publish_status; mass: 0 or the err number */
};

struct wechat {
	struct draft **drafts;
	size_t n_drafts;
	struct job **jobs;
	size_t n_jobs;
	hy_time forced; /* last force_refresh */
	uint8_t key[HY_KEY_LEN];
};

struct wechat *wechat_of(struct hy_practice *site);

void wechat_error(struct ask *ask, int code);
/* {"errcode":0,"errmsg":"ok"} and what the caller adds between. */
struct hy_json_writer *wechat_begin(struct ask *ask);
void wechat_end(struct ask *ask, struct hy_json_writer *w);
struct member *wechat_office(struct hy_practice *site);

void wx_draft_add(struct ask *ask);
void wx_draft_update(struct ask *ask);
void wx_draft_get(struct ask *ask);
void wx_draft_delete(struct ask *ask);
void wx_draft_count(struct ask *ask);
void wx_draft_list(struct ask *ask);
void wx_publish(struct ask *ask);
void wx_publish_get(struct ask *ask);
void wx_publish_delete(struct ask *ask);
void wx_article(struct ask *ask);
void wx_article_list(struct ask *ask);
void wx_mass_all(struct ask *ask);
void wx_mass_some(struct ask *ask);
void wx_mass_preview(struct ask *ask);
void wx_mass_get(struct ask *ask);
void wx_mass_delete(struct ask *ask);

void wx_custom_send(struct ask *ask);
void wx_typing(struct ask *ask);
void wx_template_send(struct ask *ask);
void wx_media_upload(struct ask *ask);
void wx_media_get(struct ask *ask);
void wx_image_upload(struct ask *ask);
void wx_material_add(struct ask *ask);
void wx_material_delete(struct ask *ask);
void wx_material_count(struct ask *ask);
void wx_user_list(struct ask *ask);
void wx_user_info(struct ask *ask);
/* The file of this media_id that may still be used, or NULL. */
struct note *wechat_media(struct hy_practice *site, const char *media_id, bool permanent);

/* Events that the platform pushes by itself. xml: the elements after MsgType. */
void wechat_push_event(struct hy_practice *site, const char *event, const char *xml);

#endif
