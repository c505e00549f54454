// An object store for a test file: a real one (tests/support/s3server), at the
// end of a way that can be cut; s3cmd looks at it from outside.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { TOP, until } from './site.mjs';

export const LONG = { timeout: 120_000 };

// What stands between the site and the store: it can be cut.
class Way {
	through = 0; // bytes towards the store
	sockets = new Set();
	most = Infinity; // when so many have gone, all is cut

	constructor(port) {
		this.server = net.createServer((from) => {
			if (this.most <= 0) {
				from.destroy();
				return;
			}
			const to = net.connect(port, '127.0.0.1');
			for (const s of [from, to]) {
				this.sockets.add(s);
				s.on('error', () => {});
				s.on('close', () => { from.destroy(); to.destroy(); });
			}
			from.on('data', (bytes) => {
				this.through += bytes.length;
				if ((this.most -= bytes.length) <= 0) this.cut();
			});
			from.pipe(to);
			to.pipe(from);
		});
	}

	async open() {
		this.server.listen(0, '127.0.0.1');
		await new Promise((done) => this.server.once('listening', done));
		return this.server.address().port;
	}

	cut(most = 0) {
		this.most = most;
		if (most <= 0) for (const s of this.sockets) s.destroy();
	}

	join() { this.most = Infinity; }

	close() {
		this.cut();
		this.server.close();
	}
}

const keys = fs.mkdtempSync(path.join(os.tmpdir(), 'roost-s3-keys-'));
let store, url;
export let way;

export async function startStore() {
	store = spawn(`${TOP}/tests/support/s3server`,
		{ stdio: ['pipe', 'pipe', 'inherit'] });
	let said = '';
	store.stdout.on('data', (c) => { said += c; });
	await until(() => store.exitCode !== null || said.includes('\n'),
		'the S3 server', LONG);
	assert.equal(store.exitCode, null, 'the S3 server does not start');
	url = new URL(said.trim());
	fs.writeFileSync(`${keys}/s3cfg`, '[default]\n');
	way = new Way(Number(url.port));
	return way.open();
}

process.on('exit', () => {
	store?.kill();
	fs.rmSync(keys, { recursive: true, force: true });
});

// A program to its end, while the way goes on.
export function run(program, args) {
	const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
	const r = { stdout: '', stderr: '' };
	child.stdout.on('data', (c) => { r.stdout += c; });
	child.stderr.on('data', (c) => { r.stderr += c; });
	return new Promise((done) => child.once('close', (status) =>
		done(Object.assign(r, { status }))));
}

export async function s3cmd(...args) {
	const r = await run('s3cmd', [`--config=${keys}/s3cfg`, '--no-ssl',
		`--host=${url.host}`, `--host-bucket=${url.host}`,
		'--access_key=ROOSTKEY', '--secret_key=ROOSTSECRET', ...args]);
	assert.equal(r.status, 0, `s3cmd ${args.join(' ')}: ${r.stderr}`);
	return r.stdout;
}

// Names in the bucket, below the site's prefix.
export const names = async () => (await s3cmd('ls', '-r', 's3://homes/')).split('\n')
	.map((line) => /s3:\/\/homes\/archives\/(.*)$/.exec(line)?.[1]).filter(Boolean);
export const uploads = async () => (await s3cmd('multipart', 's3://homes')).split('\n')
	.filter((line) => line.includes('home.tar.zst'));

export const file = `${keys}/keys`;
export const write = (secret, mode = 0o600) => {
	fs.writeFileSync(file, `[default]\naws_access_key_id = ROOSTKEY\n` +
		`aws_secret_access_key = ${secret}\n`);
	fs.chmodSync(file, mode);
};

// What withSite needs to have its archives there.
export const storeOf = async (site) => {
	const port = await startStore();
	site.closing.push(() => { way.close(); store.stdin.end(); });
	write('ROOSTSECRET');
	return `store = s3\ns3_endpoint = http://127.0.0.1:${port}\n` +
		`s3_bucket = homes\ns3_credentials = ${file}\n`;
};
