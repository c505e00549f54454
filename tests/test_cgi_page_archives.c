/* The archives of a workspace, and going back to any of them. */
#include "support/cgifix.h"

#include "archive/archive.h"

static const char *
home_with(const char *word)
{
	const char *dir = fmt("%s/%s", t.dir, word);

	ok(fs_mkdir(cx, dir, 0700));
	ok(fs_write_sync(cx, fmt("%s/word", dir), word, strlen(word), 0600));
	return dir;
}

/* An archive of it, and the history that says so; its op_id. */
static const char *
archived(const char *id, const char *word)
{
	const char *op_id = new_id(), *key = fmt("%s/%s", id, op_id);
	struct ws_outcome o = {.status = STATUS_PENDING,
			       .error = WS_ERROR_CLEAR,
			       .set_archive = true,
			       .archive_key = key};
	struct archive_meta meta;
	struct workspace w = get(id);

	ok(archive_pack(cx, &store_dir, key, home_with(word), 1, NULL, &meta));
	ok(op_begin(cx, db, id, w.rev, w.status, OPERATION_ARCHIVING, op_id,
		    &w));
	ok(op_end(cx, db, id, op_id, RESULT_OK, meta.content, &o, &w));
	return op_id;
}

static int
choose(const char *cookie, const char *id, const char *op_id)
{
	return press(cookie, fmt("/workspaces/%s/restore", id),
		     fmt("csrf=ann-token&archive=%s", op_id));
}

