// npm smpp drives the practice SMSC; npm wechat-crypto reads the practice WeChat's callbacks and answers them. Prints TAP lines.
// usage: strangers.cjs BASE SMPP-ADDRESS
const http = require("http");
const smpp = require("smpp");
const WXBizMsgCrypt = require("wechat-crypto");

const [base, address] = process.argv.slice(2);
const [host, port] = address.split(":");
let n = 0;
const ok = (good, name) => console.log(`${good ? "ok" : "not ok"} ${++n} - ${name}`);
const post = (what) => fetch(`${base}/practice/${what}`, { method: "POST", headers: { "X-Practice": "1" } }).then((r) => r.text());
const state = (p) => fetch(`${base}/practice/state?platform=${p}`).then((r) => r.json());
const enc = encodeURIComponent;

function session() {
  return new Promise((done, fail) => {
    const s = smpp.connect({ url: `smpp://${host}:${port}` }, () => done(s));
    s.on("error", fail);
  });
}
const ask = (s, what, fields) => new Promise((done) => s[what](fields, done));
const until = async (fn) => {
  for (let i = 0; i < 600; i++) {
    const v = await fn();
    if (v) return v;
    await new Promise((r) => setTimeout(r, 50)); // a hang guard, not a measure
  }
  return null;
};

async function sms() {
  const bad = await session();
  ok((await ask(bad, "bind_transceiver", { system_id: "practice", password: "wrong" })).command_status === 0xe, "SMPP: a wrong password is 0xE");
  bad.close();
  const s = await session();
  ok((await ask(s, "submit_sm", { destination_addr: "13800000000", short_message: "x" })).command_status === 4, "SMPP: nothing before a bind");
  const bound = await ask(s, "bind_transceiver", { system_id: "practice", password: "practice" });
  ok(bound.command_status === 0 && bound.system_id === "practice", "SMPP: bound as a transceiver");
  ok((await ask(s, "bind_transceiver", { system_id: "practice", password: "practice" })).command_status === 5, "SMPP: not twice");
  const got = [];
  s.on("deliver_sm", (pdu) => { got.push(pdu); s.send(pdu.response()); });
  const sent = await ask(s, "submit_sm", { destination_addr: "13800000000", short_message: "停水通知：今晚十点", registered_delivery: 1 });
  ok(sent.command_status === 0 && sent.message_id.length > 0, "SMPP: a message in Chinese is taken");
  const receipt = await until(() => got[0]);
  const text = receipt.short_message.message.toString();
  ok(receipt.esm_class === 4 && /stat:DELIVRD/.test(text) && parseInt(sent.message_id, 16) === parseInt(/id:(\d+)/.exec(text)[1], 10), "SMPP: its receipt, the id in decimal");
  ok(receipt.receipted_message_id === sent.message_id && receipt.message_state === 2, "SMPP: and by its TLVs");
  await post("fault?platform=sms&kind=late&op=submit&code=5&secs=60");
  await ask(s, "submit_sm", { destination_addr: "13800000001", short_message: "x", registered_delivery: 1 });
  await post("clock?add=60");
  const second = await until(() => got[1]);
  ok(/stat:UNDELIV/.test(second.short_message.message.toString()), "SMPP: not delivered, a minute later by its clock");
  await post("fault?platform=sms&kind=error&op=submit&code=20");
  ok((await ask(s, "submit_sm", { destination_addr: "13800000000", short_message: "x" })).command_status === 0x14, "SMPP: queue full on demand");
  await post("quota?name=sms/second&limit=0");
  ok((await ask(s, "submit_sm", { destination_addr: "13800000000", short_message: "x" })).command_status === 0x58, "SMPP: throttled");
  await post("quota?name=sms/second&limit=100");
  ok((await ask(s, "submit_sm", { destination_addr: "nobody", short_message: "x" })).command_status === 0xb, "SMPP: a bad number");
  await post(`say?platform=sms&kind=message&name=13800000009&text=${enc("水还能喝吗 \u{1F4A7}")}`);
  const reply = await until(() => got[2]);
  ok(reply.source_addr === "13800000009" && reply.short_message.message === "水还能喝吗 \u{1F4A7}", "SMPP: a message from a telephone");
  ok((await ask(s, "enquire_link", {})).command_status === 0, "SMPP: alive");
  const all = (await state("sms")).notes.filter((x) => x.by_api && x.text.startsWith("停水通知"));
  ok(all.length === 1 && all[0].text === "停水通知：今晚十点", "SMPP: the centre has it once, as written");
  await ask(s, "unbind", {});
  s.close();
}

