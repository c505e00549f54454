// The world is against us: no sandbox, no space, no writing, processes that
// are killed. Each time somebody is told what to do, and nothing is lost. SPEC
// sections 2 and 5. (Sites that are not in order: broken.test.mjs; bad
// requests: input.test.mjs.)

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BIN, sha256, Site, until, withSite } from './site.mjs';

assert.equal(process.getuid(), 0,
	'these tests mount file systems: run them as root');

function sh(program, ...args) {
	const r = spawnSync(program, args, { encoding: 'utf8' });
	assert.equal(r.status, 0,
		`${program} ${args.join(' ')}: ${r.stderr}${r.error ?? ''}`);
	return r.stdout;
}

// ---- A PATH of our own, so that bubblewrap can come and go

const tools = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-path-'));
fs.chmodSync(tools, 0o755); // instances have user ids of their own
const bwrap = `${tools}/bwrap`;
for (const dir of ['/usr/local/bin', '/usr/bin', '/usr/sbin'])
	for (const name of fs.existsSync(dir) ? fs.readdirSync(dir) : [])
		if (!fs.existsSync(`${tools}/${name}`))
			fs.symlinkSync(`${dir}/${name}`, `${tools}/${name}`);
process.env.PATH = tools;
after(() => fs.rmSync(tools, { recursive: true, force: true }));

const REAL_BWRAP = fs.readlinkSync(bwrap);
const bwrapIs = (script) => {
	fs.rmSync(bwrap, { force: true });
	if (script) fs.writeFileSync(bwrap, script, { mode: 0o755 });
};
const bwrapBack = () => {
	bwrapIs();
	fs.symlinkSync(REAL_BWRAP, bwrap);
};

// ---- Homes and what is in them

const homesOf = (site) => site.homes ?? `${site.dir}/homes`;
const homeOf = (site, id) => `${homesOf(site)}/ws-${id}-home`;

// Puts noise into a home; the same call says later whether it is still whole.
function fillHome(site, id, { mib = 1 } = {}) {
	const at = homeOf(site, id), { uid, gid } = fs.statSync(at);
	for (let i = 0; i < mib; i++)
		fs.writeFileSync(`${at}/noise${i}`, randomBytes(1 << 20));
	for (const name of fs.readdirSync(at)) fs.lchownSync(`${at}/${name}`, uid, gid);
	const print = () => fs.readdirSync(at).filter((n) => n.startsWith('noise'))
		.sort().map((n) => n + sha256(
			fs.readFileSync(`${at}/${n}`))).join();
	const was = print();
	return () => assert.equal(print(), was, 'the home is not what it was');
}

const archivesOf = (site, id) => {
	const at = `${site.archives ?? `${site.dir}/archives`}/${id}`;
	return fs.existsSync(at) ? fs.readdirSync(at) : [];
};

const whole = (site) => assert.equal(
	sh('sqlite3', dbOf(site), 'PRAGMA integrity_check').trim(), 'ok');
const dbOf = (site) => `${site.db ?? site.dir}/roost.db`;

const logOf = (site) =>
	fs.readFileSync(`${site.dir}/log/reconcile.log`, 'utf8');

// Without a check: doctor's status says how the site is.
function doctor(site) {
	const r = spawnSync(`${BIN}/roostctl`, ['--site', site.dir, 'doctor'],
		{ encoding: 'utf8' });
	return { status: r.status, out: r.stdout };
}

async function standby(site, fields) {
	const { id } = await site.admin.running(fields);
	await site.admin.patch(id, { desired_state: 'STANDBY' });
	await site.admin.phase(id, 'STANDBY');
	return id;
}

// ---- No bubblewrap

