/* kernel/netlink.c: network devices; config-linux.md, "Network Devices"
 *
 * Theory of operation
 *
 * A device is moved by one RTM_SETLINK with the fd of the other namespace; rtnetlink(7). The same
 * message gives it the new name and a new index: its own is kept if it is free there, and else one
 * that is, so that we know under which index to go on whatever name the kernel finds for "%d".
 *
 * The addresses are read before the move as RTM_NEWADDR messages. Each is sent back to the kernel,
 * in the container's namespace, with the new index and without what describes only its present state.
 */
#include "kernel/netlink.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "kernel/compat.h"
#include "kernel/netlink_socket.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int link_loopback_up(struct error *err)
{
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_sys(err, NULL, "cannot turn on the loopback device");
	return 0;
}

/* NLMSG_DATA() would take the const away. */
static const void *header_of(const struct nlmsghdr *message)
{
	return (const char *)message + NLMSG_HDRLEN;
}

struct address {
	struct address *next;
	size_t len;
	alignas(struct nlmsghdr) char message[];
};

struct device {
	int index;
	struct arena arena;
	struct address *addresses, **last;
	const struct netlink *netlink;
};

static int keep_index(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *link = header_of(message);

	*(int *)data = link->ifi_index;
	return MNL_CB_OK;
}

/* The index of the device @name, 0 if there is none, -1 on failure. */
static int find(struct netlink *netlink, const char *name)
{
	struct netlink_request request;
	struct ifinfomsg *link;
	struct nlmsghdr *message =
		netlink_begin(netlink, &request, RTM_GETLINK, 0, sizeof *link, &link);
	int index = 0;

	netlink->mnl.attr_put_string(message, IFLA_IFNAME, name);
	if (netlink_talk(netlink, message, keep_index, &index) < 0)
		return errno == ENODEV ? 0 : -1;
	return index;
}

struct indexes {
	int wanted, highest;
	bool taken;
};

static int note_index(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *link = header_of(message);
	struct indexes *indexes = data;

	if (link->ifi_index == indexes->wanted)
		indexes->taken = true;
	if (link->ifi_index > indexes->highest)
		indexes->highest = link->ifi_index;
	return MNL_CB_OK;
}

/* An index that is free in the namespace of @netlink: @wanted if that is. -1 on failure. */
static int free_index(struct netlink *netlink, int wanted)
{
	struct netlink_request request;
	struct ifinfomsg *link;
	struct indexes indexes = { .wanted = wanted };
	struct nlmsghdr *message =
		netlink_begin(netlink, &request, RTM_GETLINK, NLM_F_DUMP, sizeof *link, &link);

	if (netlink_talk(netlink, message, note_index, &indexes) < 0)
		return -1;
	return indexes.taken ? indexes.highest + 1 : wanted;
}

struct attribute_search {
	const struct netlink *netlink;
	uint32_t flags;
};

static int find_flags(const struct nlattr *attribute, void *data)
{
	struct attribute_search *search = data;

	if (search->netlink->mnl.attr_type(attribute) == IFA_FLAGS)
		memcpy(&search->flags, search->netlink->mnl.attr_payload(attribute),
		       sizeof search->flags);
	return MNL_CB_OK;
}

static int keep_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *address = header_of(message);
	struct device *device = data;
	struct attribute_search search = { .netlink = device->netlink,
					   .flags = address->ifa_flags };

	device->netlink->mnl.attr_parse(message, sizeof *address, find_flags, &search);
	if ((int)address->ifa_index != device->index || address->ifa_scope != RT_SCOPE_UNIVERSE ||
	    !(search.flags & IFA_F_PERMANENT))
		return MNL_CB_OK;

	struct address *kept = arena_alloc(&device->arena, sizeof *kept + message->nlmsg_len);

	kept->len = message->nlmsg_len;
	memcpy(kept->message, message, kept->len);
	*device->last = kept;
	device->last = &kept->next;
	return MNL_CB_OK;
}

static int read_addresses(struct netlink *netlink, struct device *device)
{
	struct netlink_request request;
	struct ifaddrmsg *address;
	struct nlmsghdr *message = netlink_begin(netlink, &request, RTM_GETADDR, NLM_F_DUMP,
						 sizeof *address, &address);

	device->netlink = netlink;
	device->last = &device->addresses;
	return netlink_talk(netlink, message, keep_address, device);
}

static int send_move(struct netlink *host, int index, int netns, int new_index, const char *name)
{
	struct netlink_request request;
	struct ifinfomsg *link;
	struct nlmsghdr *message =
		netlink_begin(host, &request, RTM_SETLINK, 0, sizeof *link, &link);

	link->ifi_index = index;
	host->mnl.attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)netns);
	host->mnl.attr_put_u32(message, IFLA_NEW_IFINDEX, (uint32_t)new_index);
	host->mnl.attr_put_string(message, IFLA_IFNAME, name);
	return netlink_talk(host, message, NULL, NULL);
}

struct copy {
	const struct netlink *netlink;
	struct nlmsghdr *to;
};

