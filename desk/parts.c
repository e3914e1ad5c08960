/*
 * Messages that come in parts: each stands in the journal, sealed, before it is acknowledged, and
 * waits there until the rest has come; then the whole is taken in as one message. What waits too
 * long is taken in with a mark where something is missing: nobody's words are kept back for ever.
 */
#include "desk/receive.h"

#include <string.h>

#define MISSING " […] "
#define LATE_PAGE 100

/* The first half is the same for all parts of a message, the second their number. */
static void stamp_of(const struct desk_intake *in, const void *ctx, const struct desk_box *box,
		     const struct hy_push *p, unsigned at, uint8_t out[HY_HASH_LEN])
{
	char *text = hy_strf(ctx, "%s|%s|%u|%u", p->sender ? p->sender : "", p->to ? p->to : "",
			     p->part_ref, p->part_total);

	desk_keyed(in->desk, "part", box->source.v, text, strlen(text), out);
	memset(out + HY_HASH_LEN / 2, 0, HY_HASH_LEN / 2);
	out[HY_HASH_LEN - 2] = (uint8_t)(at >> 8);
	out[HY_HASH_LEN - 1] = (uint8_t)at;
}

/* The part that waits in a row of the journal; NULL when none does. */
static const struct hy_push *part_of(const void *ctx, const struct desk_box *box,
				     const struct hy_callback_row *row)
{
	struct hy_push *pushes = NULL;
	size_t n = 0, n_clear = 0;
	const char *clear = row ? desk_journal_clear(row, &n_clear) : NULL;

	if (!clear || box->receiver->read(ctx, clear, n_clear, &pushes, &n, NULL) || n != 1 ||
	    !pushes[0].part_total)
		return NULL;
	return &pushes[0];
}

/* How many parts of p's message wait; with rows, which, by their number from 1. */
static enum hy_status gather(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			     const struct hy_push *p, struct hy_callback_row ***out, size_t *here,
			     struct hy_err *err)
{
	struct hy_callback_row *list = NULL;
	uint8_t from[HY_HASH_LEN], to[HY_HASH_LEN];
	enum hy_status status;

	stamp_of(in, ctx, box, p, 1, from);
	stamp_of(in, ctx, box, p, p->part_total, to);
	status = hy_callback_waiting(in->desk->st, ctx, box->source, from, to, out ? &list : NULL,
				     here, err);
	if (status || !out)
		return status;
	*out = hy_new_array(ctx, struct hy_callback_row *, p->part_total + 1);
	for (size_t i = 0; i < *here; i++) {
		const struct hy_push *part = part_of(ctx, box, &list[i]);

		if (part && part->part_at <= p->part_total)
			(*out)[part->part_at] = &list[i];
	}
	return HY_OK;
}

/* What is there becomes one message. */
static enum hy_status join(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			   const struct hy_push *p, struct hy_callback_row *const *rows,
			   struct hy_received *got, struct hy_err *err)
{
	struct hy_push whole = *p;
	struct desk_taken t;
	char *text = hy_strdup(ctx, ""), *id = hy_strdup(ctx, "whole"), sign[HY_SMPP_HALVES_MAX];
	unsigned half = 0;
	enum hy_status status = desk_count_received(in, box, 1, err);

	for (unsigned at = 1; at <= p->part_total; at++) {
		const struct hy_push *part = part_of(ctx, box, rows[at]);

		hy_smpp_join_halves(half, part ? part->half_first : 0, sign);
		text = hy_strf(ctx, "%s%s%s", text, sign, part ? part->text : MISSING);
		half = part ? part->half_last : 0;
		id = hy_strf(ctx, "%s|%s", id, part ? part->id : "");
	}
	hy_smpp_join_halves(half, 0, sign);
	text = hy_strf(ctx, "%s%s", text, sign);
	whole.id = id;
	whole.text = text;
	whole.part_total = 0;
	if (!status)
		status = desk_take_in(in, ctx, box, &whole, &t, err);
	for (unsigned at = 1; at <= p->part_total && !status; at++)
		if (rows[at])
			status = hy_callback_joined(in->desk->st, rows[at]->id, err);
	if (!status) {
		got->fresh += t.said == DESK_SAID_NEW;
		got->repeat += t.said == DESK_SAID_REPEAT;
		got->refused += t.said == DESK_SAID_REFUSED;
	}
	return status;
}

