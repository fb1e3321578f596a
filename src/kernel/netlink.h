/* kernel/netlink.h: network devices; config-linux.md, "Network Devices" */
#ifndef BRIG_KERNEL_NETLINK_H
#define BRIG_KERNEL_NETLINK_H

#include "base/error.h"

/** link_loopback_up() - turn on "lo" of the caller's network namespace. One ioctl(2): takes no memory, for the child */
[[nodiscard]] int link_loopback_up(struct error *err);

/**
 * link_move() - give a network device of the host to a container
 * @host_name: in the caller's network namespace
 * @netns: fd of the container's network namespace
 * @name:  inside; may end in "%d", for which the kernel finds a number
 *
 * The device keeps its permanent addresses of global scope and is up afterwards. The kernel flushes
 * addresses and turns a device off when it is moved: between the two it has none. The parent's
 * business: needs CAP_NET_ADMIN over both namespaces. A failure after the move leaves the device in
 * the container's namespace: when that ends, a physical device comes back to the host, a virtual one
 * is destroyed (network_namespaces(7)).
 *
 * @err: ERR_KERNEL, where = "/linux/netDevices/NAME"; ERR_SPEC for a name that no device can have
 *       or that is taken
 */
[[nodiscard]] int link_move(const char *host_name, int netns, const char *name, struct error *err);

#endif
