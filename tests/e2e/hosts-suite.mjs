// Workspaces on hosts of their own: the way there and back, and what does not
// pass. docs/decisions/0010-host-names.md.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { each, mark, nothingOf, Raw, seen, withoutGate } from './door-lib.mjs';
import { hostOf, Jar, jarOf, originOf, plain } from './hosts.mjs';
import { SERVERS } from './servers.mjs';
import { app, NAVIGATE, sha256, until, withSite } from './site.mjs';
import { wsOpen } from './ws.mjs';

const apps = app('wsapp') + app('slow', '--slow-start 1500') +
	app('whole', '--base {base}', { strip_prefix: 'no' });
// On a slow machine the suite outlives the usual TTL.
const settings = { retry_base_seconds: 0, standby_ttl_seconds: 86400 };
const HTML = { Accept: 'text/html' };

// server: as Site.start() takes it.
export function hosts(server) {
	const options = { server, apps, settings, names: plain };
	// a path that is easily spoiled on its way
	const odd = `echo/a${SERVERS[server].slash ? '%2F' : '%26'}b//?c=%26d`;

	withSite(`hosts of their own: ${server}`, options, (it) => {
		let w, v, jar, at;

		const ws = (site, origin, { cookie, headers } = {}) => wsOpen(
			`ws://127.0.0.1:${site.port}/ws`, { headers: {
				Host: new URL(origin).host, Origin: origin,
				...(cookie && { Cookie: cookie }), ...headers } });

		it('a way leads there and to the path that was asked for', async (site) => {
			[w, v] = await Promise.all([site.admin.running({ name: 'first' }),
				site.admin.running({ name: 'second' })]);
			at = originOf(site, w);
			jar = jarOf(site, site.admin);
			const rs = await jar.go(`${site.url}${w.path}${odd}`);
			assert.equal(rs.status, 200, `${rs.text}\n${rs.way.join('\n')}`);
			assert.equal(rs.url, `${at}/${odd}`);
			assert.ok(rs.text.startsWith(`GET /${odd} HTTP`), rs.text);
			// to the host, away for a code, back with it, and on
			assert.equal(rs.way.length, 5, rs.way.join('\n'));
			// with a ticket there is only one step
			const again = await jar.go(`${site.url}${w.path}echo`);
			assert.equal(again.way.length, 2, again.way.join('\n'));
			const set = [...jar.cookies.keys()].filter((k) =>
				k.startsWith(hostOf(site, w)));
			assert.deepEqual(set.map((k) => k.split(' ')[1]).sort(),
				['roost_key', 'roost_ticket']);
		});

		it('the instance sees its own host, and nothing of ours', async (site) => {
			const rs = await jar.ask(`${at}/echo`, { headers: {
				Cookie: `a=1; ${jar.header(hostOf(site, w))}; b=2`,
				'X-Roost-User': 'forged' } });
			assert.equal(rs.status, 200, rs.text);
			assert.match(rs.text, /^cookie: a=1; b=2\r$/im);
			assert.match(rs.text, /^x-roost-user: admin\r$/im);
			assert.match(rs.text, new RegExp(`^host: ${hostOf(site, w)}\r$`, 'im'));
			assert.ok(!/roost_|forged/i.test(rs.text), rs.text);
			// the control plane gives it nothing either
			assert.ok(!rs.headers['set-cookie']);
		});

		it('its cookies stay on its host, none of ours among them', async (site) => {
			const lines = ['a=1; Path=/; Domain=example.localhost', 'b=2; Path=/x',
				'roost_ticket=evil; Path=/', '__Host-roost_ticket=evil; Path=/; Secure',
				'ROOST_key=evil', 'roost_session=evil; Domain=example.localhost',
				'=roost_ticket=evil'].map((c) => `Set-Cookie:${c}`);
			const rs = await jar.ask(`${at}/say?200&${lines.map(
				encodeURIComponent).join('&')}&Clear-Site-Data:%22*%22&Location:/x`);
			// Apache can take none out, and says one that is over instead
			assert.deepEqual(rs.headers['set-cookie'].map((c) =>
				c.replace(/\s/g, '')).filter((c) => c !== 'roost-refused=;Max-Age=0'),
			['a=1;Path=/', 'b=2;Path=/x']);
			assert.equal(rs.headers['clear-site-data'], undefined);
			assert.equal(rs.headers.location, '/x');
		});

		it('bodies and WebSockets pass', async (site) => {
			const body = randomBytes(3_000_000);
			const sum = sha256(body);
			for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
				const rs = await jar.ask(`${at}/echo`, { method: 'POST', body,
					headers: { Origin: at, ...headers } });
				assert.match(rs.text, new RegExp(`sha256: ${sum}`));
			}
			const cookie = jar.header(hostOf(site, w));
			const own = await ws(site, at, { cookie });
			assert.equal(own.status, 101, own.body);
			own.send('there and back');
			assert.equal(await own.next(), 'there and back');
			own.close();
			await each([site.url, originOf(site, v), 'null', 'http://evil.example',
				`${at}.evil.example`, at.replace('http', 'https')],
			async (Origin) => {
				const rs = await ws(site, at, { cookie, headers: { Origin } });
				assert.equal(rs.status, 403, rs.body);
			});
		});

		it('an app that wants its whole path stands at the root', async (site) => {
			const whole = await site.admin.running({ app: 'whole' });
			const rs = await jar.go(`${site.url}${whole.path}echo/x`);
			assert.match(rs.text, /^GET \/echo\/x HTTP/, rs.way.join('\n'));
			// from the first question on, whether it is ready
			assert.deepEqual((await seen(site, whole)).filter((l) =>
				l.includes('/w/')), []);
			await site.admin.remove(whole.id);
		});

		it('a ticket is worth nothing anywhere else', async (site) => {
			const ticket = jar.value(hostOf(site, w), 'roost_ticket');
			const word = mark();
			await each([
				[originOf(site, v), 'roost_ticket'], [at, 'roost_session'],
				[at, 'roost_key'], [at, '__Host-roost_ticket'],
			], async ([origin, name]) => {
				const rs = await new Jar(site).ask(`${origin}/echo/${word}`,
					{ headers: { Cookie: `${name}=${ticket}` } });
				assert.equal(rs.status, 401, rs.text);
			});
			for (const name of ['roost_ticket', 'roost_session']) {
				const rs = await site.nobody().request('GET', '/api/v1/session',
					{ headers: { Cookie: `${name}=${ticket}` } });
				assert.equal(rs.status, 401);
			}
			// nor is the session, on a host of a workspace
			const rs = await new Jar(site).ask(`${at}/echo/${word}`,
				{ headers: { Cookie: site.admin.cookie } });
			assert.equal(rs.status, 401);
			await nothingOf(site, w, word);
			await nothingOf(site, v, word);
		});

		it('through the control plane no instance is reached', async (site) => {
			const word = mark();
			const cookie = jar.header(hostOf(site, w));
			await each([['GET', {}], ['POST', HTML], ['HEAD', {}], ['DELETE', {}],
				['GET', { 'Sec-Fetch-Mode': 'cors', ...HTML }],
			], async ([method, headers]) => {
				const rs = await site.admin.request(method, `${w.path}echo/${word}`,
					{ headers: { Origin: site.url, ...headers } });
				assert.equal(rs.status, 421, rs.text);
				if (method === 'GET' && !headers.Accept)
					assert.equal(rs.json.error.address, `${at}/`);
			});
			const refused = await wsOpen(`ws://127.0.0.1:${site.port}${w.path}ws`,
				{ headers: { Host: site.host, Origin: site.url,
					Cookie: `${site.admin.cookie}; ${cookie}` } });
			assert.equal(refused.status, 421);
			await nothingOf(site, w, word);
		});

		it('whoever has no ticket: a browser begins, anything else gets 401', async (site) => {
			const nobody = new Jar(site);
			const word = mark();
			for (const headers of [{}, { Accept: 'application/json' },
				{ ...HTML, 'Sec-Fetch-Mode': 'cors' }])
				assert.equal((await nobody.ask(`${at}/echo/${word}`,
					{ headers })).status, 401);
			assert.equal((await nobody.ask(`${at}/echo/${word}`,
				{ method: 'POST', headers: HTML })).status, 401);
			assert.equal((await ws(site, at)).status, 401);
			const rs = await nobody.go(`${at}/echo/${word}`);
			assert.equal(rs.status, 200);
			assert.equal(new URL(rs.url).pathname, '/login');
			const bob = jarOf(site, await site.addUser('bob'));
			const theirs = await bob.go(`${at}/echo/${word}`);
			assert.equal(theirs.status, 403);
			assert.equal(new URL(theirs.url).origin, site.url);
			assert.ok(!theirs.text.includes('first'), theirs.text);
			await nothingOf(site, w, word);
		});

		it('a code is good once, also for many at a time', async (site) => {
			const there = new Jar(site), other = new Jar(site);
			const ask = (j, url) => j.ask(url, { headers: NAVIGATE });
			const next = async (j, url) => (await ask(j, url)).headers.location;
			const way = await next(there, `${at}/echo`);
			const code = () => next(jarOf(site, site.admin), way);
			await next(other, `${at}/echo`);

			const back = await code();
			assert.match(back, /\/\.roost\/enter\?code=[\w-]{43}&to=/);
			const all = await Promise.all(Array.from({ length: 16 }, () => {
				const j = new Jar(site);
				j.cookies = new Map(there.cookies);
				return ask(j, back);
			}));
			const won = all.filter((rs) => rs.headers['set-cookie']);
			assert.equal(won.length, 1);
			assert.deepEqual([...new Set(all.filter((rs) => !won.includes(rs))
				.map((rs) => rs.status))], [403]);
			assert.equal((await ask(there, back)).status, 403);
			// a code that was seen by somebody else
			const stolen = await code();
			assert.equal((await ask(other, stolen)).status, 403);
			assert.equal((await ask(there, stolen)).status, 403);
			// for another workspace
			const elsewhere = (await code()).replace(w.id, v.id);
			assert.equal((await ask(there, elsewhere)).status, 403);
			// and as it should be
			const rs = await ask(there, await code());
			assert.equal(rs.status, 303);
			assert.equal(rs.headers['referrer-policy'], 'no-referrer');
			assert.equal((await there.ask(`${at}/echo`)).status, 200);
		});

		it('hostile Hosts and targets lead nowhere', async (site) => {
			const word = mark();
			const cookie = `Cookie: ${jar.header(hostOf(site, w))}; ${site.admin.cookie}`;
			const host = hostOf(site, w), name = host.split(':')[0];
			const ours = [host.toUpperCase(), `${name}:1`, name, host];
			// the same name in DNS; a server may take the dot away
			const either = [`${name}.`, `${name}.:${site.port}`];

			await each([
				...ours, ...either, `x.${host}`,
				`${w.id}${site.domain}`, `${w.id}-${site.domain}`, site.domain,
				`.${site.domain}`, `x.${site.domain}`, `${host}.evil.example`,
				'127.0.0.1', '', `${host}, ${site.host}`, `${site.host}@${host}`,
				`${host}/`, `${host}\r\nHost: ${site.host}`,
				`${site.host}\r\nHost: ${host}`, `${host}\t${site.host}`,
				`[::1]:${site.port}`, `${w.id.replace(/.$/, 'g')}.${site.domain}`,
			], async (h) => {
				const raw = await Raw.open(site.port);
				raw.write(`GET /echo/${word} HTTP/1.1\r\nHost: ${h}\r\n${cookie}\r\n` +
					'Connection: close\r\n\r\n');
				const rs = await raw.answer();
				raw.close();
				if (either.includes(h) && rs.status === 200) return null;
				if (ours.includes(h)) return assert.equal(rs.status, 200, rs.text);
				assert.ok(!rs || [400, 404, 421].includes(rs.status), rs?.text);
				assert.ok(!rs?.text.includes('roost_'), rs?.text);
			});
			await each([
				`http://${hostOf(site, v)}/echo/${word}`, `//${hostOf(site, v)}/${word}`,
				`/../${v.id}/${word}`, `/x/../../${word}`, `/%2e%2e/${word}`,
				`/..%2f${word}`, `/.%2e%2f06/${word}`, `/_slot/00/echo/${word}`,
				`/_slot/01/echo/${word}`, `/x/../_slot/01/echo/${word}`,
				`/%5fslot/01/echo/${word}`, `/.roost/${word}`, `/.roost/../${word}`,
				`/${v.path}/echo/${word}`, `${v.path}echo/${word}`,
			], async (target) => {
				const raw = await Raw.open(site.port);
				raw.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${cookie}\r\n` +
					'Connection: close\r\n\r\n');
				const rs = await raw.answer();
				raw.close();
				assert.ok(!rs?.text.startsWith('GET /echo'), rs?.text);
				await nothingOf(site, v, word);
			});
		});

		it('a token of the owner is enough for a script', async (site) => {
			const said = site.ctl('token', 'add', 'admin', 'script');
			const token = /^token: (\S+)$/m.exec(said)?.[1] ?? said.trim();
			const rs = await new Jar(site).ask(`${at}/echo`,
				{ method: 'POST', headers: { 'X-Roost-Token': token } });
			assert.equal(rs.status, 200, rs.text);
			assert.ok(!rs.text.includes(token), rs.text);
			const bad = await new Jar(site).ask(`${at}/echo`,
				{ headers: { 'X-Roost-Token': token.replace(/^./,
					(c) => (c === 'x' ? 'y' : 'x')) } });
			assert.equal(bad.status, 401);
		});

		it('a ticket ends with its session and with its user', async (site) => {
			const late = await site.login('admin', site.password);
			const theirs = jarOf(site, late);
			assert.equal((await theirs.go(`${at}/echo`)).status, 200);
			assert.equal((await theirs.ask(`${at}/echo`)).status, 200);
			await late.api('POST', '/logout', {}, { expect: 200 });
			assert.equal((await theirs.ask(`${at}/echo`)).status, 401);
			assert.equal((await ws(site, at,
				{ cookie: theirs.header(hostOf(site, w)) })).status, 401);
			const rs = await theirs.go(`${at}/echo`);
			assert.equal(new URL(rs.url).pathname, '/login', rs.way.join('\n'));
			site.people.splice(site.people.indexOf(late), 1);

			const carol = await site.addUser('carol');
			const hers = await carol.running({ name: 'hers' });
			const her = jarOf(site, carol), there = originOf(site, hers);
			assert.equal((await her.go(`${there}/echo`)).status, 200);
			await carol.remove(hers.id);
			site.ctl('user', 'disable', 'carol');
			assert.equal((await her.ask(`${there}/echo`)).status, 401);
			site.people.splice(site.people.indexOf(carol), 1);
		});

		it('asleep: a browser goes where it is woken, nothing else wakes it', async (site) => {
			await site.admin.patch(v.id, { desired_state: 'STANDBY' });
			await site.admin.phase(v.id, 'STANDBY');
			const there = originOf(site, v);
			const known = jarOf(site, site.admin);
			const before = await site.admin.workspace(v.id);
			for (const [method, headers] of [['GET', {}], ['POST', HTML],
				['HEAD', HTML]])
				assert.equal((await known.ask(`${there}/x`,
					{ method, headers })).status, 401);
			assert.equal((await site.admin.workspace(v.id)).rev, before.rev);
			// from a bookmark, without a ticket
			const rs = await known.go(`${there}/echo?from=bookmark`);
			assert.equal(rs.status, 200);
			assert.equal(rs.url, `${site.url}${v.path}echo?from=bookmark`);
			assert.match(rs.text, /data-leave/);
			await site.admin.phase(v.id, 'RUNNING');
			assert.match((await known.go(rs.url)).text, /^GET \/echo\?from=bookmark/);
			// and with one
			await site.admin.patch(v.id, { desired_state: 'STANDBY' });
			await site.admin.phase(v.id, 'STANDBY');
			const asleep = await known.ask(`${there}/echo`);
			assert.equal(asleep.status, 503, asleep.text);
			assert.match(asleep.headers['retry-after'], /^\d+$/);
			assert.match((await known.go(`${there}/echo`)).text, /data-leave/);
			await site.admin.phase(v.id, 'RUNNING');
		});

		it('what is dead, or has no gate, is not gone round in circles', async (site) => {
			site.killInstances();
			await until(async () => (await jar.ask(`${at}/echo`)).status !== 200,
				'the instance to be dead');
			const rs = await jar.go(`${at}/echo`, 8);
			assert.ok(rs.way.length < 8, rs.way.join('\n'));
			assert.ok([200, 502, 503].includes(rs.status), `${rs.status}`);
			await site.pass();
			await jar.go(`${at}/echo`);
			await site.admin.phase(w.id, 'RUNNING');
			await withoutGate(site, async () => {
				const shut = await jar.go(`${at}/echo`, 8);
				assert.ok(shut.status >= 500, `${shut.status} ${shut.way.join('\n')}`);
				assert.ok(!shut.text.startsWith('GET /echo'));
				const no = await ws(site, at,
					{ cookie: jar.header(hostOf(site, w)) });
				assert.ok(no.status >= 500, `${no.status}`);
			});
			await until(async () => (await jar.ask(`${at}/echo`)).status === 200,
				'the gate to be back');
		});

		it('doctor asks the control plane, and says what is not right', async (site) => {
			const { status, stdout } = spawnSync(...site.command(
				`${site.programs.bin}/roostctl`, '--site', site.dir, 'doctor',
				'--json'), { encoding: 'utf8' });
			const rows = JSON.parse(stdout);
			const of = (check) => rows.filter((r) => r.check === check);
			assert.deepEqual(rows.filter((r) => r.result === 'fail'), [], stdout);
			assert.equal(status, 0);
			for (const check of ['gate', 'names', 'path', 'websocket'])
				assert.ok(of(check).length > 0, `${check} says nothing`);
			assert.match(JSON.stringify(of('hosts')), /https only/);
			assert.match(JSON.stringify(of('server')), /at http:.*localhost/);
		});

		it('a browser logs in, wakes it, and lands on its host', async (site) => {
			const slow = await site.admin.running({ name: 'dozing', app: 'slow' });
			await site.admin.patch(slow.id, { desired_state: 'STANDBY' });
			await site.admin.phase(slow.id, 'STANDBY');
			const page = await site.page();
			// the loading page may be gone before anybody has looked at it
			const shown = [];
			page.on('response', (rs) => shown.push(`${rs.status()} ${rs.url()}`));
			await page.goto(`${originOf(site, slow)}/?bookmarked`);
			await page.getByLabel('User name').fill('admin');
			await page.getByLabel('Password').fill(site.password);
			await page.getByRole('button', { name: 'Log in' }).click();
			await page.getByText('ws echo hello').waitFor();
			assert.equal(page.url(), `${originOf(site, slow)}/?bookmarked`);
			assert.ok(shown.includes(`200 ${site.url}${slow.path}?bookmarked`),
				shown.join('\n'));
			// one that runs: the form's answer leads straight to its host
			const fresh = await site.page();
			await fresh.goto(`${site.url}${w.path}`);
			await fresh.getByLabel('User name').fill('admin');
			await fresh.getByLabel('Password').fill(site.password);
			await fresh.getByRole('button', { name: 'Log in' }).click();
			await fresh.getByText('ws echo hello').waitFor();
			assert.equal(fresh.url(), `${at}/`);
			// logged out there, it is out here with the next request
			await fresh.goto(`${site.url}/`);
			await fresh.getByRole('button', { name: 'Log out' }).click();
			await fresh.getByLabel('Password').waitFor();
			await fresh.goto(`${at}/`);
			assert.equal(new URL(fresh.url()).host, site.host);
			await fresh.getByLabel('Password').waitFor();
			await page.context().close();
			await fresh.context().close();
			await site.admin.remove(slow.id);
		});
	});
}
