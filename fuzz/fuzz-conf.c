/* A configuration file: read or refused with a line and words, through a real file. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hy_conf_key office[] = {
	{"name", HY_CONF_STR, "x", 0, 40, "", NULL},
	{"seats", HY_CONF_INT, "3", 1, 9, "", NULL},
	{"strict", HY_CONF_BOOL, "yes", 0, 0, "", NULL},
	{0},
};
static const struct hy_conf_key source[] = {
	{"interval", HY_CONF_DUR, "15m", 60000, 86400000, "", NULL},
	{"places", HY_CONF_LIST, "a,b", 0, 0, "", NULL},
	{0},
};
static const struct hy_conf_section schema[] = {
	{"office", false, office, ""},
	{"source", true, source, ""},
	{0},
};

static void read_back(const struct hy_conf *c)
{
	size_t n, m;
	const char *const *titles = hy_conf_titles(c, "source", &n);
	int64_t seats = hy_conf_int(c, "office", NULL, "seats");

	if (seats < 1 || seats > 9 || strlen(hy_conf_str(c, "office", NULL, "name")) > 40)
		HY_BUG("a value out of its range was let through");
	for (size_t i = 0; i < n; i++) {
		hy_dur d = hy_conf_dur(c, "source", titles[i], "interval");

		if (d < 60000 || d > 86400000)
			HY_BUG("a time out of its range was let through");
		(void)hy_conf_list(c, "source", titles[i], "places", &m);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/hy-fuzz-conf-XXXXXX";
	int fd = mkstemp(path);
	struct hy_conf_finding *found = NULL;
	struct hy_conf *conf = NULL;
	struct hy_err err = {0};
	void *ctx = talloc_new(NULL);
	size_t n = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		HY_BUG("no temporary file");
	close(fd);
	if (hy_conf_read(&conf, ctx, path, false, schema, &found, &n, &err) == HY_OK)
		read_back(conf);
	else if (err.text[0] == '\0' || (err.status == HY_EINPUT && size <= 1u << 20 && n == 0))
		HY_BUG("a refusal without words");
	for (size_t i = 0; i < n; i++)
		if (found[i].text[0] == '\0' || strchr(found[i].text, '\n'))
			HY_BUG("a finding is one line of words");
	unlink(path);
	talloc_free(ctx);
	return 0;
}
