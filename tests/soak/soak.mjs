// A site that lives for a while as a busy one does, and is killed at all the
// time: 200 workspaces of several people, random deeds through the real web
// server (deeds.mjs), random kills, TTLs of seconds. Then it comes to rest,
// and what there is is counted (look.mjs): nothing may be lost, left over or
// leaked. Prints a table; exit status 1 when something is wrong.
//
//   SECONDS (3600)       how long people and kills are let loose
//   WORKSPACES (200)     how many
//   PEOPLE (8)           whose
//   AT_ONCE (10)         deeds at the same time
//   ROOST_SEED           the dice

import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { app, Site, until } from '../e2e/site.mjs';
import { DEEDS, LATE, wordOf } from './deeds.mjs';
import { count, held, homeOf, processes, sql } from './look.mjs';

const env = (name, otherwise) => Number(process.env[name] || otherwise);
const SECONDS = env('SECONDS', 3600), WORKSPACES = env('WORKSPACES', 200);
const PEOPLE = env('PEOPLE', 8), AT_ONCE = env('AT_ONCE', 10);
const PATIENCE = { timeout: 600_000, every: 500 };

const settings = {
	max_running_per_user: 12, max_running_global: 80,
	stable_seconds: 1, retry_base_seconds: 1,
	gc_interval_seconds: 20, audit_interval_seconds: 20, orphan_seconds: 30,
};
// wrong whatever was killed
const NEVER = ['DataLost', 'ArchiveCorrupted', 'InstanceWithoutHome'];
// After a killed server answers again, for so long anything may be answered.
const SHAKEN = 4000;
// Where kills of servers end, as a share of the time: what is left then lives
// to the end, and shows whether it grows.
const CALM = 0.25;

class Soak {
	wrongs = [];
	answers = {}; // deed -> status -> how often
	kills = {};
	samples = [];
	shaken = 0; // until then a server is being started again
	seed = env('ROOST_SEED', Date.now() % 1e9);

	// Not good, but the same for the same seed.
	dice(sides) {
		this.seed = (Math.imul(this.seed, 1664525) + 1013904223) >>> 0;
		return (this.seed >>> 8) % sides;
	}

	pick(list) { return list[this.dice(list.length)]; }

	wrong(what) {
		this.wrongs.push(what);
		console.error(`WRONG: ${what}`);
	}

	get over() { return this.lost || Date.now() > this.end; }

	// ---- people

	async open() {
		this.site = await Site.start({ conf: 'slots = 128\n',
			apps: app('wsapp', '', { memory_mb: 0 }), settings });
		this.everybody = [];
		for (let i = 0; i < PEOPLE; i++)
			this.everybody.push(await this.site.addUser(`person${i}`));
		this.all = [];
		for (let i = 0; i < WORKSPACES; i++)
			this.all.push({ owner: this.everybody[i % PEOPLE], serial: 1,
				floor: 1, gone: false, alone: false });
		await Promise.all(this.everybody.map((who) => this.furnish(who)));
	}

	// Everybody makes theirs one by one, and leaves the first word in each.
	async furnish(who) {
		for (const ws of this.all.filter(({ owner }) => owner === who)) {
			ws.id = (await who.running({ name: `ws ${who.name}` })).id;
			const rs = await who.request('PUT', `/w/${ws.id}/put/word-1`,
				{ body: `${ws.id} 1` });
			if (rs.status !== 201) throw new Error(`no word: ${rs.text}`);
			await who.patch(ws.id, { desired_state: 'STANDBY' });
		}
	}

	async deed() {
		const ws = this.pick(this.all);
		const may = Object.entries(DEEDS).filter(([, d]) =>
			Boolean(d.gone) === ws.gone && !(d.alone && ws.alone));
		let at = this.dice(may.reduce((sum, [, d]) => sum + d.weight, 0));
		const [name, deed] = may.find(([, d]) => (at -= d.weight) < 0);
		let status, text = '';

		ws.alone ||= Boolean(deed.alone);
		try {
			const rs = await deed.act(this, ws);
			status = rs.status ?? rs;
			text = rs.text ?? rs.body ?? '';
		} catch (e) {
			status = e.code ?? e.message.slice(0, 40);
		}
		if (deed.alone) ws.alone = false;
		const tally = this.answers[name] ??= {};
		tally[status] = (tally[status] ?? 0) + 1;
		if (![...deed.right, ...LATE].includes(status) &&
			Date.now() > this.shaken)
			this.wrong(`${name} of ${ws.id}: ${status} ${text.slice(0, 200)}`);
	}

	async person() {
		while (!this.over) {
			await this.deed();
			await sleep(50 + this.dice(900));
		}
	}

	// ---- kills

