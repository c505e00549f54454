// The pages as people use them, in a real browser, with and without
// JavaScript. SPEC section 9.

import assert from 'node:assert/strict';
import { button, KINDS, link, until, withSite } from './site.mjs';

withSite('pages', {}, (it) => {
	it('what changes takes neither the focus nor what is open', async (site) => {
		const lee = await site.addUser('lee');
		const [one, two] = [await lee.create({ name: 'one' }),
			await lee.create({ name: 'two' })];
		const page = await site.page({ as: lee,
			viewport: { width: 360, height: 300 } });
		const renamed = async (name) => {
			await lee.api('PATCH', `/workspaces/${two.id}`, { name },
				{ expect: 200 });
			await page.getByRole('heading', { name }).waitFor();
		};
		const has = () => page.evaluate(() => document.activeElement.textContent);

		await lee.phase(one.id, 'RUNNING');
		await lee.phase(two.id, 'RUNNING');
		await page.goto('/');
		await button(page, /^Stop.*: one$/).focus();
		const y = await page.evaluate(() => scrollY);
		await renamed('two again');
		assert.equal(await has(), 'Stop: one');
		assert.equal(await page.evaluate(() => scrollY), y);
		// what is pressed goes, and leaves the focus to what comes
		await page.goto(`/workspaces/${one.id}`);
		await button(page, /^Stop/).focus();
		await lee.api('POST', `/workspaces/${one.id}:stop`, undefined,
			{ expect: 202 });
		await button(page, /^Start/).waitFor();
		assert.ok(await page.evaluate(() =>
			document.activeElement.matches('#now a, #now button')));
		await page.context().close();
	});

	for (const [kind, options] of KINDS) {
		it(`the trash, ${kind}`, async (site) => {
			const tom = await site.addUser(`tom ${kind}`);
			const page = await site.page({ as: tom, ...options });
			const ws = await tom.create({ name: 'A <b>plan</b>' });

			await page.goto(`/workspaces/${ws.id}`);
			await link(page, /^Delete/).click();
			await page.getByText('A <b>plan</b>').first().waitFor();
			await button(page, 'Delete workspace').click();
			await page.getByText('Deleted.').first().waitFor();
			await link(page, /^All in the trash/).click();
			await page.getByRole('heading', { name: 'Trash' }).waitFor();
			await until(async () => {
				await page.reload();
				return page.getByText('Can be undone until').isVisible();
			}, 'the date until which it can be undone');
			const { json } = await tom.api('GET', '/trash', undefined, { expect: 200 });
			assert.equal(json.total, 1);
			assert.equal(json.items[0].id, ws.id);
			assert.ok(Date.parse(json.items[0].purge_at) > Date.now());
			await button(page, /^Undo delete/).click();
			await page.getByText('It comes back.').waitFor();
			await page.goto('/trash');
			await page.getByText('The trash is empty').waitFor();
			await tom.phase(ws.id, 'STANDBY');
			await page.context().close();
		});

		it(`my account, ${kind}`, async (site) => {
			const eve = await site.addUser(`eve ${kind}`);
			const other = await site.login(eve.name, eve.password);
			const page = await site.page({ as: eve, ...options });
			const row = (text) => page.locator('li', { hasText: text });

			await page.goto('/');
			await link(page, 'My account').click();
			await row('This one').waitFor();
			assert.equal(await button(page, /^End(?! all)/).count(), 1);

			// a token: shown once, works, is revoked
			await page.getByLabel('What it is for').fill('ci');
			await page.getByLabel('Expires after').selectOption('30');
			await button(page, 'Make a token').click();
			const token = await page.getByLabel('ci', { exact: true }).inputValue();
			const me = () => site.nobody().api('GET', '/session', undefined,
				{ headers: { 'X-Roost-Token': token } });
			assert.equal((await me()).json.username, eve.name);
			await page.goto('/account');
			assert.ok(!(await page.content()).includes(token));
			await button(page, /^Revoke/).click();
			await page.getByText('The token is revoked.').waitFor();
			assert.equal((await me()).status, 401);

			// the password: a wrong one is said to be, beside the form
			const change = async (old, fresh) => {
				await page.getByLabel('Your password now').fill(old);
				await page.getByLabel('New password', { exact: true }).fill(fresh);
				await page.getByLabel('New password once more').fill(fresh);
				await button(page, 'Change password').click();
			};
			await change('nonsense', 'battery staple');
			await page.getByRole('alert').getByText('That is not your password.')
				.waitFor();
			assert.equal(await page.getByLabel('Your password now')
				.getAttribute('aria-invalid'), 'true');
			assert.equal(await page.getByLabel('New password', { exact: true })
				.inputValue(), '');
			assert.equal((await other.api('GET', '/session')).status, 200);
			await change(eve.password, 'battery staple');
			await page.getByText('Your password is changed.').waitFor();
			assert.equal((await other.api('GET', '/session')).status, 401);
			assert.equal((await eve.api('GET', '/session')).status, 200);
			const again = await site.login(eve.name, 'battery staple');

			// sessions: all others
			await page.goto('/account');
			await button(page, 'End all others').click();
			await page.getByText('All other sessions have ended.').waitFor();
			assert.equal((await again.api('GET', '/session')).status, 401);
			await page.context().close();
			site.people = site.people.filter((p) => p !== other && p !== again);
		});
	}
});