START_TEST(a_page_lists_what_the_store_has)
{
	struct workspace w = create(&ann_who, "w");
	const char *one = archived(w.id, "one"), *two = archived(w.id, "two");

	ck_assert_int_eq(look(ann_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(says(fmt("/restore?archive=%s", one)));
	ck_assert(says(fmt("/restore?archive=%s", two)));
	ck_assert(says("3 B in 2 files"));
	ok(store_dir.remove(cx, fmt("%s/%s", w.id, one)));
	ck_assert_int_eq(look(ann_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(!says(one));
	ask("GET", fmt("/api/v1/workspaces/%s/archives", w.id));
	as(ann_cookie);
	ck_assert_int_eq(answered(), 200);
	ck_assert(says(fmt("\"op_id\":\"%s\"", two)));
	ck_assert(says("\"content\":3,\"files\":2,\"current\":true"));
}
END_TEST

/* The page asks first, names what happens, and says which. */
/* A page that follows an operation asks no store for each step of it. */
START_TEST(a_page_that_follows_leaves_them_out)
{
	struct workspace w = create(&ann_who, "w");
	const char *path = fmt("/workspaces/%s", w.id);

	ok(op_begin(cx, db, w.id, w.rev, w.status, OPERATION_PROVISIONING,
		    new_id(), &w));
	ask("GET", path);
	browser();
	as(ann_cookie);
	set("HTTP_SEC_FETCH_MODE", "cors");
	ck_assert_int_eq(answered(), 200);
	ck_assert(says("id=\"history\"") && !says("id=\"archives\""));
	ck_assert_int_eq(look(ann_cookie, path), 200);
	ck_assert(says("id=\"archives\""));
}
END_TEST

START_TEST(any_of_them_is_restored)
{
	struct workspace w = create(&ann_who, "w");
	const char *one = archived(w.id, "one");

	(void)archived(w.id, "two");
	ck_assert_int_eq(look(ann_cookie,
			      fmt("/workspaces/%s/restore?archive=%s", w.id,
				  one)),
			 200);
	ck_assert(says(fmt("name=\"archive\" value=\"%s\"", one)));
	ck_assert(says("The other archives stay"));
	becomes(w.id, STATUS_STANDBY);
	ck_assert_int_eq(look(ann_cookie,
			      fmt("/workspaces/%s/restore?archive=%s", w.id,
				  one)),
			 200);
	ck_assert(says("is archived. Then"));
	ck_assert_int_eq(choose(ann_cookie, w.id, one), 303);
	ck_assert_str_eq(get(w.id).restore_key, fmt("%s/%s", w.id, one));
	ck_assert_int_eq(get(w.id).desired, STATUS_RUNNING);
	ck_assert_str_eq(audited(),
			 fmt("ann workspace.restore %s/%s", w.id, one));
	ck_assert_int_eq(look(ann_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(says("Chosen"));
}
END_TEST

START_TEST(what_is_no_archive_of_it_is_refused)
{
	struct workspace w = create(&ann_who, "w");
	struct workspace other = create(&bob_who, "b");
	const char *one = archived(w.id, "one");
	const char *his = archived(other.id, "his");
	int64_t rev = get(w.id).rev;

	ck_assert_int_eq(choose(ann_cookie, w.id, his), 400);
	ck_assert_int_eq(choose(ann_cookie, w.id, new_id()), 400);
	ck_assert_int_eq(choose(ann_cookie, other.id, his), 403);
	ck_assert_int_eq(look(ann_cookie,
			      fmt("/workspaces/%s/restore?archive=%s", w.id,
				  his)),
			 400);
	ck_assert_int_eq(get(w.id).rev, rev);
	ask("POST", fmt("/api/v1/workspaces/%s:restore", w.id));
	as(ann_cookie);
	set("HTTP_ORIGIN", "http://roost.example");
	json(fmt("{\"archive\":\"%s\"}", one));
	ck_assert_int_eq(answered(), 202);
	ck_assert(says(fmt("\"restore_key\":\"%s/%s\"", w.id, one)));
}
END_TEST

/* A broken archive is mended by taking another; a lost home is an admin's. */
START_TEST(out_of_an_error)
{
	struct workspace w = create(&ann_who, "w");
	const char *one = archived(w.id, "one");

	broken(w.id, REASON_DATA_LOST);
	ck_assert_int_eq(choose(ann_cookie, w.id, one), 403);
	broken(w.id, REASON_ARCHIVE_CORRUPTED);
	ck_assert_int_eq(choose(ann_cookie, w.id, one), 303);
	w = get(w.id);
	ck_assert_int_eq(w.error_reason, REASON_NONE);
	ck_assert_int_eq(w.error_count, 0);
	ck_assert_ptr_nonnull(w.restore_key);
}
END_TEST

START_TEST(the_limit_holds)
{
	struct workspace w = create(&ann_who, "w");
	const char *one = archived(w.id, "one");

	ok(workspace_wish(cx, db, w.id, 0, STATUS_PENDING, &w));
	create(&ann_who, "a");
	create(&ann_who, "b");
	ck_assert_int_eq(choose(ann_cookie, w.id, one), 429);
	ck_assert(says("/stop\""));
	ck_assert_ptr_null(get(w.id).restore_key);
}
END_TEST

/* A store that cannot be read: the page comes, and says so. */
START_TEST(a_store_that_fails_spoils_no_page)
{
	struct workspace w = create(&ann_who, "w");
	const char *one = archived(w.id, "one");
	const char *meta =
		fmt("%s/archives/%s/%s/home.tar.zst.meta", t.dir, w.id, one);

	ok(fs_remove_tree(cx, meta, NULL, NULL));
	ok(fs_mkdir(cx, meta, 0700));
	ck_assert_int_eq(look(ann_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(says("cannot be asked at the moment"));
}
END_TEST

/* What is in a home is its owner's: administrators look at the list, and get
 * no link to any of it. SPEC 1, invariant 6. */
START_TEST(only_its_owner_loads_it)
{
	struct workspace w = create(&ann_who, "w");
	const char *one = archived(w.id, "one");
	const char *api = fmt("/api/v1/workspaces/%s/download", w.id);
	const char *page = fmt("/workspaces/%s/download?archive=%s", w.id, one);

	ck_assert_int_eq(call_as("GET", ann_cookie, api, NULL), 200);
	ck_assert(says("\"url\":null"));
	ck_assert_int_eq(look(ann_cookie, page), 404); /* no links here */
	ck_assert_int_eq(look(admin_cookie, fmt("/workspaces/%s", w.id)), 200);
	ck_assert(says(one));
	ck_assert_int_eq(call_as("GET", admin_cookie, api, NULL), 403);
	ck_assert_int_eq(call_as("GET", admin_cookie,
				 fmt("%s?archive=%s", api, one), NULL),
			 403);
	ck_assert_int_eq(look(admin_cookie, page), 403);
	ck_assert_int_eq(look(bob_cookie, page), 403);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {a_page_lists_what_the_store_has,
				      a_page_that_follows_leaves_them_out,
				      any_of_them_is_restored,
				      what_is_no_archive_of_it_is_refused,
				      out_of_an_error,
				      the_limit_holds,
				      only_its_owner_loads_it,
				      a_store_that_fails_spoils_no_page};

	return run_cgi("page_archives", tests,
		       sizeof(tests) / sizeof(tests[0]));
}
