/*
 * stream: the bare write-read pair that the workload stream is held against.
 *
 * One process writes SIZE bytes at a time with write(2), the other reads as many with read(2), and nothing else: one clock
 * reading for each read, no checks, no machine. What is counted is what was read, after 20 ms of warm-up. bind, listen and
 * accept are the same as for a real server. The reader is the client, as it is in sockscope.
 *
 *     stream unix|tcp READER_CPU WRITER_CPU SIZE MILLISECONDS      prints: transport bytes nanoseconds GB/s
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reference.h"

/* Reads for so long; the bytes, and how long it really took. */
static uint64_t read_for(int fd, char *buffer, size_t size, uint64_t duration, uint64_t *elapsed)
{
	uint64_t start = now_ns(), bytes = 0;
	do {
		ssize_t n = read(fd, buffer, size);
		if (n <= 0)
			die("read");
		bytes += (uint64_t)n;
		*elapsed = now_ns() - start;
	} while (*elapsed < duration);
	return bytes;
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fprintf(stderr, "usage: stream unix|tcp READER_CPU WRITER_CPU SIZE MILLISECONDS\n");
		return 2;
	}
	int tcp = !strcmp(argv[1], "tcp");
	size_t size = strtoul(argv[4], NULL, 10);
	uint64_t duration = strtoull(argv[5], NULL, 10) * 1000000u, elapsed;
	char *buffer = calloc(1, size);
	struct sockaddr_storage address = { 0 };
	socklen_t len;
	char dir[] = "/tmp/stream-XXXXXX";
	if (tcp) {
		struct sockaddr_in *in = (struct sockaddr_in *)&address;
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		len = sizeof *in;
	} else {
		struct sockaddr_un *un = (struct sockaddr_un *)&address;
		if (!mkdtemp(dir))
			die("mkdtemp");
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof un->sun_path, "%s/s", dir);
		len = sizeof *un;
	}
	int listener = socket(address.ss_family, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) || listen(listener, 1))
		die("listen");
	if (tcp && getsockname(listener, (struct sockaddr *)&address, &len))
		die("getsockname");
	pid_t writer = fork();
	if (writer < 0)
		die("fork");
	if (writer == 0) {
		pin(atoi(argv[3]));
		signal(SIGPIPE, SIG_IGN);
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			die("accept");
		while (write(fd, buffer, size) > 0)
			;
		exit(0);
	}
	pin(atoi(argv[2]));
	int fd = socket(address.ss_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len))
		die("connect");
	if (!tcp) {
		unlink(((struct sockaddr_un *)&address)->sun_path);
		rmdir(dir);
	}
	read_for(fd, buffer, size, 20000000u, &elapsed);
	uint64_t bytes = read_for(fd, buffer, size, duration, &elapsed);
	close(fd);
	waitpid(writer, NULL, 0);
	printf("%s %llu %llu %.3f\n", argv[1], (unsigned long long)bytes, (unsigned long long)elapsed,
	       (double)bytes / (double)elapsed);
	return 0;
}
