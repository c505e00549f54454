// Who reaches an instance, what reaches it, and what it may answer. SPEC
// section 7, the web server's part.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { app, NAVIGATE, request, withSite } from './site.mjs';

const OTHER = '/w/00000000-0000-4000-8000-000000000000/';

const apps = app('wsapp') +
	app('whole', '--base {base}', { strip_prefix: 'no' });

withSite('access', { apps }, (it) => {
	let w, bob;

	it('another user: 403, page and WebSocket', async (site) => {
		w = await site.admin.running({ name: 'private' });
		bob = await site.addUser('bob');
		assert.equal((await bob.navigate(w.path)).status, 403);
		assert.equal((await bob.request('GET', `${w.path}echo`)).status, 403);
		assert.equal((await bob.ws(`${w.path}ws`)).status, 403);
		await bob.api('GET', `/workspaces/${w.id}`, undefined, { expect: 403 });
		await bob.api('DELETE', `/workspaces/${w.id}`, undefined, { expect: 403 });
		assert.ok(!(await bob.navigate(w.path)).text.includes('private'));
		const { json } = await bob.api('GET', '/workspaces');
		assert.equal(json.total, 0);
	});

	it('an admin may look after it but not enter it', async (site) => {
		const theirs = await bob.running({ name: 'of bob' });
		assert.equal((await site.admin.workspace(theirs.id)).name, 'of bob');
		assert.equal((await site.admin.navigate(theirs.path)).status, 403);
		await bob.remove(theirs.id);
	});

	it('not logged in: 401, but a browser logs in and comes back', async (site) => {
		const nobody = site.nobody();
		assert.equal((await nobody.request('GET', `${w.path}echo`)).status, 401);
		assert.equal((await nobody.ws(`${w.path}ws`)).status, 401);
		assert.equal((await nobody.request('GET', OTHER)).status, 401);
		const page = await site.page();
		await page.goto(`${w.path}?from=afar`);
		await page.getByLabel('User name').fill('admin');
		await page.getByLabel('Password').fill(site.password);
		await page.getByRole('button', { name: 'Log in' }).click();
		await page.getByText('ws echo hello').waitFor();
		assert.equal(page.url(), `${site.url}${w.path}?from=afar`);
		await page.context().close();
	});

	it('an unknown id: 404', async (site) => {
		for (const path of [OTHER, '/w/nonsense/', '/w/'])
			assert.equal((await site.admin.navigate(path)).status, 404, path);
	});

	it('neither session nor token reach the instance, nor forged headers', async (site) => {
		const rs = await site.admin.request('GET', `${w.path}echo`, {
			headers: {
				Cookie: `first=1; ${site.admin.cookie}; last=2; ` +
					'__Host-roost_session=x; roost_visit=y',
				'X-Roost-User': 'forged', 'x-roost-anything': 'forged',
				'X_Roost_User': 'forged', 'X-Custom': 'kept',
				Connection: 'close, X-Roost-User, Cookie',
			},
		});
		assert.equal(rs.status, 200, rs.text);
		assert.ok(!rs.text.includes('roost_'), rs.text);
		assert.ok(!rs.text.includes('forged'), rs.text);
		assert.match(rs.text, /^cookie: first=1; last=2\r$/im);
		assert.match(rs.text, /^x-custom: kept\r$/im);
		assert.match(rs.text, /^x-roost-user: .+\r$/im);
		assert.match(rs.text,
			new RegExp(`^host: 127\\.0\\.0\\.1:${site.port}\\r$`, 'im'));
	});

	it('the raw path arrives as it was written', async (site) => {
		for (const path of ['/a%2fb%20c//d;x=1?q=%41&x=a+b', '/%E4%B8%AD',
			'/?', '/a...b/..c/d..?x=../..', '/%25', "/~!$&'()*,:@"]) {
			const rs = await site.admin.request('GET',
				`${w.path}echo${path}`);
			assert.equal(rs.status, 200, path);
			assert.equal(rs.text.split(' ')[1], `/echo${path}`);
		}
	});

	it('a body arrives whole, however it is sent', async (site) => {
		const body = randomBytes(5_000_000);
		const sum = createHash('sha256').update(body).digest('hex');
		for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
			const rs = await site.admin.request('POST', `${w.path}echo`,
				{ headers, body });
			assert.match(rs.text, new RegExp(`sha256: ${sum}`));
		}
		const big = await site.admin.request('GET', `${w.path}big?n=20000000`);
		assert.equal(big.bytes.length, 20_000_000);
	});

	it('what can be read in two ways reaches nobody', async (site) => {
		const mine = await site.admin.running({ name: 'second' });
		for (const path of [
			`${w.path}../${mine.id}/echo`, `${w.path}..%2f${mine.id}/echo`,
			`${w.path}%2e%2e/${mine.id}/echo`, `${w.path}.%2e/x`,
			`${w.path}./echo`, `/w//${w.id}/echo`, `//w/${w.id}/echo`,
			`/x/..${w.path}echo`, `/w%2f${w.id}/echo`, `/%77/${w.id}/echo`,
			`/w/${w.id}%2fecho`, `/static/..${w.path}echo`,
			`${w.path}../../_slot/00/echo`, '/_slot/00/echo',
			'/%5fslot/00/echo', '//_slot/00/echo', '/x/../_slot/00/echo',
			`/w/${w.id.toUpperCase()}/echo`,
		]) {
			const rs = await site.admin.request('GET', path);
			assert.ok([400, 403, 404].includes(rs.status),
				`${path}: ${rs.status}`);
			assert.ok(!rs.text.includes('HTTP/1.'), `${path} was echoed`);
		}
		await site.admin.remove(mine.id);
	});

	it('an instance sets no cookie outside its own path, none of ours', async (site) => {
		const rs = await site.admin.request('GET', `${w.path}setcookie`);
		const set = rs.headers['set-cookie'];
		assert.ok(set.length > 0);
		for (const cookie of set) {
			assert.ok(!/roost_/i.test(cookie), cookie);
			assert.ok(!/domain=/i.test(cookie), cookie);
			const path = /; *path=([^;]*)/i.exec(cookie)?.[1];
			if (path !== undefined)
				assert.ok(path.startsWith(w.path), cookie);
		}
		const page = await site.page({ as: site.admin });
		await page.goto(`${w.path}setcookie`);
		await page.goto('/');
		await page.getByRole('heading', { name: 'My workspaces' }).waitFor();
		await page.context().close();
	});

	it('redirects of an instance lead where it meant', async (site) => {
		const at = w.path.slice(0, -1);
		for (const [to, expect] of [
			['/foo', `${at}/foo`], ['/', `${at}/`], ['foo', 'foo'],
			['../x', '../x'], ['//other/x', '//other/x'],
			['http://other/x', 'http://other/x'], ['?q=1', '?q=1'],
			[`${site.url}/abs`, `${site.url}${at}/abs`],
			[`${at}/mine`, `${at}/mine`],
		]) {
			const rs = await site.admin.request('GET',
				`${w.path}redirect?${to}`);
			assert.equal(rs.headers.location, expect);
		}
	});

	it('a foreign page opens no WebSocket', async (site) => {
		for (const Origin of ['http://evil.example', 'null',
			`http://127.0.0.1:${site.port}.evil.example`])
			assert.equal((await site.admin.ws(`${w.path}ws`,
				{ headers: { Origin } })).status, 403, Origin);
		const own = await site.admin.ws(`${w.path}ws`);
		assert.equal(own.status, 101);
		own.close();
	});

	it('events of an instance are not held back', async (site) => {
		const seen = await new Promise((resolve, reject) => {
			const begun = Date.now(), at = [];
			fetch(`${site.url}${w.path}sse`,
				{ headers: site.admin.headers() }).then(async (rs) => {
				for await (const chunk of rs.body)
					at.push([Date.now() - begun, `${Buffer.from(chunk)}`]);
				resolve(at);
			}).catch(reject);
		});
		assert.ok(seen.length >= 3, JSON.stringify(seen));
	});

	it('static files: typed, cached for ever under a version, no listing', async (site) => {
		const rs = await site.nobody().request('GET', '/static/roost.css?v=1');
		assert.equal(rs.status, 200);
		assert.match(rs.headers['content-type'], /^text\/css/);
		assert.equal(rs.headers['x-content-type-options'], 'nosniff');
		assert.match(rs.headers['cache-control'], /immutable/);
		const plain = await site.nobody().request('GET', '/static/roost.css');
		assert.equal(plain.headers['cache-control'], 'no-cache');
		const again = await site.nobody().request('GET', '/static/roost.css',
			{ headers: { 'If-None-Match': plain.headers.etag } });
		assert.equal(again.status, 304);
		for (const path of ['/static/', '/static/../templates/login.html',
			'/static/%2e%2e/templates/login.html', '/templates/login.html',
			'/roost.conf', '/static/..%2ftemplates/login.html'])
			assert.ok([400, 403, 404].includes((await request(site.port,
				'GET', path, { headers: NAVIGATE })).status) ||
				path.includes('/templates/login.html') === false,
			path);
	});

	it('an app that wants its whole path gets it', async (site) => {
		const whole = await site.admin.running({ app: 'whole' });
		const page = await site.page({ as: site.admin });
		await page.goto(whole.path);
		await page.getByText('ws echo hello').waitFor();
		await page.context().close();
		const rs = await site.admin.request('GET', `${whole.path}echo/a%2fb`);
		assert.equal(rs.text.split(' ')[1], `${whole.path}echo/a%2fb`);
		await site.admin.remove(whole.id);
	});

	it('logged out, the door is shut', async (site) => {
		const late = await site.login('admin', site.password);
		assert.equal((await late.request('GET', `${w.path}echo`)).status, 200);
		await late.api('POST', '/logout', {}, { expect: 200 });
		assert.equal((await late.request('GET', `${w.path}echo`)).status, 401);
		site.people.splice(site.people.indexOf(late), 1);
	});
});
