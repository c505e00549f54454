// tools/run: what a person sees who starts a site, and that it ends with what
// it started.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { BIN, freePort, Person, request, Site, TOP, until } from './site.mjs';

const place = fs.mkdtempSync(path.join(os.tmpdir(), 'roost run-'));
after(() => fs.rmSync(place, { recursive: true, force: true }));

function run(port, dir, { cwd = place } = {}) {
	const child = spawn(`${TOP}/tools/run`, [String(port), dir],
		{ cwd, env: { ...process.env, ROOST_BIN: BIN } });
	const it = { child, out: '', err: '', code: undefined };
	child.stdout.on('data', (c) => { it.out += c; });
	child.stderr.on('data', (c) => { it.err += c; });
	it.end = new Promise((done) => child.once('close', (code) => {
		it.code = code;
		done(code);
	}));
	it.ready = until(() => {
		assert.equal(it.code, undefined, it.err);
		return it.out.includes('\n');
	}, 'the line that says where it serves').catch((e) => e);
	return it;
}

async function nothingLeft(dir) {
	const site = new Site();
	site.dir = dir;
	await until(() => site.processes().length === 0, 'all processes to end')
		.catch((e) => {
			const left = JSON.stringify(site.processes());
			site.kill();
			e.message += left;
			throw e;
		});
}

test('first start prints one line with a password that works; the second none', async () => {
	const port = await freePort(), dir = `${place}/a site`;
	const first = run(port, 'a site');
	assert.equal(await first.ready, true, first.err);
	const said = /^Roost: (http:\/\/127\.0\.0\.1:\d+\/) {2}user: admin {2}password: (\S+)\n$/
		.exec(first.out);
	assert.ok(said, first.out);
	assert.equal(said[1], `http://127.0.0.1:${port}/`);
	const site = new Site();
	Object.assign(site, { dir, port, url: `http://127.0.0.1:${port}` });
	await new Person(site).api('POST', '/login',
		{ username: 'admin', password: said[2] }, { expect: 200 });

	const twin = run(await freePort(), 'a site');
	assert.notEqual(await twin.end, 0);
	assert.match(twin.err, /serves .* already/);
	assert.equal(twin.out, '');

	const rival = run(port, 'another');
	assert.notEqual(await rival.end, 0);
	assert.match(rival.err, /port \d+ is taken.*PORT=/);
	assert.equal(rival.out, '');
	assert.equal((await request(port, 'GET', '/login')).status, 200);

	first.child.kill('SIGINT');
	await first.end;
	await nothingLeft(dir);

	const second = run(port, dir, { cwd: '/' });
	assert.equal(await second.ready, true, second.err);
	assert.equal(second.out, `Roost: http://127.0.0.1:${port}/  user: admin\n`);
	second.child.kill('SIGTERM');
	await second.end;
	await nothingLeft(dir);
});

test('stopped at any moment of its start it leaves nothing behind', async () => {
	for (const after of [0, 30, 60, 100, 150, 250, 400]) {
		const dir = `${place}/cut ${after}`;
		const it = run(await freePort(), dir);
		await new Promise((done) => setTimeout(done, after));
		it.child.kill('SIGTERM');
		await it.end;
		await nothingLeft(dir);
	}
});

test('killed by force it takes its servers along', async () => {
	const dir = `${place}/forced`;
	const it = run(await freePort(), dir);
	assert.equal(await it.ready, true, it.err);
	it.child.kill('SIGKILL');
	await it.end;
	await nothingLeft(dir);
});

test('a server that dies is started again; too often, it ends the rest', async () => {
	const dir = `${place}/dying`;
	const port = await freePort(), it = run(port, dir);
	assert.equal(await it.ready, true, it.err);
	const site = new Site();
	site.dir = dir;
	const one = (name) => site.processes().find((p) => p.args.includes(name));
	for (const [name, program] of [['handler', 'roost.fcgi'],
		['lighttpd', 'lighttpd -D']]) {
		process.kill(one(program).pid, 'SIGKILL');
		await until(async () => (await request(port, 'GET', '/login'))
			.status === 200, `the site after ${name} was killed`);
		await until(() => it.err.includes(`${name} ended by itself; started again`),
			'it to be told');
	}
	await until(() => {
		const gate = one('roost-gate.fcgi');
		if (gate) process.kill(gate.pid, 'SIGKILL');
		return it.code !== undefined;
	}, 'it to give up');
	assert.equal(it.code, 1);
	assert.match(it.err, /gate ended by itself/);
	await nothingLeft(dir);
});

test('what cannot be is said in a sentence', async () => {
	const file = `${place}/file`;
	fs.writeFileSync(file, '');
	const long = `${place}/${'x'.repeat(100)}`;
	for (const name of ['run', 'log']) {
		fs.mkdirSync(`${place}/no ${name}`);
		fs.writeFileSync(`${place}/no ${name}/${name}`, '');
	}
	for (const [port, dir, says] of [
		['nonsense', 'p', /PORT must be a number/],
		[await freePort(), file, /cannot write to .*DIR=/],
		[await freePort(), '/proc/roost', /cannot write to .*DIR=/],
		[await freePort(), long, /too long/],
		[await freePort(), `${place}/no run`, /cannot write to .*no run\/run;/],
		[await freePort(), `${place}/no log`, /cannot write to .*no log\/log;/],
	]) {
		const it = run(port, dir);
		assert.notEqual(await it.end, 0);
		assert.match(it.err, says);
		assert.equal(it.out, '');
	}
	const server = net.createServer().listen(0, '127.0.0.1');
	await new Promise((done) => server.once('listening', done));
	const it = run(server.address().port, 'q');
	assert.notEqual(await it.end, 0);
	assert.match(it.err, /is taken/);
	server.close();
});
