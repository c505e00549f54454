// The door, what does not pass: the session, forged identities, paths that can
// be read in two ways, requests within requests, and what an instance must not
// say in the name of the whole site.

import assert from 'node:assert/strict';
import { ask, each, head, mark, nothingOf, Raw, seen } from './door-lib.mjs';

export const lineOf = (text, name) => text.split('\r\n')
	.filter((l) => l.toLowerCase().startsWith(`${name.toLowerCase()}:`))
	.map((l) => l.slice(l.indexOf(':') + 1).trim());

// Refused before anybody was asked.
const REFUSED = [400, 401, 403, 404, 405, 411, 413, 414, 431, 501];

export function hostile(it, { me, them, bob }) {
	const echo = (site, lines, target = `${me().path}echo`) =>
		ask(site, 'GET', target, lines);

	it('the session never reaches the instance, other cookies do', async (site) => {
		const s = site.admin.cookie;
		const secret = s.slice(s.indexOf('=') + 1);

		await each([
			// the Cookie headers, and what is left of them
			[[s], ''],
			[[`first=1; ${s}; last=2`], 'first=1; last=2'],
			[[`${s}; a=b=c; d=`], 'a=b=c; d='],
			[[`a="x y"; ${s}`], 'a="x y"'],
			[[`a=1;${s};b=2`], 'a=1; b=2'],
			[[`  a=1 ;   ${s}  ;b=2  `], 'a=1; b=2'],
			[[`a=1;; ${s};;`], 'a=1'],
			[[`\ta=1;\t${s}`], 'a=1'],
			[['a=1', s], 'a=1'], [[s, 'a=1'], 'a=1'],
			[['a=1', s, 'b=2'], 'a=1; b=2'],
			[[`${s}; __Host-roost_session=${secret}; a=1`], 'a=1'],
			[[`${s}; ROOST_SESSION=${secret}; Roost_Session=${secret}`], ''],
			[[`${s}; __host-Roost_session=${secret}; roost_visit=${secret}`], ''],
			[[`${s}; roost_session_old=${secret}; roost_x; a=1`], 'a=1'],
			[[`${s}; roost_session =${secret}; a=1`], 'a=1'],
			[[`a="q; __Host-roost_session=${secret}"; ${s}`], null],
			[[`${s}; xroost_session=mine; roost=mine`],
				'xroost_session=mine; roost=mine'],
		], async ([cookies, left]) => {
			const rs = await echo(site, cookies.map((c) => `Cookie: ${c}`));
			assert.ok(!rs.text.includes(secret), rs.text);
			if (cookies.length > 1 && !site.server.cookies)
				return assert.equal(rs.status, 401, rs.text);
			assert.equal(rs.status, 200, rs.text);
			const came = lineOf(rs.text, 'cookie').join('; ');
			assert.ok(!/(^|[;\s])(__host-)?roost_/i.test(came), came);
			if (left !== null)
				assert.equal(came.split(/\s*;\s*/).filter(Boolean).join('; '),
					left);
		});
		// a session that is said twice is none
		const twice = await echo(site, [`Cookie: ${s}; ${s}`]);
		assert.equal(twice.status, 401);
	});

	it('identity comes from us alone', async (site) => {
		const cookie = `Cookie: ${site.admin.cookie}`;
		const users = async (lines) => {
			const rs = await echo(site, [cookie, ...lines]);
			if (rs.status !== 200) assert.ok(REFUSED.includes(rs.status), rs.text);
			else assert.ok(!/forged/i.test(rs.text), rs.text);
			return rs.status === 200 ? lineOf(rs.text, 'x-roost-user') : ['admin'];
		};

		await each(['X-Roost-User: forged', 'x-roost-user: forged',
			'X_Roost_User: forged', 'X-Roost_User: forged', 'X-ROOST-USER:forged',
			'X-Roost-User:\tforged', 'X-Roost-Role: forged',
			'X-Roost-User : forged', 'X-Roost-User: admin\r\nX-Roost-User: forged',
			'X-Roost-User: admin\r\n forged', 'X-Roost-User: \r\n\tforged',
			'GATE_USER: forged', 'Gate-User: forged', 'Variable-GATE_USER: forged',
			'REDIRECT_GATE_USER: forged', 'Redirect-Gate-User: forged',
			'REMOTE_USER: forged', 'HTTP_X_ROOST_USER: forged',
		].map((l) => l.split('\r\n')), async (lines) => {
			// what has no meaning for anybody may pass under its own name
			const own = /^(gate|variable|redirect|remote|http)/i.test(lines[0]);
			const said = own ? lines.map((l) => l.replace('forged', 'theirs')) : lines;
			assert.deepEqual(await users(said), ['admin']);
		});
		// Connection: names headers that a proxy has to drop; an instance
		// takes the absence of ours as nobody
		await each([['Connection: close, X-Roost-User'],
			['Connection: X-Roost-User, Cookie', 'X-Roost-User: forged']],
		async (lines) => {
			const came = await users(lines);
			assert.ok(came.length === 0 || came.join() === 'admin', came.join());
		});
	});

	it('nobody directs the server from outside', async (site) => {
		const b = them();
		await each(['GATE_BACKEND: handler', 'Gate-Backend: slot00',
			'Variable-GATE_BACKEND: slot00', 'GATE_ERROR: 502', 'Gate-Error: 502',
			'GATE_WHOLE: 1', `GATE_BASE: ${b.path}`, 'GATE_METHOD: POST',
			'GATE_HTTP: http://127.0.0.1:1', 'REDIRECT_STATUS: 500',
			'Redirect-Status: 502', 'REDIRECT_URL: /login', 'Proxy: http://127.0.0.1:1',
			`X-Original-URL: ${b.path}`, `X-Rewrite-URL: ${b.path}`,
			'X-Forwarded-Proto: https', 'X-Forwarded-Prefix: /x',
			'X-Accel-Redirect: /login', 'X-Sendfile: /etc/passwd',
			'Status: 200', 'SCRIPT_NAME: /x', 'Max-Forwards: 0', 'TE: trailers',
			'Front-End-Https: on', 'X-HTTP-Method: POST',
		], async (line) => {
			const word = mark(), target = `${me().path}echo/${word}`;
			const rs = await echo(site, [`Cookie: ${site.admin.cookie}`, line], target);
			assert.equal(rs.status, 200, rs.text);
			assert.ok(rs.text.startsWith(`GET /echo/${word} `), rs.text);
			assert.deepEqual(lineOf(rs.text, 'x-roost-user'), ['admin']);
			assert.equal((await echo(site, [line], target)).status, 401);
			assert.equal((await echo(site, [`Cookie: ${bob().cookie}`, line],
				target)).status, 403);
			await nothingOf(site, b, word);
		});
	});

	it('where a request came from is not for the client to say', async (site) => {
		const rs = await echo(site, [`Cookie: ${site.admin.cookie}`,
			'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Host: evil.example',
			'X-Forwarded-Server: evil.example', 'X-Forwarded-Proto: gopher',
			'Forwarded: for=192.0.2.1;host=evil.example']);
		assert.equal(rs.status, 200, rs.text);
		assert.ok(!/192\.0\.2\.1|evil|gopher/.test(rs.text), rs.text);
		for (const proto of ['https', 'HTTPS', 'http, https']) {
			const told = await echo(site, [`Cookie: ${site.admin.cookie}`,
				`X-Forwarded-Proto: ${proto}`, 'X-Forwarded-Scheme: https',
				'X-Forwarded-Ssl: on', 'GATE_SCHEME: https',
				'Variable-GATE_SCHEME: https']);
			assert.deepEqual(lineOf(told.text, 'x-forwarded-proto'), ['http']);
		}
	});

	it('a path arrives as it was written, or not at all', async (site) => {
		const word = mark();
		await each(['/plain', '/a%20b', '//d', '/c//d;x=1?q=%41&x=a+b', '/%E4%B8%AD',
			'/?', '/a...b/..c/d..?x=../..', '/%25', "/~!$&'()*,:@", '/%41%42',
			'/x;param=1;b/y', '/;jsessionid=1', '/%3b', '/%3f%23', '/%C0%AF',
			'/%252e%252e/x', '/%252f', '/a%2Fb', '/a%2fb', '/%5cx', '/a\\b',
			'/.well-known/x', '/.hidden', '/...', '/%7Euser', '/x%0ay', '/x%0dy',
			'/[a]{b}|c^', '/"q"', '/<x>', '/`', '/x%00y', '/%', '/%4', '/%zz',
			'/a?b?c', '/?%00', '/?a=%2e%2e%2f', '/?../../x', '/?%', '/?a=b#c',
			'/#x', `/${'x'.repeat(2000)}`, `/?${'y'.repeat(2000)}`, '/\xc3\xa4',
			'/?\xc3\xa4', '/x%C3%A4', '/echo/../echo', '/x/./y', '/%2e/y', '/x/%2E%2e/y',
			'/?a[]=1&a[]=2', '/?&&==', '/?+', '/?%2B', "/?'",
		], async (rest) => {
			const rs = await echo(site, [`Cookie: ${site.admin.cookie}`],
				`${me().path}echo/${word}${rest}`);
			if (rs.status === 200) {
				const came = rs.body.toString('latin1').split(' ')[1];
				assert.equal(came, `/echo/${word}${rest}`);
			} else {
				assert.ok(REFUSED.includes(rs.status), `${rs.status}`);
			}
			// what browsers send all day must pass
			if (/^[/\w.;=?&+,~-]*$|^(\/[^/]*(%20|%E4|%41|%25|%C3))/.test(rest) &&
				!/\/\.+(\/|$)/.test(rest.split('?')[0]) &&
				(site.server.slash || !/%2f/i.test(rest)))
				assert.equal(rs.status, 200, 'refused');
		});
	});

	it('what can be read in two ways reaches nobody', async (site) => {
		const cookie = `Cookie: ${site.admin.cookie}`;
		const a = me(), b = them(), at = `http://127.0.0.1:${site.port}`;
		const mine = a.path, theirs = b.id;

		await each([
			`${mine}../${theirs}/`, `${mine}..%2f${theirs}/`, `${mine}..%2F${theirs}/`,
			`${mine}%2e%2e/${theirs}/`, `${mine}.%2e/${theirs}/`, `${mine}%2E./${theirs}/`,
			`${mine}x/../../${theirs}/`, `${mine}x/%2e%2e/%2e%2e/${theirs}/`,
			`${mine}..;/${theirs}/`, `${mine}..%3b/${theirs}/`, `${mine}..\\${theirs}/`,
			`${mine}..%5c${theirs}/`, `${mine}..%5C..%5Cw%5C${theirs}/`,
			`${mine}%252e%252e/${theirs}/`, `${mine}..%252f${theirs}/`,
			`${mine}..%00/${theirs}/`, `${mine}%c0%ae%c0%ae/${theirs}/`,
			`/w/${theirs}/../${a.id}/`, `/w/${theirs}%2f..%2f${a.id}/`,
			`/w/${theirs}/`, `//w/${theirs}/`, `/w//${theirs}/`, `/w/./${theirs}/`,
			`/./w/${theirs}/`, `/x/../w/${theirs}/`, `/w%2f${theirs}/`, `/%77/${theirs}/`,
			`/w/%2e/${theirs}/`, `/w/${theirs.toUpperCase()}/`, `/W/${theirs}/`,
			`/w/${theirs}%2f`, `/w/${theirs}%00/`, `/w/${theirs}x/`, `/w/${theirs};a/`,
			`/w/${theirs} /`, `/w/ ${theirs}/`, `/w/${theirs.replaceAll('-', '%2d')}/`,
			`/w/${a.id}${theirs}/`, `/w/${a.id},${theirs}/`, `/w/{${theirs}}/`,
			`/static/../w/${theirs}/`, `/static/..%2fw/${theirs}/`,
			`/login/../w/${theirs}/`, `/w/../w/${theirs}/`, `\\w\\${theirs}\\`,
			`/_slot/00/`, `/%5fslot/00/`, `//_slot/00/`, `/x/../_slot/00/`,
			`${mine}../../_slot/00/`, '/_slot/01/', '/_slot/0/', '/_roost/gate/',
			`${at}/w/${theirs}/`, `http://evil.example/w/${theirs}/`,
			`${at}/w/../w/${theirs}/`, `${at}//w/${theirs}/`, `w/${theirs}/`,
			`http:/w/${theirs}/`, `/http://x/w/${theirs}/`, `/w/${theirs}?/../${a.id}/`,
			`/?x=/w/${theirs}/`, `/w/${a.id.slice(0, -1)}%${a.id.charCodeAt(35)
				.toString(16)}/../../${theirs}/`,
		], async (path) => {
			const word = mark();
			const rs = await ask(site, 'GET', `${path}echo/${word}`, [cookie]);
			await nothingOf(site, b, word);
			// a name that is only odd is the instance's own business
			const came = (await seen(site, a)).filter((l) => l.includes(word));
			if (came.length && path.startsWith(mine)) {
				assert.deepEqual(came, [`GET /${path.slice(mine.length)}echo/${word}`]);
				return;
			}
			assert.deepEqual(came, []);
			assert.ok([...REFUSED, 308].includes(rs.status), `${rs.status} ${rs.text}`);
			assert.ok(!/^GET /.test(rs.text), rs.text);
		});
		// the same thing in another spelling is still the same
		const word = mark();
		const rs = await ask(site, 'GET', `${at}${mine}echo/${word}`, [cookie]);
		if (rs.status !== 200) assert.ok(REFUSED.includes(rs.status));
		else assert.ok(rs.text.startsWith(`GET /echo/${word} `), rs.text);
	});

	it('unknown ids: 404', (site) => each(
		['/w/00000000-0000-4000-8000-000000000000/', '/w/nonsense/', '/w/'],
		async (path) => assert.equal((await site.admin.navigate(path)).status, 404)));

	it('no request within a request', async (site) => {
		const base = head(site, 'POST', `${me().path}echo`,
			[`Cookie: ${site.admin.cookie}`]).slice(0, -2);
		const inner = (word) => `GET /echo/${word} HTTP/1.1\r\nHost: x\r\n` +
			'X-Roost-User: forged\r\n\r\n';

		await each([
			// lines of the head, and the body before the request within
			['Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
			['Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'],
			['Content-Length: 5\r\nContent-Length: 0', 'hello'],
			['Content-Length: 0\r\nContent-Length: 5', ''],
			['Content-Length: 5, 5', 'hello'], ['Content-Length: +5', 'hello'],
			['Content-Length: 0x5', 'hello'], ['Content-Length: -1', ''],
			['Content-Length: 5 5', 'hello'], ['Content-Length: ', ''],
			['Content-Length: 99999999999999999999', ''],
			['Content-Length : 5', 'hello'], ['Content_Length: 5', 'hello'],
			['Content-Length\x00: 5', 'hello'],
			['Transfer-Encoding: xchunked', '0\r\n\r\n'],
			['Transfer-Encoding: chunked, identity', '0\r\n\r\n'],
			['Transfer-Encoding: identity, chunked', '0\r\n\r\n'],
			['Transfer-Encoding: identity\r\nContent-Length: 0', ''],
			['Transfer-Encoding : chunked', '0\r\n\r\n'],
			['Transfer-Encoding:\tchunked', '0\r\n\r\n'],
			['Transfer-Encoding: \x0bchunked', '0\r\n\r\n'],
			['Transfer-Encoding:\r\n chunked', '0\r\n\r\n'],
			['X: y\r\n Transfer-Encoding: chunked', '0\r\n\r\n'],
			['Transfer-Encoding: "chunked"', '0\r\n\r\n'],
			['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', '0\r\n\r\n'],
			['Transfer_Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'],
			['Transfer-Encoding: chunked', '0\n\n'], ['Transfer-Encoding: chunked', '-1\r\n'],
			['Transfer-Encoding: chunked', '0x0\r\n\r\n'],
			['Transfer-Encoding: chunked', '5\r\nhello!!\r\n0\r\n\r\n'],
			['Transfer-Encoding: chunked', '10000000000000000\r\n0\r\n\r\n'],
			['Transfer-Encoding: chunked', '5;\x00\r\nhello\r\n0\r\n\r\n'],
			['Transfer-Encoding: chunked', '\r\n0\r\n\r\n'],
			['Transfer-Encoding: chunked', '0\r\nContent-Length: 5\r\n\r\n'],
			['X: a\nTransfer-Encoding: chunked', '0\r\n\r\n'],
			['X: a\rTransfer-Encoding: chunked', '0\r\n\r\n'],
			['X: \x00a\r\nContent-Length: 0', ''], ['X\x01: a\r\nContent-Length: 0', ''],
			[': a\r\nContent-Length: 0', ''], ['no colon\r\nContent-Length: 0', ''],
			['Expect: 200-ok\r\nContent-Length: 5', 'hello'],
			['Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n' +
				'Connection: Upgrade, HTTP2-Settings\r\nContent-Length: 0', ''],
			['Host: evil.example\r\nContent-Length: 0', ''],
		], async ([lines, body]) => {
			const word = mark();
			const raw = await Raw.open(site.port);
			raw.write(`${base}${lines}\r\n\r\n${body}${inner(word)}`);
			const text = await raw.all({ longest: 1500 });
			const came = (await seen(site, me())).filter((l) =>
				l.includes(word));
			assert.deepEqual(came, [], `it has come: ${text}`);
			assert.ok(!/^x-roost-user: forged/im.test(text), text);
		}, { parallel: true });
		// lines that end otherwise, and a first line that is none
		await each([
			(w) => `GET ${me().path}echo/${w} HTTP/1.1\nHost: x\nX-Roost-User: forged\n\n`,
			(w) => `GET ${me().path}echo/${w}\r\n\r\n`,
			(w) => `GET  ${me().path}echo/${w} HTTP/1.1\r\nHost: x\r\n\r\n`,
			(w) => `GET\t${me().path}echo/${w}\tHTTP/1.1\r\nHost: x\r\n\r\n`,
			(w) => `GET ${me().path}echo/${w} HTTP/9.9\r\nHost: x\r\n\r\n`,
			(w) => `GET ${me().path}echo/${w} HTTP/1.1\r\n\r\n`,
			(w) => ` GET ${me().path}echo/${w} HTTP/1.1\r\nHost: x\r\n\r\n`,
			(w) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${w}`,
		], async (make) => {
			const word = mark();
			const raw = await Raw.open(site.port);
			raw.write(make(word)); // no cookie in any of them
			await raw.all({ longest: 1500 });
			await nothingOf(site, me(), word);
		}, { parallel: true });
		const rs = await site.admin.request('GET', `${me().path}echo`);
		assert.equal(rs.status, 200, 'the server is well');
	});

	it('an instance sets no cookie of ours, none outside its path', async (site) => {
		const say = async (values) => (await site.admin.request('GET',
			`${me().path}say?200${values.map((v) =>
				`&Set-Cookie:%20${encodeURIComponent(v)}`).join('')}`))
			.headers['set-cookie'] ?? [];
		const check = (set) => set.map((cookie) => {
			const [pair, ...attributes] = cookie.split(';').map((p) => p.trim());
			const name = pair.slice(0, pair.indexOf('=')).trim();
			assert.ok(pair.indexOf('=') > 0 && name !== '', `nameless: ${cookie}`);
			assert.ok(!/^(__host-)?roost_/i.test(name), cookie);
			for (const a of attributes) {
				assert.ok(!/^domain\b/i.test(a), cookie);
				if (/^path\s*=\s*\//i.test(a))
					assert.ok(a.replace(/^path\s*=\s*/i, '')
						.startsWith(me().path), cookie);
			}
			return name;
		}).filter((name) => name !== 'roost-refused');
		const evil = ['roost_session=evil; Path=/', 'roost_session=evil',
			'__Host-roost_session=evil; Path=/; Secure', 'ROOST_SESSION=evil',
			'roost_visit=evil', 'Roost_Session=evil; Path=/', ' roost_session=evil',
			'roost_session =evil', '__HOST-roost_session=evil; Path=/; Secure',
			'=roost_session=evil; Path=/', '=evil', 'roost_session', 'evil',
			'; Path=/', ' =roost_session=evil', '\troost_session=evil',
			'roost_session\t=evil', ';roost_session=evil', '__host-roost_visit=evil'];
		const good = ['own=1; Path=/sub/dir; SameSite=Lax', 'wide=1; Path=/; HttpOnly',
			'bare=1', 'dom=1; Domain=example.org; path=/api', 'eq=a=b; PATH = /',
			'late=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Max-Age=9', 'q="a b"',
			'two=1; Path=/x; Path=/', 'dots=1; DOMAIN=127.0.0.1; Path=/../',
			`here=1; Path=${me().path}x`, 'rel=1; Path=rel', 'xroost_session=1'];

		await each(evil, async (v) => {
			const names = check(await say([v]));
			assert.ok(!names.includes('evil'), names.join());
		});
		await each(good, async (v) => {
			const names = check(await say([v]));
			assert.deepEqual(names, [v.slice(0, v.indexOf('='))]);
		});
		const all = check(await say([evil, good].flatMap((l) => l)
			.sort((x, y) => x.length - y.length)));
		assert.deepEqual(all.sort(), good.map((v) => v.slice(0, v.indexOf('=')))
			.sort());
		const own = await say(['a=1; Path=/sub; HttpOnly; SameSite=Lax']);
		assert.match(own[0], new RegExp(`path=${me().path}sub(;|$)`, 'i'));
		assert.match(own[0], /; ?HttpOnly/i);
		assert.match(own[0], /; ?SameSite=Lax/i);

		// and a browser agrees
		const page = await site.page({ as: site.admin });
		await page.goto(`${me().path}say?200${[...evil, ...good].map((v) =>
			`&Set-Cookie:${encodeURIComponent(v)}`).join('')}`);
		for (const c of await page.context().cookies(`${site.url}/login`))
			assert.ok(`${c.name}=${c.value}` === site.admin.cookie,
				`${c.name}=${c.value} reaches the control plane`);
		await page.goto('/');
		await page.getByRole('heading', { name: 'My workspaces' }).waitFor();
		await page.context().close();
	});

	it('an instance does not speak for the site, nor direct the server', async (site) => {
		const say = (line) => site.admin.request('GET',
			`${me().path}say?200&${line.replaceAll(' ', '%20')}`);

		await each(['Clear-Site-Data: "cookies"', 'clear-site-data: "*"',
			'Strict-Transport-Security: max-age=9', 'Public-Key-Pins: x',
			'Alt-Svc: h2="evil.example:443"', 'NEL: {}', 'Report-To: {}',
			'Reporting-Endpoints: a="https://evil.example"',
			'Set-Login: logged-out'], async (line) => {
			const rs = await say(line);
			assert.equal(rs.text, 'said 200\n');
			const name = line.slice(0, line.indexOf(':')).toLowerCase();
			assert.equal(rs.headers[name], undefined);
		});
		await each(['X-Accel-Redirect: /login', 'X-Accel-Redirect: /_roost/gate',
			'X-Sendfile: /etc/passwd', 'X-LIGHTTPD-send-file: /etc/passwd',
			'X-Sendfile2: /etc/passwd 0-', 'X-Accel-Limit-Rate: 1',
			'X-Accel-Charset: koi8-r', 'Status: 404', 'X-LIGHTTPD-send-tempfile: /etc/passwd',
			'Variable-GATE_BACKEND: handler', 'X-Reproxy-URL: /login'], async (line) => {
			const rs = await say(line);
			assert.equal(rs.status, 200);
			assert.equal(rs.text, 'said 200\n');
		});
		await each([['Service-Worker-Allowed: /', me().path],
			['Content-Location: /x', `${me().path}x`]], async ([line, value]) => {
			const rs = await say(line);
			const name = line.slice(0, line.indexOf(':')).toLowerCase();
			const came = rs.headers[name];
			assert.ok(came === undefined || came === value, came);
		});
	});

	it('redirects of an instance lead where it meant', async (site) => {
		const at = me().path.slice(0, -1);
		await each([
			['/foo', `${at}/foo`], ['/', `${at}/`], ['foo', 'foo'],
			['/foo?a=/b#c', `${at}/foo?a=/b#c`], ['/%41%2f', `${at}/%41%2f`],
			['../x', '../x'], ['//other/x', '//other/x'], ['#f', '#f'],
			['http://other/x', 'http://other/x'], ['?q=1', '?q=1'],
			['https://other.example/w/', 'https://other.example/w/'],
			[`${site.url}/abs`, `${site.url}${at}/abs`],
			[`${site.url}${at}/abs`, `${site.url}${at}/abs`],
			[`${at}/mine`, `${at}/mine`], [`${at}`, `${at}`],
			['/login', `${at}/login`], ['/w/', `${at}/w/`],
			[`/w/${them().id}/`, `${at}/w/${them().id}/`],
		], async ([to, expect]) => {
			for (const status of [301, 302, 303, 307, 308, 201]) {
				const rs = await site.admin.request('GET',
					`${me().path}say?${status}&Location:${encodeURIComponent(to)}`);
				assert.equal(rs.status, status);
				assert.equal(rs.headers.location, expect);
			}
		});
	});
}
