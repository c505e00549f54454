// Who is logged out is out: a WebSocket that is open is cut, though the gate was
// asked about it only once. SPEC section 8.

import assert from 'node:assert/strict';
import { withSite } from './site.mjs';

// As root, with a user id for each instance, and as a plain user.
for (const server of ['lighttpd', 'apache-htaccess'])
	withSite(`open connections of a session that is over: ${server}`,
		{ server }, (it) => {
	let w;
	const open = async (person) => {
		const ws = await person.ws(`${w.path}ws`);
		assert.equal(ws.status, 101, ws.body);
		ws.send('here');
		assert.equal(await ws.next(), 'here');
		return ws;
	};
	const cut = async (ws) => assert.equal(await ws.next(40_000), null);
	const again = (site) => site.login('admin', site.password);

	it('the last session ends: what is open is cut, the instance goes on', async (site) => {
		w = await site.admin.running();
		const ws = await open(site.admin);
		await site.admin.api('POST', '/logout', {}, { expect: 200 });
		await cut(ws);
		assert.equal((await site.admin.ws(`${w.path}ws`)).status, 401);
		Object.assign(site.admin, { cookie: (await again(site)).cookie });
		site.people.pop();
		const now = await site.admin.workspace(w.id);
		assert.equal(now.status, 'RUNNING');
		(await open(site.admin)).close();
	});

	it('logged out in one browser, the other is let be', async (site) => {
		const other = await again(site);
		const ws = await open(site.admin);
		await other.api('POST', '/logout', {}, { expect: 200 });
		site.people.pop();
		await site.pass();
		ws.send('still here');
		assert.equal(await ws.next(), 'still here');
		ws.close();
	});

	it('all other sessions are ended, or the user: cut, too', async (site) => {
		const thief = await again(site);
		site.people.pop();
		const ws = await open(thief);
		await site.admin.api('DELETE', '/sessions', undefined, { expect: 204 });
		await cut(ws);
		assert.equal((await thief.ws(`${w.path}ws`)).status, 401);
		(await open(site.admin)).close();
		const mine = await open(site.admin);
		site.ctl('user', 'add', 'second', '--admin', '--random');
		site.ctl('user', 'disable', 'admin');
		await cut(mine);
		site.ctl('user', 'enable', 'admin');
		Object.assign(site.admin, { cookie: (await again(site)).cookie });
		site.people.pop();
	});
});
