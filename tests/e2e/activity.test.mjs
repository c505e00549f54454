// count_open_connections = traffic: an open connection holds its workspace
// only while bytes move, over TCP and over UNIX sockets. docs/ACTIVITY.md.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { app, portBase, tcpApp, until, withSite } from './site.mjs';

const SLOTS = 4;
const apps = app('wsapp') + tcpApp('tcp');
const conf = `count_open_connections = traffic\nslots = ${SLOTS}\n` +
	`port_base = ${await portBase(SLOTS)}`;

withSite('traffic', {
	apps, conf, settings: { traffic_seconds: 2, traffic_bytes: 16384 },
}, (it) => {
	for (const name of ['tcp', 'wsapp'])
		it(`${name}: who works holds it, a silent tab does not`, async (site) => {
			const w = await site.admin.running({ app: name });
			const now = () => site.admin.workspace(w.id);
			await site.admin.patch(w.id, { standby_ttl_seconds: 5 });
			const ws = await site.admin.ws(`${w.path}ws`);
			const work = 'x'.repeat(8192);
			for (const end = Date.now() + 7000; Date.now() < end;) {
				ws.send(work);
				assert.equal(await ws.next(), work);
				await site.pass();
			}
			const held = await now();
			assert.equal(held.phase, 'RUNNING');
			assert.equal(held.runs_because, 'CONNECTED');
			assert.equal(held.stops_at, null);

			// the page is left alone: what it does by itself is no use
			let silent;
			await until(async () => {
				ws.ping('there?');
				await site.admin.request('GET', `${w.path}echo`,
					{ headers: { 'Sec-Fetch-Mode': 'cors' } });
				await site.pass();
				const at = await now();
				if (at.connections === 1 && at.idle_since) silent = at;
				return at.phase === 'STANDBY';
			}, 'a silent tab to be let go', { every: 300 });
			assert.ok(silent, 'it was never seen as silent');
			assert.equal(silent.runs_because, 'USED');
			assert.ok(silent.stops_at);
			assert.equal(await ws.next().then((m) =>
				/^pong/.test(m)), true, 'it was open all the while');
			ws.destroy();
			await site.admin.remove(w.id);
		});

	it('a page that is opened counts, what it fetches does not', async (site) => {
		const w = await site.admin.running();
		const used = async () =>
			Date.parse((await site.admin.workspace(w.id)).last_access_at);
		const later = async (ask) => {
			const was = await used();
			// written at most once a minute, unless it would stop
			await site.admin.patch(w.id, { standby_ttl_seconds: 1 });
			await sleep(1100);
			const rs = await ask();
			assert.ok(rs.status === 200 || rs.status === 201,
				`${rs.status} ${rs.text}`);
			await site.pass();
			const is = await used();
			await site.admin.patch(w.id, { standby_ttl_seconds: 3600 });
			await site.admin.api('POST', `/workspaces/${w.id}:start`);
			await site.admin.phase(w.id, 'RUNNING');
			return is > was;
		};
		assert.ok(await later(() => site.admin.navigate(`${w.path}echo`)));
		assert.ok(await later(() => site.admin.request('PUT',
			`${w.path}put/a`, { body: 'b', headers: { 'Sec-Fetch-Mode': 'cors' } })));
		assert.ok(!await later(() => site.admin.request('GET',
			`${w.path}echo`, { headers: { 'Sec-Fetch-Mode': 'no-cors' } })));
		await site.admin.remove(w.id);
	});
});
