// What people do in a soak, at random, and which answers are right. One row of
// DEEDS each:
//
//   weight  how often
//   gone    of a workspace that is deleted; else of one that is not
//   alone   not while another deed of this workspace is about its words
//   right   statuses that may come; anything else is written down as wrong
//   act     (soak, ws) => the answer, or its status

import { setTimeout as sleep } from 'node:timers/promises';

const post = (verb, body) => (soak, ws) =>
	ws.owner.api('POST', `/workspaces/${ws.id}:${verb}`, body);
const get = (what) => (soak, ws) => ws.owner.api('GET', what(ws));
const wish = (desired_state) => (soak, ws) =>
	ws.owner.api('PATCH', `/workspaces/${ws.id}`, { desired_state });

// ---- words: file word-N of a home says "ID N". floor: the newest that was
// surely put; it must be there for ever.

async function put(soak, ws) {
	const n = ++ws.serial;
	const rs = await ws.owner.request('PUT', `/w/${ws.id}/put/word-${n}`,
		{ body: `${ws.id} ${n}` });
	if (rs.status === 201) ws.floor = n;
	return rs;
}

export const wordOf = (ws) => [`word-${ws.floor}`, `${ws.id} ${ws.floor}`];

async function read(soak, ws) {
	const [file, word] = wordOf(ws);
	const rs = await ws.owner.request('GET', `/w/${ws.id}/file/${file}`);
	const said = rs.status === 200 ||
		rs.text.startsWith('no such file'); // by the instance itself
	if (said && rs.text !== word)
		soak.wrong(`${ws.id}: ${file} is ${rs.text.slice(0, 80)}`);
	return rs;
}

// Back to any of its archives: only the first word is in all of them.
async function choose(soak, ws) {
	const { status, json } = await ws.owner.api('GET',
		`/workspaces/${ws.id}/archives`);
	if (status !== 200 || !json.items.length) return status;
	const { id } = json.items[soak.dice(json.items.length)];
	ws.floor = 1;
	const rs = await ws.owner.api('POST', `/workspaces/${ws.id}:restore`,
		{ archive: id });
	for (let i = 0; i < 100; i++) {
		const now = await ws.owner.api('GET', `/workspaces/${ws.id}`);
		if (now.status !== 200 || now.json.restore_key === null) break;
		await sleep(200);
	}
	return rs;
}

// ---- the rest

async function remove(soak, ws) {
	const rs = await ws.owner.api('DELETE', `/workspaces/${ws.id}`);
	if (rs.status === 204) ws.gone = true;
	return rs;
}

async function undelete(soak, ws) {
	const rs = await post('undelete')(soak, ws);
	if (rs.status === 202) ws.gone = false;
	return rs;
}

const ttls = (soak, ws) => ws.owner.api('PATCH', `/workspaces/${ws.id}`, {
	standby_ttl_seconds: soak.dice(3) ? 1 + soak.dice(20) : 0,
	archive_ttl_seconds: soak.dice(3) ? 5 + soak.dice(60) : 0,
});

// Somebody sits before it: a connection that lasts a while.
async function sit(soak, ws) {
	const socket = await ws.owner.ws(`/w/${ws.id}/ws`);
	if (!socket.send) return socket;
	await sleep(soak.dice(6000));
	socket.destroy();
	return 101;
}

const visit = (soak, ws) => ws.owner.navigate(`/w/${ws.id}/`);

const wait = async (soak, ws) => {
	const { status, json } = await ws.owner.api('GET', `/workspaces/${ws.id}`);
	return status !== 200 ? status : ws.owner.api('GET',
		`/workspaces/${ws.id}/status?since=${json.rev}&wait=${soak.dice(5)}`);
};

const wished = [200, 429];
const asked = [202, 409, 429];
const seen = [200];
// an instance that sleeps, or goes just now
const asleep = [404, 500, 502, 503, 504];

export const DEEDS = {
	start: { weight: 26, right: asked, act: post('start') },
	wake: { weight: 26, right: [302, 303, ...seen, ...asleep], act: visit },
	stop: { weight: 8, right: asked, act: post('stop') },
	archive: { weight: 8, right: asked, act: post('archive') },
	restore: { weight: 10, right: asked, act: post('restore') },
	sleep: { weight: 5, right: wished, act: wish('STANDBY') },
	pack: { weight: 5, right: wished, act: wish('ARCHIVED') },
	run: { weight: 14, right: wished, act: wish('RUNNING') },
	recover: { weight: 2, right: [202, 403, 409], act: post('recover') },
	extend: { weight: 2, right: [...seen, 409], act: post('extend', { seconds: 5 }) },
	ttls: { weight: 6, right: seen, act: ttls },
	delete: { weight: 5, right: [204, 404], act: remove },
	undelete: { weight: 40, gone: true, right: [...asked, 404], act: undelete },
	choose: { weight: 4, alone: true, right: [200, ...asked], act: choose },
	put: { weight: 20, alone: true, right: [201, ...asleep], act: put },
	read: { weight: 12, alone: true, right: [...seen, ...asleep], act: read },
	sit: { weight: 6, right: [101, 403, ...asleep], act: sit },
	show: { weight: 4, right: seen, act: get((ws) => `/workspaces/${ws.id}`) },
	list: { weight: 4, right: seen, act: get(() => '/workspaces?limit=20') },
	feed: { weight: 3, right: seen, act: get(() => '/events?after=0&wait=1') },
	history: { weight: 2, right: seen, act: get((ws) => `/workspaces/${ws.id}/operations`) },
	wait: { weight: 6, right: seen, act: wait },
	page: { weight: 3, right: seen, act: (soak, ws) => ws.owner.navigate(`/workspaces/${ws.id}`) },
	site: { weight: 1, right: seen, act: (soak) => soak.site.admin.navigate('/admin') },
};

// What also may come: another deed has just deleted it, or brought it back.
export const LATE = [404, 409];
