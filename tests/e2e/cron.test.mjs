// The real cron, with nothing of Roost running but an instance: the TTL puts
// it to sleep. Cron sees a spool of its own, in a mount namespace.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { BIN, until, withSite } from './site.mjs';

const SHIFT = `
set -e
mount --bind "$1/crontabs" /var/spool/cron/crontabs
mount --bind "$1/empty" /etc/cron.d
mount --bind "$1/crontab" /etc/crontab
mount --bind "$1/run" /run
exec cron -f`;

function startCron(folder, line) {
	for (const name of ['crontabs', 'empty', 'run'])
		fs.mkdirSync(`${folder}/${name}`, { recursive: true });
	fs.writeFileSync(`${folder}/crontab`, line, { mode: 0o644 });
	const child = spawn('unshare',
		['--mount', 'sh', '-c', SHIFT, 'sh', folder],
		{ stdio: ['ignore', 'ignore', 'pipe'] });
	child.said = '';
	child.stderr.on('data', (c) => { child.said += c; });
	child.done = new Promise((done) => child.once('close', done));
	return child;
}

withSite('cron', {}, (it) => {
	it('a pass each minute does what the TTL says', async (site) => {
		const w = await site.admin.running();
		await site.admin.patch(w.id, { standby_ttl_seconds: 1 });
		await site.stopServing();
		const show = () => JSON.parse(
			site.ctl('workspace', 'show', w.id, '--json'));
		assert.equal(show().status, 'RUNNING');

		const folder = `${site.dir}/cron`;
		const cron = startCron(folder, `SHELL=/bin/sh
* * * * * root "${BIN}/roost-reconcile" --site "${site.dir}" >"${folder}/out" 2>&1
`);
		try {
			await until(() => {
				assert.equal(cron.exitCode, null, cron.said);
				return show().status === 'STANDBY';
			}, 'cron to put it to sleep',
			{ timeout: 200_000, every: 1000 });
		} finally {
			cron.kill('SIGKILL');
			await cron.done;
		}
		await site.serve();
		assert.equal((await site.admin.workspace(w.id)).phase, 'STANDBY');
	});
});
