// F4 restore, F5 stop, F6 archive: the way down and up again, and what is in
// the home survives it. SPEC section 2.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { app, until, withSite } from './site.mjs';

const apps = app('wsapp') + app('stubborn', '--ignore-term --fork-children 5');

withSite('F4 F5 F6', { apps }, (it) => {
	it('stop: 200, the instance goes, the home stays', async (site) => {
		const w = await site.admin.running();
		assert.equal(await site.admin.counter(w), 1);
		const rs = await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		assert.equal(rs.json.desired_state, 'STANDBY');
		await site.admin.phase(w.id, 'STANDBY');
		assert.ok(fs.existsSync(`${site.dir}/homes/ws-${w.id}-home/counter`));
		await site.admin.api('POST', `/workspaces/${w.id}:start`, undefined,
			{ expect: 202 });
		await site.admin.phase(w.id, 'RUNNING');
		assert.equal(await site.admin.counter(w), 2);
		await site.admin.api('POST', `/workspaces/${w.id}:stop`, undefined,
			{ expect: 202 });
		await site.admin.phase(w.id, 'STANDBY');
		await site.admin.remove(w.id);
	});

	it('stop ends the whole tree, children with sessions of their own too', async (site) => {
		const w = await site.admin.running({ app: 'stubborn' });
		const tree = () => site.processes().filter((p) =>
			p.args.includes('--fork-children'));
		await until(() => tree().length >= 6, 'its children');
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await site.admin.phase(w.id, 'STANDBY');
		await until(() => tree().length === 0, 'the tree to be gone');
		await site.admin.remove(w.id);
	});

	it('archive: stops, packs, verifies, removes the home; restore brings it back', async (site) => {
		const w = await site.admin.running();
		const bytes = randomBytes(900_000);
		const put = await site.admin.request('PUT', `${w.path}put/blob`,
			{ body: bytes });
		assert.equal(put.status, 201, put.text);
		assert.equal(await site.admin.counter(w), 1);

		const rs = await site.admin.patch(w.id, { desired_state: 'PENDING' });
		assert.equal(rs.json.desired_state, 'PENDING');
		const packed = await site.admin.phase(w.id, 'ARCHIVED');
		assert.equal(packed.status, 'PENDING');
		assert.ok(packed.archive_key);
		assert.ok(!fs.existsSync(`${site.dir}/homes/ws-${w.id}-home`));
		const [op] = fs.readdirSync(`${site.dir}/archives/${w.id}`);
		const meta = JSON.parse(fs.readFileSync(
			`${site.dir}/archives/${w.id}/${op}/home.tar.zst.meta`, 'utf8'));
		assert.match(meta.sha256, /^[0-9a-f]{64}$/);

		const back = await site.admin.api('POST',
			`/workspaces/${w.id}:restore`, undefined, { expect: 202 });
		assert.equal(back.json.desired_state, 'RUNNING');
		await site.admin.phase(w.id, 'RUNNING');
		const got = await site.admin.request('GET', `${w.path}file/blob`);
		assert.ok(got.bytes.equals(bytes), 'the file is another one now');
		assert.equal(await site.admin.counter(w), 2);

		const { json } = await site.admin.api('GET',
			`/workspaces/${w.id}/operations`);
		assert.deepEqual(json.items.map((o) => o.operation).reverse(),
			['PROVISIONING', 'STARTING', 'STOPPING', 'ARCHIVING',
				'RESTORING', 'STARTING']);
		await site.admin.remove(w.id);
	});

	it('archive by the button, and the page follows it there and back', async (site) => {
		const w = await site.admin.running({ name: 'clicked' });
		const page = await site.page({ as: site.admin });
		await page.goto(`/workspaces/${w.id}`);
		await page.getByRole('button', { name: /^Archive/ }).click();
		await page.locator('.pill', { hasText: 'Archived' }).waitFor();
		await page.getByRole('button', { name: /^Restore/ }).click();
		await page.locator('.pill', { hasText: 'Running' }).waitFor();
		await page.getByRole('button', { name: /^Stop/ }).click();
		await page.locator('.pill', { hasText: 'Asleep' }).waitFor();
		await page.context().close();
		await site.admin.remove(w.id);
	});

	it('a visit while it is being archived gets it awake, nothing lost', async (site) => {
		const w = await site.admin.running();
		for (let i = 0; i < 40; i++)
			await site.admin.request('PUT', `${w.path}put/f${i}`,
				{ body: randomBytes(1 << 20) });
		await site.admin.patch(w.id, { desired_state: 'PENDING' });
		await until(async () => ['ARCHIVING', 'NONE'].includes(
			(await site.admin.workspace(w.id)).operation), 'ARCHIVING',
		{ every: 5 });
		await site.admin.patch(w.id, { desired_state: 'RUNNING' });
		await site.admin.phase(w.id, 'RUNNING');
		const rs = await site.admin.request('GET', `${w.path}file/f39`);
		assert.equal(rs.bytes.length, 1 << 20);
		await site.admin.remove(w.id);
	});

	it('the same wish twice, and wishes that race, end where the last one said', async (site) => {
		const w = await site.admin.running();
		for (const wish of ['STANDBY', 'STANDBY', 'PENDING', 'RUNNING',
			'STANDBY', 'RUNNING', 'PENDING', 'STANDBY'])
			await site.admin.patch(w.id, { desired_state: wish });
		await site.admin.phase(w.id, 'STANDBY');
		await Promise.all(['RUNNING', 'STANDBY', 'RUNNING', 'PENDING'].map(
			(wish) => site.admin.patch(w.id, { desired_state: wish })));
		await site.admin.patch(w.id, { desired_state: 'RUNNING' });
		await site.admin.phase(w.id, 'RUNNING');
		await site.admin.remove(w.id);
	});

	it('If-Match: who lost gets 412', async (site) => {
		const w = await site.admin.running();
		const { headers: { etag } } = await site.admin.api('GET',
			`/workspaces/${w.id}`);
		await site.admin.patch(w.id, { memo: 'newer' });
		await site.admin.api('PATCH', `/workspaces/${w.id}`, { memo: 'lost' },
			{ expect: 412, headers: { 'If-Match': etag } });
		assert.equal((await site.admin.workspace(w.id)).memo, 'newer');
		await site.admin.remove(w.id);
	});
});
