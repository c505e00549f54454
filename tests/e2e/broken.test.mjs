// A site that is not in order: a configuration, a database or a directory that
// is not what it was. Every program says in a sentence what to do, and changes
// nothing.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BIN, freePort, sha256, TOP } from './site.mjs';

assert.equal(process.getuid(), 0,
	'these tests mount file systems: run them as root');

function sh(program, ...args) {
	const r = spawnSync(program, args, { encoding: 'utf8' });
	assert.equal(r.status, 0,
		`${program} ${args.join(' ')}: ${r.stderr}${r.error ?? ''}`);
	return r.stdout;
}

describe('a site that is not in order', () => {
	let place, good, dir, port;
	const mounts = [];

	before(async () => {
		place = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-world-'));
		port = await freePort();
		good = `${place}/good`;
		dir = `${place}/site`;
		sh(`${BIN}/roostctl`, 'init', good, '--port', String(port));
		sh('sqlite3', `${good}/roost.db`, 'PRAGMA wal_checkpoint(TRUNCATE)');
	});
	after(() => {
		unmount();
		fs.rmSync(place, { recursive: true, force: true });
	});
	process.on('exit', () => unmount());
	const unmount = () => {
		for (const at of mounts.splice(0)) spawnSync('umount', ['-l', at]);
	};
	const readOnly = (at) => {
		sh('mount', '--bind', at, at);
		mounts.push(at);
		sh('mount', '-o', 'remount,ro,bind', at);
	};

	const programs = () => ({
		'roost.fcgi': ['roost.fcgi', '--site', dir, '--socket', `${dir}/run/h.sock`],
		'roost-gate.fcgi': ['roost-gate.fcgi', '--site', dir, '--socket', `${dir}/run/g.sock`],
		'roost-reconcile': ['roost-reconcile', '--site', dir],
		'roostctl': ['roostctl', '--site', dir, 'workspace', 'list'],
		'doctor': ['roostctl', '--site', dir, 'doctor'],
		'tools/run': [`${TOP}/tools/run`, String(port), dir],
	});

	const prints = (of) => of.map((name) => {
		const at = `${dir}/${name}`;
		return `${name} ${!fs.existsSync(at) ? 'none' : fs.statSync(at).isDirectory() ?
			fs.readdirSync(at).sort() : sha256(fs.readFileSync(at))}`;
	});

	// Each of `names` ends with a status and a sentence that says what to do,
	// and has changed nothing.
	function allSay(what, says, names = Object.keys(programs())) {
		// A pass that gets as far as the database notes that cron works.
		const things = ['roost.conf', 'homes', 'archives',
			...names.length < 6 ? [] : ['roost.db', 'roost.db-wal']];
		const were = prints(things);
		for (const name of names) {
			const [program, ...args] = programs()[name];
			const r = spawnSync(program.startsWith('/') ? program :
				`${BIN}/${program}`, args, { encoding: 'utf8', timeout: 20_000,
				env: { ...process.env, ROOST_BIN: BIN } });
			const said = `${what}: ${name}: ${r.status} ${r.signal}\n${r.stdout}${r.stderr}`;
			assert.equal(r.signal, null, said);
			assert.notEqual(r.status, 0, said);
			assert.match(name === 'doctor' ? r.stdout : r.stderr, says, said);
			assert.ok(!/password|Sanitizer|assert/i.test(r.stdout + r.stderr), said);
		}
		assert.deepEqual(prints(things), were, `${what} changed something`);
	}

	const it = (what, run) => test(what, async () => {
		unmount();
		fs.rmSync(dir, { recursive: true, force: true });
		sh('cp', '-a', good, dir);
		try {
			await run();
		} finally {
			unmount();
		}
	});

	it('roost.conf is missing', () => {
		fs.rmSync(`${dir}/roost.conf`);
		allSay('no roost.conf', /roost\.conf (does not exist; make a site there with `roostctl init|is missing: put its copy back)|roost\.conf is missing/);
	});

	it('roost.conf is corrupt: the line and what it should be', () => {
		const conf = `${dir}/roost.conf`, was = fs.readFileSync(conf, 'utf8');
		const lines = was.split('\n');
		for (const [line, says] of [
			['nonsense', /line 4: expected key = value/],
			['memory_mb = lots', /line 4: memory_mb: a whole number from 0 to/],
			['no_such_key = 1', /line 4: .*no_such_key/],
			['allow_unsandboxed = perhaps', /line 4: allow_unsandboxed: /],
			['site_id = \0', /line 4: a NUL byte/],
			['[app', /line 4: /],
		]) {
			fs.writeFileSync(conf, Buffer.from([...lines.slice(0, 3), line,
				...lines.slice(3)].join('\n'), 'latin1'));
			allSay(JSON.stringify(line), says);
		}
		fs.writeFileSync(conf, randomBytes(5000));
		allSay('noise', /roost\.conf line \d+: /);
	});

	it('the database is garbage or cut off', () => {
		const db = `${dir}/roost.db`, was = fs.readFileSync(db);
		for (const [what, bytes] of [
			['noise', randomBytes(was.length)],
			['text', Buffer.from('hello '.repeat(1000))],
			['cut off', was.subarray(0, 20_000)],
			['cut off in its head', was.subarray(0, 60)],
		]) {
			fs.writeFileSync(db, bytes);
			allSay(what, /bring back the last backup with `roostctl restore`/);
		}
		// and that is what brings it back
		fs.writeFileSync(`${place}/copy`, was);
		sh(`${BIN}/roostctl`, '--site', dir, 'restore', `${place}/copy`);
		assert.equal(sh('sqlite3', db, 'SELECT count(*) FROM user').trim(), '1');
		for (const bad of ['/dev/null', `${dir}/roost.conf`, `${place}/nothing`]) {
			const r = spawnSync(`${BIN}/roostctl`, ['--site', dir, 'restore', bad],
				{ encoding: 'utf8' });
			assert.notEqual(r.status, 0, bad);
			assert.ok(r.stderr, bad);
			assert.equal(sh('sqlite3', db, 'SELECT count(*) FROM user').trim(), '1');
		}
	});

	it('the database is of a newer version: refused, and not touched', () => {
		sh('sqlite3', `${dir}/roost.db`, 'PRAGMA user_version = 99',
			'PRAGMA wal_checkpoint(TRUNCATE)');
		allSay('newer', /has version 99 of the schema, this program knows \d+: run the newer Roost/);
	});

	it('a directory cannot be written, or is none', () => {
		const cannot = /make its filesystem writable|cannot write to .*run;|cannot be written/;
		readOnly(`${dir}/run`);
		allSay('run', cannot, ['roost.fcgi', 'roost-gate.fcgi',
			'roost-reconcile', 'doctor', 'tools/run']);
		unmount();
		readOnly(`${dir}/log`);
		allSay('log', /make its filesystem writable|cannot write to .*log;|cannot be written/,
			['roost-reconcile', 'doctor', 'tools/run']);
		unmount();
		for (const name of ['homes', 'archives']) {
			readOnly(`${dir}/${name}`);
			allSay(name, /cannot be written: run this as/, ['doctor']);
			unmount();
		}
		readOnly(dir);
		allSay('all', /make its filesystem writable|cannot (write to|be written)|writable, and its disk sound/);
		unmount();
		for (const name of ['run', 'log']) {
			fs.rmSync(`${dir}/${name}`, { recursive: true });
			fs.writeFileSync(`${dir}/${name}`, '');
			allSay(`${name} is a file`, /in the way|no directory|cannot write to/,
				['roost-reconcile', 'doctor', 'tools/run']);
			fs.rmSync(`${dir}/${name}`);
			fs.mkdirSync(`${dir}/${name}`, { mode: 0o711 });
		}
	});
});
