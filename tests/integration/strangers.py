"""Clients that others wrote drive the practice platforms: python3-mastodon. Prints TAP lines; usage: strangers.py BASE"""
import datetime
import json
import sys
import urllib.parse
import urllib.request

import mastodon

base = sys.argv[1]
n = 0


def ok(good, name):
    global n
    n += 1
    print(("ok" if good else "not ok"), n, "-", name)


def control(what, **fields):
    req = urllib.request.Request(base + "/practice/" + what, data=urllib.parse.urlencode(fields).encode(),
                                 headers={"X-Practice": "1"})
    return urllib.request.urlopen(req).read().decode()


def state(platform):
    return json.load(urllib.request.urlopen(base + "/practice/state?platform=" + platform))


def raises(kind, call, name):
    try:
        call()
    except kind as e:
        ok(True, name)
        return e
    except Exception as e:  # another error than the one that the platform should cause
        print("#", type(e), e)
    ok(False, name)
    return None


# ---- an app is registered, a person consents, a code becomes a token ----
client_id, secret = mastodon.Mastodon.create_app("呼应", api_base_url=base, scopes=["read", "write"])
app = mastodon.Mastodon(client_id=client_id, client_secret=secret, api_base_url=base)
url = app.auth_request_url(redirect_uris="urn:ietf:wg:oauth:2.0:oob", scopes=["read", "write"])
code = urllib.request.urlopen(url).read().decode().strip()
token = app.log_in(code=code, redirect_uri="urn:ietf:wg:oauth:2.0:oob", scopes=["read", "write"])
api = mastodon.Mastodon(access_token=token, api_base_url=base, ratelimit_method="throw")
me = api.account_verify_credentials()
ok(me.username == "linjiang", "the token is of the account that consented")
raises(mastodon.MastodonIllegalArgumentError, lambda: app.log_in(code=code, redirect_uri="urn:ietf:wg:oauth:2.0:oob", scopes=["read", "write"]),
       "a code is good once")

# ---- posting under a key ----
first = api.status_post("水质检测合格 https://linjiang.example/a?b=1&c=2\n\n#临江供水", idempotency_key="k1", visibility="public")
again = api.status_post("水质检测合格 https://linjiang.example/a?b=1&c=2\n\n#临江供水", idempotency_key="k1", visibility="public")
ok(first.id == again.id and len(state("mastodon")["notes"]) == 1, "the same key gives the same status")
ok('href="https://linjiang.example/a?b=1&amp;c=2"' in first.content and first.content.startswith("<p>"), "content is HTML, links are links")
ok([t.name for t in first.tags] == ["临江供水"], "tags are told")
control("clock", add=3600)
third = api.status_post("水质检测合格 https://linjiang.example/a?b=1&c=2\n\n#临江供水", idempotency_key="k1", visibility="public")
ok(third.id != first.id, "a key is kept for one hour")
raises(mastodon.MastodonAPIError, lambda: api.status_post("水" * 501), "501 characters are refused")
ok(api.status_post("水" * 500 + "").id, "500 are not")
raises(mastodon.MastodonAPIError, lambda: api.status_post(""), "nothing is refused")

# ---- reading without loss ----
ids = [json.loads(control("say", platform="mastodon", name="街坊", text="@linjiang 水黄了 %d #临江供水" % i))["id"] for i in range(45)]
page = api.notifications(types=["mention"], min_id=0, limit=20)
seen = list(page)
while page:
    page = api.fetch_previous(page)
    seen += page or []
ok(sorted(str(x.status.id) for x in seen) == sorted(ids), "min_id reads every mention once, page by page")
ok(all(x.type == "mention" and x.id != x.status.id for x in seen), "a notification's id is its own")
page = api.timeline_hashtag("临江供水", limit=40)
everything = api.fetch_remaining(page)
ok(len(everything) == 47 and str(everything[0].id) == ids[-1], "a tag's timeline, newest first, by Link")
answer = api.status_reply(api.status(ids[0]), "已派人查看", idempotency_key="k2")
ok(str(answer.in_reply_to_id) == ids[0], "a reply hangs below its status")
ok(any(x.id == answer.id for x in api.status_context(ids[0]).descendants), "and stands in its context")
control("change", platform="mastodon", id=ids[1])
raises(mastodon.MastodonNotFoundError, lambda: api.status(ids[1]), "a deleted status is gone")

# ---- edits, schedule, media ----
edited = api.status_update(third.id, "更正：水质检测合格")
ok(edited.edited_at is not None and "更正" in edited.content, "an edit is marked")
now = datetime.datetime.strptime(json.load(urllib.request.urlopen(base + "/practice/state"))["now"], "%Y-%m-%dT%H:%M:%SZ").replace(
    tzinfo=datetime.timezone.utc)
later = api.status_post("明早停水", scheduled_at=now + datetime.timedelta(minutes=30))
ok(len(api.scheduled_statuses()) == 1 and later.id == api.scheduled_statuses()[0].id, "a status is scheduled")
control("clock", add=1800)
ok(not api.scheduled_statuses() and "明早停水" in api.account_statuses(me.id)[0].content, "and appears at its time")
png = b"\x89PNG\r\n\x1a\nxxxx"
ready = api.media_post(png, mime_type="image/png", description="检测报告")
with_media = api.status_post("附图", media_ids=[ready])
ok(len(with_media.media_attachments) == 1 and with_media.media_attachments[0].description == "检测报告", "a picture hangs at its status")

# ---- refusals ----
control("fault", platform="mastodon", kind="error", code="422")
raises(mastodon.MastodonAPIError, lambda: api.status_post("一"), "422 on demand")
control("fault", platform="mastodon", kind="503")
raises(mastodon.MastodonServiceUnavailableError, lambda: api.status_post("一"), "503 on demand")
control("fault", platform="mastodon", kind="401", on="all")
raises(mastodon.MastodonUnauthorizedError, lambda: api.timeline_home(), "401 on demand")
control("token", platform="mastodon", token="practice-mastodon-2", revoked=1)
raises(mastodon.MastodonUnauthorizedError,
       lambda: mastodon.Mastodon(access_token="practice-mastodon-2", api_base_url=base).account_verify_credentials(), "a revoked token is refused")
control("clock", add=600)
ok(api.account_verify_credentials() and api.ratelimit_limit == 300 and api.ratelimit_remaining == 299, "the limits are told")
control("quota", name="mastodon/five-minutes", limit=3)
api.timeline_home()
api.timeline_home()
raises(mastodon.MastodonRatelimitError, lambda: api.timeline_home(), "the fourth of three calls is refused")

said = [x for x in state("mastodon")["notes"] if x["by_api"] and x["kind"] == "post"]
ok(len([x for x in said if x["text"].endswith("已派人查看")]) == 1, "the site tells what was published, once")
print("1..%d" % n)
