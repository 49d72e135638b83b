/*
 * slow_echo: an echo server that is slower by a known time, to try what a comparison finds.
 *
 * One connection after the other, a blocking read(2) and write(2) for each exchange, and between them a busy loop of so many
 * nanoseconds by the clock.
 *
 *     slow_echo PATH NANOSECONDS
 */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "reference.h"

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: slow_echo PATH NANOSECONDS\n");
		return 2;
	}
	uint64_t delay = strtoull(argv[2], NULL, 10);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) {
		perror("listen");
		return 1;
	}
	static char buffer[65536];
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		ssize_t n;
		while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0) {
			if (delay)
				for (uint64_t end = now_ns() + delay; now_ns() < end;)
					;
			if (write(fd, buffer, (size_t)n) != n)
				break;
		}
		if (fd >= 0)
			close(fd);
	}
}
