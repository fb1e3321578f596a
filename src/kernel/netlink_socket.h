/* kernel/netlink_socket.h: conversations with the kernel's network configuration; netlink(7), rtnetlink(7)
 *
 * Through libmnl, which is loaded by netlink_open(). Not for a container's child: it takes memory,
 * and a library that is loaded after pivot_root(2) would be the image's.
 */
#ifndef BRIG_KERNEL_NETLINK_SOCKET_H
#define BRIG_KERNEL_NETLINK_SOCKET_H

#include "base/error.h"

#include <libmnl/libmnl.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

struct netlink {
	struct netlink_api {
		typeof(mnl_socket_open2) *socket_open;
		typeof(mnl_socket_bind) *socket_bind;
		typeof(mnl_socket_close) *socket_close;
		typeof(mnl_socket_get_portid) *socket_portid;
		typeof(mnl_socket_sendto) *send;
		typeof(mnl_socket_recvfrom) *receive;
		typeof(mnl_nlmsg_put_header) *put_header;
		typeof(mnl_nlmsg_put_extra_header) *put_extra_header;
		typeof(mnl_attr_put) *attr_put;
		typeof(mnl_attr_put_u32) *attr_put_u32;
		typeof(mnl_attr_put_strz) *attr_put_string;
		typeof(mnl_attr_parse) *attr_parse;
		typeof(mnl_attr_get_type) *attr_type;
		typeof(mnl_attr_get_payload) *attr_payload;
		typeof(mnl_attr_get_payload_len) *attr_len;
		typeof(mnl_cb_run) *run;
	} mnl;
	struct mnl_socket *socket;
	unsigned sequence; /* of the latest request */
};

#define autonetlink [[gnu::cleanup(netlink_close)]]

/**
 * netlink_open() - a NETLINK_ROUTE socket
 * @netns: fd of the network namespace to talk to; -1: the caller's. The caller visits it for a moment
 *         (needs CAP_SYS_ADMIN over it), since a socket belongs to the namespace it was made in.
 * @ret:   owned; netlink_close() ends it
 */
[[nodiscard]] int netlink_open(int netns, struct netlink *ret, struct error *err);
void netlink_close(struct netlink *netlink);

/* Room for one request. */
struct netlink_request {
	alignas(struct nlmsghdr) char bytes[4096];
};

/**
 * netlink_begin() - start a request
 * @flags: NLM_F_… besides NLM_F_REQUEST; without NLM_F_DUMP an acknowledgement is asked for
 * @ret_header: the @header_size zeroed bytes that come after the message header (struct ifinfomsg …)
 *
 * Return: the message within @request, to put attributes into
 */
[[nodiscard]] struct nlmsghdr *netlink_begin(const struct netlink *netlink,
					     struct netlink_request *request, uint16_t type,
					     uint16_t flags, size_t header_size, void *ret_header);

/**
 * netlink_talk() - send a request and read its answer to the end
 * @each: called for each message of the answer with @data; NULL where only the outcome matters
 *
 * Return: 0, or -1 with errno as the kernel answered: the caller knows what was asked for
 */
[[nodiscard]] int netlink_talk(struct netlink *netlink, struct nlmsghdr *request, mnl_cb_t each,
			       void *data);

/**
 * netlink_read() - one datagram of an answer to the latest request
 * @each: for each message that is neither an error nor an end, aligned as it lies in @answer
 * Return: MNL_CB_OK if more is to come, MNL_CB_STOP at the end; MNL_CB_ERROR with errno as the kernel
 * answered, or EBADMSG where a message does not lie within the datagram
 */
[[nodiscard]] int netlink_read(const struct netlink *netlink, const void *answer, size_t len,
			       mnl_cb_t each, void *data);

#endif
