// Administration as administrators do it, in a real browser, with and without
// JavaScript: people, settings, the audit log. SPEC sections 8 and 9.

import assert from 'node:assert/strict';
import { app, button, KINDS, link, withSite } from './site.mjs';

withSite('administration', { apps: app('wsapp') }, (it) => {
	const press = (page, name) => button(page, name).click();
	const at = (page, path) => page.waitForURL((url) => url.pathname === path);

	for (const [kind, options] of KINDS) {
		it(`people, ${kind}`, async (site) => {
			const name = `kim ${kind}`;
			const page = await site.page({ as: site.admin, ...options });

			await page.goto('/admin');
			await link(page, 'Users').click();
			await page.getByText('New user').click();
			await page.getByLabel('Name to log in with').fill(name);
			await press(page, 'Add user');
			const given = await page.getByLabel('Password', { exact: true })
				.first().inputValue();
			assert.equal(given.length, 20);

			// the one who got it must choose another first
			const kim = await site.login(name, given);
			const own = await site.page({ as: kim, ...options });
			await own.goto('/');
			await at(own, '/account');
			await own.getByText('choose a password of your own').waitFor();
			await own.getByLabel('Your password now').fill(given);
			await own.getByLabel('New password', { exact: true }).fill('battery staple');
			await own.getByLabel('New password once more').fill('battery staple');
			await press(own, 'Change password');
			await own.goto('/');
			await at(own, '/');
			const ws = await kim.create({ name: 'a plan' });
			await kim.phase(ws.id, 'RUNNING');

			// found, limited, disabled, enabled
			await page.goto('/admin/users');
			await page.getByLabel('Name', { exact: true }).fill(name);
			await press(page, 'Search');
			await page.getByText('1 workspace, 1 running').waitFor();
			await page.getByRole('link', { name }).click();
			await page.getByLabel('Workspaces that may run').fill('7');
			await press(page, 'Save');
			await page.getByText('The user is changed.').waitFor();
			assert.equal(await page.getByLabel('Workspaces that may run').inputValue(), '7');
			await press(page, 'Disable');
			await page.getByText('their sessions have ended').waitFor();
			assert.equal((await kim.api('GET', '/session')).status, 401);
			await press(page, 'Enable');
			await page.getByText('may come in again').waitFor();

			// deleted: shown before it is done; the workspace goes to somebody
			await link(page, 'Delete user').click();
			await page.getByLabel('Hand them over').check();
			await page.getByLabel('New owner').fill('admin');
			await press(page, 'Show what will happen');
			await page.getByText('1 workspace goes to admin.').waitFor();
			await page.getByText('1 of them runs and is stopped.').waitFor();
			await press(page, 'Delete user');
			await page.getByText('The user is deleted.').waitFor();
			await site.admin.phase(ws.id, 'STANDBY');
			assert.equal((await site.nobody().api('POST', '/login', { username: name,
				password: 'battery staple' })).status, 401);
			site.people = site.people.filter((p) => p !== kim);
			await own.context().close();
			await page.context().close();
		});

		it(`settings and the audit log, ${kind}`, async (site) => {
			const { admin } = site;
			const page = await site.page({ as: admin, ...options });
			const idle = page.getByLabel('Idle until it is stopped');
			const ws = await admin.create({ name: kind });
			await admin.phase(ws.id, 'RUNNING');

			await page.goto('/admin');
			await link(page, 'Settings').click();
			const old = await idle.inputValue();
			await idle.fill('7777');
			await page.getByLabel('Whose idle times').selectOption('all');
			await press(page, 'Show what will happen');
			await page.getByText('get another idle time').waitFor();
			assert.equal((await admin.api('GET', `/workspaces/${ws.id}`)).json
				.standby_ttl_seconds, Number(old));
			await press(page, 'Save');
			await page.getByText('Saved.', { exact: true }).waitFor();
			assert.equal(await idle.inputValue(), '7777');
			assert.equal((await admin.api('GET', `/workspaces/${ws.id}`)).json
				.standby_ttl_seconds, 7777);
			await idle.fill(old);
			await page.getByLabel('Whose idle times').selectOption('same');
			await press(page, 'Show what will happen');
			await press(page, 'Save');
			await page.getByText('Saved.', { exact: true }).waitFor();

			await link(page, 'Audit log').click();
			await page.getByLabel('What', { exact: true })
				.selectOption('setting.change');
			await page.getByLabel('Who', { exact: true }).fill('ADMIN');
			await press(page, 'Search');
			const row = page.getByRole('listitem').filter({ hasText: '7777' }).first();
			await row.getByText('changed settings').waitFor();
			await row.getByText('standby_ttl_seconds').first().waitFor();
			await page.context().close();
			await admin.api('DELETE', `/workspaces/${ws.id}`);
		});
	}

	it('nobody else', async (site) => {
		const kim = await site.addUser('kim');
		assert.equal((await kim.api('GET', '/admin/users')).status, 403);
	});
});
