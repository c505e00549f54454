// Applications that listen on a TCP port of loopback instead of a UNIX
// socket: reached the same way, and nobody else in their place.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { app, portBase, request, tcpApp, until, withSite } from './site.mjs';

// Somebody who listens at a port and says who he is.
const listen = (port) => new Promise((done, failed) => {
	const server = net.createServer((c) => {
		c.on('error', () => {});
		c.on('data', () => c.end('HTTP/1.1 200 OK\r\n' +
			'Connection: close\r\n\r\nthe stranger'));
	});
	server.once('error', failed);
	server.listen(port, '127.0.0.1', () => done(server));
});

const SLOTS = 4;
const base = await portBase(SLOTS);
const apps = app('wsapp') + tcpApp('tcp') +
	tcpApp('whole', '--base {base}', { strip_prefix: 'no', ready_path: '/' });

withSite('TCP applications', {
	apps, conf: `slots = ${SLOTS}\nport_base = ${base}`,
}, (it) => {
	it('answers HTTP and WebSocket as one on a UNIX socket does', async (site) => {
		for (const name of ['tcp', 'wsapp', 'whole']) {
			const w = await site.admin.running({ app: name });
			const echo = await site.admin.request('GET',
				`${w.path}echo?a=%2F`, { headers: { 'X-Roost-User': 'root' } });
			assert.equal(echo.status, 200, echo.text);
			assert.ok(!echo.text.includes('roost_session'), echo.text);
			assert.match(echo.text, /x-roost-user: admin/i);
			const bytes = randomBytes(900_000);
			const put = await site.admin.request('PUT',
				`${w.path}put/blob`, { body: bytes });
			assert.equal(put.status, 201, put.text);
			const got = await site.admin.request('GET', `${w.path}file/blob`);
			assert.ok(bytes.equals(got.bytes));

			const ws = await site.admin.ws(`${w.path}ws`);
			assert.equal(ws.status, 101, ws.body);
			ws.send('hello');
			assert.equal(await ws.next(), 'hello');
			const big = randomBytes(200_000);
			ws.send(big);
			assert.ok(big.equals(await ws.next()));
			await until(async () => {
				await site.pass();
				return (await site.admin.workspace(w.id)).connections === 1;
			}, 'the WebSocket to be counted');
			ws.close();
			await until(async () => {
				await site.pass();
				return (await site.admin.workspace(w.id)).connections === 0;
			}, 'its end to be seen');
			await site.admin.remove(w.id);
		}
	});

	it('is led to by the gate only', async (site) => {
		const w = await site.admin.running({ app: 'tcp' });
		for (let n = 0; n < SLOTS; n++)
			for (const way of ['port', 'slot'])
				assert.equal((await site.admin.request('GET',
					`/_${way}/0${n}/echo`)).status, 404);
		assert.equal((await site.nobody().request('GET',
			`${w.path}echo`)).status, 401);
		await site.admin.remove(w.id);
	});

	it('a stranger at the port of one that has died is not taken for it', async (site) => {
		const w = await site.admin.running({ app: 'tcp' });
		const at = await until(async () => {
			for (let n = 0; n < SLOTS; n++) {
				const rs = await request(base + n, 'GET', '/echo')
					.catch(() => null);
				if (rs) return base + n;
			}
			return 0;
		}, 'its port');
		site.killInstances();
		const stranger = await until(() => listen(at).catch(() => null),
			'the port to be free');
		try {
			// nobody has looked since: the row says RUNNING
			const rs = await site.admin.request('GET', `${w.path}echo`);
			assert.ok(!rs.text.includes('stranger'), rs.text);
			assert.equal(rs.status, 503);
			const page = await site.admin.navigate(w.path);
			assert.ok(!page.text.includes('the stranger'));

			// and it is started again at another port
			await site.set('stable_seconds', 0);
			await until(async () => {
				await site.pass();
				await site.admin.api('POST', `/workspaces/${w.id}:start`);
				const echo = await site.admin.request('GET', `${w.path}echo`);
				assert.ok(!echo.text.includes('stranger'), echo.text);
				return echo.status === 200;
			}, 'it to answer again');
		} finally {
			stranger.close();
		}
		await site.admin.remove(w.id);
	});
});
