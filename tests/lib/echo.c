/* echo: one ICMP echo request, as ping sends it without CAP_NET_RAW: icmp(7)
 *
 *	usage: echo [ADDRESS]	127.0.0.1 if it is left out
 *
 * Prints "reply" once it comes back; "socket: …" if the kernel gives no such socket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static int failed(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_addr.s_addr =
						inet_addr(argc > 1 ? argv[1] : "127.0.0.1") };
	const struct timeval patience = { .tv_sec = 2 };
	const struct icmphdr request = { .type = ICMP_ECHO, .un.echo.sequence = htons(1) };
	struct icmphdr reply = {};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd < 0)
		return failed("socket");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
	    sendto(fd, &request, sizeof request, 0, (const struct sockaddr *)&to, sizeof to) < 0)
		return failed("send");
	if (recv(fd, &reply, sizeof reply, 0) != sizeof reply || reply.type != ICMP_ECHOREPLY)
		return failed("receive");
	puts("reply");
	return 0;
}
