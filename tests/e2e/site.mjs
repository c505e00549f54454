// A whole site for a test: made and served by tools/run in a temporary
// folder, with the test application among its apps, and taken down so that
// nothing is left.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { as, DEFAULT_SERVER, give, programs, SERVERS } from './servers.mjs';
import { wsOpen } from './ws.mjs';

export const TOP = path.resolve(
	path.dirname(fileURLToPath(import.meta.url)), '../..');
export const BIN = process.env.ROOST_BIN ??
	`${TOP}/build/${process.env.FLAVOUR || 'dev'}/bin`;
const WSAPP = `${BIN}/../tests/app/wsapp`;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

// Bounds are generous: a test says what must happen, never how fast.
const SECONDS = 1000;
const PATIENCE = 40 * SECONDS;

// Asks `look` until it answers something true, and returns that. `what` ends
// the sentence "waited in vain for ...".
export async function until(look, what, { timeout = PATIENCE, every = 100 } = {}) {
	const end = Date.now() + timeout;
	let last, seen;

	for (;;) {
		try {
			last = await look();
			seen = undefined;
			if (last) return last;
		} catch (e) {
			seen = e;
		}
		if (Date.now() > end) {
			const at = seen ? `it failed with: ${seen.message}` :
				`last seen: ${JSON.stringify(last)}`;
			throw new Error(`waited in vain for ${what}; ${at}`);
		}
		await sleep(every);
	}
}

export async function freePort() {
	const server = net.createServer().listen(0, '127.0.0.1');
	await new Promise((done) => server.once('listening', done));
	const { port } = server.address();
	await new Promise((done) => server.close(done));
	return port;
}

// One app of roost.conf: wsapp with options of its own; keys: other lines.
export const app = (name, options = '', keys = {}) => `
[app ${name}]
${Object.entries({
		command: `${fs.realpathSync(WSAPP)} --socket {socket} ${options}`,
		binds: path.dirname(fs.realpathSync(WSAPP)),
		ready_path: '/echo',
		// ASan reserves more addresses than any limit leaves it
		...(process.env.FLAVOUR === 'asan' && { memory_mb: 0 }),
		...keys,
	}).map(([key, value]) => `${key} = ${value}\n`).join('')}`;

// The same, listening on a TCP port.
export const tcpApp = (name, options = '', keys = {}) =>
	app(name, options, { network: 'host', ...keys })
		.replace('--socket {socket}', '--port {port}');

// The first of n free ports in a row: for port_base, with as many slots.
export async function portBase(n) {
	const listens = (port) => new Promise((done) => {
		const server = net.createServer().once('error', () => done(false));
		server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
	});

	for (;;) {
		const base = 20000 + Math.floor(Math.random() * 1100) * 10;
		const free = await Promise.all(Array.from({ length: n }, (_, i) =>
			listens(base + i)));
		if (free.every(Boolean)) return base;
	}
}

export const sha256 = (bytes) =>
	createHash('sha256').update(bytes).digest('hex');

// What pages are tried with, and what people press on them.
export const KINDS = [['with JavaScript', {}],
	['without JavaScript', { javaScriptEnabled: false }]];
export const button = (page, name) => page.getByRole('button', { name });
export const link = (page, name, more) =>
	page.getByRole('link', { name, ...more });

// A request as it is, no path cleaning and no cookie jar.
export function request(port, method, target, { headers = {}, body, timeout = PATIENCE } = {}) {
	return new Promise((resolve, reject) => {
		const rq = http.request({
			host: '127.0.0.1', port, method, path: target,
			headers, agent: false, timeout,
		}, (rs) => {
			const chunks = [];
			rs.on('data', (c) => chunks.push(c));
			rs.on('error', reject);
			rs.on('end', () => {
				const bytes = Buffer.concat(chunks);
				const text = bytes.toString();
				resolve({
					status: rs.statusCode, headers: rs.headers,
					bytes, text,
					get json() { return JSON.parse(text); },
				});
			});
		});
		rq.on('timeout', () => rq.destroy(
			new Error(`no answer to ${method} ${target}`)));
		rq.on('error', reject);
		rq.end(body);
	});
}

export const NAVIGATE = {
	Accept: 'text/html,application/xhtml+xml',
	'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document',
	'Sec-Fetch-Site': 'none', 'Upgrade-Insecure-Requests': '1',
};