static int copy_attribute(const struct nlattr *attribute, void *data)
{
	/* the others are states: duplicate address detection decides anew */
	const uint32_t wishes = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
				IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN;
	const struct copy *copy = data;
	const struct netlink_api *mnl = &copy->netlink->mnl;
	const uint16_t type = mnl->attr_type(attribute);
	uint32_t flags;

	switch (type) {
	case IFA_CACHEINFO: /* lifetimes: a permanent address has none */
	case IFA_LABEL:     /* starts with the name of the device, which may be another now */
		return MNL_CB_OK;
	case IFA_FLAGS:
		memcpy(&flags, mnl->attr_payload(attribute), sizeof flags);
		mnl->attr_put_u32(copy->to, IFA_FLAGS, flags & wishes);
		return MNL_CB_OK;
	default:
		mnl->attr_put(copy->to, type, mnl->attr_len(attribute),
			      mnl->attr_payload(attribute));
		return MNL_CB_OK;
	}
}

static int add_address(struct netlink *inside, int index, const struct address *kept)
{
	struct netlink_request request;
	struct ifaddrmsg *address;
	struct nlmsghdr *message =
		netlink_begin(inside, &request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
			      sizeof *address, &address);
	const struct nlmsghdr *old = (const void *)kept->message;
	const struct ifaddrmsg *old_address = header_of(old);
	struct copy copy = { .netlink = inside, .to = message };

	if (kept->len > sizeof request.bytes / 2) {
		errno = EMSGSIZE;
		return -1;
	}
	address->ifa_family = old_address->ifa_family;
	address->ifa_prefixlen = old_address->ifa_prefixlen;
	address->ifa_scope = old_address->ifa_scope;
	address->ifa_index = (unsigned)index;
	inside->mnl.attr_parse(old, sizeof *old_address, copy_attribute, &copy);
	return netlink_talk(inside, message, NULL, NULL);
}

static int turn_on(struct netlink *inside, int index)
{
	struct netlink_request request;
	struct ifinfomsg *link;
	struct nlmsghdr *message =
		netlink_begin(inside, &request, RTM_SETLINK, 0, sizeof *link, &link);

	link->ifi_index = index;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	return netlink_talk(inside, message, NULL, NULL);
}

/* What is to be moved, and where messages say it comes from. */
struct move {
	struct netlink *host, *inside;
	int netns;
	const char *host_name, *name;
	char from[64];
};

static int diagnose_move(const struct move *move, struct error *err)
{
	(void)error_sys(err, move->from, "cannot move the network device '%s' into the container",
			move->host_name);
	switch (err->code) {
	case EINVAL:
		return error_remedy(err,
				    "the kernel ties some devices to their namespace, such as lo; "
				    "or '%s' is no name for a device",
				    move->name);
	case EPERM:
		return error_remedy(err, "moving a device of the host needs CAP_NET_ADMIN there");
	default:
		return -1;
	}
}

/* The device stands in the container's namespace under @index: its addresses, then on. */
static int set_up(const struct move *move, const struct device *device, int index,
		  struct error *err)
{
	for (const struct address *kept = device->addresses; kept; kept = kept->next) {
		if (add_address(move->inside, index, kept) < 0)
			return error_sys(err, move->from,
					 "cannot give '%s' its addresses back in the container",
					 move->host_name);
	}
	if (turn_on(move->inside, index) < 0)
		return error_sys(err, move->from, "cannot turn on '%s' in the container",
				 move->host_name);
	return 0;
}

static int move_device(const struct move *move, struct device *device, struct error *err)
{
	device->index = find(move->host, move->host_name);
	if (device->index < 0)
		return error_sys(err, move->from, "cannot look for the network device '%s'",
				 move->host_name);
	if (device->index == 0)
		return error_set(err, ERR_SPEC, move->from, "the host has no network device '%s'",
				 move->host_name);

	/* Asked before, although the kernel refuses it too: 5.15 does so only after the move. */
	const int taken = strchr(move->name, '%') ? 0 : find(move->inside, move->name);

	if (taken < 0)
		return error_sys(err, move->from, "cannot look for a network device '%s' inside",
				 move->name);
	if (taken > 0)
		return error_set(err, ERR_SPEC, move->from,
				 "the container has a network device '%s' already", move->name);

	const int index = free_index(move->inside, device->index);

	if (index < 0 || read_addresses(move->host, device) < 0)
		return error_sys(err, move->from, "cannot read the addresses of '%s'",
				 move->host_name);
	if (send_move(move->host, device->index, move->netns, index, move->name) < 0)
		return diagnose_move(move, err);
	return set_up(move, device, index, err);
}

/* dev_valid_name() of the kernel, and one "%d" at most */
static bool is_name(const char *name)
{
	const size_t len = strlen(name);
	const char *pattern = strchr(name, '%');

	if (len == 0 || len >= IFNAMSIZ || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (strpbrk(name, "/: \t\n\v\f\r"))
		return false;
	return !pattern || (pattern[1] == 'd' && !strchr(pattern + 1, '%'));
}

int link_move(const char *host_name, int netns, const char *name, struct error *err)
{
	autonetlink struct netlink host = {}, inside = {};
	struct device device = {};
	struct move move = {
		.host = &host,
		.inside = &inside,
		.netns = netns,
		.host_name = host_name,
		.name = name,
	};

	snprintf(move.from, sizeof move.from, "/linux/netDevices/%s", host_name);
	if (!is_name(name))
		return error_set(err, ERR_SPEC, move.from, "'%s' is no name for a network device",
				 name);
	if (netlink_open(-1, &host, err) < 0 || netlink_open(netns, &inside, err) < 0)
		return error_context(err, "moving the network device '%s'", host_name);

	const int moved = move_device(&move, &device, err);

	arena_free(&device.arena);
	return moved;
}
