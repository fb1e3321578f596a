/* Answers of the kernel that are shorter, longer or odder than they should be; fuzz_netlink found the
 * ways, and what is right is in tests/unit/test_netlink.c, where the kernel itself answers. */
#include "kernel/netlink_reply.h"

#include "base/cleanup.h"
#include "skip_because.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { DEVICE = 3 };

struct answer {
	alignas(struct nlmsghdr) char bytes[256];
	struct nlmsghdr *message;
};

static int open_library(void **state)
{
	static struct netlink netlink;
	struct error err;

	*state = netlink_open(-1, &netlink, &err) < 0 ? NULL : &netlink;
	return 0;
}

static int close_library(void **state)
{
	if (*state)
		netlink_close(*state);
	return 0;
}

static struct netlink *library(void **state)
{
	if (!*state)
		skip_because("libmnl is not installed");
	return *state;
}

/* A message with the header of its kind, of which @header bytes are there. */
static void begin(const struct netlink *netlink, struct answer *answer, uint16_t type,
		  const void *header, size_t header_size)
{
	*answer = (struct answer){};
	answer->message = netlink->mnl.put_header(answer->bytes);
	answer->message->nlmsg_type = type;
	memcpy(netlink->mnl.put_extra_header(answer->message, header_size), header, header_size);
}

static int read_answer(const struct netlink *netlink, const struct answer *answer, mnl_cb_t each,
		       void *data)
{
	return netlink_read(netlink, answer->bytes, answer->message->nlmsg_len, each, data);
}

static struct reply_address *addresses_in(const struct netlink *netlink,
					  const struct answer *answer, struct arena *arena)
{
	struct reply_addresses found = { .netlink = netlink, .arena = arena, .index = DEVICE };

	found.last = &found.first;
	(void)read_answer(netlink, answer, reply_addresses, &found);
	return found.first;
}

static const struct ifaddrmsg permanent = {
	.ifa_family = 2, .ifa_prefixlen = 24, .ifa_flags = IFA_F_PERMANENT, .ifa_index = DEVICE
};

static void a_message_without_its_header_is_an_error(void **state)
{
	const struct netlink *netlink = library(state);
	struct reply_indexes indexes = { .wanted = DEVICE };
	autoarena struct arena arena = {};
	struct answer answer;
	int index = 7;

	begin(netlink, &answer, RTM_NEWLINK, "\0\0\0\0", 4);
	errno = 0;
	assert_int_equal(read_answer(netlink, &answer, reply_index, &index), MNL_CB_ERROR);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(index, 7);
	assert_int_equal(read_answer(netlink, &answer, reply_indexes, &indexes), MNL_CB_ERROR);
	begin(netlink, &answer, RTM_NEWADDR, "\0\0\0\0", 4);
	assert_null(addresses_in(netlink, &answer, &arena));
}

/* Lengths that libmnl 1.0.4 believes, of a message that it reads and of one that it skips. */
static void a_message_beyond_its_datagram_is_an_error(void **state)
{
	static const uint16_t types[] = { RTM_NEWADDR, NLMSG_NOOP };
	static const uint32_t lengths[] = { 0,          15,         25,        0x7fffffff,
					    0x80000000, 0xf6000034, UINT32_MAX };
	const struct netlink *netlink = library(state);
	struct answer answer;
	int index = 7;

	for (size_t i = 0; i < ARRAY_LEN(types) * ARRAY_LEN(lengths); i++) {
		begin(netlink, &answer, types[i % 2], &permanent, sizeof permanent);

		const size_t len = answer.message->nlmsg_len;

		answer.message->nlmsg_len = lengths[i / 2];
		errno = 0;
		assert_int_equal(netlink_read(netlink, answer.bytes, len, reply_index, &index),
				 MNL_CB_ERROR);
		assert_int_equal(errno, EBADMSG);
	}
	assert_int_equal(index, 7);
}

static void flags_that_are_cut_short_are_no_flags(void **state)
{
	const struct netlink *netlink = library(state);
	autoarena struct arena arena = {};
	struct netlink_request request;
	struct answer answer;

	begin(netlink, &answer, RTM_NEWADDR, &permanent, sizeof permanent);
	netlink->mnl.attr_put(answer.message, IFA_FLAGS, 1, "\0");

	const struct reply_address *kept = addresses_in(netlink, &answer, &arena);

	assert_non_null(kept);

	const struct nlmsghdr *again = reply_address_again(netlink, &request, DEVICE + 1, kept);

	assert_non_null(again);
	assert_int_equal(again->nlmsg_len, NLMSG_LENGTH(sizeof permanent));
}

static void an_address_of_any_size_fits_or_is_an_error(void **state)
{
	const struct netlink *netlink = library(state);
	autoarena struct arena arena = {};
	struct netlink_request request;
	const size_t len = sizeof request.bytes + 4;
	struct reply_address *kept = arena_alloc(&arena, sizeof *kept + len);
	struct answer answer;

	begin(netlink, &answer, RTM_NEWADDR, &permanent, sizeof permanent);
	answer.message->nlmsg_len = (uint32_t)len;
	memset(kept->message, 0, len);
	memcpy(kept->message, answer.message, NLMSG_LENGTH(sizeof permanent));
	kept->len = len;
	errno = 0;
	assert_null(reply_address_again(netlink, &request, DEVICE + 1, kept));
	assert_int_equal(errno, EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_without_its_header_is_an_error),
		cmocka_unit_test(a_message_beyond_its_datagram_is_an_error),
		cmocka_unit_test(flags_that_are_cut_short_are_no_flags),
		cmocka_unit_test(an_address_of_any_size_fits_or_is_an_error),
	};

	return cmocka_run_group_tests(tests, open_library, close_library);
}
