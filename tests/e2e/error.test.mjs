// F8: what fails is retried, then an admin must act, and can. SPEC section 2.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { app, until, withSite } from './site.mjs';

const apps = app('wsapp') + app('broken', '--crash-at-start') +
	app('missing', '', { command: '/nowhere/program --socket {socket}' });
const settings = { retry_base_seconds: 0 };

const failed = (site, id, count) => until(async () => {
	const { stderr } = await site.pass();
	const w = await site.admin.workspace(id);
	return w.phase === 'ERROR' && w.error_count >= count && { w, stderr };
}, `${count} failures`);

withSite('F8 error and recovery', { apps, settings }, (it) => {
	it('an app that crashes at start: three tries, then Recover brings it back', async (site) => {
		const { id, path } = await site.admin.create({ name: 'sick',
			app: 'broken' });
		const { w } = await failed(site, id, 3);
		assert.equal(w.error_reason, 'RetryExceeded');
		assert.ok(w.error_message);
		assert.equal(w.desired_state, 'RUNNING');

		// nothing more happens by itself, and nothing more is mailed
		const first = await site.pass();
		const second = await site.pass();
		assert.equal(second.stderr, '');
		assert.equal((await site.admin.workspace(id)).error_count,
			w.error_count, first.stderr);

		// a visit: 502 that says what is the matter
		const visit = await site.admin.navigate(path);
		assert.equal(visit.status, 502);
		assert.match(visit.text, /sick/);

		// the admin mends the app, then clicks
		const file = `${site.dir}/roost.conf`;
		fs.writeFileSync(file, fs.readFileSync(file, 'utf8')
			.replace('--crash-at-start', ''));
		const page = await site.page({ as: site.admin });
		await page.goto(`/workspaces/${id}`);
		await page.getByRole('button', { name: /^Recover/ }).click();
		const well = await site.admin.phase(id, 'RUNNING');
		assert.equal(well.error_count, 0);
		assert.equal(well.error_reason, null);
		await page.goto(path);
		await page.getByText('ws echo hello').waitFor();
		await page.context().close();
		await site.admin.remove(id);
	});

	it('the pass tells of it on stderr once', async (site) => {
		const file = `${site.dir}/roost.conf`;
		fs.appendFileSync(file, app('worse', '--crash-at-start'));
		// made by the command line, so that no kicked pass tells it first
		const { id } = await site.admin.create({ app: 'missing' });
		let told = '';
		await until(async () => {
			told += (await site.pass()).stderr;
			return (await site.admin.workspace(id)).phase === 'ERROR';
		}, 'ERROR');
		for (let i = 0; i < 3; i++)
			told += (await site.pass()).stderr;
		const log = fs.existsSync(`${site.dir}/log/reconcile.log`) ?
			fs.readFileSync(`${site.dir}/log/reconcile.log`, 'utf8') : '';
		const w = await site.admin.workspace(id);
		assert.equal(w.error_reason, 'ImageNotFound');
		const lines = told.split('\n').filter((l) => l.includes(id));
		assert.ok(lines.length <= 1, `${told}\n${log}`);
		await site.admin.remove(id);
	});

	it('a home that vanished is DataLost, at once and not made anew', async (site) => {
		const { id } = await site.admin.running();
		await site.admin.patch(id, { desired_state: 'STANDBY' });
		await site.admin.phase(id, 'STANDBY');
		fs.renameSync(`${site.dir}/homes/ws-${id}-home`, `${site.dir}/aside`);
		await site.admin.patch(id, { desired_state: 'RUNNING' });
		const { w } = await failed(site, id, 1);
		assert.equal(w.error_reason, 'DataLost');
		assert.ok(!fs.existsSync(`${site.dir}/homes/ws-${id}-home`));
		fs.renameSync(`${site.dir}/aside`, `${site.dir}/homes/ws-${id}-home`);
		await site.admin.api('POST', `/workspaces/${id}:recover`, undefined,
			{ expect: 202 });
		await site.admin.phase(id, 'RUNNING');
		await site.admin.remove(id);
	});

	it('an instance killed from outside is started again', async (site) => {
		const w = await site.admin.running();
		site.set('stable_seconds', 0);
		site.killInstances();
		await until(async () => {
			await site.pass();
			const rs = await site.admin.request('GET', `${w.path}echo`);
			return rs.status === 200;
		}, 'it to answer again');
		await site.admin.remove(w.id);
	});
});
