// The editor that tools/code-server installs, as its [app code-server] runs
// it: make e2e-code-server. It is no part of make check, since the editor
// takes minutes to fetch.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TOP, until, withSite } from './site.mjs';

const CODE_SERVER = process.env.CODE_SERVER ?? `${TOP}/build/code-server`;

// What a person would choose for quiet; and letters that a test can read,
// where the terminal would paint them by WebGL.
const SETTINGS = JSON.stringify({
	'chat.disableAIFeatures': true,
	'terminal.integrated.gpuAcceleration': 'off',
	'workbench.startupEditor': 'none',
});

withSite('code-server', {}, (it) => {
	let w, page, tree, editor;

	const open = async (site) => {
		page = await site.page({ as: site.admin });
		tree = page.locator('.explorer-folders-view');
		editor = page.locator(
			'.part.editor .monaco-editor[data-uri$="/note.txt"]');
	};
	const home = (site) => `${site.dir}/homes/ws-${w.id}-home`;
	const now = (site) => site.admin.workspace(w.id);
	const asleep = async (site) => {
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await site.admin.phase(w.id, 'STANDBY');
	};
	const inTree = (name) => tree.locator('.monaco-list-row',
		{ hasText: name });
	const inTerminal = (text) => page.locator('.terminal.xterm .xterm-rows',
		{ hasText: text });
	const close = async () => {
		await page?.context().close();
		page = undefined;
	};

	async function terminalTyped(line) {
		await inTerminal('$').waitFor();
		await page.locator('.terminal.xterm').click();
		await page.locator('.terminal.xterm.focus').waitFor();
		await page.keyboard.type(`${line}\n`);
	}

	it('a site offers it once it is installed', async (site) => {
		const conf = () => fs.readFileSync(`${site.dir}/roost.conf`, 'utf8');
		const section = () => /\[app code-server\][^[]*/.exec(conf())[0];
		const said = spawnSync(`${TOP}/tools/code-server`, [CODE_SERVER],
			{ env: { ...process.env, ROOST_SITE: site.dir },
				encoding: 'utf8' });
		assert.equal(said.status, 0, said.stderr);
		assert.ok(section().includes(`${CODE_SERVER}/bin/code-server `),
			section());
		assert.ok(!/^hidden/m.test(section()), section());
		await site.stopServing();
		await site.serve();
	});

	it('it is made by the page and opens by itself', async (site) => {
		await open(site);
		await page.goto('/');
		await page.getByLabel('Name', { exact: true }).fill('editor');
		await page.getByLabel('Application').selectOption('code-server');
		await page.getByRole('button', { name: 'Create and start' }).click();
		await page.getByRole('link', { name: /^Open/ }).click();
		await page.locator('.monaco-workbench').waitFor();
		await inTree('.local').waitFor();
		const { json } = await site.admin.api('GET', '/workspaces');
		w = json.items[0];
		assert.equal(new URL(page.url()).pathname, w.path);
		await close();
	});

	it('a file is made and saved', async (site) => {
		await asleep(site);
		const to = `${home(site)}/.local/share/code-server/User`;
		const { uid, gid } = fs.statSync(to);
		fs.writeFileSync(`${to}/settings.json`, SETTINGS);
		fs.chownSync(`${to}/settings.json`, uid, gid);

		await open(site);
		await page.goto(w.path);
		await inTree('.local').waitFor();
		await tree.hover();
		await page.locator('.pane-header')
			.getByRole('button', { name: 'New File...' }).click();
		await tree.locator('input').fill('note.txt');
		await page.keyboard.press('Enter');
		await editor.and(page.locator('.focused')).waitFor();
		await page.keyboard.type('written in the editor');
		await page.keyboard.press('Control+s');
		await until(() => fs.readFileSync(`${home(site)}/note.txt`,
			'utf8') === 'written in the editor', 'note.txt');
		await inTree('note.txt').waitFor();
	});

	it('its terminal takes what is typed', async (site) => {
		await page.keyboard.press('Control+`');
		await terminalTyped('echo "it was $((6 * 7))" | tee answer');
		await inTerminal('it was 42').waitFor();
		assert.equal(fs.readFileSync(`${home(site)}/answer`, 'utf8'),
			'it was 42\n');
		await inTree('answer').waitFor();
	});

	it('an open editor holds it beyond its TTL', async (site) => {
		await site.admin.patch(w.id, { standby_ttl_seconds: 3 });
		for (let i = 0; i < 6; i++) {
			await site.pass();
			await sleep(1000);
		}
		const held = await now(site);
		assert.equal(held.phase, 'RUNNING');
		assert.ok(held.connections >= 2, `${held.connections} connections`);
		await site.admin.patch(w.id, { standby_ttl_seconds: 3600 });
	});

	it('stopped under it, it wakes nothing; awake, it reloads', async (site) => {
		await asleep(site);
		await until(async () => (await page.evaluate(async () =>
			(await fetch('.')).status)) === 503, 'the tab to find it asleep');
		await site.pass();
		assert.equal((await now(site)).desired_state, 'STANDBY');
		await site.admin.patch(w.id, { desired_state: 'RUNNING' });
		await site.admin.phase(w.id, 'RUNNING');
		await page.getByRole('button', { name: 'Reload Window' }).click();
		await inTree('note.txt').waitFor();
		await terminalTyped('cat note.txt answer'); // open as it was
		await inTerminal('written in the editorit was 42').waitFor();
		await close();
	});

	it('archive and restore keep the files and the settings', async (site) => {
		await site.admin.patch(w.id, { desired_state: 'ARCHIVED' });
		await site.admin.phase(w.id, 'ARCHIVED');
		assert.ok(!fs.existsSync(home(site)));
		await open(site);
		await page.goto(w.path);
		await page.getByRole('button', { name: /^Restore/ }).click();
		await inTree('note.txt').dblclick();
		await editor.locator('.view-lines',
			{ hasText: 'written in the editor' }).waitFor();
		assert.equal(fs.readFileSync(`${home(site)}/.local/share/` +
			'code-server/User/settings.json', 'utf8'), SETTINGS);
		await close();
	});
});
