/*
 * A load generator: threads, each with one kept connection, each asking again
 * as soon as it was answered. Header only.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOAD_THREADS 8
#define LOAD_SAMPLES 200000

struct load {
	int port;
	const char *request; /* whole, with its headers */
	const char *status;  /* expected, "200" */
	double seconds;
	int connections; /* 0: LOAD_THREADS, which is the most */
};

struct load_result {
	size_t n, bad;
	double per_second, p50_us, p99_us;
};

struct load_thread {
	pthread_t id;
	const struct load *load;
	double *us;
	size_t n, bad;
};

static inline double
load_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static inline int
load_connect(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((unsigned short)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Is buf (n bytes, 0-terminated) a whole answer? */
static inline bool
load_whole(const char *buf, size_t n)
{
	/* the servers' own spelling: what the client does costs the same CPU */
	const char *body = memmem(buf, n, "\r\n\r\n", 4);
	const char *len = memmem(buf, n, "\r\nContent-Length: ", 18);

	if (!body)
		return false;
	body += 4;
	if (len && len < body)
		return n - (size_t)(body - buf) >= strtoul(len + 18, NULL, 10);
	return n >= 5 && strcmp(buf + n - 5, "0\r\n\r\n") == 0;
}

/* One exchange; false when the connection broke or the status was another.
 * *closes: the server has said that this was the last one on it. */
static inline bool
load_ask(int fd, const struct load *l, bool *closes)
{
	static __thread char buf[1 << 18];
	size_t n = 0;

	if (send(fd, l->request, strlen(l->request), MSG_NOSIGNAL) < 0)
		return false;
	do {
		ssize_t got = recv(fd, buf + n, sizeof(buf) - 1 - n, 0);

		if (got <= 0)
			return false;
		n += (size_t)got;
		buf[n] = '\0';
	} while (!load_whole(buf, n));
	*closes = memmem(buf, n, "\r\nConnection: close\r\n", 21) != NULL;
	return strncmp(buf + 9, l->status, 3) == 0;
}

static inline void *
load_main(void *arg)
{
	struct load_thread *t = arg;
	double end = load_now() + t->load->seconds;
	int fd = load_connect(t->load->port);
	bool closes = false;

	while (load_now() < end && t->n < LOAD_SAMPLES) {
		double from = load_now();

		if (load_ask(fd, t->load, &closes)) {
			t->us[t->n++] = (load_now() - from) * 1e6;
			if (!closes)
				continue;
		} else if (++t->bad > 100)
			break;
		close(fd);
		fd = load_connect(t->load->port);
	}
	close(fd);
	return NULL;
}

static inline int
load_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static inline struct load_result
load_run(const struct load *l)
{
	struct load_thread t[LOAD_THREADS];
	struct load_result r = {0};
	double *all, from = load_now();
	int n = l->connections ? l->connections : LOAD_THREADS;

	for (int i = 0; i < n; i++) {
		t[i] = (struct load_thread){.load = l,
					    .us = malloc(LOAD_SAMPLES *
							 sizeof(double))};
		pthread_create(&t[i].id, NULL, load_main, &t[i]);
	}
	all = malloc(LOAD_THREADS * (size_t)LOAD_SAMPLES * sizeof(double));
	for (int i = 0; i < n; i++) {
		pthread_join(t[i].id, NULL);
		memcpy(all + r.n, t[i].us, t[i].n * sizeof(double));
		r.n += t[i].n;
		r.bad += t[i].bad;
		free(t[i].us);
	}
	r.per_second = (double)r.n / (load_now() - from);
	qsort(all, r.n, sizeof(double), load_compare);
	if (r.n) {
		r.p50_us = all[r.n / 2];
		r.p99_us = all[r.n * 99 / 100];
	}
	free(all);
	return r;
}

#endif
