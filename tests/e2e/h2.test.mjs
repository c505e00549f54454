// TLS, and HTTP/2 over it, as browsers speak it with a site that has a
// certificate: the same site behind a second web server process, with our
// configuration and TLS. lighttpd is told to speak HTTP/1.1 (docs/SERVERS.md).

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import { freePort, sha256, until, withSite } from './site.mjs';

// ---- A second web server

const TLS = {
	lighttpd: ({ dir, port, site }) => {
		const from = `${site.programs.top}/lighttpd`;

		for (const name of fs.readdirSync(from))
			fs.symlinkSync(`${from}/${name}`, `${dir}/${name}`);
		return `include "roost.conf"
server.modules += ( "mod_openssl" )
$SERVER["socket"] == "127.0.0.1:${port}" {
	ssl.engine = "enable"
	ssl.pemfile = "${dir}/tls.crt"
	ssl.privkey = "${dir}/tls.key"
}
`;
	},
	nginx: ({ dir, port, site }) =>
		fs.readFileSync(`${site.dir}/run/nginx.conf`, 'utf8')
			.replace(/listen .*;/, `listen 127.0.0.1:${port} ssl http2;
		ssl_certificate "${dir}/tls.crt";
		ssl_certificate_key "${dir}/tls.key";`)
			.replace(/^pid .*;/m, `pid "${dir}/pid";`),
	apache2: ({ dir, port, site }) => `Include "${site.programs.top}/apache/serve.conf"
PidFile "${dir}/pid"
Listen 127.0.0.1:${port}
LoadModule ssl_module \${ROOST_MODULES}/mod_ssl.so
LoadModule http2_module \${ROOST_MODULES}/mod_http2.so
<VirtualHost 127.0.0.1:${port}>
	ServerName tls.invalid
	Protocols h2 http/1.1
	SSLEngine on
	SSLCertificateFile "${dir}/tls.crt"
	SSLCertificateKeyFile "${dir}/tls.key"
	Include "\${ROOST_SHARE}/apache/vhost.conf"
</VirtualHost>
`,
};

