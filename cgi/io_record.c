/* FastCGI by hand: what answers are made of. */
#include "cgi/io.h"

#define RECORD_MAX 65528 /* a multiple of 8: no padding but in the last */

static void
record_head(struct buf *out, unsigned type, uint16_t id, size_t n)
{
	unsigned char head[8] = {1,
				 (unsigned char)type,
				 (unsigned char)(id >> 8),
				 (unsigned char)(id & 0xff),
				 (unsigned char)(n >> 8 & 0xff),
				 (unsigned char)(n & 0xff),
				 0,
				 0};

	buf_add(out, head, sizeof(head));
}

void
io_record(struct buf *out, uint16_t id, const void *p, size_t n)
{
	const char *s = p;

	while (n > 0) {
		size_t part = n < RECORD_MAX ? n : RECORD_MAX;

		record_head(out, 6, id, part);
		buf_add(out, s, part);
		s += part;
		n -= part;
	}
}

void
io_record_end(struct buf *out, uint16_t id)
{
	static const char END[8] = {0};

	record_head(out, 6, id, 0);
	record_head(out, 3, id, sizeof(END));
	buf_add(out, END, sizeof(END));
}
