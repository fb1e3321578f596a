/* kernel/netlink_socket.c: conversations with the kernel's network configuration; netlink(7) */
#include "kernel/netlink_socket.h"

#include "base/cleanup.h"
#include "base/library.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// clang-format off
static const struct library_symbol symbols[] = {
	{ "mnl_socket_open2",            offsetof(struct netlink_api, socket_open)      },
	{ "mnl_socket_bind",             offsetof(struct netlink_api, socket_bind)      },
	{ "mnl_socket_close",            offsetof(struct netlink_api, socket_close)     },
	{ "mnl_socket_get_portid",       offsetof(struct netlink_api, socket_portid)    },
	{ "mnl_socket_sendto",           offsetof(struct netlink_api, send)             },
	{ "mnl_socket_recvfrom",         offsetof(struct netlink_api, receive)          },
	{ "mnl_nlmsg_put_header",        offsetof(struct netlink_api, put_header)       },
	{ "mnl_nlmsg_put_extra_header",  offsetof(struct netlink_api, put_extra_header) },
	{ "mnl_attr_put",                offsetof(struct netlink_api, attr_put)         },
	{ "mnl_attr_put_u32",            offsetof(struct netlink_api, attr_put_u32)     },
	{ "mnl_attr_put_strz",           offsetof(struct netlink_api, attr_put_string)  },
	{ "mnl_attr_parse",              offsetof(struct netlink_api, attr_parse)       },
	{ "mnl_attr_get_type",           offsetof(struct netlink_api, attr_type)        },
	{ "mnl_attr_get_payload",        offsetof(struct netlink_api, attr_payload)     },
	{ "mnl_attr_get_payload_len",    offsetof(struct netlink_api, attr_len)         },
	{ "mnl_cb_run",                  offsetof(struct netlink_api, run)              },
};
// clang-format on
static_assert(sizeof(struct netlink_api) == ARRAY_LEN(symbols) * sizeof(void *),
	      "a function of libmnl has no row in symbols");

static int open_here(struct netlink *netlink, struct error *err)
{
	netlink->socket = netlink->mnl.socket_open(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!netlink->socket)
		return error_sys(err, NULL, "cannot open a netlink socket");
	if (netlink->mnl.socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	(void)error_sys(err, NULL, "cannot bind a netlink socket");
	netlink_close(netlink);
	return -1;
}

static int open_there(struct netlink *netlink, int netns, struct error *err)
{
	autoclose int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (home < 0 || setns(netns, CLONE_NEWNET) < 0)
		return error_sys(err, NULL, "cannot visit the network namespace");

	const int opened = open_here(netlink, err);

	if (setns(home, CLONE_NEWNET) == 0)
		return opened;
	(void)error_sys(err, NULL, "cannot return from the network namespace");
	netlink_close(netlink);
	return -1;
}

int netlink_open(int netns, struct netlink *ret, struct error *err)
{
	struct netlink netlink = {};

	if (library_open("libmnl.so.0", symbols, ARRAY_LEN(symbols), &netlink.mnl, err) < 0)
		return -1;
	if ((netns < 0 ? open_here(&netlink, err) : open_there(&netlink, netns, err)) < 0)
		return -1;
	*ret = netlink;
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->socket)
		netlink->mnl.socket_close(netlink->socket);
	netlink->socket = NULL;
}

struct nlmsghdr *netlink_begin(const struct netlink *netlink, struct netlink_request *request,
			       uint16_t type, uint16_t flags, size_t header_size, void *ret_header)
{
	struct nlmsghdr *message = netlink->mnl.put_header(request->bytes);
	void *header = netlink->mnl.put_extra_header(message, header_size); /* zeroes it */

	message->nlmsg_type = type;
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	/* The end of a dump is its end. Its two bits mean something else in other requests: there
	 * NLM_F_EXCL is one of them. */
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		message->nlmsg_flags |= NLM_F_ACK;
	memcpy(ret_header, &header, sizeof header);
	return message;
}

/* libmnl compares lengths as signed numbers: a message of 2 GiB and more would lie within every
 * datagram, and what it skips lies outside. Attributes it reads to the end of the padding, which the
 * kernel sends too. */
static bool are_messages(const void *answer, size_t len)
{
	const char *at = answer;
	struct nlmsghdr header;

	for (size_t size; len >= sizeof header; at += size, len -= size) {
		memcpy(&header, at, sizeof header);
		if (header.nlmsg_len < sizeof header || header.nlmsg_len > len)
			return false;
		size = NLMSG_ALIGN(header.nlmsg_len);
		if (size > len)
			return false;
	}
	return true;
}

int netlink_read(const struct netlink *netlink, const void *answer, size_t len, mnl_cb_t each,
		 void *data)
{
	if (!are_messages(answer, len)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	return netlink->mnl.run(answer, len, netlink->sequence,
				netlink->mnl.socket_portid(netlink->socket), each, data);
}

int netlink_talk(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t each, void *data)
{
	enum {
		ANSWER_SIZE = 32 << 10
	}; /* what the kernel puts into one datagram at most, netlink(7) */
	alignas(struct nlmsghdr) char answer[ANSWER_SIZE];
	int more = MNL_CB_OK;

	request->nlmsg_seq = ++netlink->sequence;
	if (netlink->mnl.send(netlink->socket, request, request->nlmsg_len) < 0)
		return -1;
	while (more > MNL_CB_STOP) {
		const ssize_t len = netlink->mnl.receive(netlink->socket, answer, sizeof answer);

		if (len < 0)
			return -1;
		more = netlink_read(netlink, answer, (size_t)len, each, data);
	}
	return more < 0 ? -1 : 0;
}
