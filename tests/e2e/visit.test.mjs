// What a workspace's page and its loading page tell, in a real browser, with
// and without JavaScript: archives and the way back, usual times, pages of a
// long list, the viewer's zone.

import assert from 'node:assert/strict';
import { button, KINDS, link, until, withSite } from './site.mjs';

withSite('a workspace', {}, (it) => {
	const put = (who, w, text) =>
		who.request('PUT', `${w.path}put/word`, { body: text });
	const word = async (who, w) =>
		(await who.request('GET', `${w.path}file/word`)).text;

	for (const [kind, options] of KINDS)
		it(`goes back to an older archive, and to what was there, ${kind}`, async (site) => {
			const ann = await site.addUser(`ann ${kind}`);
			const w = await ann.running({ name: 'book' });
			const page = await site.page({ as: ann, ...options });

			await put(ann, w, 'one');
			await ann.patch(w.id, { desired_state: 'ARCHIVED' });
			await ann.phase(w.id, 'ARCHIVED');
			await ann.api('POST', `/workspaces/${w.id}:restore`);
			await ann.phase(w.id, 'RUNNING');
			await put(ann, w, 'two');

			await page.goto(`/workspaces/${w.id}`);
			await page.getByText('Current').waitFor();
			await link(page, /^Restore this one/).click();
			await page.getByText('is archived. Then').waitFor();
			await button(page, 'Restore').click();
			await page.getByText('It will be restored.').waitFor();
			await until(async () =>
				(await ann.workspace(w.id)).restore_key === null, 'the archive to be taken');
			await ann.phase(w.id, 'RUNNING');
			assert.equal(await word(ann, w), 'one');

			// what was there was archived first: the newest of the two
			await page.goto(`/workspaces/${w.id}`);
			assert.equal(await link(page, /^Restore this one/).count(), 2);
			await link(page, /^Restore this one/).first().click();
			await button(page, 'Restore').click();
			await until(async () => {
				const now = await ann.workspace(w.id);
				return now.restore_key === null && now.phase === 'RUNNING' &&
					now.operation === 'NONE' && await word(ann, w) === 'two';
			}, 'the way back');

			// it has done this before: the loading page says how long it took
			await ann.patch(w.id, { desired_state: 'STANDBY' });
			await ann.phase(w.id, 'STANDBY');
			const { text } = await ann.navigate(w.path);
			assert.match(text, /Usually ready after \d/);
			await ann.phase(w.id, 'RUNNING');
			await page.context().close();
		});

	it('a long list has pages, forwards and backwards', async (site) => {
		const eve = await site.addUser('eve');
		for (let i = 1; i <= 5; i++)
			await eve.create({ name: `book ${i}` });
		const page = await site.page({ as: eve, javaScriptEnabled: false });
		const names = () => page.locator('#flock h2').allTextContents();

		await page.goto('/?limit=2&sort=name');
		assert.deepEqual(await names(), ['book 1', 'book 2']);
		assert.equal(await link(page, 'Previous page').count(), 0);
		await link(page, 'Next page').click();
		await link(page, 'Next page').click();
		assert.deepEqual(await names(), ['book 5']);
		assert.equal(await link(page, 'Next page').count(), 0);
		await link(page, 'Previous page').click();
		assert.deepEqual(await names(), ['book 3', 'book 4']);
		await link(page, 'Previous page').click();
		assert.deepEqual(await names(), ['book 1', 'book 2']);
		assert.equal(await link(page, 'Previous page').count(), 0);
		await page.context().close();
	});

	it('names the zone in which times are shown, and moves nothing', async (site) => {
		const options = { as: site.admin, timezoneId: 'Asia/Seoul' };
		const page = await site.page(options);
		const ws = await site.admin.create({ name: 'kr' });

		await page.addInitScript(() => {
			window.moved = 0;
			new PerformanceObserver((list) => {
				for (const e of list.getEntries())
					if (!e.hadRecentInput) window.moved += e.value;
			}).observe({ type: 'layout-shift', buffered: true });
		});
		await site.admin.phase(ws.id, 'RUNNING');
		for (const path of ['/', `/workspaces/${ws.id}`, '/account', '/trash', '/admin']) {
			await page.goto(path);
			await page.getByText('Asia/Seoul (GMT+9)').waitFor();
			assert.ok(await page.evaluate(() => window.moved) < 0.05, path);
		}
		await page.goto(`/workspaces/${ws.id}`);
		const time = page.locator('#facts time').last();
		const utc = new Date(await time.getAttribute('datetime'));
		const hour = (utc.getUTCHours() + 9) % 12 || 12;
		assert.match(await time.textContent(), new RegExp(`(^|, )${hour}:`));
		await page.context().close();

		const plain = await site.page({ ...options, javaScriptEnabled: false });
		await plain.goto(`/workspaces/${ws.id}`);
		await plain.getByText('Times are shown in UTC').waitFor();
		assert.match(await plain.locator('#facts time').last().textContent(), / UTC$/);
		await plain.context().close();
	});

	it('is used by keyboard alone', async (site) => {
		const tom = await site.addUser('tom');
		const page = await site.page({ as: tom });
		const focused = () => page.evaluate(() => {
			const at = document.activeElement;
			const style = getComputedStyle(at);
			// past the last one nothing has it, then the first again
			if (at === document.body) return { name: '', seen: true };
			return { name: (at.labels?.[0] ?? at).textContent.trim(),
				seen: style.outlineStyle !== 'none' && style.outlineWidth !== '0px' };
		});
		// Tab until it is there; what has the focus can always be seen.
		const to = async (name) => {
			for (let i = 0; i < 40; i++) {
				await page.keyboard.press('Tab');
				const at = await focused();
				assert.ok(at.seen, `the focus on "${at.name}" cannot be seen`);
				if (name.test(at.name)) return;
			}
			assert.fail(`the keyboard does not reach ${name}`);
		};

		await page.goto('/');
		await page.keyboard.press('Tab');
		assert.equal((await focused()).name, 'Skip to content');
		await page.keyboard.press('Enter');
		await to(/^Name/);
		await page.keyboard.type('by keys');
		await to(/^Create and start/);
		await page.keyboard.press('Enter');
		await link(page, 'by keys').first().waitFor();
		const { items: [w] } = (await tom.api('GET', '/workspaces')).json;
		await tom.phase(w.id, 'RUNNING');
		await page.goto('/');
		await to(/^Stop/);
		await page.keyboard.press('Enter');
		await page.getByText('It will stop').first().waitFor();
		await tom.phase(w.id, 'STANDBY');
		await to(/^Delete/);
		await page.keyboard.press('Enter');
		await page.waitForURL(/delete$/);
		await to(/^Delete workspace/);
		await page.keyboard.press('Enter');
		await page.getByText('Deleted.').first().waitFor();
		await page.context().close();
	});
});
