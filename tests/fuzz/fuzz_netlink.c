/* fuzz_netlink: any datagram as the kernel's answer is read without harm, and the requests that are
 * made of addresses in it are sound messages. The first byte chooses what was asked for.
 */
#include "base/cleanup.h"
#include "kernel/netlink_reply.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEVICE = 3, NEW_DEVICE = 4 };

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static int check_attribute(const struct nlattr *attribute, void *data)
{
	const struct netlink *netlink = data;
	const uint16_t type = netlink->mnl.attr_type(attribute);

	promise(type != IFA_CACHEINFO && type != IFA_LABEL);
	promise(type != IFA_FLAGS || netlink->mnl.attr_len(attribute) == sizeof(uint32_t));
	return MNL_CB_OK;
}

static void check_again(struct netlink *netlink, const struct reply_address *kept)
{
	struct netlink_request request;
	struct nlmsghdr *message = reply_address_again(netlink, &request, NEW_DEVICE, kept);
	struct ifaddrmsg address;

	if (!message)
		return;
	promise(message->nlmsg_len <= sizeof request.bytes &&
		message->nlmsg_len >= NLMSG_LENGTH(sizeof address));
	memcpy(&address, (const char *)message + NLMSG_HDRLEN, sizeof address);
	promise(message->nlmsg_type == RTM_NEWADDR && address.ifa_index == NEW_DEVICE);
	promise(netlink->mnl.attr_parse(message, sizeof address, check_attribute, netlink) ==
		MNL_CB_OK);
}

static void addresses(struct netlink *netlink, const void *answer, size_t len)
{
	autoarena struct arena arena = {};
	struct reply_addresses found = { .netlink = netlink, .arena = &arena, .index = DEVICE };

	found.last = &found.first;
	(void)netlink_read(netlink, answer, len, reply_addresses, &found);
	for (const struct reply_address *kept = found.first; kept; kept = kept->next)
		check_again(netlink, kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netlink netlink;
	struct reply_indexes indexes = { .wanted = DEVICE };
	struct error err;
	int index = 0;

	if (!netlink.socket && netlink_open(-1, &netlink, &err) < 0)
		abort();
	if (size == 0)
		return 0;

	netlink.sequence = 0; /* seeds answer to every request, of everybody */

	/* Of that size to the byte, so that a look beyond it shows; and aligned. */
	autofree void *answer = malloc(size - 1);

	memcpy(answer, data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		(void)netlink_read(&netlink, answer, size - 1, reply_index, &index);
		break;
	case 1:
		(void)netlink_read(&netlink, answer, size - 1, reply_indexes, &indexes);
		break;
	default:
		addresses(&netlink, answer, size - 1);
	}
	return 0;
}
