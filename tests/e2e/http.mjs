// HTTP answers as bytes.

import assert from 'node:assert/strict';

// A body in chunks: {body, size} with what its framing took, null if it is not
// whole yet.
function chunks(got) {
	const parts = [];
	for (let at = 0; ;) {
		const eol = got.indexOf('\r\n', at);
		if (eol < 0) return null;
		const n = parseInt(got.subarray(at, eol), 16);
		const size = eol + 2 + n + 2;
		if (got.length < size) return null;
		if (n === 0) return { body: Buffer.concat(parts), size };
		parts.push(got.subarray(eol + 2, eol + 2 + n));
		at = size;
	}
}

// The answer at the beginning of `got`: {status, headers, body, rest}, or null
// when it is not whole yet. head: to a HEAD; ended: nothing more will come. A
// body that is not announced goes on until the end.
export function parseAnswer(got, { head = false, ended = false } = {}) {
	const end = got.indexOf('\r\n\r\n');
	if (end < 0) return null;
	const [first, ...lines] = got.subarray(0, end).toString('latin1')
		.split('\r\n');
	const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
	assert.ok(status, `no answer: ${first}`);
	const headers = Object.fromEntries(lines.map((line) => {
		const at = line.indexOf(':');
		return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
	}));
	const after = got.subarray(end + 4);
	const whole = (n) => after.length < n ? null : { status, headers,
		body: after.subarray(0, n), rest: after.subarray(n) };

	if (head || status < 200 || status === 204 || status === 304)
		return whole(0);
	if (headers['transfer-encoding']) {
		const all = chunks(after);
		return all && { status, headers, body: all.body,
			rest: after.subarray(all.size) };
	}
	if (headers['content-length'] !== undefined)
		return whole(Number(headers['content-length']));
	return ended ? whole(after.length) : null;
}
