// A page of a workspace against its visitor: everything it knows how to try at
// the control plane and in another workspace, in a real browser, with https.
// With a host for each workspace nothing of it works; in path mode most of it
// does, as docs/HOSTNAMES.md says, and so we know that the attempts are good.

import assert from 'node:assert/strict';
import { hostOf, originOf, secure } from './hosts.mjs';
import { app, until, withSite } from './site.mjs';

const apps = app('wsapp');
const EVIL = 'evil was here';

// Runs in the page. Each attempt says what it got hold of, or why not; what it
// may have changed is looked for afterwards, at the API.
async function attack({ control, other, otherId, asleepId, evil }) {
	const seen = {};
	const soon = (ms = 3000) => new Promise((done) => { setTimeout(done, ms, 'nothing came'); });
	const attempt = async (name, run) => {
		try {
			seen[name] = await Promise.race([run(), soon(8000)]);
		} catch (e) {
			seen[name] = `${e.name}: ${e.message}`;
		}
	};
	const api = `${control}/api/v1`;
	const read = async (url, more) => {
		const rs = await fetch(url, { credentials: 'include', ...more });
		return `${rs.type} ${rs.status} ${await rs.text()}`;
	};
	const json = { 'Content-Type': 'application/json' };
	const frame = (src) => new Promise((done) => {
		const f = document.createElement('iframe');
		f.onload = () => {
			let text = 'closed to us';
			try { text = f.contentDocument?.body?.innerText ?? text; } catch { /* closed */ }
			done(text);
		};
		f.src = src;
		document.body.append(f);
	});
	const socket = (url) => new Promise((done) => {
		const ws = new WebSocket(url);
		ws.onopen = () => ws.send('mine?');
		ws.onmessage = (e) => { ws.close(); done(`heard ${e.data}`); };
		ws.onerror = () => done('refused');
	});

	// reading
	await attempt('read session', () => read(`${api}/session`));
	await attempt('read list', () => read(`${api}/workspaces`));
	await attempt('read list quietly', () => read(`${api}/workspaces`, { mode: 'no-cors' }));
	await attempt('read page', () => read(`${control}/`));
	await attempt('read other', () => read(`${other}echo`));
	await attempt('read other quietly', () => read(`${other}echo`, { mode: 'no-cors' }));
	await attempt('frame page', () => frame(`${control}/`));
	await attempt('frame other', () => frame(`${other}echo`));
	await attempt('script', () => new Promise((done) => {
		const s = document.createElement('script');
		s.src = `${api}/session`;
		s.onload = () => done('ran or parsed');
		s.onerror = () => done('refused');
		document.body.append(s);
	}));
	await attempt('image of other', () => new Promise((done) => {
		const i = new Image();
		i.onload = () => done('shown');
		i.onerror = () => done('refused');
		i.src = `${other}say?200&Set-Cookie:image=was-here&X:1`;
	}));
	await attempt('events', () => new Promise((done) => {
		const es = new EventSource(`${api}/events`, { withCredentials: true });
		es.onopen = () => { es.close(); done('open'); };
		es.onerror = () => { es.close(); done('refused'); };
	}));
	await attempt('socket of other', () => socket(`${other}ws`.replace(/^http/, 'ws')));
	await attempt('socket of control', () => socket(`${control.replace(/^http/, 'ws')}/w/${otherId}/ws`));

	// changing
	const body = (name) => JSON.stringify({ name, app: 'wsapp' });
	await attempt('create', () => read(`${api}/workspaces`,
		{ method: 'POST', headers: json, body: body('evil by json') }));
	await attempt('create quietly', () => read(`${api}/workspaces`,
		{ method: 'POST', mode: 'no-cors', body: body('evil by text') }));
	await attempt('rename', () => read(`${api}/workspaces/${otherId}`,
		{ method: 'PATCH', headers: json, body: JSON.stringify({ name: evil }) }));
	await attempt('stop', () => read(`${api}/workspaces/${otherId}:stop`,
		{ method: 'POST', mode: 'no-cors' }));
	await attempt('beacon', async () => navigator.sendBeacon(
		`${api}/workspaces/${otherId}:archive`, new Blob(['{}'])));
	await attempt('write to other', () => read(`${other}put/evil`,
		{ method: 'POST', mode: 'no-cors', body: evil }));
	const post = (action, fields) => {
		const target = `to${Math.random()}`;
		const f = document.createElement('iframe');
		f.name = target;
		document.body.append(f);
		const form = Object.assign(document.createElement('form'),
			{ method: 'post', action, target });
		for (const [name, value] of Object.entries(fields))
			form.append(Object.assign(document.createElement('input'),
				{ name, value }));
		document.body.append(form);
		form.submit();
		return soon(700);
	};
	await attempt('form create', () => post(`${control}/workspaces`,
		{ name: 'evil by form', app: 'wsapp' }));
	await attempt('form stop', () => post(`${control}/workspaces/${otherId}/stop`, {}));
	await attempt('form to other', () => post(`${other}put/evil`, { x: evil }));
	await attempt('wake', () => frame(`${control}/w/${asleepId}/`));

	// a window of theirs
	await attempt('window', async () => {
		const w = window.open(`${control}/`);
		await soon(1500);
		let text = 'closed to us';
		try { text = w?.document?.body?.innerText ?? text; } catch { /* closed */ }
		w?.postMessage(evil, '*');
		w?.close();
		return text;
	});

	// names of theirs
	await attempt('cookies', async () => {
		const above = control.replace(/.*?\/\/[^.]*\./, '').replace(/:.*/, '');
		for (const name of ['roost_session', '__Host-roost_session',
			'__Host-roost_ticket', '__Host-roost_visit'])
			for (const where of [`Domain=${above}; `, ''])
				document.cookie = `${name}=${evil}; ${where}Path=/; Secure`;
		return document.cookie;
	});
	await attempt('service worker', async () => {
		const r = await navigator.serviceWorker.register('sw.js',
			{ scope: new URL(`${control}/`).origin === location.origin ? '/w/' : control });
		return `registered ${r.scope}`;
	});
	await attempt('form log out', () => post(`${control}/logout`, {}));
	await attempt('log out', () => read(`${api}/logout`,
		{ method: 'POST', mode: 'no-cors' }));
	return seen;
}

