/*
 * A home that comes as a tar and goes as one: the same archive as of a
 * directory, nothing less than all of it, and nothing that is not of ours.
 */
#include <archive.h>
#include <archive_entry.h>

#include "archive/tar.h"
#include "support/archfix.h"
#include "support/memtree.h"

#define KEY2                                                                   \
	"11111111-1111-4111-8111-111111111111/"                                \
	"33333333-3333-4333-8333-333333333333"

static enum err
pack_stream_as(const char *key, struct archive_meta *m)
{
	return archive_pack_home(cx, &store_dir, key, &memtree_home, 3, NULL,
				 m);
}

static enum err
unpack_stream(const char *key)
{
	struct archive_meta m;

	return archive_unpack_home(cx, &store_dir, key, &memtree_home, 4711,
				   NULL, &m);
}

static void
open_mem(void)
{
	fix_open();
	memtree_open("");
}

static void
close_mem(void)
{
	memtree_close();
	fix_close();
}

/* Without the word that says that a file has holes. */
static char *
without_holes(const char *path)
{
	struct buf b;
	char *text, *at;

	buf_init(&b, 64 << 20);
	tree_print(path, &b);
	text = strdup(buf_str(&b));
	ck_assert_ptr_nonnull(text);
	buf_free(&b);
	while ((at = strstr(text, " holes")))
		memmove(at, at + 6, strlen(at + 6) + 1);
	return text;
}

static void
same_but_holes(const char *a, const char *b)
{
	char *x = without_holes(a), *y = without_holes(b);
	size_t i;

	for (i = 0; x[i] && x[i] == y[i]; i++)
		;
	while (i && x[i - 1] != '\n')
		i--;
	ck_assert_msg(!strcmp(x, y), "trees differ:\n  %.400s\n  %.400s", x + i,
		      y + i);
	free(x);
	free(y);
}

/* Directory, archive, stream, archive, directory. */
START_TEST(there_and_back)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct archive_meta a, b;

	tree_make(home, (unsigned)_i + 100, 40);
	ok(pack(home, &a));
	ok(unpack_stream(KEY));
	ok(pack_stream_as(KEY2, &b));
	ck_assert_int_eq(a.files, b.files);
	ck_assert_int_ge(b.content, a.content);
	ok(archive_unpack(cx, &store_dir, KEY2, back, -1, NULL, &b));
	same_but_holes(home, back);
}
END_TEST

/* What the other side is told. */
START_TEST(names_have_the_prefix_and_the_owner)
{
	const char *home = new_dir("home");
	struct archive_meta m;
	struct archive_entry *en;
	struct archive *a;
	int n = 0;

	tree_make_portable(home, 7, 20);
	ok(pack(home, &m));
	memtree_prefix = "a/b/";
	ok(unpack_stream(KEY));
	a = archive_read_new();
	ck_assert(!archive_read_support_format_tar(a));
	ck_assert(!archive_read_open_memory(a, memtree.data, memtree.len));
	while (archive_read_next_header(a, &en) == ARCHIVE_OK) {
		const char *hard = archive_entry_hardlink(en);

		ck_assert(!strncmp(archive_entry_pathname(en), "a/b/", 4));
		ck_assert(!hard || !strncmp(hard, "a/b/", 4));
		ck_assert_int_eq(archive_entry_uid(en), 4711);
		ck_assert_int_eq(archive_entry_gid(en), 4711);
		ck_assert(n++ || (archive_entry_perm(en) & 07777) == 0700);
	}
	ck_assert_int_eq(n, m.files);
	archive_read_free(a);
}
END_TEST

/* An owner that has no room in the header itself. */
START_TEST(large_owners)
{
	struct archive_entry *en;
	struct archive_meta m;
	struct archive *a;

	ok(pack(new_dir("home"), &m));
	ok(archive_unpack_home(cx, &store_dir, KEY, &memtree_home, 1900000123,
			       NULL, &m));
	a = archive_read_new();
	ck_assert(!archive_read_support_format_tar(a));
	ck_assert(!archive_read_open_memory(a, memtree.data, memtree.len));
	ck_assert_int_eq(archive_read_next_header(a, &en), ARCHIVE_OK);
	ck_assert_int_eq(archive_entry_uid(en), 1900000123);
	ck_assert_int_eq(archive_entry_gid(en), 1900000123);
	archive_read_free(a);
}
END_TEST

