// F3: the TTL rules: idle instances sleep, sleeping homes are archived, and
// whoever is connected holds it. SPEC sections 2 and 4.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, withSite } from './site.mjs';

withSite('F3 TTL', {}, (it) => {
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
		await site.passUntil(w.id, 'STANDBY');
		assert.equal((await site.admin.workspace(w.id)).desired_state, 'STANDBY');
		await site.admin.remove(w.id);
	});

	it('two tabs: the last one decides; who comes back finds it running', async (site) => {
		const w = await site.admin.running();
		const now = () => site.admin.workspace(w.id);
		const tabs = [await site.admin.ws(`${w.path}ws`),
			await site.admin.ws(`${w.path}ws`)];
		await site.admin.patch(w.id, { standby_ttl_seconds: 4 });
		await until(async () => {
			await site.pass();
			return (await now()).connections === 2;
		}, 'both tabs');
		tabs[0].close();
		for (const end = Date.now() + 5000; Date.now() < end; await sleep(500))
			await site.pass();
		assert.equal((await now()).runs_because, 'CONNECTED');
		assert.equal((await now()).connections, 1);

		tabs[1].destroy();
		await until(async () => {
			await site.pass();
			return (await now()).runs_because === 'USED';
		}, 'the last one to be gone');
		const since = (await now()).status_changed_at;
		const back = await site.admin.ws(`${w.path}ws`);
		for (const end = Date.now() + 5000; Date.now() < end; await sleep(500))
			await site.pass();
		assert.equal((await now()).status_changed_at, since);
		assert.equal((await now()).runs_because, 'CONNECTED');
		back.send('still here');
		assert.equal(await back.next(), 'still here');
		back.close();
		await site.admin.remove(w.id);
	});

	it('a browser that is stopped in its tracks is still there; killed it is gone', async (site) => {
		const w = await site.admin.running();
		const now = () => site.admin.workspace(w.id);
		const client = site.admin.listener(`${w.path}ws`);
		try {
			await until(async () => {
				await site.pass();
				return (await now()).connections === 1;
			}, 'the client');
			client.kill('SIGSTOP');
			await site.admin.patch(w.id, { standby_ttl_seconds: 1 });
			for (const end = Date.now() + 3000; Date.now() < end; await sleep(500))
				await site.pass();
			assert.equal((await now()).runs_because, 'CONNECTED');
		} finally {
			client.kill('SIGKILL');
		}
		await site.passUntil(w.id, 'STANDBY');
		await site.admin.remove(w.id);
	});

	it('nothing that Roost asks counts as use', async (site) => {
		const w = await site.admin.running();
		await site.admin.patch(w.id, { standby_ttl_seconds: 12 });
		await site.pass();
		const was = await site.admin.workspace(w.id);
		assert.equal(was.connections, 0); // asked whether it is ready, before
		// each with the status that it must have: else it was not asked;
		// what takes long last, for meanwhile it may be stopped
		const ask = {
			health: [200, () => site.nobody().request('GET', '/healthz')],
			page: [200, () => site.admin.navigate(`/workspaces/${w.id}`)],
			loading: [303, () =>
				site.admin.navigate(`/workspaces/${w.id}/loading`)],
			stranger: [401, () =>
				site.nobody().request('GET', `${w.path}echo`)],
			poll: [200, () => site.admin.api('GET',
				`/workspaces/${w.id}/status?since=0&wait=1`)],
			doctor: [0, () => spawnSync(`${site.programs.bin}/roostctl`,
				['--site', site.dir, 'doctor', '--url', site.url])],
		};
		let compared = 0;
		for (const [what, [status, how]] of Object.entries(ask)) {
			assert.equal((await how()).status, status, what);
			assert.equal((await site.pass()).status, 0, what);
			const is = await site.admin.workspace(w.id);
			if (is.phase !== 'RUNNING') continue;
			compared++;
			for (const key of ['last_access_at', 'idle_since', 'connections'])
				assert.equal(is[key], was[key], `${what}: ${key}`);
		}
		assert.ok(compared >= 3, `${compared} were compared`);
		await site.passUntil(w.id, 'STANDBY');
		assert.equal((await site.admin.workspace(w.id)).last_access_at,
			was.last_access_at);
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
		await site.passUntil(w.id, 'STANDBY'); // asks for it all the time
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
		await site.passUntil(w.id, 'STANDBY');
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
		await site.passUntil(w.id, 'ARCHIVED');
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
		await site.passUntil(w.id, 'STANDBY');
		await site.admin.patch(w.id, { standby_ttl_seconds: 60 });
		await site.admin.patch(w.id, { desired_state: 'RUNNING' });
		for (let i = 0; i < 3; i++)
			await site.pass();
		const now = await site.admin.phase(w.id, 'RUNNING');
		assert.equal(now.desired_state, 'RUNNING');
		await site.admin.remove(w.id);
	});
});
