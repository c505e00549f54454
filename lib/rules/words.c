#include "rules/words.h"

#include <string.h>

static const struct {
	const char *name;
	int level;
} statuses[STATUS__MAX] = {
#define X(status, name, level) [status] = {name, level},
#include "rules/status.def"
#undef X
};

static const struct {
	const char *name;
	enum setting limit;
} operations[OPERATION__MAX] = {
#define X(operation, name, limit) [operation] = {name, limit},
#include "rules/operation.def"
#undef X
};

static const struct {
	const char *name, *text;
	bool retry, admin;
} reasons[REASON__MAX] = {
#define X(reason, name, retry, admin, text)                                    \
	[reason] = {name, text, retry, admin},
#include "rules/reason.def"
#undef X
};

static const struct {
	const char *key, *help;
	int64_t def, least, most;
} settings[SETTING__MAX] = {
#define X(setting, key, def, least, most, help)                                \
	[setting] = {key, help, def, least, most},
#include "rules/setting.def"
#undef X
};

/* One parser shape for every table: name in, index out. */
#define PARSE(table, max, member, name, out)                                   \
	do {                                                                   \
		unsigned i_;                                                   \
		for (i_ = 0; name && i_ < (unsigned)(max); i_++)               \
			if (!strcmp(table[i_].member, name)) {                 \
				*(out) = i_;                                   \
				return true;                                   \
			}                                                      \
		return false;                                                  \
	} while (0)

const char *
status_name(enum status s)
{
	return statuses[s].name;
}

int
status_level(enum status s)
{
	return statuses[s].level;
}

bool
status_parse(const char *name, enum status *s)
{
	PARSE(statuses, STATUS__MAX, name, name, s);
}

bool
desired_parse(const char *name, enum status *s)
{
	enum status got;

	if (name && !strcmp(name, "ARCHIVED")) {
		*s = STATUS_PENDING;
		return true;
	}
	if (!status_parse(name, &got) || status_level(got) < 0)
		return false;
	*s = got;
	return true;
}

const char *
operation_name(enum operation o)
{
	return operations[o].name;
}

bool
operation_parse(const char *name, enum operation *o)
{
	PARSE(operations, OPERATION__MAX, name, name, o);
}

enum setting
operation_limit(enum operation o)
{
	return operations[o].limit;
}

const char *
reason_name(enum reason r)
{
	return reasons[r].name;
}

bool
reason_parse(const char *name, enum reason *r)
{
	PARSE(reasons, REASON__MAX, name, name, r);
}

bool
reason_retries(enum reason r)
{
	return reasons[r].retry;
}

bool
reason_needs_admin(enum reason r)
{
	return reasons[r].admin;
}

const char *
reason_text(enum reason r)
{
	return reasons[r].text;
}

const char *
setting_key(enum setting s)
{
	return settings[s].key;
}

bool
setting_parse(const char *key, enum setting *s)
{
	PARSE(settings, SETTING__MAX, key, key, s);
}

int64_t
setting_default(enum setting s)
{
	return settings[s].def;
}

int64_t
setting_least(enum setting s)
{
	return settings[s].least;
}

int64_t
setting_most(enum setting s)
{
	return settings[s].most;
}

const char *
setting_help(enum setting s)
{
	return settings[s].help;
}

void
settings_default(struct settings *s)
{
	unsigned i;

	for (i = 0; i < SETTING__MAX; i++)
		s->v[i] = settings[i].def;
}
