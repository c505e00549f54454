// A real workspace application in a real browser: shellinabox. What is typed
// in its terminal is in the home after sleep and archive.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { until, withSite } from './site.mjs';

withSite('shellinabox', {}, (it) => {
	it('a terminal that works, and a home that stays', async (site) => {
		const { admin } = site;
		const w = await admin.running({ name: 'terminal', app: 'shellinabox' });
		const page = await site.page({ as: admin });
		const home = `${site.dir}/homes/ws-${w.id}-home`;
		const type = async (line) => {
			await page.locator('#vt100').click();
			await page.keyboard.type(`${line}\n`);
		};

		await page.goto(w.path);
		await page.locator('#vt100', { hasText: '$' }).waitFor();
		await type('echo "it was $((6 * 7))" > answer; cat answer');
		await page.locator('#vt100', { hasText: 'it was 42' }).waitFor();
		assert.equal(fs.readFileSync(`${home}/answer`, 'utf8'), 'it was 42\n');
		await page.goto('about:blank');

		await admin.patch(w.id, { desired_state: 'ARCHIVED' });
		await admin.phase(w.id, 'ARCHIVED');
		assert.ok(!fs.existsSync(home));
		await admin.api('POST', `/workspaces/${w.id}:restore`, undefined,
			{ expect: 202 });
		await page.goto(w.path);
		await page.locator('#vt100', { hasText: '$' }).waitFor();
		await type('cat answer');
		await page.locator('#vt100', { hasText: 'it was 42' }).waitFor();
		await page.context().close();
	});

	it('Ctrl-C reaches what runs in it', async (site) => {
		const { json } = await site.admin.api('GET', '/workspaces');
		const w = await site.admin.phase(json.items[0].id, 'RUNNING');
		const page = await site.page({ as: site.admin });
		await page.goto(w.path);
		await page.locator('#vt100', { hasText: '$' }).waitFor();
		await page.locator('#vt100').click();
		await page.keyboard.type('sleep 1000; echo "left $((1 + 1))"\n');
		await until(() => site.processes().some((p) =>
			p.args.startsWith('sleep 1000')), 'sleep to run');
		await page.keyboard.press('Control+c');
		await until(() => !site.processes().some((p) =>
			p.args.startsWith('sleep 1000')), 'sleep to end');
		await page.context().close();
	});
});
