/* What is stored may be damaged or hostile: never OK, never outside. */
#include <archive.h>
#include <archive_entry.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "archive/tar.h"
#include "support/archfix.h"

/* ---- damage ---- */

static void
small_home(const char *home)
{
	tree_file(home, "a", 3000, 1);
	ok(fs_mkdir(cx, arena_printf(&cx->arena, "%s/d", home), 0755));
	ck_assert(!symlink("a", arena_printf(&cx->arena, "%s/d/l", home)));
}

static void
overwrite(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
	close(fd);
}

/* Every byte of the object has one bit flipped once. */
START_TEST(flipped_bits)
{
	const char *home = new_dir("home");
	struct archive_meta m;
	struct buf good;
	size_t i;

	small_home(home);
	ok(pack(home, &m));
	read_all(object(""), &good);
	for (i = 0; i < good.len; i++) {
		good.data[i] ^= (char)(1 << i % 8);
		overwrite(object(""), good.data, good.len);
		fails(ERR_CORRUPT, unpack(new_dir("back")));
		if (i % 50 == 0)
			fails(ERR_CORRUPT, store_dir.verify(cx, KEY, &m, NULL));
		good.data[i] ^= (char)(1 << i % 8);
	}
	overwrite(object(""), good.data, good.len);
	ok(unpack(new_dir("back")));
	buf_free(&good);
}
END_TEST

START_TEST(cut_and_lengthened)
{
	const char *home = new_dir("home");
	struct archive_meta m;
	struct buf good;
	size_t i;

	small_home(home);
	ok(pack(home, &m));
	read_all(object(""), &good);
	for (i = 0; i < good.len; i += i < 64 ? 1 : 97) {
		overwrite(object(""), good.data, i);
		fails(ERR_CORRUPT, unpack(new_dir("back")));
		fails(ERR_CORRUPT, store_dir.verify(cx, KEY, &m, NULL));
	}
	for (i = 1; i < 3; i++) {
		buf_putc(&good, '\0');
		overwrite(object(""), good.data, good.len);
		fails(ERR_CORRUPT, unpack(new_dir("back")));
		fails(ERR_CORRUPT, store_dir.verify(cx, KEY, &m, NULL));
	}
	buf_free(&good);
}
END_TEST

START_TEST(markers_that_do_not_fit)
{
	const char *home = new_dir("home");
	struct archive_meta m;
	struct buf data, good;
	size_t i;

	small_home(home);
	ok(pack(home, &m));
	read_all(object(""), &data);
	read_all(object(".meta"), &good);
	for (i = 0; i + 1 < good.len; i++) {
		overwrite(object(".meta"), good.data, i);
		fails(ERR_CORRUPT, unpack(new_dir("back")));
	}
	write_marker(&data, m.content + 1, m.files);
	fails(ERR_CORRUPT, unpack(new_dir("back")));
	write_marker(&data, m.content - 1, m.files);
	fails(ERR_CORRUPT, unpack(new_dir("back")));
	write_marker(&data, m.content, m.files + 1);
	fails(ERR_CORRUPT, unpack(new_dir("back")));
	write_marker(&data, m.content, m.files - 1);
	fails(ERR_CORRUPT, unpack(new_dir("back")));
	write_marker(&data, m.content, m.files);
	ok(unpack(new_dir("back")));
	ck_assert(!unlink(object(".meta")));
	fails(ERR_NOT_FOUND, unpack(new_dir("back")));
	buf_free(&data);
	buf_free(&good);
}
END_TEST

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define REST                                                                   \
	"\"content\":1,\"files\":2,\"skipped\":0,"                             \
	"\"created_at\":\"2026-01-02T03:04:05.678Z\"}"
#define GOOD "{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA "\",\"size\":5," REST

