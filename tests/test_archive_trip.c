/* A home into an archive and back again: everything is as it was. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "support/archfix.h"

#include "base/clock.h"

START_TEST(random_trees_come_back)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct archive_meta m;
	int64_t bytes, files;

	tree_make(home, (unsigned)_i * 7919U + 1, 150);
	ok(pack(home, &m));
	ok(unpack(back));
	same_trees(home, back);
	ok(archive_measure(cx, home, &bytes, &files));
	ck_assert_int_eq(files, m.files);
	ck_assert_int_eq(m.skipped, 0);
	ck_assert_str_eq(m.format, "tar.zst/1");
}
END_TEST

START_TEST(empty_home)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct archive_meta m;
	struct stat st;

	ok(pack(home, &m));
	ck_assert_int_eq(m.files, 1);
	ck_assert_int_eq(m.content, 0);
	ok(unpack(back));
	ck_assert(!lstat(back, &st));
	ck_assert_int_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(root_is_private_whatever_it_was)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct timespec when[2] = {{.tv_sec = 5}, {.tv_sec = 77}};
	struct archive_meta m;
	struct stat st;

	ck_assert(!chmod(home, 0777));
	ck_assert(!utimensat(AT_FDCWD, home, when, 0));
	ok(pack(home, &m));
	ok(unpack(back));
	ck_assert(!lstat(back, &st));
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(st.st_mtim.tv_sec, 77);
}
END_TEST

/* Deeper than any path may be long, and than descriptors are open. */
START_TEST(ten_thousand_levels)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	enum { DEPTH = 10000 };
	struct archive_meta m;
	int at = open(home, O_RDONLY | O_DIRECTORY), i, next, fd;
	char text[8] = "";

	for (i = 0; i < DEPTH; i++) {
		ck_assert(!mkdirat(at, "d", 0755));
		next = openat(at, "d", O_RDONLY | O_DIRECTORY);
		ck_assert_int_ge(next, 0);
		if (i % 1000 == 0)
			ck_assert(!symlinkat("x", at, "beside"));
		close(at);
		at = next;
	}
	fd = openat(at, "leaf", O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, "bottom", 6), 6);
	close(fd);
	close(at);
	ok(pack(home, &m));
	ck_assert_int_eq(m.files, DEPTH + 10 + 2);
	ok(unpack(back));
	at = open(back, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < DEPTH; i++) {
		next = openat(at, "d", O_RDONLY | O_DIRECTORY);
		ck_assert_int_ge(next, 0);
		close(at);
		at = next;
	}
	fd = openat(at, "leaf", O_RDONLY);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 6);
	ck_assert_str_eq(text, "bottom");
	close(fd);
	close(at);
}
END_TEST

START_TEST(a_path_that_cannot_be_kept_fails)
{
	const char *home = new_dir("home");
	struct archive_meta m;
	char name[256];
	int at = open(home, O_RDONLY | O_DIRECTORY), i, next;

	memset(name, 'n', 255);
	name[255] = '\0';
	for (i = 0; i < 1100; i++) {
		ck_assert(!mkdirat(at, name, 0755));
		next = openat(at, name, O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	close(at);
	fails(ERR_ACTION, pack(home, &m));
	fails(ERR_NOT_FOUND, store_dir.get_meta(cx, KEY, NULL, &m));
}
END_TEST

/* Just below that limit it must come back. */
START_TEST(the_longest_path_comes_back)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct archive_meta m;
	char name[256];
	int at = open(home, O_RDONLY | O_DIRECTORY), i, next;

	memset(name, 'n', 255);
	name[255] = '\0';
	for (i = 0; i < 1023; i++) {
		ck_assert(!mkdirat(at, name, 0755));
		next = openat(at, name, O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	close(at);
	ok(pack(home, &m));
	ok(unpack(back));
}
END_TEST

START_TEST(sockets_and_devices_are_counted)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM, 0), skipped = 1;
	struct archive_meta m;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/sock", home);
	ck_assert(!bind(s, (struct sockaddr *)&sa, sizeof(sa)));
	if (!mknod(in("home/null"), S_IFCHR | 0600, makedev(1, 3)))
		skipped++;
	ck_assert(!mkfifo(in("home/pipe"), 0600));
	ok(pack(home, &m));
	ck_assert_int_eq(m.skipped, skipped);
	ck_assert_int_eq(m.files, 2);
	ok(unpack(back));
	ck_assert(fs_exists(in("back/pipe")));
	ck_assert(!fs_exists(in("back/sock")));
	close(s);
}
END_TEST

START_TEST(access_lists_come_back)
{
	/* version 2: user::rw-, user:1234:r--, group::r--, mask::r--,
	 * other::--- */
	static const unsigned char acl[] = {2,	  0,	0,    0,    1,	  0,
					    6,	  0,	0xff, 0xff, 0xff, 0xff,
					    2,	  0,	4,    0,    0xd2, 4,
					    0,	  0,	4,    0,    4,	  0,
					    0xff, 0xff, 0xff, 0xff, 0x10, 0,
					    4,	  0,	0xff, 0xff, 0xff, 0xff,
					    0x20, 0,	0,    0,    0xff, 0xff,
					    0xff, 0xff};
	const char *home = new_dir("home"), *back = new_dir("back");
	struct archive_meta m;

	tree_file(home, "f", 10, 1);
	ok(fs_mkdir(cx, in("home/d"), 0755));
	if (setxattr(in("home/f"), "system.posix_acl_access", acl, sizeof(acl),
		     0)) {
		fprintf(stderr, "NOT TESTED: no access lists here: %s\n",
			strerror(errno));
		return;
	}
	ck_assert(!setxattr(in("home/d"), "system.posix_acl_default", acl,
			    sizeof(acl), 0));
	tree_file(in("home/d"), "inherits", 10, 1);
	ok(pack(home, &m));
	ok(unpack(back));
	same_trees(home, back);
}
END_TEST

START_TEST(many_islands_come_back)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	int fd = open(in("home/f"), O_WRONLY | O_CREAT, 0600), i;
	struct archive_meta m;
	struct stat st;

	/* More than a map may have: the smallest holes are filled in. */
	for (i = 0; i < 20000; i++)
		ck_assert_int_eq(pwrite(fd, "x", 1, (off_t)i * 16384), 1);
	ck_assert(!ftruncate(fd, 20LL << 30));
	close(fd);
	ok(pack(home, &m));
	ok(unpack(back));
	ck_assert(!lstat(in("back/f"), &st));
	ck_assert_int_eq(st.st_size, 20LL << 30);
	ck_assert_int_lt(st.st_blocks * 512, 1LL << 30);
	fd = open(in("back/f"), O_RDONLY);
	for (i = 0; i < 20000; i++) {
		char c[2];

		ck_assert_int_eq(pread(fd, c, 2, (off_t)i * 16384), 2);
		ck_assert(c[0] == 'x' && c[1] == 0);
	}
	close(fd);
}
END_TEST

