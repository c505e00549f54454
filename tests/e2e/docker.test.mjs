// The life of a workspace in a container: F1 to F8 with a real Docker, and
// what becomes of it when the engine dies in the middle. SPEC sections 2, 5.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import {
	apps as given, conf, containers, DIR, docker, doctor, its, startDocker,
} from './docker.mjs';
import { app, until, withSite } from './site.mjs';

startDocker();
const apps = given + app('nowhere', '', { image: 'no-such-image:1' });

// what failed while the engine was down is tried again soon
const settings = { retry_base_seconds: 1 };

withSite('workspaces in containers', { conf, apps, settings }, (it) => {
	it('create, WebSocket, stop, wake, archive, restore, delete', async (site) => {
		const w = await site.admin.running();
		assert.equal(its(w.id).length, 1);
		assert.equal(await site.admin.counter(w), 1);
		const ws = await site.admin.ws(`${w.path}ws`);
		ws.send('hello');
		assert.equal(await ws.next(), 'hello');
		await site.pass();
		assert.equal((await site.admin.workspace(w.id)).connections, 1);
		ws.close();

		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await site.admin.phase(w.id, 'STANDBY');
		assert.deepEqual(its(w.id), []);
		const visit = await site.admin.navigate(w.path);
		assert.ok([200, 503].includes(visit.status), `${visit.status}`);
		await site.admin.phase(w.id, 'RUNNING');
		assert.equal(await site.admin.counter(w), 2);

		const bytes = randomBytes(900_000);
		await site.admin.request('PUT', `${w.path}put/blob`, { body: bytes });
		await site.admin.patch(w.id, { desired_state: 'PENDING' });
		await site.admin.phase(w.id, 'ARCHIVED');
		assert.deepEqual(its(w.id), []);
		assert.ok(!fs.existsSync(`${site.dir}/homes/ws-${w.id}-home`));
		await site.admin.api('POST', `/workspaces/${w.id}:restore`,
			undefined, { expect: 202 });
		await site.admin.phase(w.id, 'RUNNING');
		const got = await site.admin.request('GET', `${w.path}file/blob`);
		assert.ok(got.bytes.equals(bytes), 'the file is another one now');

		await site.admin.remove(w.id);
		assert.deepEqual(its(w.id), []);
	});

	it('an image that is not there: ERROR, and the engine\'s own words', async (site) => {
		const w = await site.admin.create({ app: 'nowhere' });
		const seen = await site.admin.phase(w.id, 'ERROR');
		assert.equal(seen.error_reason, 'ImageNotFound');
		assert.match(seen.error_message, /no-such-image:1/);
		await site.admin.remove(w.id);
	});

	it('doctor knows the engine, and says which image is missing', (site) => {
		const has = doctor(site, 'docker');
		has('ok', /^Docker 20/);
		has('ok', /^wsapp: image roost-test:1/);
		has('fail', /^nowhere: .*docker pull no-such-image:1/);
	});

	it('its container is killed: the next pass starts it again', async (site) => {
		const w = await site.admin.running();
		const [was] = its(w.id);
		docker('kill', was);
		await until(async () => {
			await site.pass();
			return its(w.id).length === 1 && its(w.id)[0] !== was;
		}, 'another container', { every: 500 });
		await site.admin.phase(w.id, 'RUNNING');
		assert.equal(await site.admin.counter(w), 1);
		await site.admin.remove(w.id);
	});

	it('the engine is killed in mid-start and comes back: it runs, once', async (site) => {
		const w = await site.admin.create({ app: 'slow' });
		await until(() => its(w.id).length === 1, 'its container');
		containers('kill', DIR);
		await site.pass();
		const seen = await site.admin.workspace(w.id);
		assert.notEqual(seen.error_reason, 'DataLost');
		assert.notEqual(seen.phase, 'DELETED');
		assert.ok(fs.existsSync(`${site.dir}/homes/ws-${w.id}-home`));
		containers('up', DIR);
		await until(async () => {
			await site.pass();
			return (await site.admin.workspace(w.id)).phase === 'RUNNING';
		}, 'it to run', { every: 1000, timeout: 90_000 });
		assert.equal(its(w.id).length, 1);
		await site.admin.remove(w.id);
	});

	it('the engine is killed in mid-archive and comes back: nothing is lost', async (site) => {
		const w = await site.admin.running();
		for (let i = 0; i < 20; i++)
			await site.admin.request('PUT', `${w.path}put/f${i}`,
				{ body: randomBytes(1 << 20) });
		await site.admin.patch(w.id, { desired_state: 'PENDING' });
		await until(async () => {
			const now = await site.admin.workspace(w.id);
			return now.operation === 'ARCHIVING' || now.phase === 'ARCHIVED';
		}, 'the archive to begin', { every: 5 });
		containers('kill', DIR);
		await site.pass();
		assert.notEqual((await site.admin.workspace(w.id)).error_reason,
			'DataLost');
		containers('up', DIR);
		await until(async () => {
			await site.pass();
			return (await site.admin.workspace(w.id)).phase === 'ARCHIVED';
		}, 'it to be archived', { every: 1000, timeout: 90_000 });
		await site.admin.api('POST', `/workspaces/${w.id}:restore`,
			undefined, { expect: 202 });
		await site.admin.phase(w.id, 'RUNNING');
		const rs = await site.admin.request('GET', `${w.path}file/f19`);
		assert.equal(rs.bytes.length, 1 << 20);
		await site.admin.remove(w.id);
		assert.equal(docker('ps', '-aq'), '');
	});
});
