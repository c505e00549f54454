// A client that vanishes without a word (its link is down, nothing says that
// the connection is over) does not hold a workspace for ever: what ends its
// connection stands in docs/ACTIVITY.md, and is here made quick. All of it in
// a network of its own, whose limits of TCP can be changed.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until, withSite } from './site.mjs';

const root = process.getuid() === 0;
let cables = 0; // each with names and addresses of its own: ends linger

const sh = (...words) => {
	const r = spawnSync(words[0], words.slice(1), { encoding: 'utf8',
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
	assert.equal(r.status, 0, `${words.join(' ')}: ${r.stderr}${r.error ?? ''}`);
	return r.stdout;
};

// Somewhere else: a network at the end of a cable, and in it a client with a
// WebSocket (or an event stream) that is open and says nothing.
class Elsewhere {
	constructor() {
		const n = ++cables;
		this.near = `near${n}`;
		this.far = `far${n}`;
		this.inside = `10.83.${n}.1`;
		this.outside = `10.83.${n}.2`;
		this.holder = spawn('unshare', ['-n', 'sleep', '1000']);
	}

	async plug() {
		const ours = fs.readlinkSync('/proc/self/ns/net');
		await until(() => {
			const at = fs.readlinkSync(`/proc/${this.holder.pid}/ns/net`);
			return at !== ours;
		}, 'a network elsewhere');
		sh('ip', 'link', 'add', this.near, 'type', 'veth', 'peer', 'name',
			this.far, 'netns', String(this.holder.pid));
		sh('ip', 'addr', 'add', `${this.inside}/24`, 'dev', this.near);
		sh('ip', 'link', 'set', this.near, 'up');
		this.there('ip', 'addr', 'add', `${this.outside}/24`, 'dev', this.far);
		this.there('ip', 'link', 'set', this.far, 'up');
	}

	words(...words) {
		return ['nsenter', '-t', String(this.holder.pid), '-n', ...words];
	}

	there(...words) { return sh(...this.words(...words)); }

	client(person, path) {
		this.process = person.listener(path, {
			url: `http://${this.inside}:${person.site.port}`,
			within: this.words(),
		});
	}

	cut() { this.there('ip', 'link', 'set', this.far, 'down'); }

	end() {
		this.process?.kill('SIGKILL');
		this.holder.kill('SIGKILL');
	}
}

const limit = (name, value) =>
	fs.writeFileSync(`/proc/sys/net/ipv4/${name}`, String(value));

// What the servers are told, so that an hour is a few seconds, and yet so long
// that both clients are seen after their cables were cut. Apache's keepalives
// are the kernel's, below.
const SERVERS = ['lighttpd', 'nginx', 'apache-vhost'];
Object.assign(process.env,
	{ ROOST_SILENT_SECONDS: '12', ROOST_KEEPALIVE: '2s:1s:6' });

const connected = async (site, w, fits, what) => {
	const from = Date.now();
	await until(async () => {
		await site.pass();
		return fits((await site.admin.workspace(w.id)).connections);
	}, what, { every: 500 });
	return `${(Date.now() - from) / 1000} s`;
};

if (!process.env.ROOST_NETNS) {
	// the same file once more, in a network of its own
	const r = spawnSync('unshare', [...(root ? ['-n'] : ['-r', '-n']), 'sh',
		'-c', 'PATH=$PATH:/usr/sbin:/sbin ip link set lo up && exec "$@"',
		'sh', process.execPath, ...process.execArgv,
		fileURLToPath(import.meta.url)],
	{ stdio: 'inherit', env: { ...process.env, ROOST_NETNS: '1',
		ROOST_BIND: '0.0.0.0' } });
	process.exitCode = r.status ?? 1;
} else {
	limit('tcp_retries2', 4);
	limit('tcp_keepalive_time', 2);
	limit('tcp_keepalive_intvl', 1);
	limit('tcp_keepalive_probes', 6);
	for (const server of SERVERS) {
		withSite(`vanished clients, ${server}`, { server }, (it) => {
			it('one that is silent and one that is spoken to', async (site) => {
				const w = await site.admin.running();
				const clients = [new Elsewhere(), new Elsewhere()];
				let talk;
				try {
					for (const [i, path] of ['ws', 'stream'].entries()) {
						await clients[i].plug();
						clients[i].client(site.admin, w.path + path);
					}
					await connected(site, w, (n) => n === 2, 'both to be seen');
					for (const client of clients) client.cut();
					await site.pass();
					assert.equal((await site.admin.workspace(w.id))
						.connections, 2);
					talk = setInterval(() => site.admin.request('GET',
						`${w.path}push?tick`).catch(() => {}), 1000);
					const one = await connected(site, w, (n) => n < 2,
						'one to be gone');
					console.log(`# ${server}: one gone after ${one}`);
					const both = await connected(site, w, (n) => n === 0,
						'both to be gone');
					console.log(`# ${server}: both after ${both} more`);
				} finally {
					clearInterval(talk);
					for (const client of clients) client.end();
				}
				await site.admin.patch(w.id, { standby_ttl_seconds: 1 });
				await until(async () => {
					await site.pass();
					return (await site.admin.workspace(w.id)).phase ===
						'STANDBY';
				}, 'it to be stopped');
				await site.admin.remove(w.id);
			});
		});
	}
}