// The home of a workspace gets the page, and somebody looks at it.
async function tryIt(site, there, other, w, v) {
	const s = await site.admin.running({ name: 'asleep' });
	await site.admin.patch(s.id, { desired_state: 'STANDBY' });
	site.asleep = await site.admin.phase(s.id, 'STANDBY');
	const put = async (name, body) => {
		const rs = await site.mine(w, 'POST', `put/${name}`, body);
		assert.equal(rs.status, 201, rs.text);
	};
	await put('evil.html', '<!doctype html><title>harmless</title><p id="here">hello</p>');
	await put('sw.js', 'onfetch = () => {};');
	const page = await site.page({ ignoreHTTPSErrors: true });
	await page.goto(`${site.url}${w.path}page/evil.html`);
	await page.getByLabel('User name').fill('admin');
	await page.getByLabel('Password').fill(site.password);
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.locator('#here').waitFor();
	assert.equal(page.url(), `${there}page/evil.html`);
	// the visitor has been in the other one, too: its ticket is there
	await page.goto(`${site.url}${v.path}`);
	await page.getByText('ws echo hello').waitFor();
	await page.goto(`${there}page/evil.html`);
	await page.locator('#here').waitFor();
	const seen = await page.evaluate(attack, { control: site.url, other,
		otherId: v.id, asleepId: s.id, evil: EVIL });
	return { page, seen };
}

const names = async (site) => (await site.admin.api('GET',
	'/workspaces?limit=100', undefined, { expect: 200 })).json.items
	.map((w) => w.name).sort();

