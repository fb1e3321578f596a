#include "kernel/netlink.h"

#include "base/cleanup.h"
#include "kernel/netlink_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "in_child.h"
#include "skip_because.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Every check runs in a network namespace of its own, which plays the host; the container's is made
 * beside it. The device is a veth. */

enum { SKIP = 77 };

static void run(void (*check)(void))
{
	const int status = in_child(check);

	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
		skip_because("no right to make network namespaces, or no libmnl");
	assert_int_equal(status, 0);
}

static int new_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		_exit(SKIP);

	const int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static short flags_of(const char *name)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {};

	strcpy(request.ifr_name, name);
	CHECK(fd >= 0);

	const int answer = ioctl(fd, SIOCGIFFLAGS, &request);

	close(fd);
	return answer < 0 ? -1 : request.ifr_flags;
}

static void turn_on_loopback(void)
{
	struct error err;

	new_namespace();
	CHECK(!(flags_of("lo") & IFF_UP));
	CHECK(link_loopback_up(&err) == 0);
	CHECK((flags_of("lo") & (IFF_UP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOOPBACK));
}

static void loopback_is_turned_on(void **)
{
	run(turn_on_loopback);
}

static void make_veth(struct netlink *netlink, const char *name)
{
	const struct {
		struct nlattr kind;
		char name[8];
	} info = { { sizeof info.kind + sizeof "veth", IFLA_INFO_KIND }, "veth" };
	struct netlink_request request;
	struct ifinfomsg *link;
	struct nlmsghdr *message = netlink_begin(netlink, &request, RTM_NEWLINK,
						 NLM_F_CREATE | NLM_F_EXCL, sizeof *link, &link);

	netlink->mnl.attr_put_string(message, IFLA_IFNAME, name);
	netlink->mnl.attr_put(message, IFLA_LINKINFO, sizeof info, &info);
	CHECK(netlink_talk(netlink, message, NULL, NULL) == 0);
}

/* @lifetime_s: 0 for a permanent one */
static void add_address(struct netlink *netlink, const char *device, const char *text, int family,
			unsigned char prefix, unsigned char scope, unsigned lifetime_s)
{
	struct netlink_request request;
	struct ifaddrmsg *address;
	unsigned char bytes[16];
	struct nlmsghdr *message =
		netlink_begin(netlink, &request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
			      sizeof *address, &address);

	CHECK(inet_pton(family, text, bytes) == 1);
	address->ifa_family = (unsigned char)family;
	address->ifa_prefixlen = prefix;
	address->ifa_scope = scope;
	address->ifa_index = if_nametoindex(device);
	netlink->mnl.attr_put(message, IFA_LOCAL, family == AF_INET ? 4 : 16, bytes);
	netlink->mnl.attr_put(message, IFA_ADDRESS, family == AF_INET ? 4 : 16, bytes);
	if (lifetime_s > 0) {
		const struct ifa_cacheinfo lifetime = { .ifa_valid = lifetime_s,
							.ifa_prefered = lifetime_s };

		netlink->mnl.attr_put(message, IFA_CACHEINFO, sizeof lifetime, &lifetime);
	}
	CHECK(netlink_talk(netlink, message, NULL, NULL) == 0);
}

/* The addresses of a device as text: "10.1.2.3/24 fd00::1/64 " */
struct listing {
	const struct netlink *netlink;
	unsigned index;
	const struct ifaddrmsg *address;
	char text[256];
};

static int list_attribute(const struct nlattr *attribute, void *data)
{
	struct listing *listing = data;
	char text[INET6_ADDRSTRLEN];
	const size_t len = strlen(listing->text);

	if (listing->netlink->mnl.attr_type(attribute) == IFA_ADDRESS)
		snprintf(listing->text + len, sizeof listing->text - len, "%s/%u ",
			 inet_ntop(listing->address->ifa_family,
				   listing->netlink->mnl.attr_payload(attribute), text,
				   sizeof text),
			 listing->address->ifa_prefixlen);
	return MNL_CB_OK;
}

static int list_address(const struct nlmsghdr *message, void *data)
{
	struct listing *listing = data;

	listing->address = (const void *)((const char *)message + NLMSG_HDRLEN);
	if (listing->address->ifa_index != listing->index ||
	    (listing->address->ifa_family == AF_INET6 &&
	     listing->address->ifa_scope == RT_SCOPE_LINK)) /* the kernel's own, fe80:: */
		return MNL_CB_OK;
	return listing->netlink->mnl.attr_parse(message, sizeof *listing->address, list_attribute,
						listing);
}

static void list(struct netlink *netlink, const char *device, struct listing *ret)
{
	struct netlink_request request;
	struct ifaddrmsg *address;
	struct nlmsghdr *message = netlink_begin(netlink, &request, RTM_GETADDR, NLM_F_DUMP,
						 sizeof *address, &address);

	*ret = (struct listing){ .netlink = netlink, .index = if_nametoindex(device) };
	CHECK(netlink_talk(netlink, message, list_address, ret) == 0);
}

/* The caller ends in the host's namespace; returns the container's. */
static int prepare(struct netlink *ret_host)
{
	struct error err;
	const int container = new_namespace();

	new_namespace();
	if (netlink_open(-1, ret_host, &err) < 0)
		_exit(SKIP);
	make_veth(ret_host, "eth7");
	return container;
}

static void move_with_addresses(void)
{
	struct netlink host, inside;
	struct listing listing;
	struct error err;
	const int container = prepare(&host);

	add_address(&host, "eth7", "10.1.2.3", AF_INET, 24, RT_SCOPE_UNIVERSE, 0);
	add_address(&host, "eth7", "10.1.2.4", AF_INET, 24, RT_SCOPE_UNIVERSE, 0);
	add_address(&host, "eth7", "169.254.1.1", AF_INET, 16, RT_SCOPE_LINK, 0);
	add_address(&host, "eth7", "fd00::1", AF_INET6, 64, RT_SCOPE_UNIVERSE, 0);
	add_address(&host, "eth7", "fd00::2", AF_INET6, 64, RT_SCOPE_UNIVERSE, 3600);

	if (link_move("eth7", container, "net0", &err) < 0) {
		dprintf(STDERR_FILENO, "%s: %s\n", err.where, err.text);
		_exit(1);
	}
	CHECK(if_nametoindex("eth7") == 0);
	CHECK(setns(container, CLONE_NEWNET) == 0);
	CHECK(flags_of("net0") & IFF_UP);
	CHECK(netlink_open(-1, &inside, &err) == 0);
	list(&inside, "net0", &listing);
	if (strcmp(listing.text, "10.1.2.3/24 10.1.2.4/24 fd00::1/64 ") != 0) {
		dprintf(STDERR_FILENO, "%s\n", listing.text);
		_exit(1);
	}
	netlink_close(&inside);
	netlink_close(&host);
}

static void a_device_keeps_its_global_addresses_and_is_up(void **)
{
	run(move_with_addresses);
}

static void move_two_of_one_index(void)
{
	struct netlink host, inside;
	struct error err;
	const int container = prepare(&host);
	const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	/* the same index in the container is taken by another device */
	CHECK(setns(container, CLONE_NEWNET) == 0);
	CHECK(netlink_open(-1, &inside, &err) == 0);
	make_veth(&inside, "eth7");
	CHECK(setns(home, CLONE_NEWNET) == 0);

	CHECK(link_move("eth7", container, "eth7", &err) == -1);
	CHECK(err.kind == ERR_SPEC && strcmp(err.where, "/linux/netDevices/eth7") == 0);
	CHECK(strstr(err.text, "already"));
	CHECK(if_nametoindex("eth7") != 0); /* still where it was */

	CHECK(link_move("eth7", container, "net%d", &err) == 0);
	CHECK(setns(container, CLONE_NEWNET) == 0);
	CHECK(flags_of("net0") & IFF_UP);
	CHECK(!(flags_of("eth7") & IFF_UP));
	netlink_close(&inside);
	netlink_close(&host);
}

static void a_taken_name_is_refused_and_a_template_finds_another(void **)
{
	run(move_two_of_one_index);
}

static void move_what_cannot_be(void)
{
	static const char *const names[] = { "",    ".",   "a/b", "a b", "sixteen-letters-",
					     "a%s", "%d%d" };
	struct netlink host;
	struct error err;
	const int container = prepare(&host);

	CHECK(link_move("eth8", container, "eth8", &err) == -1);
	CHECK(err.kind == ERR_SPEC && strcmp(err.where, "/linux/netDevices/eth8") == 0);
	CHECK(strstr(err.text, "no network device 'eth8'"));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CHECK(link_move("eth7", container, names[i], &err) == -1);
		CHECK(err.kind == ERR_SPEC);
	}
	CHECK(link_move("lo", container, "lo9", &err) == -1);
	CHECK(err.kind == ERR_KERNEL && err.remedy[0]);
	CHECK(if_nametoindex("eth7") != 0);
	netlink_close(&host);
}

static void what_cannot_be_moved_is_named(void **)
{
	run(move_what_cannot_be);
}

static void visit(void)
{
	struct error err;
	struct netlink inside;
	const int container = new_namespace();
	char before[64] = "", after[64] = "";

	new_namespace();
	CHECK(readlink("/proc/self/ns/net", before, sizeof before - 1) > 0);
	if (netlink_open(container, &inside, &err) < 0)
		_exit(SKIP);
	CHECK(readlink("/proc/self/ns/net", after, sizeof after - 1) > 0);
	CHECK(strcmp(before, after) == 0);
	make_veth(&inside, "only-inside");
	CHECK(if_nametoindex("only-inside") == 0);
	netlink_close(&inside);
}

static void a_conversation_with_another_namespace_leaves_the_caller_where_it_is(void **)
{
	run(visit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_is_turned_on),
		cmocka_unit_test(a_device_keeps_its_global_addresses_and_is_up),
		cmocka_unit_test(a_taken_name_is_refused_and_a_template_finds_another),
		cmocka_unit_test(what_cannot_be_moved_is_named),
		cmocka_unit_test(
			a_conversation_with_another_namespace_leaves_the_caller_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
