/* What maintenance borrows from the writer. Seen only inside index/. */
#ifndef HY_INDEX_WRITER_H
#define HY_INDEX_WRITER_H

#include "index/layout.h"

/* Adds the documents of `from` that are not hidden to `to` and counts them into stamp; commits
 * nothing. */
enum hy_status hy_index_writer_copy(struct hy_xdb *to, struct hy_stamp *stamp,
				    const struct hy_dbset *set, struct hy_xdb *from,
				    struct hy_err *err);
/* The greatest generation that any folder or the manifest of DIR/index speaks of; 0 = none. */
int hy_manifest_top_generation(const char *dir);

#endif
