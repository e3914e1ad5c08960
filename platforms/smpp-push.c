/*
 * What a message centre brings over our line (deliver_sm, data_sm), read as what the other platforms
 * push: SMS of citizens and receipts of our own. SMPP names no message, so its identity is its words.
 */
#include "platforms/callback.h"

#include <string.h>

/* It comes over a line that was bound with a password, never by a callback. */
static enum hy_status verify(const void *ctx, const struct hy_callback *cb,
			     const struct hy_callback_keys *keys, struct hy_callback_seen *out,
			     struct hy_err *err)
{
	(void)ctx, (void)cb, (void)keys, (void)out;
	return hy_err_set(err, HY_EAUTH, _("callback: a message centre sends none"));
}

static enum hy_status read_receipt(const void *ctx, const struct hy_smpp_pdu *pdu,
				   struct hy_push *p, struct hy_err *err)
{
	static const char *const states[] = {"?",	"ENROUTE", "DELIVRD", "EXPIRED", "DELETED",
					     "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"};
	unsigned state = pdu->receipt.state < HY_LEN(states) ? pdu->receipt.state : 0;

	if (pdu->receipt.id == NULL || *pdu->receipt.id == '\0')
		return hy_err_set(err, HY_EINPUT, _("SMPP: a receipt that names no message"));
	p->kind = state == 1 || state == 6 ? HY_PUSH_EVENT : HY_PUSH_REPORT; /* on its way */
	p->type = "report";
	p->ref = pdu->receipt.id;
	p->delivered = state == 2;
	p->code = hy_strf(ctx, "%s%s%s", states[state], pdu->receipt.error ? " err:" : "",
			  pdu->receipt.error ? pdu->receipt.error : "");
	p->id = hy_push_id(ctx, "r", pdu->source, p->ref, p->code);
	return HY_OK;
}

static enum hy_status read_message(const void *ctx, const struct hy_smpp_pdu *pdu,
				   struct hy_push *p, struct hy_err *err)
{
	if (*pdu->text == '\0' && pdu->data_coding != 0 && pdu->data_coding != 8)
		return hy_err_set(err, HY_EINPUT, _("SMPP: a message of coding %u is no text"),
				  pdu->data_coding);
	if (*pdu->text == '\0' && pdu->esm_class & 0x40 && !pdu->half_first && !pdu->half_last)
		return hy_err_set(err, HY_EINPUT, _("SMPP: a message of nothing but its header"));
	p->kind = HY_PUSH_MESSAGE;
	p->type = "text";
	p->text = pdu->text;
	p->to = pdu->dest;
	if (*pdu->source)
		p->sender = pdu->source_ton == 1 && *pdu->source != '+'
				    ? hy_strf(ctx, "+%s", pdu->source)
				    : pdu->source;
	p->unnamed = true;
	p->part_ref = pdu->part_ref;
	p->part_total = pdu->part_total > 1 ? pdu->part_total : 0;
	p->part_at = pdu->part_at;
	p->half_first = pdu->half_first;
	p->half_last = pdu->half_last;
	p->id = hy_push_id(ctx, "u", pdu->source, pdu->dest,
			   hy_strf(ctx, "%u/%u/%u\n%x %s %x", pdu->part_ref, pdu->part_at,
				   pdu->part_total, pdu->half_first, pdu->text, pdu->half_last));
	return HY_OK;
}

/* clear: one PDU, whole. */
static enum hy_status read_pdu(const void *ctx, const char *clear, size_t n, struct hy_push **out,
			       size_t *n_out, struct hy_err *err)
{
	struct hy_push *p = hy_new(ctx, struct hy_push);
	struct hy_smpp_pdu pdu;
	enum hy_status status = hy_smpp_read(p, clear, n, &pdu, err);

	if (status == HY_OK && pdu.id != HY_SMPP_DELIVER && pdu.id != HY_SMPP_DATA)
		status = hy_err_set(err, HY_EINPUT, _("SMPP: this PDU brings no message"));
	if (status == HY_OK)
		status = pdu.is_receipt ? read_receipt(p, &pdu, p, err)
					: read_message(p, &pdu, p, err);
	if (status != HY_OK)
		return status;
	*out = p;
	*n_out = 1;
	return HY_OK;
}

const struct hy_receiver hy_receiver_smpp = {.name = "smpp",
					     .line = true,
					     .ok = "",
					     .ok_type = "",
					     .verify = verify,
					     .read = read_pdu,
					     .reply = hy_callback_no_reply};
