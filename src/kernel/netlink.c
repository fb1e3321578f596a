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

#include "base/cleanup.h"
#include "kernel/compat.h"
#include "kernel/netlink_reply.h"
#include "kernel/netlink_socket.h"

#include <errno.h>
#include <limits.h>
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

/* The index of the device @name, 0 if there is none, -1 on failure. */
static int find(struct netlink *netlink, const char *name)
{
	struct netlink_request request;
	struct ifinfomsg *link;
	struct nlmsghdr *message =
		netlink_begin(netlink, &request, RTM_GETLINK, 0, sizeof *link, &link);
	int index = 0;

	netlink->mnl.attr_put_string(message, IFLA_IFNAME, name);
	if (netlink_talk(netlink, message, reply_index, &index) < 0)
		return errno == ENODEV ? 0 : -1;
	return index;
}

/* An index that is free in the namespace of @netlink: @wanted if that is. -1 on failure. */
static int free_index(struct netlink *netlink, int wanted)
{
	struct netlink_request request;
	struct ifinfomsg *link;
	struct reply_indexes indexes = { .wanted = wanted };
	struct nlmsghdr *message =
		netlink_begin(netlink, &request, RTM_GETLINK, NLM_F_DUMP, sizeof *link, &link);

	if (netlink_talk(netlink, message, reply_indexes, &indexes) < 0)
		return -1;
	if (indexes.taken && indexes.highest == INT_MAX) {
		errno = ENOSPC;
		return -1;
	}
	return indexes.taken ? indexes.highest + 1 : wanted;
}

static int read_addresses(struct netlink *netlink, struct reply_addresses *ret)
{
	struct netlink_request request;
	struct ifaddrmsg *address;
	struct nlmsghdr *message = netlink_begin(netlink, &request, RTM_GETADDR, NLM_F_DUMP,
						 sizeof *address, &address);

	ret->netlink = netlink;
	ret->last = &ret->first;
	return netlink_talk(netlink, message, reply_addresses, ret);
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

static int add_address(struct netlink *inside, int index, const struct reply_address *kept)
{
	struct netlink_request request;
	struct nlmsghdr *message = reply_address_again(inside, &request, index, kept);

	return message ? netlink_talk(inside, message, NULL, NULL) : -1;
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
static int set_up(const struct move *move, const struct reply_addresses *addresses, int index,
		  struct error *err)
{
	for (const struct reply_address *kept = addresses->first; kept; kept = kept->next) {
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

static int move_device(const struct move *move, struct arena *arena, struct error *err)
{
	struct reply_addresses addresses = { .arena = arena };
	const int device = find(move->host, move->host_name);

	if (device < 0)
		return error_sys(err, move->from, "cannot look for the network device '%s'",
				 move->host_name);
	if (device == 0)
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

	const int index = free_index(move->inside, device);

	addresses.index = device;
	if (index < 0 || read_addresses(move->host, &addresses) < 0)
		return error_sys(err, move->from, "cannot read the addresses of '%s'",
				 move->host_name);
	if (send_move(move->host, device, move->netns, index, move->name) < 0)
		return diagnose_move(move, err);
	return set_up(move, &addresses, index, err);
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
	autoarena struct arena arena = {};
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

	return move_device(&move, &arena, err);
}
