/*
 * The control socket run/ctl.sock: writing commands reach the daemon here. A message is 4 bytes of
 * length (big-endian) and one JSON object:
 * {"action","params","as","token"} there, {"status","error","result"} back. The actor is the person
 * whose unix name is the peer's (SO_PEERCRED), or the token's person; root is nobody.
 */
#include "desk/internal.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX (32u << 20)
/* Every user of the machine may knock: neither descriptors nor memory nor time without end. */
#define PEERS_MAX 256
#define PEERS_OF_USER 64
#define HELD_MAX (4 * (size_t)MESSAGE_MAX)
#define PEER_DEADLINE (20 * HY_SECOND)
#define SWEEP_EVERY HY_SECOND

struct hy_ctl {
	struct hy_service *sv;
	struct hy_desk *desk;
	struct hy_loop *loop;
	int fd;
	char *path;
	struct hy_watch_io *io;
	struct hy_timer *sweeper;
	struct peer *peers;
	int n_peers;
	size_t held; /* bytes of unfinished messages */
};

struct peer {
	struct hy_ctl *ctl;
	struct peer *prev, *next;
	int64_t since;
	int fd;
	uid_t uid;
	struct hy_watch_io *io;
	struct hy_buf in;
	char *out;
	size_t out_n, out_at;
};

/* ---- who acts ---- */

static enum hy_status actor_by_unix(struct hy_desk *desk, uid_t uid, const char *as,
				    struct hy_person_id *out, struct hy_err *err)
{
	char buffer[4096];
	struct passwd entry, *found = NULL;
	struct hy_person *p = NULL;

	*out = (struct hy_person_id){0};
	if (uid && !getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) && found)
		(void)hy_person_find_unix(desk->st, desk, found->pw_name, &p,
					  NULL); /* nobody, then */
	if (p && p->active)
		*out = p->id;
	if (as && (!p || strcmp(p->login, as))) {
		talloc_free(p);
		return hy_err_set(err, HY_EAUTH,
				  _("--as %s needs that person's token: give --token-file FILE, or "
				    "- for stdin"),
				  as);
	}
	talloc_free(p);
	return HY_OK;
}

static enum hy_status resolve_actor(struct hy_desk *desk, uid_t uid, const char *as,
				    const char *token, struct hy_person_id *out, struct hy_err *err)
{
	struct hy_person *p = NULL;
	enum hy_status status = HY_OK;

	if (!token)
		return actor_by_unix(desk, uid, as, out, err);
	status = hy_desk_token(desk, token, out, err);
	if (!status && as)
		status = hy_person_get(desk->st, desk, *out, &p, err);
	if (!status && as && strcmp(p->login, as))
		status = hy_err_set(err, HY_EAUTH, _("the token is not that of %s"), as);
	talloc_free(p);
	return status;
}

static enum hy_status act_as(struct hy_desk *desk, const void *ctx, uid_t uid, const char *as,
			     const char *token, const char *action, const struct hy_json *params,
			     char **result, struct hy_err *err)
{
	struct hy_person_id actor = {0};
	enum hy_status status = resolve_actor(desk, uid, as, token, &actor, err);

	if (status)
		return status;
	desk->local = true;
	status = hy_desk_act(desk, ctx, actor, action, params, result, err);
	desk->local = false;
	return status;
}

/* ---- the daemon's side ---- */

static void peer_begin(struct peer *p)
{
	struct hy_ctl *ctl = p->ctl;

	p->since = hy_monotonic();
	p->next = ctl->peers;
	if (p->next)
		p->next->prev = p;
	ctl->peers = p;
	if (!ctl->n_peers++)
		hy_timer_arm(ctl->sweeper, SWEEP_EVERY);
}

static void peer_end(struct peer *p)
{
	struct hy_ctl *ctl = p->ctl;

	if (p->prev)
		p->prev->next = p->next;
	else
		ctl->peers = p->next;
	if (p->next)
		p->next->prev = p->prev;
	ctl->n_peers--;
	ctl->held -= p->in.len;
	hy_watch_io_free(p->io);
	close(p->fd);
	talloc_free(p);
}

