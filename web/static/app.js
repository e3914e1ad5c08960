/* Enhances what works without it: a live bar by server-sent events, and keys. No HTML is ever made from text. */
'use strict';

(() => {
	const live = document.getElementById('live');
	const keys = document.getElementById('keys');
	const off = document.getElementById('keys-off');
	const known = new Set();
	let first = true;

	/* ---- live bar ---- */
	const show = (words, alert) => {
		live.hidden = false;
		live.classList.toggle('calm', !alert);
		live.replaceChildren();
		const mark = document.createElement('span');
		mark.textContent = alert ? '■' : '○';
		mark.setAttribute('aria-hidden', 'true');
		live.append(mark, words);
		if (alert) {
			const a = document.createElement('a');
			a.href = '/alerts/' + Number(alert.id);
			a.textContent = alert.title;
			live.append(a, document.createTextNode(alert.when));
		}
	};
	const onState = (event) => {
		let state;
		try {
			state = JSON.parse(event.data);
		} catch {
			return;
		}
		const alerts = state.alerts || [];
		if (alerts.length) {
			show(live.dataset.new, alerts[0]);
		} else {
			show(live.dataset.none, null);
		}
		for (const a of alerts) {
			if (!first && !known.has(a.id)) document.title = '■ ' + document.title.replace(/^■ /, '');
			known.add(a.id);
		}
		first = false;
	};
	if (live && window.EventSource) {
		const stream = new EventSource('/api/v1/events');
		stream.addEventListener('state', onState);
		stream.addEventListener('error', () => {
			if (stream.readyState === EventSource.CLOSED) show(live.dataset.lost, null);
		});
	}

	/* ---- keys ---- */
	const store = {
		get: (k) => { try { return localStorage.getItem(k); } catch { return null; } },
		set: (k, v) => { try { localStorage.setItem(k, v); } catch { /* private window */ } },
	};
	if (off) {
		off.checked = store.get('keys') === 'off';
		off.addEventListener('change', () => store.set('keys', off.checked ? 'off' : 'on'));
	}
	const rows = () => [...document.querySelectorAll('main [data-row]')].filter((r) => r.offsetParent);
	let at = -1;
	let went = 0;
	const move = (step) => {
		const all = rows();
		if (!all.length) return;
		if (at >= 0 && all[at]) all[at].classList.remove('at');
		at = Math.min(Math.max(at + step, 0), all.length - 1);
		all[at].classList.add('at');
		all[at].scrollIntoView({ block: 'nearest' });
		const a = all[at].querySelector('a');
		if (a) a.focus({ preventScroll: true });
	};
	const search = () => {
		const box = document.querySelector('[data-search]');
		if (box) box.focus();
		else location.assign('/search');
	};
	const go = (key) => {
		const a = document.querySelector('nav a[data-key="' + CSS.escape(key) + '"]');
		if (a) location.assign(a.getAttribute('href'));
	};
	document.addEventListener('keydown', (e) => {
		if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
		if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || e.target.isContentEditable) return;
		if (e.key === '?' && keys) {
			keys.showModal();
			return;
		}
		if ((off && off.checked) || (keys && keys.open)) return;
		if (went && Date.now() - went < 1500) {
			went = 0;
			go(e.key);
		} else if (e.key === 'g') {
			went = Date.now();
		} else if (e.key === '/') {
			e.preventDefault();
			search();
		} else if (e.key === 'j') {
			move(1);
		} else if (e.key === 'k') {
			move(-1);
		}
	});
})();