// Servers differ in how they tell hosts apart, so each kind is tried.
for (const server of ['lighttpd', 'nginx', 'apache-htaccess'])
	withSite(`an attack with a host for each: ${server}`,
		{ server, apps, names: secure }, (it) => {
		it('reads nothing and changes nothing', async (site) => {
			// by a token: it needs no browser
			const said = site.ctl('token', 'add', 'admin', 'test');
			const token = /^token: (\S+)$/m.exec(said)?.[1] ?? said.trim();
			site.mine = (w, method, path, body) => site.nobody().request(method,
				`/${path}`, { headers: { Host: hostOf(site, w),
					'X-Roost-Token': token }, body });

			const [w, v] = await Promise.all([site.admin.running({ name: 'hostile' }),
				site.admin.running({ name: 'precious' })]);
			const before = await site.admin.workspace(v.id);
			const { page, seen } = await tryIt(site, `${originOf(site, w)}/`,
				`${originOf(site, v)}/`, w, v);

			// nothing read: neither a name nor an id of the other, nor who we are
			for (const [what, got] of Object.entries(seen)) {
				assert.ok(!/precious|My workspaces|username|HTTP\/1|heard/.test(got),
					`${what}: ${got}`);
			}
			for (const what of ['read session', 'read list', 'read page', 'read other',
				'create', 'rename'])
				assert.match(seen[what], /^TypeError/, what);
			for (const what of ['script', 'image of other', 'events',
				'socket of other', 'socket of control'])
				assert.equal(seen[what], 'refused', what);
			for (const what of ['window', 'frame page', 'frame other'])
				assert.match(seen[what], /closed to us|^$/, what);
			// only what it has planted itself, for its own host or for nothing
			for (const pair of seen.cookies.split('; '))
				assert.match(pair, /=evil was here$/);
			assert.ok(!/roost_ticket/.test(seen.cookies), seen.cookies);
			assert.ok(!/registered/.test(seen['service worker']), seen['service worker']);

			// nothing changed
			await site.pass();
			assert.deepEqual(await names(site), ['asleep', 'hostile', 'precious']);
			assert.equal((await site.admin.workspace(site.asleep.id)).rev,
				site.asleep.rev);
			const after = await site.admin.workspace(v.id);
			assert.deepEqual([after.name, after.status, after.desired_state,
				after.archive_key], [before.name, 'RUNNING', 'RUNNING', null]);
			assert.equal((await site.mine(v, 'GET', 'file/evil')).status, 404);

			// and the visitor is who they were, here and in both workspaces
			await page.goto(`${site.url}/`);
			await page.getByRole('heading', { name: 'My workspaces' }).waitFor();
			for (const x of [v, w]) {
				await page.goto(`${originOf(site, x)}/`);
				await page.getByText('ws echo hello').waitFor();
			}
			await page.context().close();
		});
	});

// What docs/HOSTNAMES.md says that path mode cannot protect: it is true.
withSite('the same attack in path mode', { apps }, (it) => {
	it('works: reading, changing, the other workspace', async (site) => {
		site.mine = (w, method, path, body) =>
			site.admin.request(method, `${w.path}${path}`, { body });
		const [w, v] = await Promise.all([site.admin.running({ name: 'hostile' }),
			site.admin.running({ name: 'precious' })]);
		const { page, seen } = await tryIt(site, `${site.url}${w.path}`,
			`${site.url}${v.path}`, w, v);

		assert.match(seen['read session'], /"username":"admin"/);
		assert.match(seen['read list'], /precious/);
		assert.match(seen['read page'], /precious/);
		assert.match(seen['read other'], /GET \/echo HTTP/);
		assert.equal(seen['socket of other'], 'heard mine?');
		assert.match(seen['frame other'], /GET \/echo HTTP/);
		assert.ok((await names(site)).includes('evil by json'));
		await until(async () => {
			const x = await site.admin.workspace(v.id);
			return x.name === EVIL && x.desired_state !== 'RUNNING';
		}, 'the other workspace to be renamed and stopped');
		assert.equal((await site.admin.workspace(site.asleep.id)).desired_state,
			'RUNNING');
		// the visitor was logged out
		await page.goto(`${site.url}/`);
		await page.getByLabel('Password').waitFor();
		await page.context().close();
	});
});