static void on_sweep(void *user)
{
	struct hy_ctl *ctl = user;
	int64_t now = hy_monotonic();
	struct peer *next = NULL;

	for (struct peer *p = ctl->peers; p; p = next) {
		next = p->next;
		if (now - p->since >= PEER_DEADLINE)
			peer_end(p);
	}
	if (ctl->n_peers)
		hy_timer_arm(ctl->sweeper, SWEEP_EVERY);
}

static bool room_for(const struct hy_ctl *ctl, uid_t uid)
{
	int same = 0;

	for (const struct peer *p = ctl->peers; p; p = p->next)
		same += p->uid == uid;
	return ctl->n_peers < PEERS_MAX && same < PEERS_OF_USER;
}

static char *answer(struct peer *p, const struct hy_json *rq)
{
	const struct hy_json *params = hy_json_get(rq, "params");
	const char *action = hy_json_str(rq, "action");
	struct hy_json_writer *w = hy_json_writer_new(p, false);
	struct hy_json *node = NULL;
	struct hy_err err = {0};
	char *result = NULL;
	enum hy_status status = HY_OK;

	hy_lang_use(hy_json_str(rq, "lang") && !strcmp(hy_json_str(rq, "lang"), "zh") ? HY_LANG_ZH
										      : HY_LANG_EN);
	if (!action)
		status = hy_err_set(&err, HY_EINPUT, _("no action"));
	else
		status = act_as(p->ctl->desk, w, p->uid, hy_json_str(rq, "as"),
				hy_json_str(rq, "token"), action, params, &result, &err);
	hy_jw_object(w);
	hy_jw_kint(w, "status", (int64_t)status);
	if (status) {
		hy_jw_kstr(w, "error", err.text);
		hy_jw_kint(w, "until", err.until);
	} else if (!hy_json_parse(w, result, strlen(result), 0, &node, NULL)) {
		hy_jw_key(w, "result");
		hy_jw_node(w, node);
	}
	hy_jw_end_object(w);
	char *text = hy_strdup(p, hy_jw_text(w, NULL));
	hy_lang_use(hy_desk_lang(p->ctl->desk));
	talloc_free(w);
	return text;
}

static char *frame(const void *ctx, const char *text, size_t n, size_t *n_out)
{
	char *out = hy_new_array(ctx, char, n + 4);

	out[0] = (char)(n >> 24);
	out[1] = (char)(n >> 16);
	out[2] = (char)(n >> 8);
	out[3] = (char)n;
	memcpy(out + 4, text, n);
	*n_out = n + 4;
	return out;
}

/* True once the length prefix and the body are there. */
static bool framed(const struct hy_buf *b, const char **body, size_t *n)
{
	const unsigned char *d = (const unsigned char *)b->data;

	if (b->len < 4)
		return false;
	*n = (size_t)d[0] << 24 | (size_t)d[1] << 16 | (size_t)d[2] << 8 | d[3];
	*body = b->data + 4;
	return b->len >= 4 + *n;
}

static void peer_ready(void *user, int fd, uint32_t events)
{
	struct peer *p = user;
	char chunk[65536];
	const char *body = NULL;
	size_t n = 0;
	struct hy_json *rq = NULL;
	ssize_t got = 0;

	if (p->out) {
		got = send(fd, p->out + p->out_at, p->out_n - p->out_at, MSG_NOSIGNAL);
		if (got > 0)
			p->out_at += (size_t)got;
		if ((got < 0 && errno != EAGAIN && errno != EINTR) || p->out_at == p->out_n)
			peer_end(p);
		return;
	}
	(void)events;
	got = recv(fd, chunk, sizeof(chunk), 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || p->ctl->held + (size_t)got > HELD_MAX ||
	    !hy_buf_add(&p->in, chunk, (size_t)got)) {
		peer_end(p);
		return;
	}
	p->ctl->held += (size_t)got;
	if (!framed(&p->in, &body, &n) && n <= MESSAGE_MAX)
		return;
	if (n > MESSAGE_MAX || hy_json_parse(p, body, n, HY_JSON_UNIQUE, &rq, NULL)) {
		peer_end(p);
		return;
	}
	char *text = answer(p, rq);
	p->out = frame(p, text, strlen(text), &p->out_n);
	explicit_bzero(p->in.data, p->in.len);
	p->since = hy_monotonic();
	hy_watch_io_set(p->io, EPOLLOUT);
}

