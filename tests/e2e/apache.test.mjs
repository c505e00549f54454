// What is special to a form of Apache, beside the door (door-apache-*): which
// way the handler is reached, what it then can and cannot do, and that pages and
// programs get along with either.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { handled } from './door-told.mjs';
import { jarOf, originOf, plain } from './hosts.mjs';
import { app, request, until, withSite } from './site.mjs';

const apps = app('wsapp') + app('slow', '--slow-start 3000');

function token(site) {
	const said = site.ctl('token', 'add', 'admin', 'ci', '--days', '1');
	return /^token: (\S+)$/m.exec(said)[1];
}

const anybody = (it) => {
	it('a token comes through, either way', async (site) => {
		const secret = token(site), nobody = site.nobody();
		for (const headers of [{ 'X-Roost-Token': secret },
			{ Authorization: `Bearer ${secret}` }]) {
			const rs = await nobody.api('GET', '/session', undefined,
				{ headers, expect: 200 });
			assert.equal(rs.json.username, 'admin');
		}
		await nobody.api('GET', '/session', undefined,
			{ headers: { Authorization: `Bearer ${secret}x` }, expect: 401 });
	});

	it('a body that is too long is called that', async (site) => {
		const rs = await site.admin.api('POST', '/workspaces',
			{ name: 'x', memo: 'x'.repeat(3_000_000) });
		assert.equal(rs.status, 413, rs.text);
		const { json } = await site.admin.api('GET', '/workspaces');
		assert.equal(json.total, 0);
		await site.admin.api('GET', '/session', undefined, { expect: 200 });
	});

	it('a query is no argument of the program', async (site) => {
		for (const query of ['--site+/nowhere', '--socket+/tmp/x', '-x', '/../'])
			assert.ok((await site.nobody().navigate(`/login?${query}`))
				.status < 500, query);
	});

	it('what is no path of ours is not found', async (site) => {
		for (const path of ['/roost.fcgi', '/roost.fcgi/login', '/roost-gate.fcgi',
			'/.htaccess', '/w/.htaccess', '/index.html', '/cgi-bin/x'])
			assert.ok([403, 404].includes((await request(site.port, 'GET', path))
				.status), path);
	});
};

// A waiting client: as soon as there is something, or at once.
const waiting = (it) => {
	const status = (site, w, rest) => site.admin.api('GET',
		`/workspaces/${w.id}/status?since=${w.rev}&wait=20${rest ?? ''}`,
		undefined, { expect: 200 });

	it('long polls: parked where they can be, else answered at once', async (site) => {
		const w = await site.admin.running();
		const begun = Date.now();
		const poll = status(site, w);
		if (!site.server.waits) {
			const rs = await poll;
			assert.equal(rs.headers['retry-after'], '2');
			assert.equal(rs.json.rev, w.rev);
			const { headers } = await site.admin.api('GET',
				`/workspaces/${w.id}`, undefined, { expect: 200 });
			await site.admin.api('GET', `/workspaces/${w.id}`, undefined,
				{ headers: { 'If-None-Match': headers.etag }, expect: 304 });
			assert.ok(Date.now() - begun < 20_000);
		} else {
			await new Promise((done) => setTimeout(done, 300));
			await site.admin.patch(w.id, { memo: 'changed' });
			const rs = await poll;
			assert.ok(rs.json.rev > w.rev);
			assert.equal(rs.headers['retry-after'], undefined);
		}
		await site.admin.remove(w.id);
	});

	it('events: none is lost, whether the stream stays or comes again', async (site) => {
		const { json } = await site.admin.api('GET', '/events?wait=0');
		const w = await site.admin.create();
		const seen = [];
		let last = String(json.next);
		await until(async () => {
			const rs = await fetch(`${site.url}/api/v1/events`, {
				headers: site.admin.headers({ Accept: 'text/event-stream',
					'Last-Event-ID': last }),
				signal: AbortSignal.timeout(1500),
			});
			assert.match(rs.headers.get('content-type'), /^text\/event-stream/);
			let text = '';
			try {
				for await (const chunk of rs.body)
					text += Buffer.from(chunk).toString();
			} catch (e) {
				if (e.name !== 'TimeoutError') throw e;
				assert.ok(site.server.waits, 'it ends by itself here');
			}
			for (const [, id, data] of text.matchAll(
				/^id: (\d+)\n(?:event: .*\n)?data: (.*)$/mg)) {
				last = id;
				seen.push(JSON.parse(data));
			}
			return seen.some((e) => (e.workspace ?? e).phase === 'RUNNING');
		}, 'the event that it runs');
		await site.admin.remove(w.id);
	});
};

// Where every poll is answered at once.
const following = (it) => {
	it('pages follow by themselves', async (site) => {
		const w = await site.admin.running({ app: 'slow', name: 'follows' });
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await site.admin.phase(w.id, 'STANDBY');
		const page = await site.page({ as: site.admin });
		const rs = await page.goto(w.path);
		assert.equal(rs.status(), 200);
		await page.getByText('ws echo hello').waitFor();
		await page.goto('/');
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await page.getByText('Asleep').first().waitFor();
		await page.context().close();
		await site.admin.remove(w.id);
	});
};

for (const server of ['apache-vhost', 'apache-checker', 'apache-htaccess',
	'apache-cgi'])
	withSite(`${server}`, { server, apps }, (it) => {
		anybody(it);
		waiting(it);
		if (server === 'apache-htaccess') following(it);
	});

withSite('apache-htaccess-cgi', { server: 'apache-htaccess-cgi', apps }, (it) => {
	anybody(it);
	handled(it);

	it('without FastCGI nobody is led to an instance, and it is said why', async (site) => {
		const w = await site.admin.running();
		const page = await site.admin.navigate(w.path);
		assert.equal(page.status, 502);
		assert.match(page.text, /This host cannot bring you to it/);
		const rs = await site.admin.request('GET', `${w.path}echo`);
		assert.equal(rs.status, 503);
		assert.ok(rs.json.error.code);
		assert.equal((await site.admin.ws(`${w.path}ws`)).status, 503);
		assert.equal((await site.nobody().request('GET', `${w.path}echo`)).status,
			401);
		assert.equal((await site.nobody().navigate(w.path)).status, 303);
		await site.admin.remove(w.id);
	});
});

withSite('apache-htaccess-cgi with hosts of their own',
	{ server: 'apache-htaccess-cgi', apps, names: plain }, (it) => {
		it('there, too: said why, and not in circles', async (site) => {
			const w = await site.admin.running();
			for (const url of [`${site.url}${w.path}`, `${originOf(site, w)}/echo`]) {
				const rs = await jarOf(site, site.admin).go(url);
				assert.equal(rs.status, 502, rs.way.join('\n'));
				assert.match(rs.text, /This host cannot bring you to it/);
			}
			const d = spawnSync(...site.command(`${site.programs.bin}/roostctl`,
				'--site', site.dir, 'doctor'), { encoding: 'utf8' });
			assert.match(d.stdout, /^fail +gate +.*has no FastCGI/m);
			await site.admin.remove(w.id);
		});
	});
