// Long polls and streams: parked without cost, woken at once, starving
// nobody. SPEC section 7.

import assert from 'node:assert/strict';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, withSite } from './site.mjs';

const MANY = 2000;

withSite('waiting', {}, (it) => {
	it(`${MANY} wait at once, others are served meanwhile, all are woken`, async (site) => {
		const { admin } = site;
		const w = await admin.running();
		const answers = [];
		let failed;
		for (let i = 0; i < MANY; i++) {
			answers.push(admin.api('GET',
				`/workspaces/${w.id}/status?since=${w.rev}&wait=25`)
				.catch((e) => { failed ??= e; }));
			if (i % 100 === 99) await sleep(20);
		}
		for (let i = 0; i < 20; i++)
			assert.equal((await admin.workspace(w.id)).rev, w.rev);
		assert.equal((await admin.navigate(w.path)).status, 200);
		let early = 0;
		for (const a of answers)
			a.then(() => { early++; });
		await sleep(0);
		assert.equal(early, 0, 'some did not wait');

		await admin.patch(w.id, { memo: 'wake up' });
		const all = await Promise.all(answers);
		assert.equal(failed, undefined, `${failed}`);
		const wrong = all.filter((rs) => rs.status !== 200 ||
			rs.json.memo !== 'wake up');
		assert.equal(wrong.length, 0, `${wrong[0]?.status} ${wrong[0]?.text}`);
		await admin.remove(w.id);
	});

	it('a change that came before the question is answered at once', async (site) => {
		const w = await site.admin.running();
		const rs = await site.admin.api('GET',
			`/workspaces/${w.id}/status?since=${w.rev - 1}&wait=25`);
		assert.equal(rs.json.rev, w.rev);
		await site.admin.remove(w.id);
	});

	it('the stream tells every step, and resumes without a gap', async (site) => {
		const { admin } = site;
		const listen = (last) => new Promise((resolve, reject) => {
			const rq = http.get({
				host: '127.0.0.1', port: site.port,
				path: '/api/v1/events', agent: false,
				headers: admin.headers({ Accept: 'text/event-stream',
					...(last && { 'Last-Event-ID': last }) }),
			}, (rs) => {
				const stream = { rq, text: '', rs };
				rs.on('data', (c) => { stream.text += c; });
				rs.on('error', () => {});
				resolve(stream);
			});
			rq.on('error', reject);
		});
		const events = (stream) => stream.text.split('\n\n').slice(0, -1)
			.map((block) => ({
				id: /^id: ?(.+)$/m.exec(block)?.[1],
				event: /^event: ?(.+)$/m.exec(block)?.[1],
				data: /^data: ?(.+)$/m.exec(block)?.[1],
			})).filter((e) => e.event === 'workspace')
			.map((e) => ({ ...e, w: JSON.parse(e.data) }));

		const one = await listen();
		assert.equal(one.rs.statusCode, 200);
		assert.match(one.rs.headers['content-type'], /^text\/event-stream/);
		const w = await admin.running({ name: 'told' });
		await until(() => events(one).some((e) => e.w.id === w.id &&
			e.w.phase === 'RUNNING'), 'the stream to tell RUNNING');
		const last = events(one).at(-1).id;
		one.rq.destroy();

		await admin.patch(w.id, { desired_state: 'STANDBY' });
		await admin.phase(w.id, 'STANDBY');
		const two = await listen(last);
		await until(() => events(two).some((e) => e.w.id === w.id &&
			e.w.phase === 'STANDBY'), 'what was missed');
		assert.ok(events(two).every((e) => Number(e.id) > Number(last)));
		await admin.remove(w.id);
		await until(() => events(two).some((e) => e.w.id === w.id &&
			e.w.deleted_at), 'the stream to tell of the delete');
		two.rq.destroy();
	});
});
