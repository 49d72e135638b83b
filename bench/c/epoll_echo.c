/*
 * epoll_echo: the plain epoll echo server that `sockscope serve --service echo --threads 1` is held against.
 *
 * One thread, level-triggered, one read(2) and one write(2) for each event, no limits, no backpressure, no log: the least
 * that an epoll server can do.
 *
 *     epoll_echo unix PATH | tcp PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "reference.h"

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: epoll_echo unix PATH | tcp PORT\n");
		return 2;
	}
	int tcp = !strcmp(argv[1], "tcp"), one = 1;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	in.sin_port = htons((unsigned short)atoi(argv[2]));
	snprintf(un.sun_path, sizeof un.sun_path, "%s", argv[2]);
	struct sockaddr *addr = tcp ? (struct sockaddr *)&in : (struct sockaddr *)&un;
	int listener = socket(addr->sa_family, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listener, addr, tcp ? sizeof in : sizeof un) || listen(listener, 4096))
		die("listen");
	signal(SIGPIPE, SIG_IGN);
	int epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener }, events[256];
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event))
		die("epoll_ctl");
	static char buffer[65536];
	for (;;) {
		int ready = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < ready; i++) {
			int fd = events[i].data.fd;
			if (fd == listener) {
				fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
				if (fd < 0)
					continue;
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
				event.events = EPOLLIN;
				event.data.fd = fd;
				epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
				continue;
			}
			ssize_t n = read(fd, buffer, sizeof buffer);
			if (n <= 0 || write(fd, buffer, (size_t)n) != n)
				close(fd);
		}
	}
}
