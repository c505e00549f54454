/* Every column of workspace: how it is read, its name (in schema.sql and in
 * struct workspace). SELECT and reader both come from here. */
#ifndef STORE_WS_COLS_H
#define STORE_WS_COLS_H

/* clang-format off */
#define WS_COLUMNS(X)                   \
	X(text,      id)                \
	X(int,       owner_id)          \
	X(text,      name)              \
	X(text,      description)       \
	X(text,      memo)              \
	X(text,      app)               \
	X(status,    status)            \
	X(operation, operation)         \
	X(status,    desired)           \
	X(text,      archive_key)       \
	X(text,      op_id)             \
	X(int,       op_started_ms)     \
	X(int,       op_done)           \
	X(int,       op_total)          \
	X(text,      op_unit)           \
	X(int,       last_access_ms)    \
	X(int,       idle_since_ms)     \
	X(int,       connections)       \
	X(int,       status_changed_ms) \
	X(int,       standby_ttl_s)     \
	X(int,       archive_ttl_s)     \
	X(int,       keep_until_ms)     \
	X(reason,    error_reason)      \
	X(text,      error_message)     \
	X(int,       error_count)       \
	X(int,       next_retry_ms)     \
	X(status,    previous_status)   \
	X(int,       reported_ms)       \
	X(text,      endpoint)          \
	X(int,       slot)              \
	X(text,      boot_id)           \
	X(text,      trash_key)         \
	X(int,       purge_ms)          \
	X(int,       created_ms)        \
	X(int,       updated_ms)        \
	X(int,       deleted_ms)        \
	X(int,       rev)               \
	X(text,      restore_key)
/* clang-format on */

#define WS_COL_(type, name) ", " #name
#define WS_COLS "n" WS_COLUMNS(WS_COL_)

#endif