// The web server that serves the site, its environment and its arguments.
function running(site) {
	for (const { pid } of site.processes()) {
		const [program, ...args] = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
			.split('\0').slice(0, -1);
		const name = /(lighttpd|nginx|apache2)$/.exec(program.split(' ')[0])?.[1] ??
			(/^nginx: master/.test(program) && 'nginx');

		if (name) return { name, args, env: Object.fromEntries(fs.readFileSync(
			`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean)
			.map((line) => [line.slice(0, line.indexOf('=')),
				line.slice(line.indexOf('=') + 1)])) };
	}
	throw new Error('no web server');
}

async function serveTls(site) {
	const { name, args, env } = running(site);
	const dir = fs.mkdtempSync('/tmp/roost-tls-'), port = await freePort();
	const said = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes',
		'-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
		'-days', '2', '-keyout', `${dir}/tls.key`, '-out', `${dir}/tls.crt`]);
	assert.equal(said.status, 0, `${said.stderr}`);
	const conf = `${dir}/tls.conf`;
	fs.writeFileSync(conf, TLS[name]({ dir, port, site }));
	const more = { lighttpd: ['-D', '-f', conf],
		nginx: ['-e', `${site.dir}/log/nginx-tls.log`, '-c', conf],
		apache2: [...args.slice(0, args.indexOf('-f') + 1), conf,
			...args.slice(args.indexOf('-f') + 2)] }[name];
	const child = spawn(`/usr/sbin/${name}`, more, { stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...env, ROOST_PORT: String(await freePort()) } });
	let text = '';
	for (const stream of [child.stdout, child.stderr])
		stream.on('data', (c) => { text += c; });
	const ended = new Promise((done) => child.once('close', done));
	site.closing.push(() => {
		child.kill('SIGKILL');
		fs.rmSync(dir, { recursive: true, force: true });
	});
	return { url: `https://127.0.0.1:${port}`, said: () => text,
		stop: async () => { child.kill('SIGTERM'); await ended; } };
}

// ---- Clients

// What both protocols have: a stream of answers with a promise of its
// beginning and one of its end.
function answer(stream, status) {
	const rs = { stream, bytes: Buffer.alloc(0),
		get text() { return this.bytes.toString(); } };

	rs.began = new Promise((done, failed) => {
		stream.once('response', (got) => {
			rs.headers = got.headers ?? got;
			rs.status = status(got);
			const body = got.headers ? got : stream;
			rs.ended = new Promise((whole, cut) => {
				body.on('data', (c) => { rs.bytes = Buffer.concat([rs.bytes, c]); })
					.once('end', () => whole(rs)).once('error', cut);
			});
			rs.ended.catch(() => {});
			done(rs);
		});
		stream.once('error', failed);
	});
	stream.setTimeout(40_000, () => stream.destroy(new Error('no answer')));
	return rs;
}

class Http2 {
	constructor(url) {
		this.session = http2.connect(url, { rejectUnauthorized: false });
		this.session.on('error', (e) => { this.error = e; });
	}

	get protocol() { return this.session.alpnProtocol; }

	open(method, path, headers = {}, body) {
		// as browsers do
		const length = body && { 'content-length': Buffer.byteLength(body) };
		const stream = this.session.request({ ':method': method, ':path': path,
			...length, ...headers });
		const rs = answer(stream, (h) => h[':status']);
		stream.end(body);
		return rs;
	}

	close() { this.session.destroy(); }
}

// A browser offers both, and takes what the server chooses.
class Http1 {
	constructor(url) { this.url = url; }

	open(method, path, headers = {}, body) {
		const rq = https.request(`${this.url}${path}`, { method, headers,
			agent: false, rejectUnauthorized: false,
			ALPNProtocols: ['h2', 'http/1.1'] });
		rq.once('response', () => { this.protocol = rq.socket.alpnProtocol; });
		const rs = answer(rq, (got) => got.statusCode);
		rs.stream.close = () => rq.destroy();
		rq.on('error', () => {});
		rq.end(body);
		return rs;
	}

	close() {}
}

const SPEAKS = { 'lighttpd': Http1, 'nginx': Http2, 'apache-vhost': Http2 };

for (const [server, Client] of Object.entries(SPEAKS))
	withSite(`TLS: ${server}`, { server }, (it) => {
		const protocol = Client === Http2 ? 'h2' : 'http/1.1';
		let tls, client, cookie, w;

		const request = async (...what) =>
			(await client.open(...what).began).ended;

		it('pages and the API', async (site) => {
			w = await site.admin.running();
			tls = await serveTls(site);
			client = await until(async () => {
				client = new Client(tls.url);
				const rs = await request('GET', '/login').catch((e) => e);
				return rs.status === 200 && /<form/.test(rs.text) && client;
			}, 'a page').catch((e) => {
				e.message += tls.said();
				throw e;
			});
			assert.equal(client.protocol, protocol);
			const login = await request('POST', '/api/v1/login',
				{ 'content-type': 'application/json', origin: tls.url },
				JSON.stringify({ username: 'admin', password: site.password }));
			assert.equal(login.status, 200, login.text);
			cookie = login.headers['set-cookie'][0].split(';')[0];
			assert.match(cookie, /^__Host-roost_session=/);
			assert.match(login.headers['set-cookie'][0], /; Secure/i);
			const page = await request('GET', '/', { cookie, accept: 'text/html' });
			assert.equal(page.status, 200);
			assert.match(page.text, new RegExp(w.id));
			const list = await request('GET', '/api/v1/workspaces', { cookie });
			assert.deepEqual(JSON.parse(list.text).items.map(({ id }) => id), [w.id]);
			const css = await request('GET', '/static/roost.css?v=1');
			assert.equal(css.status, 200);
			assert.match(css.headers['cache-control'], /immutable/);
		});

		it('an instance: both ways, and no session', async () => {
			const secret = cookie.slice(cookie.indexOf('=') + 1);
			// a browser may send each cookie in a line of its own
			for (const cookies of [cookie, `a=1; ${cookie}; b=2`, ['a=1', cookie, 'b=2']]) {
				const rs = await request('POST', `${w.path}echo/x%20y?z=%2F`,
					{ cookie: cookies, 'x-roost-user': 'root', 'x-forwarded-proto': 'gopher' },
					'hello');
				assert.equal(rs.status, 200, rs.text);
				assert.ok(rs.text.startsWith('POST /echo/x%20y?z=%2F HTTP/1.1\r\n'), rs.text);
				assert.ok(!rs.text.includes(secret), rs.text);
				assert.match(rs.text, /^body: 5\r$/m);
				assert.match(rs.text, /^x-roost-user: admin\r$/im);
				assert.match(rs.text, /^x-forwarded-proto: https\r$/im);
				if (cookies !== cookie) assert.match(rs.text, /^cookie: a=1; b=2\r$/im);
			}
			const up = randomBytes(3_000_000);
			const put = await request('PUT', `${w.path}echo`, { cookie }, up);
			assert.match(put.text, new RegExp(`sha256: ${sha256(up)}`));
			const down = await request('GET', `${w.path}big?n=3000000`, { cookie });
			assert.equal(down.bytes.length, 3_000_000);
			assert.equal((await request('GET', `${w.path}echo`)).status, 401);
			const all = await Promise.all(Array.from({ length: 50 }, (_, i) =>
				request('GET', `${w.path}echo/${i}`, { cookie })));
			assert.deepEqual(all.filter((rs, i) => rs.status !== 200 ||
				!rs.text.startsWith(`GET /echo/${i} `)).map((rs) => rs.text), []);
		});

		it('events flow', async (site) => {
			const rs = client.open('GET', '/api/v1/events',
				{ cookie, accept: 'text/event-stream' });
			await rs.began;
			assert.equal(rs.status, 200);
			await site.admin.patch(w.id, { memo: 'over HTTP/2' });
			await until(() => rs.text.includes('over HTTP/2'), 'the event');
			rs.stream.close();
			assert.equal(client.error, undefined);
		});

		it('a browser: a page, and its WebSocket', async (site) => {
			const context = await (await site.browser()).newContext(
				{ baseURL: tls.url, ignoreHTTPSErrors: true, locale: 'en-US' });
			context.setDefaultTimeout(40_000);
			await context.addCookies([{ name: cookie.slice(0, cookie.indexOf('=')),
				value: cookie.slice(cookie.indexOf('=') + 1), url: tls.url,
				secure: true, httpOnly: true }]);
			const page = await context.newPage();
			await page.goto(w.path);
			await page.getByText('ws echo hello').waitFor();
			assert.equal(await page.evaluate(() =>
				performance.getEntriesByType('navigation')[0].nextHopProtocol), protocol);
			await context.close();
		});

		it('and it ends', async (site) => {
			client?.close();
			await tls?.stop();
			await site.admin.remove(w.id);
		});
	});
