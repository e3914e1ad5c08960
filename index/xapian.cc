/*
 * Xapian behind C. Each entry is noexcept and runs in guard(), which
 * turns every exception into a status.
 *
 * Candidates are walked with our own AND and OR over Xapian's posting lists rather than with
 * Enquire: docids fall as the log rises, so the first ones of a list are the newest, the walk stops
 * when the page is full, resumes anywhere, and no match set is ever built.
 */
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <queue>
#include <string>
#include <vector>

#include <xapian.h>

#define _Noreturn __attribute__((noreturn))
extern "C" {
#include "base/base.h"
#include "index/xapian.h"
}
#undef _Noreturn

struct hy_xdb {
	Xapian::Database rd;	     /* reading; shares the database when writing */
	Xapian::WritableDatabase wr; /* writing */
	std::string data;	     /* of the last record asked for */
	size_t waiting = 0;	     /* postings in memory since the last flush */
};

namespace
{

/* Postings held in memory. More is slower, not faster: they leave the processor's cache. */
constexpr size_t FLUSH_AT = 40000;

enum hy_status broken(struct hy_err *err, enum hy_status st, const Xapian::Error &e)
{
	const char *os = e.get_error_string();
	return hy_err_set(err, st, "%s%s%s", e.get_msg().c_str(), os != nullptr ? ": " : "",
			  os != nullptr ? os : "");
}

/* The reason of the operating system: in the language of the thread or in English, and of an error
 * within an error in the text alone. */
bool says(const Xapian::Error &e, int number)
{
	const char *os = e.get_error_string();
	const char *reasons[] = {std::strerror(number), strerrordesc_np(number)};

	for (const char *reason : reasons)
		if ((os != nullptr && std::strcmp(os, reason) == 0) ||
		    e.get_msg().find(reason) != std::string::npos)
			return true;
	return false;
}

/* A failure with a reason of the operating system is its own; all else of a database is damage:
 * lists that run out, blocks that are not there. */
enum hy_status of_database(struct hy_err *err, const Xapian::Error &e)
{
	if (says(e, ENOSPC) || says(e, EROFS) || says(e, EDQUOT))
		return broken(err, HY_ENOSPACE, e);
	if (e.get_error_string() != nullptr && !says(e, ENOENT))
		return broken(err, HY_ESYSTEM, e);
	return broken(err, HY_ECORRUPT, e);
}

template <class F> enum hy_status guard(struct hy_err *err, F f) noexcept
{
	try {
		f();
		return HY_OK;
	} catch (const Xapian::DatabaseLockError &e) {
		return broken(err, HY_EBUSY, e);
	} catch (const Xapian::DatabaseModifiedError &e) {
		return broken(err, HY_ETEMP, e);
	} catch (const Xapian::DatabaseError &e) {
		return of_database(err, e);
	} catch (const Xapian::RangeError &e) {
		return broken(err, HY_ECORRUPT, e);
	} catch (const Xapian::DocNotFoundError &e) {
		return broken(err, HY_ECORRUPT, e);
	} catch (const Xapian::Error &e) {
		return broken(err, HY_ESYSTEM, e);
	} catch (const std::bad_alloc &) {
		/* a length read from a damaged table asks for the impossible, too */
		return hy_err_set(err, HY_ECORRUPT, "a length in the index cannot be");
	} catch (const std::exception &e) {
		return hy_err_set(err, HY_ESYSTEM, "index: %s", e.what());
	} catch (...) {
		return hy_err_set(err, HY_ESYSTEM, "index: unknown failure");
	}
}

int close_db(hy_xdb **p)
{
	try {
		delete *p;
	} catch (...) {
	}
	return 0;
}

/* A C object of this file's C++ object: the talloc chunk holds a pointer. */
hy_xdb *unwrap(struct hy_xdb *db)
{
	return *reinterpret_cast<hy_xdb **>(db);
}

/* Where the record of a document stands: among the stored values. Xapian would deflate a document's
 * own data, which costs more than all our analysis. Rising with time, so that the tree grows at its
 * end and its blocks are filled. */
std::string record_key(uint32_t docid)
{
	uint32_t back = ~docid;
	const char key[] = {'r', (char)(back >> 24), (char)(back >> 16), (char)(back >> 8),
			    (char)back};
	return std::string(key, sizeof(key));
}

/* The postings held in memory go to the tables, uncommitted: asking for all terms does that. */
void flush(hy_xdb *x)
{
	(void)x->wr.allterms_begin();
	x->waiting = 0;
}

/* ---- walks ---- */

class Walk
{
      public:
	virtual ~Walk() = default;
	virtual Xapian::docid next(Xapian::docid least) = 0; /* 0 = end */
	double cost = 0;				     /* documents expected */
};
using WalkPtr = std::unique_ptr<Walk>;

class None : public Walk
{
      public:
	Xapian::docid next(Xapian::docid) override
	{
		return 0;
	}
};

/* Its list is opened when it is first walked: most days do not have all terms of a query, and then
 * none of them is. */
class Term : public Walk
{
	const Xapian::Database &db;
	const std::string term;
	bool open = false;
	Xapian::PostingIterator it, end;

