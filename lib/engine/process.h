/*
 * The process engine, inside: an application in a bubblewrap sandbox (or,
 * where the site says so, without one) that outlives the pass that began it.
 *
 * 1. run/{id}.alive is flocked for as long as the tree of processes lives,
 *    by its first process; whoever prepares or clears an instance's things
 *    holds it too.
 * 2. The lock is let go a moment before the last process of the tree is
 *    gone. So dead means: lock free and the processes that run/{id}.status
 *    names gone.
 * 3. A process is killed only when it holds that lock, looked at through a
 *    descriptor of the process itself: never a stranger.
 * 4. What lies in run/ws/{id} is the workspace's to replace: nothing there
 *    is followed, and only what was looked at is linked into run/sock.
 * 5. An instance inherits nothing but /dev/null, its log and, its first
 *    process only, the lock.
 * 6. A TCP port leads to an instance only while the sockets that listen there
 *    are open in its own processes, and none is reachable from elsewhere than
 *    this machine.
 */
#ifndef ENGINE_PROCESS_H
#define ENGINE_PROCESS_H

#include <sys/types.h>

#include "base/sockdiag.h"
#include "engine/engine.h"
#include "engine/procfs.h"
#include "rules/names.h"

/* The places of one instance; in cx's arena. */
struct place {
	const char *id;
	const char *alive;  /* run/{id}.alive */
	const char *status; /* run/{id}.status */
	const char *ws;	    /* run/ws/{id}: /run/ws of the sandbox */
	const char *app;    /* run/ws/{id}/app.sock */
	const char *sock;   /* run/sock/{id}.sock */
	const char *port;   /* run/sock/{id}.port: port.c */
	const char *log;    /* log/ws-{id}.log */
};

/* --- place.c --- */
void place_of(struct cx *cx, const char *id, struct place *pl);
/* run/ws, run/sock, run/slots, log. */
MUST_USE enum err place_dirs(struct cx *cx);
/* The folder that the sandbox sees as /run/ws, its uid's (-1: ours). */
MUST_USE enum err place_ws(struct cx *cx, const struct place *pl, int64_t uid);
/* Takes the lock of rule 1; ERR_BUSY: it lives, or somebody else prepares. */
MUST_USE enum err place_take(struct cx *cx, const struct place *pl, int *fd);
/* The same, but waits while somebody else has it, as the spec has patience. */
MUST_USE enum err place_wait(struct cx *cx, const struct place *pl,
			     const struct instance_spec *spec, int *fd);
/* Removes all that an instance left and, lock_too, last its lock. Lock
 * held. */
MUST_USE enum err place_clear(struct cx *cx, const struct place *pl,
			      bool lock_too);

/* --- record.c: run/{id}.status --- */
struct record {
	bool there;
	pid_t launcher;		 /* 0: not written */
	uint64_t launcher_start; /* proc_start_time */
	int64_t wall_ms;	 /* UTC when it was launched */
	char boot[40];
	int64_t port;  /* TCP port that it was told; 0: a UNIX socket */
	pid_t child;   /* first process of the sandbox; 0: none */
	bool ended;    /* the application has ended by itself */
	int exit_code; /* then */
};
/* Absent or torn is no error: what cannot be read for sure stays 0. */
MUST_USE enum err record_read(struct cx *cx, const struct place *pl,
			      struct record *r);
MUST_USE enum err record_open(struct cx *cx, const struct place *pl, int *fd);
/* About the process under which all of the instance's are. */
bool record_write(int fd, pid_t launcher, int64_t wall_ms, const char *boot,
		  int64_t port);
bool record_write_exit(int fd, int code);

/* --- alive.c --- */
struct look {
	bool held;  /* the lock */
	bool alive; /* the lock, or a process that the record names */
	struct record rec;
};
MUST_USE enum err look_at(struct cx *cx, const struct place *pl,
			  struct look *l);
/* Does a process live that the record names? */
bool record_lives(const struct record *r);
/* The process under which all others are: the sandbox's first, or the
 * supervisor. 0: gone, or not known. */
pid_t record_root(const struct record *r);
/* As look_at, and what an application left behind that has ended is ended. */
MUST_USE enum err look_and_end(struct cx *cx, const struct place *pl,
			       struct look *l);

/* As ready_finish asks: ERR_ACTION and its last words when it has ended. */
MUST_USE enum err look_runs(struct cx *cx, const struct place *pl, void *arg,
			    int64_t waited_ms);

/* --- kill.c --- */
/* One round: tells whoever holds the lock to end, and waits for that at most
 * until the deadline. Nobody: OK. */
MUST_USE enum err kill_holders(struct cx *cx, const struct place *pl,
			       pid_t known, int64_t deadline_ms);
/* Until look_at says dead; ERR_TIMEOUT. */
MUST_USE enum err kill_tree(struct cx *cx, const struct place *pl,
			    int64_t deadline_ms);
/* The same where the lock is ours: until all that the record names is gone. */
MUST_USE enum err kill_rest(struct cx *cx, const struct place *pl,
			    int64_t deadline_ms);

/* --- slot.c --- */
const char *slot_path(struct cx *cx, int64_t n); /* run/slots/NN.sock */
/*
 * The slot of id, taken when it has none; with port one whose port nobody
 * listens on. ERR_BUSY: all are in use. alive: the engine's own verb, for
 * owners that have died without a stop.
 */
MUST_USE enum err
slot_take(struct cx *cx, const char *id, bool port,
	  enum err (*alive)(struct cx *, const char *, bool *), int64_t *slot);
