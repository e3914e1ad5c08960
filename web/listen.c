/* Listening sockets: numeric addresses, and beyond loopback only with TLS in front. */
#include "web/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum hy_status web_parse_listen(const char *text, struct sockaddr_storage *out, socklen_t *n_out,
				struct hy_err *err)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	char host[64] = "";
	int64_t port = 0;
	bool six;

	if (!colon || colon == text || (size_t)(colon - text) >= sizeof(host))
		return hy_err_set(err, HY_EINPUT, "listen: \"%s\" is not ADDRESS:PORT",
				  text ? text : "");
	six = text[0] == '[' && colon[-1] == ']';
	memcpy(host, text + six, (size_t)(colon - text) - 2 * (size_t)six);
	for (const char *p = colon + 1; *p; p++) {
		if (*p < '0' || *p > '9' || port > 65535)
			return hy_err_set(err, HY_EINPUT, "listen: \"%s\" has no port", text);
		port = port * 10 + *p - '0';
	}
	memset(out, 0, sizeof(*out));
	if (six) {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)(void *)out;
		a->sin6_family = AF_INET6;
		a->sin6_port = htons((uint16_t)port);
		*n_out = sizeof(*a);
		if (port <= 65535 && inet_pton(AF_INET6, host, &a->sin6_addr) == 1)
			return HY_OK;
	} else {
		struct sockaddr_in *a = (struct sockaddr_in *)(void *)out;
		a->sin_family = AF_INET;
		a->sin_port = htons((uint16_t)port);
		*n_out = sizeof(*a);
		if (port <= 65535 && inet_pton(AF_INET, host, &a->sin_addr) == 1)
			return HY_OK;
	}
	return hy_err_set(err, HY_EINPUT, "listen: \"%s\" is not a numeric address", text);
}

bool web_is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return (ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >>
			24) == 127;
	return a->ss_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

enum hy_status web_listen(const char *text, bool tls, int *fd_out, int *port_out,
			  struct hy_err *err)
{
	struct sockaddr_storage a = {0};
	socklen_t n = 0;
	enum hy_status status = web_parse_listen(text, &a, &n, err);
	int one = 1, fd;

	if (status)
		return status;
	if (!web_is_loopback(&a) && !tls)
		return hy_err_set(
			err, HY_EINPUT,
			"listen: beyond loopback a TLS proxy is needed; set public_url to "
			"its https address");
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return hy_err_set(err, HY_ESYSTEM, "socket: %s", hy_strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 511) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
		status = hy_err_set(err, errno == EADDRINUSE ? HY_EBUSY : HY_ESYSTEM,
				    "listen on %s: %s", text, hy_strerror(errno));
		close(fd);
		return status;
	}
	*fd_out = fd;
	*port_out = ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&a)->sin6_port
						  : ((struct sockaddr_in *)(void *)&a)->sin_port);
	return HY_OK;
}