/* 4 GB, of which the ends are there. */
START_TEST(a_large_hole_stays_one)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	const off_t end = (off_t)4 << 30;
	int fd = open(in("home/f"), O_WRONLY | O_CREAT, 0600);
	struct archive_meta m;
	struct stat st;
	char text[8];

	ck_assert_int_eq(pwrite(fd, "begin", 5, 0), 5);
	ck_assert_int_eq(pwrite(fd, "end", 3, end - 3), 3);
	close(fd);
	ok(pack(home, &m));
	ck_assert_int_lt(m.size, 1 << 20);
	ok(unpack(back));
	ck_assert(!lstat(in("back/f"), &st));
	ck_assert_int_eq(st.st_size, end);
	ck_assert_int_lt(st.st_blocks * 512, 1 << 20);
	fd = open(in("back/f"), O_RDONLY);
	ck_assert_int_eq(pread(fd, text, 6, 0), 6);
	ck_assert(!memcmp(text, "begin", 6));
	ck_assert_int_eq(pread(fd, text, 4, end - 4), 4);
	ck_assert(!memcmp(text, "\0end", 4));
	close(fd);
}
END_TEST

/* ROOST_FILES=N: how many (10000); N is told, with what it took. */
START_TEST(many_files_come_back)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	const char *v = getenv("ROOST_FILES");
	long n = v ? strtol(v, NULL, 10) : 10000;
	int64_t made, packed;
	struct archive_meta m;
	struct rusage use;

	for (long i = 0; i < n; i++) {
		char path[256];
		int fd;

		snprintf(path, sizeof path, "%s/d%ld", home, i / 1000);
		ck_assert(i % 1000 || !mkdir(path, 0700));
		snprintf(path, sizeof path, "%s/d%ld/f%ld", home, i / 1000, i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		ck_assert_int_eq(write(fd, path, 20), 20);
		close(fd);
	}
	made = clock_mono_ms();
	ok(pack(home, &m));
	packed = clock_mono_ms();
	ck_assert_int_ge(m.files, n);
	ok(unpack(back));
	getrusage(RUSAGE_SELF, &use);
	printf("%ld files: packed in %lld ms, unpacked in %lld ms, %ld KiB\n",
	       n, (long long)(packed - made),
	       (long long)(clock_mono_ms() - packed), use.ru_maxrss);
	if (n <= 20000)
		same_trees(home, back);
}
END_TEST

