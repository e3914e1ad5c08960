// A message centre of npm smpp: takes binds of office/passwd, keeps what is submitted as the library reads it, gives a receipt for each
// part (its id in decimal, as many centres do), and after the first says three messages of citizens. Prints "listening PORT", then a JSON
// line for each whole text.
const smpp = require("smpp");
let id = 0xa0, greeted = false, lines = 0;
const parts = new Map();

function say(session, fields, told) { return new Promise((done) => session.deliver_sm(fields, (resp) => { if (told) told(resp); done(); })); }

async function greet(session, told = () => {}) {
  await new Promise((done) => session.enquire_link({}, done));
  await say(session, { source_addr: "13800000009", destination_addr: "10690000", short_message: "水还能喝吗 \u{1F4A7}" }, told);
  await say(session, { source_addr: "13800000008", destination_addr: "10690000", short_message: "price 5€ [a] {b} ~^|\\ Ünïcode ÄÖÑÜ" }, told);
  const long = "三单元停水两天了，".repeat(15);
  for (let i = 0; i * 67 < long.length; i++) {
    const udh = Buffer.from([5, 0, 3, 42, Math.ceil(long.length / 67), i + 1]);
    await say(session, { source_addr: "13800000007", destination_addr: "10690000", esm_class: 0x40, data_coding: 8, short_message: { udh, message: long.slice(i * 67, i * 67 + 67) } }, told);
  }
}

const server = smpp.createServer({}, (session) => {
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    const good = pdu.system_id === "office" && pdu.password === "passwd";
    session.send(pdu.response({ command_status: good ? 0 : smpp.ESME_RINVPASWD, system_id: "centre" }));
    if (!good) session.close();
  });
  // Is the password good? Nothing comes over this one.
  session.on("bind_transmitter", (pdu) => {
    const good = pdu.system_id === "office" && pdu.password === "passwd";
    session.send(pdu.response({ command_status: good ? 0 : smpp.ESME_RINVPASWD, system_id: "centre" }));
    if (!good) session.close();
  });
  // A desk that only listens: the citizens' messages at once, one of them again over each further line; what it answered is told.
  session.on("bind_receiver", async (pdu) => {
    const good = pdu.system_id === "office" && pdu.password === "passwd";
    session.send(pdu.response({ command_status: good ? 0 : smpp.ESME_RINVPASWD, system_id: "centre" }));
    if (!good) return session.close();
    lines++;
    console.log(JSON.stringify({ line: lines }));
    const told = (what) => (resp) => console.log(JSON.stringify({ line: lines, what, status: resp.command_status }));
    if (lines > 1) session.deliver_sm({ source_addr: "13800000009", destination_addr: "10690000", short_message: "水还能喝吗 \u{1F4A7}" }, told("again"));
    else greet(session, told("first"));
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); });
  session.on("submit_sm", async (pdu) => {
    const mine = (id++).toString(16).toUpperCase();
    session.send(pdu.response({ message_id: mine }));
    const m = pdu.short_message.message;
    const text = typeof m === "string" ? m : m.toString();
    const udh = pdu.short_message.udh && Buffer.from(pdu.short_message.udh[0] ? pdu.short_message.udh[0] : pdu.short_message.udh);
    const raw = pdu.short_message.udh ? Buffer.concat([].concat(pdu.short_message.udh).map((b) => Buffer.from(b))) : null;
    if (raw) {
      const [total, at] = [raw[raw.length - 2], raw[raw.length - 1]], key = pdu.destination_addr + raw[raw.length - 3];
      const all = parts.get(key) || [];
      all[at - 1] = text;
      parts.set(key, all);
      if (all.filter((x) => x !== undefined).length === total) console.log(JSON.stringify({ to: pdu.destination_addr, text: all.join(""), parts: total, coding: pdu.data_coding }));
    } else console.log(JSON.stringify({ to: pdu.destination_addr, text, parts: 1, coding: pdu.data_coding }));
    const stamp = "2611301200";
    await say(session, { source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4,
      short_message: `id:${parseInt(mine, 16)} sub:001 dlvrd:001 submit date:${stamp} done date:${stamp} stat:DELIVRD err:000 text:` });
    if (!greeted) { greeted = true; greet(session); }
  });
});
server.listen(0, "127.0.0.1", () => console.log("listening " + server.address().port));
