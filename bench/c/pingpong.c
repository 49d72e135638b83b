/*
 * pingpong: the bare loop that sockscope is held against.
 *
 * Two processes on one CPU exchange messages of SIZE bytes over a connected socket with plain write(2) and read(2), and
 * nothing else: one clock reading per exchange, no checks, no machine, no histogram (the round trips are kept in an
 * array and sorted afterwards). bind, listen and accept are the same as for a real server.
 *
 *     pingpong unix|tcp CPU SIZE MILLISECONDS      prints: transport exchanges mean_ns p50_ns
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set))
		die("sched_setaffinity");
}

static void write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);
		if (k <= 0)
			die("write");
		p += k;
		n -= (size_t)k;
	}
}

/* 0 at the end of the connection. */
static int read_all(int fd, char *p, size_t n)
{
	while (n) {
		ssize_t k = read(fd, p, n);
		if (k < 0)
			die("read");
		if (k == 0)
			return 0;
		p += k;
		n -= (size_t)k;
	}
	return 1;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void serve(int listener, size_t size)
{
	char *buffer = malloc(size);
	int one = 1, fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	while (read_all(fd, buffer, size))
		write_all(fd, buffer, size);
	exit(0);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: pingpong unix|tcp CPU SIZE MILLISECONDS\n");
		return 2;
	}
	int tcp = !strcmp(argv[1], "tcp"), one = 1;
	size_t size = strtoul(argv[3], NULL, 10);
	uint64_t block = strtoull(argv[4], NULL, 10) * 1000000u;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr *addr = tcp ? (struct sockaddr *)&in : (struct sockaddr *)&un;
	socklen_t len = tcp ? sizeof in : sizeof un;
	char dir[] = "/tmp/pingpong-XXXXXX";

	pin(atoi(argv[2]));
	if (!tcp) {
		if (!mkdtemp(dir))
			die("mkdtemp");
		snprintf(un.sun_path, sizeof un.sun_path, "%s/s", dir);
	}
	int listener = socket(addr->sa_family, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, addr, len) || listen(listener, 1))
		die("listen");
	if (tcp && getsockname(listener, addr, &len))
		die("getsockname");
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0)
		serve(listener, size);
	int fd = socket(addr->sa_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, addr, len))
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (!tcp) {
		unlink(un.sun_path);
		rmdir(dir);
	}

	char *buffer = malloc(size);
	size_t capacity = 1u << 24, count = 0;
	uint32_t *samples = malloc(capacity * sizeof *samples);
	memset(buffer, 'x', size);
	memset(samples, 0, capacity * sizeof *samples);
	for (uint64_t start = now_ns(); now_ns() - start < 20000000u;) {
		write_all(fd, buffer, size);
		if (!read_all(fd, buffer, size))
			die("end");
	}
	uint64_t start = now_ns(), last = start;
	do {
		write_all(fd, buffer, size);
		if (!read_all(fd, buffer, size))
			die("end");
		uint64_t now = now_ns();
		samples[count++] = (uint32_t)(now - last);
		last = now;
	} while (last - start < block && count < capacity);
	close(fd);
	waitpid(child, NULL, 0);
	qsort(samples, count, sizeof *samples, compare);
	printf("%s %zu %.1f %u\n", argv[1], count, (double)(last - start) / (double)count, samples[count / 2]);
	return 0;
}
