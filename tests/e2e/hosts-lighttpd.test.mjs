import assert from 'node:assert/strict';
import { originOf, plain } from './hosts.mjs';
import { hosts } from './hosts-suite.mjs';
import { withSite } from './site.mjs';

hosts('lighttpd');

// It is told its base, and looks at Origin and Host by itself.
withSite('Jupyter on a host of its own', { names: plain }, (it) => {
	it('opens at the root, and a cell runs', async (site) => {
		const w = await site.admin.running({ app: 'jupyter-notebook' });
		const page = await site.page({ as: site.admin });
		await page.goto(w.path);
		await page.locator('#new-dropdown-button').click();
		const at = (tab) => tab.url().replace(/\?.*/, '');
		assert.equal(at(page), `${originOf(site, w)}/tree`);
		const [tab] = await Promise.all([
			page.context().waitForEvent('page'),
			page.locator('#kernel-python3 a').click(),
		]);
		await tab.locator('#kernel_indicator_icon.kernel_idle_icon')
			.waitFor({ state: 'attached' });
		await tab.locator('.code_cell .CodeMirror').last().click();
		await tab.keyboard.type('6*7');
		await tab.keyboard.press('Shift+Enter');
		await tab.locator('.output_result', { hasText: '42' }).waitFor();
		assert.equal(at(tab), `${originOf(site, w)}/notebooks/Untitled.ipynb`);
		await page.context().close();
	});
});
