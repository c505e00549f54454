// The API is what its OpenAPI document says: the document is a valid one, and
// each of its operations is called and answers in the shape it promises.

import assert from 'node:assert/strict';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { app, until, withSite } from './site.mjs';

const apps = app('wsapp') +
	app('missing', '', { command: '/nowhere/program --socket {socket}' });

withSite('OpenAPI', { apps }, (it) => {
	let doc, ajv;
	const seen = new Set();

	// A call as it is described; its answer is held to its schema.
	async function call(who, method, path,
		{ id, token, body, query = '', expect } = {}) {
		const op = doc.paths[path]?.[method];
		assert.ok(op, `${method} ${path} is not in the document`);
		const target = path.replace('{id}', id).replace('{token}', token)
			.replace('/api/v1', '') + query;
		const rs = await who.api(method.toUpperCase(), target, body);
		const good = Object.keys(op.responses)[0];
		const status = String(expect ?? good);
		const said = `${method} ${path}: ${rs.status} ${rs.text.slice(0, 400)}`;
		assert.equal(String(rs.status), status, said);
		const answer = op.responses[status] ?? op.responses.default;
		const media = answer.content?.['application/json'];
		if (media) {
			const fits = ajv.compile({ ...media.schema,
				components: doc.components });
			assert.ok(fits(rs.json), `${said}\n${ajv.errorsText(fits.errors)}`);
		} else if (status === '204') {
			assert.equal(rs.text, '', said);
		}
		if (status === good) seen.add(op.operationId);
		return media && rs.json;
	}

	it('is a valid document', async (site) => {
		const rs = await site.nobody().api('GET', '/openapi.json', undefined,
			{ expect: 200 });
		doc = rs.json;
		const said = await new Validator().validate(structuredClone(doc));
		assert.ok(said.valid, JSON.stringify(said.errors));
		assert.equal(doc.openapi, '3.1.0');
		for (const [path, methods] of Object.entries(doc.paths))
			for (const op of Object.values(methods))
				assert.deepEqual(op.parameters.filter((x) => x.in === 'path')
					.map((x) => x.name),
				[...path.matchAll(/{(\w+)}/g)].map(([, name]) => name), path);
		const ids = Object.values(doc.paths).flatMap((p) =>
			Object.values(p).map((op) => op.operationId));
		assert.equal(new Set(ids).size, ids.length);
		assert.ok(ids.length > 20);

		// nothing may be in an answer that is not in the document
		ajv = formats(new Ajv({ strict: false }));
		for (const s of Object.values(doc.components.schemas))
			s.additionalProperties = false;
	});

	it('people', async (site) => {
		const eve = await site.addUser('eve');
		const who = { username: 'eve', password: eve.password };
		await call(site.nobody(), 'post', '/api/v1/login', { body: who });
		await call(site.nobody(), 'post', '/api/v1/login',
			{ body: { ...who, password: 'wrong' }, expect: 401 });
		await call(eve, 'get', '/api/v1/session');
		await call(site.nobody(), 'get', '/api/v1/session', { expect: 401 });
		const { items } = await call(eve, 'get', '/api/v1/sessions');
		await call(eve, 'delete', '/api/v1/sessions/{id}',
			{ id: items.find((s) => !s.current).id });
		await call(eve, 'delete', '/api/v1/sessions');
		const token = await call(eve, 'post', '/api/v1/tokens',
			{ body: { name: 'ci', expires_days: 1 } });
		await call(eve, 'get', '/api/v1/tokens');
		await call(eve, 'delete', '/api/v1/tokens/{id}', { id: token.id });
		await call(eve, 'post', '/api/v1/password', { body: {
			old_password: eve.password, new_password: 'battery staple' } });
		const gone = await site.login('eve', 'battery staple');
		await call(gone, 'post', '/api/v1/logout');
		site.people = site.people.filter((p) => p !== gone);
	});

	it('workspaces', async (site) => {
		const { admin } = site;
		const each = '/api/v1/workspaces/{id}';
		const { id } = await call(admin, 'post', '/api/v1/workspaces',
			{ body: { name: 'a', app: 'wsapp' } });
		await call(admin, 'post', '/api/v1/workspaces',
			{ body: { name: '' }, expect: 400 });
		await admin.phase(id, 'RUNNING');
		await call(admin, 'get', '/api/v1/workspaces', { query: '?limit=1' });
		const w = await call(admin, 'get', each, { id });
		await call(admin, 'get', `${each}/status`, { id, query: '?wait=0' });
		await call(admin, 'get', '/api/v1/events', { query: '?after=0&wait=0' });
		await call(admin, 'get', `${each}/operations`, { id });
		await call(admin, 'get', `${each}/download`, { id });
		await call(admin, 'patch', each, { id, body: { memo: 'm' } });
		await call(admin, 'post', `${each}:recover`, { id, expect: 409 });
		await call(admin, 'post', `${each}:extend`, { id, body: { seconds: 60 } });
		await call(admin, 'post', `${each}:stop`, { id });
		await call(admin, 'post', `${each}:start`, { id });
		await admin.phase(id, 'RUNNING');
		await call(admin, 'post', `${each}:archive`, { id });
		await admin.phase(id, 'ARCHIVED');
		const { items: [old] } = await call(admin, 'get', `${each}/archives`, { id });
		await call(admin, 'post', `${each}:restore`, { id });
		await admin.phase(id, 'RUNNING');
		await call(admin, 'post', `${each}:restore`,
			{ id, body: { archive: old.op_id } });
		await admin.phase(id, 'RUNNING');
		await call(admin, 'delete', each, { id });
		await call(admin, 'get', '/api/v1/trash');
		await call(admin, 'post', `${each}:undelete`, { id });
		await admin.phase(id, 'STANDBY');
		const sick = await admin.create({ app: 'missing' });
		await admin.phase(sick.id, 'ERROR');
		await call(admin, 'post', `${each}:recover`, { id: sick.id });
		assert.ok(w.rev > 0);
	});

	it('administration of things', async (site) => {
		const { admin } = site;
		const bulk = '/api/v1/admin/bulk/{id}';
		const sick = await admin.create({ name: 'sick', app: 'missing' });
		await admin.phase(sick.id, 'ERROR');
		await call(admin, 'get', '/api/v1/admin/workspaces', { query: '?limit=1' });
		await call(admin, 'get', '/api/v1/admin/workspaces',
			{ query: '?filter=colour:red', expect: 400 });
		await call(admin, 'get', '/api/v1/admin/errors');
		await call(admin, 'get', '/api/v1/admin/passes', { query: '?limit=2' });
		const { id } = await call(admin, 'post', '/api/v1/admin/bulk',
			{ body: { verb: 'recover', filter: 'phase:error' } });
		await call(admin, 'get', bulk, { id });
		await call(admin, 'post', `${bulk}:do`, { id });
		await call(admin, 'post', '/api/v1/admin/archives/look');
		await call(admin, 'post', '/api/v1/admin/archives/collect');
		await until(async () => (await call(admin, 'get',
			'/api/v1/admin/surveys')).items.every((s) => s.ended_at),
		'both surveys');
		await call(admin, 'get', '/api/v1/admin/archives');
		await call(admin, 'get', '/api/v1/admin/apps');
	});

	it('administration of people', async (site) => {
		const { admin } = site;
		const all = '/api/v1/admin/users';
		const one = `${all}/{id}`;
		const { id, password } = await call(admin, 'post', all,
			{ body: { name: 'kim' } });
		await call(admin, 'post', all, { body: { name: 'KIM' }, expect: 409 });
		const kim = await site.login('kim', password);
		await call(kim, 'get', '/api/v1/workspaces', { expect: 403 });
		await call(kim, 'get', all, { expect: 403 });
		site.people = site.people.filter((p) => p !== kim);
		const { items } = await call(admin, 'get', all, { query: '?limit=1' });
		assert.equal(items.length, 1);
		await call(admin, 'get', one, { id });
		await call(admin, 'patch', one, { id, body: { max_running: 3 } });
		await call(admin, 'get', `${one}/sessions`, { id });
		await call(admin, 'delete', `${one}/sessions`, { id });
		await call(admin, 'post', `${one}/password`,
			{ id, body: { password: 'battery staple' } });
		site.ctl('token', 'add', 'kim', 'ci');
		const tokens = await call(admin, 'get', `${one}/tokens`, { id });
		await call(admin, 'delete', `${one}/tokens/{token}`,
			{ id, token: tokens.items[0].id });
		await call(admin, 'delete', `${one}/tokens`, { id });
		await call(admin, 'get', `${one}/leave`, { id, query: '?what=trash' });
		await call(admin, 'post', `${one}/delete`, { id, body: { what: 'trash' } });
		await call(admin, 'get', one, { id, expect: 404 });
	});

	it('settings and the audit log', async ({ admin }) => {
		const all = '/api/v1/admin/settings';
		const body = { undo_hours: 48, standby_ttl_seconds: 60, scope: 'all' };
		const { changes } = await call(admin, 'post', `${all}/rehearsal`, { body });
		assert.equal(changes.length, 2);
		await call(admin, 'patch', all, { body });
		await call(admin, 'patch', all, { body: { undo_hours: -1 }, expect: 400 });
		await call(admin, 'patch', all, { body: { undo_hours: null } });
		await call(admin, 'get', all);
		const { items } = await call(admin, 'get', '/api/v1/admin/audit',
			{ query: '?action=setting.change&limit=2' });
		assert.deepEqual(items[0].changes,
			[{ field: 'undo_hours', from: '48', to: '24' }]);
	});

	it('the site', async (site) => {
		await call(site.nobody(), 'get', '/api/v1/healthz');
		await call(site.nobody(), 'get', '/api/v1/openapi.json');
		await call(site.admin, 'get', '/api/v1/metrics');
	});

	it('and nothing of it was left out', async () => {
		for (const [path, methods] of Object.entries(doc.paths))
			for (const [method, op] of Object.entries(methods))
				assert.ok(seen.has(op.operationId),
					`${method} ${path} (${op.operationId}) was never called`);
	});
});