static void accepted(void *user, int fd, uint32_t events)
{
	struct hy_ctl *ctl = user;
	struct ucred cred;
	socklen_t n = sizeof(cred);
	int peer_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer *p = NULL;

	(void)events;
	if (peer_fd < 0)
		return;
	if (getsockopt(peer_fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) || !room_for(ctl, cred.uid)) {
		close(peer_fd);
		return;
	}
	p = hy_new(ctl, struct peer);
	p->ctl = ctl;
	p->fd = peer_fd;
	p->uid = cred.uid;
	hy_buf_init(&p->in, p, MESSAGE_MAX + 4);
	p->io = hy_loop_io(ctl->loop, peer_fd, EPOLLIN, peer_ready, p);
	peer_begin(p);
}

static int ctl_close(struct hy_ctl *ctl)
{
	while (ctl->peers)
		peer_end(ctl->peers);
	hy_timer_free(ctl->sweeper);
	hy_watch_io_free(ctl->io);
	if (ctl->fd >= 0) {
		close(ctl->fd);
		unlink(ctl->path);
	}
	return 0;
}

static enum hy_status socket_address(const char *path, struct sockaddr_un *sa, struct hy_err *err)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(sa->sun_path))
		return hy_err_set(
			err, HY_EINPUT,
			_("%s: too long for a socket (%zu bytes at most): choose a shorter --dir"),
			path, sizeof(sa->sun_path) - 1);
	memcpy(sa->sun_path, path, strlen(path));
	return HY_OK;
}

enum hy_status hy_ctl_serve(struct hy_ctl **out, struct hy_service *sv, struct hy_desk *desk,
			    struct hy_loop *loop, struct hy_err *err)
{
	struct hy_ctl *ctl = hy_new(desk, struct hy_ctl);
	struct sockaddr_un sa;
	enum hy_status status = HY_OK;

	ctl->sv = sv;
	ctl->desk = desk;
	ctl->loop = loop;
	ctl->fd = -1;
	ctl->path = desk_file(desk, ctl, "run/ctl.sock");
	talloc_set_destructor(ctl, ctl_close);
	status = socket_address(ctl->path, &sa, err);
	if (!status && hy_ctl_daemon_runs(desk->dir))
		status = hy_err_set(err, HY_EBUSY, _("another huying serve runs on %s"), desk->dir);
	if (!status) {
		unlink(ctl->path);
		ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (ctl->fd < 0 || bind(ctl->fd, (struct sockaddr *)&sa, sizeof(sa)) ||
		    chmod(ctl->path, 0666) || listen(ctl->fd, 64))
			status = hy_err_set(err, HY_ESYSTEM, "%s: %s", ctl->path, hy_strerror(errno));
	}
	if (status) {
		talloc_free(ctl);
		return status;
	}
	ctl->sweeper = hy_loop_timer(loop, on_sweep, ctl);
	ctl->io = hy_loop_io(loop, ctl->fd, EPOLLIN, accepted, ctl);
	*out = ctl;
	return HY_OK;
}

/* ---- the command's side ---- */

static int dial(const char *dir)
{
	char *path = hy_strf(NULL, "%s/run/ctl.sock", dir);
	struct sockaddr_un sa;
	int fd = -1;

	if (!socket_address(path, &sa, NULL))
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		close(fd);
		fd = -1;
	}
	talloc_free(path);
	return fd;
}

