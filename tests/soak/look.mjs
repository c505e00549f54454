// What there is of a site, looked at from outside: processes and what they
// hold, files, and rows by sqlite3.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

const list = (dir) => fs.existsSync(dir) ? fs.readdirSync(dir) : [];
const number = (text, key) =>
	Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? NaN);

export function sql(site, text) {
	const r = spawnSync('sqlite3', ['-readonly', '-cmd', '.timeout 20000',
		`${site.dir}/roost.db`, text], { encoding: 'utf8' });
	assert.equal(r.status, 0, `${text}: ${r.stderr}`);
	return r.stdout.trim().split('\n').filter(Boolean)
		.map((line) => line.split('|'));
}

// Which of a site's processes is what; the rest is `other`.
const KINDS = [
	['worker', /roost-reconcile .*--worker/],
	['pass', /roost-reconcile/],
	['handler', /roost\.fcgi/],
	['gate', /roost-gate\.fcgi/],
	['serve', /tools\/run|^sleep /],
	['web', /lighttpd/],
	['instance', /wsapp|bwrap/],
];

export function processes(site) {
	const all = Object.fromEntries(KINDS.map(([kind]) => [kind, []]));
	all.other = [];
	for (const p of site.processes()) {
		const kind = KINDS.find(([, re]) => re.test(p.args))?.[0];
		all[kind ?? 'other'].push(p);
	}
	return all;
}

// What a process holds, NaN when it is gone.
export function held(pid) {
	try {
		const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
		return {
			descriptors: fs.readdirSync(`/proc/${pid}/fd`).length,
			memory_kb: number(status, 'VmRSS'),
			threads: number(status, 'Threads'),
		};
	} catch {
		return { descriptors: NaN, memory_kb: NaN, threads: NaN };
	}
}

// Archives on the disk: whole ones, and files that belong to none.
function archives(dir) {
	let whole = 0, odd = 0;
	for (const id of list(dir))
		for (const op of list(`${dir}/${id}`)) {
			const names = list(`${dir}/${id}/${op}`).sort().join(' ');
			if (names === 'home.tar.zst home.tar.zst.meta') whole++;
			else odd++;
		}
	return { whole, odd };
}

const isHome = (name) => /^ws-[0-9a-f-]{36}-home$/.test(name);
const ofOne = (name) => /^[0-9a-f]{8}-[0-9a-f-]{27}/.test(name);

// All that can be counted.
export function count(site) {
	const p = processes(site), { dir } = site;
	const at = (status) => Number(sql(site,
		`SELECT count(*) FROM workspace WHERE status = '${status}'`)[0][0]);
	const store = archives(`${dir}/archives`);

	return {
		rows: Number(sql(site, 'SELECT count(*) FROM workspace')[0][0]),
		pending: at('PENDING'), standby: at('STANDBY'),
		running: at('RUNNING'), error: at('ERROR'), deleted: at('DELETED'),
		homes: list(`${dir}/homes`).filter(isHome).length,
		stages: list(`${dir}/homes/.unpack`).length,
		trash: list(`${dir}/homes/.trash`).length,
		trash_rows: Number(sql(site, 'SELECT count(*) FROM workspace ' +
			'WHERE trash_key IS NOT NULL')[0][0]),
		archives: store.whole, archives_odd: store.odd,
		run_files: list(`${dir}/run`).filter(ofOne).length,
		run_places: list(`${dir}/run/ws`).length,
		run_slots: list(`${dir}/run/slots`).length,
		operations_open: Number(sql(site, 'SELECT count(*) FROM operation ' +
			"WHERE result = 'running'")[0][0]),
		instances: new Set(p.instance.filter(({ args }) =>
			/wsapp --socket/.test(args) && !/bwrap/.test(args))
			.map(({ pid }) => pid)).size,
		instance_processes: p.instance.length,
		passes: p.pass.length, workers: p.worker.length,
		other_processes: p.other.length,
	};
}

export const homeOf = (site, id) => `${site.dir}/homes/ws-${id}-home`;
