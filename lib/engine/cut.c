/*
 * Ending the open connections of an instance, which goes on. The kernel names
 * the sockets that are its ends of them; each is taken as a descriptor of our
 * own from the process that has it, looked at once more, and shut down: the web
 * server sees the instance hang up, and so does the client.
 *
 * Taking one needs what a debugger needs: to be root, or who made the sandbox's
 * user namespace.
 */
#include <errno.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "engine/process.h"
#include "engine/procfs.h"

struct knife {
	struct procfs_tree tree;
	struct ends ends; /* 0 in place of what has been cut */
	int pidfd;	  /* of the process that is looked at */
	int why; /* errno of the first that could not be looked at or taken */
};

static unsigned *
find_end(const struct ends *ends, unsigned inode)
{
	for (size_t i = 0; i < ends->n; i++)
		if (ends->v[i] == inode)
			return &ends->v[i];
	return NULL;
}

static bool
some_left(const struct ends *ends)
{
	for (size_t i = 0; i < ends->n; i++)
		if (ends->v[i])
			return true;
	return false;
}

/* Between the look and now the number may have come to mean another file. */
static bool
still(int fd, unsigned inode)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode) && st.st_ino == inode;
}

static bool
cut_one(int theirs, unsigned inode, void *arg)
{
	struct knife *k = arg;
	unsigned *end = find_end(&k->ends, inode);
	int fd;

	if (!inode || !end)
		return true;
	if ((fd = pidfd_getfd(k->pidfd, theirs, 0)) < 0) {
		if (errno != EBADF && errno != ESRCH && !k->why)
			k->why = errno;
		return true;
	}
	if (still(fd, inode)) {
		(void)shutdown(fd, SHUT_RDWR);
		*end = 0; /* for all who have it open */
	}
	close(fd);
	return true;
}

static bool
cut_process(pid_t pid, void *arg)
{
	struct knife *k = arg;

	if ((k->pidfd = pidfd_open(pid, 0)) < 0)
		return true;
	if (procfs_in_tree(pid, &k->tree) && !procfs_sockets(pid, cut_one, k) &&
	    !k->why)
		k->why = errno;
	close(k->pidfd);
	return true;
}

/* Where it listens on a TCP port, the ends are among that port's sockets. */
static enum err
ends_of(struct cx *cx, const char *id, const struct record *r, struct ends *out)
{
	struct ports all;
	enum err e;

	if (!r->port)
		return activity_ends(cx, id, out);
	*out = (struct ends){.cx = cx};
	if ((e = ports_read(cx, r->port, r->port, &all)))
		return e;
	for (size_t i = 0; i < all.n; i++)
		if (!all.v[i].listens && all.v[i].inode)
			ends_add(out, all.v[i].inode);
	return OK;
}

enum err
process_cut(struct cx *cx, const char *id)
{
	struct knife k = {.pidfd = -1};
	struct place pl;
	struct look l;
	enum err e;

	if (FAULT(FAULT_ENGINE_CUT))
		return cx_fail(cx, ERR_IO, "fault while cutting connections");
	place_of(cx, id, &pl);
	if ((e = look_at(cx, &pl, &l)) || !l.alive ||
	    (e = ends_of(cx, id, &l.rec, &k.ends)))
		return e;
	if (k.ends.n == 0 || !procfs_tree(record_root(&l.rec), &k.tree))
		return OK;
	if (!procfs_each(cut_process, &k))
		return cx_errno(cx, errno, "/proc");
	if (k.why && some_left(&k.ends))
		return cx_fail(cx, ERR_ACTION,
			       "open connections to %s stay until it stops: %s",
			       id, strerror(k.why));
	return OK;
}
