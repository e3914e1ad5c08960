// calendar/cn.csv, written from the notices, against two npm packages, day by day 2004-2026. TAP; `skipped` where they are not
// installed (build/vendor/node_modules, or the folder in HUYING_NODE_MODULES).
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

// Where a package departs from the notice: day, package, what it says. Anything else fails; so does an entry that is no longer true.
const known = new Map([
	["2005-12-31 chinese-days", false], // 国办发明电〔2005〕35号: "12月31日（星期六）上班"
	["2013-04-07 tyme4ts", false], // 国办发明电〔2012〕33号: "4月7日（星期日）上班"
	["2013-10-12 tyme4ts", false], // the same: "10月12日（星期六）上班"
]);

const here = path.dirname(fileURLToPath(import.meta.url));
const top = path.resolve(here, "../..");
const modules = [process.env.HUYING_NODE_MODULES, path.join(process.env.top_builddir ?? top, "build/vendor/node_modules"),
	path.join(top, "build/vendor/node_modules"), path.join(top, "node_modules")].filter(Boolean);

function peer(name) {
	for (const dir of modules)
		if (fs.existsSync(path.join(dir, name, "package.json")))
			return createRequire(path.join(dir, name, "package.json"));
	return null;
}

function ours() {
	const days = new Map();
	for (const line of fs.readFileSync(path.join(top, "calendar/cn.csv"), "utf8").split("\n")) {
		const [date, kind] = line.split(",");
		if (/^\d{4}-/.test(date))
			days.set(date, kind === "work");
	}
	return days;
}

const peers = {
	"chinese-days": (require) => {
		const { isWorkday } = require("chinese-days");
		return (date) => isWorkday(date);
	},
	tyme4ts: (require) => {
		const { LegalHoliday } = require("tyme4ts");
		return (date, weekday) => {
			const h = LegalHoliday.fromYmd(...date.split("-").map(Number));
			return h ? h.isWork() : weekday % 6 !== 0;
		};
	},
};

const table = ours();
let n = 0, failed = 0;
console.log(`1..${Object.keys(peers).length}`);
for (const [name, make] of Object.entries(peers)) {
	const require = peer(name);
	n++;
	if (!require) {
		console.log(`ok ${n} - ${name} # SKIP not installed`);
		continue;
	}
	const works = make(require), wrong = [], seen = new Set();
	let days = 0;
	for (let d = new Date(Date.UTC(2004, 0, 1)); d.getUTCFullYear() <= 2026; d.setUTCDate(d.getUTCDate() + 1), days++) {
		const date = d.toISOString().slice(0, 10), weekday = d.getUTCDay(), key = `${date} ${name}`;
		const mine = table.get(date) ?? weekday % 6 !== 0, theirs = works(date, weekday);
		if (mine === theirs)
			continue;
		if (known.get(key) === theirs)
			seen.add(key);
		else
			wrong.push(`${date}: ours ${mine ? "work" : "off"}, theirs ${theirs ? "work" : "off"}`);
	}
	for (const key of known.keys())
		if (key.endsWith(` ${name}`) && !seen.has(key))
			wrong.push(`${key}: no longer disagrees; take it off the list`);
	for (const line of wrong)
		console.log(`# ${line}`);
	failed += wrong.length > 0;
	console.log(`${wrong.length ? "not ok" : "ok"} ${n} - ${name}: ${days} days, ${seen.size} known disagreements`);
}
process.exit(failed ? 1 : 0);
