/* Inside of platforms/weibo*.c: hosts, the one reading of an answer, texts compared. */
#ifndef HY_PLATFORMS_WEIBO_H
#define HY_PLATFORMS_WEIBO_H

#include "platforms/internal.h"

#include <stdio.h>

#define HY_WEIBO_HOST "https://api.weibo.com"
#define HY_WEIBO_MESSAGE_HOST "https://m.api.weibo.com"
#define HY_WEIBO_UPLOAD_HOST "https://upload.api.weibo.com"

struct hy_platform_call *hy_weibo_call(struct hy_net *net, const struct hy_platform_peer *peer,
				       const char *host, void *user);
/* The answer's JSON, or the status of its error_code, else of its HTTP code. */
enum hy_status hy_weibo_answer(const struct hy_platform_call *c, const void *ctx,
			       const struct hy_net_response *r, const struct hy_json **out,
			       struct hy_err *err);
/* X-RateLimit-Reset as an instant; 0 = not told. */
hy_time hy_weibo_reset(const struct hy_net_response *r, hy_time now);
/* Is theirs what we sent as ours? Both without addresses and "回复@…:", folded; cut: theirs may end
 * early. */
bool hy_weibo_same_text(const char *ours, const char *theirs, bool cut);
/* {"text":"…"} */
char *hy_weibo_text_data(const void *ctx, const char *text);

#endif
