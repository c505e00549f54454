// The door, who may and when: sessions that end, workspaces that sleep, are
// packed away or have died, a gate that is not there. SPEC F2.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { spawnSync } from 'node:child_process';
import { ask, direct, each, mark, nothingOf, seen, withoutGate } from './door-lib.mjs';
import { NAVIGATE, until } from './site.mjs';

const HTML = { Accept: 'text/html' };

function sql(site, statement) {
	const r = spawnSync('sqlite3', ['-cmd', '.timeout 10000',
		`${site.dir}/roost.db`, statement], { encoding: 'utf8' });
	assert.equal(r.status, 0, r.stderr);
	return r.stdout.trim();
}

// Refused: a short answer that says why, as JSON where no page was asked for.
function unavailable(rs, { html = false } = {}) {
	const text = rs.text ?? rs.body; // the latter of a WebSocket
	assert.equal(rs.status, 503, text);
	assert.match(rs.headers['retry-after'] ?? '', /^\d+$/, 'no Retry-After');
	assert.ok(text.length < 4000, 'not short');
	if (!html) assert.ok(JSON.parse(text).error.code);
}

export function people(it, { me, them, bob }) {
	it('not the owner: 403, an administrator neither', async (site) => {
		await each([[bob(), me()], [site.admin, them()]], async ([who, w]) => {
			const word = mark();
			for (const [method, headers] of [['GET', NAVIGATE], ['GET', {}],
				['HEAD', {}], ['POST', {}], ['GET', HTML]])
				assert.equal((await who.request(method, `${w.path}echo/${word}`,
					{ headers })).status, 403, method);
			const page = await who.navigate(w.path);
			assert.ok(!page.text.includes(w.name), page.text);
			await nothingOf(site, w, word);
		});
		const { json } = await bob().api('GET', '/workspaces');
		assert.deepEqual(json.items.map((w) => w.id), [them().id]);
	});

	it('not logged in: a navigation logs in and comes back, else 401', async (site) => {
		const nobody = site.nobody(), word = mark();
		const target = `${me().path}echo/${word}?a=1&b=%2f`;

		const rs = await nobody.navigate(target);
		assert.ok([302, 303].includes(rs.status), `${rs.status}`);
		const to = new URL(rs.headers.location, site.url);
		assert.equal(to.origin + to.pathname, `${site.url}/login`);
		assert.equal(to.searchParams.get('back'), target);
		await each([['GET', {}], ['GET', { Accept: 'application/json' }],
			['HEAD', HTML], ['POST', HTML], ['PUT', {}], ['OPTIONS', {}],
			['GET', { ...NAVIGATE, 'Sec-Fetch-Mode': 'cors' }],
			['GET', { Cookie: 'roost_session=' }],
			['GET', { Cookie: `roost_session=${'A'.repeat(43)}` }],
			['GET', { 'X-Roost-Token': 'x' }], ['GET', { 'X-Roost-User': 'admin' }],
			['GET', { Authorization: 'Basic YWRtaW46YWRtaW4=' }],
		], async ([method, headers]) => {
			const no = await nobody.request(method, target, { headers });
			assert.equal(no.status, 401, no.text);
			if (!headers.Accept && method !== 'HEAD')
				assert.equal(no.json.error.code, 'UNAUTHORIZED');
		});
		const unknown = '/w/00000000-0000-4000-8000-000000000000/';
		assert.equal((await nobody.request('GET', unknown)).status, 401);
		const large = await nobody.request('POST', target,
			{ body: Buffer.alloc(300_000) }).catch((e) => e);
		// who is refused before the last byte may be cut off
		assert.ok(large.status === 401 || /EPIPE|ECONNRESET/.test(large.code),
			`${large.status} ${large.code}`);
		await nothingOf(site, me(), word);

		const page = await site.page();
		await page.goto(`${me().path}?from=afar`);
		await page.getByLabel('User name').fill('admin');
		await page.getByLabel('Password').fill(site.password);
		await page.getByRole('button', { name: 'Log in' }).click();
		await page.getByText('ws echo hello').waitFor();
		assert.equal(page.url(), `${site.url}${me().path}?from=afar`);
		await page.context().close();
	});

	it('a token opens, and stays here', async (site) => {
		const said = site.ctl('token', 'add', 'admin', 'for-the-door');
		const token = /^token: (\S+)$/m.exec(said)[1];
		const id = /^id: (\d+)$/m.exec(said)?.[1] ??
			sql(site, "SELECT id FROM token WHERE name = 'for-the-door'");
		const target = `${me().path}echo`;

		const rs = await ask(site, 'GET', target, [`X-Roost-Token: ${token}`]);
		assert.equal(rs.status, 200, rs.text);
		assert.ok(!rs.text.includes(token), rs.text);
		assert.match(rs.text, /^x-roost-user: admin\r$/im);
		const ws = await site.nobody().ws(`${me().path}ws`,
			{ headers: { 'X-Roost-Token': token } });
		assert.equal(ws.status, 101, ws.body);
		ws.close();
		// Authorization is the application's, not ours
		const other = await ask(site, 'GET', target,
			[`Authorization: Bearer ${token}`]);
		assert.equal(other.status, 401, other.text);
		site.ctl('token', 'revoke', id);
		const late = await ask(site, 'GET', target, [`X-Roost-Token: ${token}`]);
		assert.equal(late.status, 401, late.text);
	});

	it('a session that is used here slides', async (site) => {
		const late = await site.login('admin', site.password);
		site.people.splice(site.people.indexOf(late), 1);
		const times = () => sql(site, 'SELECT seen_ms, expires_ms FROM session ' +
			'ORDER BY created_ms DESC LIMIT 1').split('|').map(Number);

		sql(site, 'UPDATE session SET seen_ms = seen_ms - 600000, ' +
			'expires_ms = expires_ms - 600000 WHERE created_ms = ' +
			'(SELECT max(created_ms) FROM session)');
		const [was, end] = times();
		assert.equal((await late.request('GET', `${me().path}echo`)).status, 200);
		await until(() => times()[0] > was && times()[1] > end, 'it to slide');
	});

	it('what ends a session ends it at the next request', async (site) => {
		const target = `${me().path}echo`;
		const late = await site.login('admin', site.password);
		site.people.splice(site.people.indexOf(late), 1);
		assert.equal((await late.request('GET', target)).status, 200);
		await late.api('POST', '/logout', {}, { expect: 200 });
		assert.equal((await late.request('GET', target)).status, 401);
		assert.equal((await late.ws(`${me().path}ws`)).status, 401);

		const theirs = `${them().path}echo`;
		assert.equal((await bob().request('GET', theirs)).status, 200);
		site.ctl('user', 'disable', 'bob');
		try {
			assert.equal((await bob().request('GET', theirs)).status, 401);
		} finally {
			site.ctl('user', 'enable', 'bob');
		}
		assert.equal((await bob().request('GET', theirs)).status, 401);
		bob().cookie = (await site.login('bob', bob().password)).cookie;
		site.people.pop();
		assert.equal((await bob().request('GET', theirs)).status, 200);
	});
}

