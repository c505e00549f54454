#include "rules/filter.h"

#include <string.h>
#include <strings.h>

#include "rules/names.h"

#define DAY_MS INT64_C(86400000)

enum kind { TEXT, PHASE, OPERATION, REASON, YES, SPAN, DAY };
enum how { IS, THAN };

static const struct {
	const char *word, *what;
	enum kind kind;
	enum how how;
} keys[FILTER__MAX] = {
#define X(key, word, kind, how, what) [key] = {word, what, kind, how},
#include "rules/filter.def"
#undef X
};

static const struct {
	const char *name, *text;
} wrongs[FILTER_WRONG__MAX] = {
#define X(why, name, text) [why] = {name, text},
#include "rules/filterwrong.def"
#undef X
};

const char *
filter_word(enum filter_key k)
{
	return keys[k].word;
}

const char *
filter_what(enum filter_key k)
{
	return keys[k].what;
}

const char *
filter_wrong_name(enum filter_wrong why)
{
	return wrongs[why].name;
}

const char *
filter_wrong_text(enum filter_wrong why)
{
	return wrongs[why].text;
}

/* A word of the filter, taken apart. */
struct term {
	enum filter_key key;
	char op;   /* ':', '<' or '>' */
	bool bare; /* no key was written: a part of the name */
	bool open; /* a quote without its end */
	char value[FILTER_CHARS * 4 + 1];
};

/* The value at p: up to a space, or what stands in quotes. */
static const char *
take_value(const char *p, struct term *t)
{
	char *out = t->value;
	bool quoted = false;

	for (; *p && (quoted || *p != ' '); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			*out++ = *++p;
		else
			*out++ = *p;
	}
	*out = '\0';
	t->open = quoted;
	return p;
}

static enum filter_key
key_of(const char *p, size_t len)
{
	unsigned k = 0;

	while (k < FILTER__MAX && (strlen(keys[k].word) != len ||
				   strncasecmp(keys[k].word, p, len) != 0))
		k++;
	return k;
}

/* The word at p; returns where it ended. */
static const char *
take_term(const char *p, struct term *t)
{
	size_t len = strcspn(p, ":<>\" ");

	t->bare = p[len] == '"' || p[len] == ' ' || p[len] == '\0';
	t->key = t->bare ? FILTER_NAME : key_of(p, len);
	t->op = t->bare ? ':' : p[len];
	return take_value(t->bare ? p : p + len + 1, t);
}

/* ---- Values ---- */

static bool
copy(char *out, size_t size, const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len >= size)
		return false;
	memcpy(out, value, len + 1);
	return true;
}

/* The word of a table as it is spelled there, whatever its case here. */
static const char *
phase_of(const char *value)
{
	unsigned s = 0;

	if (strcasecmp(value, "ARCHIVED") == 0)
		return "ARCHIVED";
	while (s < STATUS__MAX && strcasecmp(value, status_name(s)) != 0)
		s++;
	return s < STATUS__MAX && s != STATUS_DELETED ? status_name(s) : NULL;
}

static bool
operation_of(const char *value, enum operation *out)
{
	for (unsigned o = 0; o < OPERATION__MAX; o++)
		if (strcasecmp(value, operation_name(o)) == 0) {
			*out = o;
			return true;
		}
	return false;
}

static bool
reason_of(const char *value, enum reason *out)
{
	for (unsigned r = 0; r < REASON__MAX; r++)
		if (strcasecmp(value, r == REASON_NONE ? "any"
						       : reason_name(r)) == 0) {
			*out = r;
			return true;
		}
	return false;
}

static bool
yes_of(const char *value, bool *out)
{
	bool yes = strcasecmp(value, "yes") == 0;

	if (!yes && strcasecmp(value, "no") != 0)
		return false;
	*out = yes;
	return true;
}

/* At most `digits` decimal digits; NULL when there is none. */
static const char *
take_digits(const char *p, int digits, int64_t *out)
{
	int64_t n = 0;
	int i = 0;

	for (; i < digits && p[i] >= '0' && p[i] <= '9'; i++)
		n = n * 10 + (p[i] - '0');
	*out = n;
	return i ? p + i : NULL;
}

static bool
span_of(const char *value, int64_t *out)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'m', 60000},
		     {'h', 3600000},
		     {'d', DAY_MS},
		     {'w', 7 * DAY_MS}};
	int64_t n;
	const char *end = take_digits(value, 5, &n);

	for (size_t i = 0; end && i < sizeof(units) / sizeof(units[0]); i++)
		if (end[0] == units[i].unit && end[1] == '\0') {
			*out = n * units[i].ms;
			return true;
		}
	return false;
}

