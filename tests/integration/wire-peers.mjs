// Strangers on our wire: npm wechat-crypto and @wecom/crypto seal callbacks that we open, and open what we seal. TAP.
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import path from "node:path";
import fs from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const build = process.env.top_builddir ?? path.join(top, "build");
const modules = [process.env.HUYING_NODE_MODULES, path.join(build, "vendor/node_modules"), path.join(top, "build/vendor/node_modules")]
	.filter(Boolean).find((dir) => fs.existsSync(path.join(dir, "wechat-crypto")));
if (!modules) {
	console.log(process.env.CI === "true" ? "1..1\nnot ok 1 - npm wechat-crypto is missing" : "1..0 # skipped: npm wechat-crypto is missing");
	process.exit(process.env.CI === "true" ? 1 : 0);
}
process.noDeprecation = true; // new Buffer() of the old package
const require = createRequire(path.join(modules, "x.js"));
const Old = require("wechat-crypto");
const wecom = require("@wecom/crypto");

let n = 0, bad = 0;
function ok(good, name, detail) {
	n++;
	if (!good) bad++;
	console.log(`${good ? "ok" : "not ok"} ${n} - ${name}`);
	if (!good && detail !== undefined) console.log("# " + JSON.stringify(detail).slice(0, 400));
}

// Both packages behind one face.
const peers = {
	"wechat-crypto": (token, key, app) => {
		const c = new Old(token, key, app);
		return { seal: (t) => c.encrypt(t), open: (t) => c.decrypt(t), sign: (ts, nonce, e) => c.getSignature(ts, nonce, e) };
	},
	"@wecom/crypto": (token, key, app) => ({
		seal: (t) => wecom.encrypt(key, t, app),
		open: (t) => wecom.decrypt(key, t),
		sign: (ts, nonce, e) => wecom.getSignature(token, ts, nonce, e),
	}),
};
const token = "testtoken", app = "wx0123456789abcdef";
const keys = ["abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"];
const now = 1795241100;
const texts = ["", "a", "停水了吗？", "]]>", "<xml>&amp;", "𠮷野家😀", "行\n行\t\"'\\", ..."0".repeat(40).split("").map((_, i) => "水".repeat(i * 7) + "x".repeat(i))];

// What each line of ours was asked, in order.
const asked = [];
function ask(name, key, text, json, change) {
	const peer = peers[name](token, key, app);
	const id = (9007199254740993n + BigInt(asked.length)).toString();
	const cdata = text.split("]]>").join("]]]]><![CDATA[>");
	const inner = json
		? JSON.stringify({ ToUserName: "gh_1", FromUserName: "oA", CreateTime: now, MsgType: "text", Content: text, MsgId: "@" }).replace('"@"', id)
		: `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oA]]></FromUserName><CreateTime>${now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${cdata}]]></Content><MsgId>${id}</MsgId></xml>`;
	const encrypted = peer.seal(inner), nonce = "n" + asked.length;
	const body = json ? JSON.stringify({ ToUserName: "gh_1", Encrypt: encrypted }) : `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
	const query = `msg_signature=${peer.sign(String(now), nonce, encrypted)}&timestamp=${now}&nonce=${nonce}&encrypt_type=aes`;
	asked.push({ name, peer, text, json, id, line: { platform: "wechat", token, aes: key, app, query, body, now: now * 1000, answer: "答：" + text, ...change } });
}
for (const name of Object.keys(peers))
	for (const key of keys)
		for (const text of texts)
			for (const json of [false, true]) ask(name, key, text, json, {});
const good = asked.length;
for (const name of Object.keys(peers)) {
	ask(name, keys[0], "x", false, { aes: keys[1] });
	ask(name, keys[0], "x", false, { app: "wx-other" });
	ask(name, keys[0], "x", false, { token: "other" });
}

const run = spawnSync(path.join(build, "callback-peer"), { input: asked.map((a) => JSON.stringify(a.line)).join("\n") + "\n", maxBuffer: 64 << 20 });
const lines = run.stdout.toString().trimEnd().split("\n").map((l) => JSON.parse(l));
ok(run.status === 0 && lines.length === asked.length, `every callback had its line (${lines.length} of ${asked.length})`, run.stderr.toString());

for (const name of Object.keys(peers)) {
	const mine = asked.map((a, i) => ({ ...a, got: lines[i], index: i })).filter((a) => a.name === name);
	const read = mine.filter((a) => a.index < good);
	let wrong = read.filter((a) => a.got.status !== "ok" || a.got.text !== a.text || a.got.id !== "m:" + a.id || a.got.sender !== "oA");
	ok(wrong.length === 0 && read.length > 150, `${name}: we read its ${read.length} sealed callbacks, ids past 2^53 whole`, wrong[0]?.got);
	wrong = read.filter((a) => {
		const get = (field) => a.json ? String(JSON.parse(a.got.answer)[field]) : a.got.answer.match(new RegExp(`<${field}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${field}>`, "s"))[1];
		const sealed = get("Encrypt"), opened = a.peer.open(sealed);
		const content = a.json ? JSON.parse(opened.message).Content
			: opened.message.match(/<Content><!\[CDATA\[(.*)\]\]><\/Content>/s)[1].split("]]><![CDATA[").join("");
		return opened.id !== app || content !== "答：" + a.text || get("MsgSignature") !== a.peer.sign(get("TimeStamp"), get("Nonce"), sealed);
	});
	ok(wrong.length === 0, `${name}: it opens our ${read.length} answers, and their signatures are right`, wrong[0]?.got);
	const forged = mine.filter((a) => a.index >= good);
	ok(forged.length === 3 && forged.every((a) => a.got.status === "auth"), `${name}: another key, AppID or token is refused`, forged.map((a) => a.got));
}
// Standard Webhooks by node's own HMAC.
ok(crypto.createHmac("sha256", Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64")).update('msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}').digest("base64")
	=== "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "the webhook vector of our unit test holds for node's HMAC");
console.log(`1..${n}`);
process.exit(bad ? 1 : 0);
