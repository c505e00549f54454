// The web servers that a site can be tested behind. Everything that a test may
// need to know about one stands in its row:
//
//   run      SERVER of tools/run
//   plain    started as root: the whole site is a plain user's instead
//   waits    a long poll waits, and events come when they happen
//   slash    an encoded slash (%2F) in a path reaches the instance
//   strips   headers X-Roost-* of a client that nobody knows are taken out;
//            otherwise who sends one is refused
//   joins    several Cookie headers become one that is none of ours
//   handshake  what an instance says with a WebSocket's handshake is looked at
//   pooled   mod_fcgid: bodies for the handler are bounded by its limits
//
// ROOST_E2E_SERVER chooses one for tests that name none.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const SERVERS = {
	'lighttpd': { run: 'lighttpd', handshake: true, waits: true, slash: true, strips: true },
	'nginx': { run: 'nginx', handshake: true, waits: true, slash: true, strips: true },
	'apache-vhost': { run: 'apache', joins: true, waits: true, slash: true, shared: true },
	'apache-checker': { run: 'apache-checker', joins: true, plain: true, slash: true,
		pooled: true },
	'apache-htaccess': { run: 'apache-htaccess', joins: true, plain: true, pooled: true },
	'apache-htaccess-cgi': { run: 'apache-htaccess-cgi', plain: true },
	'apache-cgi': { run: 'apache-cgi', joins: true, plain: true, slash: true },
};

export const DEFAULT_SERVER = process.env.ROOST_E2E_SERVER || 'lighttpd';

const root = process.getuid() === 0;
const USER = 'www-data';

// How a program is started for a site behind this server: words before it.
export const as = (server) => root && SERVERS[server].plain ?
	['setpriv', '--reuid', USER, '--regid', USER, '--clear-groups'] : [];

const id = (flag) => Number(spawnSync('id', [flag, USER],
	{ encoding: 'utf8' }).stdout);

// Gives a new folder to whom the site will belong.
export function give(server, dir) {
	if (as(server).length) fs.chownSync(dir, id('-u'), id('-g'));
}

let copy;
process.on('exit', () => {
	if (copy) fs.rmSync(copy, { recursive: true, force: true });
});

// Where the programs are for a server: the tree itself, or, when another user
// could not come to it (it is below /root, say), an installation of it.
export function programs(server, top, bin, wsapp) {
	const there = { top, bin, wsapp };
	if (!root || !(SERVERS[server].plain || SERVERS[server].shared))
		return there;
	const may = spawnSync('setpriv', ['--reuid', USER, '--regid', USER,
		'--clear-groups', 'test', '-x', wsapp, '-a', '-x', `${bin}/roostctl`,
		'-a', '-r', `${top}/www/static/roost.css`]);
	if (may.status === 0) return there;
	if (!copy) {
		copy = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-copy-'));
		fs.chmodSync(copy, 0o755);
		const r = spawnSync(`${top}/tools/install`, [copy], {
			encoding: 'utf8', env: { ...process.env, ROOST_BUILT: bin },
		});
		assert.equal(r.status, 0, r.stderr);
		fs.mkdirSync(`${copy}/app`);
		fs.copyFileSync(wsapp, `${copy}/app/wsapp`);
	}
	return { top: `${copy}/share/roost`, bin: `${copy}/bin`,
		wsapp: `${copy}/app/wsapp` };
}
