// A real workspace application that lives on WebSockets, in a real browser:
// Jupyter Notebook through its whole life. It keeps its prefix.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, withSite } from './site.mjs';

// An extension of the notebook server, as pip install --user would leave one
// in the home: it answers with the headers that arrive.
const EXTENSION = `
from notebook.base.handlers import IPythonHandler
from notebook.utils import url_path_join

class Headers(IPythonHandler):
    def get(self):
        self.finish({k.lower(): v for k, v in self.request.headers.items()})

def load_jupyter_server_extension(nbapp):
    app = nbapp.web_app
    app.add_handlers('.*', [(url_path_join(app.settings['base_url'],
                                           'headers'), Headers)])
`;
const CONFIG = `
import sys
sys.path.append('/home/coder/.jupyter')
c.NotebookApp.nbserver_extensions = {'headers': True}
`;

withSite('jupyter-notebook', {}, (it) => {
	let w, page, notebook;

	const home = (site) => `${site.dir}/homes/ws-${w.id}-home`;
	const ipynb = (site) => JSON.parse(fs.readFileSync(
		`${home(site)}/Untitled.ipynb`, 'utf8'));
	const outputs = (site) => JSON.stringify(
		ipynb(site).cells.map((c) => c.outputs));
	const now = (site) => site.admin.workspace(w.id);
	const close = async () => {
		await page?.context().close();
		page = undefined;
	};
	// Types into the last cell and runs it.
	const run = async (tab, code, answer) => {
		await tab.locator('#kernel_indicator_icon.kernel_idle_icon')
			.waitFor({ state: 'attached' });
		await tab.locator('.code_cell .CodeMirror').last().click();
		await tab.keyboard.type(code);
		await tab.keyboard.press('Shift+Enter');
		await tab.locator('.output_result', { hasText: answer }).waitFor();
	};

	it('it opens without a token or password of its own', async (site) => {
		w = await site.admin.create(
			{ name: 'numbers', app: 'jupyter-notebook' });
		page = await site.page({ as: site.admin });
		await page.goto(w.path);
		await page.locator('#new-dropdown-button').waitFor();
		assert.equal(new URL(page.url()).pathname, `${w.path}tree`);
		assert.equal(await page.locator('#shutdown, #logout').count(), 0);
		await site.admin.phase(w.id, 'RUNNING');
	});

	it('a cell runs, and the notebook is in the home', async (site) => {
		await page.locator('#new-dropdown-button').click();
		[notebook] = await Promise.all([
			page.context().waitForEvent('page'),
			page.locator('#kernel-python3 a').click(),
		]);
		await run(notebook, '6*7', '42');
		await run(notebook, '"-".join("live")', 'l-i-v-e');
		await notebook.keyboard.press('Control+s');
		await until(() => outputs(site).includes('l-i-v-e'),
			'the notebook to be saved');
		assert.match(outputs(site), /"text\/plain":\["42"\]/);
		assert.equal(new URL(notebook.url()).pathname,
			`${w.path}notebooks/Untitled.ipynb`);
	});

	it('only its owner, from its own pages, opens a WebSocket', async (site) => {
		const [kernel] = (await site.admin.request('GET',
			`${w.path}api/kernels`)).json;
		const target = `${w.path}api/kernels/${kernel.id}/channels`;
		for (const Origin of ['http://evil.example', 'null',
			`http://127.0.0.1:${site.port + 1}`])
			assert.equal((await site.admin.ws(target,
				{ headers: { Origin } })).status, 403, Origin);
		assert.equal((await site.nobody().ws(target)).status, 401);
		const own = await site.admin.ws(target);
		assert.equal(own.status, 101);
		own.close();
	});

	it('an open notebook holds it beyond its TTL; closed, it sleeps', async (site) => {
		await page.goto('about:blank'); // leaves the kernel's alone
		await site.admin.patch(w.id, { standby_ttl_seconds: 3 });
		for (let i = 0; i < 8; i++) {
			await site.pass();
			await sleep(1000);
		}
		const held = await now(site);
		assert.equal(held.phase, 'RUNNING');
		assert.ok(held.connections >= 1, `${held.connections} connections`);
		assert.equal(held.idle_since, null);
		await run(notebook, '"+".join("held")', 'h+e+l+d');

		await close();
		await until(async () => {
			await site.pass();
			return (await now(site)).phase === 'STANDBY';
		}, 'it to sleep', { every: 300 });
		await until(() => !site.processes().some((p) =>
			/ipykernel/.test(p.args)), 'its kernels to be gone');
	});

	it('a visit wakes it, and the notebook is there', async (site) => {
		await site.admin.patch(w.id, { standby_ttl_seconds: 3600 });
		page = await site.page({ as: site.admin });
		const first = await page.goto(`${w.path}notebooks/Untitled.ipynb`);
		assert.equal(first.status(), 200); // ours: it may be gone by now
		assert.doesNotMatch(first.headers().server ?? '', /Tornado/);
		await page.locator('.output_result', { hasText: '42' }).waitFor();
		await run(page, '"/".join("again")', 'a/g/a/i/n');
		await page.keyboard.press('Control+s');
		await until(() => outputs(site).includes('a/g/a/i/n'),
			'the notebook to be saved');
		await close();
	});

	it('archive and restore keep it', async (site) => {
		const before = ipynb(site);
		await site.admin.patch(w.id, { desired_state: 'ARCHIVED' });
		await site.admin.phase(w.id, 'ARCHIVED');
		assert.ok(!fs.existsSync(home(site)));
		page = await site.page({ as: site.admin });
		await page.goto(`${w.path}notebooks/Untitled.ipynb`);
		await page.getByRole('button', { name: /^Restore/ }).click();
		await page.locator('.output_result', { hasText: 'a/g/a/i/n' })
			.waitFor();
		assert.deepEqual(ipynb(site), before);
		await run(page, '2**20', '1048576');
		await close();
	});

	it('the session does not reach it, who it is for does', async (site) => {
		await site.admin.patch(w.id, { desired_state: 'STANDBY' });
		await site.admin.phase(w.id, 'STANDBY');
		plant(home(site));
		await site.admin.patch(w.id, { desired_state: 'RUNNING' });
		await site.admin.phase(w.id, 'RUNNING');
		page = await site.page({ as: site.admin });
		await page.goto(`${w.path}tree`);
		const seen = await page.evaluate(async () => (await fetch('headers',
			{ headers: { 'X-Roost-User': 'forged' } })).json());
		assert.match(seen.cookie, /_xsrf=/);
		assert.ok(!/roost_/.test(seen.cookie), seen.cookie);
		assert.equal(seen['x-roost-user'], 'admin');
		assert.equal(seen.host, `127.0.0.1:${site.port}`);
		await close();
	});

	// The home belongs to the workspace's user on the host.
	function plant(top) {
		const { uid, gid } = fs.statSync(top);
		const dir = `${top}/.jupyter`;
		fs.mkdirSync(dir, { recursive: true });
		fs.writeFileSync(`${dir}/jupyter_notebook_config.py`, CONFIG);
		fs.writeFileSync(`${dir}/headers.py`, EXTENSION);
		for (const file of [dir, ...fs.readdirSync(dir).map((f) =>
			`${dir}/${f}`)])
			fs.chownSync(file, uid, gid);
	}
});
