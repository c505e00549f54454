#include "rules/names.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"

const char *
name_home(const char *id, char out[NAME_MAX_LEN])
{
	snprintf(out, NAME_MAX_LEN, "ws-%s-home", id);
	return out;
}

const char *
name_instance(const char *id, char out[NAME_MAX_LEN])
{
	snprintf(out, NAME_MAX_LEN, "ws-%s", id);
	return out;
}

const char *
name_trash(const char *id, const char *op_id, char out[NAME_MAX_LEN])
{
	snprintf(out, NAME_MAX_LEN, "ws-%s-home~%s", id, op_id);
	return out;
}

const char *
name_archive(const char *id, const char *op_id, char out[NAME_MAX_LEN])
{
	snprintf(out, NAME_MAX_LEN, "%s/%s", id, op_id);
	return out;
}

/* Takes a UUID at *s into out and moves *s behind it. */
static bool
take_uuid(const char **s, char out[37])
{
	if (strnlen(*s, ID_UUID_LEN) < ID_UUID_LEN ||
	    !id_is_uuid_n(*s, ID_UUID_LEN))
		return false;
	memcpy(out, *s, ID_UUID_LEN);
	out[ID_UUID_LEN] = '\0';
	*s += ID_UUID_LEN;
	return true;
}

static bool
take_text(const char **s, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(*s, text, n))
		return false;
	*s += n;
	return true;
}

bool
name_home_id(const char *name, char id[37])
{
	char got[37];

	if (!take_text(&name, "ws-") || !take_uuid(&name, got) ||
	    strcmp(name, "-home"))
		return false;
	memcpy(id, got, sizeof(got));
	return true;
}

bool
name_trash_ids(const char *name, char id[37], char op_id[37])
{
	char a[37], b[37];

	if (!take_text(&name, "ws-") || !take_uuid(&name, a) ||
	    !take_text(&name, "-home~") || !take_uuid(&name, b) || *name)
		return false;
	memcpy(id, a, sizeof(a));
	memcpy(op_id, b, sizeof(b));
	return true;
}

bool
name_archive_ids(const char *key, char id[37], char op_id[37])
{
	char a[37], b[37];

	if (!take_uuid(&key, a) || !take_text(&key, "/") ||
	    !take_uuid(&key, b) || *key)
		return false;
	memcpy(id, a, sizeof(a));
	memcpy(op_id, b, sizeof(b));
	return true;
}

const char *
name_port(const struct name_port *p, char out[NAME_MAX_LEN])
{
	int n = snprintf(out, NAME_MAX_LEN, "%ld:", p->port);
	size_t i;

	for (i = 0; i < p->n && i < NAME_INODES; i++)
		n += snprintf(out + n, NAME_MAX_LEN - (size_t)n, "%s%u",
			      i ? "," : "", p->inode[i]);
	return out;
}

/* Digits at *s, at most `most`, and the character behind them, if it is
 * one of `ends` (the text's own end too). */
static bool
take_number(const char **s, unsigned long most, const char *ends,
	    unsigned long *out)
{
	char *end;

	if (**s < '0' || **s > '9')
		return false;
	*out = strtoul(*s, &end, 10);
	if (*out > most || (*end && !strchr(ends, *end)))
		return false;
	*s = end + (*end != '\0');
	return true;
}

bool
name_port_read(const char *s, struct name_port *out)
{
	struct name_port got = {.n = 0};
	unsigned long n = 0;

	if (!strchr(s, ':') || !take_number(&s, 65535, ":", &n))
		return false;
	got.port = (long)n;
	while (*s) {
		if (got.n == NAME_INODES ||
		    !take_number(&s, UINT32_MAX, ",", &n))
			return false;
		got.inode[got.n++] = (unsigned)n;
	}
	*out = got;
	return true;
}

bool
name_port_has(const struct name_port *p, unsigned inode)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->inode[i] == inode)
			return true;
	return false;
}

/* Length of the UTF-8 sequence at s and its code point; 0: not valid. */
static size_t
utf8_take(const unsigned char *s, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n, i;

	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	*cp = s[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff ||
	    (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

bool
name_text_ok(const char *s, size_t least, size_t most, bool lines)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t chars = 0;

	while (*p) {
		uint32_t cp = 0;
		size_t n = utf8_take(p, &cp);
		bool control = cp < 0x20 || (cp >= 0x7f && cp < 0xa0);

		if (!n || chars++ == most)
			return false;
		if (control &&
		    !(lines && (cp == '\n' || cp == '\r' || cp == '\t')))
			return false;
		p += n;
	}
	return chars >= least;
}