MUST_USE enum err slot_free(struct cx *cx, const char *id);
struct slots {
	struct slot {
		char id[37];
		int64_t n;
	} * v; /* sorted by id; in cx's arena */
	size_t n;
};
MUST_USE enum err slots_read(struct cx *cx, struct slots *out);
int64_t slots_find(const struct slots *s, const char *id); /* -1 */

/* --- route.c --- */
/* Links the socket behind an O_PATH descriptor to where servers connect. */
MUST_USE enum err route_link(struct cx *cx, const struct place *pl, int fd);
/* Links anew when the application has bound another socket. */
MUST_USE enum err route_mend(struct cx *cx, const struct place *pl);
/* The workspace's socket as O_PATH; -1 when it is none. */
int route_open(const struct place *pl);
void route_endpoint(struct cx *cx, const struct place *pl, int64_t slot,
		    struct endpoint *out);

/* What answered (fd; of a port -1), as the endpoint that servers get. */
MUST_USE enum err route_finish(struct cx *cx, const struct place *pl,
			       const struct record *r, int64_t slot, int fd,
			       struct endpoint *out);

/* --- port.c --- */
/* Its command names {port}: it listens on TCP, not on {socket}. */
bool port_wanted(const struct app *app);
int64_t port_of_slot(const struct cx *cx, int64_t slot);
/* The socket table of some ports; in cx's arena. */
struct ports {
	struct cx *cx;
	struct tcp_sock *v;
	size_t n, cap;
};
MUST_USE enum err ports_read(struct cx *cx, int64_t least, int64_t most,
			     struct ports *out);
int64_t ports_connected(const struct ports *p, int64_t port);
/* Who listens on the port of the instance. */
struct port_seen {
	struct name_port its; /* sockets of its own processes */
	bool stranger;	      /* another program's too, or only; of uid */
	bool open;	      /* its own, but reachable from elsewhere */
	uint32_t uid;
};
void port_look(const struct place *pl, const struct record *r,
	       const struct ports *all, struct port_seen *out);
/* Says it for the gate: nobody where rule 6 does not hold. */
MUST_USE enum err port_mark(struct cx *cx, const struct place *pl,
			    const struct port_seen *seen);
/* On the way to a list: who is connected to its port, and whether it is
 * itself. ports are read when the first one asks (*read). */
MUST_USE enum err port_list(struct cx *cx, const struct place *pl,
			    const struct record *r, struct ports *ports,
			    bool *read, struct instance *one);
/* Can an app that listens on {port} be reached in that network? ERR_CONFIG */
MUST_USE enum err port_check(struct cx *cx, const struct app *app,
			     const char *network);
void port_endpoint(const struct record *r, int64_t slot, struct endpoint *out);

/* --- ready.c --- */
/* What an engine knows of one that it has begun. */
struct ready {
	/* Does it still run? OK, or why not. Asked every few milliseconds. */
	enum err (*runs)(struct cx *cx, const struct place *pl, void *arg,
			 int64_t waited_ms);
	/* What it said last; "". */
	const char *(*words)(struct cx *cx, const struct place *pl);
	/* As slot_take() asks. */
	enum err (*alive)(struct cx *cx, const char *id, bool *alive);
	void *arg;
};
/*
 * Waits until the one that is recorded answers, and leads servers to it; *out
 * is where. ERR_ACTION: somebody else has its port; what runs() says: it
 * ended. ERR_TIMEOUT, ERR_ABANDONED: it still runs.
 */
MUST_USE enum err ready_finish(struct cx *cx, const struct place *pl,
			       const struct instance_spec *spec,
			       const struct ready *how, struct endpoint *out);

/* --- applog.c --- */
#define APPLOG_MAX (1 << 20)
#define APPLOG_KEEP (64 << 10)
/* Opened for appending, cut to its end when it has grown past the cap. */
MUST_USE enum err applog_open(struct cx *cx, const struct place *pl, int *fd);
void applog_say(int fd, const char *line);
void applog_trim(const struct place *pl);
/* Adds what it said from elsewhere. */
void applog_add(const struct place *pl, const char *text, size_t n);
/* Its last lines as one, control characters replaced; in cx's arena. */
const char *applog_tail(struct cx *cx, const struct place *pl);
/* The same of a text. */
const char *applog_words(struct cx *cx, const char *text, size_t n);

/* --- flow.c --- */
/* The site says count_open_connections = traffic. */
bool flow_wanted(const struct cx *cx);
/* Of the connections to a port: the bytes that the kernel has counted. */
void flow_of_port(struct cx *cx, const struct ports *p, int64_t port,
		  struct instance *one);
/* Of UNIX sockets: what the processes of each instance that somebody is
 * connected to have read, written and computed; one look at /proc. */
struct root {
	char id[37];
	struct procfs_tree tree;
};
struct roots {
	struct root *v; /* in the order of the list */
	size_t n;
};
void flow_of_trees(struct cx *cx, const struct roots *roots,
		   struct instances *list);

/* --- activity.c --- */
/* Fills connections of each; what cannot be known is -1. */
MUST_USE enum err activity_count(struct cx *cx, struct instances *list);
/* The sockets that are an instance's ends of connections, by their inodes. */
struct ends {
	struct cx *cx;
	unsigned *v; /* in cx's arena */
	size_t n, cap;
};
void ends_add(struct ends *s, unsigned inode);
MUST_USE enum err activity_ends(struct cx *cx, const char *id,
				struct ends *out);

/* --- cut.c --- */
MUST_USE enum err process_cut(struct cx *cx, const char *id);

#endif
