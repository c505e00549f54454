// F7: delete works from every state; the home goes into the trash at once.
// SPEC section 2.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { app, NAVIGATE, until, withSite } from './site.mjs';

const apps = app('wsapp') + app('slow', '--slow-start 4000') +
	app('broken', '--crash-at-start');

const homes = (site) => fs.readdirSync(`${site.dir}/homes`)
	.filter((n) => !n.startsWith('.'));
const trash = (site) => (fs.existsSync(`${site.dir}/homes/.trash`) ?
	fs.readdirSync(`${site.dir}/homes/.trash`) : []);

async function gone(site, id) {
	const w = await until(async () => {
		const w = await site.admin.workspace(id);
		return w.status === 'DELETED' && w;
	}, `${id} to be DELETED`);
	assert.ok(w.deleted_at);
	assert.ok(!homes(site).some((n) => n.includes(id)));
	assert.ok(!site.processes().some((p) => p.args.includes(`ws-${id}`)));
	const rs = await site.admin.request('GET', `/w/${id}/`,
		{ headers: NAVIGATE });
	assert.ok([404, 502].includes(rs.status), `${rs.status}`);
	await site.admin.api('POST', `/workspaces/${id}:start`, undefined, {})
		.then(({ status }) => assert.ok([404, 409].includes(status),
			`${status}`));
	const { json } = await site.admin.api('GET', '/workspaces');
	assert.ok(!json.items.some((w) => w.id === id));
}

withSite('F7 delete', { apps }, (it) => {
	const states = {
		RUNNING: (site) => site.admin.running(),
		STANDBY: async (site) => {
			const { id } = await site.admin.running();
			await site.admin.patch(id, { desired_state: 'STANDBY' });
			return site.admin.phase(id, 'STANDBY');
		},
		ARCHIVED: async (site) => {
			const { id } = await site.admin.running();
			await site.admin.patch(id, { desired_state: 'ARCHIVED' });
			return site.admin.phase(id, 'ARCHIVED');
		},
		ERROR: async (site) => {
			const { id } = await site.admin.create({ app: 'broken' });
			return until(async () => {
				const w = await site.admin.workspace(id);
				return w.phase === 'ERROR' && w;
			}, 'ERROR');
		},
		STARTING: async (site) => {
			const { id } = await site.admin.create({ app: 'slow' });
			return until(async () => {
				const w = await site.admin.workspace(id);
				return w.operation === 'STARTING' && w;
			}, 'STARTING');
		},
		PENDING: (site) => site.admin.create(),
	};

	for (const [name, reach] of Object.entries(states)) {
		it(`from ${name}`, async (site) => {
			const { id } = await reach(site);
			const rs = await site.admin.api('DELETE', `/workspaces/${id}`,
				undefined, { expect: 204 });
			assert.equal(rs.text, '');
			await gone(site, id);
			if (name === 'RUNNING' || name === 'STANDBY')
				assert.ok(trash(site).some((n) => n.includes(id)));
		});
	}

	it('twice is no mistake that harms; of nothing is 404', async (site) => {
		const { id } = await site.admin.running();
		await site.admin.remove(id);
		const again = await site.admin.api('DELETE', `/workspaces/${id}`);
		assert.ok([204, 404].includes(again.status), `${again.status}`);
		await site.admin.api('DELETE',
			'/workspaces/00000000-0000-4000-8000-000000000000', undefined,
			{ expect: 404 });
	});

	it('by the page: asks first, then it is out of the list', async (site) => {
		const w = await site.admin.running({ name: 'goner' });
		const page = await site.page({ as: site.admin });
		await page.goto(`/workspaces/${w.id}`);
		await page.getByRole('link', { name: /^Delete/ }).click();
		await page.locator('main').getByText('goner').waitFor();
		assert.equal((await site.admin.workspace(w.id)).phase, 'RUNNING');
		await page.locator('form[action$="/delete"] button').click();
		await page.getByRole('heading', { name: 'My workspaces' }).waitFor();
		await gone(site, w.id);
		await page.context().close();
	});

	it('with undo_hours 0 the home is purged', async (site) => {
		const { id } = await site.admin.running();
		site.set('undo_hours', 0);
		await site.admin.api('DELETE', `/workspaces/${id}`, undefined,
			{ expect: 204 });
		await gone(site, id);
		await until(async () => {
			await site.pass();
			return !trash(site).some((n) => n.includes(id));
		}, 'the trash to be purged');
		site.set('undo_hours', 24);
	});

	it('undone within its time, everything is as it was', async (site) => {
		const w = await site.admin.running();
		await site.admin.request('PUT', `${w.path}put/kept`, { body: 'kept' });
		await site.admin.remove(w.id);
		await site.admin.api('POST', `/workspaces/${w.id}:undelete`,
			undefined, { expect: 202 });
		await site.admin.api('POST', `/workspaces/${w.id}:start`, undefined,
			{ expect: 202 });
		await site.admin.phase(w.id, 'RUNNING');
		const rs = await site.admin.request('GET', `${w.path}file/kept`);
		assert.equal(rs.text, 'kept');
		await site.admin.remove(w.id);
	});
});
