/* What the query language must be told of this office: its clock and zone, the names of its sources
 * and units. One place, so that a search, a rule and a trial of a rule mean the same. */
#include "desk/internal.h"

#include <string.h>

/* By name alone: digits are a name here, a number is written #12. */
static bool source_by_name(void *user, const char *name, struct hy_source_id *out)
{
	struct hy_desk *desk = user;
	struct hy_source *source = NULL;
	bool found =
		!hy_source_find(desk->st, desk, name, &source, NULL) && !strcmp(source->name, name);

	if (found)
		*out = source->id;
	talloc_free(source);
	return found;
}

static bool source_known(void *user, struct hy_source_id id)
{
	struct hy_desk *desk = user;
	struct hy_source *source = NULL;
	bool found = !hy_source_get(desk->st, desk, id, &source, NULL);

	talloc_free(source);
	return found;
}

static bool unit_sources(void *user, const void *ctx, const char *name, struct hy_unit_id *id,
			 struct hy_source_id **sources, size_t *n)
{
	struct hy_desk *desk = user;
	struct hy_unit *unit = NULL;
	bool found =
		name ? !hy_unit_find(desk->st, desk, name, &unit, NULL) && !strcmp(unit->name, name)
		     : !hy_unit_get(desk->st, desk, *id, &unit, NULL);

	if (found)
		*id = unit->id;
	talloc_free(unit);
	return found && !hy_unit_sources(desk->st, ctx, *id, sources, n, NULL);
}

struct hy_query_env desk_query_env(struct hy_desk *desk, hy_time now, bool standing)
{
	return (struct hy_query_env){
		.now = now,
		.zone_minutes = desk_offset_minutes(desk, now),
		.source = source_by_name,
		.source_known = source_known,
		.unit = unit_sources,
		.user = desk,
		.standing = standing,
	};
}

enum hy_status desk_parse_query(struct hy_desk *desk, const void *ctx, const char *text,
				bool standing, struct hy_query **out, struct hy_err *err)
{
	const struct hy_query_env env = desk_query_env(desk, hy_desk_now(desk), standing);

	return hy_query_parse(out, ctx, text, &env, err);
}
