/* The fields of a form that are the settings, for forms.def: in the order of
 * rules/setting.def and with its bounds; a test compares them. */
#ifndef CGI_FORM_SETTINGS_H
#define CGI_FORM_SETTINGS_H

/* clang-format off */
#define FORM_SETTINGS(form, need) \
	X(form, max_running_per_user, INT, 0, 100000, need) \
	X(form, max_running_global, INT, 0, 100000, need) \
	X(form, max_parallel_operations, INT, 1, 1000, need) \
	X(form, standby_ttl_seconds, INT, 0, 31536000, need) \
	X(form, archive_ttl_seconds, INT, 0, 315360000, need) \
	X(form, keep_max_hours, INT, 0, 8760, need) \
	X(form, traffic_seconds, INT, 1, 3600, need) \
	X(form, traffic_bytes, INT, 1, 1000000000, need) \
	X(form, provisioning_limit_seconds, INT, 1, 86400, need) \
	X(form, restoring_limit_seconds, INT, 1, 86400, need) \
	X(form, starting_limit_seconds, INT, 1, 86400, need) \
	X(form, stopping_limit_seconds, INT, 1, 86400, need) \
	X(form, archiving_limit_seconds, INT, 1, 86400, need) \
	X(form, deleting_limit_seconds, INT, 1, 86400, need) \
	X(form, max_retries, INT, 1, 100, need) \
	X(form, retry_base_seconds, INT, 0, 3600, need) \
	X(form, stable_seconds, INT, 0, 3600, need) \
	X(form, keep_archives, INT, 1, 1000, need) \
	X(form, orphan_seconds, INT, 0, 31536000, need) \
	X(form, stranger_seconds, INT, 0, 315360000, need) \
	X(form, gc_interval_seconds, INT, 0, 31536000, need) \
	X(form, audit_interval_seconds, INT, 0, 31536000, need) \
	X(form, undo_hours, INT, 0, 8760, need) \
	X(form, trash_min_free_percent, INT, 0, 90, need) \
	X(form, session_hours, INT, 1, 8760, need) \
	X(form, archive_level, INT, 1, 19, need)
/* clang-format on */

#endif
