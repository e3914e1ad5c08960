/* What a person may do to a delivery, by the same table as the role. */
#include "publisher/internal.h"

#include <string.h>

static const struct word {
	const char *name;
	enum hy_delivery_state to;
	unsigned from; /* bits of the states it is said of */
} words[] = {
	{"sent", HY_DELIVERY_SENT, 1u << HY_DELIVERY_UNKNOWN},
	{"absent", HY_DELIVERY_PLANNED, 1u << HY_DELIVERY_UNKNOWN},
	{"retry", HY_DELIVERY_PLANNED,
	 1u << HY_DELIVERY_FAILED | 1u << HY_DELIVERY_MISSED | 1u << HY_DELIVERY_WAIT},
	{"cancel", HY_DELIVERY_CANCELLED, ~0u},
};

static const struct word *word_find(const char *as)
{
	for (size_t i = 0; as != NULL && i < HY_LEN(words); i++)
		if (strcmp(words[i].name, as) == 0)
			return &words[i];
	return NULL;
}

enum hy_status hy_settle_word(const char *as, enum hy_delivery_state from,
			      enum hy_delivery_state *out, struct hy_err *err)
{
	const struct word *w = word_find(as);

	if (w == NULL)
		return hy_err_set(err, HY_EINPUT,
				  _("\"%s\": write sent, absent, retry or cancel"),
				  as != NULL ? as : "");
	if (!(w->from & 1u << from) || !hy_outbox_may(from, w->to, HY_HAND_PERSON))
		return HY_EREFUSED;
	*out = w->to;
	return HY_OK;
}

enum hy_status hy_outbox_resolve(struct hy_store *st, struct hy_clock *clock,
				 struct hy_delivery_id id, const char *as, const char *receipt,
				 const char *receipt_url, struct hy_err *err)
{
	enum hy_delivery_state to = HY_DELIVERY_SENT;
	void *tmp = talloc_new(NULL);
	struct hy_delivery *d = NULL;
	enum hy_status status = hy_delivery_get(st, tmp, id, &d, err);

	if (status == HY_OK)
		status = hy_settle_word(as, d->state, &to, err);
	if (status == HY_EREFUSED)
		status = hy_err_set(err, HY_EREFUSED,
				    _("delivery %" PRId64 " is %s: \"%s\" cannot be said of it"),
				    id.v, _(hy_delivery_state_name(d->state)), as);
	if (status == HY_OK && to == HY_DELIVERY_SENT && (receipt == NULL || receipt[0] == '\0'))
		status = hy_err_set(err, HY_EINPUT,
				    _("\"sent\" needs the platform's own id as receipt"));
	if (status == HY_OK) {
		enum hy_delivery_state from = d->state;

		d->state = to;
		d->error = NULL;
		/* planned again: from now its lateness is counted (outbox.c, late_at) */
		d->wait_until = to == HY_DELIVERY_PLANNED ? hy_now(clock) : 0;
		if (to == HY_DELIVERY_SENT) {
			d->receipt = receipt;
			d->receipt_url = receipt_url;
		}
		if (to == HY_DELIVERY_PLANNED)
			d->lookups = 0;
		status = hy_delivery_move(st, d, from, d->fence, err);
	}
	talloc_free(tmp);
	return status;
}

enum hy_status hy_outbox_wake(struct hy_store *st, struct hy_clock *clock,
			      struct hy_account_id account, struct hy_err *err)
{
	void *tmp = talloc_new(NULL);
	struct hy_delivery *list = NULL;
	size_t n = 0;
	enum hy_status status =
		hy_delivery_list(st, tmp, (struct hy_statement_id){0}, &list, &n, err);

	for (size_t i = 0; status == HY_OK && i < n; i++) {
		struct hy_delivery *d = &list[i];

		if (d->account.v != account.v ||
		    (d->state != HY_DELIVERY_WAIT && d->state != HY_DELIVERY_UNKNOWN))
			continue;
		d->wait_until = hy_now(clock);
		d->lookups = 0;
		status = hy_delivery_move(st, d, d->state, d->fence, err);
	}
	if (status == HY_OK)
		status = hy_answer_wake(st, account, hy_now(clock), err);
	talloc_free(tmp);
	return status;
}
