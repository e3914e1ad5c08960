/*
 * Regular expressions behind C. RE2 throws nothing; its containers do when memory ends, and that
 * ends the process, as everywhere.
 */
#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <string>
#include <vector>

#define _Noreturn __attribute__((noreturn))
extern "C" {
#include "base/base.h"
#include "index/regex.h"
}
#undef _Noreturn

/* Memory of one expression: program and states. RE2 falls back to the slower walk past it. */
#define MAX_MEM (1 << 20)
/* A lone ASCII character is in nearly every text and filters nothing. */
#define MIN_ATOM_BYTES 2

struct compiled {
	re2::FilteredRE2 filter{MIN_ATOM_BYTES};
	std::vector<std::string> atoms;
	std::vector<const char *> texts;
	int id = 0;
};
struct hy_regex {
	struct compiled *c;
};

static int drop(struct hy_regex *re)
{
	delete re->c;
	return 0;
}

static const RE2 &program(const struct hy_regex *re)
{
	return re->c->filter.GetRE2(re->c->id);
}

extern "C" enum hy_status hy_regex_new(struct hy_regex **out, const void *ctx, const char *pattern,
				       struct hy_err *err)
{
	RE2::Options o;
	o.set_case_sensitive(false);
	o.set_log_errors(false);
	o.set_dot_nl(true);
	o.set_max_mem(MAX_MEM);
	{
		/* The filter does not say why: ask first. */
		RE2 probe(pattern, o);
		if (!probe.ok())
			return hy_err_set(err, HY_EINPUT, "%s", probe.error().c_str());
	}
	struct hy_regex *re = hy_new(ctx, struct hy_regex);
	re->c = new compiled;
	talloc_set_destructor(re, drop);
	struct compiled *c = re->c;
	if (c->filter.Add(pattern, o, &c->id) != RE2::NoError) {
		talloc_free(re);
		return hy_err_set(err, HY_EINPUT, "%s", pattern);
	}
	c->filter.Compile(&c->atoms);
	std::vector<int> without;
	c->filter.AllPotentials({}, &without);
	if (!without.empty())
		c->atoms.clear();
	for (const std::string &atom : c->atoms)
		c->texts.push_back(atom.c_str());
	*out = re;
	return HY_OK;
}

extern "C" int hy_regex_size(const struct hy_regex *re)
{
	return program(re).ProgramSize();
}

extern "C" bool hy_regex_holds(const struct hy_regex *re, const char *s, size_t n)
{
	return program(re).Match(re2::StringPiece(s, n), 0, n, RE2::UNANCHORED, nullptr, 0);
}

extern "C" bool hy_regex_find(const struct hy_regex *re, const char *s, size_t n, size_t at,
			      size_t *from, size_t *until)
{
	re2::StringPiece found;
	if (!program(re).Match(re2::StringPiece(s, n), at, n, RE2::UNANCHORED, &found, 1))
		return false;
	*from = (size_t)(found.data() - s);
	*until = *from + found.size();
	return true;
}

extern "C" const char *const *hy_regex_atoms(const struct hy_regex *re, size_t *n)
{
	*n = re->c->texts.size();
	return re->c->texts.data();
}

extern "C" bool hy_regex_may(const struct hy_regex *re, const bool *hit)
{
	std::vector<int> atoms, potentials;
	for (size_t i = 0; i < re->c->atoms.size(); i++)
		if (hit[i])
			atoms.push_back((int)i);
	re->c->filter.AllPotentials(atoms, &potentials);
	return !potentials.empty();
}
