#include "ctl/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/clock.h"

enum kind { CELL_NONE, CELL_TEXT, CELL_INT, CELL_BOOL };

struct cell {
	enum kind kind;
	const char *s; /* as it is printed */
};

void
out_init(struct out *o, struct ctl *c, const char *const keys[], size_t n)
{
	*o = (struct out){.c = c, .keys = keys, .n_keys = n};
}

static void
add(struct out *o, enum kind kind, const char *s)
{
	struct cell *more;

	if (o->n == o->room) {
		o->room = o->room ? 2 * o->room : 64;
		more = arena_array(&o->c->cx.arena, o->room, sizeof(*more));
		if (o->n)
			memcpy(more, o->cells, o->n * sizeof(*more));
		o->cells = more;
	}
	o->cells[o->n++] = (struct cell){kind, s};
}

void
out_none(struct out *o)
{
	add(o, CELL_NONE, "-");
}

void
out_text(struct out *o, const char *s)
{
	if (!s) {
		out_none(o);
		return;
	}
	add(o, CELL_TEXT, arena_strdup(&o->c->cx.arena, s));
}

void
out_int(struct out *o, int64_t n)
{
	add(o, CELL_INT, arena_printf(&o->c->cx.arena, "%lld", (long long)n));
}

void
out_bool(struct out *o, bool b)
{
	add(o, CELL_BOOL, b ? "yes" : "no");
}

void
out_time(struct out *o, int64_t ms)
{
	char iso[CLOCK_ISO_MAX];

	out_text(o, ms ? clock_iso(ms, iso) : NULL);
}

/*
 * Prints text for a terminal: a control character, which could move the
 * cursor or worse, becomes a question mark, and so does what is no UTF-8.
 * Answers how many columns it takes; prints only when asked.
 */
static size_t
put_safe(const char *s, bool print)
{
	size_t columns = 0, len = strlen(s), n;
	mbstate_t state = {0};
	wchar_t wc;
	int width;

	for (; len; s += n, len -= n) {
		n = mbrtowc(&wc, s, len, &state);
		if (n == (size_t)-1 || n == (size_t)-2) {
			state = (mbstate_t){0};
			n = 1;
			wc = L'\0';
		}
		width = wc ? wcwidth(wc) : -1;
		if (print && width < 0)
			putchar('?');
		else if (print)
			fwrite(s, 1, n, stdout);
		columns += width < 0 ? 1 : (size_t)width;
	}
	return columns;
}

static void
put_json_text(const char *s)
{
	size_t len = strlen(s), n;
	mbstate_t state = {0};
	wchar_t wc;

	putchar('"');
	for (; len; s += n, len -= n) {
		n = mbrtowc(&wc, s, len, &state);
		if (n == (size_t)-1 || n == (size_t)-2) {
			state = (mbstate_t){0};
			n = 1;
			fputs("\\ufffd", stdout);
		} else if (*s == '"' || *s == '\\') {
			printf("\\%c", *s);
		} else if ((unsigned char)*s < ' ' || *s == 0x7f) {
			printf("\\u%04x", (unsigned)*s);
		} else {
			fwrite(s, 1, n, stdout);
		}
	}
	putchar('"');
}

static void
put_json_row(const struct out *o, const struct cell *row)
{
	size_t i;

	putchar('{');
	for (i = 0; i < o->n_keys; i++) {
		printf("%s\"%s\": ", i ? ", " : "", o->keys[i]);
		switch (row[i].kind) {
		case CELL_TEXT:
			put_json_text(row[i].s);
			break;
		case CELL_INT:
			fputs(row[i].s, stdout);
			break;
		case CELL_BOOL:
			fputs(row[i].s[0] == 'y' ? "true" : "false", stdout);
			break;
		case CELL_NONE:
		default:
			fputs("null", stdout);
		}
	}
	putchar('}');
}

static void
put_padded(const char *s, size_t width, bool last)
{
	size_t n = put_safe(s, true);

	if (last)
		putchar('\n');
	else
		printf("%*s", (int)(width - n + 2), "");
}

static void
list_table(const struct out *o)
{
	size_t i, w, *width;

	width = arena_array(&o->c->cx.arena, o->n_keys, sizeof(*width));
	for (i = 0; i < o->n_keys; i++)
		width[i] = strlen(o->keys[i]);
	for (i = 0; i < o->n; i++)
		if ((w = put_safe(o->cells[i].s, false)) > width[i % o->n_keys])
			width[i % o->n_keys] = w;
	for (i = 0; i < o->n_keys; i++)
		put_padded(o->keys[i], width[i], i + 1 == o->n_keys);
	for (i = 0; i < o->n; i++)
		put_padded(o->cells[i].s, width[i % o->n_keys],
			   (i + 1) % o->n_keys == 0);
}

void
out_list(struct out *o)
{
	size_t i;

	if (!o->c->option[OPTION_JSON]) {
		list_table(o);
		return;
	}
	putchar('[');
	for (i = 0; i < o->n; i += o->n_keys) {
		fputs(i ? ",\n " : "", stdout);
		put_json_row(o, &o->cells[i]);
	}
	puts("]");
}

void
out_record(struct out *o)
{
	size_t i, width = 0;

	if (o->c->option[OPTION_JSON]) {
		put_json_row(o, o->cells);
		putchar('\n');
		return;
	}
	for (i = 0; i < o->n_keys; i++)
		if (strlen(o->keys[i]) > width)
			width = strlen(o->keys[i]);
	for (i = 0; i < o->n_keys; i++) {
		printf("%-*s  ", (int)width, o->keys[i]);
		put_safe(o->cells[i].s, true);
		putchar('\n');
	}
}
