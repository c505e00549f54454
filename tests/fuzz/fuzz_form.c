/* First byte: JSON, form or query. What is taken keeps to its row. */
#include <string.h>

#include "base/id.h"
#include "fuzz.h"
#include "web/form.h"
#include "web/url.h"

enum { A, B, C, D, E, F, G, H, N };

static const struct field_row rows[N] = {
	[A] = {"a", FIELD_TEXT, 1, 8, REQUIRED},
	[B] = {"b", FIELD_LINES, 0, 20, OPTIONAL},
	[C] = {"c", FIELD_INT, -5, 500, OPTIONAL},
	[D] = {"d", FIELD_BOOL, 0, 0, NULLABLE},
	[E] = {"e", FIELD_WORD, 2, 6, OPTIONAL},
	[F] = {"f", FIELD_UUIDS, 0, 3, OPTIONAL},
	[G] = {"g", FIELD_SECRET, 1, 30, OPTIONAL},
	[H] = {"h", FIELD_BUTTON, 0, 0, OPTIONAL},
};

static void
check_text(const struct value *v, const struct field_row *row)
{
	int64_t n;

	if (!v->set || v->null)
		return;
	MUST(utf8_valid(v->text, strlen(v->text)));
	n = (int64_t)utf8_count(v->text);
	MUST(n >= row->least && n <= row->most);
	for (const char *p = v->text; *p && row->type != FIELD_SECRET; p++)
		MUST((unsigned char)*p >= ' ' || *p == '\n' || *p == '\t');
}

/* A form that was refused is told of; one that was taken has nothing wrong. */
static void
check_look(struct cx *cx, const char *p, size_t n, bool taken)
{
	const char *csrf;
	struct sent sent[N];
	struct value v[N];
	bool wrong = false;

	if (!form_look(cx, p, n, rows, N, v, sent, &csrf)) {
		MUST(!taken);
		return;
	}
	for (size_t i = 0; i < N; i++) {
		wrong |= sent[i].wrong;
		MUST(!sent[i].text ||
		     utf8_valid(sent[i].text, strlen(sent[i].text)));
	}
	MUST(!sent[G].text);
	check_text(&v[A], &rows[A]);
	check_text(&v[B], &rows[B]);
	MUST(wrong == !taken);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cx cx = {0};
	struct value v[N];
	const char *csrf = NULL;
	enum form_source source;

	if (n == 0)
		return 0;
	source = data[0] == '{'	  ? FORM_JSON
		 : data[0] == '?' ? FORM_QUERY
				  : FORM_URLENCODED;
	if (source == FORM_QUERY) {
		data++;
		n--;
	}
	if (form_parse(&cx, source, (const char *)data, n, rows, N, v, &csrf)) {
		MUST(cx.err == ERR_INVALID);
		if (source == FORM_URLENCODED)
			check_look(&cx, (const char *)data, n, false);
		cx_end(&cx);
		return 0;
	}
	if (source == FORM_URLENCODED)
		check_look(&cx, (const char *)data, n, true);
	MUST(v[A].set && !v[A].null);
	check_text(&v[A], &rows[A]);
	check_text(&v[B], &rows[B]);
	check_text(&v[E], &rows[E]);
	check_text(&v[G], &rows[G]);
	MUST(v[C].num >= -5 && v[C].num <= 500);
	MUST(v[F].n_list <= 3);
	for (size_t i = 0; i < v[F].n_list; i++)
		MUST(id_is_uuid(v[F].list[i]));
	cx_end(&cx);
	return 0;
}
