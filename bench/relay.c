/* relay.c - the floor: moves a call's datagrams between two parties, no more */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BATCH 64
#define DATAGRAM_MAX 8192
#define BUFFER_BYTES (8 << 20)

/* One batch of datagrams and where they come from or go to. */
struct batch {
	struct mmsghdr headers[BATCH];
	struct iovec pieces[BATCH];
	struct sockaddr_in peers[BATCH];
	char bytes[BATCH][DATAGRAM_MAX];
};

static struct sockaddr_in
loopback(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((in_port_t)atoi(port));
	return address;
}

static int
open_socket(const struct sockaddr_in *address)
{
	const int size = BUFFER_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		perror("relay: bind");
		exit(1);
	}
	return fd;
}

static int
receive(int fd, struct batch *batch)
{
	for (int i = 0; i < BATCH; i++) {
		batch->pieces[i].iov_base = batch->bytes[i];
		batch->pieces[i].iov_len = DATAGRAM_MAX;
		batch->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->peers[i],
			.msg_namelen = sizeof(batch->peers[i]),
			.msg_iov = &batch->pieces[i],
			.msg_iovlen = 1,
		};
	}
	return recvmmsg(fd, batch->headers, BATCH, MSG_WAITFORONE, NULL);
}

static void
send_all(int fd, struct batch *batch, int n)
{
	int sent = 0;

	while (sent < n) {
		int done = sendmmsg(fd, &batch->headers[sent],
				    (unsigned)(n - sent), 0);

		sent += done > 0 ? done : 1;
	}
}

int
main(int argc, char **argv)
{
	static struct batch batch;
	struct sockaddr_in here, gateway, caller = { 0 };
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: relay PORT GATEWAY_PORT\n");
		return 2;
	}
	here = loopback(argv[1]);
	gateway = loopback(argv[2]);
	fd = open_socket(&here);
	for (;;) {
		int n = receive(fd, &batch);

		for (int i = 0; i < n; i++) {
			struct sockaddr_in *peer = &batch.peers[i];

			batch.pieces[i].iov_len = batch.headers[i].msg_len;
			if (peer->sin_port == gateway.sin_port) {
				*peer = caller;
			} else {
				caller = *peer;
				*peer = gateway;
			}
		}
		send_all(fd, &batch, n);
	}
}
