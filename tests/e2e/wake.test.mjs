// F2: a visit wakes a sleeping workspace, and nothing else does. SPEC
// section 2.

import assert from 'node:assert/strict';
import { app, until, withSite } from './site.mjs';

const apps = app('wsapp') + app('slow', '--slow-start 5000');

async function asleep(site, fields) {
	const { id } = await site.admin.running(fields);
	await site.admin.patch(id, { desired_state: 'STANDBY' });
	return site.admin.phase(id, 'STANDBY');
}

const settings = { retry_base_seconds: 0 };

withSite('F2 auto-wake', { apps, settings }, (it) => {
	it('with JavaScript the loading page leaves by itself', async (site) => {
		const w = await asleep(site, { name: 'dozing', app: 'slow' });
		const page = await site.page({ as: site.admin });
		const rs = await page.goto(w.path);
		assert.equal(rs.status(), 200);
		await page.locator('#now[data-leave]', { hasText: 'dozing' }).waitFor();
		await page.getByText('ws echo hello').waitFor();
		assert.equal(new URL(page.url()).pathname, w.path);
		await site.admin.phase(w.id, 'RUNNING');
		await page.context().close();
		await site.admin.remove(w.id);
	});

	it('without JavaScript it leaves by refreshing', async (site) => {
		const w = await asleep(site, { app: 'slow' });
		const page = await site.page({ as: site.admin,
			javaScriptEnabled: false });
		await page.goto(`${w.path}?a=1`);
		await page.locator('#now[data-leave]').waitFor();
		await page.locator('#counter').waitFor();
		await page.context().close();
		await site.admin.remove(w.id);
	});

	it('a tab left open on a workspace that was stopped does not wake it', async (site) => {
		const w = await site.admin.running();
		const page = await site.page({ as: site.admin });
		await page.goto(w.path);
		await page.getByText('ws echo hello').waitFor();
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await page.getByText(/ws closed/).waitFor();
		await site.admin.phase(w.id, 'STANDBY');
		const status = await page.evaluate(async () => {
			const found = [];
			for (const url of ['echo', '.', 'favicon.ico'])
				found.push((await fetch(url)).status);
			await new Promise((done) => {
				const ws = new WebSocket(location.href
					.replace('http', 'ws') + 'ws');
				ws.onclose = done;
			});
			return found;
		});
		assert.deepEqual(status, [503, 503, 503]);
		await site.pass();
		assert.equal((await site.admin.workspace(w.id)).desired_state, 'STANDBY');
		await page.context().close();
		await site.admin.remove(w.id);
	});

	it('an archived one gives a page with a restore button, which works', async (site) => {
		const w = await asleep(site, { name: 'packed' });
		await site.admin.patch(w.id, { desired_state: 'ARCHIVED' });
		await site.admin.phase(w.id, 'ARCHIVED');
		const page = await site.page({ as: site.admin });
		const rs = await page.goto(w.path);
		assert.equal(rs.status(), 502);
		await site.pass();
		assert.equal((await site.admin.workspace(w.id)).phase, 'ARCHIVED');
		await page.getByRole('button', { name: /^Restore/ }).click();
		await page.getByText('ws echo hello').waitFor();
		await page.context().close();
		await site.admin.remove(w.id);
	});

});

withSite('F2 over the limit', { settings: { max_running_per_user: 1 } }, (it) => {
	it('502 with the running ones, a stop button each; then it wakes', async (site) => {
		const sleeper = await asleep(site, { name: 'sleeper' });
		const runner = await site.admin.running({ name: 'runner' });
		const page = await site.page({ as: site.admin });
		const rs = await page.goto(sleeper.path);
		assert.equal(rs.status(), 502);
		await page.getByRole('link', { name: 'runner' }).waitFor();
		assert.equal((await site.admin.workspace(sleeper.id)).desired_state,
			'STANDBY');
		await page.getByRole('button', { name: /^Stop/ }).click();
		await page.getByText('ws echo hello').waitFor();
		await site.admin.phase(runner.id, 'STANDBY');
		await page.context().close();
	});

	it('the API says so: 429 with the running ones', async (site) => {
		const { json } = await site.admin.api('POST', '/workspaces',
			{ name: 'too many', app: 'wsapp' }, { expect: 429 });
		assert.equal(json.error.code, 'RUNNING_LIMIT_EXCEEDED');
		assert.match(JSON.stringify(json), /sleeper/);
	});

	it('many at once do not pass it', async (site) => {
		for (const w of (await site.admin.api('GET', '/workspaces')).json.items)
			await site.admin.remove(w.id);
		const answers = await Promise.all(Array.from({ length: 12 }, (_, i) =>
			site.admin.api('POST', '/workspaces',
				{ name: `race ${i}`, app: 'wsapp' })));
		const made = answers.filter((rs) => rs.status === 201);
		assert.equal(made.length, 1, answers.map((rs) => rs.status).join());
	});
});
