/* What a form does: its fields become the parameters of one action of the desk, then a redirect. */
#include "web/pages.h"

#include <string.h>

static void put_param(struct web_call *c, struct hy_json_writer *w, const struct hy_param *p)
{
	const char *value = web_field(&c->form, p->name);

	if (p->type == HY_PARAM_LIST) {
		if (!value)
			return;
		hy_jw_key(w, p->name);
		hy_jw_array(w);
		for (size_t i = 0; i < c->form.n; i++)
			if (!strcmp(c->form.at[i].name, p->name) && *c->form.at[i].value)
				hy_jw_str(w, c->form.at[i].value);
		hy_jw_end_array(w);
		return;
	}
	if (value && *value && !web_param_write(w, p, value))
		hy_jw_null(w); /* the desk says that it is missing */
}

static enum hy_status act(struct web_call *c)
{
	const struct hy_action *a = hy_desk_action(c->req->route->action);
	struct hy_json_writer *w = web_params(c);

	for (const struct hy_param *p = a->params; p->name; p++) {
		if (!strcmp(p->name, "id") && c->req->args[0])
			hy_jw_kstr(w, "id", c->req->args[0]);
		else
			put_param(c, w, p);
	}
	return web_act(c, a->name, w);
}

/* The address up to its n-th slash: "/cases" of "/cases/7/reply" for 2. */
static char *up_to(struct web_call *c, int slashes)
{
	const char *p = c->req->path;

	while (*p && (*p != '/' || slashes-- > 1))
		p++;
	return hy_strndup(c->req, c->req->path, (size_t)(p - c->req->path));
}

void page_act(struct web_call *c)
{
	if (act(c))
		web_form_failed(c, up_to(c, 3));
	else
		web_redirect(c, up_to(c, 3));
}

void page_act_new(struct web_call *c)
{
	if (act(c))
		web_form_failed(c, up_to(c, 2));
	else
		web_redirect(c, hy_strf(c->req, "%s/%s", up_to(c, 2), str(c->result, "id")));
}

void page_act_list(struct web_call *c)
{
	if (act(c))
		web_form_failed(c, up_to(c, 2));
	else
		web_redirect(c, up_to(c, 2));
}
