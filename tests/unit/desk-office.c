#include "tests/unit/desk-office.h"

const struct hy_json *act_is(struct office *o, const char *who, const char *action,
				    const char *params, enum hy_status wanted)
{
	struct hy_person *p = NULL;
	struct hy_json *node = NULL, *out = NULL;
	struct hy_err err = {0};
	char *result = NULL;

	assert_int_equal(hy_person_find(o->desk->st, o, who, &p, NULL), HY_OK);
	assert_int_equal(hy_json_parse(o, params, strlen(params), 0, &node, NULL), HY_OK);
	enum hy_status status = hy_desk_act(o->desk, o, p->id, action, node, &result, &err);
	if (status != wanted)
		fail_msg("%s %s: %s %s", action, params, hy_status_name(status), err.text);
	if (!status)
		assert_int_equal(hy_json_parse(o, result, strlen(result), 0, &out, NULL), HY_OK);
	return out;
}

const struct hy_json *act(struct office *o, const char *action, const char *params)
{
	return act_is(o, "admin", action, params, HY_OK);
}

const struct hy_json *clerk(struct office *o, const char *action, const char *params)
{
	return act_is(o, "zhang", action, params, HY_OK);
}

static void open_desk(struct office *o)
{
	struct hy_err err = {0};

	if (hy_desk_open(&o->desk, o, o->dir, 0, &err))
		fail_msg("%s", err.text);
	o->desk->local = true;
	o->desk->clock = live.clk;
}

int make_office(void **state)
{
	struct office *o;
	struct hy_setup s = {.office = "临江县"};
	struct hy_err err = {0};
	char *link;

	live_begin(NULL);
	o = hy_new(NULL, struct office);
	snprintf(o->dir, sizeof(o->dir), "/tmp/hy-office.XXXXXX");
	assert_non_null(mkdtemp(o->dir));
	s.dir = o->dir;
	assert_int_equal(hy_crypt_init(&err), HY_OK);
	if (hy_desk_setup(o, &s, &o->phrase, &link, &err))
		fail_msg("%s", err.text);
	open_desk(o);
	(void)act(o, "user.add",
		  "{\"login\":\"zhang\",\"name\":\"张三\",\"duties\":\"clerk,editor\"}");
	*state = o;
	return 0;
}

int drop_office(void **state)
{
	struct office *o = *state;
	char *cmd = hy_strf(NULL, "rm -rf %s", o->dir);

	talloc_free(o);
	assert_int_equal(system(cmd), 0);
	talloc_free(cmd);
	return live_teardown(state);
}

void conf(struct office *o, const char *more)
{
	char *path = hy_strf(o, "%s/huying.conf", o->dir), *text = NULL;
	size_t n;

	assert_int_equal(hy_file_read(o, path, 1 << 20, &text, &n, NULL), HY_OK);
	text = hy_strf(o, "%s\n%s\n", text, more);
	assert_int_equal(hy_file_write(path, text, strlen(text), 0600, NULL), HY_OK);
	talloc_free(o->desk);
	open_desk(o);
}
