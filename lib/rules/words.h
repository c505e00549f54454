/* The words of the product, each from its table. SPEC sections 1, 2 (F8). */
#ifndef RULES_WORDS_H
#define RULES_WORDS_H

#include <stdbool.h>
#include <stdint.h>

enum setting {
#define X(setting, key, def, least, most, help) setting,
#include "rules/setting.def"
#undef X
	SETTING__MAX
};

enum status {
#define X(status, name, level) status,
#include "rules/status.def"
#undef X
	STATUS__MAX
};

enum operation {
#define X(operation, name, limit) operation,
#include "rules/operation.def"
#undef X
	OPERATION__MAX
};

enum reason {
#define X(reason, name, retry, admin, text) reason,
#include "rules/reason.def"
#undef X
	REASON__MAX
};

const char *status_name(enum status s);
int status_level(enum status s); /* -1 for ERROR and DELETED */
/* False and *s untouched when the word is unknown. */
bool status_parse(const char *name, enum status *s);
/* A wish: PENDING, STANDBY, RUNNING, or ARCHIVED for PENDING (SPEC 1). */
bool desired_parse(const char *name, enum status *s);

const char *operation_name(enum operation o);
bool operation_parse(const char *name, enum operation *o);
enum setting operation_limit(enum operation o);

const char *reason_name(enum reason r);
bool reason_parse(const char *name, enum reason *r);
bool reason_retries(enum reason r);
bool reason_needs_admin(enum reason r);
const char *reason_text(enum reason r);

const char *setting_key(enum setting s);
bool setting_parse(const char *key, enum setting *s);
int64_t setting_default(enum setting s);
int64_t setting_least(enum setting s);
int64_t setting_most(enum setting s);
const char *setting_help(enum setting s);

/* All settings at one moment, indexed by enum setting. */
struct settings {
	int64_t v[SETTING__MAX];
};
void settings_default(struct settings *s);

#endif
