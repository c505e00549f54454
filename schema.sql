-- Roost's database. What there is, in one page; the newest version.
--
-- Times are milliseconds UTC since 1970, 0 for "none". States are words, so
-- that a person with the sqlite3 shell can read them. The tables behind the
-- words: lib/rules/*.def and lib/store/*.def; a test holds both together.
-- Older databases come here by the steps of lib/store/migrate.def.

PRAGMA application_id = 1380932435; -- "ROOS"
PRAGMA user_version = 9;

-- People. SPEC section 8.
CREATE TABLE user (
	id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
	name          TEXT NOT NULL UNIQUE COLLATE NOCASE -- what they log in with
	              CHECK (length(name) BETWEEN 1 AND 64),
	password_hash TEXT NOT NULL,              -- crypt(3), yescrypt
	role          TEXT NOT NULL DEFAULT 'user' -- what they may do
	              CHECK (role IN ('user', 'admin')),
	max_running   INTEGER                     -- own limit; NULL: the setting
	              CHECK (max_running >= 0),
	disabled_ms   INTEGER NOT NULL DEFAULT 0, -- since when they may not come in
	last_login_ms INTEGER NOT NULL DEFAULT 0, -- the last right password
	created_ms    INTEGER NOT NULL,           -- when it was made
	updated_ms    INTEGER NOT NULL,           -- the last change of the row
	given_ms      INTEGER NOT NULL DEFAULT 0, -- since when the password is one that
	                                          -- an admin chose; 0: their own
	gone_ms       INTEGER NOT NULL DEFAULT 0  -- deleted then; the row stays for its
	                                          -- workspaces' rows, its name is free
) STRICT;

-- Wrong passwords by name, known or not: the lock tells nothing.
CREATE TABLE login (
	name_hash       TEXT PRIMARY KEY,           -- sha256 of the name in lower case
	failures        INTEGER NOT NULL,           -- in a row
	locked_until_ms INTEGER NOT NULL DEFAULT 0, -- refused unseen until then
	at_ms           INTEGER NOT NULL            -- the last attempt
) STRICT, WITHOUT ROWID;
CREATE INDEX login_at ON login (at_ms);

-- Browsers that are logged in.
CREATE TABLE session (
	hash       TEXT PRIMARY KEY,          -- sha256 of the cookie, hex
	user_id    INTEGER NOT NULL           -- whose
	           REFERENCES user (id) ON DELETE CASCADE,
	csrf       TEXT NOT NULL,             -- what each of its forms must carry
	ua         TEXT NOT NULL DEFAULT '',  -- User-Agent at login, for the list
	ip         TEXT NOT NULL DEFAULT '',  -- address at login, for the list
	created_ms INTEGER NOT NULL,          -- login
	seen_ms    INTEGER NOT NULL,          -- last request, to the minute
	expires_ms INTEGER NOT NULL           -- slides with requests
) STRICT, WITHOUT ROWID;
CREATE INDEX session_user ON session (user_id);
CREATE INDEX session_expires ON session (expires_ms);

-- API tokens.
CREATE TABLE token (
	id         INTEGER PRIMARY KEY AUTOINCREMENT, -- to revoke it by
	user_id    INTEGER NOT NULL           -- whose
	           REFERENCES user (id) ON DELETE CASCADE,
	name       TEXT NOT NULL              -- what its owner calls it
	           CHECK (length(name) BETWEEN 1 AND 64),
	hash       TEXT NOT NULL UNIQUE,      -- sha256 of the token, hex
	created_ms INTEGER NOT NULL,          -- when it was made
	expires_ms INTEGER NOT NULL DEFAULT 0, -- 0: never
	used_ms    INTEGER NOT NULL DEFAULT 0, -- last use, to the minute
	UNIQUE (user_id, name)
) STRICT;

-- Workspaces. Rows stay when the workspace is deleted: n is never used again,
-- and the feed can say that it has gone.
CREATE TABLE workspace (
	n                 INTEGER PRIMARY KEY AUTOINCREMENT, -- decides its uid
	id                TEXT NOT NULL UNIQUE       -- UUID v4: its public name
	                  CHECK (length(id) = 36),
	owner_id          INTEGER NOT NULL           -- whose
	                  REFERENCES user (id),
	name              TEXT NOT NULL              -- for people
	                  CHECK (length(name) BETWEEN 1 AND 255),
	description       TEXT NOT NULL DEFAULT ''   -- for people, a line
	                  CHECK (length(description) <= 500),
	memo              TEXT NOT NULL DEFAULT '',  -- for its owner, any length
	app               TEXT NOT NULL,             -- which [app] of the site runs

	status            TEXT NOT NULL DEFAULT 'PENDING' -- what exists: observed
	                  CHECK (status IN ('PENDING', 'STANDBY', 'RUNNING',
	                                    'ERROR', 'DELETED')),
	operation         TEXT NOT NULL DEFAULT 'NONE' -- what is being done
	                  CHECK (operation IN ('NONE', 'PROVISIONING', 'RESTORING',
	                                       'STARTING', 'STOPPING',
	                                       'ARCHIVING', 'DELETING')),
	desired           TEXT NOT NULL              -- what is wanted
	                  CHECK (desired IN ('PENDING', 'STANDBY', 'RUNNING')),
	archive_key       TEXT,                      -- the archive to restore

	op_id             TEXT,                      -- operation at work, or the last
	op_started_ms     INTEGER NOT NULL DEFAULT 0, -- of the one at work
	op_done           INTEGER NOT NULL DEFAULT 0, -- its progress
	op_total          INTEGER NOT NULL DEFAULT 0, -- out of; 0: not known
	op_unit           TEXT                       -- what is counted
	                  CHECK (op_unit IN ('bytes', 'files')),

	last_access_ms    INTEGER NOT NULL,          -- last request, start or wish
	idle_since_ms     INTEGER NOT NULL DEFAULT 0, -- last connection gone
	connections       INTEGER NOT NULL DEFAULT 0, -- established now
	status_changed_ms INTEGER NOT NULL,          -- since when it is in status
	standby_ttl_s     INTEGER NOT NULL           -- idle until stopped; 0 never
	                  CHECK (standby_ttl_s BETWEEN 0 AND 315360000),
	archive_ttl_s     INTEGER NOT NULL           -- asleep until archived; 0 never
	                  CHECK (archive_ttl_s BETWEEN 0 AND 315360000),
	keep_until_ms     INTEGER NOT NULL DEFAULT 0, -- asked for until then

	error_reason      TEXT NOT NULL DEFAULT ''   -- why ERROR, or the last failure
	                  CHECK (error_reason IN ('', 'ActionFailed', 'Unreachable',
	                         'Timeout', 'RetryExceeded', 'DataLost',
	                         'ArchiveCorrupted', 'ImageNotFound',
	                         'InstanceWithoutHome', 'NoSpace',
	                         'LimitExceeded')),
	error_message     TEXT,                      -- what failed, for people
	error_count       INTEGER NOT NULL DEFAULT 0, -- failures in a row
	next_retry_ms     INTEGER NOT NULL DEFAULT 0, -- not tried before
	previous_status   TEXT NOT NULL DEFAULT 'PENDING' -- before ERROR
	                  CHECK (previous_status IN ('PENDING', 'STANDBY',
	                                             'RUNNING', 'ERROR',
	                                             'DELETED')),
	reported_ms       INTEGER NOT NULL DEFAULT 0, -- when cron mailed of it

	endpoint          TEXT,                      -- where it answers, while RUNNING
	slot              INTEGER NOT NULL DEFAULT -1, -- the proxy's slot; -1 none
	boot_id           TEXT,                      -- kernel boot it was started in

	trash_key         TEXT,                      -- its home in the trash
	purge_ms          INTEGER NOT NULL DEFAULT 0, -- when that goes for good

	created_ms        INTEGER NOT NULL,          -- when it was made
	updated_ms        INTEGER NOT NULL,          -- the last change of the row
	deleted_ms        INTEGER NOT NULL DEFAULT 0, -- when it was asked to go
	rev               INTEGER NOT NULL DEFAULT 1, -- grows by one with each change
	restore_key       TEXT                       -- archive to take the home's place
) STRICT;

-- A page of somebody's list is read from one of these in its order, and its
-- total counted, whatever their number (lib/store/ws_list.c).
CREATE INDEX workspace_owner ON workspace (owner_id, deleted_ms, n);
CREATE INDEX workspace_name ON workspace
	(owner_id, deleted_ms, name COLLATE NOCASE, n);
CREATE INDEX workspace_access ON workspace
	(owner_id, deleted_ms, last_access_ms, n);
CREATE INDEX workspace_phase ON workspace (owner_id, deleted_ms,
	iif(status = 'PENDING' AND archive_key IS NOT NULL, 'ARCHIVED', status), n);
-- The same over all owners: what an administrator looks for (ws_finds.h).
CREATE INDEX workspace_living ON workspace (n)
	WHERE deleted_ms = 0;
CREATE INDEX workspace_gone ON workspace (n)
	WHERE deleted_ms <> 0 AND (status <> 'DELETED' OR trash_key IS NOT NULL);
CREATE INDEX workspace_phases ON workspace (iif(status = 'PENDING'
	AND archive_key IS NOT NULL, 'ARCHIVED', status), n)
	WHERE deleted_ms = 0;
CREATE INDEX workspace_app ON workspace (app, n)
	WHERE deleted_ms = 0;
CREATE INDEX workspace_used ON workspace (last_access_ms, n)
	WHERE deleted_ms = 0;
-- Each question of a pass has an index of just the rows that need something:
-- its cost grows with the work, not with the workspaces that sleep. The
-- conditions stand in lib/store/sql.def word by word (WS_WORK, WS_COUNTS).
CREATE INDEX workspace_work ON workspace (n)
	WHERE operation <> 'NONE' OR status = 'ERROR'
	   OR (status <> desired AND status <> 'DELETED')
	   OR restore_key IS NOT NULL
	   OR (deleted_ms <> 0) <> (status = 'DELETED');
CREATE INDEX workspace_running ON workspace (n)
	WHERE status = 'RUNNING';
CREATE INDEX workspace_standby ON workspace (n)
	WHERE status = 'STANDBY';
CREATE INDEX workspace_counts ON workspace (owner_id)
	WHERE status = 'RUNNING' OR operation = 'STARTING'
	   OR (deleted_ms = 0 AND desired = 'RUNNING');
CREATE INDEX workspace_archive ON workspace (last_access_ms + archive_ttl_s * 1000)
	WHERE status = 'STANDBY' AND desired = 'STANDBY' AND operation = 'NONE'
	  AND deleted_ms = 0 AND archive_ttl_s > 0;
CREATE INDEX workspace_trash ON workspace (n)
	WHERE trash_key IS NOT NULL;

-- Every change of a workspace, written by the triggers below: what a client
-- that asks "after seq" has missed.
CREATE TABLE change (
	seq         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
	workspace_n INTEGER NOT NULL,          -- which workspace (a trigger says so)
	owner_id    INTEGER NOT NULL,          -- whose it was then
	rev         INTEGER NOT NULL,          -- its rev after the change
	at_ms       INTEGER NOT NULL           -- its updated_ms
) STRICT;
CREATE INDEX change_owner ON change (owner_id, seq);

-- A statement that forgets the rev is refused, so that none can be written.
CREATE TRIGGER workspace_guard BEFORE UPDATE ON workspace
WHEN NEW.rev IS NOT OLD.rev + 1 OR NEW.n <> OLD.n OR NEW.id <> OLD.id
BEGIN
	SELECT RAISE(ABORT, 'workspace: rev must grow by one, n and id stay');
END;
CREATE TRIGGER workspace_kept BEFORE DELETE ON workspace
BEGIN
	SELECT RAISE(ABORT, 'workspace: rows are kept');
END;
CREATE TRIGGER workspace_inserted AFTER INSERT ON workspace
BEGIN
	INSERT INTO change (workspace_n, owner_id, rev, at_ms)
	VALUES (NEW.n, NEW.owner_id, NEW.rev, NEW.updated_ms);
END;
CREATE TRIGGER workspace_updated AFTER UPDATE ON workspace
BEGIN
	INSERT INTO change (workspace_n, owner_id, rev, at_ms)
	VALUES (NEW.n, NEW.owner_id, NEW.rev, NEW.updated_ms);
END;

-- Codes: a session's way to a workspace's own host. Each is good once, for
-- seconds, there, and in the browser that has begun it.
CREATE TABLE code (
	hash         TEXT PRIMARY KEY,         -- sha256 of the code, hex
	session_hash TEXT NOT NULL             -- whose way
	             REFERENCES session (hash) ON DELETE CASCADE,
	workspace_n  INTEGER NOT NULL          -- where to
	             REFERENCES workspace (n),
	state        TEXT NOT NULL,            -- sha256 of that browser's cookie
	expires_ms   INTEGER NOT NULL          -- refused from then on
) STRICT, WITHOUT ROWID;
CREATE INDEX code_session ON code (session_hash);
CREATE INDEX code_expires ON code (expires_ms);

-- Tickets: what a session is on a workspace's own host. They end with it.
CREATE TABLE ticket (
	hash         TEXT PRIMARY KEY,         -- sha256 of the cookie, hex
	session_hash TEXT NOT NULL             -- whose
	             REFERENCES session (hash) ON DELETE CASCADE,
	workspace_n  INTEGER NOT NULL          -- the only one it opens
	             REFERENCES workspace (n),
	created_ms   INTEGER NOT NULL          -- when it was made
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_session ON ticket (session_hash, workspace_n);

-- What was done to each workspace.
CREATE TABLE operation (
	n           INTEGER PRIMARY KEY AUTOINCREMENT, -- order in time
	workspace_n INTEGER NOT NULL           -- to which workspace
	            REFERENCES workspace (n),
	op_id       TEXT NOT NULL UNIQUE       -- UUID v4; names its archive too
	            CHECK (length(op_id) = 36),
	operation   TEXT NOT NULL              -- what
	            CHECK (operation IN ('PROVISIONING', 'RESTORING', 'STARTING',
	                                 'STOPPING', 'ARCHIVING', 'DELETING')),
	started_ms  INTEGER NOT NULL,          -- begin
	ended_ms    INTEGER NOT NULL DEFAULT 0, -- end; 0: at work
	bytes       INTEGER NOT NULL DEFAULT 0, -- packed, unpacked or removed
	result      TEXT NOT NULL DEFAULT 'running' -- how it ended
	            CHECK (result IN ('running', 'ok', 'failed', 'abandoned')),
	reason      TEXT NOT NULL DEFAULT ''   -- why it failed
	            CHECK (reason IN ('', 'ActionFailed', 'Unreachable', 'Timeout',
	                   'RetryExceeded', 'DataLost', 'ArchiveCorrupted',
	                   'ImageNotFound', 'InstanceWithoutHome', 'NoSpace',
	                   'LimitExceeded')),
	message     TEXT                       -- what failed, for people
) STRICT;
CREATE INDEX operation_workspace ON operation (workspace_n, n);
CREATE INDEX operation_running ON operation (n) WHERE result = 'running';
CREATE INDEX operation_ended ON operation (ended_ms) WHERE result <> 'running';

-- Every run of the reconciler.
CREATE TABLE pass (
	n          INTEGER PRIMARY KEY AUTOINCREMENT, -- order in time
	kind       TEXT NOT NULL              -- who started it
	           CHECK (kind IN ('cron', 'kick')),
	started_ms INTEGER NOT NULL,          -- begin
	ended_ms   INTEGER NOT NULL DEFAULT 0, -- end; 0: at work, or died
	rounds     INTEGER NOT NULL DEFAULT 0, -- how often it looked again
	workspaces INTEGER NOT NULL DEFAULT 0, -- rows that needed something
	instances  INTEGER NOT NULL DEFAULT 0, -- instances seen
	homes      INTEGER NOT NULL DEFAULT 0, -- homes seen
	begun      INTEGER NOT NULL DEFAULT 0, -- operations begun
	done       INTEGER NOT NULL DEFAULT 0, -- operations that reached their end
	failed     INTEGER NOT NULL DEFAULT 0, -- operations that failed
	abandoned  INTEGER NOT NULL DEFAULT 0, -- operations given up
	errors     INTEGER NOT NULL DEFAULT 0, -- errors of the pass itself
	message    TEXT                       -- the first of them
) STRICT;
CREATE INDEX pass_kind ON pass (kind, n);

-- Archives that belong to nobody, since when: GC takes them after a while.
CREATE TABLE orphan (
	key           TEXT PRIMARY KEY,          -- as the store names it
	first_seen_ms INTEGER NOT NULL,          -- first collection that saw it
	bytes         INTEGER NOT NULL DEFAULT 0 -- what it holds
) STRICT, WITHOUT ROWID;

-- Looks at what the database cannot know by itself: an administrator asks, the
-- next pass answers (lib/reconcile/survey.h).
CREATE TABLE survey (
	n             INTEGER PRIMARY KEY AUTOINCREMENT, -- order in time
	what          TEXT NOT NULL             -- look, or take away what may go
	              CHECK (what IN ('look', 'collect')),
	user_id       INTEGER NOT NULL,         -- who asked
	actor         TEXT NOT NULL,            -- the name as it was then
	asked_ms      INTEGER NOT NULL,         -- when
	ended_ms      INTEGER NOT NULL DEFAULT 0, -- 0: not yet
	archives      INTEGER NOT NULL DEFAULT 0, -- seen
	archive_bytes INTEGER NOT NULL DEFAULT 0, -- as far as their sizes are known
	removed       INTEGER NOT NULL DEFAULT 0, -- archives taken away
	removed_bytes INTEGER NOT NULL DEFAULT 0, -- what they held
	homes         INTEGER NOT NULL DEFAULT 0, -- homes without a workspace
	instances     INTEGER NOT NULL DEFAULT 0, -- instances without a workspace
	stopped       INTEGER NOT NULL DEFAULT 0, -- of these, ended
	message       TEXT                      -- why it failed; NULL: it did not
) STRICT;
CREATE INDEX survey_open ON survey (n) WHERE ended_ms = 0;

-- What the newest of them has found.
CREATE TABLE found (
	kind         TEXT NOT NULL             -- what
	             CHECK (kind IN ('archive', 'home', 'instance')),
	key          TEXT NOT NULL,            -- archive's key; id of the others
	workspace_id TEXT NOT NULL DEFAULT '', -- whose; perhaps of nobody
	why          TEXT NOT NULL,            -- lib/reconcile/gcwhy.def
	since_ms     INTEGER NOT NULL DEFAULT 0, -- orphan since; 0: it is none
	created_ms   INTEGER NOT NULL DEFAULT 0, -- of an archive; 0: not known
	bytes        INTEGER NOT NULL DEFAULT 0, -- of an archive; 0: not known
	gone         INTEGER NOT NULL DEFAULT 0, -- 1: it was taken away
	PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- The same wish for many workspaces: shown first, then done.
CREATE TABLE bulk (
	id      TEXT PRIMARY KEY               -- UUID v4
	        CHECK (length(id) = 36),
	user_id INTEGER NOT NULL               -- whose plan
	        REFERENCES user (id) ON DELETE CASCADE,
	verb    TEXT NOT NULL                  -- lib/rules/bulk.def
	        CHECK (verb IN ('stop', 'start', 'archive', 'delete',
	                        'recover')),
	filter  TEXT NOT NULL DEFAULT '',      -- how they were found; '': picked
	more    INTEGER NOT NULL DEFAULT 0,    -- as many fit beside these
	made_ms INTEGER NOT NULL,              -- when it was shown
	done_ms INTEGER NOT NULL DEFAULT 0     -- when it was done; 0: not yet
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_user ON bulk (user_id);
CREATE INDEX bulk_made ON bulk (made_ms);
CREATE TABLE bulk_item (
	bulk_id     TEXT NOT NULL              -- of which
	            REFERENCES bulk (id) ON DELETE CASCADE,
	pos         INTEGER NOT NULL,          -- in this order
	workspace_n INTEGER NOT NULL           -- which workspace
	            REFERENCES workspace (n),
	verdict     TEXT NOT NULL,             -- what was shown: bulkverdict.def
	result      TEXT NOT NULL DEFAULT '',  -- what became of it: bulkresult.def
	PRIMARY KEY (bulk_id, pos)
) STRICT, WITHOUT ROWID;

-- What an admin has changed; what is absent has its default.
CREATE TABLE setting (
	key        TEXT PRIMARY KEY,          -- lib/rules/setting.def
	value      INTEGER NOT NULL,          -- in its range
	updated_ms INTEGER NOT NULL           -- when it was changed
) STRICT, WITHOUT ROWID;

-- Who did what.
CREATE TABLE audit (
	n       INTEGER PRIMARY KEY AUTOINCREMENT, -- order in time
	at_ms   INTEGER NOT NULL,              -- when
	user_id INTEGER NOT NULL DEFAULT 0,    -- who; 0: nobody known
	actor   TEXT NOT NULL,                 -- the name as it was then
	action  TEXT NOT NULL,                 -- what, e.g. user.disable
	target  TEXT NOT NULL DEFAULT '',      -- to whom or what
	detail  TEXT NOT NULL DEFAULT ''       -- more of it; never a secret
) STRICT;
CREATE INDEX audit_at ON audit (at_ms);
CREATE INDEX audit_actor ON audit (actor COLLATE NOCASE, at_ms);
CREATE INDEX audit_action ON audit (action, at_ms);
CREATE INDEX audit_target ON audit (target COLLATE NOCASE, at_ms);

-- What was changed by it, field by field. Secrets are only named.
CREATE TABLE audit_change (
	audit_n INTEGER NOT NULL               -- by which
	        REFERENCES audit (n) ON DELETE CASCADE,
	field   TEXT NOT NULL,                 -- which field
	old     TEXT,                          -- what was there; NULL: nothing
	new     TEXT,                          -- what is there now; NULL: nothing
	PRIMARY KEY (audit_n, field)
) STRICT, WITHOUT ROWID;

-- Answers to creates that carried an Idempotency-Key, for a day.
CREATE TABLE idempotency (
	user_id      INTEGER NOT NULL          -- whose key
	             REFERENCES user (id) ON DELETE CASCADE,
	key          TEXT NOT NULL,            -- what the client sent
	request_hash TEXT NOT NULL,            -- sha256 of the request's body
	status       INTEGER NOT NULL,         -- HTTP status that was answered
	body         TEXT NOT NULL,            -- what was answered
	created_ms   INTEGER NOT NULL,         -- when
	PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created_ms);

-- Whose open connections to instances the next pass cuts: a session of theirs
-- is over, and nobody is asked again about a WebSocket that is open.
CREATE TABLE cut (
	user_id INTEGER PRIMARY KEY            -- whose
	        REFERENCES user (id) ON DELETE CASCADE,
	at_ms   INTEGER NOT NULL               -- asked when
) STRICT;

-- Small facts that outlive a pass: lib/store/meta.def.
CREATE TABLE meta (
	key   TEXT PRIMARY KEY,                -- lib/store/meta.def
	value INTEGER NOT NULL                 -- mostly a time
) STRICT, WITHOUT ROWID;