withSite('without bubblewrap', { settings: { retry_base_seconds: 0 } }, (it) => {
	const NO_NAMESPACES = '#!/bin/sh\n' +
		'echo "bwrap: No permissions to create new namespace" >&2\nexit 1\n';

	for (const [what, script, says] of [
		['is missing', undefined, /bubblewrap \(bwrap\) is not there: install it \(apt install bubblewrap\)/],
		['may not make namespaces', NO_NAMESPACES, /No permissions[^]*(user namespaces|max_user_namespaces)/],
	]) {
		it(`bwrap ${what}: ERROR with a sentence; back again, it starts`, async (site) => {
			const id = await standby(site);
			const intact = fillHome(site, id);
			try {
				bwrapIs(script);
				await site.admin.api('POST', `/workspaces/${id}:start`,
					undefined, { expect: 202 });
				const w = await until(async () => {
					await site.pass();
					const now = await site.admin.workspace(id);
					return now.error_reason === 'RetryExceeded' && now;
				}, 'ERROR');
				assert.match(w.error_message, says);
				assert.match(w.error_message, /allow_unsandboxed = yes/);
				intact();
				const d = doctor(site);
				assert.equal(d.status, 1);
				assert.match(d.out, new RegExp(`^fail +engine +.*${says.source}`, 'm'));
				const visit = await site.admin.navigate(w.path);
				assert.equal(visit.status, 502);
			} finally {
				bwrapBack();
			}
			assert.match(doctor(site).out, /^ok +engine /m);
			await site.admin.api('POST', `/workspaces/${id}:recover`, undefined,
				{ expect: 202 });
			const well = await site.admin.phase(id, 'RUNNING');
			assert.equal(well.error_count, 0);
			intact();
			await site.admin.remove(id);
		});
	}

	it('back before the last try, it starts by itself', async (site) => {
		const id = await standby(site);
		// with pauses: without one a pass tries all the times it has at once
		site.set('max_retries', 100);
		site.set('retry_base_seconds', 1);
		try {
			bwrapIs();
			await site.admin.api('POST', `/workspaces/${id}:start`);
			await until(async () => {
				await site.pass();
				return (await site.admin.workspace(id)).error_count > 0;
			}, 'a failed start');
		} finally {
			bwrapBack();
		}
		const w = await site.passUntil(id, 'RUNNING');
		assert.equal(w.error_reason, null);
		site.set('max_retries', 3);
		site.set('retry_base_seconds', 0);
		await site.admin.remove(id);
	});

	it('allow_unsandboxed: it runs, and the log says so each time', async (site) => {
		const conf = `${site.dir}/roost.conf`, was = fs.readFileSync(conf, 'utf8');
		const id = await standby(site);
		const log = `${site.dir}/log/ws-${id}.log`;
		const said = () => fs.readdirSync(`${site.dir}/log`, { recursive: true })
			.filter((n) => n.includes(id)).map((n) =>
				fs.readFileSync(`${site.dir}/log/${n}`, 'utf8')).join('')
			.split('WITHOUT A SANDBOX: allow_unsandboxed = yes').length - 1;
		try {
			bwrapIs();
			fs.writeFileSync(conf, `allow_unsandboxed = yes\n${was}`);
			for (const times of [1, 2]) {
				await site.admin.api('POST', `/workspaces/${id}:start`,
					undefined, { expect: 202 });
				await site.admin.phase(id, 'RUNNING');
				const rs = await site.admin.request('GET', `/w/${id}/echo`);
				assert.equal(rs.status, 200);
				assert.equal(said(), times, log);
				assert.match(doctor(site).out, /^warn +engine +allow_unsandboxed = yes/m);
				await site.admin.patch(id, { desired_state: 'STANDBY' });
				await site.admin.phase(id, 'STANDBY');
			}
		} finally {
			bwrapBack();
			fs.writeFileSync(conf, was);
		}
		await site.admin.remove(id);
	});
});

// ---- No space

// A disk of its own for a folder of a site that is not served: what is in the
// folder goes there, and roost.conf says so; or, without a key, it is mounted
// in its place.
class Disk {
	static mounted = new Set();

