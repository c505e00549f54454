// A site whose archives are in an object store: a whole life, a store that is
// cut off in the middle and comes back, and what doctor says of it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { LONG, names, run, s3cmd, storeOf, uploads, way, write } from './s3.mjs';
import { BIN, until, withSite } from './site.mjs';

const collect = async (site) => {
	const r = await run(`${BIN}/roostctl`, ['--site', site.dir, 'gc']);
	assert.equal(r.status, 0, r.stderr);
	return (await names()).length === 1; // the mark
};

async function doctor(site) {
	const r = await run(`${BIN}/roostctl`,
		['--site', site.dir, 'doctor', '--json']);
	return JSON.parse(r.stdout).filter((one) => one.check === 'store');
}

const complains = (said, what) => assert.ok(said.some((one) =>
	one.result === 'fail' && what.test(one.what)), JSON.stringify(said));

const blob = (site, w) => `${site.dir}/homes/ws-${w.id}-home/blob`;
withSite('archives in S3', {
	settings: { undo_hours: 0, orphan_seconds: 0, retry_base_seconds: 1 },
	names: storeOf,
}, (it) => {
	it('doctor names each cause, and marks the bucket', async (site) => {
		complains(await doctor(site), /NoSuchBucket.*s3_bucket/);
		await s3cmd('mb', 's3://homes');
		write('ROOSTSECRET', 0o644);
		complains(await doctor(site), /chmod 600/);
		write('another');
		complains(await doctor(site), /SignatureDoesNotMatch.*s3_credentials/);
		write('ROOSTSECRET');
		way.cut();
		complains(await doctor(site), /cannot/);
		way.join();
		const said = await doctor(site);
		assert.ok(said.length && said.every((one) => one.result === 'ok'),
			JSON.stringify(said));
		assert.deepEqual(await names(), ['roost-site']);
		assert.deepEqual(await uploads(), []);
	});

	it('there and back, in parts', async (site) => {
		const w = await site.admin.running();
		const bytes = randomBytes(12_000_000);
		fs.writeFileSync(blob(site, w), bytes);
		await site.admin.patch(w.id, { desired_state: 'ARCHIVED' });
		const { archive_key } = await site.admin.phase(w.id, 'ARCHIVED');
		assert.ok(!fs.existsSync(`${site.dir}/homes/ws-${w.id}-home`));
		assert.deepEqual((await names()).sort(), [`${archive_key}/home.tar.zst`,
			`${archive_key}/home.tar.zst.meta`, 'roost-site']);
		assert.ok(!fs.existsSync(`${site.dir}/archives/${w.id}`));

		// its owner can load it from the store itself, nobody else can
		const { json } = await site.admin.api('GET',
			`/workspaces/${w.id}/download`, undefined, { expect: 200 });
		const rs = await fetch(json.url);
		assert.equal(rs.status, 200);
		assert.match(rs.headers.get('content-disposition'), /tar\.zst/);
		const loaded = Buffer.from(await rs.arrayBuffer());
		assert.equal(loaded.readUInt32LE(0), 0xfd2fb528, 'no zstd');
		assert.ok(loaded.length > bytes.length);
		assert.ok(!json.url.includes('ROOSTSECRET'));
		assert.equal((await fetch(json.url.replace(/.$/, (c) =>
			c === '0' ? '1' : '0'))).status, 403);
		const page = await site.admin.navigate(`/workspaces/${w.id}/download`);
		assert.equal(page.status, 303);
		assert.match(page.headers.location, /X-Amz-Signature=/);
		const eve = await site.addUser('eve');
		await eve.api('GET', `/workspaces/${w.id}/download`, undefined,
			{ expect: 403 });
		await site.admin.api('GET', `/workspaces/${w.id}/download?archive=${w.id}`,
			undefined, { expect: 400 });

		await site.admin.api('POST', `/workspaces/${w.id}:restore`, undefined,
			{ expect: 202 });
		await site.admin.phase(w.id, 'RUNNING');
		assert.ok(fs.readFileSync(blob(site, w)).equals(bytes),
			'the file is another one now');
		await site.admin.remove(w.id);
		await until(() => collect(site), 'its archive to be collected');
	});

	it('cut off in the middle: the home stays; back again: it converges', async (site) => {
		const w = await site.admin.running();
		const bytes = randomBytes(20_000_000);
		fs.writeFileSync(blob(site, w), bytes);
		way.cut(10_000_000); // the first part arrives
		await site.admin.patch(w.id, { desired_state: 'ARCHIVED' });
		await until(async () =>
			(await site.admin.workspace(w.id)).error_count > 0,
		'it to fail', LONG);
		const now = await site.admin.workspace(w.id);
		assert.equal(now.error_reason, 'Unreachable', JSON.stringify(now));
		assert.ok(fs.existsSync(blob(site, w)));
		way.join();
		await site.pass();
		await until(async () => {
			const { status, phase } = await site.admin.workspace(w.id);
			if (status === 'ERROR')
				await site.admin.request('POST',
					`/api/v1/workspaces/${w.id}:recover`,
					{ headers: { Origin: site.url } });
			return phase === 'ARCHIVED';
		}, 'it to be archived', { ...LONG, every: 1000 });
		await site.admin.api('POST', `/workspaces/${w.id}:restore`, undefined,
			{ expect: 202 });
		await site.admin.phase(w.id, 'RUNNING');
		assert.ok(fs.readFileSync(blob(site, w)).equals(bytes),
			'the file is another one now');
		await site.admin.remove(w.id);
	});

	it('nothing is left when all is deleted', async (site) => {
		await until(() => collect(site), 'all archives to be collected');
		assert.deepEqual(await names(), ['roost-site']);
		// that of the try that was cut off, too
		assert.deepEqual(await uploads(), []);
	});
});
