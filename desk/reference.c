/*
 * Original numbers: what a case was called where it came from. The record holds them as keyed
 * hashes, to find a case by its number and to know it again, and sealed in the case's history.
 */
#include "desk/import.h"

#include <string.h>

const char *desk_channel(const char *said)
{
	static const struct {
		const char *word, *channel;
	} words[] = {{"电话", "phone"},	   {"来电", "phone"},	   {"窗口", "counter"},
		     {"窗口来访", "counter"}, {"来访", "counter"},   {"热线", "hotline"},
		     {"信函", "letter"},   {"来信", "letter"},	   {"信箱", "mailbox"},
		     {"留言板", "board"}};

	for (size_t i = 0; i < HY_LEN(words); i++)
		if (!strcmp(words[i].word, said))
			return words[i].channel;
	return said;
}

/* Whose numbers they are: a call is one of the hotline's. */
static const char *numbers_of(const char *channel)
{
	channel = desk_channel(channel);
	return strcmp(channel, "phone") ? channel : "hotline";
}

static void key_of(struct hy_desk *desk, const char *channel, const char *reference,
		   uint8_t out[HY_HASH_LEN])
{
	void *work = talloc_new(NULL);
	const char *text = hy_strf(work, "%s|%s", numbers_of(channel), reference);

	desk_keyed(desk, "typed", 0, text, strlen(text), out);
	talloc_free(work);
}

static enum hy_status find(struct hy_desk *desk, const void *ctx, struct hy_source_id source,
			   const uint8_t key[HY_HASH_LEN], struct hy_case_id *out,
			   struct hy_err *err)
{
	struct hy_push_row *row = NULL;
	enum hy_status status = hy_push_find(desk->st, ctx, source, key, &row, err);

	if (!status && !row->cs.v)
		status = HY_ENOTFOUND;
	if (!status)
		*out = row->cs;
	talloc_free(row);
	return status;
}

enum hy_status desk_reference_typed(struct hy_desk *desk, const void *ctx, const char *channel,
				    const char *reference, struct hy_case_id *out,
				    struct hy_err *err)
{
	uint8_t key[HY_HASH_LEN];

	key_of(desk, channel, reference, key);
	return find(desk, ctx, (struct hy_source_id){0}, key, out, err);
}

/* Of one source of imports; HY_ENOTFOUND when it is none, or of another channel (NULL: any). */
static enum hy_status imported(struct hy_desk *desk, const void *ctx, const struct hy_source *s,
			       const char *channel, const char *reference, struct hy_case_id *out,
			       struct hy_err *err)
{
	struct hy_json *options = NULL;
	const char *text, *of;
	uint8_t key[HY_HASH_LEN];

	if (strcmp(s->kind, DESK_IMPORT) != 0)
		return HY_ENOTFOUND;
	(void)hy_json_parse(ctx, s->options, strlen(s->options), 0, &options, NULL);
	of = hy_json_str(options, "channel");
	if (channel && of && strcmp(numbers_of(of), numbers_of(channel)) != 0)
		return HY_ENOTFOUND;
	text = hy_strf(ctx, "ref|%s", reference);
	desk_keyed(desk, "row", s->id.v, text, strlen(text), key);
	return find(desk, ctx, s->id, key, out, err);
}

enum hy_status desk_reference_find(struct hy_desk *desk, const void *ctx, const char *channel,
				   const char *reference, struct hy_case_id *out,
				   struct hy_err *err)
{
	struct hy_source *list = NULL;
	size_t n = 0;
	enum hy_status status = desk_reference_typed(desk, ctx, channel, reference, out, err);

	if (status != HY_ENOTFOUND)
		return status;
	status = hy_source_list(desk->st, ctx, false, &list, &n, err);
	for (size_t i = 0; i < n && !status; i++) {
		status = imported(desk, ctx, &list[i], channel, reference, out, err);
		if (status != HY_ENOTFOUND)
			return status;
		status = HY_OK;
	}
	return status ? status : HY_ENOTFOUND;
}

/* Adds ids[n], which was found or not, unless it is there. */
static enum hy_status add_found(enum hy_status status, const struct hy_case_id *ids, size_t *n)
{
	size_t i = 0;

	if (status)
		return status == HY_ENOTFOUND ? HY_OK : status;
	while (i < *n && ids[i].v != ids[*n].v)
		i++;
	*n += i == *n;
	return HY_OK;
}

enum hy_status desk_reference_cases(struct hy_desk *desk, const void *ctx, const char *reference,
				    struct hy_case_id **out, size_t *n, struct hy_err *err)
{
	const char *const *channels = NULL;
	struct hy_source *list = NULL;
	size_t n_channels = 0, n_list = 0, found = 0;
	struct hy_case_id *ids;
	enum hy_status status = hy_case_channels(desk->st, ctx, &channels, &n_channels, err);

	if (!status)
		status = hy_source_list(desk->st, ctx, false, &list, &n_list, err);
	ids = hy_new_array(ctx, struct hy_case_id, n_channels + n_list + 1);
	for (size_t i = 0; i < n_channels && !status; i++) {
		status = desk_reference_typed(desk, ctx, channels[i], reference, &ids[found], err);
		status = add_found(status, ids, &found);
	}
	for (size_t i = 0; i < n_list && !status; i++) {
		status = imported(desk, ctx, &list[i], NULL, reference, &ids[found], err);
		status = add_found(status, ids, &found);
	}
	*out = ids;
	*n = found;
	return status;
}

enum hy_status desk_reference_note(struct hy_desk *desk, const void *ctx, const char *reference,
				   struct hy_case_id cs, struct hy_err *err)
{
	struct hy_case *c = NULL;
	enum hy_status status = hy_case_get(desk->st, ctx, cs, &c, err);
	const struct hy_case_event e = {
		.cs = cs, .at = hy_desk_now(desk), .kind = DESK_ORIGIN, .text = reference};

	if (!status)
		status = hy_case_move(desk->st, c, c->state, &e, err);
	talloc_free(c);
	return status;
}

enum hy_status desk_reference_keep(struct hy_desk *desk, const void *ctx, const char *channel,
				   const char *reference, struct hy_case_id cs, struct hy_err *err)
{
	const struct hy_push_row row = {.at = hy_desk_now(desk), .cs = cs};
	uint8_t key[HY_HASH_LEN];
	enum hy_status status;

	key_of(desk, channel, reference, key);
	status = hy_push_put(desk->st, (struct hy_source_id){0}, key, &row, err);
	return status ? status : desk_reference_note(desk, ctx, reference, cs, err);
}

enum hy_status desk_contact_keep(struct hy_desk *desk, const char *handle, struct hy_case_id cs,
				 hy_time at, struct hy_err *err)
{
	uint8_t contact[HY_HASH_LEN];

	desk_keyed(desk, "contact", 0, handle, strlen(handle), contact);
	return hy_contact_add(desk->st, cs, (struct hy_account_id){0}, contact, handle, at, err);
}
