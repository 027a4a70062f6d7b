/* What the pages do beyond links and forms. Without it everything works, with more reloading. */
'use strict';
(() => {
const words = {
	selected: n => n + ' selected', clear: 'Clear', close: 'Close', all: 'Select all on this page',
	keys: 'Keys', off: 'Turn these keys off',
	list: [['j', 'next message'], ['k', 'previous message'], ['o', 'open it'],
		['x', 'select it'], ['u', 'back to the list'], ['/', 'search'], ['?', 'this help']],
	message: 'Message', failed: 'The message could not be loaded.',
	tip: n => n + ' suggestions',
};
const $ = (selector, root = document) => root.querySelector(selector);
const make = (name, text, attributes = {}) => {
	const e = document.createElement(name);
	if (text) e.textContent = text;
	for (const k in attributes) e.setAttribute(k, attributes[k]);
	return e;
};
const mail = $('.mail');
const rows = () => [...document.querySelectorAll('.list tbody tr')];
const wide = () => matchMedia('(min-width: 64.01rem)').matches;
const linkOf = row => $('.what a', row);

/* ---- the message beside the list ---- */

const listOf = url => {
	const u = new URL(url, location.href);
	u.searchParams.delete('open');
	u.searchParams.delete('view');
	return u.pathname + u.search;
};
const openOf = url => new URL(url, location.href).searchParams.get('open');
let here = listOf(location.href), asked = 0, shown = location.search;

const highlight = id => rows().forEach(row => {
	const mine = Boolean(id) && $('input', row).value === id;
	row.classList.toggle('open', mine);
	if (mine) linkOf(row).setAttribute('aria-current', 'true');
	else linkOf(row).removeAttribute('aria-current');
	/* Links of rows lead on from where they stand. */
});

async function show(url, focus) {
	const id = openOf(url), mine = ++asked;
	shown = new URL(url, location.href).search;
	let pane = $('#pane');
	highlight(id);
	mail.classList.toggle('reading', Boolean(id));
	if (!id) {
		if (pane) pane.remove();
		return;
	}
	if (!pane) {
		pane = make('section', '', {class: 'pane', id: 'pane', 'aria-label': words.message});
		$('#main').append(pane);
	}
	pane.setAttribute('aria-busy', 'true');
	try {
		const answer = await fetch('/pane' + new URL(url, location.href).search);
		const text = await answer.text();
		if (mine !== asked) return;
		if (!answer.ok) throw new Error(answer.status);
		pane.innerHTML = text;
		pane.scrollTop = 0;
		if (focus) $('.subject', pane)?.focus();
	} catch (e) {
		if (mine === asked) pane.replaceChildren(make('p', words.failed, {role: 'alert'}));
	}
	pane.removeAttribute('aria-busy');
}

function go(url, focus) {
	history.pushState(null, '', url);
	return show(url, focus);
}

if (mail) {
	addEventListener('click', event => {
		const a = event.target.closest('a');
		if (!a || event.button || event.ctrlKey || event.metaKey || event.shiftKey || !wide()) return;
		const beside = a.closest('.list tbody') || a.closest('.pane .tabs') || a.matches('.pane .close');
		if (!beside || listOf(a.href) !== here) return;
		event.preventDefault();
		go(a.href, !a.matches('.close'));
	});
	addEventListener('popstate', () => {
		if (location.search === shown) return; /* a place within the page */
		if (listOf(location.href) === here) show(location.href, false);
		else location.reload();
	});
}

/* ---- a time span, by dragging over the bars ---- */

const bars = [...document.querySelectorAll('.timeline svg a')];
let from = -1;
const barAt = event => bars.indexOf(event.target.closest?.('.timeline svg a'));
const between = to => bars.forEach((a, i) =>
	a.classList.toggle('chosen', from >= 0 && i >= Math.min(from, to) && i <= Math.max(from, to)));
if (bars.length) {
	const svg = $('.timeline svg');
	svg.addEventListener('dragstart', event => event.preventDefault());
	svg.addEventListener('pointerdown', event => { if (!event.button) from = barAt(event); });
	svg.addEventListener('pointermove', event => { if (from >= 0 && barAt(event) >= 0) between(barAt(event)); });
	addEventListener('pointerup', event => {
		const to = barAt(event), first = Math.min(from, to), last = Math.max(from, to);
		if (from >= 0 && to >= 0 && first !== last) {
			/* The links of both ends hold all that is needed: their spans are joined. */
			const url = new URL(bars[first].href.baseVal, location.href);
			const other = new URL(bars[last].href.baseVal, location.href).searchParams.get('q');
			let query = url.searchParams.get('q');
			if (url.searchParams.get('dialect') === 'imap')
				query = query.replace(/SENTBEFORE \S+$/, other.match(/SENTBEFORE \S+$/)[0]);
			else
				query += '..' + bars[last].dataset.time;
			url.searchParams.set('q', query);
			svg.addEventListener('click', e => e.preventDefault(), {once: true, capture: true});
			location.href = url.href;
		}
		from = -1;
		between(-1);
	});
}

/* ---- selection, which lasts as long as the tab ---- */

const stored = () => {
	try { return new Set(JSON.parse(sessionStorage.getItem('sheaf-selected') || '[]')); }
	catch (e) { return new Set(); }
};
function keep(set) {
	try { sessionStorage.setItem('sheaf-selected', JSON.stringify([...set])); } catch (e) {}
	paint(set);
}
function paint(set) {
	const boxes = rows().map(row => $('input', row)), all = $('.list thead .pick input');
	boxes.forEach(box => { box.checked = set.has(box.value); });
	all.checked = boxes.every(box => box.checked);
	all.indeterminate = !all.checked && boxes.some(box => box.checked);
	let bar = $('#selection');
	if (!set.size) {
		if (bar) bar.remove();
		return;
	}
	if (!bar) {
		bar = make('div', '', {id: 'selection', role: 'status'});
		const clear = make('button', words.clear, {type: 'button', class: 'plain'});
		clear.onclick = () => keep(new Set());
		bar.append(make('span'), clear);
		$('.found').append(bar);
	}
	$('span', bar).textContent = words.selected(set.size);
}
if ($('.list')) {
	const all = make('input', '', {type: 'checkbox', 'aria-label': words.all});
	let last = null, range = false;
	$('.list thead .pick').replaceChildren(all);
	paint(stored());
	/* With the shift key all rows from the one before become as this one. */
	addEventListener('click', event => { range = event.shiftKey; }, true);
	addEventListener('change', event => {
		const box = event.target;
		if (!box.matches('.list .pick input')) return;
		const set = stored(), boxes = rows().map(row => $('input', row));
		const to = boxes.indexOf(box), from = range && last ? boxes.indexOf(last) : to;
		const some = box === all ? boxes : boxes.slice(Math.min(from, to), Math.max(from, to) + 1);
		some.forEach(one => set[box.checked ? 'add' : 'delete'](one.value));
		if (box !== all) last = box;
		keep(set);
	});
}

/* What is done with the selection is done with all of it, also with what other pages show. */
$('form.bulk')?.addEventListener('submit', event => {
	const form = event.target, shown = new Set(rows().map(row => $('input', row).value));
	const others = [...stored()].filter(id => !shown.has(id));
	$('[name=ids]', form)?.remove();
	form.append(make('input', '', {type: 'hidden', name: 'ids', value: others.join(' ')}));
});

/* ---- keys ---- */

const keysOff = () => { try { return localStorage.getItem('sheaf-keys') === 'off'; } catch (e) { return false; } };

function keyHelp() {
	let d = $('#keys');
	if (!d) {
		d = make('dialog', '', {id: 'keys', 'aria-labelledby': 'keys-title'});
		const list = make('dl'), label = make('label', ' ' + words.off);
		for (const [key, what] of words.list) {
			const term = make('dt');
			term.append(make('kbd', key));
			list.append(term, make('dd', what));
		}
		const off = make('input', '', {type: 'checkbox'});
		off.checked = keysOff();
		off.onchange = () => localStorage.setItem('sheaf-keys', off.checked ? 'off' : 'on');
		label.prepend(off);
		const close = make('button', words.close, {type: 'button'});
		close.onclick = () => d.close();
		const last = make('p');
		last.append(close);
		d.append(make('h2', words.keys, {id: 'keys-title'}), list, label, last);
		document.body.append(d);
	}
	d.showModal();
}

function step(by) {
	const all = rows();
	if (!all.length) return;
	let at = all.findIndex(row => row.classList.contains('at'));
	if (at < 0) at = all.findIndex(row => row.classList.contains('open'));
	const next = at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by));
	all.forEach(row => row.classList.remove('at'));
	all[next].classList.add('at');
	linkOf(all[next]).focus();
	all[next].scrollIntoView({block: 'nearest'});
	if ($('#pane') && wide()) go(linkOf(all[next]).href, false);
}