      public:
	Term(const Xapian::Database &d, const std::string &t) : db(d), term(t)
	{
		cost = term.empty() ? db.get_doccount() : db.get_termfreq(term);
	}
	Xapian::docid next(Xapian::docid least) override
	{
		if (!open && cost > 0) {
			it = db.postlist_begin(term);
			end = db.postlist_end(term);
			open = true;
		}
		if (it == end)
			return 0;
		if (*it < least)
			it.skip_to(least);
		return it == end ? 0 : *it;
	}
};

class And : public Walk
{
	std::vector<WalkPtr> kids;

      public:
	explicit And(std::vector<WalkPtr> k) : kids(std::move(k))
	{
		std::sort(kids.begin(), kids.end(),
			  [](const WalkPtr &a, const WalkPtr &b) { return a->cost < b->cost; });
		cost = kids[0]->cost;
	}
	Xapian::docid next(Xapian::docid least) override
	{
		for (;;) {
			Xapian::docid did = kids[0]->next(least);
			if (did == 0)
				return 0;
			Xapian::docid at = did;
			for (size_t i = 1; i < kids.size() && at == did; i++) {
				at = kids[i]->next(did);
				if (at == 0)
					return 0;
			}
			if (at == did)
				return did;
			least = at;
		}
	}
};

class Or : public Walk
{
	using Head = std::pair<Xapian::docid, size_t>;
	std::vector<WalkPtr> kids;
	std::priority_queue<Head, std::vector<Head>, std::greater<Head>> heads;

