/* Names of platforms, of kinds of source and of ways by which something came, in the words of people
 * who read Chinese. To others the names themselves are words. */
#include "desk/internal.h"

#include <string.h>

static const struct {
	const char *name, *words;
} known[] = {
	{"site", N_("the office's site")},
	{"weibo", N_("Weibo")},
	{"wechat", N_("WeChat")},
	{"mastodon", N_("Mastodon")},
	{"discuz", N_("Discuz forum")},
	{"nodebb", N_("NodeBB forum")},
	{"discourse", N_("Discourse forum")},
	{"mail", N_("mail")},
	{"sms", N_("SMS")},
	{"smpp", N_("message centre (SMPP)")},
	{"aliyun", N_("Aliyun SMS")},
	{"tencent", N_("Tencent SMS")},
	{"feed", N_("feed")},
	{"callback", N_("callback")},
	{"import", N_("import")},
	{"phone", N_("Phone")},
	{"counter", N_("At the counter")},
	{"hotline", N_("Hotline")},
	{"letter", N_("Letter")},
	{"mailbox", N_("Mailbox")},
	{"board", N_("Message board")},
	{"desk", N_("the desk")},
};

const char *hy_desk_word(const char *name)
{
	for (size_t i = 0; i < HY_LEN(known) && hy_lang_default() == HY_LANG_ZH; i++)
		if (!strcmp(known[i].name, name))
			return _(known[i].words);
	return name;
}
