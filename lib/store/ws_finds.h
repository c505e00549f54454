/* The workspaces that a filter fits, for sql.def: what is asked, from which
 * index, in which order. */
#ifndef STORE_WS_FINDS_H
#define STORE_WS_FINDS_H

#include "store/ws_lists.h"

/* clang-format off */
/*
 * ?1 owner, ?2 phase, ?3 app, ?4 part of the name, ?5 operation, ?6 reason
 * ('': any), ?7 pinned, ?8 and ?9 last used (from, before), ?10 and ?11 made
 * (from, before), ?12 now; 0 or NULL: any. Each set is read from the index of
 * what it must be, in its order; the rest is looked at row by row.
 */
#define FIND_PHASE WS_PHASE " = ?2"
#define FIND_REST                                                              \
	"(?1 = 0 OR owner_id = ?1) AND (?2 IS NULL OR " FIND_PHASE ")"         \
	" AND (?3 IS NULL OR app = ?3)"                                        \
	" AND (?4 IS NULL OR instr(lower(name), lower(?4)) > 0)"               \
	" AND (?5 IS NULL OR operation = ?5)"                                  \
	" AND (?6 IS NULL OR iif(?6 = '', error_reason <> '',"                 \
	" error_reason = ?6))"                                                 \
	" AND (?7 < 0 OR (standby_ttl_s = 0 OR keep_until_ms > ?12) = ?7)"     \
	" AND last_access_ms >= ?8 AND last_access_ms < ?9"                    \
	" AND created_ms >= ?10 AND created_ms < ?11"
#define FIND_FROM(index, must)                                                 \
	"FROM workspace INDEXED BY " index " WHERE " must " AND " FIND_REST
#define FIND_ALL FIND_FROM("workspace_living", "deleted_ms = 0")
#define FIND_GONE                                                              \
	FIND_FROM("workspace_gone", "deleted_ms <> 0 AND " WS_KEPT)
#define FIND_BY_PHASE                                                          \
	FIND_FROM("workspace_phases", "deleted_ms = 0 AND " FIND_PHASE)
#define FIND_BY_APP                                                            \
	FIND_FROM("workspace_app", "deleted_ms = 0 AND app = ?3")
#define FIND_BY_OWNER                                                          \
	FIND_FROM("workspace_owner", "deleted_ms = 0 AND owner_id = ?1")
#define FIND_BY_BOTH                                                           \
	FIND_FROM("workspace_phase", "deleted_ms = 0 AND owner_id = ?1"        \
		  " AND " FIND_PHASE)
#define FIND_BY_USE FIND_FROM("workspace_used", "deleted_ms = 0")
#define FIND_OWN_BY_USE                                                        \
	FIND_FROM("workspace_access", "deleted_ms = 0 AND owner_id = ?1")

/* ?13 and ?14: last use and n of the row beyond which the page begins. */
#define FIND_PAGE(from, seek, order)                                           \
	"SELECT " WS_COLS " " from " AND " seek " ORDER BY " order " LIMIT ?15"
/* The newest first; BACK from there towards the beginning. */
#define FIND_BY_N(set, from)                                                   \
	X(SQL_FIND_##set, RO, SEEK, FIND_PAGE(from,                            \
		"?13 >= 0 AND n < ?14", "n DESC"))                             \
	X(SQL_FIND_##set##_BACK, RO, SEEK, FIND_PAGE(from,                     \
		"?13 >= 0 AND n > ?14", "n"))
/* The one not used for the longest time first. */
#define FIND_BY_MS(set, from)                                                  \
	X(SQL_FIND_##set, RO, SEEK, FIND_PAGE(from,                            \
		"(last_access_ms, n) > (?13, ?14)", "last_access_ms, n"))      \
	X(SQL_FIND_##set##_BACK, RO, SEEK, FIND_PAGE(from,                     \
		"(last_access_ms, n) < (?13, ?14)",                            \
		"last_access_ms DESC, n DESC"))
/* All that fit; and where nothing but the index's own keys is asked for, the
 * count of the index alone, with these keys from ?1 on. */
#define FIND_TOTAL(set, scan, from, plain)                                     \
	X(SQL_FIND_##set##_TOTAL, RO, scan, "SELECT count(*) " from)           \
	X(SQL_FIND_##set##_COUNT, RO, scan,                                    \
	  "SELECT count(*) FROM workspace INDEXED BY " plain)
/* clang-format on */

#endif