	kill(kind) {
		const { pid } = this.pick(processes(this.site)[kind]) ?? {};
		if (!pid) return;
		try {
			process.kill(pid, 'SIGKILL');
		} catch { return; }
		this.kills[kind] = (this.kills[kind] ?? 0) + 1;
	}

	async killer() {
		while (!this.over) {
			await sleep(300 + this.dice(2500));
			this.kill(this.pick(['pass', 'pass', 'worker', 'worker', 'worker',
				'instance']));
		}
	}

	// tools/run starts a server again, five times a minute at most; this is
	// far less, also where everything is slow.
	async serverKiller() {
		const calm = Date.now() + SECONDS * 1000 * CALM;
		while (!this.over && Date.now() + SHAKEN < calm) {
			this.shaken = Infinity;
			this.kill(this.pick(['handler', 'handler', 'gate']));
			await until(async () => (await this.site.admin.navigate(
				'/healthz')).status === 200, 'it to answer again');
			this.shaken = Date.now() + SHAKEN;
			await sleep(40_000);
		}
		if (this.lost) return;
		await sleep(Math.max(0, calm - Date.now()));
		this.lasting = Object.fromEntries(['handler', 'gate', 'web'].map(
			(kind) => [kind, processes(this.site)[kind][0]?.pid]));
		this.before = this.holds();
	}

	// Cron comes doubled now and then: two passes at once.
	async cron() {
		while (!this.over) {
			await sleep(5000 + this.dice(20_000));
			await Promise.all([this.site.pass(), this.site.pass()]);
		}
	}

	// ---- looks

	holds() {
		return Object.fromEntries(Object.entries(this.lasting).map(
			([kind, pid]) => [kind, held(pid)]));
	}

	lookAtErrors() {
		const bad = sql(this.site, 'SELECT id, error_reason, error_message ' +
			`FROM workspace WHERE error_reason IN ('${NEVER.join("','")}')`);
		for (const [id, reason, message] of bad)
			this.wrong(`${id} is ${reason}: ${message}`);
	}

	async looker() {
		while (!this.over) {
			await sleep(Math.min(15_000, Math.max(0, this.end - Date.now())));
			this.lookAtErrors();
			if (!this.lasting) continue;
			this.samples.push(this.holds());
		}
	}

	// ---- the end

	// The same wish for all, until they are there.
	async bring(desired_state, phase) {
		for (const ws of this.all) {
			if (ws.gone) {
				await ws.owner.api('POST', `/workspaces/${ws.id}:undelete`);
				ws.gone = false;
			}
			await ws.owner.patch(ws.id, { desired_state,
				standby_ttl_seconds: 0, archive_ttl_seconds: 0 });
		}
		await until(async () => {
			const open = sql(this.site, 'SELECT id, status, operation, ' +
				'error_reason, error_message FROM workspace WHERE ' +
				`status <> '${phase}' OR operation <> 'NONE'`);
			for (const [id, status] of open)
				if (status === 'ERROR')
					await this.site.admin.api('POST',
						`/workspaces/${id}:recover`);
			await this.site.pass();
			return open.length === 0 || (this.open_ = open, false);
		}, `all to be ${phase}`, PATIENCE).catch((e) => {
			throw new Error(`${e.message}\n${this.open_.join('\n')}`);
		});
	}

	// What was put is in the homes, which are there.
	checkWords(when) {
		for (const ws of this.all) {
			const [file, word] = wordOf(ws);
			const path = `${homeOf(this.site, ws.id)}/${file}`;
			const found = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') :
				'(nothing)';
			if (found !== word)
				this.wrong(`${when}: ${ws.id}: ${file} is ${found}`);
		}
	}

	// Counts that must be: {what: number}; what is not named is free.
	async balance(when, must) {
		let now;
		const off = () => Object.keys(must).filter((k) => now[k] !== must[k]);
		await until(async () => {
			await this.site.pass();
			now = count(this.site);
			return off().length === 0;
		}, when, { timeout: 60_000, every: 1000 }).catch(() => {});
		for (const key of off())
			this.wrong(`${when}: ${key} is ${now[key]}, not ${must[key]}`);
		this.counted[when] = now;
	}

	counted = {};

