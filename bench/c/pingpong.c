/*
 * pingpong: the bare loop that sockscope is held against.
 *
 * Two processes on one CPU exchange messages of SIZE bytes with plain write(2) and read(2), and nothing else: one clock
 * reading per exchange, no checks, no machine, no histogram (the round trips are kept in an array and sorted
 * afterwards). bind, listen and accept are the same as for a real server; a datagram server answers whoever asked
 * (recvfrom, sendto).
 *
 *     pingpong TRANSPORT CPU SIZE MILLISECONDS      prints: transport exchanges mean_ns p50_ns
 *
 * TRANSPORT is unix, unixpacket, unixgram, tcp, tcp6, udp, udp6, socketpair, pipe or eventfd (SIZE 8).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reference.h"

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

/* What one end reads from and writes to. */
struct end {
	int in, out;
};

static int is(const char *transport, const char *name)
{
	return !strcmp(transport, name);
}

static void nodelay(int fd)
{
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* Until the other end closes. */
static void serve(struct end end, char *buffer, size_t size)
{
	while (read_all(end.in, buffer, size))
		write_all(end.out, buffer, size);
	exit(0);
}

/* Until it is killed: a datagram socket has no end. */
static void serve_datagrams(int fd, char *buffer, size_t size)
{
	struct sockaddr_storage from;
	for (;;) {
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, buffer, size, 0, (struct sockaddr *)&from, &len);
		if (n < 0 || sendto(fd, buffer, (size_t)n, 0, (struct sockaddr *)&from, len) != n)
			die("answer");
	}
}

/* Both ends of a floor: nothing is bound. */
static int floor_ends(const char *transport, struct end *client, struct end *server)
{
	int there[2], back[2];
	if (is(transport, "socketpair")) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, there))
			die("socketpair");
		*client = (struct end){ there[0], there[0] };
		*server = (struct end){ there[1], there[1] };
		return 1;
	}
	if (is(transport, "pipe")) {
		if (pipe(there) || pipe(back))
			die("pipe");
	} else if (is(transport, "eventfd")) {
		there[0] = there[1] = eventfd(0, 0);
		back[0] = back[1] = eventfd(0, 0);
	} else {
		return 0;
	}
	*client = (struct end){ back[0], there[1] };
	*server = (struct end){ there[0], back[1] };
	return 1;
}

/* A bound socket and its address; the directory of a socket file goes to `dir`. */
static int bound(const char *transport, int type, struct sockaddr_storage *address, socklen_t *len, char *dir)
{
	struct sockaddr_in *in = (struct sockaddr_in *)address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
	struct sockaddr_un *un = (struct sockaddr_un *)address;
	memset(address, 0, sizeof *address);
	if (is(transport, "tcp") || is(transport, "udp")) {
		*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		*len = sizeof *in;
	} else if (is(transport, "tcp6") || is(transport, "udp6")) {
		*in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
		*len = sizeof *in6;
	} else {
		if (!mkdtemp(dir))
			die("mkdtemp");
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof un->sun_path, "%s/s", dir);
		*len = sizeof *un;
	}
	int fd = socket(address->ss_family, type, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)address, *len))
		die("bind");
	if (address->ss_family != AF_UNIX && getsockname(fd, (struct sockaddr *)address, len))
		die("getsockname");
	return fd;
}

/* Starts the server; the client's end comes back. */
static struct end start(const char *transport, char *buffer, size_t size, pid_t *child)
{
	struct end client, server;
	int floor = floor_ends(transport, &client, &server);
	int gram = is(transport, "unixgram") || is(transport, "udp") || is(transport, "udp6");
	int type = gram ? SOCK_DGRAM : is(transport, "unixpacket") ? SOCK_SEQPACKET : SOCK_STREAM;
	struct sockaddr_storage address;
	socklen_t len = 0;
	char dir[] = "/tmp/pingpong-XXXXXX";
	int listener = floor ? -1 : bound(transport, type, &address, &len, dir);
	if (!floor && !gram && listen(listener, 1))
		die("listen");
	*child = fork();
	if (*child < 0)
		die("fork");
	if (*child == 0) {
		if (gram)
			serve_datagrams(listener, buffer, size);
		if (!floor) {
			int fd = accept(listener, NULL, NULL);
			if (fd < 0)
				die("accept");
			nodelay(fd);
			server = (struct end){ fd, fd };
		} else if (!is(transport, "eventfd")) {
			/* The client's ends, so that its exit is seen; an eventfd has only one. */
			close(client.in);
			if (client.out != client.in)
				close(client.out);
		}
		serve(server, buffer, size);
	}
	if (floor)
		return client;
	int fd = socket(address.ss_family, type, 0);
	/* A client of unixgram needs an address of its own, or nobody could answer it. */
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	if (is(transport, "unixgram") && bind(fd, (struct sockaddr *)&own, sizeof(sa_family_t)))
		die("bind");
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len))
		die("connect");
	nodelay(fd);
	if (address.ss_family == AF_UNIX) {
		unlink(((struct sockaddr_un *)&address)->sun_path);
		rmdir(dir);
	}
	return (struct end){ fd, fd };
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: pingpong TRANSPORT CPU SIZE MILLISECONDS\n");
		return 2;
	}
	size_t size = strtoul(argv[3], NULL, 10);
	uint64_t block = strtoull(argv[4], NULL, 10) * 1000000u;
	char *buffer = malloc(size);
	pid_t child;

	pin(atoi(argv[2]));
	memset(buffer, 1, size);
	struct end end = start(argv[1], buffer, size, &child);
	size_t capacity = 1u << 24, count = 0;
	uint32_t *samples = malloc(capacity * sizeof *samples);
	memset(samples, 0, capacity * sizeof *samples);
	for (uint64_t start = now_ns(); now_ns() - start < 20000000u;) {
		write_all(end.out, buffer, size);
		if (!read_all(end.in, buffer, size))
			die("end");
	}
	uint64_t start = now_ns(), last = start;
	do {
		write_all(end.out, buffer, size);
		if (!read_all(end.in, buffer, size))
			die("end");
		uint64_t now = now_ns();
		samples[count++] = (uint32_t)(now - last);
		last = now;
	} while (last - start < block && count < capacity);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	qsort(samples, count, sizeof *samples, compare);
	printf("%s %zu %.1f %u\n", argv[1], count, (double)(last - start) / (double)count, samples[count / 2]);
	return 0;
}
