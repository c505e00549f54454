/* A page of workspaces, for sql.def: what is asked, and in which order. */
#ifndef STORE_WS_LISTS_H
#define STORE_WS_LISTS_H

/* clang-format off */
/*
 * A page of workspaces: ?1 owner, ?2 enum ws_which, ?3 part of the name,
 * ?4 phase, ?5 app, ?6 not used since. MINE, PHASE and GONE are read from
 * an index in order of it, however many there are; EVERY asks about all.
 */
#define WS_PHASE                                                               \
	"iif(status = 'PENDING' AND archive_key IS NOT NULL, 'ARCHIVED', status)"
#define WS_NAMED "(?3 IS NULL OR instr(lower(name), lower(?3)) > 0)"
#define WS_LIVES "FROM workspace WHERE owner_id = ?1 AND deleted_ms = 0"
#define WS_MINE WS_LIVES " AND " WS_NAMED
#define WS_MINE_PHASE WS_LIVES " AND " WS_PHASE " = ?4 AND " WS_NAMED
#define WS_KEPT "(status <> 'DELETED' OR trash_key IS NOT NULL)"
#define WS_GONE                                                                \
	"FROM workspace WHERE owner_id = ?1 AND deleted_ms > 0 AND " WS_KEPT   \
	" AND (?4 IS NULL OR ?4 = " WS_PHASE ") AND " WS_NAMED
#define WS_EVERY                                                               \
	"FROM workspace WHERE (?1 = 0 OR owner_id = ?1)"                       \
	" AND (?2 = 2 OR (?2 = 0 AND deleted_ms = 0)"                          \
	" OR (?2 = 1 AND deleted_ms <> 0 AND " WS_KEPT "))"                    \
	" AND (?4 IS NULL OR ?4 = " WS_PHASE ") AND " WS_NAMED                 \
	" AND (?5 IS NULL OR app = ?5)"                                        \
	" AND (?6 = 0 OR last_access_ms < ?6)"
/* ?7 and ?8: sort key and n of the last row of the page before; without them
 * a key that all come after. The text is less than every name, the blob
 * greater; `name` is compared alone too, for the index. */
#define WS_NAME "name COLLATE NOCASE"
#define WS_LAST "coalesce(?7, 9223372036854775807)"
#define WS_LIST(from, seek, order)                                             \
	"SELECT " WS_COLS " " from " AND " seek " ORDER BY " order             \
	" LIMIT ?9 OFFSET ?10"
#define WS_SEEK(key, op, from) "(" key ", n) " op " (" from ", ?8)"
/* In the order of enum ws_sort, up and down; by_n: the order of n is there. */
#define WS_LISTS(set, scan, by_n, from)                                        \
	X(SQL_WS_##set##_NAME_UP, RO, scan, WS_LIST(from,                      \
		WS_NAME " >= coalesce(?7, '') AND "                            \
		WS_SEEK(WS_NAME, ">", "coalesce(?7, '')"), WS_NAME ", n"))     \
	X(SQL_WS_##set##_NAME_DOWN, RO, scan, WS_LIST(from,                    \
		WS_NAME " <= coalesce(?7, x'') AND "                           \
		WS_SEEK(WS_NAME, "<", "coalesce(?7, x'')"),                    \
		WS_NAME " DESC, n DESC"))                                      \
	X(SQL_WS_##set##_CREATED_UP, RO, by_n, WS_LIST(from,                   \
		"n > coalesce(?7, 0)", "n"))                                   \
	X(SQL_WS_##set##_CREATED_DOWN, RO, by_n, WS_LIST(from,                 \
		"n < " WS_LAST, "n DESC"))                                     \
	X(SQL_WS_##set##_UPDATED_UP, RO, scan, WS_LIST(from,                   \
		WS_SEEK("updated_ms", ">", "coalesce(?7, -1)"),                \
		"updated_ms, n"))                                              \
	X(SQL_WS_##set##_UPDATED_DOWN, RO, scan, WS_LIST(from,                 \
		WS_SEEK("updated_ms", "<", WS_LAST),                           \
		"updated_ms DESC, n DESC"))                                    \
	X(SQL_WS_##set##_ACCESS_UP, RO, scan, WS_LIST(from,                    \
		WS_SEEK("last_access_ms", ">", "coalesce(?7, -1)"),            \
		"last_access_ms, n"))                                          \
	X(SQL_WS_##set##_ACCESS_DOWN, RO, scan, WS_LIST(from,                  \
		WS_SEEK("last_access_ms", "<", WS_LAST),                       \
		"last_access_ms DESC, n DESC"))
/* clang-format on */

#endif