/* A home as a stream: its last file is all zeros, as the end of a tar is. */
static void
zeros_last(struct archive_meta *m)
{
	const char *home = new_dir("home");
	static const char zeros[4096];

	tree_file(home, "a", 3000, 1);
	ok(fs_mkdir(cx, arena_printf(&cx->arena, "%s/d", home), 0755));
	ok(fs_write_sync(cx, arena_printf(&cx->arena, "%s/d/z", home), zeros,
			 sizeof(zeros), 0600));
	ok(pack(home, m));
	ok(unpack_stream(KEY));
}

START_TEST(one_that_stops_before_its_end_is_no_archive)
{
	struct archive_meta m;
	size_t all, i;

	zeros_last(&m);
	all = memtree.len;
	for (i = 1; i < all; i += i % 512 ? 511 : 1) {
		enum err e;

		memtree_ends_after = i;
		e = pack_stream_as(KEY2, &m);
		ck_assert_msg(e && e != ERR_CORRUPT, "%zu of %zu: %s", i, all,
			      err_name(e));
		fails(ERR_NOT_FOUND, store_dir.get_meta(cx, KEY2, NULL, &m));
	}
	memtree_ends_after = 0;
	ok(pack_stream_as(KEY2, &m));
}
END_TEST

START_TEST(what_breaks_the_stream_is_the_error)
{
	struct archive_meta m;
	size_t i;

	zeros_last(&m);
	for (i = 1; i < memtree.len; i += 999) {
		memtree_fails_after = i;
		fails(ERR_UNREACHABLE, pack_stream_as(KEY2, &m));
	}
	memtree_fails_after = 1;
	fails(ERR_UNREACHABLE, pack_stream_as(KEY2, &m));
	tree_file(in("home"), "more", (size_t)3 << 20, 5);
	ok(pack(in("home"), &m));
	fails(ERR_UNREACHABLE, unpack_stream(KEY));
}
END_TEST

static int opened;

static enum err
counted_open(struct cx *c, const char *key, const struct progress *pg,
	     struct store_writer **w)
{
	opened++;
	return store_dir.put_open(c, key, pg, w);
}

/* Invariant 1 of archive.h. */
START_TEST(the_same_home_is_uploaded_once)
{
	struct store_ops counting = store_dir;
	struct archive_meta m, again;
	int i;

	counting.put_open = counted_open;
	zeros_last(&m);
	for (i = 0; i < 3; i++) {
		ok(archive_pack_home(cx, &counting, KEY2, &memtree_home, 3,
				     NULL, &again));
		ck_assert_int_eq(opened, 1);
		ck_assert_str_eq(again.sha256, m.sha256);
	}
	tree_file(in("home"), "new", 10, 5);
	ok(pack(in("home"), &m));
	ok(unpack_stream(KEY));
	ok(archive_pack_home(cx, &counting, KEY2, &memtree_home, 3, NULL,
			     &again));
	ck_assert_int_eq(opened, 2);
	ck_assert_int_eq(again.files, m.files);
}
END_TEST

static bool
give_up(void *arg, int64_t done, int64_t total)
{
	(void)arg, (void)done, (void)total;
	return true;
}

START_TEST(it_can_be_given_up)
{
	struct progress pg = {.tell = give_up}, late = {.deadline_ms = 1};
	struct archive_meta m;

	zeros_last(&m);
	fails(ERR_ABANDONED, archive_pack_home(cx, &store_dir, KEY2,
					       &memtree_home, 3, &pg, &m));
	fails(ERR_TIMEOUT, archive_pack_home(cx, &store_dir, KEY2,
					     &memtree_home, 3, &late, &m));
	fails(ERR_ABANDONED, archive_unpack_home(cx, &store_dir, KEY,
						 &memtree_home, -1, &pg, &m));
}
END_TEST

struct entry {
	const char *path;
	mode_t type; /* 0: end of the list */
	const char *link, *hard;
};

#define DIR_OF(path)                                                           \
	{                                                                      \
		path, AE_IFDIR, NULL, NULL                                     \
	}
#define FILE_OF(path)                                                          \
	{                                                                      \
		path, AE_IFREG, NULL, NULL                                     \
	}