	constructor(site, key, folder, mib) {
		this.folder = `${site.dir}/${folder}`;
		this.at = key ? fs.mkdtempSync(path.join(os.tmpdir(), 'roost-disk-')) :
			this.folder;
		const was = `${this.folder}.was`;
		fs.renameSync(this.folder, was);
		if (!key) fs.mkdirSync(this.at);
		sh('mount', '-t', 'tmpfs', '-o', `size=${mib}m,nr_inodes=400`,
			'roost-test', this.at);
		Disk.mounted.add(this);
		sh('cp', '-a', `${was}/.`, this.at);
		fs.rmSync(was, { recursive: true });
		if (!key) return;
		const conf = `${site.dir}/roost.conf`;
		fs.writeFileSync(conf, `${key} = ${this.at}` +
			`${key === 'db_path' ? '/roost.db' : ''}\n` +
			fs.readFileSync(conf, 'utf8'));
		site[folder] = this.at;
	}

	// Back to where it was; for one without a key.
	leave() {
		const to = `${this.folder}.was`;
		sh('cp', '-a', this.at, to);
		sh('umount', '-l', this.at);
		Disk.mounted.delete(this);
		fs.rmdirSync(this.at);
		fs.renameSync(to, this.folder);
	}

	// Neither a byte nor an inode is left.
	fill() {
		const name = (i) => `${this.at}/.full${i}`;
		let fd = fs.openSync(name(0), 'w'), n = 1 << 20;
		while (n >= 1) {
			try {
				fs.writeSync(fd, Buffer.alloc(n));
			} catch (e) {
				if (e.code !== 'ENOSPC') throw e;
				n >>= 1;
			}
		}
		fs.closeSync(fd);
		try {
			for (let i = 1; ; i++) fs.closeSync(fs.openSync(name(i), 'wx'));
		} catch (e) {
			if (e.code !== 'ENOSPC') throw e;
		}
	}

	free() {
		for (const name of fs.readdirSync(this.at))
			if (name.startsWith('.full')) fs.rmSync(`${this.at}/${name}`);
	}

	// The end, or only the end of writing.
	gone() {
		spawnSync('umount', ['-l', this.at]);
		Disk.mounted.delete(this);
		fs.rmSync(this.at, { recursive: true, force: true });
	}

	readOnly() { sh('mount', '-o', 'remount,ro', this.at); }
	writable() { spawnSync('mount', ['-o', 'remount,rw', this.at]); }
}

process.on('exit', () => {
	for (const d of Disk.mounted) d.gone();
});