      public:
	explicit Or(std::vector<WalkPtr> k) : kids(std::move(k))
	{
		for (size_t i = 0; i < kids.size(); i++) {
			cost += kids[i]->cost;
			heads.push({0, i});
		}
	}
	Xapian::docid next(Xapian::docid least) override
	{
		while (!heads.empty() && heads.top().first < least) {
			size_t i = heads.top().second;
			heads.pop();
			Xapian::docid did = kids[i]->next(least);
			if (did != 0)
				heads.push({did, i});
		}
		return heads.empty() ? 0 : heads.top().first;
	}
};

WalkPtr any_of(std::vector<WalkPtr> kids)
{
	if (kids.empty())
		return std::make_unique<None>();
	if (kids.size() == 1)
		return std::move(kids[0]);
	return std::make_unique<Or>(std::move(kids));
}

/* A single character is every bigram that begins with it. Few: their lists are joined. Many: a walk
 * over everything finds a page sooner, as the character is then a common one. */
WalkPtr begins(const Xapian::Database &db, const std::string &head, bool whole)
{
	constexpr size_t few = 64, most = 4000;
	constexpr double open_cost = 4, read_cost = 1.5, page = 20; /* microseconds, documents */
	std::vector<std::string> terms;
	double freq = 0;
	for (auto it = db.allterms_begin(head); it != db.allterms_end(head); ++it) {
		if (terms.size() == most)
			return std::make_unique<Term>(db, "");
		terms.push_back(*it);
		freq += it.get_termfreq();
	}
	double docs = db.get_doccount();
	double walk = whole ? docs * read_cost : (freq > 0 ? docs / freq : 1) * page * read_cost;
	double join = terms.size() * open_cost + (whole ? freq * read_cost : 0);
	if (terms.size() > few && walk < join)
		return std::make_unique<Term>(db, "");
	std::vector<WalkPtr> kids;
	for (const auto &t : terms)
		kids.push_back(std::make_unique<Term>(db, t));
	return any_of(std::move(kids));
}

WalkPtr holds(const Xapian::Database &db, const std::string &head, const std::string &part)
{
	std::vector<WalkPtr> kids;
	for (auto it = db.allterms_begin(head); it != db.allterms_end(head); ++it) {
		const std::string t = *it;
		/* a cut term may hold it in what was cut off */
		if (t.size() < HY_XTERM_MAX && t.find(part, head.size()) == std::string::npos)
			continue;
		kids.push_back(std::make_unique<Term>(db, t));
	}
	return any_of(std::move(kids));
}

WalkPtr build(const Xapian::Database &db, const struct hy_plan *p, bool whole)
{
	const std::string s(p->s.s != nullptr ? p->s.s : "", p->s.n);
	std::vector<WalkPtr> kids;
	switch (p->op) {
	case HY_PLAN_NONE:
		break;
	case HY_PLAN_ALL:
		return std::make_unique<Term>(db, "");
	case HY_PLAN_TERM:
		return std::make_unique<Term>(db, s);
	case HY_PLAN_BEGINS:
		return begins(db, s, whole);
	case HY_PLAN_HOLDS:
		return holds(db, s, std::string(p->s2.s, p->s2.n));
	case HY_PLAN_AND:
	case HY_PLAN_OR:
		for (size_t i = 0; i < p->n_kids; i++) {
			kids.push_back(build(db, p->kids[i], whole));
			if (p->op == HY_PLAN_AND && kids.back()->cost <= 0)
				return std::make_unique<None>(); /* nothing has all of them */
		}
		if (p->op == HY_PLAN_OR)
			return any_of(std::move(kids));
		if (kids.size() == 1)
			return std::move(kids[0]);
		return std::make_unique<And>(std::move(kids));
	}
	return std::make_unique<None>();
}

int close_walk(Walk **p)
{
	try {
		delete *p;
	} catch (...) {
	}
	return 0;
}

void *wrap_db(const void *ctx, hy_xdb *db)
{
	hy_xdb **p = static_cast<hy_xdb **>(hy_mem_zero(ctx, sizeof(*p), 1, "hy_xdb"));
	*p = db;
	talloc_set_destructor(p, close_db);
	return p;
}

} // namespace

