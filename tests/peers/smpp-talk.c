/*
 * Our SMPP session, driven from a script: each line of stdin is "NUMBER<tab>TEXT" to be sent, then
 * it waits until as many receipts and messages have come as it was told, and says each on a line.
 * usage: smpp-talk HOST:PORT SYSTEM-ID PASSWORD RECEIPTS MESSAGES
 */
#include "platforms/platforms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct talk {
	struct hy_loop *loop;
	int sent, want_sent, receipts, want_receipts, messages, want_messages;
	bool failed;
};

static void maybe_end(struct talk *t)
{
	fflush(stdout);
	if (t->failed || (t->sent >= t->want_sent && t->receipts >= t->want_receipts &&
			  t->messages >= t->want_messages))
		hy_loop_stop(t->loop);
}

static void on_bound(void *user)
{
	puts("bound");
	maybe_end(user);
}

static void on_down(void *user, const struct hy_err *err)
{
	struct talk *t = user;

	printf("down\t%s\n", err->text);
	t->failed =
		err->status == HY_EAUTH || err->status == HY_EREFUSED || err->status == HY_EINPUT;
	maybe_end(t);
}

static enum hy_smpp_take on_received(void *user, const struct hy_smpp_pdu *pdu,
				     const char *bytes, size_t n)
{
	struct talk *t = user;

	(void)bytes, (void)n;
	if (pdu->is_receipt) {
		printf("receipt\t%s\t%u\n", pdu->receipt.id, pdu->receipt.state);
		t->receipts++;
	} else {
		printf("message\t%s\t%u/%u\t%s\n", pdu->source, pdu->part_at, pdu->part_total,
		       pdu->text);
		t->messages++;
	}
	maybe_end(t);
	return HY_SMPP_TAKEN;
}

static void on_sent(void *user, enum hy_status status, const char *const *ids, size_t n,
		    const struct hy_err *err)
{
	struct talk *t = user;

	if (status)
		printf("refused\t%d\t%s\n", (int)status, err ? err->text : "");
	for (size_t i = 0; i < n; i++)
		printf("sent\t%s\n", ids[i]);
	t->sent++;
	maybe_end(t);
}

int main(int argc, char **argv)
{
	void *ctx = talloc_new(NULL);
	struct talk t = {0};
	struct hy_net *net = NULL;
	struct hy_smpp *s = NULL;
	struct hy_err err = {0};
	char line[4096];

	if (argc != 6)
		return 2;
	t.want_receipts = (int)strtol(argv[4], NULL, 10);
	t.want_messages = (int)strtol(argv[5], NULL, 10);
	if (hy_loop_new(&t.loop, ctx, &err) || hy_net_new(&net, ctx, t.loop, NULL, &err))
		goto fail;
	const struct hy_smpp_options o = {
		.host = "smsc.example",
		.port = 2775,
		.reach = argv[1],
		.login = {argv[2], hy_secret_new(ctx, argv[3], strlen(argv[3])), "office"},
		.retry_min = 200,
	};
	const struct hy_smpp_events events = {
		.user = &t, .bound = on_bound, .down = on_down, .received = on_received};

	if (hy_smpp_new(net, t.loop, &o, &events, &s, &err))
		goto fail;
	while (fgets(line, sizeof(line), stdin)) {
		char *text = strchr(line, '\t');
		const struct hy_smpp_message m = {.source = "10690000",
						  .dest = line,
						  .dest_ton = 1,
						  .dest_npi = 1,
						  .want_receipt = true};

		if (!text)
			continue;
		*text++ = '\0';
		text[strcspn(text, "\n")] = '\0';
		t.want_sent++;
		if (hy_smpp_submit_text(s, &m, text, on_sent, &t, &err))
			goto fail;
	}
	if (hy_loop_run(t.loop, &err))
		goto fail;
	talloc_free(ctx);
	return t.failed;
fail:
	fprintf(stderr, "smpp-talk: %s\n", err.text);
	return 1;
}