bool hy_ctl_daemon_runs(const char *dir)
{
	int fd = dial(dir);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool send_all(int fd, const char *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t put = send(fd, bytes + at, n - at, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		at += (size_t)put;
	}
	return true;
}

static enum hy_status read_answer(int fd, const void *ctx, char **result, struct hy_err *err)
{
	struct hy_buf in;
	char chunk[65536];
	const char *body = NULL;
	size_t n = 0;
	struct hy_json *rs = NULL;
	struct hy_json_writer *w = NULL;
	enum hy_status status = HY_OK;

	hy_buf_init(&in, ctx, MESSAGE_MAX + 4);
	while (!framed(&in, &body, &n)) {
		ssize_t got = recv(fd, chunk, sizeof(chunk), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || !hy_buf_add(&in, chunk, (size_t)got))
			return hy_err_set(
				err, HY_EUNSURE,
				_("huying serve ended while it worked on this: look before "
				  "you repeat it"));
	}
	status = hy_json_parse(ctx, body, n, 0, &rs, err);
	if (status)
		return status;
	status = (enum hy_status)hy_json_int(rs, "status", HY_ESYSTEM);
	if (status) {
		const char *text = hy_json_str(rs, "error");
		hy_err_set(err, status, "%s", text ? text : "no reason given");
		if (err)
			err->until = hy_json_int(rs, "until", 0);
		return status;
	}
	w = hy_json_writer_new(ctx, false);
	hy_jw_node(w, hy_json_get(rs, "result"));
	*result = hy_strdup(ctx, hy_jw_text(w, NULL));
	return HY_OK;
}

static enum hy_status call_daemon(int fd, const void *ctx, const char *as, const char *token,
				  const char *action, const struct hy_json *params, char **result,
				  struct hy_err *err)
{
	struct hy_json_writer *w = hy_json_writer_new(ctx, false);
	size_t n = 0, framed_n = 0;
	const char *text = NULL;
	char *bytes = NULL;

	hy_jw_object(w);
	hy_jw_kstr(w, "action", action);
	hy_jw_kstr(w, "lang", hy_lang_default() == HY_LANG_ZH ? "zh" : "en");
	if (as)
		hy_jw_kstr(w, "as", as);
	if (token)
		hy_jw_kstr(w, "token", token);
	if (params) {
		hy_jw_key(w, "params");
		hy_jw_node(w, params);
	}
	hy_jw_end_object(w);
	text = hy_jw_text(w, &n);
	if (n > MESSAGE_MAX)
		return hy_err_set(err, HY_EINPUT, _("%s: more than %u MiB of input"), action,
				  MESSAGE_MAX >> 20);
	bytes = frame(ctx, text, n, &framed_n);
	if (!send_all(fd, bytes, framed_n))
		return hy_err_set(
			err, HY_EUNSURE,
			_("huying serve ended while it was asked: look before you repeat it"));
	return read_answer(fd, ctx, result, err);
}

enum hy_status hy_ctl_call(const void *ctx, const char *dir, const char *as,
			   const struct hy_secret *token, const char *action,
			   const struct hy_json *params, char **result_json, bool *by_daemon,
			   struct hy_err *err)
{
	const struct hy_action *a = hy_desk_action(action);
	const char *secret = token ? hy_secret_text(token, NULL) : NULL;
	struct hy_desk *desk = NULL;
	enum hy_status status = HY_OK;
	int fd = -1;

	status = hy_desk_drill_gate(dir, err);
	if (status)
		return status;
	if (a && a->writes)
		fd = dial(dir);
	if (by_daemon)
		*by_daemon = fd >= 0;
	if (fd >= 0) {
		status = call_daemon(fd, ctx, as, secret, action, params, result_json, err);
		close(fd);
		return status;
	}
	status = hy_desk_open(&desk, ctx, dir, a && a->writes ? HY_DESK_MIGRATE : HY_DESK_READ_ONLY,
			      err);
	if (!status)
		status = act_as(desk, ctx, getuid(), as, secret, action, params, result_json, err);
	talloc_free(desk);
	return status;
}
