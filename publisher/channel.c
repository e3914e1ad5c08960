/* The channels there are. Adding one takes a file channel-NAME.c, a line here, docs and a test. */
#include "publisher/internal.h"

#include <string.h>

const struct hy_channel *const hy_channels[] = {&hy_channel_site, &hy_channel_wordpress, NULL};

const struct hy_channel *hy_channel_find(const char *name)
{
	for (size_t i = 0; name != NULL && hy_channels[i] != NULL; i++)
		if (strcmp(hy_channels[i]->name, name) == 0)
			return hy_channels[i];
	return NULL;
}
