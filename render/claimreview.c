/*
 * schema.org ClaimReview. The author is the office, an Organization; the claim has neither author
 * nor appearance, so no person and no post of a person can be found through it.
 */
#include "render/render.h"

#include "base/base.h"

#include <string.h>

static void put_time(struct hy_json_writer *w, const char *name, hy_time t)
{
	char iso[HY_TIME_ISO_MAX];

	if (t > 0)
		hy_jw_kstr(w, name, hy_time_iso(t, iso));
}

/* 1 = false ... 5 = true; 0 = no number. */
static int rating_value(enum hy_verdict v)
{
	switch (v) {
	case HY_VERDICT_FALSE:
		return 1;
	case HY_VERDICT_CONTEXT:
		return 2;
	case HY_VERDICT_PARTLY:
		return 3;
	case HY_VERDICT_TRUE:
		return 5;
	default:
		return 0;
	}
}

static void put_rating(struct hy_json_writer *w, const struct hy_claim_review *r)
{
	bool english = r->lang && strncmp(r->lang, "en", 2) == 0;
	int value = rating_value(r->verdict);

	hy_jw_key(w, "reviewRating");
	hy_jw_object(w);
	hy_jw_kstr(w, "@type", "Rating");
	hy_jw_kstr(w, "alternateName",
		   hy_verdict_label(r->verdict, english ? HY_LANG_EN : HY_LANG_ZH));
	if (value > 0) {
		hy_jw_kint(w, "ratingValue", value);
		hy_jw_kint(w, "bestRating", 5);
		hy_jw_kint(w, "worstRating", 1);
	}
	hy_jw_end_object(w);
}

static void put_author(struct hy_json_writer *w, const struct hy_claim_review *r)
{
	hy_jw_key(w, "author");
	hy_jw_object(w);
	hy_jw_kstr(w, "@type", "Organization");
	hy_jw_kstr(w, "name", r->office ? r->office : "");
	if (hy_url_is_http(r->office_url))
		hy_jw_kstr(w, "url", r->office_url);
	hy_jw_end_object(w);
}

static void put_evidence(struct hy_json_writer *w, const struct hy_claim_review *r)
{
	bool any = false;

	for (size_t i = 0; i < r->n_evidence; i++)
		any = any || hy_url_is_http(r->evidence_urls[i]);
	if (!any)
		return;
	hy_jw_key(w, "isBasedOn");
	hy_jw_array(w);
	for (size_t i = 0; i < r->n_evidence; i++)
		if (hy_url_is_http(r->evidence_urls[i]))
			hy_jw_str(w, r->evidence_urls[i]);
	hy_jw_end_array(w);
}

char *hy_claim_review_json(const void *ctx, const struct hy_claim_review *r)
{
	struct hy_json_writer *w;
	char *out;

	if (r->verdict == HY_VERDICT_NONE || r->verdict == HY_VERDICT_NOT_CHECKABLE ||
	    r->claim == NULL)
		return NULL;
	w = hy_json_writer_new(ctx, false);
	hy_jw_object(w);
	hy_jw_kstr(w, "@context", "https://schema.org");
	hy_jw_kstr(w, "@type", "ClaimReview");
	hy_jw_kstr(w, "claimReviewed", r->claim);
	put_rating(w, r);
	if (hy_url_is_safe(r->url))
		hy_jw_kstr(w, "url", r->url);
	put_author(w, r);
	put_time(w, "datePublished", r->published);
	put_time(w, "dateModified", r->modified);
	if (r->finding)
		hy_jw_kstr(w, "reviewBody", r->finding);
	if (r->lang)
		hy_jw_kstr(w, "inLanguage", r->lang);
	hy_jw_key(w, "itemReviewed");
	hy_jw_object(w);
	hy_jw_kstr(w, "@type", "Claim");
	put_time(w, "datePublished", r->claim_date);
	hy_jw_end_object(w);
	put_evidence(w, r);
	hy_jw_end_object(w);
	out = hy_strdup(ctx, hy_jw_text(w, NULL));
	talloc_free(w);
	return out;
}
