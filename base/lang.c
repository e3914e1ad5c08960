/*
 * Translation by gettext without an installed locale: the process runs in C.UTF-8 and LANGUAGE
 * always names Chinese; an English text is simply the msgid.
 */
#include "base/base.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOMAIN "huying"

static enum hy_lang chosen = HY_LANG_EN;
static _Thread_local int in_use; /* 0 = as chosen, else language + 1 */

/* The first variable that names a language decides; "C" and "POSIX" name none. */
static enum hy_lang choose(void)
{
	static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < HY_LEN(names); i++) {
		const char *v = getenv(names[i]);

		if (v == NULL || v[0] == '\0' || strcmp(v, "C") == 0 || strcmp(v, "POSIX") == 0 ||
		    strncmp(v, "C.", 2) == 0)
			continue;
		return strncmp(v, "zh", 2) == 0 ? HY_LANG_ZH : HY_LANG_EN;
	}
	return HY_LANG_EN;
}

/* locale/ beside the running binary (a build folder), else the installed one. child of ctx. */
static char *catalogue_dir(const void *ctx)
{
	const char *env = getenv("HUYING_LOCALEDIR");
	char exe[4096], *dir, *slash;
	struct stat st;
	ssize_t n;

	if (env && env[0] != '\0')
		return hy_strdup(ctx, env);
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n > 0) {
		exe[n] = '\0';
		slash = strrchr(exe, '/');
		if (slash) {
			*slash = '\0';
			dir = hy_strf(ctx, "%s/locale", exe);
			if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
				return dir;
		}
	}
	return hy_strdup(ctx, HY_LOCALEDIR);
}

void hy_lang_init(void)
{
	void *ctx = talloc_new(NULL);

	chosen = choose();
	if (setlocale(LC_ALL, "C.UTF-8") == NULL && setlocale(LC_ALL, "en_US.UTF-8") == NULL)
		(void)setlocale(LC_ALL, "zh_CN.UTF-8"); /* none: messages stay English */
	(void)setenv("LANGUAGE", "zh_CN:zh", 1);
	(void)bindtextdomain(DOMAIN, catalogue_dir(ctx));
	(void)bind_textdomain_codeset(DOMAIN, "UTF-8");
	/* the C library speaks English: hy_strerror() has the Chinese, and knows the thread's language
	 */
	(void)bindtextdomain("libc", "/nonexistent");
	talloc_free(ctx);
}

enum hy_lang hy_lang_default(void)
{
	return in_use ? (enum hy_lang)(in_use - 1) : chosen;
}

void hy_lang_use(enum hy_lang lang)
{
	in_use = (int)lang + 1;
}

const char *hy_tr(enum hy_lang lang, const char *msgid)
{
	if (lang != HY_LANG_ZH || msgid[0] == '\0')
		return msgid;
	return dgettext(DOMAIN, msgid);
}

const char *hy_strerror(int code)
{
	/* what strerrordesc_np says, for the catalogue */
	static const char *const known[] = {
		N_("Operation not permitted"),
		N_("No such file or directory"),
		N_("Input/output error"),
		N_("Permission denied"),
		N_("Device or resource busy"),
		N_("File exists"),
		N_("Not a directory"),
		N_("Is a directory"),
		N_("Invalid argument"),
		N_("Too many open files"),
		N_("File too large"),
		N_("No space left on device"),
		N_("Read-only file system"),
		N_("Broken pipe"),
		N_("File name too long"),
		N_("Directory not empty"),
		N_("Too many levels of symbolic links"),
		N_("Address already in use"),
		N_("Cannot assign requested address"),
		N_("Network is unreachable"),
		N_("Connection reset by peer"),
		N_("Connection timed out"),
		N_("Connection refused"),
		N_("No route to host"),
		N_("Disk quota exceeded"),
		N_("Resource temporarily unavailable"),
	};
	const char *text = strerrordesc_np(code);

	(void)known;
	return text != NULL ? _(text) : _("unknown error of the system");
}
