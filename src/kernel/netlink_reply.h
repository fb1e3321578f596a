/* kernel/netlink_reply.h: what the kernel says about network devices and addresses; rtnetlink(7)
 *
 * The readers are callbacks for netlink_talk(), and take one message each. One that is shorter than
 * its kind fails with EBADMSG.
 */
#ifndef BRIG_KERNEL_NETLINK_REPLY_H
#define BRIG_KERNEL_NETLINK_REPLY_H

#include "base/arena.h"
#include "kernel/netlink_socket.h"

/** reply_index() - RTM_NEWLINK: the index of the device, into the int at @data */
int reply_index(const struct nlmsghdr *message, void *data);

/** reply_indexes() - RTM_NEWLINK, several: is `wanted` among them, which is the highest? */
struct reply_indexes {
	int wanted, highest;
	bool taken;
};
int reply_indexes(const struct nlmsghdr *message, void *data);

/** reply_addresses() - RTM_NEWADDR, several: those of one device that last and lead outside */
struct reply_address {
	struct reply_address *next;
	size_t len;
	alignas(struct nlmsghdr) char message[];
};
struct reply_addresses {
	const struct netlink *netlink;
	struct arena *arena; /* owns the list */
	int index;           /* of the device */
	struct reply_address *first, **last;
};
int reply_addresses(const struct nlmsghdr *message, void *data);

/**
 * reply_address_again() - the request that gives a kept address to the device @index
 * What describes only the state that the address was in is left out.
 * Return: the message within @request, or NULL with errno EMSGSIZE
 */
[[nodiscard]] struct nlmsghdr *reply_address_again(const struct netlink *netlink,
						   struct netlink_request *request, int index,
						   const struct reply_address *kept);

#endif
