// Nothing in the way of anybody: axe-core on every page of cgi/routes.def, in
// both themes, on a phone and on a desk; and none is wider than its screen,
// however long the names are. SPEC section 9.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import axe from 'axe-core';
import { app, TOP, withSite } from './site.mjs';

const WIDTHS = [360, 1280];
const THEMES = ['light', 'dark'];
const SERIOUS = ['serious', 'critical'];

const apps = app('wsapp') + app('slow', '--slow-start 600000') +
	app('missing', '', { command: '/nowhere/program --socket {socket}' });

// Pages that people look at: what can be asked with GET, but for the API.
const routes = fs.readFileSync(`${TOP}/cgi/routes.def`, 'utf8').split('\n')
	.map((l) => /^X\((?:GET|ANY), *"([^"]+)", *(\w+), *(\w+), *(\w+)\)/.exec(l))
	.filter(Boolean).map(([, path, who]) => ({ path, who }));

const settings = { max_running_per_user: 3, standby_ttl_seconds: 0 };

withSite('everybody', { apps, settings }, (it) => {
	let ann;
	const ids = {};

	it('has something on each page', async (site) => {
		ann = await site.addUser(`ann ${'long'.repeat(12)}`);
		ids.user = (await ann.api('GET', '/session')).json.user_id;
		await ann.api('POST', '/tokens', { name: 'ci' }, { expect: 201 });
		const sick = await ann.create({ name: 'sick', app: 'missing' });
		ids.error = sick.id;
		await ann.phase(sick.id, 'ERROR');
		await ann.patch(sick.id, { desired_state: 'STANDBY' });
		const old = await ann.running({ name: 'old', description: 'a line' });
		await ann.patch(old.id, { desired_state: 'ARCHIVED' });
		await ann.phase(old.id, 'ARCHIVED');
		ids.archived = old.id;
		const gone = await ann.running({ name: 'gone' });
		await ann.remove(gone.id);
		ids.deleted = gone.id;
		const idle = await ann.running({ name: 'asleep' });
		await ann.patch(idle.id, { desired_state: 'STANDBY' });
		ids.asleep = (await ann.phase(idle.id, 'STANDBY')).id;
		const { items: [kept] } = (await ann.api('GET',
			`/workspaces/${old.id}/archives`)).json;
		ids.archive = kept.op_id;
		for (const name of ['two', 'a name that goes on '.repeat(9)])
			ids.running = (await ann.running({ name })).id;
		ids.starting = (await ann.create({ name: 'slow', app: 'slow' })).id;
		ids.bulk = (await site.admin.api('POST', '/admin/bulk',
			{ verb: 'stop', filter: '' }, { expect: 201 })).json.id;
	});

	// Where each route leads; one of :id in the states where it differs.
	const states = (path) => path.endsWith('/:id')
		? [ids.running, ids.archived, ids.error, ids.deleted]
		: path.startsWith('/w/') ? [ids.archived, ids.asleep]
			: path.endsWith('/loading') ? [ids.starting, ids.error]
				: path.endsWith('/restore') ? [ids.archived]
					: [ids.running];
	// What is asked, where a page without it shows less.
	const asked = (path) => path.endsWith('/restore') ? `?archive=${ids.archive}`
		: path === '/admin/users/:id/delete' ? '?what=trash'
			: path.endsWith('/rehearsal') ? '?undo_hours=3' : '';
	const targets = (site) => routes.flatMap(({ path, who }) => {
		if (path === '/w/:id' || path.endsWith('/enter')) return [];
		if (path === '/login') return [{ target: path }];
		const as = who === 'ADMIN' ? site.admin : ann;
		if (!path.includes(':id')) return [{ target: path + asked(path), as }];
		const all = who !== 'ADMIN' ? states(path)
			: [path.includes('/bulk/') ? ids.bulk : ids.user];
		return all.map((id) => ({
			target: path.replace(':id', id).replace('*', '') + asked(path), as,
			is: id === ids.starting ? 'loading' : undefined,
		}));
	});
	// What a target answers: 502 where an instance would be, and where one
	// cannot; a store in a directory has no links.
	const answers = (target) => /\/download$/.test(target) ? [404]
		: target.startsWith('/w/') || target.includes(ids.error) ? [200, 502]
			: [200];

	async function look(page, where, wrong) {
		await page.evaluate(axe.source);
		for (const colorScheme of THEMES) {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			const { violations } = await page.evaluate(() =>
				window.axe.run({ resultTypes: ['violations'] }));
			for (const v of violations)
				if (SERIOUS.includes(v.impact))
					wrong.push(`${where} ${colorScheme}: ${v.id} ` +
						v.nodes[0].html.slice(0, 160));
		}
		const over = await page.evaluate(() =>
			document.documentElement.scrollWidth - innerWidth);
		if (over > 0) wrong.push(`${where}: ${over} px wider`);
	}

	it('finds nothing serious on any page', async (site) => {
		const wrong = [], all = targets(site);
		assert.ok(all.length > 10);
		for (const as of new Set(all.map((t) => t.as))) {
			const page = await site.page({ as });
			for (const { target, is } of all.filter((t) => t.as === as))
				for (const width of WIDTHS) {
					await page.setViewportSize({ width, height: 800 });
					const rs = await page.goto(target);
					assert.ok(answers(target).includes(rs.status()),
						`${target}: ${rs.status()}`);
					if (is)
						assert.equal(await page.locator('body')
							.getAttribute('data-page'), is, target);
					await look(page, `${target} at ${width}`, wrong);
				}
			await page.context().close();
		}
		assert.deepEqual(wrong, []);
	});
});
