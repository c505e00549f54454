/* WebSocket, the server's side of RFC 6455: frames come back as they came. */
#include "wsapp.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

struct frame {
	unsigned char first; /* FIN and opcode, as they came */
	size_t head;	     /* bytes before the payload, mask included */
	uint64_t len;
	unsigned char mask[4];
};

bool
ws_wanted(const struct conn *c)
{
	char value[64];

	return (strcmp(c->target, "/ws") == 0 ||
		strcmp(c->target, "/ws?evil") == 0) &&
	       http_header(c, "Upgrade", value, sizeof(value)) &&
	       strcasecmp(value, "websocket") == 0;
}

void
ws_accept(struct conn *c)
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char sha[SHA_DIGEST_LENGTH];
	char key[64] = "", text[128], b64[64];

	http_header(c, "Sec-WebSocket-Key", key, sizeof(key));
	snprintf(text, sizeof(text), "%s%s", key, magic);
	SHA1((unsigned char *)text, strlen(text), sha);
	EVP_EncodeBlock((unsigned char *)b64, sha, sizeof(sha));
	bytes_fmt(&c->out,
		  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		  "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		  b64,
		  strchr(c->target, '?')
			  ? "Set-Cookie: roost_session=evil; Path=/\r\n"
			    "Set-Cookie: kept=1; Path=/\r\n"
			    "Clear-Site-Data: \"*\"\r\n"
			  : "");
	c->mode = MODE_WS;
}

static bool
frame_read(const struct bytes *in, struct frame *f)
{
	const unsigned char *p = (const unsigned char *)in->p;
	size_t i, more;

	if (in->n < 2)
		return false;
	f->first = p[0];
	f->len = p[1] & 0x7f;
	more = f->len == 126 ? 2 : f->len == 127 ? 8 : 0;
	f->head = 2 + more + 4;
	if (in->n < f->head)
		return false;
	if (more)
		f->len = 0;
	for (i = 0; i < more; i++)
		f->len = f->len << 8 | p[2 + i];
	memcpy(f->mask, p + 2 + more, 4);
	return true;
}

static void
frame_write(struct bytes *out, unsigned first, const char *p, size_t len)
{
	unsigned char head[10] = {(unsigned char)first};
	size_t i, n = 2;

	if (len < 126) {
		head[1] = (unsigned char)len;
	} else if (len <= 0xffff) {
		head[1] = 126;
		head[2] = (unsigned char)(len >> 8);
		head[3] = (unsigned char)len;
		n = 4;
	} else {
		head[1] = 127;
		for (i = 0; i < 8; i++)
			head[2 + i] = (unsigned char)(len >> (8 * (7 - i)));
		n = 10;
	}
	bytes_add(out, head, n);
	bytes_add(out, p, len);
}

static void
frame_answer(struct conn *c, const struct frame *f)
{
	unsigned op = f->first & 0x0f, fin = f->first & 0xf0;
	char *p = c->in.p + f->head;
	size_t i;

	for (i = 0; i < f->len; i++)
		p[i] = (char)(p[i] ^ f->mask[i % 4]);
	if (op == OP_PONG)
		return;
	frame_write(&c->out, fin | (op == OP_PING ? OP_PONG : op), p,
		    (size_t)f->len);
	if (op == OP_CLOSE)
		c->closing = true;
}

void
ws_take(struct conn *c)
{
	struct frame f;

	while (!c->closing && frame_read(&c->in, &f)) {
		if (f.len > FRAME_MAX || !(c->in.p[1] & 0x80)) {
			c->closing = true;
			return;
		}
		if (c->in.n < f.head + f.len)
			return;
		frame_answer(c, &f);
		bytes_drop(&c->in, f.head + (size_t)f.len);
	}
}
