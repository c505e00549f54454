// 200 who follow a workspace, as pages do (www/static/live.js): all of them are
// told of each change, and the API answers all along, whether the web server
// lets them wait or has them come again. SPEC section 7.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { withSite } from './site.mjs';

const MANY = 200;

// Until it is told of a rev that `done` likes; every answer is counted.
async function follow(site, w, on, done) {
	let since = w.rev, known;

	for (;;) {
		const began = Date.now();
		const rs = await site.admin.request('GET',
			`/api/v1/workspaces/${w.id}/status?since=${since}&wait=25`,
			{ headers: known && { 'If-None-Match': known.etag } });

		assert.ok([200, 304].includes(rs.status), `${rs.status} ${rs.text}`);
		on[rs.status] = (on[rs.status] ?? 0) + 1;
		if (rs.status === 200)
			known = { etag: rs.headers.etag, said: rs.json };
		assert.equal(known.etag, `"${known.said.rev}"`);
		if (done(known.said)) return known.said;
		const news = known.said.rev > since;
		since = known.said.rev;
		if (!news && Date.now() - began < 1000) {
			const later = Number(rs.headers['retry-after']);
			assert.ok(later > 0, 'answered at once, without Retry-After');
			await sleep(later * (1000 + 500 * Math.random()));
		}
	}
}

for (const server of ['lighttpd', 'apache-checker'])
	withSite(`${MANY} who wait: ${server}`, { server }, (it) => {
		it('all are told, and the API answers all along', async (site) => {
			const { admin } = site;
			const w = await admin.running();
			const on = {};
			let told = 0;
			const all = Array.from({ length: MANY }, () => follow(site, w, on,
				(now) => now.memo === 'second').then((now) => {
				told++;
				return now;
			}));
			const ended = Promise.all(all);
			let failed;
			ended.catch((e) => { failed = e; });

			// others meanwhile: reading, changing, pages, the instance
			const use = async () => {
				for (const [method, target] of [['GET', `/api/v1/workspaces/${w.id}`],
					['GET', '/api/v1/workspaces'], ['GET', '/'],
					['GET', `${w.path}echo`]]) {
					const rs = await admin.request(method, target);
					assert.equal(rs.status, 200, `${target}: ${rs.text}`);
				}
			};
			await sleep(1000);
			for (let i = 0; i < 5; i++) await use();
			await admin.patch(w.id, { memo: 'first' });
			for (let i = 0; i < 5; i++) await use();
			assert.equal(told, 0);
			await admin.patch(w.id, { memo: 'second' });
			while (told < MANY && !failed) await use();
			const last = await ended;
			assert.equal(last.length, MANY);
			assert.ok(last.every((now) => now.memo === 'second'));
			// who waits is answered when something changed, who cannot
			// is spared what he knows
			if (site.server.waits) assert.equal(on[304], undefined);
			else assert.ok(on[304] > 0, JSON.stringify(on));
			await admin.remove(w.id);
		});
	});
