// A small WebSocket client on a plain socket: it can send what a browser
// would not (cookies, a foreign Origin, fragments) and shows a refused
// handshake as the HTTP answer it is.

import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import { parseAnswer } from './http.mjs';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

// Resolves to a WebSocketClient, or to {status, headers, body} when the
// server answers anything but 101.
export function wsOpen(url, { headers = {}, timeout = 10_000 } = {}) {
	const to = new URL(url);
	const key = randomBytes(16).toString('base64');
	const lines = Object.entries({
		Host: to.host, Upgrade: 'websocket', Connection: 'Upgrade',
		'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '13',
		Origin: `http://${to.host}`, ...headers,
	}).filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}: ${value}\r\n`);

	return new Promise((resolve, reject) => {
		const socket = net.connect(to.port, to.hostname);
		let got = Buffer.alloc(0);
		const late = setTimeout(() => {
			socket.destroy();
			reject(new Error(`no handshake from ${url} in ` +
				`${timeout} ms; so far: ${got}`));
		}, timeout);
		const done = (value) => {
			clearTimeout(late);
			resolve(value);
		};
		const refused = ({ status, headers, body }) => {
			socket.destroy();
			done({ status, headers, body: body.toString() });
		};
		const onEnd = () => {
			const answer = parseAnswer(got, { ended: true });
			if (answer) return refused(answer);
			clearTimeout(late);
			reject(new Error(`handshake cut off: ${got}`));
		};

		socket.on('error', (e) => {
			clearTimeout(late);
			reject(e);
		});
		socket.on('end', onEnd);
		socket.on('connect', () => socket.write(
			`GET ${to.pathname}${to.search} HTTP/1.1\r\n` +
			lines.join('') + '\r\n'));
		socket.on('data', function onData(chunk) {
			got = Buffer.concat([got, chunk]);
			const answer = parseAnswer(got);
			if (!answer) return;
			if (answer.status !== 101) return refused(answer);
			socket.off('data', onData);
			socket.off('end', onEnd);
			const expect = createHash('sha1').update(key + MAGIC)
				.digest('base64');
			if (answer.headers['sec-websocket-accept'] !== expect)
				return reject(new Error('wrong accept key'));
			done(new WebSocketClient(socket, answer.rest));
		});
	});
}

export class WebSocketClient {
	#socket; #in = Buffer.alloc(0); #waiting = []; #messages = [];
	#parts = []; #kind; closed = false; status = 101;
	code; // with which the other side closed

	constructor(socket, rest) {
		this.#socket = socket;
		socket.on('data', (chunk) => this.#take(chunk));
		socket.on('end', () => this.#end());
		socket.on('close', () => this.#end());
		if (rest.length) this.#take(rest);
	}

	#end() {
		this.closed = true;
		for (const w of this.#waiting.splice(0)) w.resolve(null);
	}

	#take(chunk) {
		this.#in = Buffer.concat([this.#in, chunk]);
		for (;;) {
			const b = this.#in;
			if (b.length < 2) return;
			let len = b[1] & 0x7f, head = 2;
			if (len === 126) {
				if (b.length < 4) return;
				len = b.readUInt16BE(2);
				head = 4;
			} else if (len === 127) {
				if (b.length < 10) return;
				len = Number(b.readBigUInt64BE(2));
				head = 10;
			}
			if (b.length < head + len) return;
			this.#in = b.subarray(head + len);
			this.#frame(b[0] & 0x0f, b[0] & 0x80,
				b.subarray(head, head + len));
		}
	}

	#frame(op, fin, payload) {
		if (op === PING) return this.#send(0x80 | PONG, payload);
		if (op === CLOSE) {
			this.code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
			return this.#socket.end();
		}
		if (op === PONG) return this.#message(`pong ${payload}`);
		if (op !== CONTINUATION) this.#kind = op;
		this.#parts.push(Buffer.from(payload));
		if (!fin) return;
		const whole = Buffer.concat(this.#parts.splice(0));
		this.#message(this.#kind === TEXT ? whole.toString() : whole);
	}

	#message(value) {
		const w = this.#waiting.shift();
		if (w) w.resolve(value);
		else this.#messages.push(value);
	}

	#send(first, payload) {
		const mask = randomBytes(4), n = payload.length;
		let head;
		if (n < 126) head = Buffer.from([first, 0x80 | n]);
		else if (n < 65536) {
			head = Buffer.from([first, 0x80 | 126, 0, 0]);
			head.writeUInt16BE(n, 2);
		} else {
			head = Buffer.alloc(10);
			head[0] = first;
			head[1] = 0x80 | 127;
			head.writeBigUInt64BE(BigInt(n), 2);
		}
		const masked = Buffer.from(payload);
		for (let i = 0; i < n; i++) masked[i] ^= mask[i % 4];
		this.#socket.write(Buffer.concat([head, mask, masked]));
	}

	send(data) {
		if (typeof data === 'string')
			this.#send(0x80 | TEXT, Buffer.from(data));
		else this.#send(0x80 | BINARY, data);
	}

	// One text message in as many frames as there are parts.
	sendParts(...parts) {
		parts.forEach((part, i) => this.#send(
			(i === parts.length - 1 ? 0x80 : 0) |
			(i === 0 ? TEXT : CONTINUATION), Buffer.from(part)));
	}

	ping(data = '') { this.#send(0x80 | PING, Buffer.from(data)); }

	// The next message (string or Buffer; "pong X" for a pong with X); null
	// when the connection ended.
	next(timeout = 10_000) {
		if (this.#messages.length)
			return Promise.resolve(this.#messages.shift());
		if (this.closed) return Promise.resolve(null);
		return new Promise((resolve, reject) => {
			const late = setTimeout(() => reject(new Error(
				`no message in ${timeout} ms`)), timeout);
			this.#waiting.push({ resolve: (value) => {
				clearTimeout(late);
				resolve(value);
			} });
		});
	}

	// Says goodbye; the other side's answer ends it.
	sayClose(code) {
		const payload = Buffer.alloc(2);
		payload.writeUInt16BE(code);
		this.#send(0x80 | CLOSE, payload);
	}

	close() {
		if (!this.closed) this.sayClose(1000);
		this.#socket.end();
	}

	// Gone without a word.
	destroy() { this.#socket.destroy(); }
}
