/* TLS: whom the client trusts, and what it shows of itself. */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "net/peer.h"
#include "support/expect.h"
#include "support/httpd.h"
#include "support/suite.h"
#include "support/tmpsite.h"

#define BIG ((size_t)5 << 20)

static struct tmpsite t;
static struct cx *cx;
static struct tcpd *server;
static struct peer *peer;
static struct http_answer answer;
static atomic_int asked; /* requests that arrived whole */

static void
serve(struct conn *c, void *arg)
{
	struct httpd_request rq = {0};

	(void)arg;
	while (httpd_read(c, &rq)) {
		asked++;
		httpd_text(c, 200, rq.path);
	}
	httpd_free(&rq);
}

static void
up(void)
{
	tmpsite_open(&t, NULL);
	cx = &t.cx;
	asked = 0;
}

static void
down(void)
{
	http_free(&answer);
	peer_close(peer);
	tcpd_stop(server);
	tmpsite_close(&t);
}

static void
says(int status, const char *body)
{
	ck_assert_int_eq(answer.status, status);
	ck_assert_str_eq(buf_str(&answer.body), body);
}

static const char *
pem(const char *name)
{
	return arena_printf(&cx->arena, "%s/%s", t.dir, name);
}

static void
tls_begin(const char *client_ca)
{
	tcpd_certificate(t.dir, "server");
	tcpd_certificate(t.dir, "client");
	server = tcpd_start(&(struct tcpd_how){.serve = serve,
					       .cert_file = pem("server.crt"),
					       .key_file = pem("server.key"),
					       .ca_file = client_ca});
}

static enum err
tls_ask(struct peer_at at)
{
	enum err e;

	peer_close(peer);
	peer = NULL;
	at.url = tcpd_url(server);
	if ((e = peer_open(cx, &at, &peer)))
		return e;
	return peer_do(cx, peer,
		       &(struct peer_request){.method = "GET",
					      .path = "/over-tls"},
		       &answer);
}

START_TEST(tls_trusts_whom_it_may)
{
	tls_begin(NULL);
	fails(ERR_CONFIG, tls_ask((struct peer_at){0}));
	fails(ERR_CONFIG,
	      tls_ask((struct peer_at){.ca_file = pem("client.crt")}));
	fails(ERR_CONFIG,
	      tls_ask((struct peer_at){.ca_file = pem("nothing.crt")}));
	fails(ERR_CONFIG,
	      tls_ask((struct peer_at){.ca_file = pem("server.key")}));
	ck_assert_int_eq(asked, 0);
	ok(tls_ask((struct peer_at){.ca_file = pem("server.crt")}));
	says(200, "/over-tls");
	ok(tls_ask((struct peer_at){.no_verify = true}));
	says(200, "/over-tls");
}
END_TEST

START_TEST(tls_shows_its_own_certificate)
{
	tls_begin(pem("client.crt"));
	fails(ERR_UNREACHABLE,
	      tls_ask((struct peer_at){.ca_file = pem("server.crt")}));
	fails(ERR_UNREACHABLE,
	      tls_ask((struct peer_at){.ca_file = pem("server.crt"),
				       .cert_file = pem("server.crt"),
				       .key_file = pem("server.key")}));
	fails(ERR_CONFIG,
	      tls_ask((struct peer_at){.ca_file = pem("server.crt"),
				       .cert_file = pem("client.crt"),
				       .key_file = pem("server.key")}));
	ck_assert_int_eq(asked, 0);
	ok(tls_ask((struct peer_at){.ca_file = pem("server.crt"),
				    .cert_file = pem("client.crt"),
				    .key_file = pem("client.key")}));
	says(200, "/over-tls");
}
END_TEST

static void
hang_up(struct conn *c, void *arg)
{
	char b[100];

	(void)arg;
	(void)!conn_read(c, b, sizeof(b));
}

/* A peer that is gone must not end this process by a signal. */
START_TEST(tls_cut_while_sending)
{
	char *much = calloc(1, BIG + 1);
	struct peer_request rq = {.method = "PUT",
				  .path = "/",
				  .body = much,
				  .n = BIG};
	struct peer_at at = {.ca_file = pem("server.crt")};

	tls_begin(NULL);
	tcpd_stop(server);
	server = tcpd_start(&(struct tcpd_how){.serve = hang_up,
					       .cert_file = pem("server.crt"),
					       .key_file = pem("server.key")});
	signal(SIGPIPE, SIG_DFL);
	peer_close(peer);
	at.url = tcpd_url(server);
	ok(peer_open(cx, &at, &peer));
	fails(ERR_UNREACHABLE, peer_do(cx, peer, &rq, &answer));
	free(much);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {tls_trusts_whom_it_may,
				      tls_shows_its_own_certificate,
				      tls_cut_while_sending};

	return suite_run(&(struct suite){"net_tls", up, down, 60}, tests,
			 sizeof(tests) / sizeof(*tests));
}
