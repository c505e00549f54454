#include "base/badge.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/fs.h"

#define FILE_MAX 1024

static const char *const names[BADGE__MAX] = {
#define X(badge, name, what) [badge] = name,
#include "base/badge.def"
#undef X
};

static const char *
path_of(struct cx *cx, enum badge t)
{
	return arena_printf(&cx->arena, "%s/badge.%s", cx->site->run_dir,
			    names[t]);
}

enum err
badge_issue(struct cx *cx, enum badge t, int64_t ttl_ms, const char *note,
	    char secret[ID_SECRET_LEN + 1])
{
	const char *path = path_of(cx, t), *text;
	char made[ID_SECRET_LEN + 1], hash[ID_HASH_LEN + 1];
	enum err e;

	id_secret(made);
	id_hash(made, ID_SECRET_LEN, hash);
	text = arena_printf(&cx->arena, "%s %lld %s\n", hash,
			    (long long)(clock_now_ms() + ttl_ms), note);
	if ((e = fs_write_sync(cx, path, text, strlen(text), 0600)) ||
	    (e = fs_hand_over(cx, path)))
		return e;
	memcpy(secret, made, sizeof(made));
	return OK;
}

/* The file, when it is one that counts: invariant 2. */
static ssize_t
read_own(const char *path, char *text, size_t most)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = -1;
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && !(st.st_mode & 022) &&
	    (st.st_uid == geteuid() || st.st_uid == 0))
		n = read(fd, text, most);
	close(fd);
	return n;
}

bool
badge_holds(struct cx *cx, enum badge t, const char *secret, const char **note)
{
	char text[FILE_MAX], hash[ID_HASH_LEN + 1], *end;
	int64_t left;
	ssize_t n;

	if (!secret || strlen(secret) != ID_SECRET_LEN)
		return false;
	n = read_own(path_of(cx, t), text, sizeof(text) - 1);
	if (n <= ID_HASH_LEN + 1 || text[n - 1] != '\n' ||
	    text[ID_HASH_LEN] != ' ')
		return false;
	text[n - 1] = text[ID_HASH_LEN] = '\0';
	left = strtoll(text + ID_HASH_LEN + 1, &end, 10) - clock_now_ms();
	id_hash(secret, ID_SECRET_LEN, hash);
	if (!id_equal(hash, text) || *end != ' ' || left <= 0 ||
	    left > BADGE_MOST_MS)
		return false;
	*note = arena_strdup(&cx->arena, end + 1);
	return true;
}

void
badge_drop(struct cx *cx, enum badge t)
{
	(void)unlink(path_of(cx, t));
}
