/* Sets of HTML element names shared by the sanitiser and the plain-text writer. */
#ifndef HY_RENDER_HTML_NAMES_H
#define HY_RENDER_HTML_NAMES_H

#include <stdbool.h>

/* Goes with all that stands in it: script, style, frames, embedded documents. */
bool hy_html_is_dropped(const char *name);
/* Has no content and no end tag. */
bool hy_html_is_void(const char *name);
/* Begins and ends a line of plain text. */
bool hy_html_is_block(const char *name);

#endif
