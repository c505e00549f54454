// The door to an instance that listens on a TCP port: as to one on a UNIX
// socket.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { ask, each, mark } from './door-lib.mjs';
import { lineOf } from './door-hostile.mjs';
import { sha256, until } from './site.mjs';

export function tcp(it, { bob }) {
	let w;

	it('TCP: HTTP both ways, for who may', async (site) => {
		const { admin } = site;
		w = await admin.running({ name: 'tcp', app: 'tcp' });
		const word = mark(), target = `${w.path}echo/${word}/a%20b?c=%2F`;
		await each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
			async (method) => {
				const body = method === 'GET' ? '' : 'hello';
				const rs = await ask(site, method, target, [`Cookie: ${admin.cookie}`,
					'X-Roost-User: root', `Content-Length: ${body.length}`], body);
				assert.equal(rs.status, 200, rs.text);
				assert.ok(rs.text.startsWith(
					`${method} /echo/${word}/a%20b?c=%2F `), rs.text);
				assert.match(rs.text, new RegExp(`^body: ${body.length}\\r$`, 'm'));
				assert.deepEqual(lineOf(rs.text, 'x-roost-user'), ['admin']);
				assert.deepEqual(lineOf(rs.text, 'x-forwarded-proto'), ['http']);
				assert.ok(!rs.text.includes('roost_session'), rs.text);
			});
		const up = randomBytes(5_000_000);
		const rs = await admin.request('POST', `${w.path}echo`, { body: up });
		assert.match(rs.text, new RegExp(`sha256: ${sha256(up)}`));
		const down = await admin.request('GET', `${w.path}big?n=5000000`);
		assert.equal(down.bytes.length, 5_000_000);
		assert.equal((await bob().request('GET', target)).status, 403);
		assert.equal((await site.nobody().request('GET', target)).status, 401);
	});

	it('TCP: a WebSocket, text and bytes; it is counted', async (site) => {
		const { admin } = site;
		const connections = async () => {
			await site.pass();
			return (await admin.workspace(w.id)).connections;
		};
		const ws = await admin.ws(`${w.path}ws`);
		assert.equal(ws.status, 101, ws.body);
		ws.send('\ud55c\uad6d\uc5b4');
		assert.equal(await ws.next(), '\ud55c\uad6d\uc5b4');
		for (const size of [0, 126, 65_536, 1_000_000]) {
			const bytes = randomBytes(size);
			ws.send(bytes);
			assert.ok(bytes.equals(await ws.next()), `${size} bytes`);
		}
		await until(async () => await connections() === 1, 'it to be counted');
		assert.equal((await bob().ws(`${w.path}ws`)).status, 403);
		ws.close();
		await until(async () => await connections() === 0, 'its end to be seen');
		await admin.remove(w.id);
	});
}