export function states(it, { me }) {
	it('no gate, no way in', async (site) => {
		const word = mark();
		const target = `${me().path}echo/${word}`;

		await withoutGate(site, async () => {
			await each([['GET', {}], ['GET', NAVIGATE], ['POST', {}], ['HEAD', {}],
			], async ([method, headers]) => {
				const rs = await site.admin.request(method, target, { headers });
				assert.ok(rs.status >= 500, `${rs.status} ${rs.text}`);
				assert.ok(!/^(GET|POST) /.test(rs.text), rs.text);
			});
			const ws = await site.admin.ws(`${me().path}ws`);
			assert.ok(ws.status >= 500, `${ws.status}`);
			await nothingOf(site, me(), word);
		});
		await until(async () => (await site.admin.request('GET', target))
			.status === 200, 'the gate to be back');
	});

	it('a gate that hangs lets nobody in', async (site) => {
		const word = mark();
		const gates = () => site.processes().filter(({ args }) =>
			/roost-gate/.test(args));
		const signal = (name) => {
			for (const { pid } of gates()) process.kill(pid, name);
		};
		const hangs = ({ pid }) => fs.readdirSync(`/proc/${pid}/task`).every((id) =>
			/\) T /.test(fs.readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8')));

		signal('SIGSTOP');
		try {
			await until(() => gates().every(hangs), 'all of it to hang');
			const rs = await site.admin.request('GET', `${me().path}echo/${word}`,
				{ timeout: 700 }).catch((e) => e);
			assert.ok(rs instanceof Error || rs.status >= 500, rs.text);
			await nothingOf(site, me(), word);
		} finally {
			signal('SIGCONT');
		}
		await until(async () => (await site.admin.request('GET',
			`${me().path}echo`)).status === 200, 'it to go on');
	});

	it('a dead instance: a page for people, short for programs; back at once', async (site) => {
		const { admin } = site, w = me();
		const ws = await admin.ws(`${w.path}ws`);
		assert.equal(ws.status, 101, ws.body);
		// a pass of the minute may be quicker than we are, once
		let page;
		for (let i = 0; i < 3 && page?.status !== 502; i++) {
			site.killInstances();
			page = await admin.navigate(w.path);
		}
		assert.equal(page.status, 502, page.text);
		assert.match(page.text, /It does not answer/);
		assert.equal(await ws.next(), null, 'the WebSocket has ended');
		await each([['GET', {}], ['POST', {}], ['GET', { Accept: 'image/*' }],
			['HEAD', HTML]], async ([method, headers]) => {
			const rs = await admin.request(method, `${w.path}echo`, { headers });
			if (rs.status !== 200) unavailable(rs, { html: method === 'HEAD' });
		});

		await until(async () => {
			await site.pass();
			const now = await admin.workspace(w.id);
			return now.phase === 'RUNNING' && now.operation === 'NONE' &&
				await direct(site, w.id, '/seen').catch(() => false);
		}, 'it to be started again');
		const rs = await admin.request('GET', `${w.path}echo`);
		assert.equal(rs.status, 200, rs.text);
	});

	it('a stopped one is woken by a person on the way there, by nothing else', async (site) => {
		const { admin } = site;
		const sleeps = async () => {
			await admin.patch(me().id, { desired_state: 'STANDBY' });
			return admin.phase(me().id, 'STANDBY');
		};
		const w = await sleeps();
		await each([
			['GET', 'api/data', { Accept: '*/*' }],
			['GET', 'api/data', { Accept: 'application/json' }],
			['GET', '', {}],
			['GET', 'favicon.ico', { Accept: 'image/avif,image/*' }],
			['HEAD', '', HTML], ['POST', '', HTML], ['OPTIONS', '', HTML],
			['GET', '', { ...NAVIGATE, 'Sec-Fetch-Mode': 'cors',
				'Sec-Fetch-Dest': 'empty' }],
			['GET', 'x.js', { ...NAVIGATE, 'Sec-Fetch-Mode': 'no-cors',
				'Sec-Fetch-Dest': 'script' }],
			['GET', '', { ...NAVIGATE, 'Sec-Purpose': 'prefetch' }],
			['GET', '', { ...NAVIGATE, 'X-Requested-With': 'XMLHttpRequest' }],
			['GET', '', { ...HTML, 'User-Agent': 'Slackbot-LinkExpanding 1.0' }],
			['GET', '', { ...HTML, 'User-Agent': 'Googlebot/2.1' }],
		], async ([method, target, headers]) => unavailable(
			await admin.request(method, w.path + target, { headers }),
			{ html: method === 'HEAD' || headers.Accept?.includes('html') }));
		unavailable(await admin.ws(`${w.path}ws`));
		await site.pass();
		const after = await admin.workspace(w.id);
		assert.equal(after.desired_state, 'STANDBY');
		assert.equal(after.rev, w.rev, 'something was changed');

		const page = await admin.navigate(`${w.path}?x=1`);
		assert.equal(page.status, 200, page.text);
		assert.match(page.text, /data-page="loading"/);
		await admin.phase(w.id, 'RUNNING');

		await sleeps();
		const tab = await site.page({ as: admin });
		await tab.goto(w.path);
		await tab.getByText('ws echo hello').waitFor();
		assert.equal(new URL(tab.url()).pathname, w.path);
		await tab.context().close();
	});

	it('an archived one is not woken: 502 with a button', async (site) => {
		const { admin } = site;
		await admin.patch(me().id, { desired_state: 'ARCHIVED' });
		const w = await admin.phase(me().id, 'ARCHIVED');
		const page = await admin.navigate(w.path);
		assert.equal(page.status, 502);
		assert.match(page.text, /It is archived/);
		assert.match(page.text, /<button[^>]*>Restore/);
		unavailable(await admin.request('GET', w.path));
		await site.pass();
		assert.equal((await admin.workspace(w.id)).phase, 'ARCHIVED');
	});

	it('a deleted one: 404 for programs, a page for its owner', async (site) => {
		await site.admin.remove(me().id);
		const rs = await site.admin.request('GET', me().path);
		assert.ok([404, 503].includes(rs.status), `${rs.status}`);
		const page = await site.admin.navigate(me().path);
		assert.ok([404, 502].includes(page.status), `${page.status}`);
	});

	it('a 308 leads to the slash', async (site) => {
		const { id } = await site.admin.create();
		const rs = await site.admin.navigate(`/w/${id}?a=%2f`);
		assert.equal(rs.status, 308);
		const to = new URL(rs.headers.location, site.url);
		assert.equal(to.href, `${site.url}/w/${id}/?a=%2f`);
	});
}