describe('with a full disk', () => {
	let site, db, homes, archives;

	before(async () => {
		site = await Site.start({ settings: {
			retry_base_seconds: 1, max_retries: 100, archive_level: 19,
			trash_min_free_percent: 0, undo_hours: 0 } });
		await site.stopServing();
		fs.mkdirSync(`${site.dir}/db`, { mode: 0o700 });
		for (const f of ['', '-queue', '-wal', '-shm'])
			if (fs.existsSync(`${site.dir}/roost.db${f}`))
				fs.renameSync(`${site.dir}/roost.db${f}`,
					`${site.dir}/db/roost.db${f}`);
		db = new Disk(site, 'db_path', 'db', 8);
		homes = new Disk(site, 'homes_dir', 'homes', 96);
		archives = new Disk(site, 'archives_dir', 'archives', 96);
		await site.serve();
	});
	after(async () => {
		for (const d of [db, homes, archives]) d?.free();
		try {
			await site?.stop();
		} finally {
			for (const d of [db, homes, archives]) d?.gone();
		}
	});
	const it = (what, run) => test(what, async () => {
		try {
			await run();
			whole(site);
		} catch (e) {
			e.stack += site.logs();
			throw e;
		} finally {
			for (const d of [db, homes, archives]) {
				d.writable();
				d.free();
			}
		}
	});

	// Writing until the journal has no room of its own left either.
	async function exhaust(write) {
		for (let i = 0; ; i++) {
			const rs = await write(i);
			if (rs.status >= 400) return rs;
			assert.ok(i < 5000, 'the disk of the database is never full');
		}
	}

	function refused(rs) {
		assert.equal(rs.status, 503, rs.text);
		assert.equal(rs.json.error.code, 'NO_SPACE');
		assert.match(rs.json.error.message, /disk is full/);
		assert.ok(rs.headers['retry-after'], 'Retry-After');
		assert.ok(!rs.text.includes(site.dir), 'nothing of the inside');
	}

	it('the database: 503 with a sentence, reading goes on, nothing acknowledged is lost', async () => {
		const id = await standby(site);
		await site.pass();
		db.fill();
		let kept;
		refused(await exhaust(async (i) => {
			const memo = `${i} ${'x'.repeat(9000)}`;
			const rs = await site.admin.api('PATCH', `/workspaces/${id}`, { memo });
			if (rs.status === 200) kept = rs.json;
			return rs;
		}));
		refused(await site.admin.api('POST', '/workspaces', { name: 'n', app: 'wsapp' }));
		refused(await site.admin.api('POST', `/workspaces/${id}:start`));
		refused(await site.admin.api('DELETE', `/workspaces/${id}`));
		refused(await site.nobody().api('POST', '/login',
			{ username: 'admin', password: site.password }));
		const page = await site.nobody().request('POST', '/login', {
			headers: { Origin: site.url, Accept: 'text/html',
				'Content-Type': 'application/x-www-form-urlencoded' },
			body: `username=admin&password=${site.password}`,
		});
		assert.equal(page.status, 503);
		assert.match(page.text, /disk is full/);
		const now = await site.admin.workspace(id);
		assert.equal(now.phase, 'STANDBY');
		if (kept) assert.deepEqual([now.rev, now.memo], [kept.rev, kept.memo]);
		assert.equal((await site.admin.api('GET', '/workspaces')).json.total, 1);
		assert.equal((await site.admin.request('GET', `/workspaces/${id}`)).status, 200);
		const p = await site.pass();
		assert.equal(p.status, 1, 'the pass says that it could not');
		assert.match(p.stderr, /disk is full/);
		whole(site);
		db.free();
		await site.login('admin', site.password);
		await site.admin.api('POST', `/workspaces/${id}:start`, undefined,
			{ expect: 202 });
		await site.passUntil(id, 'RUNNING');
		await site.admin.remove(id);
	});

	it('create: ERROR NoSpace, and there is the home when there is space', async () => {
		homes.fill();
		const { id } = await site.admin.create();
		const w = await until(async () => {
			const now = await site.admin.workspace(id);
			return now.phase === 'ERROR' && now;
		}, 'ERROR');
		assert.equal(w.error_reason, 'NoSpace');
		assert.match(w.error_message, /No space left on device; free some space/);
		assert.match(doctor(site).out, /^fail +space +homes_dir: 0 MiB.*make room/m);
		homes.free();
		const well = await site.passUntil(id, 'RUNNING');
		assert.equal(well.error_reason, null);
		await site.admin.remove(id);
	});

	it('archive: the home stays; it is archived when there is space', async () => {
		const id = await standby(site);
		const intact = fillHome(site, id, { mib: 3 });
		archives.fill();
		await site.admin.patch(id, { desired_state: 'ARCHIVED' });
		const w = await until(async () => {
			const now = await site.admin.workspace(id);
			return now.phase === 'ERROR' && now;
		}, 'ERROR');
		assert.equal(w.error_reason, 'NoSpace');
		assert.equal(w.archive_key, null);
		intact();
		archives.free();
		const done = await site.passUntil(id, 'ARCHIVED');
		assert.ok(done.archive_key);
		assert.ok(!fs.existsSync(homeOf(site, id)));
		// and back again, into homes that are full at first
		homes.fill();
		await site.admin.api('POST', `/workspaces/${id}:restore`, undefined,
			{ expect: 202 });
		const stuck = await until(async () => {
			const now = await site.admin.workspace(id);
			return now.phase === 'ERROR' && now;
		}, 'ERROR');
		assert.equal(stuck.error_reason, 'NoSpace');
		assert.equal(stuck.archive_key, done.archive_key);
		assert.ok(!fs.existsSync(homeOf(site, id)), 'half a home is no home');
		assert.deepEqual(archivesOf(site, id), [done.archive_key.split('/')[1]]);
		homes.free();
		await site.passUntil(id, 'RUNNING');
		intact();
		await site.admin.remove(id);
	});

	it('archives, then homes that become read-only: ERROR that says it, then well by itself', async () => {
		const failed = (id) => until(async () => {
			await site.pass();
			const w = await site.admin.workspace(id);
			return w.phase === 'ERROR' && w;
		}, 'ERROR');
		const id = await standby(site);
		const intact = fillHome(site, id);
		archives.readOnly();
		await site.admin.patch(id, { desired_state: 'ARCHIVED' });
		let w = await failed(id);
		assert.match(w.error_message, /[Rr]ead-only|not writable/);
		intact();
		archives.writable();
		await site.passUntil(id, 'ARCHIVED');
		homes.readOnly();
		await site.admin.api('POST', `/workspaces/${id}:restore`, undefined,
			{ expect: 202 });
		w = await failed(id);
		assert.match(w.error_message, /[Rr]ead-only|not writable/);
		assert.equal(archivesOf(site, id).length, 1);
		homes.writable();
		await site.passUntil(id, 'RUNNING');
		intact();
		await site.admin.remove(id);
	});

	it('run and log: who works goes on, who starts waits, and doctor and health say it', async () => {
		await site.stopServing();
		const small = ['run', 'log'].map((name) => new Disk(site, null, name, 2));
		try {
			await site.serve();
			const works = await site.admin.running();
			const id = await standby(site);
			const left = async () => Number(/^roost_disk_free_bytes (\S+)$/m.exec(
				(await site.admin.request('GET', '/metrics')).text)[1]);
			assert.ok(await left() > 0);
			for (const d of small) d.fill();
			assert.equal(await left(), 0);
			const { json } = await site.admin.request('GET', '/healthz');
			assert.equal(json.checks.disk.ok, false);
			for (const name of ['run_dir', 'log_dir'])
				assert.match(doctor(site).out, new RegExp(`^fail +space +${name}: 0 MiB.*make room`, 'm'));
			const rs = await site.admin.request('GET', `${works.path}echo`);
			assert.equal(rs.status, 200);
			await site.login('admin', site.password);
			await site.admin.patch(id, { memo: 'kept' });
			await site.admin.api('POST', `/workspaces/${id}:start`, undefined,
				{ expect: 202 });
			for (const d of small) d.free();
			assert.equal((await site.passUntil(id, 'RUNNING')).memo, 'kept');
			await site.admin.remove(id);
			await site.admin.remove(works.id);
		} finally {
			await site.stopServing();
			for (const d of small) {
				d.free();
				d.leave();
			}
			await site.serve();
		}
	});

	it('the database while an archive is made: the home stays until it is known', async () => {
		const id = await standby(site);
		const intact = fillHome(site, id, { mib: 12 });
		await site.admin.patch(id, { desired_state: 'ARCHIVED' });
		await until(async () => (await site.admin.workspace(id)).op_progress?.done > 0,
			'progress', { every: 20 });
		db.fill();
		await until(async () => {
			const rs = await site.admin.api('PATCH', `/workspaces/${id}`,
				{ memo: 'x'.repeat(9000) });
			return rs.status === 503;
		}, 'the journal to be full', { every: 0 });
		await until(() => !site.processes().some((p) => p.args.includes('--worker')),
			'the worker to end');
		const w = await site.admin.workspace(id);
		if (!w.archive_key) intact();
		whole(site);
		db.free();
		await site.passUntil(id, 'ARCHIVED');
		await site.admin.api('POST', `/workspaces/${id}:restore`, undefined,
			{ expect: 202 });
		await site.passUntil(id, 'RUNNING');
		intact();
		await site.admin.remove(id);
	});
});

