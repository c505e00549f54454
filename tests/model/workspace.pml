/*
 * One workspace: people's intents, two passes, a worker, crashes of all of
 * them at every step. README.md says which function each part stands for.
 *
 * INTENTS: how often a person changes their mind. CRASHES: how often a pass
 * or a worker dies. Both end, so that convergence can be asked for.
 */
#ifndef INTENTS
#define INTENTS 3
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef OPS
#define OPS 16 /* op ids in one run; asserted below */
#endif

mtype = { PENDING, STANDBY, RUNNING, DELETED };
mtype = { NONE, PROVISIONING, RESTORING, STARTING, STOPPING, ARCHIVING,
	  DELETING };

/* The row. A write to it is one transaction: one atomic block. */
mtype status = PENDING, desired = RUNNING, op = NONE;
bool deleted, data_lost;
byte op_id, key; /* key: op id of the archive that the row names; 0 none */
byte rkey; /* restore_key: the archive that shall take the home's place */

/* The world. */
bool home, instance, trash;
bool archived[OPS]; /* a verified archive of that op is in the store */

/* The locks: the kernel frees them with their holder. */
bool pass_lock, worker_lock;

/* For the claims only. */
bool born; /* a home was acknowledged as STANDBY */
byte crashes, intents;
byte first; /* the oldest archive: what a person may choose */

#define level_known (status == STANDBY || status == RUNNING)
#define safe (home || trash || (key != 0 && archived[key]))

/* Invariant 3: what was acknowledged is never without its last copy. */
#define INV3 (!born || safe)
/* Invariant 2: an instance never exists without its home. */
#define INV2 (!instance || home)

inline check()
{
	assert(INV3);
	assert(INV2);
	assert(!data_lost);
}

/* rules/plan.c: the table, by what was seen. What is printed here and below
 * is for tests/test_rules_model.c; a verification prints nothing. */
inline plan(seen, o)
{
	printf("PLAN %e %e %d %d %d %e\n", status, desired, deleted, key, rkey,
	       seen);
	if
	:: deleted && status == DELETED -> o = NONE
	:: deleted && status != DELETED -> o = DELETING
	:: else ->
		if
		:: seen == PENDING && desired != PENDING && key == 0 &&
		   rkey == 0 -> o = PROVISIONING
		:: seen == PENDING && desired != PENDING &&
		   (key != 0 || rkey != 0) -> o = RESTORING
		:: seen == STANDBY && desired == RUNNING && rkey == 0 ->
			o = STARTING
		:: seen == STANDBY && (desired == PENDING || rkey != 0) ->
			o = ARCHIVING
		:: seen == RUNNING && (desired != RUNNING || rkey != 0) ->
			o = STOPPING
		:: else -> o = NONE
		fi
	fi;
	printf("THEN %e\n", o)
}

/* rules/judge.c: a known home that is gone is DataLost, unless the operation
 * at work takes it away. */
inline judge(seen)
{
	printf("JUDGE %e %e %d %d %d %d\n", status, op, deleted,
	       key == op_id && key != 0, home, instance);
	if
	:: home && instance -> seen = RUNNING
	:: home && !instance -> seen = STANDBY
	:: else ->
		if
		:: level_known && !deleted && op != DELETING &&
		   !(op == ARCHIVING && key == op_id) -> data_lost = true
		:: else
		fi;
		seen = PENDING
	fi;
	printf("SEES %e %d\n", seen, data_lost)
}

/* rules/plan.c: plan_abandons(), asked of the row by a worker whose operation
 * is `what`; a row that is not its own any more says yes, too. */
inline abandons(yes)
{
	yes = op_id != mine || op == NONE || deleted ||
	      (what == ARCHIVING && desired != PENDING && rkey == 0) ||
	      (what == RESTORING && (desired == PENDING || rkey != 0)) ||
	      (what == STARTING && (desired != RUNNING || rkey != 0));
	if
	:: op_id == mine && op != NONE ->
		printf("QUIT %e %e %d %d\n", op, desired, deleted, rkey);
		printf("QUITS %d\n", yes)
	:: else
	fi
}

