// Doctor asks the running site through its own web server: it finds nothing
// where all is well, and says what is wrong where it is, whatever the server.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { BIN, freePort, request, until, withSite } from './site.mjs';

// What it says of each check: { check: [{ result, what }] }, and its status.
function doctor(site, ...more) {
	const r = spawnSync(`${BIN}/roostctl`,
		['--site', site.dir, 'doctor', '--json', ...more],
		{ encoding: 'utf8', timeout: 120_000 });
	const said = {};
	for (const { result, check, what } of JSON.parse(r.stdout))
		(said[check] ??= []).push({ result, what });
	return { status: r.status, said, text: r.stdout };
}

const DOOR = ['server', 'address', 'static', 'waiting', 'body', 'authorization',
	'gate', 'private', 'path', 'websocket', 'pool'];

// Each of these checks says something, and nothing but ok.
function isWell(d, checks = DOOR) {
	for (const check of checks) {
		assert.ok(d.said[check]?.length > 0, `${check} says nothing: ${d.text}`);
		for (const one of d.said[check])
			assert.equal(one.result, 'ok', `${check}: ${one.what}`);
	}
}

function complains(d, check, result, what) {
	assert.ok(d.said[check]?.some((one) =>
		one.result === result && what.test(one.what)),
	`${check} does not say ${result} ${what}: ${JSON.stringify(d.said[check])}`);
}

withSite('doctor of a site behind lighttpd', {}, (it) => {
	it('finds the site, and nothing wrong', (site) => {
		const d = doctor(site);
		assert.equal(d.status, 0, d.text);
		isWell(d);
		assert.match(d.said.server[0].what, /^lighttpd at http:.*socket of its own/);
		assert.match(d.said.waiting[0].what, /while the stream was open/);
	});

	it('leaves nothing behind but its report', (site) => {
		for (const folder of ['slots', 'sock'])
			assert.deepEqual(fs.readdirSync(`${site.dir}/run/${folder}`), []);
		assert.deepEqual(fs.readdirSync(`${site.dir}/run`).filter((name) =>
			/badge|doctor|d0c7/.test(name)), ['doctor.json']);
		const kept = JSON.parse(fs.readFileSync(`${site.dir}/run/doctor.json`));
		assert.equal(kept.url, site.url);
		assert.ok(Math.abs(kept.at_ms - Date.now()) < 3600_000);
		assert.deepEqual(kept.checks.map((c) => c.check).slice(-DOOR.length), DOOR);
	});

	it('one that was killed in the middle is in nobody\'s way', async (site) => {
		const child = spawn(`${BIN}/roostctl`, ['--site', site.dir, 'doctor'],
			{ stdio: 'ignore' });
		const ended = new Promise((done) => child.once('close', (_, by) => done(by)));
		await until(() => fs.existsSync(`${site.dir}/run/badge.doctor`),
			'doctor to be at work', { every: 0 });
		child.kill('SIGKILL');
		assert.equal(await ended, 'SIGKILL');
		assert.ok(fs.existsSync(`${site.dir}/run/badge.doctor`));
		isWell(doctor(site));
		assert.ok(!fs.existsSync(`${site.dir}/run/badge.doctor`));
		assert.deepEqual(fs.readdirSync(`${site.dir}/run/slots`), []);
	});

	it('a stranger gets nothing from what it asks', async (site) => {
		const id = '00000000-d0c7-4000-8000-000000000000';
		for (const path of ['/api/v1/probe', '/api/v1/probe/events', '/api/v1/probe/warm'])
			assert.equal((await site.admin.request('GET', path, { headers:
				{ 'X-Roost-Probe': 'x'.repeat(43) } })).status, 404, path);
		assert.equal((await site.admin.request('GET', `/w/${id}/`)).status, 404);
		assert.equal((await request(site.port, 'GET', `/w/${id}/`, { headers:
			{ 'X-Roost-Probe': 'x'.repeat(43) } })).status, 401);
	});

	it('nobody there, or somebody else', async (site) => {
		const d = doctor(site, '--url', `http://127.0.0.1:${await freePort()}`);
		assert.equal(d.status, 1);
		complains(d, 'server', 'fail', /is the web server running, and base_url right/);
		assert.equal(d.said.gate, undefined);
	});

	it('the admin page asks for a look, and shows it', async (site) => {
		fs.rmSync(`${site.dir}/run/doctor.json`);
		const page = await site.page({ as: site.admin });
		await page.goto('/admin');
		await page.getByText('Doctor has not looked yet').waitFor();
		await page.getByText('lighttpd').waitFor();
		await page.getByRole('button', { name: 'Look again' }).click();
		await page.getByText('Doctor will look').waitFor();
		await page.getByText(/Doctor looked .* ago/).waitFor();
		const kept = JSON.parse(fs.readFileSync(`${site.dir}/run/doctor.json`));
		assert.equal(kept.url, site.url);
		assert.ok(kept.checks.some((c) => c.check === 'websocket' && c.result === 'ok'));
		await page.context().close();
	});

	it('a gate that cannot be asked', (site) => {
		const sock = `${site.dir}/run/gate.sock`;
		fs.renameSync(sock, `${sock}.away`);
		try {
			const d = doctor(site);
			assert.equal(d.status, 1);
			complains(d, 'gate', 'fail', /is roost-gate\.fcgi running/);
			isWell(d, ['server', 'static', 'waiting', 'body']);
		} finally {
			fs.renameSync(`${sock}.away`, sock);
		}
	});
});
