/* The writer as upkeep sees it: the one owner of the manifest. Seen only inside index/. */
#ifndef HY_INDEX_WRITER_H
#define HY_INDEX_WRITER_H

#include "index/crew.h"
#include "index/layout.h"

struct hy_index_writer {
	char *dir;
	struct hy_index_lock *lock;
	struct hy_manifest *m;
	struct hy_crew *crew;
	int parts; /* databases open for writing: the last entries of m; 0 before the first item */
	int64_t cursor; /* of the last item added or committed */
	int64_t committed;
	int64_t in_group; /* items handed to the open databases */
	struct hy_index_options o;
	bool rebuild;
	bool failed;
	struct hy_index_care *care; /* upkeep under way */
};

/* Commits and closes the databases being written; the next item begins new ones. */
enum hy_status hy_index_writer_roll(struct hy_index_writer *w, struct hy_err *err);
/* Entries of m that are no longer written. */
size_t hy_index_writer_closed(const struct hy_index_writer *w);
/* The greatest generation that any folder or the manifest of DIR/index speaks of; 0 = none. */
int hy_manifest_top_generation(const char *dir);

#endif
