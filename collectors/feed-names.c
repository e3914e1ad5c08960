/* The names of feeds: namespaces, customary prefixes, elements. One table each, in no order that
 * matters but the likeliest first. */
#include "collectors/feed-names.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *uri; /* lower case */
	enum space space;
} spaces[] = {
	{"http://blogs.law.harvard.edu/tech/rss", S_CORE},
	{"http://purl.org/rss/1.0/", S_CORE},
	{"http://my.netscape.com/rdf/simple/0.9/", S_CORE},
	{"http://channel.netscape.com/rdf/simple/0.9/", S_CORE},
	{"http://example.com/newformat#", S_CORE},
	{"http://example.com/necho", S_CORE},
	{"http://purl.org/echo/", S_CORE},
	{"uri/of/echo/namespace#", S_CORE},
	{"http://purl.org/pie/", S_CORE},
	{"http://purl.org/atom/ns#", S_CORE},
	{"http://www.w3.org/2005/atom", S_CORE},
	{"http://purl.org/rss/1.0/modules/rss091#", S_CORE},
	{"http://purl.org/dc/elements/1.1/", S_DC},
	{"http://purl.org/dc/terms/", S_TERMS},
	{"http://purl.org/rss/1.0/modules/content/", S_CONTENT},
	{"http://www.itunes.com/dtds/podcast-1.0.dtd", S_ITUNES},
	{"http://example.com/dtds/podcast-1.0.dtd", S_ITUNES},
	{"http://search.yahoo.com/mrss", S_MEDIA},
	{"http://search.yahoo.com/mrss/", S_MEDIA},
	{"http://www.w3.org/1999/02/22-rdf-syntax-ns#", S_RDF},
	{"http://purl.org/rss/1.0/modules/syndication/", S_SY},
	{"http://www.w3.org/1999/xhtml", S_XHTML},
	{"http://www.w3.org/xml/1998/namespace", S_XML},
	{"http://purl.org/atompub/tombstones/1.0", S_TOMB},
};
/* A prefix nobody declared means what everybody means by it. */
static const struct {
	const char *prefix;
	enum space space;
} customs[] = {
	{"dc", S_DC},	    {"dcterms", S_TERMS}, {"content", S_CONTENT}, {"itunes", S_ITUNES},
	{"media", S_MEDIA}, {"rdf", S_RDF},	  {"sy", S_SY},		  {"xhtml", S_XHTML},
	{"atom", S_CORE},   {"atom10", S_CORE},	  {"a10", S_CORE},	  {"rss", S_CORE},
	{"xml", S_XML},	    {"at", S_TOMB},
};
static const struct {
	enum space space;
	const char *name; /* lower case */
	enum act act;
} elements[] = {
	{S_CORE, "rss", A_RSS},
	{S_RDF, "rdf", A_RDF},
	{S_CORE, "feed", A_FEED},
	{S_CORE, "channel", A_CHANNEL},
	{S_CORE, "item", A_ITEM},
	{S_CORE, "entry", A_ITEM},
	{S_CORE, "image", A_IMAGE},
	{S_CORE, "textinput", A_TEXTINPUT},
	{S_CORE, "source", A_SOURCE},
	{S_CORE, "author", A_AUTHOR},
	{S_CORE, "managingeditor", A_AUTHOR},
	{S_DC, "author", A_AUTHOR},
	{S_DC, "creator", A_AUTHOR},
	{S_ITUNES, "author", A_AUTHOR},
	{S_CORE, "contributor", A_CONTRIBUTOR},
	{S_DC, "contributor", A_CONTRIBUTOR},
	{S_CORE, "webmaster", A_PUBLISHER},
	{S_DC, "publisher", A_PUBLISHER},
	{S_ITUNES, "owner", A_PUBLISHER},
	{S_CORE, "name", A_NAME},
	{S_ITUNES, "name", A_NAME},
	{S_CORE, "email", A_EMAIL},
	{S_ITUNES, "email", A_EMAIL},
	{S_CORE, "uri", A_URI},
	{S_CORE, "url", A_URI},
	{S_CORE, "homepage", A_URI},
	{S_CORE, "link", A_LINK},
	{S_CORE, "guid", A_ID},
	{S_CORE, "id", A_ID},
	{S_CORE, "title", A_TITLE},
	{S_DC, "title", A_TITLE},
	{S_MEDIA, "title", A_MEDIA_TITLE},
	{S_CORE, "description", A_DESCRIPTION},
	{S_DC, "description", A_DESCRIPTION},
	{S_MEDIA, "description", A_DESCRIPTION},
	{S_CORE, "abstract", A_ABSTRACT},
	{S_CORE, "summary", A_SUMMARY},
	{S_ITUNES, "summary", A_SUMMARY},
	{S_CORE, "subtitle", A_SUBTITLE},
	{S_CORE, "tagline", A_SUBTITLE},
	{S_ITUNES, "subtitle", A_SUBTITLE},
	{S_CORE, "content", A_CONTENT},
	{S_CONTENT, "encoded", A_ENCODED},
	{S_CORE, "fullitem", A_ENCODED},
	{S_CORE, "body", A_BODY},
	{S_XHTML, "body", A_BODY},
	{S_CORE, "rights", A_RIGHTS},
	{S_CORE, "copyright", A_RIGHTS},
	{S_DC, "rights", A_RIGHTS},
	{S_CORE, "info", A_INFO},
	{S_CORE, "generator", A_GENERATOR},
	{S_CORE, "published", A_PUBLISHED},
	{S_CORE, "issued", A_PUBLISHED},
	{S_CORE, "pubdate", A_PUBLISHED},
	{S_TERMS, "issued", A_PUBLISHED},
	{S_CORE, "updated", A_UPDATED},
	{S_CORE, "modified", A_UPDATED},
	{S_CORE, "lastbuilddate", A_UPDATED},
	{S_DC, "date", A_UPDATED},
	{S_TERMS, "modified", A_UPDATED},
	{S_CORE, "enclosure", A_ENCLOSURE},
	{S_MEDIA, "content", A_MEDIA_CONTENT},
	{S_MEDIA, "group", A_GROUP},
	{S_CORE, "language", A_LANGUAGE},
	{S_DC, "language", A_LANGUAGE},
	{S_CORE, "comments", A_COMMENTS},
	{S_CORE, "ttl", A_TTL},
	{S_CORE, "hour", A_HOUR},
	{S_CORE, "day", A_DAY},
	{S_SY, "updateperiod", A_PERIOD},
	{S_SY, "updatefrequency", A_FREQUENCY},
	{S_TOMB, "deleted-entry", A_DELETED},
	{S_ITUNES, "image", A_PICTURE},
	{S_CORE, "logo", A_PICTURE},
	{S_CORE, "icon", A_PICTURE},
	{S_CORE, "html", A_HTML},
	{S_XHTML, "html", A_HTML},
	{S_CORE, "head", A_HEAD},
	{S_XHTML, "head", A_HEAD},
};

enum space hy_feed_space_of(const char *ns, const char *prefix)
{
	if (!ns || !*ns) {
		if (!prefix)
			return S_CORE;
		for (size_t i = 0; i < HY_LEN(customs); i++)
			if (strcasecmp(customs[i].prefix, prefix) == 0)
				return customs[i].space;
		return S_OTHER;
	}
	for (size_t i = 0; i < HY_LEN(spaces); i++)
		if (strcasecmp(spaces[i].uri, ns) == 0)
			return spaces[i].space;
	if (strcasestr(ns, "backend.userland.com/rss"))
		return S_CORE;
	return prefix ? S_OTHER : S_CORE; /* a default namespace nobody knows: by local names */
}

enum act hy_feed_act_of(enum space space, const char *name)
{
	if (space == S_OTHER)
		return A_NONE;
	for (size_t i = 0; i < HY_LEN(elements); i++)
		if (elements[i].space == space && strcasecmp(elements[i].name, name) == 0)
			return elements[i].act;
	return A_NONE;
}