const LISTENER = `
	import http from 'node:http';
	import { wsOpen } from ${JSON.stringify(new URL('ws.mjs', import.meta.url).href)};
	const [url, Cookie] = process.argv.slice(1), headers = { Cookie };
	if (url.endsWith('/ws')) await wsOpen(url.replace('http', 'ws'), { headers });
	else http.get(url, { headers }, (rs) => rs.resume()).on('error', () => {});
	setInterval(() => {}, 1000);`;

// Somebody with (or without) a session.
export class Person {
	constructor(site, name, cookie) {
		Object.assign(this, { site, name, cookie });
	}

	headers(more = {}) {
		const { host } = this.site;
		return {
			...(host && { Host: host }),
			...(this.cookie && { Cookie: this.cookie }), ...more,
		};
	}

	request(method, target, { headers, ...rest } = {}) {
		return request(this.site.port, method, target,
			{ headers: this.headers(headers), ...rest });
	}

	// JSON in, JSON out; `expect` is the status it must have.
	async api(method, target, body, { expect, headers } = {}) {
		const rs = await this.request(method, `/api/v1${target}`, {
			headers: {
				Accept: 'application/json', Origin: this.site.url,
				...(body !== undefined &&
					{ 'Content-Type': 'application/json' }),
				...headers,
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		if (expect !== undefined)
			assert.equal(rs.status, expect,
				`${method} ${target}: ${rs.text}`);
		return rs;
	}

	// What a browser sends when a person follows a link.
	navigate(target, headers = {}) {
		return this.request('GET', target,
			{ headers: { ...NAVIGATE, ...headers } });
	}

	ws(target, { headers } = {}) {
		return wsOpen(`${this.site.url}${target}`.replace('http', 'ws'),
			{ headers: this.headers(headers) });
	}

	async create(fields) {
		const { json } = await this.api('POST', '/workspaces',
			{ name: 'test', app: 'wsapp', ...fields }, { expect: 201 });
		return json;
	}

	async workspace(id) {
		return (await this.api('GET', `/workspaces/${id}`, undefined,
			{ expect: 200 })).json;
	}

	patch(id, fields) {
		return this.api('PATCH', `/workspaces/${id}`, fields,
			{ expect: 200 });
	}

	// Waits for a phase (ARCHIVED, RUNNING, ...) with nothing being done.
	phase(id, phase) {
		return until(async () => {
			const w = await this.workspace(id);
			return w.phase === phase && w.operation === 'NONE' && w;
		}, `${id} to be ${phase}`).catch(async (e) => {
			e.message += `\n${JSON.stringify(await this.workspace(id))}`;
			throw e;
		});
	}

	// Deletes, and waits until nothing of it runs or counts any more.
	async remove(id) {
		await this.api('DELETE', `/workspaces/${id}`, undefined,
			{ expect: 204 });
		await until(async () =>
			(await this.workspace(id)).status === 'DELETED',
		`${id} to be DELETED`);
	}

	// How often the test application has been started on this home.
	async counter(w) {
		const rs = await this.navigate(w.path);
		return Number(/id="counter">(\d+)</.exec(rs.text)?.[1]);
	}

	// A client in a process of its own that opens a WebSocket (/ws) or reads,
	// and says nothing. within: the words that begin its command.
	listener(target, { url = this.site.url, within = [] } = {}) {
		const [program, ...rest] = [...within, process.execPath,
			'--input-type=module', '-e', LISTENER, url + target, this.cookie];
		return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit'] });
	}

	async running(fields) {
		const { id } = await this.create(fields);
		return this.phase(id, 'RUNNING');
	}
}

// Whatever ends the test, its sites end too.
const standing = new Set();
process.on('exit', () => {
	for (const site of standing) {
		site.kill();
		fs.rmSync(site.dir, { recursive: true, force: true });
	}
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	process.on(signal, () => process.exit(1));

export class Site {
	people = [];
	closing = []; // what else ends with the site

	constructor() { this.use(DEFAULT_SERVER); }

	// conf: lines for roost.conf; apps: sections for it beside those that
	// every site has; settings: what an admin would change; server: a row of
	// servers.mjs; names(site): gives it another url than its port on loopback,
	// and more conf.
	static async start({ conf = '', apps = app('wsapp'), settings = {},
		server = DEFAULT_SERVER, names } = {}) {
		const site = new Site();
		site.use(server);
		site.dir = fs.mkdtempSync(path.join(os.tmpdir(),
			server === 'lighttpd' ? 'roost e2e-' : 'roost-e2e-'));
		standing.add(site);
		fs.chmodSync(site.dir, 0o755); // a uid of its own for each instance
		give(server, site.dir);
		site.port = await freePort();
		site.url = `http://127.0.0.1:${site.port}`;
		try {
			if (names) {
				conf += await names(site);
				site.host = new URL(site.url).host;
			}
			site.make(conf, apps, settings);
			await site.serve();
			site.admin = await site.login('admin', site.password);
		} catch (e) {
			e.message += site.logs();
			await site.stop({ check: false });
			throw e;
		}
		return site;
	}

	// Which web server serves it; has the row of it, `it.server`.
	use(name) {
		assert.ok(SERVERS[name], `no server ${name} in servers.mjs`);
		this.server = { name, ...SERVERS[name] };
		this.programs = programs(name, TOP, BIN, fs.realpathSync(WSAPP));
		this.as = as(name);
	}

	// Starts one of our programs as whom the site belongs to.
	command(program, ...args) {
		const all = [...this.as, program, ...args];
		return [all[0], all.slice(1)];
	}

	make(conf, apps, settings) {
		const said = this.ctlRaw('init', this.dir, '--port', String(this.port));
		this.password = /^password: (\S+)$/m.exec(said)?.[1];
		assert.ok(this.password, `no password in: ${said}`);
		const file = `${this.dir}/roost.conf`;
		const keys = conf.split('\n').map((l) => l.split('=')[0].trim());
		const kept = fs.readFileSync(file, 'utf8').split('\n').filter((l) =>
			!keys.filter(Boolean).includes(l.split('=')[0].trim()));
		fs.writeFileSync(file, `${conf}\n${kept.join('\n')}\n${apps}`.replaceAll(
			path.dirname(fs.realpathSync(WSAPP)),
			path.dirname(this.programs.wsapp)));
		const all = { max_running_per_user: 50, ...settings };
		for (const [key, value] of Object.entries(all))
			this.set(key, value);
	}

	async serve() {
		this.runner = spawn(...this.command(`${this.programs.top}/tools/run`,
			String(this.port), this.dir, this.server.run),
		{ stdio: ['ignore', 'pipe', 'pipe'], env: this.env() });
		this.said = { out: '', err: '' };
		this.runner.stdout.on('data', (c) => { this.said.out += c; });
		this.runner.stderr.on('data', (c) => { this.said.err += c; });
		this.ended = new Promise((done) => this.runner.once('close', done));
		await until(() => this.runner.exitCode !== null ||
			this.said.out.includes('\n'), 'tools/run to serve');
		assert.equal(this.runner.exitCode, null,
			`tools/run ended: ${this.said.err}`);
	}

	env() { return { ...process.env, ROOST_BIN: this.programs.bin }; }

	ctlRaw(...args) {
		const r = spawnSync(...this.command(`${this.programs.bin}/roostctl`,
			...args), { encoding: 'utf8', timeout: PATIENCE });
		assert.equal(r.status, 0,
			`roostctl ${args.join(' ')}: ${r.stderr}${r.error ?? ''}`);
		return r.stdout;
	}

	ctl(...args) { return this.ctlRaw('--site', this.dir, ...args); }

	set(key, value) { this.ctl('settings', key, String(value)); }

	// A pass, as cron starts it.
	async pass() {
		const child = spawn(...this.command(
			`${this.programs.bin}/roost-reconcile`, '--site', this.dir),
		{ stdio: ['ignore', 'pipe', 'pipe'] });
		let stderr = '';
		child.stderr.on('data', (c) => { stderr += c; });
		child.stdout.resume();
		const status = await new Promise((done) =>
			child.once('close', done));
		return { status, stderr };
	}

	async login(username, password) {
		const rs = await new Person(this).api('POST', '/login',
			{ username, password }, { expect: 200 });
		const cookie = rs.headers['set-cookie'][0].split(';')[0];
		const person = new Person(this, username, cookie);
		this.people.push(person);
		return person;
	}

	async addUser(name) {
		const said = this.ctl('user', 'add', name, '--random');
		const password = /^password: (\S+)$/m.exec(said)?.[1];
		assert.ok(password, said);
		return Object.assign(await this.login(name, password), { password });
	}

	nobody() { return new Person(this); }

	// A pass now and then, until the workspace is what it should be.
	passUntil(id, phase) {
		return until(async () => {
			await this.pass();
			const w = await this.admin.workspace(id);
			return w.phase === phase && w.operation === 'NONE' && w;
		}, `${id} to become ${phase}`, { every: 300 });
	}

	// ---- browser

	async browser() {
		if (!this.chromium) {
			const { chromium } = await import('playwright-core');
			this.chromium = await chromium.launch({
				executablePath: CHROMIUM,
				args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
					'--no-first-run', '--disable-sync',
					'--disable-background-networking',
					'--disable-component-update'],
			});
		}
		return this.chromium;
	}

	// A page in a browser of its own; `as`: a person whose session it has.
	async page({ as, ...options } = {}) {
		const context = await (await this.browser()).newContext(
			{ baseURL: this.url, locale: 'en-US', ...options });
		context.setDefaultTimeout(PATIENCE);
		if (as?.cookie) {
			const at = as.cookie.indexOf('=');
			await context.addCookies([{
				name: as.cookie.slice(0, at),
				value: as.cookie.slice(at + 1),
				url: this.url, httpOnly: true, sameSite: 'Lax',
			}]);
		}
		return context.newPage();
	}

	// ---- the end

	logs() {
		const tail = [`\n--- tools/run\n${this.said?.out ?? ''}${this.said?.err ?? ''}`];
		const folder = `${this.dir}/log`;
		for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
			const file = `${folder}/${name}`;
			if (!fs.statSync(file).isFile()) continue;
			const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
			tail.push(`--- ${name}\n${lines.slice(-15).join('\n')}`);
		}
		return tail.join('\n');
	}

	// Processes that belong to this site: its folder is in their arguments
	// or environment, or among their mounts (instances see it under another
	// name). Mounts that we see too say nothing: everybody has them.
	processes() {
		// before it has a place of its own, every process would be its
		if (!this.dir) return [];
		const ours = fs.readlinkSync('/proc/self/ns/mnt');
		const mine = [];
		const ns = (pid) => {
			try {
				return fs.readlinkSync(`/proc/${pid}/ns/mnt`);
			} catch { return ours; }
		};
		for (const pid of fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
			if (Number(pid) === process.pid) continue;
			const read = (name) => {
				try {
					return fs.readFileSync(`/proc/${pid}/${name}`, 'utf8');
				} catch { return ''; }
			};
			const args = read('cmdline').replaceAll('\0', ' ');
			const mounts = ns(pid) === ours ? '' :
				read('mountinfo').replaceAll('\\040', ' ');
			// what is mounted is named from the root of its filesystem
			if ([args, read('environ')].some((text) =>
				text.includes(this.dir)) ||
				mounts.includes(path.basename(this.dir)))
				mine.push({ pid: Number(pid), args });
		}
		return mine;
	}

	async stopServing() {
		if (this.runner?.exitCode === null && this.runner.signalCode === null)
			this.runner.kill('SIGTERM');
		await this.ended;
	}

	// Everything deleted, nothing running: so a site can go.
	async empty() {
		await until(async () => {
			let rest = 0;
			for (const p of this.people) {
				const { json } = await p.api('GET',
					'/workspaces?limit=100', undefined, { expect: 200 });
				rest += json.items.length;
				for (const w of json.items)
					await p.api('DELETE', `/workspaces/${w.id}`);
			}
			await this.pass();
			return rest === 0;
		}, 'all workspaces to be deleted');
	}

	async stop({ check = true } = {}) {
		try {
			await this.takeDown(check);
		} finally {
			this.kill();
			for (const close of this.closing) close();
			standing.delete(this);
			if (!process.env.ROOST_KEEP)
				fs.rmSync(this.dir, { recursive: true, force: true });
		}
	}

	async takeDown(check) {
		let left = [];
		try {
			await this.chromium?.close();
			if (check) {
				assert.equal(this.runner.exitCode, null,
					'tools/run ended before the test did');
				await this.empty();
			}
			await this.stopServing();
			await until(() => this.processes().length === 0,
				'the end of all processes',
				{ timeout: check ? 20 * SECONDS : 0 }).catch(() => {});
			left = this.processes();
		} catch (e) {
			await this.stopServing();
			e.stack += this.logs();
			throw e;
		}
		if (check && left.length)
			assert.deepEqual(left, [], `left running:${this.logs()}`);
	}

	// Ends instances as if the machine had: without a word.
	killInstances() {
		this.kill((p) => /wsapp/.test(p.args));
	}

	kill(which = () => true) {
		for (const { pid } of this.processes().filter(which)) {
			try {
				process.kill(pid, 'SIGKILL');
			} catch { /* gone meanwhile */ }
		}
	}
}

// A group of tests that share a site: define(it), where it(what, async (site)
// => ...) is one test. What fails shows the ends of the site's logs.
export function withSite(name, options, define) {
	describe(name, () => {
		let site;

		before(async () => { site = await Site.start(options); });
		after(async () => { await site?.stop(); });
		define((what, run) => test(what, async () => {
			try {
				await run(site);
			} catch (e) {
				e.stack += site.logs();
				throw e;
			}
		}));
	});
}
