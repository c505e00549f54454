// The door, WebSockets: every frame as it was sent, and nobody from elsewhere.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { each, seen } from './door-lib.mjs';
import { until } from './site.mjs';

export function sockets(it, { me, bob }) {
	it('a WebSocket: text, fragments, bytes, ping', async (site) => {
		const ws = await site.admin.ws(`${me().path}ws`);
		assert.equal(ws.status, 101, ws.body);
		ws.send('한국어');
		assert.equal(await ws.next(), '한국어');
		ws.sendParts('a', '', 'b'.repeat(70_000), 'c');
		assert.equal(await ws.next(), `a${'b'.repeat(70_000)}c`);
		for (const size of [0, 125, 126, 65_535, 65_536, 200_000, 3_000_000]) {
			const bytes = randomBytes(size);
			ws.send(bytes);
			const back = await ws.next();
			assert.ok(bytes.equals(back), `${size} bytes`);
		}
		ws.ping('are you there');
		assert.equal(await ws.next(), 'pong are you there');
		ws.send('still');
		assert.equal(await ws.next(), 'still');
		ws.close();
		assert.equal(await ws.next(), null);
	});

	it('close codes arrive', (site) => each(
		[1000, 1001, 1008, 3000, 4999], async (code) => {
			const ws = await site.admin.ws(`${me().path}ws`);
			ws.sayClose(code);
			assert.equal(await ws.next(), null);
			assert.equal(ws.code, code);
		}));

	it('many at once, none gets another\'s words', async (site) => {
		const all = await Promise.all(Array.from({ length: 40 }, () =>
			site.admin.ws(`${me().path}ws`)));
		assert.deepEqual(all.filter((ws) => ws.status !== 101), []);
		for (let round = 0; round < 3; round++) {
			all.forEach((ws, i) => ws.send(`${round} of ${i}`));
			for (const [i, ws] of all.entries())
				assert.equal(await ws.next(), `${round} of ${i}`);
		}
		for (const ws of all) ws.close();
	});

	it('only pages of this site open one', async (site) => {
		const at = `127.0.0.1:${site.port}`;
		const open = (Origin, who = site.admin, more = {}) => who.ws(
			`${me().path}ws`, { headers: { Origin, ...more } });

		await each(['http://evil.example', 'null', `http://${at}.evil.example`,
			`http://evil.example/${at}`, `http://${at}@evil.example`,
			`http://evil.example:${site.port}`, 'http://127.0.0.1',
			`http://127.0.0.1:1`, `http://x${at}`, `http://${at}/`,
			`http://${at}, http://evil.example`, 'file://', '://', 'http://',
			`http://evil.example, http://${at}`], async (Origin) => {
			const rs = await open(Origin);
			assert.equal(rs.status, 403, rs.body);
		});
		// somebody who is no browser has none
		await each([undefined, `http://${at}`, `HTTP://${at}`, `https://${at}`],
			async (Origin) => {
				const ws = await open(Origin);
				assert.equal(ws.status, 101, ws.body);
				ws.close();
			});
	});

	it('only its owner opens one', async (site) => {
		const count = async () => (await seen(site, me())).length;
		const before = await count();
		assert.equal((await bob().ws(`${me().path}ws`)).status, 403);
		assert.equal((await site.nobody().ws(`${me().path}ws`)).status, 401);
		assert.equal(await count(), before + 1, 'only the question itself');
	});

	it('an instance without a WebSocket there says so itself', async (site) => {
		const rs = await site.admin.ws(`${me().path}no-such-ws`);
		assert.equal(rs.status, 404);
		assert.equal(rs.body, 'nothing here\n');
	});

	it('a client that vanishes lets go of the instance', async (site) => {
		const connections = async () =>
			(await site.admin.workspace(me().id)).connections;
		const ws = await site.admin.ws(`${me().path}ws`);
		await until(async () => {
			await site.pass();
			return await connections() > 0;
		}, 'the connection to be seen');
		ws.destroy();
		await until(async () => {
			await site.pass();
			return await connections() === 0;
		}, 'its end to be seen');
	});
}
