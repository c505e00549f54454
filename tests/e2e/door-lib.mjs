// What the tests of the door share: bytes as they are on a connection, a look
// at an instance past the door, and tables whose rows are all tried.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAnswer } from './http.mjs';
import { until } from './site.mjs';

const PATIENCE = 40_000;

const show = (row) => JSON.stringify(row, (key, value) =>
	value instanceof RegExp || typeof value === 'function' ? String(value) :
		value?.name ?? value);

// Every row is tried; what failed is told together.
export async function each(rows, run, { parallel = false } = {}) {
	const failed = [];
	const one = async (row) => {
		try {
			await run(row);
		} catch (e) {
			failed.push(`${show(row)}: ${e.message}`);
		}
	};

	assert.ok(rows.length > 0, 'an empty table');
	if (parallel) await Promise.all(rows.map(one));
	else for (const row of rows) await one(row);
	if (failed.length)
		assert.fail(`${failed.length} of ${rows.length} rows:\n` +
			failed.join('\n'));
}

let marks = 0;
// A word that no other request has in it.
export const mark = () => `mark${process.pid}x${++marks}x`;

// Asks an instance past the door, on its own socket.
export function direct(site, id, path) {
	return new Promise((resolve, reject) => {
		const rq = http.get({ socketPath: `${site.dir}/run/sock/${id}.sock`,
			path, agent: false, timeout: PATIENCE }, (rs) => {
			let text = '';
			rs.setEncoding('utf8').on('data', (c) => { text += c; })
				.on('end', () => resolve(text)).on('error', reject);
		});
		rq.on('timeout', () => rq.destroy(new Error(`${path}: no answer`)));
		rq.on('error', reject);
	});
}

// The requests that came to an instance, as "METHOD target".
export const seen = async (site, w) =>
	(await direct(site, w.id, '/seen')).trimEnd().split('\n');

export const nothingOf = async (site, w, word) => assert.deepEqual(
	(await seen(site, w)).filter((l) => l.includes(word)), [],
	`${word} has come to ${w.name}`);

// A connection that sends what it is given and reads answers one by one.
export class Raw {
	#socket; #got = Buffer.alloc(0); #ended = false; #error;

	static async open(port) {
		const raw = new Raw();
		raw.#socket = net.connect(port, '127.0.0.1');
		raw.#socket.on('data', (c) => { raw.#got = Buffer.concat([raw.#got, c]); });
		raw.#socket.on('error', (e) => { raw.#error = e; raw.#ended = true; });
		raw.#socket.on('close', () => { raw.#ended = true; });
		raw.#socket.on('end', () => { raw.#ended = true; });
		await new Promise((done) => raw.#socket.once('connect', done)
			.once('error', done));
		return raw;
	}

	get ended() { return this.#ended; }
	get text() { return this.#got.toString('latin1'); }

	write(text) {
		this.#socket.write(Buffer.isBuffer(text) ? text :
			Buffer.from(text, 'latin1'));
	}

	// The next answer; head: to a HEAD. null: the connection ended first.
	async answer({ head = false, timeout = PATIENCE } = {}) {
		const end = Date.now() + timeout;
		for (;;) {
			const ended = this.#ended;
			const rs = parseAnswer(this.#got, { head, ended });
			if (rs) {
				this.#got = rs.rest;
				rs.text = rs.body.toString();
				return rs;
			}
			if (ended) return null;
			if (Date.now() > end)
				throw new Error(`no answer; so far: ${this.text.slice(0, 500)}`);
			await sleep(5);
		}
	}

	// Everything that comes, until nothing has come for a while after the
	// first answer, or nothing came at all for long.
	async all({ quiet = 400, longest = 4000 } = {}) {
		const end = Date.now() + longest;
		for (let last = -1, since = Date.now(); !this.#ended;) {
			if (this.#got.length !== last) {
				last = this.#got.length;
				since = Date.now();
			} else if (Date.now() > end || (last > 0 && Date.now() - since > quiet))
				break;
			await sleep(20);
		}
		this.close();
		return this.text;
	}

	close() { this.#socket.destroy(); }
}

// The head of a request, spelled as it is given.
export const head = (site, method, target, lines = []) =>
	`${method} ${target} HTTP/1.1\r\n` +
	`Host: 127.0.0.1:${site.port}\r\n${lines.map((l) => `${l}\r\n`).join('')}\r\n`;

// One request, one answer, a connection of its own.
export async function ask(site, method, target, lines = [], body = '') {
	const raw = await Raw.open(site.port);
	raw.write(head(site, method, target, [...lines, 'Connection: close']) + body);
	try {
		return await raw.answer({ head: method === 'HEAD' });
	} finally {
		raw.close();
	}
}

// Runs `run` while the gate can neither answer nor be started anew.
export async function withoutGate(site, run) {
	const conf = `${site.dir}/roost.conf`;
	const gates = () => site.processes().filter((p) => /roost-gate/.test(p.args));
	const signal = (pid, name) => {
		try {
			process.kill(pid, name);
		} catch { /* gone meanwhile */ }
	};

	signal(site.runner.pid, 'SIGSTOP'); // it would start another
	fs.renameSync(conf, `${conf}.away`);
	try {
		await until(() => {
			for (const { pid } of gates()) signal(pid, 'SIGKILL');
			return gates().length === 0;
		}, 'no gate to be left');
		await run();
	} finally {
		fs.renameSync(`${conf}.away`, conf);
		signal(site.runner.pid, 'SIGCONT');
	}
}