static const char *const bad_markers[] = {
	"",
	"{}",
	"[]",
	"null",
	"5",
	"\"x\"",
	GOOD "x",
	GOOD GOOD,
	" ",
	"{\"format\":\"tar.zst/2\",\"sha256\":\"" SHA "\",\"size\":5," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA "\",\"size\":-5," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA "\",\"size\":5.0," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA "\",\"size\":\"5\"," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA
	"\",\"size\":99999999999999999999," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA
	"\",\"size\":5,\"more\":1," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA "\"," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA "0\",\"size\":5," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"ABC\",\"size\":5," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":[],\"size\":5," REST,
	"{\"format\":\"tar.zst\\u0000\",\"sha256\":\"" SHA
	"\",\"size\":5," REST,
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA
	"\",\"size\":5,\"content\":1,\"files\":2,\"skipped\":0,"
	"\"created_at\":\"2026-13-02T03:04:05.678Z\"}",
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA
	"\",\"size\":5,\"content\":1,\"files\":2,\"skipped\":0,"
	"\"created_at\":\"2026-01-02 03:04:05.678Z\"}",
	"{\"format\":\"tar.zst/1\",\"sha256\":\"" SHA
	"\",\"size\":5,\"content\":1,\"files\":2,\"skipped\":0,"
	"\"created_at\":5}",
	"{'format':'tar.zst/1'}",
	"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}",
};

START_TEST(marker_is_read_strictly)
{
	struct archive_meta m = {.size = 77};
	char big[8000];
	size_t i;

	for (i = 0; i < sizeof(bad_markers) / sizeof(bad_markers[0]); i++) {
		const char *s = bad_markers[i];
		enum err e = archive_meta_parse(cx, s, strlen(s), &m);

		ck_assert_msg(e == ERR_CORRUPT, "%s: %s", s, err_name(e));
		ck_assert_int_eq(m.size, 77);
	}
	memset(big, ' ', sizeof(big));
	fails(ERR_CORRUPT, archive_meta_parse(cx, big, sizeof(big), &m));
	fails(ERR_CORRUPT, archive_meta_parse(cx, GOOD "\0", sizeof(GOOD), &m));
	ok(archive_meta_parse(cx, GOOD, strlen(GOOD), &m));
	ck_assert_int_eq(m.size, 5);
	ck_assert_int_eq(m.content, 1);
	ck_assert_int_eq(m.files, 2);
	ck_assert_int_eq(m.created_ms, INT64_C(1767323045678));
	ck_assert_str_eq(m.sha256, SHA);
}
END_TEST

/* ---- hostile tars ---- */

struct entry {
	const char *path;
	mode_t type; /* 0: end of the list */
	const char *link, *hard, *data;
};

