/* SPDX-License-Identifier: MIT
 *
 * The sockets that wait for clients. "localhost" is ::1 for one client and 127.0.0.1 for the next,
 * so the same port has to be ours on both.
 */
#include "server/net/listener.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024, PORT_ATTEMPTS = 16 };

static const char *const loopbacks[] = { "127.0.0.1", "::1" };

static void set_option(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof value);
}

/* A host that vanished with the control would keep it for ever: after 25 s of silence it is gone. */
static void notice_dead_host(int fd)
{
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_KEEPIDLE
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
#endif
}

static int open_socket(const struct addrinfo *where)
{
	int fd = socket(where->ai_family, where->ai_socktype, where->ai_protocol), saved;

	if (fd < 0)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (where->ai_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof address;
	char port[NI_MAXSERV];
	unsigned number = 0;

	if (getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	    getnameinfo((struct sockaddr *)&address, length, NULL, 0, port, sizeof port,
			NI_NUMERICSERV) == 0)
		sscanf(port, "%u", &number);
	return number;
}

/* Loopback only: a wider address is announced, since anybody who can connect owns the target. */
static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* Adds the sockets of one address; 0, or -1 with errno, or E_ARGUMENT for a name that means
 * nothing. */
static int add_address(struct listener *l, const char *address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE }, *found;
	char port[8];
	int result = 0;

	snprintf(port, sizeof port, "%u", l->port);
	if (getaddrinfo(address, port, &hints, &found) != 0)
		return E_ARGUMENT;
	for (struct addrinfo *i = found; i && result == 0 && l->count < LISTENER_SOCKETS;
	     i = i->ai_next) {
		int fd = open_socket(i);

		if (fd < 0) {
			result = -1;
			break;
		}
		if (!is_loopback(i->ai_addr))
			log_line(LOG_WARN, "listening on %s: whoever reaches it controls "
				 "the target", address);
		l->fds[l->count++] = fd;
		if (l->port == 0) {	/* the other addresses take the same one */
			l->port = port_of(fd);
			break;
		}
	}
	freeaddrinfo(found);
	return result;
}

static bool address_is_missing(int error)
{
	return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

static int add_loopbacks(struct listener *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(loopbacks); i++) {
		int err = add_address(l, loopbacks[i]);

		if (err == -1 && !address_is_missing(errno))
			return err;
	}
	if (l->count > 0)
		return 0;
	errno = EADDRNOTAVAIL;
	return -1;
}

static int explain_failure(int err, const char *address, unsigned port, struct why *why)
{
	if (err == E_ARGUMENT)
		return explain(why, E_SYSTEM, "--bind %s: this is no address of this computer",
			       address);
	if (errno == EADDRINUSE)
		return explain(why, E_SYSTEM,
			       "port %u is in use, perhaps by another Tether or OpenOCD: end that "
			       "one, or choose another port with --port N (0 picks a free one)",
			       port);
	if (errno == EACCES)
		return explain(why, E_SYSTEM,
			       "port %u is reserved for root: choose one above 1023 with --port N",
			       port);
	return explain(why, E_SYSTEM, "can't listen on %s port %u: %s",
		       address ? address : "the loopback", port, strerror(errno));
}

int listener_open(struct listener *listener, const char *address, unsigned port, bool *in_use,
		  struct why *why)
{
	int err = -1;

	*in_use = false;
	for (unsigned attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
		*listener = (struct listener){ .port = port };
		err = address ? add_address(listener, address) : add_loopbacks(listener);
		if (err == 0)
			return 0;
		listener_close(listener);
		if (port != 0 || err == E_ARGUMENT || errno != EADDRINUSE)
			break;
	}
	*in_use = err != E_ARGUMENT && errno == EADDRINUSE;
	return explain_failure(err, address, port, why);
}

void listener_adopt(struct listener *listener, int fd)
{
	if (listener->count == LISTENER_SOCKETS)
		return;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!listener->port)
		listener->port = port_of(fd);
	listener->fds[listener->count++] = fd;
}

void listener_close(struct listener *listener)
{
	int saved = errno;

	while (listener->count > 0)
		close(listener->fds[--listener->count]);
	errno = saved;
}

int listener_accept(int fd, char *name, size_t name_size)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof address;
	char host[NI_MAXHOST], port[NI_MAXSERV];
	int client = accept(fd, (struct sockaddr *)&address, &length);

	if (client < 0)
		return -1;
	fcntl(client, F_SETFD, FD_CLOEXEC);
	set_option(client, IPPROTO_TCP, TCP_NODELAY, 1);
	notice_dead_host(client);
	if (getnameinfo((struct sockaddr *)&address, length, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(name, name_size, "%s port %s", host, port);
	else
		snprintf(name, name_size, "somewhere");
	return client;
}
