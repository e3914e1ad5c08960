"""Clients that others wrote drive the practice platforms: python3-mastodon, smtplib, imaplib, feedparser. Prints TAP lines.

usage: strangers.py BASE SMTP IMAP"""
import datetime
import email
import email.header
import imaplib
import json
import smtplib
import sys
import urllib.parse
import urllib.request

import feedparser
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

# ---- the mail host: smtplib brings, imaplib fetches ----
def peer(address):
    host, port = address.split(":")
    return host, int(port)


out = smtplib.SMTP(*peer(sys.argv[2]))
out.ehlo()
out.login("desk@linjiang.example", "practice")
out.sendmail("desk@linjiang.example", ["a@example.org", "b@example.org"], "Subject: x\r\n\r\n.dot\r\nline\r\n")
kept = [x for x in state("mail")["notes"] if x["by_api"]]
ok([x["to"] for x in kept] == ["a@example.org", "b@example.org"] and ".dot" in kept[0]["text"] and "..dot" not in kept[0]["text"],
   "each recipient got one, dots as written")
e = raises(smtplib.SMTPRecipientsRefused, lambda: out.sendmail("desk@linjiang.example", ["nobody@example.org"], "x"), "no such mailbox")
control("fault", platform="mail", kind="error", op="rcpt", code="451")
e = raises(smtplib.SMTPRecipientsRefused, lambda: out.sendmail("desk@linjiang.example", ["c@example.org"], "x"), "451 at RCPT on demand")
ok(e and e.recipients["c@example.org"][0] == 451, "with that code")
control("fault", platform="mail", kind="500", op="dot")
raises(smtplib.SMTPDataError, lambda: out.sendmail("desk@linjiang.example", ["d@example.org"], "Subject: d\r\n\r\n"), "has it, and denies it")
control("fault", platform="mail", kind="drop", op="dot")
raises(smtplib.SMTPServerDisconnected, lambda: out.sendmail("desk@linjiang.example", ["e@example.org"], "Subject: e\r\n\r\n"), "has it, and cuts the line")
ok([x["to"] for x in state("mail")["notes"] if x["by_api"]][2:] == ["d@example.org", "e@example.org"], "both are kept")

for i in range(2):
    control("say", platform="mail", kind="message", name="citizen@example.org", title="供暖 %d" % i, text="今年几号供暖？")