/* store: op_end(), compare-and-set on op_id. */
inline conclude(mine)
{
	atomic {
		if
		:: op != NONE && op_id == mine ->
			if
			:: op == DELETING && !home && !instance ->
				status = DELETED;
				born = false
			:: op == DELETING && (home || instance)
			:: else ->
				judge(seen);
				status = seen;
				born = born || seen != PENDING
			fi;
			op = NONE
		:: else
		fi;
		check()
	}
}

/* reconcile/job*.c. Each statement between semicolons is one step; before
 * each the worker may die, which frees its lock and nothing else. */
#define STEP if :: true :: crashes < CRASHES -> crashes++; goto dead fi

active proctype worker()
{
	byte mine;
	mtype seen, what;
	bool given_up;

idle:	atomic {
		worker_lock && op != NONE ->
			mine = op_id;
			what = op;
			given_up = false
	};
	STEP;
	if
	:: what == PROVISIONING ->
		home = true

	:: what == RESTORING ->
		STEP;	/* unpacking beside */
		atomic { /* job_quit_now, then publish */
			abandons(given_up);
			if
			:: given_up
			:: else -> assert(archived[key]); home = true
			fi
		}

	:: what == STARTING ->
		atomic {
			abandons(given_up);
			if
			:: given_up
			:: else -> assert(home); instance = true
			fi
		}

	:: what == STOPPING ->
		instance = false

	:: what == ARCHIVING ->
		if
		:: key == mine /* committed before a crash */
		:: else ->
			STEP;	/* packing */
			atomic { /* verified, meta written */
				archived[mine] = true;
				first = (first == 0 -> mine : first)
			};
			STEP;
			atomic { /* commit_key: compares op_id and intent */
				abandons(given_up);
				if
				:: given_up
				:: else -> key = mine
				fi
			}
		fi;
		STEP;
		if
		:: given_up
		:: else -> home = false /* to the trash, purged */
		fi

	:: what == DELETING ->
		instance = false;
		STEP;
		atomic { trash = trash || home; home = false }
	fi;
	STEP;
	conclude(mine);
dead:	worker_lock = false;
	goto idle
}

/* reconcile/pass.c: two of them, as when cron is doubled by a kick. */
active [2] proctype pass()
{
	mtype seen, o;

again:	atomic { !pass_lock -> pass_lock = true };
	if
	:: true
	:: crashes < CRASHES -> crashes++; goto over
	fi;
	atomic {
		if
		:: worker_lock /* somebody works: leave it */
		:: !worker_lock && op != NONE ->
			worker_lock = true /* its worker died: again */
		:: !worker_lock && op == NONE ->
			judge(seen);
			if
			:: status != DELETED -> status = seen
			:: else
			fi;
			plan(seen, o);
			if
			:: o != NONE && op_id < OPS - 1 ->
				op_id++;
				op = o;
				if /* its begin takes it: sql.def, WS_TAKES */
				:: o == RESTORING && rkey != 0 ->
					key = rkey;
					rkey = 0
				:: else
				fi
			:: o != NONE && op_id >= OPS - 1 -> assert(false)
			:: else
			fi
		fi;
		check()
	};
	/* Dies here: the row has an operation whose lock is free. */
	if
	:: true
	:: crashes < CRASHES -> crashes++; goto over
	fi;
	atomic {
		if
		:: op != NONE && !worker_lock -> worker_lock = true
		:: else
		fi
	};
over:	pass_lock = false;
	goto again
}

/* service/wish.c: accepted at any moment. */
active proctype person()
{
	do
	:: atomic { intents < INTENTS && !deleted ->
		intents++;
		rkey = 0; /* the newest wish wins */
		if
		:: desired = PENDING
		:: desired = STANDBY
		:: desired = RUNNING
#ifdef CHOOSE
		:: first != 0 -> desired = RUNNING; rkey = first
#endif
#ifdef WALK /* one that is deleted has little more to show */
		:: intents == INTENTS -> deleted = true
#else
		:: deleted = true
#endif
		fi
	   }
	:: intents >= INTENTS || deleted -> break
#ifndef WALK /* a walk is there to see much */
	:: break
#endif
	od
}

/* Every fair run comes to rest where the newest intent wants it. */
ltl converges {
	<>[] (op == NONE && !worker_lock &&
	      ((!deleted && status == desired && rkey == 0) ||
	       (deleted && status == DELETED)))
}
