/*
 * echo_load: N connections in a closed loop against an echo server, in the two plain ways of writing such a client.
 *
 *   epoll    one thread, level-triggered; every answer is sent its next request at once; the clock is read once for each
 *            epoll_wait.
 *   threads  a thread for each connection that writes and reads in turns, until a flag is set: what rust_echo_bench does.
 *
 * Both check the length of every answer and die of a wrong one. The content is fixed and not looked at, no latency is
 * taken: sockscope does both, and is held against this nevertheless. The processor time of both ends is read with their CPU
 * clocks before and after the measured time.
 *
 *     echo_load epoll|threads unix PATH|tcp PORT CONNECTIONS MILLISECONDS SERVER-PID
 *
 * prints: exchanges_per_second client_cpu_ns_per_exchange server_cpu_ns_per_exchange
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "reference.h"

#define SIZE 64
#define CONNECTIONS_MAX 4096
#define WARM_UP_NS 50000000u

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

/* One connection of its own thread; a cache line each. */
struct lane {
	_Alignas(64) _Atomic uint64_t count;
	int fd;
};

static atomic_int over;

static void *exchange(void *argument)
{
	struct lane *lane = argument;
	char buffer[SIZE];
	memset(buffer, 'x', SIZE);
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		if (write(lane->fd, buffer, SIZE) != SIZE)
			die("write");
		if (read(lane->fd, buffer, SIZE) != SIZE)
			die("read");
		atomic_store_explicit(&lane->count, lane->count + 1, memory_order_relaxed);
	}
	return NULL;
}

static uint64_t sum(struct lane *lanes, int connections)
{
	uint64_t all = 0;
	for (int i = 0; i < connections; i++)
		all += lanes[i].count;
	return all;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };
	nanosleep(&t, NULL);
}

static void report(uint64_t count, uint64_t elapsed, uint64_t client, uint64_t server)
{
	double n = (double)count;
	printf("%.0f %.1f %.1f\n", n * 1e9 / (double)elapsed, (double)client / n, (double)server / n);
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fprintf(stderr, "usage: echo_load epoll|threads unix PATH|tcp PORT CONNECTIONS MILLISECONDS SERVER-PID\n");
		return 2;
	}
	int threads = !strcmp(argv[1], "threads"), tcp = !strcmp(argv[2], "tcp"), one = 1, connections = atoi(argv[4]);
	uint64_t duration = strtoull(argv[5], NULL, 10) * 1000000u;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	in.sin_port = htons((unsigned short)atoi(argv[3]));
	snprintf(un.sun_path, sizeof un.sun_path, "%s", argv[3]);
	struct sockaddr *addr = tcp ? (struct sockaddr *)&in : (struct sockaddr *)&un;
	static struct lane lanes[CONNECTIONS_MAX];
	static pthread_t ids[CONNECTIONS_MAX];
	char request[SIZE];
	clockid_t server;
	if (connections < 1 || connections > CONNECTIONS_MAX)
		return 2;
	if (clock_getcpuclockid(atoi(argv[6]), &server))
		die("clock_getcpuclockid");
	memset(request, 'x', SIZE);
	int epoll = epoll_create1(0);
	for (int i = 0; i < connections; i++) {
		int fd = socket(addr->sa_family, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, addr, tcp ? sizeof in : sizeof un))
			die("connect");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		lanes[i].fd = fd;
		struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
		if (!threads && write(fd, request, SIZE) != SIZE)
			die("write");
	}
	for (int i = 0; threads && i < connections; i++)
		if (pthread_create(&ids[i], NULL, exchange, &lanes[i]))
			die("pthread_create");
	if (threads)
		sleep_ns(WARM_UP_NS);
	else
		exchange_until(epoll, read_ns(CLOCK_MONOTONIC) + WARM_UP_NS);

	uint64_t before = threads ? sum(lanes, connections) : 0, count;
	uint64_t used_by_server = read_ns(server), used = read_ns(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t start = read_ns(CLOCK_MONOTONIC);
	if (threads) {
		sleep_ns(duration);
		count = sum(lanes, connections) - before;
	} else {
		count = exchange_until(epoll, start + duration);
	}
	uint64_t elapsed = read_ns(CLOCK_MONOTONIC) - start;
	used = read_ns(CLOCK_PROCESS_CPUTIME_ID) - used;
	used_by_server = read_ns(server) - used_by_server;
	atomic_store(&over, 1);
	report(count, elapsed, used, used_by_server);
	for (int i = 0; threads && i < connections; i++)
		pthread_join(ids[i], NULL);
	return 0;
}