static bool
is_leap(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* Midnight of a day between 1970 and 9999, UTC. */
static bool
day_of(const char *value, int64_t *out)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30,
					 31, 31, 30, 31, 30, 31};
	int64_t y, m, d, days = 0;
	const char *p = value;

	if (strlen(value) != 10 || value[4] != '-' || value[7] != '-' ||
	    take_digits(p, 4, &y) != p + 4 ||
	    take_digits(p + 5, 2, &m) != p + 7 ||
	    take_digits(p + 8, 2, &d) != p + 10)
		return false;
	if (y < 1970 || m < 1 || m > 12 || d < 1 ||
	    d > month_days[m - 1] + (m == 2 && is_leap(y)))
		return false;
	for (int64_t i = 1970; i < y; i++)
		days += 365 + is_leap(i);
	for (int i = 0; i < m - 1; i++)
		days += month_days[i] + (i == 1 && is_leap(y));
	*out = (days + d - 1) * DAY_MS;
	return true;
}

/* ---- Bounds: the narrower of two counts ---- */

static void
from(int64_t *bound, int64_t ms)
{
	if (ms > *bound)
		*bound = ms;
}

static void
before(int64_t *bound, int64_t ms)
{
	ms = ms > 0 ? ms : 1; /* 0 is none */
	if (*bound == 0 || ms < *bound)
		*bound = ms;
}

/* idle>7d: used before the moment 7 days ago. */
static bool
set_span(const struct term *t, int64_t now_ms, int64_t *from_ms,
	 int64_t *before_ms)
{
	int64_t span;

	if (!span_of(t->value, &span))
		return false;
	if (t->op == '>')
		before(before_ms, now_ms - span);
	else
		from(from_ms, now_ms - span);
	return true;
}

static bool
set_day(const struct term *t, struct filter *f)
{
	int64_t ms;

	if (!day_of(t->value, &ms))
		return false;
	if (t->op == '<')
		before(&f->created_before_ms, ms);
	else
		from(&f->created_from_ms, ms + DAY_MS);
	return true;
}

static bool
set_text(const struct term *t, struct filter *f)
{
	if (t->key == FILTER_OWNER)
		return copy(f->owner, sizeof(f->owner), t->value);
	if (t->key == FILTER_APP)
		return copy(f->app, sizeof(f->app), t->value);
	return copy(f->name, sizeof(f->name), t->value);
}

static bool
set_value(const struct term *t, int64_t now_ms, struct filter *f)
{
	switch (keys[t->key].kind) {
	case TEXT:
		return set_text(t, f);
	case PHASE:
		return (f->phase = phase_of(t->value)) != NULL;
	case OPERATION:
		return operation_of(t->value, &f->operation);
	case REASON:
		return reason_of(t->value, &f->error);
	case YES:
		return yes_of(t->value, t->key == FILTER_PINNED ? &f->pinned
								: &f->deleted);
	case SPAN:
		return t->key == FILTER_IDLE
			       ? set_span(t, now_ms, &f->used_from_ms,
					  &f->used_before_ms)
			       : set_span(t, now_ms, &f->created_from_ms,
					  &f->created_before_ms);
	case DAY:
	default:
		return set_day(t, f);
	}
}

/* ---- The whole ---- */

/* Which bounds were given: idle>1d idle<9d is one of each. */
struct said {
	bool is[FILTER__MAX], less[FILTER__MAX], more[FILTER__MAX];
};

static bool
say(struct said *s, const struct term *t)
{
	bool *said = t->op == ':'   ? &s->is[t->key]
		     : t->op == '<' ? &s->less[t->key]
				    : &s->more[t->key];
	bool again = *said;

	*said = true;
	return !again;
}

static enum filter_wrong
add(struct filter *f, struct said *said, const struct term *t, int64_t now_ms)
{
	if (t->open)
		return FILTER_QUOTE;
	if (t->key == FILTER__MAX)
		return FILTER_KEY;
	if ((t->op == ':') != (keys[t->key].how == IS))
		return FILTER_HOW;
	if (!say(said, t))
		return FILTER_TWICE;
	if (!set_value(t, now_ms, f))
		return keys[t->key].kind == TEXT && t->value[0] != '\0'
			       ? FILTER_LONG
			       : FILTER_VALUE;
	f->set[t->key] = true;
	return FILTER_FINE;
}

/* As much of the word as fits, in whole characters. */
static void
complain(struct filter_bad *bad, enum filter_wrong why, const char *p,
	 const char *end)
{
	size_t len = (size_t)(end - p);

	if (len >= sizeof(bad->word)) {
		len = sizeof(bad->word) - 1;
		while (len > 0 && ((unsigned char)p[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(bad->word, p, len);
	bad->word[len] = '\0';
	bad->why = why;
}

bool
filter_parse(const char *text, int64_t now_ms, struct filter *out,
	     struct filter_bad *bad)
{
	struct filter f = {.operation = OPERATION_NONE};
	struct said said = {.is = {false}};
	enum filter_wrong why;
	struct term t;
	const char *p, *end;

	if (!name_text_ok(text, 0, FILTER_CHARS, false)) {
		complain(bad, FILTER_TEXT, "", "");
		return false;
	}
	for (p = text; *(p += strspn(p, " ")); p = end) {
		end = take_term(p, &t);
		why = add(&f, &said, &t, now_ms);
		if (why != FILTER_FINE) {
			complain(bad, why, p, end);
			return false;
		}
	}
	*out = f;
	return true;
}
