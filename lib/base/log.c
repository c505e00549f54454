#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define LINE_MAX_BYTES 4096

static struct {
	const char *prog;
	int fd;
	enum log_level least;
} to = {"roost", 2, LOG_LEVEL_INFO};

void
log_open(const char *prog, int fd, enum log_level least)
{
	to.prog = prog;
	to.fd = fd;
	to.least = least;
}

static bool
is_plain(unsigned char c)
{
	return c > ' ' && c < 127 && c != '"' && c != '=' && c != '\\';
}

/* Plain words stay; all else is quoted, controls and non-ASCII as \xNN. */
static void
put_value(struct buf *b, const char *v)
{
	const char *p;

	for (p = v; *p && is_plain((unsigned char)*p); p++)
		;
	if (!*p && p != v) {
		buf_puts(b, v);
		return;
	}
	buf_putc(b, '"');
	for (p = v; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < ' ' || c == 127)
			buf_printf(b, "\\x%02x", c);
		else
			buf_putc(b, *p);
	}
	buf_putc(b, '"');
}

static void
put_pair(struct buf *b, const char *k, const char *v)
{
	if (b->len)
		buf_putc(b, ' ');
	buf_puts(b, k);
	buf_putc(b, '=');
	put_value(b, v && *v ? v : "-");
}

/* One write(2), so that lines of several processes do not mix. */
static void
write_line(struct buf *b)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t n = write(to.fd, b->data + done, b->len - done);

		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
}

void
log_event(const struct cx *cx, enum log_level level, const char *event, ...)
{
	static const char *const name[] = {"debug", "info", "warn", "error"};
	char iso[CLOCK_ISO_MAX];
	struct buf b;
	const char *k;
	va_list ap;

	if (level < to.least)
		return;
	buf_init(&b, LINE_MAX_BYTES);
	put_pair(&b, "ts", clock_iso(clock_now_ms(), iso));
	put_pair(&b, "level", name[level]);
	put_pair(&b, "prog", to.prog);
	if (cx)
		put_pair(&b, "rid", cx->rid);
	put_pair(&b, "event", event);
	va_start(ap, event);
	while ((k = va_arg(ap, const char *)))
		put_pair(&b, k, va_arg(ap, const char *));
	va_end(ap);
	b.max++;
	b.over = false;
	buf_putc(&b, '\n');
	write_line(&b);
	buf_free(&b);
}

void
log_fail(const struct cx *cx, const char *event)
{
	log_event(cx, LOG_LEVEL_ERROR, event, "err", err_name(cx->err), "why",
		  cx->why, "field", cx->field, NULL);
}