const current = () => $('.list tr.at') || document.activeElement?.closest?.('.list tbody tr');
const keys = {
	j: () => step(1),
	k: () => step(-1),
	o: () => { const row = current(); if (row) linkOf(row).click(); },
	x: () => { const row = current(); if (row) $('input', row).click(); },
	u: () => {
		const back = $('.pane .close') || $('.actions .back');
		if (!back) return;
		const row = $('.list tr.open');
		back.click();
		if (row) { row.classList.add('at'); linkOf(row).focus(); }
	},
	'/': () => { $('#q')?.focus(); $('#q')?.select(); },
	'?': keyHelp,
};
addEventListener('keydown', event => {
	const typing = event.target.closest?.('input:not([type=checkbox]), textarea, select, dialog');
	if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
	const run = event.key === 'Escape' ? keys.u : keys[event.key];
	if (!run || (keysOff() && event.key !== 'Escape' && event.key !== '?')) return;
	event.preventDefault();
	run();
});

/* ---- completion, at the cursor; when it fails nothing is lost ---- */

const q = $('#q');
let list = null, timer = 0, serial = 0;

function shut() {
	if (list) list.remove();
	list = null;
	q.removeAttribute('aria-activedescendant');
	q.setAttribute('aria-expanded', 'false');
}
function take(item) {
	let text = item.dataset.text;
	if (/\s/.test(text) && !text.includes('"')) text = '"' + text + '"';
	if (!text.endsWith(':')) text += ' ';
	q.setRangeText(text, Number(item.dataset.from), Number(item.dataset.to), 'end');
	shut();
	q.focus();
	suggest();
}
function choose(by) {
	const all = [...list.children], at = all.findIndex(e => e.getAttribute('aria-selected') === 'true');
	const next = all[(at + by + all.length + (at < 0 && by < 0 ? 1 : 0)) % all.length];
	all.forEach(e => e.setAttribute('aria-selected', String(e === next)));
	q.setAttribute('aria-activedescendant', next.id);
}
/* Places are characters there, and UTF-16 here. */
const units = n => [...q.value].slice(0, n).join('').length;
function offer(answer) {
	const chosen = list && $('[aria-selected=true]', list)?.dataset.text;
	shut();
	const found = answer.suggestions || [];
	if (!found.length || document.activeElement !== q) return;
	list = make('ul', '', {id: 'suggestions', role: 'listbox', 'aria-label': words.tip(found.length)});
	found.slice(0, 10).forEach((s, i) => {
		const item = make('li', s.text, {role: 'option', id: 's' + i, 'aria-selected': 'false'});
		Object.assign(item.dataset, {text: s.text, from: units(answer.from), to: units(answer.to)});
		if (s.messages) item.append(make('small', s.messages.toLocaleString()));
		item.onmousedown = event => { event.preventDefault(); take(item); };
		if (s.text === chosen) {
			item.setAttribute('aria-selected', 'true');
			q.setAttribute('aria-activedescendant', item.id);
		}
		list.append(item);
	});
	q.after(list);
	q.setAttribute('aria-expanded', 'true');
}
async function suggest() {
	const mine = ++serial;
	const at = [...q.value.slice(0, q.selectionStart)].length;
	if (!q.value.trim() || $('[name=dialect]').value === 'imap') return shut();
	try {
		const answer = await fetch('/api/v1/suggest?' + new URLSearchParams({q: q.value, cursor_at: at}));
		if (mine !== serial) return;
		if (!answer.ok) return shut();
		offer(await answer.json());
	} catch (e) { shut(); }
}
if (q) {
	for (const [k, v] of [['role', 'combobox'], ['aria-expanded', 'false'], ['aria-autocomplete', 'list'],
		['aria-controls', 'suggestions']]) q.setAttribute(k, v);
	q.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(suggest, 120); });
	q.addEventListener('blur', shut);
	q.addEventListener('keydown', event => {
		if (event.key === 'Escape') { if (list) event.preventDefault(); return list ? shut() : q.blur(); }
		if (!list) return;
		if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
			event.preventDefault();
			choose(event.key === 'ArrowDown' ? 1 : -1);
		} else if (event.key === 'Enter' || event.key === 'Tab') {
			const item = $('[aria-selected=true]', list);
			if (item) { event.preventDefault(); take(item); } else shut();
		}
	});
}

/* ---- how the harvest fares, as long as somebody looks ---- */

const again = $('#again');
if (again) {
	again.hidden = true;
	setInterval(async () => {
		if (document.hidden) return;
		try {
			const answer = await fetch(location.pathname);
			const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
			const fresh = page.querySelector('#harvest');
			if (answer.ok && fresh) $('#harvest').replaceChildren(...fresh.childNodes);
		} catch (e) { /* it comes back, or not */ }
	}, 3000);
}
})();
