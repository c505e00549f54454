// F3: the TTL rules: idle instances sleep, sleeping homes are archived, and
// whoever is connected holds it. SPEC sections 2 and 4.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, withSite } from './site.mjs';

withSite('F3 TTL', {}, (it) => {
	const passUntil = (site, id, phase) => until(async () => {
		await site.pass();
		return (await site.admin.workspace(id)).phase === phase;
	}, `${id} to become ${phase}`, { every: 300 });

	it('an open WebSocket holds it; when it closes the TTL runs', async (site) => {
		const w = await site.admin.running();
		const ws = await site.admin.ws(`${w.path}ws`);
		await site.admin.patch(w.id, { standby_ttl_seconds: 2 });
		for (let i = 0; i < 5; i++) {
			await site.pass();
			await sleep(1000);
		}
		const held = await site.admin.workspace(w.id);
		assert.equal(held.phase, 'RUNNING');
		assert.equal(held.connections, 1);
		assert.equal(held.idle_since, null);
		ws.send('still here');
		assert.equal(await ws.next(), 'still here');

		ws.destroy();
		await until(async () => {
			await site.pass();
			const now = await site.admin.workspace(w.id);
			return now.phase === 'STANDBY' ||
				(now.connections === 0 && now.idle_since && now.stops_at);
		}, 'the connection to be seen gone');
		await passUntil(site, w.id, 'STANDBY');
		assert.equal((await site.admin.workspace(w.id)).desired_state, 'STANDBY');
		await site.admin.remove(w.id);
	});

	it('requests hold it too; looking at its status does not', async (site) => {
		const w = await site.admin.running();
		await site.admin.patch(w.id, { standby_ttl_seconds: 3 });
		for (let i = 0; i < 12; i++) {
			await site.admin.request('GET', `${w.path}echo`);
			await site.pass();
			await sleep(500);
		}
		assert.equal((await site.admin.workspace(w.id)).phase, 'RUNNING');
		await passUntil(site, w.id, 'STANDBY'); // asks for it all the time
		await site.admin.remove(w.id);
	});

	it('asked to keep running, it does, and says until when', async (site) => {
		const w = await site.admin.running();
		await site.admin.patch(w.id, { standby_ttl_seconds: 1 });
		const kept = (await site.admin.api('POST', `/workspaces/${w.id}:extend`,
			{ seconds: 3600 }, { expect: 200 })).json;
		assert.equal(kept.runs_because, 'KEPT');
		await sleep(1500);
		await site.pass();
		const now = await site.admin.workspace(w.id);
		assert.equal(now.phase, 'RUNNING');
		assert.equal(now.stops_at, kept.keep_until);
		await site.admin.api('POST', `/workspaces/${w.id}:extend`,
			{ seconds: 0 }, { expect: 200 });
		await passUntil(site, w.id, 'STANDBY');
		await site.admin.remove(w.id);
	});

	it('0 means never', async (site) => {
		const w = await site.admin.running();
		await site.admin.patch(w.id, { standby_ttl_seconds: 0 });
		await sleep(1500);
		await site.pass();
		const now = await site.admin.workspace(w.id);
		assert.equal(now.phase, 'RUNNING');
		assert.equal(now.stops_at, null);
		await site.admin.remove(w.id);
	});

	it('a sleeping one is archived when its time is over, and comes back whole', async (site) => {
		const w = await site.admin.running();
		await site.admin.request('PUT', `${w.path}put/kept`, { body: 'as it was' });
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await site.admin.phase(w.id, 'STANDBY');
		await site.admin.patch(w.id, { archive_ttl_seconds: 1 });
		await passUntil(site, w.id, 'ARCHIVED');
		await site.admin.patch(w.id, { archive_ttl_seconds: 86400 });
		await site.admin.api('POST', `/workspaces/${w.id}:restore`, undefined,
			{ expect: 202 });
		await site.admin.phase(w.id, 'RUNNING');
		const rs = await site.admin.request('GET', `${w.path}file/kept`);
		assert.equal(rs.text, 'as it was');
		await site.admin.remove(w.id);
	});

	it('a rule does not overwrite a newer wish', async (site) => {
		const w = await site.admin.running();
		await site.admin.patch(w.id, { standby_ttl_seconds: 1 });
		await passUntil(site, w.id, 'STANDBY');
		await site.admin.patch(w.id, { standby_ttl_seconds: 60 });
		await site.admin.patch(w.id, { desired_state: 'RUNNING' });
		for (let i = 0; i < 3; i++)
			await site.pass();
		const now = await site.admin.phase(w.id, 'RUNNING');
		assert.equal(now.desired_state, 'RUNNING');
		await site.admin.remove(w.id);
	});
});
