// Keeps the parts of a page that are marked data-live as the server would
// print them now: a long poll says that something has changed, then the page
// is fetched again and its live parts take the place of the old ones. So
// there is one place that knows how things look: the templates.
import { localize } from "./time.js";

const WAIT = 25;	// seconds of one long poll
const LEAST = 700;	// milliseconds between two fetches of the page

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// The page's address. A form that came back was the answer to another one,
// which must not be sent twice.
const at = document.body.dataset.at;
const here = at || location.href;

function again() {
	if (at)
		location.replace(at);
	else
		location.reload();
}

// ---- Asking ----

let failures = 0;

// One answer, however long it takes; undefined when there was none. known: the
// last one, which need not be said again.
async function ask(url, known) {
	const began = Date.now();
	const headers = { Accept: "application/json" };

	if (known && known.etag)
		headers["If-None-Match"] = known.etag;
	try {
		const answer = await fetch(url, { headers, cache: "no-store" });

		if (answer.status === 401 || answer.status === 404) {
			again();
			return await new Promise(() => {});
		}
		if (answer.ok || (answer.status === 304 && known)) {
			failures = 0;
			return {
				began,
				said: answer.ok ? await answer.json() : known.said,
				etag: answer.headers.get("ETag"),
				later: Number(answer.headers.get("Retry-After")) || 2,
			};
		}
		failures++;
		await pause(1000 * Number(answer.headers.get("Retry-After") || 0));
	} catch {
		failures++;
	}
	await pause(Math.min(15000, 500 * 2 ** failures) * (0.5 + Math.random()));
	return undefined;
}

// A server that cannot let us wait answers at once, and says for how long to
// wait here: not all of us for the same time.
async function unhurried(got) {
	if (Date.now() - got.began < 1000)
		await pause(got.later * (1000 + 500 * Math.random()));
}

// ---- Showing ----

const shown = new Map();	// id -> the part as the server last printed it
let last = 0;

// What had the focus, told by what it does; else by its kind and name.
const HOLDS = "a, button, summary, input, select, textarea, [tabindex]";

function mark(node) {
	if (!node || !node.matches(HOLDS))
		return "";
	if (node.id)
		return `#${node.id}`;
	if (node.matches("a, button"))
		return (node.form ? node.form.action : node.href) + node.textContent;
	return `${node.localName} ${node.getAttribute("aria-labelledby") ||
		node.getAttribute("name") || node.textContent}`;
}

// What a person has opened, and how far things were scrolled: by their order.
function held(part) {
	return [...part.querySelectorAll("details, .scroll")].map((node) => ({
		kind: node.localName, open: node.open,
		x: node.scrollLeft, y: node.scrollTop }));
}

function hold(part, was) {
	for (const [i, node] of part.querySelectorAll("details, .scroll").entries()) {
		if (!was[i] || was[i].kind !== node.localName)
			continue;
		if (node.localName === "details")
			node.open = was[i].open;
		node.scrollTo(was[i].x, was[i].y);
	}
}

// A button that is gone leaves the focus to what took its place.
function refocus(fresh, focus) {
	const all = [...fresh.querySelectorAll(HOLDS)];
	const node = all.find((one) => mark(one) === focus) ||
		all.find((one) => one.matches("a, button"));

	if (node)
		node.focus({ preventScroll: true });
}

function replace(old, fresh) {
	const focus = old.contains(document.activeElement)
		? mark(document.activeElement) : "";
	const [x, y] = [scrollX, scrollY];
	const was = held(old);	// before it leaves the page

	shown.set(old.id, fresh.cloneNode(true));
	localize(fresh);
	old.replaceWith(fresh);
	hold(fresh, was);
	if (focus)
		refocus(fresh, focus);
	scrollTo(x, y);
}

// Somebody who is writing into a part, or about to press, is left alone.
function busy(part) {
	return part.querySelector("input:focus, textarea:focus, select:focus, [aria-busy]");
}

async function refresh() {
	const one = document.querySelector("[data-follow]");
	const from = one && one.dataset.from || here;

	await pause(Math.max(0, last + LEAST - Date.now()));
	last = Date.now();
	const answer = await fetch(from, {
		headers: { Accept: "text/html" },
		cache: "no-store",
		redirect: "manual",
	});
	if (answer.type === "opaqueredirect") {
		leave();
		return;
	}
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");

	for (const old of document.querySelectorAll("[data-live]")) {
		const fresh = page.getElementById(old.id);
		const was = shown.get(old.id);

		if (!fresh || busy(old) || (was && was.isEqualNode(fresh)))
			continue;
		replace(old, document.adoptNode(fresh));
	}
}

async function show() {
	try {
		await refresh();
	} catch {
		await pause(2000);	// the next change brings the next try
	}
}

function leave() {
	const one = document.querySelector("[data-leave]");

	if (one)
		location.replace(one.dataset.leave);
	else
		again();
}

// ---- Three ways to follow ----

const isUp = (ws) => ws.status === "RUNNING" && ws.desired_state === "RUNNING";
const isDown = (ws) => ws.status !== "RUNNING" && ws.operation === "NONE";

// Has come what the page waits for before it goes on?
function isThere(ws) {
	const page = document.querySelector("[data-leave]");

	return page && (page.dataset.until === "down" ? isDown(ws) : isUp(ws));
}

// One workspace. A page that waits for it goes there once it runs.
export async function follow(id, rev) {
	const url = `/api/v1/workspaces/${id}/status`;
	const waits = document.body.dataset.page !== "gateway" &&
		document.querySelector("[data-leave]") !== null;
	let since = waits ? 0 : rev;
	let known;

	for (;;) {
		const got = await ask(`${url}?since=${since}&wait=${WAIT}`, known);

		if (!got)
			continue;
		known = got;
		const changed = got.said.rev > rev;

		if (isThere(got.said) && (changed || waits)) {
			if (!changed)
				await pause(1000);
			leave();
			return;
		}
		// who waits is also told that it takes long
		if (changed || (waits && since))
			await show();
		since = rev = Math.max(rev, got.said.rev);
		if (!changed)
			await unhurried(got);
	}
}

// All of mine.
export async function listen(after) {
	for (;;) {
		const got = await ask(`/api/v1/events?after=${after}&wait=${WAIT}`);

		if (!got)
			continue;
		const changed = got.said.next !== after;

		after = got.said.next;
		if (changed)
			await show();
		else
			await unhurried(got);
	}
}

// What no feed tells about: as long as the page says so.
export async function repeat() {
	for (let often; (often = document.querySelector("[data-every]"));) {
		await pause(Number(often.dataset.every));
		if (!document.hidden)
			await show();
	}
}