	async rest() {
		const n = WORKSPACES;
		const still = { rows: n, error: 0, stages: 0, archives_odd: 0,
			operations_open: 0, passes: 0, workers: 0, other_processes: 0,
			instances: 0, instance_processes: 0, run_places: 0 };

		await this.bring('STANDBY', 'STANDBY');
		this.after = this.holds();
		this.lookAtErrors();
		this.checkWords('at rest');
		await this.balance('at rest', { ...still, standby: n, homes: n,
			trash: 0, trash_rows: 0 });
		await this.bring('ARCHIVED', 'PENDING');
		await this.balance('archived', { ...still, pending: n, homes: 0,
			trash: 0, trash_rows: 0 });
		await this.bring('STANDBY', 'STANDBY');
		this.checkWords('restored');
		await this.balance('restored', { ...still, standby: n, homes: n,
			trash: 0, trash_rows: 0 });
		this.site.set('undo_hours', 0);
		this.site.set('orphan_seconds', 0);
		this.site.set('gc_interval_seconds', 0);
		for (const ws of this.all)
			await ws.owner.api('DELETE', `/workspaces/${ws.id}`, undefined,
				{ expect: 204 });
		await this.balance('deleted', { ...still, deleted: n, homes: 0,
			trash: 0, trash_rows: 0, archives: 0, run_files: 0 });
		this.end_ = this.holds();
		this.checkHeld();
		if (sql(this.site, 'PRAGMA integrity_check')[0][0] !== 'ok')
			this.wrong('the database is not whole');
	}

	// Who has answered all the time holds no more than at first.
	checkHeld() {
		for (const [kind, was] of Object.entries(this.before)) {
			const now = this.end_[kind];
			if (!(now.descriptors <= was.descriptors + 8))
				this.wrong(`${kind}: ${was.descriptors} descriptors, ` +
					`now ${now.descriptors}`);
			if (!(now.memory_kb <= was.memory_kb + 16_384))
				this.wrong(`${kind}: ${was.memory_kb} KiB, ` +
					`now ${now.memory_kb}`);
		}
	}

	report() {
		const sum = (o) => Object.values(o).reduce((a, b) => a + b, 0);
		const operations = sql(this.site, 'SELECT operation, result, ' +
			'count(*) FROM operation GROUP BY 1, 2');
		const [[passes, died]] = sql(this.site, 'SELECT count(*), ' +
			'sum(ended_ms = 0) FROM pass');
		const most = (kind, key) => Math.max(...this.samples.map(
			(s) => s[kind][key]).filter((v) => !Number.isNaN(v)));

		console.log(`\n${WORKSPACES} workspaces, ${PEOPLE} people, ` +
			`${SECONDS} s, ROOST_SEED=${this.firstSeed}`);
		console.log(`\ndeeds: ${sum(Object.values(this.answers).map(sum))}`);
		for (const [name, tally] of Object.entries(this.answers))
			console.log(`  ${name.padEnd(10)} ${JSON.stringify(tally)}`);
		console.log(`\nkills: ${sum(this.kills)} ${JSON.stringify(this.kills)}`);
		console.log(`passes: ${passes}, of which ended by a kill: ${died}`);
		console.log('operations:');
		for (const row of operations)
			console.log(`  ${row[0].padEnd(13)} ${row[1].padEnd(10)} ${row[2]}`);
		for (const [name, reason, message, times] of sql(this.site,
			'SELECT operation, reason, message, count(*) FROM operation ' +
			"WHERE result = 'failed' GROUP BY 1, 2, 3"))
			console.log(`  failed ${times}: ${name}: ${reason}: ${message}`);
		console.log('\nserver   what          calm   most  at rest    end');
		for (const kind of Object.keys(this.before))
			for (const key of ['descriptors', 'memory_kb', 'threads'])
				console.log(`${kind.padEnd(8)} ${key.padEnd(12)}` +
					[this.before[kind][key], most(kind, key),
						this.after[kind][key], this.end_[kind][key]]
						.map((v) => String(v).padStart(7)).join(''));
		const whens = Object.keys(this.counted);
		console.log(`\n${''.padEnd(18)}${whens.map((w) => w.padStart(10)).join('')}`);
		for (const key of Object.keys(this.counted[whens[0]]))
			console.log(key.padEnd(18) + whens.map((w) =>
				String(this.counted[w][key]).padStart(10)).join(''));
		console.log(`\n${this.wrongs.length} wrong`);
	}

	async run() {
		this.firstSeed = this.seed;
		console.error(`ROOST_SEED=${this.seed}`);
		await this.open();
		console.error('furnished');
		this.end = Date.now() + SECONDS * 1000;
		this.site.ended.then(() => { this.lost = true; });
		await Promise.all([
			...Array.from({ length: AT_ONCE }, () => this.person()),
			this.killer(), this.serverKiller(), this.cron(), this.looker(),
		]);
		if (this.lost) throw new Error('the site has ended by itself');
		console.error('coming to rest');
		await this.rest();
		this.report();
	}
}

const soak = new Soak();
try {
	await soak.run();
} catch (e) {
	console.error(e.stack, soak.site?.logs() ?? '');
	soak.wrongs.push(e.message);
} finally {
	await soak.site?.stop({ check: false });
}
process.exitCode = soak.wrongs.length ? 1 : 0;
