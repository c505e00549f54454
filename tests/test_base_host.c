/* Whose a host name is, and which domains will not do. */
#include <check.h>
#include <string.h>

#include "base/host.h"
#include "support/suite.h"
#include "support/tmpsite.h"

#define ID "0b7e3a52-6d0c-4a6e-9f6f-3a1f0c9b8d7e"
#define UP "0B7E3A52-6D0C-4A6E-9F6F-3A1F0C9B8D7E"
#define OURS                                                                   \
	"base_url = https://Roost.example.org\n"                               \
	"workspace_domain = ws.example.org\n"

static struct tmpsite t;

static void
close_site(void)
{
	tmpsite_close(&t);
}

static void
open_site(void)
{
	tmpsite_open(&t, OURS);
}

START_TEST(a_name_is_somebodys_or_nobodys)
{
	static const struct {
		const char *host;
		enum host_of of;
	} rows[] = {
		{"roost.example.org", HOST_CONTROL},
		{"ROOST.Example.ORG", HOST_CONTROL},
		{"roost.example.org:443", HOST_CONTROL},
		{"roost.example.org:8080", HOST_CONTROL},
		{ID ".ws.example.org", HOST_WORKSPACE},
		{ID ".ws.example.org:443", HOST_WORKSPACE},
		{UP ".WS.example.org", HOST_WORKSPACE},
		{NULL, HOST_NOBODY},
		{"", HOST_NOBODY},
		{":", HOST_NOBODY},
		{":80", HOST_NOBODY},
		{"127.0.0.1:8080", HOST_NOBODY},
		{"[::1]:8080", HOST_NOBODY},
		{"roost.example.org.", HOST_NOBODY},
		{"roost.example.org:", HOST_NOBODY},
		{"roost.example.org:x", HOST_NOBODY},
		{"roost.example.org:80:80", HOST_NOBODY},
		{"roost.example.org.evil.org", HOST_NOBODY},
		{"evilroost.example.org", HOST_NOBODY},
		{"ws.example.org", HOST_NOBODY},
		{".ws.example.org", HOST_NOBODY},
		{"x.ws.example.org", HOST_NOBODY},
		{ID "ws.example.org", HOST_NOBODY},
		{ID "-ws.example.org", HOST_NOBODY},
		{ID ".ws.example.org.", HOST_NOBODY},
		{ID "..ws.example.org", HOST_NOBODY},
		{ID ".ws.example.org.evil.org", HOST_NOBODY},
		{ID ".evil.org", HOST_NOBODY},
		{"x." ID ".ws.example.org", HOST_NOBODY},
		{ID "." ID ".ws.example.org", HOST_NOBODY},
		{"0b7e3a52-6d0c-1a6e-9f6f-3a1f0c9b8d7e.ws.example.org",
		 HOST_NOBODY}, /* no version 4 */
		{ID ".ws.example.org/x", HOST_NOBODY},
		{ID ".ws.example.org\t", HOST_NOBODY},
		{ID ".ws.example.org, roost.example.org", HOST_NOBODY},
		{"roost.example.org@" ID ".ws.example.org", HOST_NOBODY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char id[ID_UUID_LEN + 1] = "";
		enum host_of of = host_find(&t.site, rows[i].host, id);

		ck_assert_msg(of == rows[i].of, "%s: %d",
			      rows[i].host ? rows[i].host : "-", (int)of);
		ck_assert_str_eq(id, of == HOST_WORKSPACE ? ID : "");
	}
}
END_TEST

START_TEST(addresses_are_made_from_the_configuration)
{
	ck_assert(host_mode(&t.site) && host_https(&t.site));
	ck_assert_str_eq(host_control(&t.cx), "https://Roost.example.org");
	ck_assert_str_eq(host_workspace(&t.cx, ID),
			 "https://" ID ".ws.example.org");
	ck_assert_str_eq(host_base(&t.cx, ID), "/");
	ck_assert(!host_shadows(&t.site));
	tmpsite_close(&t);
	tmpsite_open(&t, "base_url = http://a.localhost:81/x\n"
			 "workspace_domain = a.localhost:81\n");
	ck_assert(!host_https(&t.site));
	ck_assert_str_eq(host_control(&t.cx), "http://a.localhost:81");
	ck_assert_str_eq(host_workspace(&t.cx, "*"), "http://*.a.localhost:81");
	ck_assert(host_shadows(&t.site));
	tmpsite_close(&t);
	tmpsite_open(&t, "base_url = http://r.a.localhost:81\n"
			 "workspace_domain = a.localhost:81\n");
	ck_assert(host_shadows(&t.site));
}
END_TEST

START_TEST(without_a_domain_every_name_is_ours)
{
	char id[ID_UUID_LEN + 1] = "";

	tmpsite_close(&t);
	tmpsite_open(&t, "");
	ck_assert(!host_mode(&t.site) && !host_shadows(&t.site));
	ck_assert_int_eq(host_find(&t.site, NULL, id), HOST_CONTROL);
	ck_assert_int_eq(host_find(&t.site, ID ".ws.example.org", id),
			 HOST_CONTROL);
	ck_assert_str_eq(host_base(&t.cx, ID), "/w/" ID "/");
}
END_TEST

START_TEST(domains_that_will_not_do_are_refused)
{
	static const struct {
		const char *url, *domain;
		bool good;
	} rows[] = {
		{"https://r.example.org", "ws.example.org", true},
		{"https://r.example.org:8443", "ws.example.org:8443", true},
		{"http://r.example.org", "w-1.e2", true},
		{"https://r.example.org", "r.example.org", true},
		{"", "ws.example.org", false},
		{"r.example.org", "ws.example.org", false},
		{"https://", "ws.example.org", false},
		{"https://:80/", "ws.example.org", false},
		{"https://" ID ".ws.example.org", "ws.example.org", false},
		{"https://r.example.org", "https://ws.example.org", false},
		{"https://r.example.org", "*.ws.example.org", false},
		{"https://r.example.org", ".ws.example.org", false},
		{"https://r.example.org", "ws.example.org.", false},
		{"https://r.example.org", "ws..example.org", false},
		{"https://r.example.org", "WS.example.org", false},
		{"https://r.example.org", "ws_1.example.org", false},
		{"https://r.example.org", "-ws.example.org", false},
		{"https://r.example.org", "ws-.example.org", false},
		{"https://r.example.org", "ws.example.org/x", false},
		{"https://r.example.org", "ws.example.org:", false},
		{"https://r.example.org", "ws.example.org:x", false},
		{"https://r.example.org", "localhost", false},
		{"https://r.example.org", "10.0.0.1", false},
		{"https://r.example.org", ":80", false},
	};
	struct site s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *conf = arena_printf(&t.cx.arena,
						"base_url = %s\n"
						"workspace_domain = %s\n",
						rows[i].url, rows[i].domain);
		enum err e = site_parse(&t.cx, "/x", conf, strlen(conf), &s);

		ck_assert_msg(e == (rows[i].good ? OK : ERR_CONFIG), "%s, %s",
			      rows[i].url, rows[i].domain);
		if (e == OK)
			site_free(&s);
		else
			ck_assert_ptr_nonnull(
				strstr(t.cx.why, "workspace_domain"));
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {a_name_is_somebodys_or_nobodys,
				      addresses_are_made_from_the_configuration,
				      without_a_domain_every_name_is_ours,
				      domains_that_will_not_do_are_refused};

	return suite_run(&(struct suite){"base_host", open_site, close_site,
					 60},
			 tests, sizeof(tests) / sizeof(*tests));
}