/* Never sent, whatever their marker says. */
static const struct hostile {
	const char *name;
	struct entry v[6];
} hostile[] = {
	{"no root", {FILE_OF("a")}},
	{"root is a file", {FILE_OF(".")}},
	{"root is a symlink", {{".", AE_IFLNK, "/etc", NULL}}},
	{"absolute", {DIR_OF("."), FILE_OF("/etc/evil")}},
	{"dot dot", {DIR_OF("."), FILE_OF("../evil")}},
	{"dot dot inside", {DIR_OF("."), DIR_OF("d"), FILE_OF("d/../../x")}},
	{"through a symlink",
	 {DIR_OF("."), {"l", AE_IFLNK, "/etc", NULL}, FILE_OF("l/evil")}},
	{"a directory becomes a symlink",
	 {DIR_OF("."),
	  DIR_OF("d"),
	  {"d", AE_IFLNK, "/etc", NULL},
	  FILE_OF("d/evil")}},
	{"one above becomes a symlink",
	 {DIR_OF("."),
	  DIR_OF("d"),
	  DIR_OF("d/e"),
	  {"d", AE_IFLNK, "/etc", NULL},
	  FILE_OF("d/e/evil")}},
	{"a directory that was left",
	 {DIR_OF("."), DIR_OF("d"), DIR_OF("e"), FILE_OF("d/f")}},
	{"one that is not there", {DIR_OF("."), FILE_OF("no/f")}},
	{"its name begins alike", {DIR_OF("."), DIR_OF("ab"), FILE_OF("a/f")}},
	{"a link out",
	 {DIR_OF("."), {"h", AE_IFREG, NULL, "../../etc/passwd"}}},
	{"an absolute link",
	 {DIR_OF("."), {"h", AE_IFREG, NULL, "/etc/passwd"}}},
	{"a symlink to nothing", {DIR_OF("."), {"l", AE_IFLNK, "", NULL}}},
	{"a device", {DIR_OF("."), {"d", AE_IFCHR, NULL, NULL}}},
	{"a root twice", {DIR_OF("."), DIR_OF(".")}},
};

static la_ssize_t
to_buf(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	buf_add(arg, p, n);
	return (la_ssize_t)n;
}

static int
add_entries(struct archive *a, const struct entry *en)
{
	int n = 0;

	for (; n < 6 && en[n].type; n++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, en[n].path);
		archive_entry_set_filetype(e, en[n].type);
		archive_entry_set_perm(e, 0755);
		if (en[n].link)
			archive_entry_set_symlink(e, en[n].link);
		if (en[n].hard)
			archive_entry_set_hardlink(e, en[n].hard);
		ck_assert_int_le(archive_write_header(a, e), ARCHIVE_OK);
		archive_entry_free(e);
	}
	return n;
}

static int
store_entries(const struct entry *en)
{
	struct archive *a = archive_write_new();
	struct buf out;
	int n;

	buf_init(&out, 1 << 20);
	ck_assert(!archive_write_set_format_pax(a));
	ck_assert(!archive_write_add_filter_zstd(a));
	ck_assert(!archive_write_set_bytes_per_block(a, 0));
	ck_assert(!archive_write_open(a, &out, NULL, to_buf, NULL));
	n = add_entries(a, en);
	ck_assert(!archive_write_close(a));
	archive_write_free(a);
	write_object(buf_str(&out), out.len);
	write_marker(&out, 0, n);
	buf_free(&out);
	return n;
}

START_TEST(what_none_of_ours_has_is_not_sent)
{
	store_entries(hostile[_i].v);
	ck_assert_msg(unpack_stream(KEY) == ERR_CORRUPT, "%s",
		      hostile[_i].name);
	ck_assert_ptr_null(strstr(cx->why, "cannot be read"));
}
END_TEST

START_TEST(what_ours_have_is)
{
	static const struct entry v[6] = {DIR_OF("."),
					  DIR_OF("a"),
					  DIR_OF("a/b"),
					  FILE_OF("a/b/f"),
					  FILE_OF("a/f"),
					  {"z", AE_IFLNK, "../..", NULL}};

	ck_assert_int_eq(store_entries(v), 6);
	ok(unpack_stream(KEY));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("archive_stream");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, open_mem, close_mem);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, there_and_back, 0, 6);
	tcase_add_test(c, names_have_the_prefix_and_the_owner);
	tcase_add_test(c, large_owners);
	tcase_add_test(c, one_that_stops_before_its_end_is_no_archive);
	tcase_add_test(c, what_breaks_the_stream_is_the_error);
	tcase_add_test(c, the_same_home_is_uploaded_once);
	tcase_add_test(c, it_can_be_given_up);
	tcase_add_loop_test(c, what_none_of_ours_has_is_not_sent, 0,
			    (int)(sizeof(hostile) / sizeof(hostile[0])));
	tcase_add_test(c, what_ours_have_is);
	suite_add_tcase(s, c);
	return run_suite(s);
}
