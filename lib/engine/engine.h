/*
 * Instances: the running programs of workspaces. SPEC section 5.
 *
 * Contract of every verb, for every engine:
 * 1. It may be repeated; doing it again after a crash converges.
 * 2. A failed look is an error and never "absent"; absent is no error.
 * 3. No call blocks past its deadline.
 * 4. `quit` (may be NULL) is asked every few milliseconds while waiting; when
 *    it says true the call undoes what it began and ends with ERR_ABANDONED.
 * 5. The web server never connects to a path that a workspace can write.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/config.h"
#include "base/cx.h"

struct instance_spec {
	const char *id;	    /* workspace */
	const char *home;   /* its absolute path; NULL: */
	const char *volume; /* a volume of the container engine */
	const char *op;	    /* the operation; for labels. NULL: none */
	const struct app *app;
	int64_t uid;	     /* host uid, or -1: as we are */
	int64_t deadline_ms; /* clock_mono_ms until which it must answer */
	bool (*quit)(void *arg);
	void *arg;
};

/* What a connection, or who stands for it, has moved so far. */
struct flow {
	uint64_t key;  /* the same only for the same one */
	int64_t moved; /* bytes, or what is worth as much; grows */
};

struct instance {
	char id[37];
	int64_t started_ms;  /* UTC, 0 when not known */
	int64_t slot;	     /* -1: none */
	int64_t connections; /* established now, Roost's own not counted;
				-1 not known */
	/* Only with count_open_connections = traffic, and where somebody
	 * is connected; in cx's arena. None: not known, so they count. */
	struct flow *flows;
	size_t n_flows;
};

struct instances {
	struct instance *v; /* sorted by id; in cx's arena */
	size_t n;
};

struct endpoint {
	char address[256]; /* "unix:/path" or "tcp:host:port" */
	int64_t slot;
};

struct engine_ops {
	const char *name;
	/* Can this engine work here? ERR_CONFIG or ERR_UNREACHABLE and a
	 * sentence that says how to mend it. */
	enum err (*probe)(struct cx *cx);
	/*
	 * OK: it answers HTTP requests (any status counts). A running one is
	 * left alone, a dead leftover is cleaned up first. ERR_IMAGE: program
	 * not there. ERR_ACTION: it ended by itself (why: exit code and the
	 * last lines of its log). ERR_TIMEOUT, ERR_ABANDONED: it was killed
	 * again. ERR_BUSY: no slot free.
	 */
	enum err (*start)(struct cx *cx, const struct instance_spec *spec,
			  struct endpoint *out);
	/* Kills the whole tree and frees its slot and sockets. Gone: OK. */
	enum err (*stop)(struct cx *cx, const char *id, int64_t deadline_ms);
	/* All instances of this site that are alive, with who is connected:
	 * one look at the locks and one at the kernel's socket table. Mends
	 * the route of one whose application has bound its socket anew. */
	enum err (*list)(struct cx *cx, struct instances *out);
	/* Is this one alive? (the same answer as list, for one) */
	enum err (*alive)(struct cx *cx, const char *id, bool *alive);
	/*
	 * Ends the connections to it that are open now, as if the other side
	 * had gone; it stays, and new ones come in. Absent: OK. NULL: this
	 * engine cannot.
	 */
	enum err (*cut)(struct cx *cx, const char *id);
};

extern const struct engine_ops engine_process, engine_docker;

/* The engine that the site names; ERR_CONFIG when it is unknown. */
MUST_USE enum err engine_find(struct cx *cx, const struct engine_ops **out);
/* NULL when not in the list. */
const struct instance *instances_find(const struct instances *list,
				      const char *id);

#endif
