// The door, what flows through it: every byte arrives as it was sent, both
// ways, as soon as it was sent.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { ask, each, head, Raw, seen, mark } from './door-lib.mjs';
import { sha256, until } from './site.mjs';

const MB = 1_000_000;

// What /big?n=N of the test application is.
function big(n) {
	const numbers = new Uint32Array(Math.ceil(n / 4));
	for (let i = 0; i < numbers.length; i++) numbers[i] = i;
	return Buffer.from(numbers.buffer, 0, n);
}

// A refusal that says what it is; what it refuses reaches nobody.
const REFUSED = [400, 403, 404, 405, 411, 413, 501];

export function flow(it, { me }) {
	it('every method, with and without a body', async (site) => {
		const cookie = `Cookie: ${site.admin.cookie}`;
		const sent = async (method, body) => {
			const word = mark();
			const rs = await ask(site, method, `${me().path}echo/${word}`,
				body === undefined ? [cookie] :
					[cookie, `Content-Length: ${body.length}`], body);
			return { rs, word };
		};

		await each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
			async (method) => {
				const plain = /GET|HEAD/.test(method);
				for (const body of plain ? [undefined] : ['', 'hello']) {
					const { rs, word } = await sent(method, body);
					assert.equal(rs.status, 200, rs.text);
					assert.ok((await seen(site, me())).includes(
						`${method} /echo/${word}`));
					if (method === 'HEAD') continue;
					assert.ok(rs.text.startsWith(`${method} /echo/`), rs.text);
					assert.match(rs.text, new RegExp(`^body: ${body?.length ?? 0}\\r$`, 'm'));
				}
			});
		// what a server does not know, it says so
		await each(['PROPFIND', 'REPORT', 'MKCOL', 'PURGE', 'BREW', 'M-SEARCH',
			'get', 'TRACE', 'CONNECT', 'A'.repeat(40)], async (method) => {
			const { rs, word } = await sent(method);
			const came = (await seen(site, me())).filter((l) => l.includes(word));
			if (came.length) {
				assert.deepEqual(came, [`${method} /echo/${word}`]);
				assert.ok(rs.text.startsWith(`${method} /echo/`), rs.text);
			} else {
				assert.ok(REFUSED.includes(rs.status), `${rs.status}`);
			}
			assert.ok(!rs.text.includes('roost_session'), 'shows the cookie');
		});
	});

	it('60 MB up and down, byte by byte', async (site) => {
		const up = randomBytes(60 * MB);
		const rs = await site.admin.request('POST', `${me().path}echo`,
			{ body: up });
		assert.equal(rs.status, 200, rs.text);
		assert.match(rs.text, new RegExp(`body: ${up.length}\r\nsha256: ${sha256(up)}`));
		const down = await site.admin.request('GET', `${me().path}big?n=${60 * MB}`);
		assert.equal(down.bytes.length, 60 * MB);
		assert.equal(sha256(down.bytes), sha256(big(60 * MB)));
	});

	it('a body in chunks', async (site) => {
		const body = randomBytes(5 * MB);
		const chunked = { 'Transfer-Encoding': 'chunked' };
		const rs = await site.admin.request('POST', `${me().path}echo`,
			{ headers: chunked, body });
		assert.equal(rs.status, 200, rs.text);
		assert.match(rs.text, new RegExp(`body: ${body.length}\r\nsha256: ${sha256(body)}`));
		await each([
			['0\r\n\r\n', 0],
			['5\r\nhello\r\n0\r\n\r\n', 5],
			['1\r\na\r\n4;ext=1\r\nbcde\r\n0\r\n\r\n', 5],
			['00000A\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n', 10],
		], async ([bytes, size]) => {
			const small = await ask(site, 'PUT', `${me().path}echo`,
				[`Cookie: ${site.admin.cookie}`, 'Transfer-Encoding: chunked'],
				bytes);
			if (REFUSED.includes(small.status)) return;
			assert.equal(small.status, 200, small.text);
			assert.match(small.text, new RegExp(`^body: ${size}\\r$`, 'm'));
		});
	});

	it('a body that waits for 100 Continue', async (site) => {
		const raw = await Raw.open(site.port);
		raw.write(head(site, 'PUT', `${me().path}echo`, ['Content-Length: 5',
			`Cookie: ${site.admin.cookie}`, 'Expect: 100-continue']));
		assert.equal((await raw.answer()).status, 100);
		raw.write('hello');
		const rs = await raw.answer();
		assert.equal(rs.status, 200, rs.text);
		assert.match(rs.text, new RegExp(`sha256: ${sha256('hello')}`));
		raw.close();
	});

	it('parts of a file, as the instance cuts them', async (site) => {
		const n = 1 * MB, all = big(n);
		await each([['bytes=0-9', 0, 9], ['bytes=5-5', 5, 5],
			[`bytes=${n - 10}-`, n - 10, n - 1], ['bytes=-7', n - 7, n - 1],
			['bytes=1000-699999', 1000, 699_999]], async ([Range, from, to]) => {
			const rs = await site.admin.request('GET',
				`${me().path}big?n=${n}`, { headers: { Range } });
			assert.equal(rs.status, 206);
			assert.equal(rs.headers['content-range'], `bytes ${from}-${to}/${n}`);
			assert.ok(rs.bytes.equals(all.subarray(from, to + 1)), 'other bytes');
		});
		const whole = await site.admin.request('GET', `${me().path}big?n=${n}`);
		assert.equal(whole.status, 200);
		assert.equal(whole.headers['accept-ranges'], 'bytes');
	});

	it('HEAD: the head, no body, and the connection goes on', async (site) => {
		const raw = await Raw.open(site.port);
		const lines = [`Cookie: ${site.admin.cookie}`];
		raw.write(head(site, 'HEAD', `${me().path}big?n=12345`, lines));
		const rs = await raw.answer({ head: true });
		assert.equal(rs.status, 200);
		assert.equal(rs.headers['content-length'], '12345');
		raw.write(head(site, 'GET', `${me().path}big?n=7`, lines));
		const next = await raw.answer();
		assert.ok(next.body.equals(big(7)), next.text);
		raw.close();
	});

	it('what the instance says arrives: status, headers, body', async (site) => {
		const say = (what) => site.admin.request('GET', `${me().path}say?${what}`,
			{ headers: { Accept: 'text/html' } });
		await each([200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 409,
			410, 413, 416, 418, 422, 429, 451, 500, 501, 502, 503, 504],
		async (status) => {
			const rs = await say(status);
			assert.equal(rs.status, status, rs.text);
			assert.equal(rs.text, [204, 304].includes(status) ? '' :
				`said ${status}\n`);
		});
		await each(['Cache-Control:no-cache, x=1', 'ETag:"a/b"', 'X-Custom:%20a%20b',
			"Content-Security-Policy:default-src%20'self'", 'Vary:Accept',
			'Content-Disposition:attachment; filename="%C3%A4.txt"',
			'Last-Modified:Wed, 21 Oct 2015 07:28:00 GMT', 'X-Frame-Options:DENY',
			'Access-Control-Allow-Origin:*', 'Retry-After:7',
			'Content-Type:text/html; charset=euc-kr',
		], async (line) => {
			const rs = await say(`200&${line.replaceAll(' ', '%20')}`);
			const [name, value] = [line.slice(0, line.indexOf(':')).toLowerCase(),
				decodeURIComponent(line.slice(line.indexOf(':') + 1)).trim()];
			assert.equal(Buffer.from(rs.headers[name] ?? '', 'latin1').toString(),
				value);
		});
		const twice = await say('401&WWW-Authenticate:Basic&Www-Authenticate:Bearer' +
			'&Link:%3C/a%3E&Link:%3C/b%3E');
		assert.equal(twice.headers['www-authenticate'], 'Basic, Bearer');
		assert.equal(twice.headers.link, '</a>, </b>');
	});

	it('headers of a request arrive', async (site) => {
		const rs = await ask(site, 'GET', `${me().path}echo`, [
			`Cookie: ${site.admin.cookie}`, 'Authorization: Basic Zm9vOmJhcg==',
			'Accept: a/b, c/d;q=0.5', 'User-Agent: door/1', 'X-Custom: a  b',
			'Referer: http://127.0.0.1/x?y', 'If-None-Match: "x", W/"y"',
			`X-Long: ${'x'.repeat(6000)}`, 'Accept-Encoding: br, gzip',
			'X-Requested-With: XMLHttpRequest', 'X-CSRFToken: t',
			'X-HTTP-Method-Override: DELETE',
		]);
		assert.equal(rs.status, 200, rs.text);
		await each([/^authorization: Basic Zm9vOmJhcg==\r$/im,
			/^accept: a\/b, c\/d;q=0\.5\r$/im, /^user-agent: door\/1\r$/im,
			/^x-custom: a {2}b\r$/im, /^referer: http:\/\/127\.0\.0\.1\/x\?y\r$/im,
			/^if-none-match: "x", W\/"y"\r$/im, /^x-long: x{6000}\r$/im,
			/^accept-encoding: br, gzip\r$/im, /^x-csrftoken: t\r$/im,
			/^x-http-method-override: DELETE\r$/im,
			new RegExp(`^host: 127\\.0\\.0\\.1:${site.port}\\r$`, 'im'),
		].map(String), async (re) => assert.match(rs.text,
			new RegExp(re.slice(1, re.lastIndexOf('/')), 'im')));
	});

	it('an event arrives before the next is sent', async (site) => {
		const { path } = me();
		const rs = await new Promise((resolve, reject) => http.get({
			host: '127.0.0.1', port: site.port, path: `${path}stream`,
			agent: false, headers: site.admin.headers() }, resolve)
			.on('error', reject));
		let got = '', ended = false;
		rs.on('data', (c) => { got += c; }).on('end', () => { ended = true; });
		rs.on('error', () => {});
		await until(() => got === 'data: begun\n\n', 'the first event');
		for (const word of ['one', 'two', 'three']) {
			await site.admin.request('GET', `${path}push?${word}`);
			await until(() => got.endsWith(`data: ${word}\n\n`), word,
				{ every: 10 });
		}
		assert.equal(ended, false);
		await site.admin.request('GET', `${path}push`);
		await until(() => ended, 'the end of the stream');
		assert.equal(got, ['begun', 'one', 'two', 'three']
			.map((w) => `data: ${w}\n\n`).join(''));
	});

	it('a client that goes lets go of the instance', async (site) => {
		const { path } = me();
		const rq = http.get({ host: '127.0.0.1', port: site.port, agent: false,
			path: `${path}stream`, headers: site.admin.headers() });
		rq.on('error', () => {});
		const streams = async (word) => Number((await site.admin.request('GET',
			`${path}push?${word}`)).text);
		await until(async () => await streams('x') === 1, 'a stream');
		rq.destroy();
		await until(async () => await streams('y') === 0, 'its end');
	});

	it('100 at once are all answered right', async (site) => {
		const word = mark();
		const all = await Promise.all(Array.from({ length: 100 }, (_, i) =>
			site.admin.request('GET', `${me().path}echo/${word}${i}`)));
		assert.deepEqual(all.filter((rs, i) => rs.status !== 200 ||
			!rs.text.startsWith(`GET /echo/${word}${i} `)).map((rs) =>
			`${rs.status} ${rs.text.slice(0, 100)}`), []);
		assert.equal((await seen(site, me())).filter((l) =>
			l.includes(word)).length, 100);
	});

	it('one connection, many requests, each judged by itself', async (site) => {
		const raw = await Raw.open(site.port);
		const mine = [`Cookie: ${site.admin.cookie}`];
		await each([
			[`${me().path}echo/1`, mine, 200, /^GET \/echo\/1 /],
			[`${me().path}echo/2`, [], 401, /^(?!GET)/],
			['/login', [], 200, /<form/],
			[`${me().path}echo/3`, mine, 200, /^GET \/echo\/3 /],
			['/static/roost.css', [], 200, /\{/],
			[`${me().path}echo/4`, ['Cookie: roost_session=x'], 401, /^(?!GET)/],
			[`${me().path}echo/5`, mine, 200, /^GET \/echo\/5 /],
		], async ([target, lines, status, text]) => {
			raw.write(head(site, 'GET', target, lines));
			const rs = await raw.answer();
			assert.equal(rs?.status, status, rs?.text);
			assert.match(rs.text, text);
		});
		// and without waiting for answers
		raw.write([mine, [], mine].map((lines, i) => head(site, 'GET',
			`${me().path}echo/p${i}`, lines)).join(''));
		for (const [i, status] of [200, 401, 200].entries()) {
			const rs = await raw.answer();
			assert.equal(rs?.status, status, `pipelined ${i}: ${rs?.text}`);
			if (status === 200)
				assert.ok(rs.text.startsWith(`GET /echo/p${i} `), rs.text);
		}
		raw.close();
	});
}
