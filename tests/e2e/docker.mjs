// A container engine for a test file: a real Docker of its own
// (tests/containers), and what is seen of it from outside.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after } from 'node:test';
import { app, BIN, TOP } from './site.mjs';

export const DIR = `/tmp/roost-e2e-${process.pid}`;
const HOST = `unix://${DIR}/sock`;

export function containers(...args) {
	const r = spawnSync(`${TOP}/tests/containers`, args, {
		encoding: 'utf8', timeout: 120_000,
		env: { ...process.env, WSAPP: `${BIN}/../tests/app/wsapp` },
	});
	assert.equal(r.status, 0, `tests/containers ${args}: ${r.stderr}`);
}

export function docker(...args) {
	const r = spawnSync('docker', ['-H', HOST, ...args],
		{ encoding: 'utf8', timeout: 60_000 });
	assert.equal(r.status, 0, `docker ${args}: ${r.stderr}`);
	return r.stdout.trim();
}

const lines = (text) => text.split('\n').filter(Boolean);

// All instances that Docker has of it, running or not.
export const its = (id) => lines(docker('ps', '-aq',
	'--filter', `label=roost.workspace-id=${id}`,
	'--filter', 'label=roost.kind=instance'));

// Its volumes, and the containers that hold one.
export const volumes = (id) => lines(docker('volume', 'ls', '-q',
	'--filter', `label=roost.workspace-id=${id}`));
export const holders = (id) => lines(docker('ps', '-a', '--format', '{{.Names}}',
	'--filter', `label=roost.workspace-id=${id}`,
	'--filter', 'label=roost.kind=home'));

export const conf = `engine = docker
docker_host = ${HOST}
docker_image = roost-test:1
docker_pull = no
memory_mb = 512
`;
export const apps = app('wsapp', '', { memory_mb: 512 }) +
	app('slow', '--slow-start 3000', { memory_mb: 512 });

// What doctor says in one of its rows.
export function doctor(site, check) {
	const r = spawnSync(`${BIN}/roostctl`,
		['--site', site.dir, 'doctor', '--json'],
		{ encoding: 'utf8', timeout: 120_000 });
	const said = JSON.parse(r.stdout).filter((o) => o.check === check);
	return (result, what) => assert.ok(said.some((o) =>
		o.result === result && what.test(o.what)),
	`no ${result} ${what} in ${JSON.stringify(said)}`);
}

export function startDocker() {
	containers('start', 'docker', DIR);
	after(() => containers('stop', DIR));
}
