/*
 * What an IMAP server says, any bytes, in pieces: the look ends once, hands over no more mails and
 * bytes than were asked for, each with a new number, and nothing after its end. The connection is
 * replaced by the linker; the first byte says how the look asks and how large the pieces are.
 */
#include "platforms/platforms.h"

#include <stdlib.h>
#include <string.h>

#define AFTER 5
#define MAILS 20
#define BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint32_t last;
	int mails, ends;
};

static struct hy_net_link_events events;
static struct hy_net_link *const no_link = (struct hy_net_link *)&events;

enum hy_status __wrap_hy_net_link_open(struct hy_net *net, const struct hy_net_link_ask *ask,
				       const struct hy_net_link_events *ev,
				       struct hy_net_link **out, struct hy_err *err);
bool __wrap_hy_net_link_send(struct hy_net_link *link, const void *bytes, size_t n);
void __wrap_hy_net_link_close(struct hy_net_link *link);

enum hy_status __wrap_hy_net_link_open(struct hy_net *net, const struct hy_net_link_ask *ask,
				       const struct hy_net_link_events *ev,
				       struct hy_net_link **out, struct hy_err *err)
{
	(void)net, (void)ask, (void)err;
	events = *ev;
	*out = no_link;
	return HY_OK;
}

bool __wrap_hy_net_link_send(struct hy_net_link *link, const void *bytes, size_t n)
{
	if (link != no_link || n < 2 || memchr(bytes, '\r', n) != (const char *)bytes + n - 2)
		abort(); /* one command, one line */
	return true;
}

void __wrap_hy_net_link_close(struct hy_net_link *link)
{
	if (link != NULL && link != no_link)
		abort();
}

static void on_mail(void *user, uint32_t uid, const char *bytes, size_t n, bool cut)
{
	struct seen *s = user;
	unsigned sum = cut;

	if (s->ends > 0 || ++s->mails > MAILS || n > BYTES || uid <= s->last)
		abort();
	for (size_t i = 0; i < n; i++)
		sum += (unsigned char)bytes[i]; /* the sanitizer sees each */
	s->last = uid + (sum == UINT32_MAX);
}

static void on_done(void *user, enum hy_status status, const struct hy_imap_result *r,
		    const struct hy_err *err)
{
	struct seen *s = user;

	if (++s->ends > 1 || r == NULL || (status == HY_OK) != (err == NULL) ||
	    (err != NULL && (*err->text == '\0' || strchr(err->text, '\n') != NULL)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hy_loop *loop;
	const struct hy_err broke = {.status = HY_ETEMP, .text = "broke off"};
	struct hy_imap_ask ask = {.host = "mail.example",
				  .port = 143,
				  .login = "desk",
				  .uidvalidity = 7,
				  .after = AFTER,
				  .max_mails = MAILS,
				  .max_bytes = BYTES};
	struct hy_imap_look *look = NULL;
	struct seen s = {0};
	size_t piece, at = 1;
	void *ctx;

	if (size == 0)
		return 0;
	if (loop == NULL && hy_loop_new(&loop, NULL, NULL) != HY_OK)
		abort();
	ctx = talloc_new(NULL);
	ask.remove_up_to = data[0] & 1 ? AFTER : 0;
	piece = data[0] & 2 ? 1 + (size_t)(data[0] >> 2) : size;
	if (hy_imap_look((struct hy_net *)ctx, loop, &ask, on_mail, on_done, &s, &look, NULL) !=
	    HY_OK)
		abort();
	events.opened(events.user, no_link);
	for (; at < size; at += piece)
		events.got(events.user, (const char *)data + at,
			   size - at < piece ? size - at : piece);
	events.ended(events.user, &broke);
	if (s.ends != 1)
		abort();
	talloc_free(ctx);
	return 0;
}
