#include "archive/bounds.h"

#include "archive/nest.h"
#include "base/fault.h"

void
bounds_begin(struct bounds *b)
{
	buf_init(&b->path, NEST_PATH_MAX);
}

void
bounds_end(struct bounds *b)
{
	buf_free(&b->path);
}

static const char *
first_of(const char *raw, const char *utf8)
{
	return raw ? raw : utf8;
}

const char *
bounds_symlink(struct archive_entry *entry)
{
	return first_of(archive_entry_symlink(entry),
			archive_entry_symlink_utf8(entry));
}

enum err
bounds_entry(struct bounds *b, struct archive_entry *entry, const char **link)
{
	const char *raw = first_of(archive_entry_pathname(entry),
				   archive_entry_pathname_utf8(entry));
	enum err e;

	if (FAULT(FAULT_UNPACK_WRITE))
		return cx_fail(b->cx, ERR_IO, "fault: unpack an entry");
	if (++b->files > b->meta->files)
		return cx_fail(b->cx, ERR_CORRUPT,
			       "the archive has more than the %lld entries"
			       " that its marker says",
			       (long long)b->meta->files);
	if (!raw)
		return cx_fail(b->cx, ERR_CORRUPT,
			       "the archive has an entry without a name");
	if ((e = nest_clean(b->cx, raw, &b->path)) ||
	    (e = tick_add(b->tick, 0)))
		return e;
	*link = first_of(archive_entry_hardlink(entry),
			 archive_entry_hardlink_utf8(entry));
	return OK;
}

enum err
bounds_content(struct bounds *b, int64_t at, size_t n, int64_t size)
{
	if (at < 0 || at > size || (int64_t)n > size - at)
		return cx_fail(b->cx, ERR_CORRUPT,
			       "%.200s is longer than its header says",
			       buf_str(&b->path));
	if ((int64_t)n > b->meta->content - b->content)
		return cx_fail(b->cx, ERR_CORRUPT,
			       "the archive holds more than the %lld bytes"
			       " that its marker says",
			       (long long)b->meta->content);
	b->content += (int64_t)n;
	return tick_add(b->tick, (int64_t)n);
}

enum err
bounds_unreadable(struct bounds *b, struct archive *a)
{
	const char *why = archive_error_string(a);

	if (*b->broken)
		return *b->broken;
	return cx_fail(b->cx, ERR_CORRUPT,
		       "the archive cannot be read at %.200s: %s",
		       buf_str(&b->path), why ? why : "?");
}

enum err
bounds_check(struct bounds *b)
{
	if (b->files == b->meta->files && b->content == b->meta->content)
		return OK;
	return cx_fail(b->cx, ERR_CORRUPT,
		       "the archive has %lld entries and %lld bytes,"
		       " its marker says %lld and %lld",
		       (long long)b->files, (long long)b->content,
		       (long long)b->meta->files, (long long)b->meta->content);
}
