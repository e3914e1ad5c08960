/* Private to collectors/: what the elements of all feed formats mean. */
#ifndef HY_FEED_NAMES_H
#define HY_FEED_NAMES_H

#include "collectors/collect.h"

enum act {
	A_NONE,	  /* not ours: its text is dropped */
	A_INLINE, /* inside content */
	A_RSS,
	A_RDF,
	A_FEED,
	A_CHANNEL,
	A_ITEM,
	A_IMAGE,
	A_TEXTINPUT,
	A_SOURCE,
	A_AUTHOR,
	A_CONTRIBUTOR,
	A_PUBLISHER,
	A_NAME,
	A_EMAIL,
	A_URI,
	A_LINK,
	A_ID,
	A_TITLE,
	A_MEDIA_TITLE,
	A_DESCRIPTION,
	A_ABSTRACT,
	A_SUMMARY,
	A_SUBTITLE,
	A_CONTENT,
	A_ENCODED,
	A_BODY,
	A_RIGHTS,
	A_INFO,
	A_GENERATOR,
	A_PUBLISHED,
	A_UPDATED,
	A_ENCLOSURE,
	A_MEDIA_CONTENT,
	A_GROUP,
	A_LANGUAGE,
	A_COMMENTS,
	A_TTL,
	A_HOUR,
	A_DAY,
	A_PERIOD,
	A_FREQUENCY,
	A_DELETED,
	A_PICTURE,
	A_HTML,
	A_HEAD,
};
enum space {
	S_CORE,
	S_DC,
	S_TERMS,
	S_CONTENT,
	S_ITUNES,
	S_MEDIA,
	S_RDF,
	S_SY,
	S_XHTML,
	S_XML,
	S_TOMB,
	S_OTHER
};

/* The vocabulary a namespace (or, undeclared, a customary prefix) stands for. */
enum space hy_feed_space_of(const char *ns, const char *prefix);
/* What the element name of that vocabulary does; A_NONE when it is not ours. */
enum act hy_feed_act_of(enum space space, const char *name);

#endif
