/*
 * echo_load: N connections in a closed loop against an echo server, and what each exchange costs the server.
 *
 * One thread, epoll; every answer is sent its next request at once. The server's processor time is read with its CPU
 * clock before and after the measured time.
 *
 *     echo_load unix PATH|tcp PORT CONNECTIONS MILLISECONDS SERVER-PID    prints: exchanges server_cpu_ns_per_exchange
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SIZE 64

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t read_ns(clockid_t clock)
{
	struct timespec t;
	if (clock_gettime(clock, &t))
		die("clock_gettime");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t exchange_until(int epoll, uint64_t end)
{
	struct epoll_event events[256];
	char buffer[SIZE];
	uint64_t count = 0;
	while (read_ns(CLOCK_MONOTONIC) < end) {
		int ready = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < ready; i++) {
			if (read(events[i].data.fd, buffer, SIZE) != SIZE)
				die("read");
			if (write(events[i].data.fd, buffer, SIZE) != SIZE)
				die("write");
			count++;
		}
	}
	return count;
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: echo_load unix PATH|tcp PORT CONNECTIONS MILLISECONDS SERVER-PID\n");
		return 2;
	}
	int tcp = !strcmp(argv[1], "tcp"), one = 1, connections = atoi(argv[3]);
	uint64_t duration = strtoull(argv[4], NULL, 10) * 1000000u;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	in.sin_port = htons((unsigned short)atoi(argv[2]));
	snprintf(un.sun_path, sizeof un.sun_path, "%s", argv[2]);
	struct sockaddr *addr = tcp ? (struct sockaddr *)&in : (struct sockaddr *)&un;
	char request[SIZE];
	clockid_t server;
	if (clock_getcpuclockid(atoi(argv[5]), &server))
		die("clock_getcpuclockid");
	memset(request, 'x', SIZE);
	int epoll = epoll_create1(0);
	for (int i = 0; i < connections; i++) {
		int fd = socket(addr->sa_family, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, addr, tcp ? sizeof in : sizeof un))
			die("connect");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
		if (write(fd, request, SIZE) != SIZE)
			die("write");
	}
	exchange_until(epoll, read_ns(CLOCK_MONOTONIC) + 50000000u);
	uint64_t before = read_ns(server);
	uint64_t count = exchange_until(epoll, read_ns(CLOCK_MONOTONIC) + duration);
	uint64_t used = read_ns(server) - before;
	printf("%lu %.1f\n", (unsigned long)count, (double)used / (double)count);
	return 0;
}