static const struct hostile {
	const char *name;
	struct entry v[4];
} hostile[] = {
	{"absolute", {{"/tmp/roost-evil", AE_IFREG, NULL, NULL, "x"}}},
	{"dot dot", {{"../outside/evil", AE_IFREG, NULL, NULL, "x"}}},
	{"dot dot inside",
	 {{"d", AE_IFDIR, NULL, NULL, NULL},
	  {"d/../../outside/evil", AE_IFREG, NULL, NULL, "x"}}},
	{"only dot dot", {{"..", AE_IFDIR, NULL, NULL, NULL}}},
	{"through a symlink",
	 {{"l", AE_IFLNK, "../outside", NULL, NULL},
	  {"l/evil", AE_IFREG, NULL, NULL, "x"}}},
	{"directory over a symlink",
	 {{"l", AE_IFLNK, "../outside", NULL, NULL},
	  {"l", AE_IFDIR, NULL, NULL, NULL}}},
	{"file over a symlink",
	 {{"l", AE_IFLNK, "../outside/evil", NULL, NULL},
	  {"l", AE_IFREG, NULL, NULL, "x"}}},
	{"symlink in a symlink",
	 {{"l", AE_IFLNK, "../outside", NULL, NULL},
	  {"l/evil", AE_IFLNK, "x", NULL, NULL}}},
	{"hard link out", {{"h", AE_IFREG, NULL, "../outside/victim", NULL}}},
	{"hard link to absolute", {{"h", AE_IFREG, NULL, "/etc/passwd", NULL}}},
	{"hard link through a symlink",
	 {{"l", AE_IFLNK, "../outside", NULL, NULL},
	  {"h", AE_IFREG, NULL, "l/victim", NULL}}},
	{"hard link to nothing", {{"h", AE_IFREG, NULL, "nothing", NULL}}},
	{"hard link to itself", {{"h", AE_IFREG, NULL, "h", NULL}}},
	{"hard link to a directory",
	 {{"d", AE_IFDIR, NULL, NULL, NULL}, {"h", AE_IFREG, NULL, "d", NULL}}},
	{"hard link to the root", {{"h", AE_IFREG, NULL, ".", NULL}}},
	{"character device", {{"n", AE_IFCHR, NULL, NULL, NULL}}},
	{"block device", {{"n", AE_IFBLK, NULL, NULL, NULL}}},
	{"twice",
	 {{"f", AE_IFREG, NULL, NULL, "x"}, {"f", AE_IFREG, NULL, NULL, "y"}}},
	{"twice by another way",
	 {{"f", AE_IFREG, NULL, NULL, "x"},
	  {".//f", AE_IFREG, NULL, NULL, "y"}}},
	{"file as a directory",
	 {{"f", AE_IFREG, NULL, NULL, "x"},
	  {"f/g", AE_IFREG, NULL, NULL, "y"}}},
	{"directory over a file",
	 {{"f", AE_IFREG, NULL, NULL, "x"}, {"f", AE_IFDIR, NULL, NULL, NULL}}},
	{"the root as a file", {{"./", AE_IFREG, NULL, NULL, "x"}}},
	{"the root as a symlink", {{".", AE_IFLNK, "/etc", NULL, NULL}}},
	{"symlink to nothing", {{"l", AE_IFLNK, "", NULL, NULL}}},
};
#define N_HOSTILE ((int)(sizeof(hostile) / sizeof(hostile[0])))

static la_ssize_t
to_buf(struct archive *a, void *arg, const void *p, size_t n)
{
	(void)a;
	buf_add(arg, p, n);
	return (la_ssize_t)n;
}

static struct archive *
open_in(struct archive *a, struct buf *out)
{
	buf_init(out, 64 << 20);
	archive_write_add_filter_zstd(a);
	archive_write_set_bytes_per_block(a, 0);
	ck_assert(!archive_write_open2(a, out, NULL, to_buf, NULL, NULL));
	return a;
}

static struct archive *
tar_begin_in(struct buf *out)
{
	struct archive *a = archive_write_new();

	archive_write_set_format_pax(a);
	return open_in(a, out);
}

/* For bytes that are no tar that libarchive would write. */
static struct archive *
raw_begin_in(struct buf *out)
{
	struct archive *a = archive_write_new();

	archive_write_set_format_raw(a);
	return open_in(a, out);
}

static void
add_entry(struct archive *a, const struct entry *en)
{
	struct archive_entry *e = archive_entry_new();
	size_t n = en->data ? strlen(en->data) : 0;

	archive_entry_set_pathname(e, en->path);
	archive_entry_set_filetype(e, en->type);
	archive_entry_set_perm(e, 0755);
	archive_entry_set_size(e, (la_int64_t)n);
	if (en->link)
		archive_entry_set_symlink(e, en->link);
	if (en->hard)
		archive_entry_set_hardlink(e, en->hard);
	ck_assert_int_ge(archive_write_header(a, e), ARCHIVE_WARN);
	if (n)
		ck_assert_int_eq(archive_write_data(a, en->data, n),
				 (la_ssize_t)n);
	archive_entry_free(e);
}

static void
store_tar(struct archive *a, struct buf *out, long long content,
	  long long files)
{
	ck_assert(!archive_write_close(a));
	archive_write_free(a);
	write_object(buf_str(out), out->len);
	write_marker(out, content, files);
	buf_free(out);
}

