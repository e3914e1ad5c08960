/* Stories: any bytes are a story or one clear line that says where they are none. */
#include "practice/practice.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	void *ctx = talloc_new(NULL);
	struct hy_story *s = NULL;
	struct hy_err err = {0};
	enum hy_status status = hy_story_parse(ctx, (const char *)bytes, n, &s, &err);

	if (status && (s || status != HY_EINPUT || strncmp(err.text, "story", 5) ||
		       strchr(err.text, '\n')))
		abort();
	for (size_t i = 0; !status && i < s->n_events; i++) {
		const struct hy_story_event *e = &s->events[i];

		if (!e->text || !e->title || !e->name || e->line < 1 ||
		    e->platform >= HY_PRACTICE_PLATFORMS || e->at_secs < s->first_secs ||
		    e->at_secs > s->last_secs)
			abort();
	}
	for (size_t i = 0; !status && i < s->n; i++)
		if (!*s->items[i].title || !*s->items[i].text)
			abort();
	talloc_free(ctx);
	return 0;
}
