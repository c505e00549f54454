// Bad input gets a clear 4xx and changes nothing: every route of routes.def
// with every field of forms.def, through the real web server. SPEC section 7.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { request, TOP, withSite } from './site.mjs';

const table = (name) => fs.readFileSync(`${TOP}/cgi/${name}`, 'utf8')
	.replace(/\/\*[^]*?\*\//g, '');

const fields = {};
for (const [, form] of table('forms.def').matchAll(/^F\((\w+)\)/gm))
	fields[form] = [];
for (const [, form, name, type, least, most, need] of table('forms.def').matchAll(
	/^X\((\w+), *(\w+), *(\w+), *(-?\d+), *(\w+), *(\w+)\)/gm))
	fields[form].push({ name, type, least: Number(least), need,
		most: most === 'INT64_MAX' ? 2n ** 63n - 1n : BigInt(most) });

const routes = [...table('routes.def').matchAll(
	/^(?:X|AGAIN|INNER|API)\((\w+), *"([^"]+)", *(\w+), *(\w+), *(\w+)[,)]/gm)]
	.map(([, method, path, who, form, handler]) =>
		({ method, path, who, form, handler }));

const NOT_AN_ID = ['x', '0', '%00', 'a%2fb', '..%2f', `${'a'.repeat(300)}`,
	'00000000-0000-4000-8000-00000000000', '%ff', '%F0%9F%98%80',
	'00000000-0000-4000-8000-000000000000'];
const MIB = 1 << 20;
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

const valid = ({ type, least, name }) => ({
	TEXT: 'x'.repeat(Math.max(least, 1)), LINES: 'x', SECRET: 'xyz',
	WORD: name === 'lang' ? 'en' : 'x'.repeat(Math.max(least, 1)),
	INT: least, UUID: '00000000-0000-4000-8000-000000000000', BOOL: true,
	UUIDS: ['00000000-0000-4000-8000-000000000000'],
})[type];

// Values that a field does not take: as JSON, and as text of a form or query.
function wrong(f) {
	const json = ['[]', '{}', '["x"]'], text = [];
	if (f.type === 'INT') {
		json.push('"1"', '1.5', '1e400', 'true', String(f.least - 1),
			String(f.most + 1n), '123456789012345678901234567890');
		text.push('x', '1.5', '1e3', '%201', '%31x', '+-1', '0x10',
			String(f.least - 1), String(f.most + 1n),
			'123456789012345678901234567890');
	} else if (['TEXT', 'LINES', 'SECRET', 'WORD'].includes(f.type)) {
		json.push('1', 'true', '"\\u0000"', '"\\ud800"',
			`"${'x'.repeat(Number(f.most) + 1)}"`);
		text.push('%00', '%ff', '%c0%80', '%ed%a0%80', '%f5%80%80%80',
			'x'.repeat(Number(f.most) + 1));
		if (f.type !== 'SECRET') json.push('"a\\u0007b"'), text.push('a%07b');
		if (f.type === 'TEXT') json.push('"a\\nb"'), text.push('a%0ab');
		if (f.type === 'WORD') json.push('"a b"', '"a/b"'), text.push('a%20b', 'a/b');
		if (f.least > 0) json.push('""');
	} else if (f.type === 'UUIDS') {
		json.push('1', '"x"', '[1]', '[""]');
		text.push('x', '00000000-0000-4000-8000-00000000000G');
	} else if (f.type === 'UUID') {
		json.push('1', '"x"');
		text.push('x', '00000000-0000-4000-8000-00000000000G');
	}
	if (f.need !== 'NULLABLE') json.push('null');
	return { json, text };
}

withSite('bad input', {}, (it) => {
	let id, other, bob, csrf;

	const dump = (site) => {
		const r = spawnSync('sqlite3', [`${site.dir}/roost.db`,
			...['workspace', 'user', 'token', 'setting', 'operation', 'idempotency']
				.map((t) => `SELECT '${t}', * FROM ${t}`)], { encoding: 'utf8' });
		assert.equal(r.status, 0, r.stderr);
		return r.stdout;
	};
	const at = (path, w = id) => path.replace(/:id(?=$|[/:])/, w)
		.replace(/\/:(?!id)\w+/g, '/1').replace('*', 'x');
	const isApi = (r) => r.path.startsWith('/api/');
	const changes = (r) => !['GET', 'ANY'].includes(r.method);
	const looked = (r) => r.form !== 'any';

	// What somebody logged in sends to a route; `by` changes it.
	const send = (site, r, { path = at(r.path), body, type, query = '',
		headers = {}, who = site.admin, method = r.method } = {}) =>
		request(site.port, method, path + query, {
			headers: Object.fromEntries(Object.entries(who.headers({
				Accept: isApi(r) ? JSON_TYPE : 'text/html',
				Origin: site.url,
				...(type && { 'Content-Type': type }),
				...(body !== undefined && // not sent by itself with a DELETE
					{ 'Content-Length': Buffer.byteLength(body) }), ...headers,
			})).filter(([, value]) => value !== undefined)), body });

	// One row of the table: it is refused, clearly.
	async function refused(site, r, statuses, options, what) {
		const rs = await send(site, r, options);
		const said = `${options.method ?? r.method} ${options.path ?? r.path}` +
			`${options.query ?? ''} ${what}: ${rs.status} ${rs.text.slice(0, 300)}`;
		assert.ok([statuses].flat().includes(rs.status), said);
		// the settings come back as a page, which lists roost.conf
		if (!r.path.startsWith('/admin/settings'))
			assert.ok(!rs.text.includes(site.dir), `${said}: shows the inside`);
		if (rs.status === 405) assert.ok(rs.headers.allow, `${said}: no Allow`);
		if (isApi(r) && rs.headers['content-type']?.startsWith(JSON_TYPE)) {
			assert.match(rs.json.error.code, /^[A-Z_]+$/, said);
			assert.ok(rs.json.error.message.length > 10, said);
		}
		return rs;
	}

	// A group: all of it, and then nothing has changed.
	const group = (what, run) => it(what, async (site) => {
		const was = dump(site);
		let n = 0;
		await run(site, async (...args) => {
			n++;
			return refused(site, ...args);
		});
		assert.ok(n > 10, `only ${n} requests`);
		assert.equal(dump(site), was, `${what} changed something`);
	});

	it('the tables are read, and there is something to lose', async (site) => {
		assert.ok(routes.length > 30, `${routes.length} routes`);
		assert.equal(routes.length, [...table('routes.def')
			.matchAll(/^(X|AGAIN|INNER|API)\(/gm)].length);
		assert.equal(Object.values(fields).flat().length,
			[...table('forms.def').matchAll(/^X\(/gm)].length);
		const ttl = { standby_ttl_seconds: 0, archive_ttl_seconds: 0 };
		bob = await site.addUser('bob');
		for (const who of [site.admin, bob]) {
			const w = await who.running(ttl);
			await who.patch(w.id, { desired_state: 'STANDBY' });
			await who.phase(w.id, 'STANDBY');
			if (who === bob) other = w.id;
			else id = w.id;
		}
		const page = await site.admin.navigate(`/workspaces/${id}`);
		csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1];
		assert.ok(csrf, page.text);
		await site.pass();
	});

	group('bodies of JSON', async (site, no) => {
		for (const r of routes.filter((x) => isApi(x) && changes(x) && looked(x))) {
			const fs_ = fields[r.form];
			const good = Object.fromEntries(fs_.filter((f) => f.need === 'REQUIRED')
				.map((f) => [f.name, valid(f)]));
			const json = (text, what, statuses = 400, type = JSON_TYPE) =>
				no(r, statuses, { body: text, type }, what);
			const rs = await json(JSON.stringify({ ...good, nope: 1 }), 'unknown key');
			assert.equal(rs.json.error.code, 'INVALID_REQUEST');
			assert.equal(rs.json.error.field, 'nope');
			for (const f of fs_) {
				const rest = JSON.stringify({ ...good, [f.name]: undefined })
					.slice(1, -1);
				const one = (value) => `{${rest}${rest && ','}"${f.name}":${value}}`;
				for (const value of wrong(f).json) {
					const bad = await json(one(value), `${f.name} ${value.slice(0, 40)}`);
					if (!/^"\\u(0000|d800)/.test(value)) // no JSON at all
						assert.equal(bad.json.error.field, f.name, bad.text);
				}
				const v = JSON.stringify(valid(f));
				await json(one(`${v},"${f.name}":${v}`), `${f.name} twice`);
				if (f.need === 'REQUIRED') await json(`{${rest}}`, `no ${f.name}`);
				await json(Buffer.concat([Buffer.from(one('"')).subarray(0, -1),
					Buffer.from([0xff, 0x22, 0x7d])]), `${f.name} not UTF-8`);
			}
			const deep = (n) => `{"nope":${'['.repeat(n)}${']'.repeat(n)}}`;
			for (const n of [33, 5000]) await json(deep(n), `nesting ${n}`);
			for (const text of ['[]', '"x"', '1', 'null', '{', '{"a"', '{}}', '{} {}',
				'{"a":1,}', "{'a':1}", '\ufeff{}', 'nan', '\0', '{"\xff":1}'])
				await json(Buffer.from(text, 'latin1'), text);
			for (const type of ['text/plain', FORM_TYPE, 'multipart/form-data',
				'application/xml', 'application/jsonx', 'x'])
				await json('{}', `type ${type}`, 415, type);
			await json('{}', 'no type', 415, null);
			await no(r, 400, { query: '?x=1', body: '{}', type: JSON_TYPE }, 'query');
			await json(`{"nope":"${'x'.repeat(MIB)}"}`, 'over 1 MiB', 413);
			await json(Buffer.alloc(3 * MIB, 0x20), '3 MiB', 413);
		}
	});

	group('queries', async (site, no) => {
		for (const r of routes.filter((x) => x.method === 'GET' && looked(x))) {
			await no(r, 400, { query: '?nope=1' }, 'unknown key');
			await no(r, 400, { query: '?%ff=1' }, 'a key that is not UTF-8');
			for (const f of fields[r.form]) {
				for (const value of wrong(f).text)
					await no(r, [400, 414, 431],
						{ query: `?${f.name}=${value}` }, 'value');
				const v = f.name === 'to' || f.name === 'back' ? '/' : valid(f);
				await no(r, 400, { query: `?${f.name}=${v}&${f.name}=${v}` }, 'twice');
			}
		}
		const list = { method: 'GET', path: '/api/v1/workspaces', form: 'list' };
		for (const query of ['cursor=x', 'cursor=%00', 'cursor=1.2.3', 'cursor=-',
			'cursor=9999999999999999999999', `cursor=${'A'.repeat(2000)}`,
			'sort=nope', 'phase=NOPE', 'phase=running%27', 'limit=0', 'limit=-1'])
			await no(list, 400, { query: `?${query}` }, 'list');
	});

	group('forms of pages', async (site, no) => {
		for (const r of routes.filter((x) => !isApi(x) && changes(x) && looked(x))) {
			const good = Object.fromEntries([['csrf', csrf], ...fields[r.form]
				.filter((f) => f.need === 'REQUIRED').map((f) => [f.name, valid(f)])]);
			const form = (pairs, more = '') =>
				new URLSearchParams(pairs).toString() + more;
			const post = (body, what, statuses = 400, type = FORM_TYPE, headers = {}) =>
				no(r, statuses, { body, type, headers }, what);
			await post(form(good, '&nope=1'), 'unknown key');
			await post(form(good, `&csrf=${csrf}`), 'csrf twice');
			for (const f of fields[r.form]) {
				const { [f.name]: _, ...rest } = good;
				for (const value of wrong(f).text)
					await post(form(rest, `&${f.name}=${value}`),
						`${f.name}=${value.slice(0, 40)}`);
				const v = encodeURIComponent(valid(f));
				if (f.type !== 'UUIDS') // is a list
					await post(form(rest, `&${f.name}=${v}&${f.name}=${v}`),
						`${f.name} twice`);
				if (f.need === 'REQUIRED') await post(form(rest), `no ${f.name}`);
			}
			const { csrf: _, ...naked } = good;
			await post(form(naked), 'no csrf', 403);
			await post(form({ ...naked, csrf: 'x'.repeat(64) }), 'wrong csrf', 403);
			await post(form(naked), 'no csrf, no Origin', 403, FORM_TYPE,
				{ Origin: undefined });
			for (const type of ['text/plain', 'multipart/form-data; boundary=x'])
				await post('x', type, 415, type);
			await post(form(good, `&nope=${'x'.repeat(MIB)}`), 'over 1 MiB', 413);
		}
	});

	group('methods', async (site, no) => {
		for (const path of new Set(routes.map((r) => r.path))) {
			const same = routes.filter((r) => r.path === path);
			const may = same.map((r) => r.method);
			if (may.includes('ANY')) continue;
			if (may.includes('GET')) may.push('HEAD');
			for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
				if (may.includes(method)) continue;
				const rs = await no(same[0], 405, { method }, 'method');
				for (const m of same)
					assert.ok(rs.headers.allow.split(', ').includes(m.method),
						`${path}: Allow: ${rs.headers.allow}`);
			}
		}
	});

	group('ids', async (site, no) => {
		for (const r of routes.filter((x) => x.path.includes(':id') && looked(x)))
			for (const bad of [...NOT_AN_ID, id.toUpperCase()])
				await no(r, [400, 404], { path: at(r.path, bad),
					...(!isApi(r) && changes(r) &&
						{ body: `csrf=${csrf}`, type: FORM_TYPE }) }, bad);
	});

	group('who', async (site, no) => {
		for (const r of routes.filter((x) => x.who !== 'ANY' && looked(x))) {
			const body = !isApi(r) && changes(r) &&
				{ body: `csrf=${csrf}`, type: FORM_TYPE };
			for (const headers of [{}, { Cookie: `roost_session=${'A'.repeat(43)}` }]) {
				const rs = await no(r, isApi(r) ? 401 : [303, 401, 403],
					{ who: site.nobody(), ...body, headers }, 'nobody');
				if (rs.status === 303)
					assert.match(rs.headers.location, /^\/login\b/);
			}
			if (r.who === 'OWNER')
				await no(r, 403, { who: bob, ...body }, 'not the owner');
			if (r.who === 'ADMIN') await no(r, 403, { who: bob, ...body }, 'no admin');
			if (!changes(r)) continue;
			for (const headers of [{ Origin: 'https://evil.example' },
				{ Origin: 'null' }, { Origin: `${site.url}.evil.example` },
				{ Origin: undefined, 'Sec-Fetch-Site': 'cross-site' },
				{ 'Sec-Fetch-Site': 'same-site' }])
				await no(r, 403, { ...body, headers }, JSON.stringify(headers));
		}
	});

	group('If-Match', async (site, no) => {
		const w = await site.admin.workspace(id);
		const patch = { method: 'PATCH', path: '/api/v1/workspaces/:id' };
		for (const match of [`"${w.rev - 1}"`, `"${w.rev + 1}"`, '"x"', 'x', '""', '"',
			String(w.rev + 7), `W/"${w.rev - 1}"`, '"99999999999999999999"', '-1', ','])
			await no(patch, [400, 412], { body: '{"name":"lost"}', type: JSON_TYPE,
				headers: { 'If-Match': match } }, match);
		await no({ method: 'DELETE', path: patch.path }, 412,
			{ headers: { 'If-Match': '"1"' } }, 'delete');
		for (const r of routes.filter((x) => /^\/api\/v1\/workspaces\/:id:\w+$/.test(x.path)))
			await no(r, [409, 412], { headers: { 'If-Match': '"1"' },
				...(fields[r.form]?.some((f) => f.need === 'REQUIRED') && {
					type: JSON_TYPE, body: JSON.stringify(Object.fromEntries(
						fields[r.form].filter((f) => f.need === 'REQUIRED')
							.map((f) => [f.name, valid(f)]))) }) }, 'act');
	});

	it('and both are still well', async (site) => {
		assert.equal((await site.admin.workspace(id)).phase, 'STANDBY');
		assert.equal((await bob.workspace(other)).phase, 'STANDBY');
	});
});
