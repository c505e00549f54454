/* GNU tar and zstd read our archives, and we read theirs. */
#include "base/proc.h"
#include "support/archfix.h"

static void
run(const char *const argv[])
{
	struct buf out;
	int status;

	buf_init(&out, 1 << 20);
	ok(proc_run(cx, argv, 60000, &out, &status));
	ck_assert_msg(status == 0, "%s: %d: %.800s", argv[0], status,
		      buf_str(&out));
	buf_free(&out);
}

static void
tar_extract(const char *to)
{
	const char *argv[] = {"tar",	  "--zstd", "--xattrs", "--acls",
			      "--sparse", "-xpf",   object(""), "-C",
			      to,	  NULL};

	run(argv);
}

START_TEST(tar_reads_ours)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct archive_meta m;

	tree_make_portable(home, (unsigned)_i * 31U + 5, 150);
	ok(pack(home, &m));
	tar_extract(back);
	same_trees(home, back);
}
END_TEST

static void
tar_create(const char *format, const char *from, const char *to)
{
	const char *argv[] =
		{"tar",	   arena_printf(&cx->arena, "--format=%s", format),
		 "--zstd", "--sparse",
		 "-cf",	   to,
		 "-C",	   from,
		 ".",	   NULL};

	run(argv);
}

/* tar counts the data of files with holes as it likes: what fits is found by
 * what we say does not. */
static void
mark_as_it_is(const struct buf *data, int64_t files)
{
	long long content = -1;
	struct archive_meta m;
	const char *tail;

	write_marker(data, 1 << 28, files);
	ck_assert_int_ne(archive_unpack(cx, &store_dir, KEY, new_dir("probe"),
					-1, NULL, &m),
			 OK);
	tail = strstr(cx->why, " entries and ");
	ck_assert_msg(tail && sscanf(tail, " entries and %lld bytes",
				     &content) == 1,
		      "%s", cx->why);
	write_marker(data, content, files);
}

static void
same_bytes(const char *one, const char *two)
{
	struct buf a, b;

	read_all(one, &a);
	read_all(two, &b);
	ck_assert(a.len == b.len && !memcmp(a.data, b.data, a.len));
	buf_free(&a);
	buf_free(&b);
}

START_TEST(we_read_tars)
{
	static const char *const formats[] = {"pax", "gnu"};
	const char *home = new_dir("home"), *back = new_dir("back");
	struct buf data;
	int64_t files, bytes;

	/* Only what all of these formats can hold. */
	tree_file(home, "plain", 70000, 1);
	ok(fs_mkdir(cx, in("home/d"), 0755));
	tree_file(in("home/d"), "x", 5, 2);
	ck_assert(!symlink("../plain", in("home/d/l")));
	ck_assert(!link(in("home/plain"), in("home/d/second")));
	tar_create(formats[_i], home, in("t"));
	read_all(in("t"), &data);
	write_object(buf_str(&data), data.len);
	ok(archive_measure(cx, home, &bytes, &files));
	write_marker(&data, 70005, files);
	ok(unpack(back));
	buf_free(&data);
	same_bytes(in("home/plain"), in("back/d/second"));
}
END_TEST

START_TEST(we_read_sparse_tars)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	int fd = open(in("home/holes"), O_WRONLY | O_CREAT, 0600);
	struct buf data;

	ck_assert_int_eq(pwrite(fd, "begin", 5, 0), 5);
	ck_assert_int_eq(pwrite(fd, "end", 3, 5 << 20), 3);
	close(fd);
	tar_create("pax", home, in("t"));
	read_all(in("t"), &data);
	write_object(buf_str(&data), data.len);
	mark_as_it_is(&data, 2);
	ok(unpack(back));
	buf_free(&data);
	same_bytes(in("home/holes"), in("back/holes"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("archive_others");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, fix_open, fix_close);
	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, tar_reads_ours, 0, 15);
	tcase_add_loop_test(c, we_read_tars, 0, 2);
	tcase_add_test(c, we_read_sparse_tars);
	suite_add_tcase(s, c);
	return run_suite(s);
}
