// Administration of things as people do it, with and without JavaScript:
// finding workspaces, the same wish for many, errors, archives of nobody.
// SPEC section 9.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { app, button, KINDS, link, until, withSite } from './site.mjs';

const apps = app('wsapp') +
	app('missing', '', { command: '/nowhere/program --socket {socket}' });
const settings = { stranger_seconds: 0, max_retries: 1 };

withSite('administration of things', { apps, settings }, (it) => {
	for (const [kind, options] of KINDS) {
		it(`find, preview, stop and archive, ${kind}`, async (site) => {
			const kim = await site.addUser(`kim ${kind}`);
			const page = await site.page({ as: site.admin, ...options });
			const find = async (filter) => {
				await page.goto('/admin/workspaces');
				await page.getByLabel('Filter').fill(filter);
				await button(page, 'Search').click();
			};
			const awake = await kim.running({ name: 'A <b>plan</b>' });
			const asleep = await kim.create({ name: 'asleep' });
			await kim.api('POST', `/workspaces/${asleep.id}:stop`);
			await kim.phase(asleep.id, 'STANDBY');
			const mine = `owner:"${kim.name}"`;

			await find(`${mine} colour:red`);
			await page.getByText('colour:red is no key').waitFor();
			assert.equal(await page.getByLabel('Filter').inputValue(),
				`${mine} colour:red`);
			await find(`${mine} phase:running idle<1h`);
			await page.getByText('1 workspace', { exact: true }).waitFor();
			await link(page, 'A <b>plan</b>', { exact: true }).waitFor();

			// the chosen: nothing before it is confirmed
			await find(mine);
			await page.getByText('2 workspaces', { exact: true }).waitFor();
			await page.getByLabel('Choose A <b>plan</b>').check();
			await page.getByLabel('With several at once').selectOption('stop');
			await button(page, 'Preview for the chosen').click();
			await page.getByText('1 would change, 0 would not.').waitFor();
			assert.equal((await kim.workspace(awake.id)).desired_state, 'RUNNING');
			await button(page, 'Do it').click();
			await page.getByText('1 done, 0 left as they are.').waitFor();
			await kim.phase(awake.id, 'STANDBY');

			// all that fit: one by one what happens, and what does not
			await find(mine);
			await page.getByLabel('With several at once').selectOption('stop');
			await button(page, 'Preview for all 2').click();
			await page.getByText('0 would change, 2 would not.').waitFor();
			assert.equal(await page.getByText('is so already').count(), 2);
			assert.equal(await button(page, 'Do it').count(), 0);
			await link(page, 'Cancel').click();
			await page.getByLabel('With several at once').selectOption('archive');
			await button(page, 'Preview for all 2').click();
			await button(page, 'Do it').click();
			await page.getByText('2 done').waitFor();
			await kim.phase(awake.id, 'ARCHIVED');
			await kim.phase(asleep.id, 'ARCHIVED');

			// nothing chosen: said, and nothing done
			await find(mine);
			await button(page, 'Preview for the chosen').click();
			await page.getByText('No workspace was chosen.').waitFor();
			await page.context().close();
		});

		it(`errors, and Recover for all, ${kind}`, async (site) => {
			const page = await site.page({ as: site.admin, ...options });
			const { id } = await site.admin.create(
				{ name: `sick ${kind}`, app: 'missing' });
			const sick = await site.admin.phase(id, 'ERROR');

			await page.goto('/admin/errors');
			await link(page, `sick ${kind}`, { exact: true }).waitFor();
			await page.getByText('/nowhere/program').first().waitFor();
			await page.goto('/admin/apps');
			await page.getByText('its program is not there').first().waitFor();
			await page.goto('/admin/errors');
			await button(page, 'Recover all').click();
			await page.getByText('its error is cleared').first().waitFor();
			await button(page, 'Do it').click();
			await page.getByText(/^1 done/).waitFor();
			await until(async () =>
				(await site.admin.workspace(id)).rev > sick.rev + 1,
			'another look');
			await site.admin.remove(id);
			await page.context().close();
		});

		it(`archives of nobody: looked for, then taken away, ${kind}`, async (site) => {
			const page = await site.page({ as: site.admin, ...options });
			const key = `${randomUUID()}/${randomUUID()}`;
			const folder = `${site.dir}/archives/${key}`;
			// how many would go: the page follows it; without scripts one
			// presses reload
			const would = (many) => until(async () => {
				if (options.javaScriptEnabled === false) await page.reload();
				return await page.locator('#survey .checks .num').first()
					.textContent() === many;
			}, `${many} that would go`);
			const row = (text) => page.locator('li', { hasText: key })
				.getByText(text).first().waitFor();

			fs.mkdirSync(folder, { recursive: true });
			fs.writeFileSync(`${folder}/home.tar.zst`, 'left over');
			await page.goto('/admin/archives');
			await button(page, /^Look/).click();
			await would('1');
			await page.reload();
			await row('would go now');
			assert.ok(fs.existsSync(folder));
			await button(page, 'Take away what may go').click();
			await until(() => !fs.existsSync(folder), 'it to be taken away');
			await would('0');
			await page.reload();
			await row('taken away');
			// archives in use are still there
			const { json } = await site.admin.api('GET',
				'/admin/archives?why=current', undefined, { expect: 200 });
			assert.ok(json.items.length >= 2);
			assert.ok(json.items.every((a) => a.owner && a.bytes > 0 && !a.gone));
			await page.context().close();
		});
	}
});
