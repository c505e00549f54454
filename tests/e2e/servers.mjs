// The web servers that a site can be tested behind. Everything that a test may
// need to know about one stands in its row:
//
//   run      SERVER of tools/run
//   plain    started as root: the whole site is a plain user's instead
//   shared   started as root: Apache's user must come to the programs
//
// and what it can do (CAN), which door-told.mjs tries and docs/SERVERS.md says.
//
// ROOST_E2E_SERVER chooses one for tests that name none.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

// key: what it says when it can; where it cannot, the words behind "no"
export const CAN = {
	leads: ['Instances are reached below `/w/{id}/`'],
	hosts: ['and on hosts of their own ([HOSTNAMES](HOSTNAMES.md))'],
	waits: ['A long poll waits, and events come when they happen', 'at once'],
	large: ['Bodies up to 1 MiB reach Roost itself', '128 KiB'],
	slash: ['`%2F` in a path reaches the instance', '404'],
	strips: ['An `X-Roost-...` header that nobody knows is taken out', '400'],
	cookies: ['`Cookie` in several headers is understood', 'nobody'],
	handshake: ['The answer to a WebSocket\'s handshake is looked at'],
};

const all = Object.fromEntries(Object.keys(CAN).map((key) => [key, true]));
// Apache's ways, whatever runs the programs
const apache = { ...all, strips: false, cookies: false, handshake: false };
const pool = { ...apache, waits: false, plain: true };

export const SERVERS = {
	'lighttpd': { ...all, run: 'lighttpd' },
	'nginx': { ...all, run: 'nginx' },
	'apache-vhost': { ...apache, run: 'apache', shared: true },
	'apache-checker': { ...pool, run: 'apache-checker' },
	'apache-cgi': { ...pool, run: 'apache-cgi' },
	'apache-htaccess': { ...pool, run: 'apache-htaccess', large: false, slash: false },
	'apache-htaccess-cgi': { run: 'apache-htaccess-cgi', plain: true },
};

// The same as a table of docs/SERVERS.md, by the names of SERVER=.
export function table() {
	const rows = Object.values(SERVERS);
	const of = (row, key) => row[key] ? 'yes' :
		row.leads || ['leads', 'hosts', 'waits', 'large'].includes(key) ?
			['no', CAN[key][1]].filter(Boolean).join(': ') : '-';
	const line = (...cells) => `| ${cells.join(' | ')} |\n`;

	return line('', ...rows.map((row) => `\`${row.run}\``)) +
		line('---', ...rows.map(() => '---')) +
		Object.entries(CAN).map(([key, [text]]) =>
			line(text, ...rows.map((row) => of(row, key)))).join('');
}

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