// ---- Killed

withSite('killed by force', { settings: { archive_level: 19 } }, (it) => {
	const killAll = (site, name) => {
		const mine = site.processes().filter((p) =>
			p.args.split(' ')[0].endsWith(`/${name}`));
		assert.ok(mine.length, `no ${name} runs`);
		for (const { pid } of mine) process.kill(pid, 'SIGKILL');
	};

	it('the handler: what was acknowledged is there, and it goes on', async (site) => {
		const id = await standby(site);
		for (let i = 0; i < 3; i++) {
			const acknowledged = [];
			let more = true;
			const writer = (async () => {
				for (let k = 0; more; k++) {
					const name = `round ${i} write ${k}`;
					const rs = await site.admin.api('PATCH',
						`/workspaces/${id}`, { name }).catch(() => null);
					if (rs?.status !== 200) return;
					acknowledged.push(rs.json);
				}
			})();
			await until(() => acknowledged.length > 5, 'writes', { every: 1 });
			killAll(site, 'roost.fcgi');
			await writer;
			more = false;
			const now = await until(() => site.admin.workspace(id),
				'the handler to be there again');
			const last = acknowledged.at(-1);
			assert.ok(now.rev >= last.rev, `${now.rev} after ${last.rev}`);
			// the one that was not answered may have been done, too
			assert.ok(now.rev <= last.rev + 1);
			if (now.rev === last.rev) assert.equal(now.name, last.name);
		}
		whole(site);
		await site.admin.remove(id);
	});

	it('a pass and its worker amid an archive: the next pass does it', async (site) => {
		const id = await standby(site);
		const intact = fillHome(site, id, { mib: 12 });
		await site.admin.patch(id, { desired_state: 'ARCHIVED' });
		const at = await until(async () => {
			const w = await site.admin.workspace(id);
			return w.op_progress?.done > 0 && w;
		}, 'progress', { every: 20 });
		assert.equal(at.operation, 'ARCHIVING');
		killAll(site, 'roost-reconcile');
		await until(() => !site.processes().some((p) =>
			p.args.includes('roost-reconcile')), 'their end');
		intact();
		assert.equal((await site.admin.workspace(id)).operation, 'ARCHIVING');
		const done = await site.passUntil(id, 'ARCHIVED');
		assert.deepEqual(archivesOf(site, id), [done.archive_key.split('/')[1]]);
		const { json } = await site.admin.api('GET', `/workspaces/${id}/operations`);
		const archivings = json.items.filter((o) => o.operation === 'ARCHIVING');
		assert.equal(archivings.length, 1, 'the same operation, done again');
		await site.admin.api('POST', `/workspaces/${id}:restore`, undefined,
			{ expect: 202 });
		await site.passUntil(id, 'RUNNING');
		intact();
		whole(site);
		await site.admin.remove(id);
	});

	it('a database that was removed is not replaced by an empty one', async (site) => {
		const id = await standby(site);
		const intact = fillHome(site, id);
		const copy = `${site.dir}/copy.db`;
		site.ctl('backup', copy);
		await site.stopServing();
		for (const f of ['', '-wal', '-shm', '-queue'])
			fs.rmSync(`${site.dir}/roost.db${f}`, { force: true });
		for (const empty of [false, true]) {
			if (empty) fs.writeFileSync(`${site.dir}/roost.db`, '');
			const p = await site.pass();
			assert.equal(p.status, 1);
			assert.match(p.stderr, /roostctl restore/);
			await assert.rejects(site.serve(), /1 homes and \d+ archives.*roostctl restore/);
		}
		site.ctl('restore', copy);
		await site.serve();
		assert.equal((await site.admin.workspace(id)).phase, 'STANDBY');
		intact();
		await site.admin.remove(id);
	});
});