/* The centre's numbers for long messages begin anew soon: another message waits under this one. */
static enum hy_status make_room(struct desk_intake *in, const void *ctx, const struct desk_box *box,
				const struct hy_push *p, struct hy_received *got, struct hy_err *err)
{
	struct hy_callback_row **rows = NULL;
	uint8_t stamp[HY_HASH_LEN], body[HY_HASH_LEN];
	size_t here = 0;
	enum hy_status status;

	stamp_of(in, ctx, box, p, p->part_at, stamp);
	status = hy_callback_find(in->desk->st, box->source, stamp, body, err);
	if (status)
		return status == HY_ENOTFOUND ? HY_OK : status;
	status = gather(in, ctx, box, p, &rows, &here, err);
	return status ? status : join(in, ctx, box, p, rows, got, err);
}

static enum hy_status keep(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			   const struct hy_push *p, const uint8_t key[HY_HASH_LEN], const char *raw,
			   size_t n_raw, struct hy_err *err)
{
	const struct hy_push_row said = {.at = hy_desk_now(in->desk)};
	struct hy_callback_row row = {.at = said.at, .stamped = true, .unread = true};
	enum hy_status status;

	stamp_of(in, ctx, box, p, p->part_at, row.stamp);
	desk_keyed(in->desk, "body", box->source.v, raw, n_raw, row.body);
	status = desk_journal(in, ctx, box, &row, "", raw, n_raw, err);
	return status ? status : hy_push_put(in->desk->st, box->source, key, &said, err);
}

enum hy_status desk_take_part(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			      const struct hy_push *part, const char *raw, size_t n_raw,
			      struct hy_received *got, struct hy_err *err)
{
	struct hy_push p = *part;
	struct hy_push_row *known = NULL;
	struct hy_callback_row **rows = NULL;
	uint8_t key[HY_HASH_LEN];
	size_t here = 0;
	enum hy_status status = desk_said_before(in, ctx, box, &p, key, &known, err);

	if (!status) { /* the answer to it was lost */
		got->repeat++;
		status = desk_count_received(in, box, 1, err);
		return status ? status
			      : hy_source_count(in->desk->st, box->source, in->day, "repeat", "", 1,
						err);
	}
	if (status == HY_ENOTFOUND)
		status = make_room(in, ctx, box, part, got, err);
	if (!status)
		status = keep(in, ctx, box, part, key, raw, n_raw, err);
	if (!status)
		status = gather(in, ctx, box, part, NULL, &here, err);
	if (status || here < part->part_total)
		return status;
	status = gather(in, ctx, box, part, &rows, &here, err);
	return status ? status : join(in, ctx, box, part, rows, got, err);
}

enum hy_status desk_parts_late(struct desk_intake *in, const void *ctx, const struct desk_box *box,
			       hy_time before, int limit, struct hy_received *got,
			       struct hy_err *err)
{
	struct hy_callback_row *rows = NULL, **set = NULL;
	size_t n = LATE_PAGE, here = 0;
	int64_t after = 0;
	enum hy_status status = HY_OK;

	while (!status && n == LATE_PAGE && limit > 0) {
		void *page = talloc_new(ctx);

		status = hy_callback_unread(in->desk->st, page, box->source, after, LATE_PAGE,
					    &rows, &n, err);
		for (size_t i = 0; i < n && !status && limit > 0; i++) {
			const struct hy_push *p = part_of(page, box, &rows[i]);

			after = rows[i].id;
			if (!p || rows[i].at >= before)
				continue;
			status = gather(in, page, box, p, &set, &here, err);
			if (!status && set[p->part_at]) { /* not taken in with an earlier one */
				status = join(in, page, box, p, set, got, err);
				limit--;
			}
		}
		talloc_free(page);
	}
	return status;
}