extern "C" {

enum hy_status hy_xdb_open(struct hy_xdb **out, const void *ctx, const char *path,
			   struct hy_err *err)
{
	return guard(err, [&] {
		auto db = std::make_unique<hy_xdb>();
		db->rd = Xapian::Database(path, Xapian::DB_BACKEND_GLASS);
		*out = static_cast<struct hy_xdb *>(wrap_db(ctx, db.release()));
	});
}

enum hy_status hy_xdb_open_write(struct hy_xdb **out, const void *ctx, const char *path,
				 bool create, struct hy_err *err)
{
	return guard(err, [&] {
		auto db = std::make_unique<hy_xdb>();
		int flags = Xapian::DB_BACKEND_GLASS | Xapian::DB_NO_TERMLIST |
			    (create ? Xapian::DB_CREATE_OR_OPEN : Xapian::DB_OPEN);
		db->wr = Xapian::WritableDatabase(path, flags);
		db->rd = db->wr;
		db->wr.begin_transaction();
		*out = static_cast<struct hy_xdb *>(wrap_db(ctx, db.release()));
	});
}

enum hy_status hy_xdb_reopen(struct hy_xdb *db, bool *changed, struct hy_err *err)
{
	return guard(err, [&] { *changed = unwrap(db)->rd.reopen(); });
}

enum hy_status hy_xdb_get(struct hy_xdb *db, const void *ctx, const char *key, char **out,
			  struct hy_err *err)
{
	return guard(err, [&] {
		std::string v = unwrap(db)->rd.get_metadata(key);
		*out = hy_strndup(ctx, v.data(), v.size());
	});
}

enum hy_status hy_xdb_set(struct hy_xdb *db, const char *key, const char *value, struct hy_err *err)
{
	return guard(err, [&] { unwrap(db)->wr.set_metadata(key, value); });
}

enum hy_status hy_xdb_keys(struct hy_xdb *db, const void *ctx, const char *prefix, char ***out,
			   size_t *n, struct hy_err *err)
{
	return guard(err, [&] {
		std::vector<std::string> keys;
		const Xapian::Database &rd = unwrap(db)->rd;
		for (auto it = rd.metadata_keys_begin(prefix); it != rd.metadata_keys_end(prefix);
		     ++it)
			keys.push_back(*it);
		char **list = static_cast<char **>(
			hy_mem_zero(ctx, sizeof(char *), keys.size() + 1, "char *[]"));
		for (size_t i = 0; i < keys.size(); i++)
			list[i] = hy_strndup(list, keys[i].data(), keys[i].size());
		*out = list;
		*n = keys.size();
	});
}

enum hy_status hy_xdb_add(struct hy_xdb *db, uint32_t docid, const struct hy_span *terms, size_t n,
			  const void *data, size_t data_n, struct hy_err *err)
{
	return guard(err, [&] {
		Xapian::Document doc;
		for (size_t i = 0; i < n; i++)
			doc.add_boolean_term(std::string(terms[i].s, terms[i].n));
		hy_xdb *x = unwrap(db);
		x->wr.replace_document(docid, doc);
		x->wr.set_metadata(record_key(docid),
				   std::string(static_cast<const char *>(data), data_n));
		x->waiting += n;
		if (x->waiting >= FLUSH_AT)
			flush(x);
	});
}

enum hy_status hy_xdb_commit(struct hy_xdb *db, struct hy_err *err)
{
	return guard(err, [&] {
		hy_xdb *x = unwrap(db);
		x->wr.commit_transaction();
		x->waiting = 0;
		x->wr.begin_transaction();
	});
}

enum hy_status hy_xdb_count(struct hy_xdb *db, int64_t *out, struct hy_err *err)
{
	return guard(err, [&] { *out = unwrap(db)->rd.get_doccount(); });
}

enum hy_status hy_xdb_data(struct hy_xdb *db, uint32_t docid, const void **out, size_t *n,
			   struct hy_err *err)
{
	return guard(err, [&] {
		hy_xdb *x = unwrap(db);
		x->data = x->rd.get_metadata(record_key(docid));
		*out = x->data.data();
		*n = x->data.size();
	});
}

enum hy_status hy_xcand_new(struct hy_xcand **out, struct hy_xdb *db, const struct hy_plan *plan,
			    bool whole, struct hy_err *err)
{
	return guard(err, [&] {
		WalkPtr w = build(unwrap(db)->rd, plan, whole);
		Walk **p = static_cast<Walk **>(hy_mem_zero(db, sizeof(*p), 1, "hy_xcand"));
		*p = w.release();
		talloc_set_destructor(p, close_walk);
		*out = reinterpret_cast<struct hy_xcand *>(p);
	});
}

enum hy_status hy_xcand_next(struct hy_xcand *c, uint32_t least, uint32_t *out, struct hy_err *err)
{
	return guard(err, [&] { *out = (*reinterpret_cast<Walk **>(c))->next(least); });
}

double hy_xcand_cost(const struct hy_xcand *c)
{
	return (*reinterpret_cast<Walk *const *>(c))->cost;
}

enum hy_status hy_xdb_sum_postings(struct hy_xdb *db, uint64_t *out, struct hy_err *err)
{
	return guard(err, [&] {
		const Xapian::Database &rd = unwrap(db)->rd;
		uint64_t sum = 0;
		for (auto t = rd.allterms_begin(); t != rd.allterms_end(); ++t) {
			const std::string term = *t;
			uint64_t hash = hy_xxh64(term.data(), term.size());
			for (auto p = rd.postlist_begin(term); p != rd.postlist_end(term); ++p)
				sum += hy_posting_sum(hash, *p);
		}
		uint64_t none = hy_xxh64("", 0);
		/* the list of all documents, too: single characters walk it */
		for (auto p = rd.postlist_begin(""); p != rd.postlist_end(""); ++p)
			sum += hy_posting_sum(none, *p);
		*out = sum;
	});
}

enum hy_status hy_xdb_compact(const char *const *paths, size_t n, const char *to,
			      struct hy_err *err)
{
	return guard(err, [&] {
		Xapian::Database all;
		for (size_t i = 0; i < n; i++)
			all.add_database(Xapian::Database(paths[i], Xapian::DB_BACKEND_GLASS));
		all.compact(to, Xapian::DBCOMPACT_NO_RENUMBER | Xapian::Compactor::FULL);
	});
}

} // extern "C"
