// F1: a workspace made in the browser runs without further action. SPEC
// section 2.

import assert from 'node:assert/strict';
import { until, withSite } from './site.mjs';

async function logIn(page, site) {
	await page.goto('/');
	await page.getByLabel('User name').fill('admin');
	await page.getByLabel('Password').fill(site.password);
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.getByRole('heading', { name: 'My workspaces' }).waitFor();
}

async function create(page, name) {
	if (!await page.getByLabel('Name', { exact: true }).isVisible())
		await page.getByText('New workspace').click();
	await page.getByLabel('Name', { exact: true }).fill(name);
	await page.getByLabel('Application').selectOption('wsapp');
	await page.getByRole('button', { name: 'Create and start' }).click();
}

withSite('F1 create', {}, (it) => {
	it('by the form, with JavaScript: it becomes open-able by itself', async (site) => {
		const page = await site.page();
		await logIn(page, site);
		await create(page, 'First <b>light</b>');
		await page.getByRole('link', { name: /^Open/ }).click();
		await page.getByText('ws echo hello').waitFor();
		assert.match(page.url(), /\/w\/[0-9a-f-]{36}\/$/);
		await page.context().close();
	});

	it('by the form, without JavaScript', async (site) => {
		const page = await site.page({ javaScriptEnabled: false });
		await logIn(page, site);
		await create(page, 'Plain');
		await page.goto('/');
		const row = page.locator('li.ws', { hasText: 'Plain' });
		const open = row.getByRole('link', { name: /^Open/ });
		await until(async () => {
			await page.reload();
			return open.isVisible();
		}, 'a link to open the workspace');
		await open.click();
		assert.match(page.url(), /\/w\/[0-9a-f-]{36}\/$/);
		assert.equal(await page.locator('#counter').textContent(), '1');
		await page.context().close();
	});

	it('by the API: 201, Location, the same answer for the same key', async (site) => {
		const body = { name: 'api', app: 'wsapp' };
		const headers = { 'Idempotency-Key': 'k-1' };
		const one = await site.admin.api('POST', '/workspaces', body,
			{ expect: 201, headers });
		const two = await site.admin.api('POST', '/workspaces', body,
			{ headers });
		assert.equal(one.json.desired_state, 'RUNNING');
		assert.equal(one.json.path, `/w/${one.json.id}/`);
		assert.match(one.headers.location, new RegExp(one.json.id));
		assert.equal(two.json.id, one.json.id);
		const w = await site.admin.phase(one.json.id, 'RUNNING');
		assert.equal(w.error_count, 0);

		const { json } = await site.admin.api('GET',
			`/workspaces/${w.id}/operations`);
		const done = json.items.map((o) => `${o.operation} ${o.result}`);
		assert.deepEqual(done.reverse(), ['PROVISIONING ok', 'STARTING ok']);
	});

	it('a form that is not good is said so, and nothing is made', async (site) => {
		const had = (await site.admin.api('GET', '/workspaces')).json.total;
		for (const [body, field] of [
			[{ name: '', app: 'wsapp' }, 'name'],
			[{ name: 'x'.repeat(256), app: 'wsapp' }, 'name'],
			[{ name: 'x', app: 'no-such-app' }, 'app'],
			[{ name: 'x', nonsense: 1 }, 'nonsense'],
			[{ app: 'wsapp' }, 'name'],
		]) {
			const { json } = await site.admin.api('POST', '/workspaces',
				body, { expect: 400 });
			assert.equal(json.error.code, 'INVALID_REQUEST');
			assert.equal(json.error.field, field);
		}
		assert.equal((await site.admin.api('GET', '/workspaces')).json.total,
			had);
	});
});
