/* kernel/netlink_reply.c: what the kernel says about network devices and addresses; rtnetlink(7)
 *
 * netlink_read() has seen that a message lies within the datagram, and libmnl that an attribute lies
 * within its message: that there is a struct ifinfomsg, or four bytes of flags, is for us to see.
 */
#include "kernel/netlink_reply.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* NLMSG_DATA() would take the const away. NULL with errno if there are not @size bytes. */
static const void *header_of(const struct nlmsghdr *message, size_t size)
{
	if (message->nlmsg_len >= NLMSG_LENGTH(size))
		return (const char *)message + NLMSG_HDRLEN;
	errno = EBADMSG;
	return NULL;
}

int reply_index(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *link = header_of(message, sizeof *link);

	if (!link)
		return MNL_CB_ERROR;
	*(int *)data = link->ifi_index;
	return MNL_CB_OK;
}

int reply_indexes(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *link = header_of(message, sizeof *link);
	struct reply_indexes *indexes = data;

	if (!link)
		return MNL_CB_ERROR;
	if (link->ifi_index == indexes->wanted)
		indexes->taken = true;
	if (link->ifi_index > indexes->highest)
		indexes->highest = link->ifi_index;
	return MNL_CB_OK;
}

/* IFA_FLAGS, if this is it: the field of struct ifaddrmsg has room for eight of them only. */
static bool take_flags(const struct netlink_api *mnl, const struct nlattr *attribute, uint32_t *ret)
{
	if (mnl->attr_type(attribute) != IFA_FLAGS || mnl->attr_len(attribute) < sizeof *ret)
		return false;
	memcpy(ret, mnl->attr_payload(attribute), sizeof *ret);
	return true;
}

struct flags_search {
	const struct netlink_api *mnl;
	uint32_t flags;
};

static int find_flags(const struct nlattr *attribute, void *data)
{
	struct flags_search *search = data;

	(void)take_flags(search->mnl, attribute, &search->flags);
	return MNL_CB_OK;
}

int reply_addresses(const struct nlmsghdr *message, void *data)
{
	struct reply_addresses *addresses = data;
	const struct ifaddrmsg *address = header_of(message, sizeof *address);
	struct flags_search search = { .mnl = &addresses->netlink->mnl };

	if (!address)
		return MNL_CB_ERROR;
	search.flags = address->ifa_flags;
	search.mnl->attr_parse(message, sizeof *address, find_flags, &search);
	if ((int)address->ifa_index != addresses->index ||
	    address->ifa_scope != RT_SCOPE_UNIVERSE || !(search.flags & IFA_F_PERMANENT))
		return MNL_CB_OK;

	const size_t len = NLMSG_ALIGN(message->nlmsg_len); /* attributes are padded */
	struct reply_address *kept = arena_alloc(addresses->arena, sizeof *kept + len);

	kept->len = len;
	memcpy(kept->message, message, kept->len);
	*addresses->last = kept;
	addresses->last = &kept->next;
	return MNL_CB_OK;
}

struct copy {
	const struct netlink_api *mnl;
	struct nlmsghdr *to;
};

static int copy_attribute(const struct nlattr *attribute, void *data)
{
	/* the others are states: duplicate address detection decides anew */
	const uint32_t wishes = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
				IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;
	const struct copy *copy = data;
	const struct netlink_api *mnl = copy->mnl;
	uint32_t flags;

	switch (mnl->attr_type(attribute)) {
	case IFA_CACHEINFO: /* lifetimes: a permanent address has none */
	case IFA_LABEL:     /* starts with the name of the device, which may be another now */
		return MNL_CB_OK;
	case IFA_FLAGS:
		if (take_flags(mnl, attribute, &flags))
			mnl->attr_put_u32(copy->to, IFA_FLAGS, flags & wishes);
		return MNL_CB_OK;
	default:
		mnl->attr_put(copy->to, mnl->attr_type(attribute), mnl->attr_len(attribute),
			      mnl->attr_payload(attribute));
		return MNL_CB_OK;
	}
}

struct nlmsghdr *reply_address_again(const struct netlink *netlink, struct netlink_request *request,
				     int index, const struct reply_address *kept)
{
	const struct nlmsghdr *old = (const void *)kept->message;
	const struct ifaddrmsg *old_address = header_of(old, sizeof *old_address);
	struct ifaddrmsg *address;
	struct nlmsghdr *message =
		netlink_begin(netlink, request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
			      sizeof *address, &address);
	struct copy copy = { .mnl = &netlink->mnl, .to = message };

	/* No attribute grows by being copied, so what fits as it came fits again. */
	if (!old_address || kept->len > sizeof request->bytes) {
		errno = EMSGSIZE;
		return NULL;
	}
	address->ifa_family = old_address->ifa_family;
	address->ifa_prefixlen = old_address->ifa_prefixlen;
	address->ifa_scope = old_address->ifa_scope;
	address->ifa_index = (unsigned)index;
	netlink->mnl.attr_parse(old, sizeof *old_address, copy_attribute, &copy);
	return message;
}
