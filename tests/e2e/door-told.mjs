// What servers.mjs says that a server can, and that it cannot: each is tried, so
// that the table of docs/SERVERS.md is true. (hosts: hosts-suite.mjs.)

import assert from 'node:assert/strict';
import { ask, head, Raw } from './door-lib.mjs';
import { until } from './site.mjs';

// About Roost's own pages and API.
export function handled(it) {
	it('waiting and bodies are as servers.mjs says', async (site) => {
		const { json } = await site.admin.api('GET', '/events?wait=0');
		const rs = await site.admin.api('GET',
			`/events?after=${json.next}&wait=1`, undefined, { expect: 200 });
		assert.equal(rs.headers['retry-after'], site.server.waits ? undefined : '2');
		const long = await site.admin.api('POST', '/workspaces',
			{ name: 'x', memo: 'x'.repeat(200 << 10) });
		assert.equal(long.status, site.server.large ? 400 : 413, long.text);
	});
}

// About the way to an instance.
export function led(it, { me }) {
	const cookie = (site) => `Cookie: ${site.admin.cookie}`;
	const echo = (site, lines, rest = '') => ask(site, 'GET',
		`${me().path}echo${rest}`, lines);

	it('paths and headers are as servers.mjs says', async (site) => {
		const { slash, strips, cookies } = site.server;
		const path = await echo(site, [cookie(site)], '/a%2Fb');
		assert.equal(path.status, slash ? 200 : 404);
		const header = await echo(site, [cookie(site), 'X-Roost-Role: forged']);
		assert.equal(header.status, strips ? 200 : 400);
		assert.ok(!/forged/.test(header.text), header.text);
		const two = await echo(site, ['Cookie: a=1', cookie(site)]);
		assert.equal(two.status, cookies ? 200 : 401);
	});

	it('what comes with a handshake is looked at, or is not', async (site) => {
		const raw = await Raw.open(site.port);
		raw.write(head(site, 'GET', `${me().path}ws?evil`, [
			cookie(site), `Origin: ${site.url}`,
			'Connection: Upgrade', 'Upgrade: websocket',
			'Sec-WebSocket-Version: 13',
			'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']));
		await until(() => raw.text.includes('\r\n\r\n'), 'a handshake');
		raw.close();
		assert.match(raw.text, /^HTTP\/1.1 101 /);
		assert.equal(!/roost_session|clear-site-data/i.test(raw.text),
			site.server.handshake, raw.text);
		if (site.server.handshake)
			assert.match(raw.text, new RegExp(
				`^set-cookie: kept=1; path=${me().path}`, 'im'));
	});
}