// A receiver as an office would have it: it proves itself, reads what is pushed, and answers in the mode of the push.
async function wechat() {
  const appid = "wx0123456789abcdef", token = "practicetoken", key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  const crypt = new WXBizMsgCrypt(token, key, appid);
  const seen = [];
  let refuse = 0;
  const sha1 = (...parts) => require("crypto").createHash("sha1").update(parts.sort().join("")).digest("hex");
  const server = http.createServer((req, res) => {
    const q = new URL(req.url, "http://x").searchParams;
    let body = "";
    req.setEncoding("utf8").on("data", (d) => (body += d)).on("end", () => {
      const signed = sha1(token, q.get("timestamp"), q.get("nonce")) === q.get("signature");
      if (req.method === "GET") return res.end(signed ? q.get("echostr") : "");
      if (refuse-- > 0) return (res.statusCode = 500), res.end();
      let xml = body, sealed = /<Encrypt><!\[CDATA\[(.*)\]\]><\/Encrypt>/.exec(body);
      if (sealed) {
        const good = crypt.getSignature(q.get("timestamp"), q.get("nonce"), sealed[1]) === q.get("msg_signature");
        const open = crypt.decrypt(sealed[1]);
        xml = good && open.id === appid ? open.message : "";
      }
      seen.push({ xml, signed, raw: body });
      const from = /<FromUserName><!\[CDATA\[(.*?)\]\]>/.exec(xml)[1];
      const answer = `<xml><ToUserName><![CDATA[${from}]]></ToUserName><FromUserName><![CDATA[gh_linjiang]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[已收到]]></Content></xml>`;
      if (!sealed || /<Content>/.test(body)) return res.end(sealed ? "success" : answer);
      const e = crypt.encrypt(answer), t = "1700000000", nonce = "n1";
      res.end(`<xml><Encrypt><![CDATA[${e}]]></Encrypt><MsgSignature><![CDATA[${crypt.getSignature(t, nonce, e)}]]></MsgSignature><TimeStamp>${t}</TimeStamp><Nonce><![CDATA[${nonce}]]></Nonce></xml>`);
    });
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  const url = enc(`http://127.0.0.1:${server.address().port}/wechat`);
  const say = (text, more = "") => post(`say?platform=wechat&kind=message&name=${enc("街坊")}&text=${enc(text)}${more}`);
  const done = (k) => until(async () => (await state("wechat")).pushes.filter((p) => p.state === "done" || p.state === "failed").length >= k);
  const answers = async () => (await state("wechat")).notes.filter((x) => x.type === "passive text");

  await post(`hook?platform=wechat&url=${url}&mode=plain`);
  ok(await until(async () => (await state("wechat")).hook.proved), "WeChat: the receiver proves itself by its echo");
  await say("水能喝吗 ]]> <b>");
  await done(1);
  ok(seen[0].signed && seen[0].xml.includes("]]]]><![CDATA[>") && /<MsgId>\d{17}<\/MsgId>/.test(seen[0].xml), "WeChat: plain, signed, CDATA split");
  ok((await answers()).length === 1 && (await answers())[0].text === "已收到", "WeChat: the passive answer reaches the person");
  await post(`hook?platform=wechat&url=${url}&mode=safe`);
  await say("加密的");
  await done(2);
  ok(!seen[1].raw.includes("加密的") && seen[1].xml.includes("加密的"), "WeChat: npm wechat-crypto reads what we encrypt");
  ok((await answers()).length === 2, "WeChat: and we read what it encrypts");
  refuse = 2;
  await say("第三次才收");
  await done(3);
  const third = (await state("wechat")).pushes[2];
  ok(third.tries === 3 && third.state === "done", "WeChat: three tries");
  refuse = 3;
  await say("收不到");
  await done(4);
  ok((await state("wechat")).pushes[3].state === "failed", "WeChat: and no fourth");
  refuse = 0;
  await post("fault?platform=wechat&kind=lost");
  await say("丢了");
  await post("fault?platform=wechat&kind=double");
  const before = seen.length;
  await say("两次");
  await done(6);
  ok(seen.length === before + 2 && seen[before].xml === seen[before + 1].xml, "WeChat: one lost, one doubled, by script");
  ok((await answers()).filter((x) => x.to === "街坊").length === (await answers()).length, "WeChat: a doubled push brings one answer");
  await post("fault?platform=wechat&kind=shuffle&times=3");
  for (const i of [1, 2, 3]) await say(`乱序${i}`);
  await done(9);
  const order = seen.slice(-3).map((x) => /乱序(\d)/.exec(x.xml)[1]).join("");
  ok(order.length === 3 && [...order].sort().join("") === "123" && order !== "123", "WeChat: shuffled: " + order);
  await say("subscribe", "&type=event&extra=qrscene_1");
  await done(10);
  ok(/<Event><!\[CDATA\[subscribe\]\]>/.test(seen[seen.length - 1].xml) && !/MsgId/.test(seen[seen.length - 1].xml), "WeChat: an event has no MsgId");
  server.close();
  server.closeAllConnections?.();
}

// Weibo's fan service: JSON, signed with the app's secret.
async function weibo() {
  const seen = [];
  const server = http.createServer((req, res) => {
    const q = new URL(req.url, "http://x").searchParams;
    const sign = require("crypto").createHash("sha1").update(["practice-secret", q.get("timestamp"), q.get("nonce")].sort().join("")).digest("hex");
    let body = "";
    req.setEncoding("utf8").on("data", (d) => (body += d)).on("end", () => {
      if (req.method === "GET") return res.end(sign === q.get("signature") ? q.get("echostr") : "");
      seen.push({ signed: sign === q.get("signature"), body });
      res.end("");
    });
  });
  await new Promise((r) => server.listen(0, "127.0.0.1", r));
  await post(`hook?platform=weibo&url=${enc(`http://127.0.0.1:${server.address().port}/weibo`)}`);
  ok(await until(async () => (await state("weibo")).hook.proved), "Weibo: the receiver proves itself with the app's secret");
  await post(`say?platform=weibo&kind=message&name=${enc("街坊")}&text=${enc("水黄了怎么办")}`);
  await until(async () => (await state("weibo")).pushes.some((p) => p.state === "done"));
  const m = JSON.parse(seen[0].body);
  ok(seen[0].signed && m.type === "text" && m.text === "水黄了怎么办" && /^\w{3} \w{3} \d\d \d\d:\d\d:\d\d \+0800 \d{4}$/.test(m.created_at), "Weibo: a private message is pushed, signed");
  server.close();
  server.closeAllConnections?.();
}

sms().then(wechat).then(weibo).then(() => process.exit(0), (e) => { console.log("not ok", ++n, "- came to an end:", e); process.exit(1); });
