// The door: what stands between a browser and an instance is the web server
// and what we told it to do. One suite for all servers: SPEC section 7 and F2.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { flow } from './door-flow.mjs';
import { hostile } from './door-hostile.mjs';
import { ask, each } from './door-lib.mjs';
import { people, states } from './door-state.mjs';
import { tcp } from './door-tcp.mjs';
import { tls } from './door-tls.mjs';
import { handled, led } from './door-told.mjs';
import { sockets } from './door-ws.mjs';
import { app, portBase, request, tcpApp, TOP, withSite } from './site.mjs';

const apps = app('wsapp') +
	app('whole', '--base {base}', { strip_prefix: 'no' }) + tcpApp('tcp');
const SLOTS = 20;
const conf = `slots = ${SLOTS}\nport_base = ${await portBase(SLOTS)}`;

async function files(site) {
	const get = (path, headers) => request(site.port, 'GET', path, { headers });
	await each([['roost.css', /^text\/css/], ['roost.js', /^text\/javascript/],
		['roost.svg', /^image\/svg\+xml/]], async ([name, type]) => {
		const rs = await get(`/static/${name}?v=1`);
		assert.equal(rs.status, 200);
		assert.match(rs.headers['content-type'], type);
		assert.equal(rs.headers['x-content-type-options'], 'nosniff');
		assert.match(rs.headers['cache-control'], /immutable/);
		assert.equal(rs.text, fs.readFileSync(`${TOP}/www/static/${name}`, 'utf8'));
	});
	const plain = await get('/static/roost.css');
	assert.equal(plain.headers['cache-control'], 'no-cache');
	const again = await get('/static/roost.css',
		{ 'If-None-Match': plain.headers.etag });
	assert.equal(again.status, 304);
	await each(['/static/', '/static', '/static/../templates/login.html',
		'/static/%2e%2e/templates/login.html', '/templates/login.html',
		'/roost.conf', '/roost.db', '/static/..%2ftemplates/login.html',
		'/static/roost.css~', '/static/.hidden', '/static/roost.css/x',
	], async (path) => {
		const rs = await ask(site, 'GET', path);
		assert.ok([301, 308, 400, 403, 404].includes(rs.status), `${rs.status}`);
		assert.ok(!/\{\{|roost\.css<|\[app /.test(rs.text), rs.text);
	});
}

// server: as Site.start() takes it.
export function door(server) {
	// On a slow machine the suite outlives the usual TTL.
	const settings = { retry_base_seconds: 0, standby_ttl_seconds: 86400 };

	withSite(`the door: ${server}`, { server, apps, conf, settings }, (it) => {
		let mine, theirs, bob;
		const who = { me: () => mine, them: () => theirs, bob: () => bob };

		it('two people and a workspace each', async (site) => {
			const said = site.ctl('user', 'add', 'bob', '--random');
			const [, password] = /^password: (\S+)$/m.exec(said);
			bob = Object.assign(await site.login('bob', password), { password });
			[mine, theirs] = await Promise.all([
				site.admin.running({ name: 'mine' }),
				bob.running({ name: 'theirs' })]);
		});
		flow(it, who);
		sockets(it, who);
		handled(it);
		led(it, who);
		it('an app that wants its whole path gets it', async (site) => {
			const w = await site.admin.running({ app: 'whole' });
			const rs = await site.admin.request('GET', `${w.path}echo/a%20b?c`);
			assert.equal(rs.text.split(' ')[1], `${w.path}echo/a%20b?c`);
			const ws = await site.admin.ws(`${w.path}ws`);
			assert.equal(ws.status, 101, ws.body);
			ws.close();
			await site.admin.remove(w.id);
		});
		tcp(it, who);
		it('static files: typed, cached for ever under a version, no listing', files);
		hostile(it, who);
		tls(it, who);
		people(it, who);
		states(it, who);
	});
}
