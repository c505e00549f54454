// Sites whose workspaces have hosts of their own, all of them on loopback:
// browsers know that *.localhost is this machine. The control plane and the
// workspaces are one site to a browser (example.localhost), as below a
// company's domain: that is the harder case.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { NAVIGATE, request } from './site.mjs';

const CONTROL = 'roost.example.localhost';
const DOMAIN = 'ws.example.localhost';

const conf = (site, scheme, port) => {
	site.url = `${scheme}://${CONTROL}:${port}`;
	site.domain = `${DOMAIN}:${port}`;
	return `\nbase_url = ${site.url}\nworkspace_domain = ${site.domain}\n`;
};

// Over http, at the site's own port.
export const plain = (site) => conf(site, 'http', site.port);

// Over https: TLS ends in front of the web server, which is told nothing of
// it, as behind a bare TLS terminator.
export async function secure(site) {
	const file = (name) => `${site.dir}/${name}`;
	const made = spawnSync('openssl', ['req', '-x509', '-nodes', '-days', '2',
		'-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
		'-keyout', file('tls.key'), '-out', file('tls.crt'),
		'-subj', `/CN=${CONTROL}`, '-addext',
		`subjectAltName=DNS:${CONTROL},DNS:*.${DOMAIN}`], { encoding: 'utf8' });
	if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
	const both = new Set();
	const keep = (socket) => {
		both.add(socket);
		socket.on('close', () => both.delete(socket));
		socket.on('error', () => socket.destroy());
	};
	const front = tls.createServer({
		key: fs.readFileSync(file('tls.key')),
		cert: fs.readFileSync(file('tls.crt')),
	}, (outer) => {
		const inner = net.connect(site.port, '127.0.0.1');
		keep(outer);
		keep(inner);
		outer.pipe(inner).pipe(outer);
		outer.on('close', () => inner.destroy());
		inner.on('close', () => outer.destroy());
	});
	front.listen(0, '127.0.0.1');
	await new Promise((done) => front.once('listening', done));
	front.unref();
	site.closing.push(() => {
		for (const socket of both) socket.destroy();
		front.close();
	});
	return conf(site, 'https', front.address().port);
}

export const hostOf = (site, w) => `${w.id}.${site.domain}`;
export const originOf = (site, w) =>
	`${new URL(site.url).protocol}//${hostOf(site, w)}`;

// A jar with somebody's session in it.
export function jarOf(site, person) {
	const jar = new Jar(site);
	const at = person.cookie.indexOf('=');
	jar.cookies.set(`${site.host} ${person.cookie.slice(0, at)}`,
		person.cookie.slice(at + 1));
	return jar;
}

// A browser's cookies and nothing else of it: one request after the other.
export class Jar {
	cookies = new Map(); // "host name" -> value

	constructor(site) { this.site = site; }

	header(host) {
		return [...this.cookies].filter(([k]) => k.startsWith(`${host} `))
			.map(([k, v]) => `${k.split(' ')[1]}=${v}`).join('; ');
	}

	value(host, name) { return this.cookies.get(`${host} ${name}`); }

	// One request to an address; cookies go and come.
	async ask(url, { method = 'GET', headers = {}, body } = {}) {
		const { host, pathname, search } = new URL(url);
		const cookie = this.header(host);
		const rs = await request(this.site.port, method, pathname + search, {
			headers: { Host: host, ...(cookie && { Cookie: cookie }),
				...headers },
			body,
		});
		for (const set of rs.headers['set-cookie'] ?? []) {
			const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
			if (/max-age=0\b/i.test(set)) this.cookies.delete(`${host} ${name}`);
			else this.cookies.set(`${host} ${name}`, value);
		}
		return rs;
	}

	// A navigation with all its redirects; way: where they led.
	async go(url, most = 10) {
		const way = [];
		for (let to = url; ;) {
			const rs = await this.ask(to, { headers: NAVIGATE });
			way.push(`${rs.status} ${to}`);
			if (!(rs.status >= 300 && rs.status < 400) || way.length > most)
				return Object.assign(rs, { url: to, way });
			to = new URL(rs.headers.location, to).href;
		}
	}
}