START_TEST(owner_is_who_is_named)
{
	const char *home = new_dir("home"), *back = new_dir("back");
	struct archive_meta m;
	struct stat st;

	if (geteuid()) {
		fprintf(stderr, "NOT TESTED: owners, without root\n");
		return;
	}
	tree_file(home, "su", 10, 1);
	ck_assert(!chmod(in("home/su"), 06755));
	ok(fs_mkdir(cx, in("home/d"), 0755));
	ck_assert(!symlink("x", in("home/d/l")));
	ok(pack(home, &m));
	ok(archive_unpack(cx, &store_dir, KEY, back, 12345, NULL, &m));
	ck_assert(!lstat(back, &st) && st.st_uid == 12345);
	ck_assert(!lstat(in("back/d"), &st) && st.st_uid == 12345);
	ck_assert(!lstat(in("back/d/l"), &st) && st.st_uid == 12345);
	ck_assert(!lstat(in("back/su"), &st) && st.st_uid == 12345);
	ck_assert(st.st_gid == 12345);
	/* Its old owner's rights are not the new one's. */
	ck_assert_int_eq(st.st_mode & 07777, 0755);
}
END_TEST

/* As a plain user: what its owner may not read is archived all the same. */
static int
as_plain_user(void)
{
	const char *home, *back;
	struct archive_meta m;
	struct stat st;

	if (!geteuid() && (setgid(65534) || setuid(65534)))
		return 1;
	home = new_dir("home");
	back = new_dir("back");
	tree_file(home, "none", 5000, 1);
	tree_file(home, "writeonly", 10, 2);
	ok(fs_mkdir(cx, in("home/closed"), 0700));
	tree_file(in("home/closed"), "inside", 10, 3);
	ok(fs_mkdir(cx, in("home/closed/deeper"), 0700));
	ck_assert(!chmod(in("home/none"), 0));
	ck_assert(!chmod(in("home/writeonly"), 0200));
	ck_assert(!chmod(in("home/closed/deeper"), 0300));
	ck_assert(!chmod(in("home/closed"), 0));
	ok(pack(home, &m));
	ck_assert(!lstat(in("home/none"), &st) && !(st.st_mode & 0777));
	ck_assert(!lstat(in("home/closed"), &st) && !(st.st_mode & 0777));
	ok(unpack(back));
	ck_assert(!lstat(in("back/none"), &st) && !(st.st_mode & 0777));
	ck_assert(!lstat(in("back/closed"), &st) && !(st.st_mode & 0777));
	ck_assert(!chmod(in("back/closed"), 0700));
	ck_assert(!chmod(in("home/closed"), 0700));
	ck_assert(!lstat(in("back/closed/deeper"), &st));
	ck_assert_int_eq(st.st_mode & 0777, 0300);
	ck_assert(!chmod(in("back/none"), 0600));
	ck_assert(!lstat(in("back/none"), &st) && st.st_size == 5000);
	return 0;
}

START_TEST(unreadable_for_its_owner)
{
	int status;
	pid_t pid;

	if (!geteuid()) {
		ck_assert(!chown(t.dir, 65534, 65534));
		ck_assert(!chown(t.site.archives_dir, 65534, 65534));
	}
	pid = fork();
	if (!pid)
		_exit(as_plain_user());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Somebody else's file that we may not read: nothing is left out quietly. */
static int
with_foreign_file(void)
{
	struct archive_meta m;

	if (setgid(65534) || setuid(65534))
		return 1;
	fails(ERR_IO, pack(in("home"), &m));
	return store_dir.get_meta(cx, KEY, NULL, &m) == ERR_NOT_FOUND ? 0 : 1;
}

START_TEST(what_cannot_be_read_fails)
{
	const char *home = new_dir("home");
	int status;
	pid_t pid;

	if (geteuid()) {
		fprintf(stderr, "NOT TESTED: owners, without root\n");
		return;
	}
	tree_file(home, "foreign", 10, 1);
	ck_assert(!chmod(in("home/foreign"), 0600));
	ck_assert(!chown(t.dir, 65534, 65534));
	ck_assert(!chown(home, 65534, 65534));
	ck_assert(!chown(t.site.archives_dir, 65534, 65534));
	pid = fork();
	if (!pid)
		_exit(with_foreign_file());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("archive_trip");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, fix_open, fix_close);
	tcase_set_timeout(c, 300);
	tcase_add_loop_test(c, random_trees_come_back, 0, 40);
	tcase_add_test(c, empty_home);
	tcase_add_test(c, root_is_private_whatever_it_was);
	tcase_add_test(c, ten_thousand_levels);
	tcase_add_test(c, a_path_that_cannot_be_kept_fails);
	tcase_add_test(c, the_longest_path_comes_back);
	tcase_add_test(c, sockets_and_devices_are_counted);
	tcase_add_test(c, access_lists_come_back);
	tcase_add_test(c, many_islands_come_back);
	tcase_add_test(c, a_large_hole_stays_one);
	tcase_add_test(c, many_files_come_back);
	tcase_add_test(c, owner_is_who_is_named);
	tcase_add_test(c, unreadable_for_its_owner);
	tcase_add_test(c, what_cannot_be_read_fails);
	suite_add_tcase(s, c);
	return run_suite(s);
}
