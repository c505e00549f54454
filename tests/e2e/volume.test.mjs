// Homes that are volumes of the container engine: a whole life, what an
// administrator may prune meanwhile, and an engine that dies in the middle.
// SPEC sections 2, 6.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import {
	apps, conf, containers, DIR, docker, doctor, holders, its,
	startDocker, volumes,
} from './docker.mjs';
import { until, withSite } from './site.mjs';

startDocker();

const note = (site, w) => `${site.dir}/homes/ws-${w.id}-home`;
const restore = async (site, w) => {
	await site.admin.api('POST', `/workspaces/${w.id}:restore`, undefined,
		{ expect: 202 });
	await site.admin.phase(w.id, 'RUNNING');
};
const stop = async (site, w) => {
	await site.admin.patch(w.id, { desired_state: 'STANDBY' });
	await site.admin.phase(w.id, 'STANDBY');
};
const put = (site, w, name, body) =>
	site.admin.request('PUT', `${w.path}put/${name}`, { body });
const get = (site, w, name) =>
	site.admin.request('GET', `${w.path}file/${name}`);

withSite('homes in volumes', { conf: `${conf}home = volume\n`, apps, settings: { retry_base_seconds: 1 } }, (it) => {
	it('create, WebSocket, stop, wake, archive, restore, delete, undo', async (site) => {
		const w = await site.admin.running();
		assert.equal(volumes(w.id).length, 1);
		assert.deepEqual(holders(w.id), volumes(w.id));
		assert.equal(fs.readFileSync(note(site, w), 'utf8').trim(),
			volumes(w.id)[0]);
		assert.equal(await site.admin.counter(w), 1);
		const ws = await site.admin.ws(`${w.path}ws`);
		ws.send('hello');
		assert.equal(await ws.next(), 'hello');
		ws.close();

		await stop(site, w);
		assert.deepEqual(its(w.id), []);
		await site.admin.navigate(w.path);
		await site.admin.phase(w.id, 'RUNNING');
		assert.equal(await site.admin.counter(w), 2);

		const bytes = randomBytes(900_000);
		await put(site, w, 'blob', bytes);
		const [was] = volumes(w.id);
		await site.admin.patch(w.id, { desired_state: 'PENDING' });
		await site.admin.phase(w.id, 'ARCHIVED');
		await until(() => volumes(w.id).length === 0, 'the volume to go');
		assert.deepEqual(holders(w.id), []);
		assert.ok(!fs.existsSync(note(site, w)));
		await restore(site, w);
		assert.equal(volumes(w.id).length, 1);
		assert.notEqual(volumes(w.id)[0], was);
		assert.ok((await get(site, w, 'blob')).bytes.equals(bytes),
			'the file is another one now');
		assert.equal(await site.admin.counter(w), 3);

		await site.admin.remove(w.id);
		assert.ok(!fs.existsSync(note(site, w)));
		assert.equal(volumes(w.id).length, 1);
		await site.admin.api('POST', `/workspaces/${w.id}:undelete`,
			undefined, { expect: 202 });
		await site.admin.api('POST', `/workspaces/${w.id}:start`, undefined,
			{ expect: 202 });
		await site.admin.phase(w.id, 'RUNNING');
		assert.equal(await site.admin.counter(w), 4);
		site.set('undo_hours', 0);
		await site.admin.remove(w.id);
		await until(async () => {
			await site.pass();
			return volumes(w.id).length === 0;
		}, 'the volume to be purged');
		site.set('undo_hours', 24);
	});

	it('container prune is outlived, and volume prune after the next pass', async (site) => {
		const w = await site.admin.running();
		assert.equal(await site.admin.counter(w), 1);
		await stop(site, w);
		docker('container', 'prune', '-f');
		assert.deepEqual(holders(w.id), []);
		assert.equal((await site.admin.workspace(w.id)).phase, 'STANDBY');
		await site.pass();
		assert.deepEqual(holders(w.id), volumes(w.id));
		docker('volume', 'prune', '-f');
		assert.equal(volumes(w.id).length, 1);
		// and archived without one
		docker('container', 'prune', '-f');
		await site.admin.patch(w.id, { desired_state: 'PENDING' });
		await site.admin.phase(w.id, 'ARCHIVED');
		await restore(site, w);
		assert.equal(await site.admin.counter(w), 2);
		await site.admin.remove(w.id);
	});

	it('a volume that is gone is DataLost, not a new home', async (site) => {
		const w = await site.admin.running();
		await stop(site, w);
		const [volume] = volumes(w.id);
		docker('rm', volume);
		docker('volume', 'rm', volume);
		await site.admin.api('POST', `/workspaces/${w.id}:start`, undefined,
			{ expect: 202 });
		await site.admin.phase(w.id, 'ERROR');
		assert.equal((await site.admin.workspace(w.id)).error_reason,
			'DataLost');
		assert.deepEqual(volumes(w.id), []);
		await site.admin.remove(w.id);
		doctor(site, 'homes')('warn', new RegExp(`rm ${note(site, w)}$`));
		fs.unlinkSync(note(site, w));
	});

	it('doctor tells of a volume without a note, and how to mend it', async (site) => {
		const w = await site.admin.running();
		assert.equal(await site.admin.counter(w), 1);
		await stop(site, w);
		doctor(site, 'homes')('ok', /^\d+ homes/);
		const [volume] = volumes(w.id);
		fs.unlinkSync(note(site, w));
		doctor(site, 'homes')('warn', new RegExp(`echo ${volume} > `));
		fs.writeFileSync(note(site, w), `${volume}\n`);
		await site.admin.navigate(w.path);
		await site.admin.phase(w.id, 'RUNNING');
		assert.equal(await site.admin.counter(w), 2);
		await site.admin.remove(w.id);
	});

	it('the engine is killed in mid-archive and comes back: nothing is lost', async (site) => {
		const w = await site.admin.running();
		for (let i = 0; i < 20; i++)
			await put(site, w, `f${i}`, randomBytes(1 << 20));
		await site.admin.patch(w.id, { desired_state: 'PENDING' });
		await until(async () => ['ARCHIVING', 'NONE'].includes(
			(await site.admin.workspace(w.id)).operation), 'ARCHIVING',
		{ every: 5 });
		containers('kill', DIR);
		await site.pass();
		assert.notEqual((await site.admin.workspace(w.id)).error_reason,
			'DataLost');
		containers('up', DIR);
		await until(async () => {
			await site.pass();
			return (await site.admin.workspace(w.id)).phase === 'ARCHIVED';
		}, 'it to be archived', { every: 1000, timeout: 90_000 });
		await restore(site, w);
		for (let i = 0; i < 20; i++)
			assert.equal((await get(site, w, `f${i}`)).bytes.length,
				1 << 20);
		await site.admin.remove(w.id);
	});

	it('the engine is killed in mid-restore and comes back: it is whole', async (site) => {
		const w = await site.admin.running();
		const bytes = randomBytes(1 << 20);
		for (let i = 0; i < 20; i++)
			await put(site, w, `f${i}`, bytes);
		await site.admin.patch(w.id, { desired_state: 'PENDING' });
		await site.admin.phase(w.id, 'ARCHIVED');
		await site.admin.api('POST', `/workspaces/${w.id}:restore`,
			undefined, { expect: 202 });
		await until(() => volumes(w.id).length > 0, 'its volume', { every: 5 });
		containers('kill', DIR);
		await site.pass();
		containers('up', DIR);
		await until(async () => {
			await site.pass();
			return (await site.admin.workspace(w.id)).phase === 'RUNNING';
		}, 'it to run', { every: 1000, timeout: 90_000 });
		for (let i = 0; i < 20; i++)
			assert.ok((await get(site, w, `f${i}`)).bytes.equals(bytes));
		// what the try has left goes with the next pass
		await until(async () => {
			await site.pass();
			return volumes(w.id).length === 1;
		}, 'no volume but its own', { every: 1000 });
		await site.admin.remove(w.id);
	});
});