START_TEST(hostile_tars)
{
	const struct hostile *h = &hostile[_i];
	const char *back = new_dir("back"), *outside = new_dir("outside");
	long long content = 0, files = 0;
	struct buf out, before, after;
	struct archive *a;
	enum err e;

	tree_file(outside, "victim", 10, 1);
	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	tree_print(outside, &before);
	a = tar_begin_in(&out);
	for (; h->v[files].type; files++) {
		add_entry(a, &h->v[files]);
		content += h->v[files].data ? 1 : 0;
	}
	store_tar(a, &out, content, files);
	e = unpack(back);
	ck_assert_msg(e == ERR_CORRUPT, "%s: %s %s", h->name, err_name(e),
		      cx->why);
	tree_print(outside, &after);
	ck_assert_str_eq(buf_str(&before), buf_str(&after));
	ck_assert(!fs_exists("/tmp/roost-evil"));
	buf_free(&before);
	buf_free(&after);
}
END_TEST

/* Harmless and ours to accept: a symlink that leads out is just a text. */
START_TEST(symlinks_are_text)
{
	static const struct entry v[] = {
		{"l", AE_IFLNK, "../../../etc/passwd", NULL, NULL},
		{"m", AE_IFREG, NULL, "l", NULL},
	};
	const char *back = new_dir("back");
	struct archive *a;
	struct buf out;
	struct stat st;

	a = tar_begin_in(&out);
	add_entry(a, &v[0]);
	add_entry(a, &v[1]);
	store_tar(a, &out, 0, 2);
	ok(unpack(back));
	ck_assert(!lstat(in("back/m"), &st) && S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(more_content_than_said)
{
	struct archive *a;
	struct entry one = {"f", AE_IFREG, NULL, NULL, NULL};
	char *zeros = calloc(1, 1 << 20);
	struct archive_entry *e = archive_entry_new();
	const char *back = new_dir("back");
	struct buf out;
	struct stat st;
	int i;

	a = tar_begin_in(&out);
	archive_entry_set_pathname(e, one.path);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0600);
	archive_entry_set_size(e, 500LL << 20);
	ck_assert(!archive_write_header(a, e));
	for (i = 0; i < 500; i++)
		ck_assert_int_eq(archive_write_data(a, zeros, 1 << 20),
				 1 << 20);
	archive_entry_free(e);
	free(zeros);
	store_tar(a, &out, 1000000, 1);
	fails(ERR_CORRUPT, unpack(back));
	ck_assert(!lstat(in("back/f"), &st));
	ck_assert_int_le(st.st_size, 1000000);
}
END_TEST

START_TEST(more_entries_than_said)
{
	const char *back = new_dir("back");
	struct archive *a;
	struct buf out;
	char name[32];
	int i;

	a = tar_begin_in(&out);
	for (i = 0; i < 100000; i++) {
		struct entry en = {name, AE_IFDIR, NULL, NULL, NULL};

		snprintf(name, sizeof(name), "d%d", i);
		add_entry(a, &en);
	}
	store_tar(a, &out, 0, 20);
	fails(ERR_CORRUPT, unpack(back));
	ck_assert(!fs_exists(in("back/d20")));
	ck_assert(fs_exists(in("back/d19")));
}
END_TEST

START_TEST(claimed_size_without_data)
{
	struct tar_entry en = {"f", TAR_FILE, 0600, 1LL << 50,
			       {0}, NULL,     NULL, NULL};
	struct archive_entry *e = archive_entry_new();
	const char *back = new_dir("back");
	struct archive *a;
	struct buf out;
	struct tar tar;
	bool too_long;

	a = raw_begin_in(&out);
	archive_entry_set_filetype(e, AE_IFREG);
	ck_assert(!archive_write_header(a, e));
	archive_entry_free(e);
	tar_begin(&tar, a);
	ck_assert(tar_header(&tar, &en, &too_long));
	ck_assert(tar_end(&tar));
	tar_free(&tar);
	store_tar(a, &out, 5, 1);
	fails(ERR_CORRUPT, unpack(back));
}
END_TEST

/* A tar within a valid object, and no end of it. */
START_TEST(not_a_tar)
{
	static const char *const texts[] = {"", "hello", "(\xb5/\xfd"};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf b;

		buf_init(&b, 100);
		buf_puts(&b, texts[i]);
		write_object(buf_str(&b), b.len);
		write_marker(&b, 0, 1);
		fails(ERR_CORRUPT, unpack(new_dir("back")));
		buf_free(&b);
	}
}
END_TEST

