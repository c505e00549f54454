// docs/SERVERS.md says what servers.mjs says, and what that says is tried.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { SERVERS, table } from './servers.mjs';
import { TOP } from './site.mjs';

test('the table of docs/SERVERS.md is the one of servers.mjs', () => {
	const doc = fs.readFileSync(`${TOP}/docs/SERVERS.md`, 'utf8');
	assert.ok(doc.includes(table()), `this belongs there:\n${table()}`);
});

test('each server has the suites of what it can do', () => {
	const tests = fs.readdirSync('.').filter((n) => n.endsWith('.test.mjs'))
		.map((n) => fs.readFileSync(n, 'utf8')).join();
	for (const [name, { leads, hosts }] of Object.entries(SERVERS)) {
		assert.equal(tests.includes(`door('${name}')`), !!leads, name);
		assert.equal(tests.includes(`hosts('${name}')`), !!hosts, name);
	}
});
