// The door behind a proxy that ends TLS: instances are told what the client
// uses, not what comes from the proxy.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { ask } from './door-lib.mjs';
import { lineOf } from './door-hostile.mjs';

export function tls(it, { me }) {
	const told = async (site, ...lines) => {
		const rs = await ask(site, 'GET', `${me().path}echo`, lines);
		assert.equal(rs.status, 200, rs.text);
		return lineOf(rs.text, 'x-forwarded-proto').join();
	};

	// starts with other lines of roost.conf; instances go on
	const serveWith = async (site, more) => {
		const file = `${site.dir}/roost.conf`;
		await site.stopServing();
		fs.writeFileSync(file, `${more}\n${fs.readFileSync(file, 'utf8')
			.replace(/^(trust_proxy|base_url) *=.*\n/gm, '')}`);
		await site.serve();
	};

	it('behind TLS: instances are told https, by our word alone', async (site) => {
		const cookie = `Cookie: ${site.admin.cookie}`;
		const secure = cookie.replace('roost_', '__Host-roost_');

		await serveWith(site, 'trust_proxy = yes');
		assert.equal(await told(site, secure, 'X-Forwarded-Proto: https'), 'https');
		assert.equal(await told(site, cookie, 'X-Forwarded-Proto: http'), 'http');
		assert.equal(await told(site, cookie), 'http');
		// what is nearest counts: the client wrote the first
		assert.equal(await told(site, cookie, 'X-Forwarded-Proto: https, http'),
			'http');
		const page = await ask(site, 'GET', `${me().path}say?502`, [secure,
			'X-Forwarded-Proto: https', 'Accept: text/html']);
		assert.equal(page.status, 502, page.text);

		await serveWith(site, 'base_url = https://roost.example.org');
		assert.equal(await told(site, cookie), 'https');
		assert.equal(await told(site, cookie, 'X-Forwarded-Proto: http'), 'https');
		await serveWith(site, '');
		assert.equal(await told(site, cookie, 'X-Forwarded-Proto: https'), 'http');
	});
}