box = imaplib.IMAP4(*peer(sys.argv[3]))
raises(imaplib.IMAP4.error, lambda: box.login("desk@linjiang.example", "wrong"), "a wrong password is refused")
box.authenticate("PLAIN", lambda _: b"\0desk@linjiang.example\0practice")
ok(box.select("INBOX")[1] == [b"2"], "two mails have come")
uids = box.uid("SEARCH", None, "UNSEEN")[1][0].split()
ok(len(uids) == 2, "and are unseen")
_, data = box.uid("FETCH", uids[0], "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
letter = email.message_from_bytes(data[0][1])
subject = str(email.header.make_header(email.header.decode_header(letter["Subject"])))
ok(subject == "供暖 0" and letter.get_payload(decode=True).decode().strip() == "今年几号供暖？", "a mail is read as it was written")
whole = data[0][1]
_, data = box.uid("FETCH", uids[0], "(UID BODY.PEEK[]<0.65536>)")
ok(len(data) == 2 and data[0][1] == whole and b"BODY[]<0> {" in data[0][0], "a part that holds all of it is one literal")
_, data = box.uid("FETCH", uids[0], "(BODY.PEEK[]<7.5> UID)")
ok(len(data) == 2 and data[0][1] == whole[7:12] and b"BODY[]<7> {5}" in data[0][0], "a part is that part")
_, data = box.uid("FETCH", uids[0], "BODY.PEEK[TEXT]<100000.5>")
ok(data[0][1] == b"", "beyond the end there is nothing")
ok(len(box.uid("SEARCH", None, "UNSEEN")[1][0].split()) == 2, "a peek leaves no trace")
box.uid("STORE", uids[0], "+FLAGS", "\\Seen")
ok(box.uid("SEARCH", None, "UNSEEN")[1][0].split() == uids[1:], "what was read is marked")
control("say", platform="mail", kind="message", title="供暖 2", text="三")
box.noop()
ok(box.untagged_responses.get("EXISTS", [b""])[-1] == b"3" and box.uid("SEARCH", None, "UID %d:*" % (int(uids[1]) + 1))[1][0].split() != [],
   "a new one is told, and found by its UID")
box.store("1", "+FLAGS", "\\Deleted")
box.expunge()
ok(box.select("INBOX")[1] == [b"2"] and box.uid("SEARCH", None, "ALL")[1][0].split()[0] == uids[1], "UIDs stay when one goes")
control("fault", platform="mail", kind="down", op="imap-noop", times="1")
raises(imaplib.IMAP4.abort, box.noop, "the line is cut on demand")

# ---- Discuz: GBK, a cache that is built while it is read, everything escaped twice ----
control("say", platform="discuz", kind="post", name="街坊<甲>", title="水黄了 <b>&\u9f98\u20ac\U0001f4a7", text="自来水发黄 & 有味")
tid = json.loads(control("say", platform="discuz", kind="post", name="乙", title="第二帖", text="正文", extra="36"))["id"]
url = base + "/forum.php?mod=rss"
ok(feedparser.parse(url).entries == [], "the first look finds the cache being built")
raw = urllib.request.urlopen(url).read()
ok(b'encoding="gbk"' in raw and "水黄了".encode("gb18030") in raw, "the bytes are GBK")
page = feedparser.parse(raw.decode("gb18030").replace('encoding="gbk"', 'encoding="utf-8"').encode())
ok(len(page.entries) == 2 and "龘" not in page.entries[0].title and page.entries[1].title.startswith("水黄了") and "\u9f98\u20ac\U0001f4a7" in page.entries[1].title,
   "no character is lost on the way (a rare one, a sign, one beyond the plane)")
ok("id" not in page.entries[0] or page.entries[0].id == page.entries[0].link, "there is no guid")
ok(len(feedparser.parse(urllib.request.urlopen(url + "&fid=36").read().decode("gb18030").replace("gbk", "utf-8").encode()).entries) == 1, "one board alone")
ok(urllib.request.urlopen(url + "&fid=99").read() == b"Specified forum not found", "no such board: 200 and plain text")
control("say", platform="discuz", kind="post", title="第三帖", text="新")
ok(raw.count(b"<item>") == urllib.request.urlopen(url).read().count(b"<item>"), "the cache does not show what came since")
control("clock", add=1860)
urllib.request.urlopen(url).read()
ok(urllib.request.urlopen(url).read().count(b"<item>") == 3, "until it is built again")
for i in range(11):
    control("say", platform="discuz", kind="comment", about=tid, name="丙", text="回复 %d" % i)
mobile = json.load(urllib.request.urlopen(base + "/api/mobile/index.php?version=4&module=viewthread&tid=%s&page=9" % tid))
posts = mobile["Variables"]["postlist"]
ok(mobile["Charset"] == "GBK" and [p["position"] for p in posts] == ["11", "12"] and all(isinstance(v, str) for p in posts for v in p.values()),
   "JSON: every number is text, a page too far is the last one")
ok(json.load(urllib.request.urlopen(base + "/api/mobile/index.php?module=viewthread&tid=7"))["Message"]["messageval"] == "thread_nonexistence", "no such thread")


# ---- WeChat: tokens and what goes out ----
def wechat(path, body=None, token=None):
    u = base + "/cgi-bin/" + path + (("&" if "?" in path else "?") + "access_token=" + token if token else "")
    data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
    return json.load(urllib.request.urlopen(urllib.request.Request(u, data=data, headers={"Content-Type": "application/json"})))


def stable(force=False, secret="practice-wechat-secret"):
    return wechat("stable_token", {"grant_type": "client_credential", "appid": "wx0123456789abcdef", "secret": secret, "force_refresh": force})


ok(stable(secret="x")["errcode"] == 40125, "a wrong secret")
t1 = stable()
ok(stable()["access_token"] == t1["access_token"], "the stable token stays the same")
control("clock", add=6950)
t2 = stable()
ok(t2["access_token"] != t1["access_token"] and wechat("draft/count", token=t1["access_token"])["total_count"] == 0, "near its end both are good")
t3 = stable(force=True)
ok(wechat("draft/count", token=t2["access_token"])["errcode"] == 40001 and stable(force=True)["errcode"] == 45011, "a forced one kills the old, and not twice in 30 s")
token = t3["access_token"]
ok(wechat("draft/count")["errcode"] == 41001 and wechat("draft/count", token="x")["errcode"] == 40001, "no token, a wrong token")
control("say", platform="wechat", kind="message", name="街坊", text="水能喝吗")
openid = [a for a in state("wechat")["accounts"] if a["name"] == "街坊"][0]["login"]
text = {"touser": openid, "msgtype": "text", "text": {"content": "已派人查看"}}
ok([wechat("message/custom/send", text, token)["errcode"] for _ in range(6)] == [0] * 5 + [45047], "five answers to one message, no more")
control("clock", add=172801)
token = stable()["access_token"]
ok(wechat("message/custom/send", text, token)["errcode"] == 45015, "after 48 hours the window is shut")
ok(wechat("message/custom/send", {"touser": "o1", "msgtype": "text", "text": {"content": "x"}}, token)["errcode"] == 40003, "no such follower")
escaped = urllib.request.Request(base + "/cgi-bin/message/custom/send?access_token=" + token, data=json.dumps(text).encode())
ok(json.load(urllib.request.urlopen(escaped))["errcode"] == 40033, "escapes are refused: text goes as it is")
form = b"--practice-form\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG....\r\n--practice-form--\r\n"
up = urllib.request.Request(base + "/cgi-bin/material/add_material?type=image&access_token=" + token, data=form,
                            headers={"Content-Type": "multipart/form-data; boundary=practice-form"})
thumb = json.load(urllib.request.urlopen(up)).get("media_id")
article = {"title": "今日供水正常", "content": "<p>检测合格</p><script>x</script><img src=\"http://elsewhere.example/a.png\">", "thumb_media_id": thumb}
ok(wechat("draft/add", {"articles": [dict(article, title="长" * 33)]}, token)["errcode"] == 45003, "a title of 33 characters")
ok(wechat("draft/add", {"articles": [dict(article, thumb_media_id="x")]}, token)["errcode"] == 40007, "an unknown picture")
draft = wechat("draft/add", {"articles": [article]}, token)["media_id"]
shown = wechat("draft/get", {"media_id": draft}, token)["news_item"][0]["content"]
ok("script" not in shown and "elsewhere" not in shown and "检测合格" in shown, "scripts and foreign pictures are taken out")
pid = wechat("freepublish/submit", {"media_id": draft}, token)["publish_id"]
ok(wechat("freepublish/get", {"publish_id": pid}, token)["publish_status"] == 1 and wechat("draft/get", {"media_id": draft}, token)["errcode"] == 40007,
   "publishing takes a while; the draft is gone")
control("clock", add=10)
done = wechat("freepublish/get", {"publish_id": pid}, token)
ok(done["publish_status"] == 0 and "检测合格" in urllib.request.urlopen(done["article_detail"]["item"][0]["article_url"]).read().decode(), "then everybody can read it")
mass = {"filter": {"is_to_all": True}, "msgtype": "text", "text": {"content": "停水通知"}, "clientmsgid": "c1"}
first = wechat("message/mass/sendall", mass, token)
ok(first["errcode"] == 0 and first["msg_id"] > 2**53 and wechat("message/mass/sendall", mass, token)["errcode"] == 45066, "a mass send, and not again within the minute")
control("clock", add=61)
again = wechat("message/mass/sendall", mass, token)
ok(again["errcode"] == 45065 and again["msg_id"] == first["msg_id"], "its clientmsgid brings back the first")
ok(wechat("message/mass/sendall", dict(mass, clientmsgid="c2"), token)["errcode"] == 45028, "one mass send a day")
control("fault", platform="wechat", kind="error", code="48001", on="all")
ok(wechat("draft/count", token=token)["errcode"] == 48001, "any code on demand")

print("1..%d" % n)
