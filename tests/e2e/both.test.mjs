// Containers, volumes and an object store together: F1 to F8 of SPEC section 2
// as one site has them, the store cut off in the middle of an upload and the
// engine killed in the middle of a start, both to come back later.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
	apps, conf, containers, DIR, docker, its, startDocker, volumes,
} from './docker.mjs';
import { LONG, names, run, s3cmd, storeOf, way } from './s3.mjs';
import { BIN, until, withSite } from './site.mjs';

startDocker();

const put = (site, w, name, body) =>
	site.admin.request('PUT', `${w.path}put/${name}`, { body });
const get = async (site, w, name) => (await site.admin.request('GET',
	`${w.path}file/${name}`)).bytes;
const verb = (site, w, what) => site.admin.api('POST',
	`/workspaces/${w.id}:${what}`, undefined, { expect: 202 });

// As an administrator would: what is in ERROR for good is recovered.
async function comesTo(site, w, phase) {
	await until(async () => {
		await site.pass();
		const now = await site.admin.workspace(w.id);
		if (now.status === 'ERROR' && !now.next_retry_at)
			await verb(site, w, 'recover');
		return now.phase === phase;
	}, phase, { ...LONG, every: 1000 });
}

withSite('volumes and S3 together', {
	conf: `${conf}home = volume\n`,
	apps,
	settings: { orphan_seconds: 0, retry_base_seconds: 1 },
	names: async (site) => {
		const more = await storeOf(site);
		await s3cmd('mb', 's3://homes');
		return more;
	},
}, (it) => {
	const bytes = randomBytes(1 << 20);
	let w;

	it('F1 created, it runs', async (site) => {
		// the mark without which nothing is collected
		const r = await run(`${BIN}/roostctl`, ['--site', site.dir, 'doctor']);
		assert.match(r.stdout, /^ok +store/m);
		w = await site.admin.running();
		assert.equal(its(w.id).length, 1);
		assert.equal(volumes(w.id).length, 1);
		assert.equal(await site.admin.counter(w), 1);
		await put(site, w, 'kept', bytes);
	});

	it('F5 stopped, F2 woken by a visit', async (site) => {
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await site.admin.phase(w.id, 'STANDBY');
		assert.deepEqual(its(w.id), []);
		await site.admin.navigate(w.path);
		await site.admin.phase(w.id, 'RUNNING');
		assert.equal(await site.admin.counter(w), 2);
	});

	it('F3 idle, it sleeps, and is archived', async (site) => {
		await site.admin.patch(w.id,
			{ standby_ttl_seconds: 2, archive_ttl_seconds: 4 });
		await comesTo(site, w, 'ARCHIVED');
		assert.deepEqual(its(w.id), []);
		await until(() => volumes(w.id).length === 0, 'the volume to go');
		const { archive_key } = await site.admin.workspace(w.id);
		assert.ok((await names()).includes(`${archive_key}/home.tar.zst.meta`));
		await site.admin.patch(w.id,
			{ standby_ttl_seconds: 0, archive_ttl_seconds: 0 });
	});

	it('F4 restored, it is as it was', async (site) => {
		await verb(site, w, 'restore');
		await comesTo(site, w, 'RUNNING');
		assert.ok((await get(site, w, 'kept')).equals(bytes));
		assert.equal(await site.admin.counter(w), 3);
	});

	it('F6 archived, the store cut off in mid-upload: the home stays', async (site) => {
		for (let i = 0; i < 12; i++)
			await put(site, w, `f${i}`, randomBytes(1 << 20));
		way.cut(7_000_000);
		await site.admin.patch(w.id, { desired_state: 'ARCHIVED' });
		await until(async () =>
			(await site.admin.workspace(w.id)).error_count > 0,
		'it to fail', LONG);
		assert.equal(volumes(w.id).length, 1);
		assert.equal((await site.admin.workspace(w.id)).error_reason,
			'Unreachable');
		way.join();
		await comesTo(site, w, 'ARCHIVED');
		await until(() => volumes(w.id).length === 0, 'the volume to go');
	});

	it('the engine killed in mid-start: it runs later, once', async (site) => {
		await verb(site, w, 'restore');
		await until(async () => (await site.admin.workspace(w.id))
			.operation === 'STARTING', 'STARTING', { ...LONG, every: 20 });
		containers('kill', DIR);
		await site.pass();
		assert.notEqual((await site.admin.workspace(w.id)).error_reason,
			'DataLost');
		containers('up', DIR);
		await comesTo(site, w, 'RUNNING');
		assert.equal(its(w.id).length, 1);
		assert.ok((await get(site, w, 'kept')).equals(bytes));
		assert.equal((await get(site, w, 'f11')).length, 1 << 20);
	});

	it('both are away at once, and come back one after the other', async (site) => {
		containers('kill', DIR);
		way.cut();
		await site.admin.patch(w.id, { desired_state: 'ARCHIVED' });
		await site.pass();
		await site.pass();
		containers('up', DIR);
		await site.pass();
		assert.equal(volumes(w.id).length, 1);
		assert.notEqual((await site.admin.workspace(w.id)).error_reason,
			'DataLost');
		way.join();
		await comesTo(site, w, 'ARCHIVED');
		await verb(site, w, 'restore');
		await comesTo(site, w, 'RUNNING');
		assert.ok((await get(site, w, 'kept')).equals(bytes));
	});

	it('F8 a program that is not there is said; recovered, it runs', async (site) => {
		docker('tag', 'roost-test:1', 'aside:1');
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await site.admin.phase(w.id, 'STANDBY');
		docker('rmi', 'roost-test:1');
		await verb(site, w, 'start');
		const seen = await site.admin.phase(w.id, 'ERROR');
		assert.equal(seen.error_reason, 'ImageNotFound');
		assert.equal(volumes(w.id).length, 1);
		docker('tag', 'aside:1', 'roost-test:1');
		await verb(site, w, 'recover');
		await comesTo(site, w, 'RUNNING');
		assert.ok((await get(site, w, 'kept')).equals(bytes));
	});

	it('F7 deleted, all of it goes', async (site) => {
		site.set('undo_hours', 0);
		await site.admin.remove(w.id);
		assert.deepEqual(its(w.id), []);
		await until(async () => {
			await site.pass();
			await run(`${BIN}/roostctl`, ['--site', site.dir, 'gc']);
			return volumes(w.id).length === 0 &&
				(await names()).join() === 'roost-site';
		}, 'volume and archives to go', { ...LONG, every: 1000 });
		assert.equal(docker('ps', '-aq'), '');
	});
});
