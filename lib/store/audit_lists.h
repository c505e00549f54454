/* A page of the audit, for sql.def: what is asked, and in which direction. */
#ifndef STORE_AUDIT_LISTS_H
#define STORE_AUDIT_LISTS_H

/* clang-format off */
/* A page of the audit: ?1 actor, ?2 action, ?3 target, ?4 from, ?5 to, ?6 and
 * ?7 the last row of the page before, ?8 limit. narrow: what an index finds;
 * each has the time behind it. */
#define AUDIT_PAGE(narrow, op, order)                                          \
	"SELECT n, at_ms, user_id, actor, action, target, detail FROM audit"   \
	" WHERE (?1 IS NULL OR actor = ?1 COLLATE NOCASE)"                     \
	" AND (?2 IS NULL OR action = ?2)"                                     \
	" AND (?3 IS NULL OR target = ?3 COLLATE NOCASE)" narrow               \
	" AND at_ms >= ?4 AND at_ms < ?5 AND (at_ms, n) " op " (?6, ?7)"       \
	" ORDER BY at_ms " order ", n " order " LIMIT ?8"
#define AUDIT_PAGES(set, narrow)                                               \
	X(SQL_AUDIT_##set, RO, SEEK, AUDIT_PAGE(narrow, "<", "DESC"))          \
	X(SQL_AUDIT_##set##_BACK, RO, SEEK, AUDIT_PAGE(narrow, ">", ""))
/* clang-format on */

#endif