/* ---- a full disk ---- */

static int
on_small_disk(void)
{
	const char *back = new_dir("small"), *home = in("home");
	struct archive_meta m;
	struct buf data;
	int i;

	/* The mounts go with this process. */
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("roost-test", back, "tmpfs", 0, "size=1m,nr_inodes=4000"))
		return 77;
	tree_file(home, "big", 2 << 20, 1);
	ok(pack(home, &m));
	fails(ERR_NO_SPACE, unpack(back));
	ck_assert(!fs_exists(in("small/big")));
	/* Small enough by its bytes, but each file takes a page. */
	ck_assert(!unlink(in("home/big")));
	for (i = 0; i < 600; i++)
		tree_file(home, arena_printf(&cx->arena, "f%d", i), 10, 1);
	ok(pack(home, &m));
	read_all(object(""), &data);
	fails(ERR_NO_SPACE, unpack(back));
	buf_free(&data);
	umount(back);
	/* And an archive that does not fit its store. */
	if (mount("roost-test", t.site.archives_dir, "tmpfs", 0, "size=1m"))
		return 77;
	tree_file(home, "big", 4 << 20, 1);
	fails(ERR_NO_SPACE, pack(home, &m));
	fails(ERR_NOT_FOUND, store_dir.get_meta(cx, KEY, NULL, &m));
	ck_assert(!fs_exists(object(".part"))); /* room for others again */
	umount(t.site.archives_dir);
	return 0;
}

/* A directory that cannot be looked into is not one without a marker: what
 * reads as unfinished is removed. */
START_TEST(what_cannot_be_looked_at_is_not_absent)
{
	const char *dir =
		arena_printf(&cx->arena, "%s/" KEY, t.site.archives_dir);
	struct archive_names l = {.n = 77};

	new_dir("home");
	ok(pack(in("home"), &(struct archive_meta){.size = 0}));
	ck_assert(!rename(dir, in("aside")));
	ck_assert(!symlink(dir, dir)); /* it leads to itself: ELOOP */
	ck_assert_int_ne(store_dir.list(cx, &l), OK);
	ck_assert_uint_eq(l.n, 77);
	cx_clear(cx);
	ck_assert(!unlink(dir));
	ck_assert(!rename(in("aside"), dir));
	ok(store_dir.list(cx, &l));
	ck_assert_uint_eq(l.n, 1);
	ck_assert(l.fact[0].marked);
}
END_TEST

START_TEST(full_disk)
{
	int r;

	new_dir("home");
	r = geteuid() ? 77 : on_small_disk();
	if (r == 77)
		fprintf(stderr,
			"NOT TESTED: a full disk, without root and mount\n");
	else
		ck_assert_int_eq(r, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("archive_hostile");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, fix_open, fix_close);
	tcase_set_timeout(c, 300);
	tcase_add_test(c, flipped_bits);
	tcase_add_test(c, cut_and_lengthened);
	tcase_add_test(c, markers_that_do_not_fit);
	tcase_add_test(c, marker_is_read_strictly);
	tcase_add_loop_test(c, hostile_tars, 0, N_HOSTILE);
	tcase_add_test(c, symlinks_are_text);
	tcase_add_test(c, more_content_than_said);
	tcase_add_test(c, more_entries_than_said);
	tcase_add_test(c, claimed_size_without_data);
	tcase_add_test(c, not_a_tar);
	tcase_add_test(c, what_cannot_be_looked_at_is_not_absent);
	tcase_add_test(c, full_disk);
	suite_add_tcase(s, c);
	return run_suite(s);
}
