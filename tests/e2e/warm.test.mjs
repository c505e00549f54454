// Where the web server starts our programs on demand (mod_fcgid), the pass of
// each minute keeps some of each ready: reconcile/warm.h.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { until, withSite } from './site.mjs';

const WANT = 6;

const pids = (site, program) => site.processes().filter((p) =>
	new RegExp(`/${program}( |$)`).test(p.args)).map((p) => p.pid)
	.toSorted((a, b) => a - b);
const both = (site) => ['roost.fcgi', 'roost-gate.fcgi'].map((name) =>
	pids(site, name));
const ready = (site) => both(site).every((all) => all.length >= WANT);

// Ended as the web server would end what idles for long.
const end = (site) => both(site).flat().forEach((pid) => {
	try {
		process.kill(pid, 'SIGTERM');
	} catch { /* gone meanwhile */ }
});

// What the last round found: when, and how many of each came.
function said(site) {
	const n = fs.readFileSync(`${site.dir}/run/warm`, 'utf8').split(' ');
	return { at: Number(n[0]), handler: Number(n[2]), gate: Number(n[6]),
		why: n.slice(9).join(' ') };
}

// A pass as cron starts it, and the round that it starts.
async function pass(site) {
	const before = Date.now();
	assert.equal((await site.pass()).status, 0);
	return until(() => said(site).at >= before && said(site),
		'a round of warming');
}

const pool = (site) => JSON.parse(site.ctl('doctor', '--json'))
	.filter(({ check }) => check === 'pool');

for (const server of ['apache-checker', 'apache-htaccess'])
	withSite(`a warm pool: ${server}`, { server,
		conf: `warm_processes = ${WANT}` }, (it) => {
		it('as many as wanted are ready, and stay', async (site) => {
			assert.deepEqual(await pass(site), { at: said(site).at,
				handler: WANT, gate: WANT, why: '' });
			assert.ok(ready(site), JSON.stringify(both(site)));
			const before = both(site);
			await pass(site);
			assert.deepEqual(both(site), before);
		});

		it('they come back when they were ended', async (site) => {
			end(site);
			await until(() => both(site).flat().length === 0 || !ready(site),
				'their end');
			const { handler, gate } = await pass(site);
			assert.deepEqual([handler, gate], [WANT, WANT]);
			assert.ok(ready(site), JSON.stringify(both(site)));
		});

		it('it is nobody\'s activity', async (site) => {
			const w = await site.admin.running();
			await site.pass();
			const before = await site.admin.workspace(w.id);
			await pass(site);
			const after = await site.admin.workspace(w.id);
			for (const key of ['rev', 'last_access_at', 'idle_since', 'connections'])
				assert.equal(after[key], before[key], key);
			// that of a round which cron has begun meanwhile goes as well
			await until(() => !fs.readdirSync(`${site.dir}/run`).some((name) =>
				/d0c7|badge/.test(name)), 'nothing to be left of it');
			await site.admin.remove(w.id);
		});

		it('one that is killed in the middle is in nobody\'s way', async (site) => {
			end(site);
			const child = spawn(...site.command(
				`${site.programs.bin}/roost-reconcile`, '--site', site.dir,
				'--warm'), { stdio: 'ignore' });
			const ended = new Promise((done) => child.once('close',
				(_, by) => done(by)));
			await until(() => fs.existsSync(`${site.dir}/run/badge.warm`),
				'it to be at work', { every: 1 });
			child.kill('SIGKILL');
			assert.equal(await ended, 'SIGKILL');
			// mod_fcgid may still lead one to a process that was ended above
			await until(async () => (await site.admin.api('GET', '/session'))
				.status === 200, 'an answer');
			const { handler, gate, why } = await pass(site);
			assert.deepEqual([handler, gate, why], [WANT, WANT, '']);
			assert.ok(!fs.existsSync(`${site.dir}/run/badge.warm`));
		});

		it('doctor says so, and what is wrong', async (site) => {
			await pass(site);
			const words = pool(site).map(({ result, what }) =>
				`${result} ${what}`);
			assert.equal(words.length, 2, words.join('\n'));
			for (const [i, name] of ['handler', 'gate'].entries())
				assert.match(words[i], new RegExp(
					`^ok ${WANT} processes of the ${name} are ready`));
			const url = fs.readFileSync(`${site.dir}/run/url`);
			fs.rmSync(`${site.dir}/run/url`);
			try {
				assert.match((await pass(site)).why, /set base_url/);
			} finally {
				fs.writeFileSync(`${site.dir}/run/url`, url);
			}
			const [no] = pool(site);
			assert.equal(no.result, 'warn');
			assert.match(no.what, /cannot be kept ready: .*set base_url/);
		});
	});
