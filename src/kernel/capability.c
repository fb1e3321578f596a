/* kernel/capability.c: capability sets; capabilities(7), through libcap
 *
 * Theory of operation
 *
 * The bounding set is lowered first, while this process still has CAP_SETPCAP. The change of user
 * ids then keeps the permitted set (PR_SET_KEEPCAPS, kernel/process) and clears the effective one;
 * capability_apply() lowers the rest to exactly what was asked for.
 *
 * At execve(2) the kernel computes the sets anew. For a user id other than 0 only ambient ones
 * survive a program without file capabilities. For user id 0 of the user namespace the new permitted
 * and effective sets are inheritable | bounding: so for a container's root it is the bounding set
 * that counts, which is why plan/ never lets it be wider than what policy allows.
 */
#include "kernel/capability.h"

#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>

enum { MASK_BITS = 64 }; /* of struct capabilities */

static uint64_t bit(int number)
{
	return UINT64_C(1) << number;
}

int capability_from_name(const char *name)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	cap_value_t number;

	/* libcap takes more: numbers, and a name with something after it, as in "cap_chown+ep" */
	if (strncasecmp(name, "CAP_", strlen("CAP_")) != 0 || name[strspn(name, letters)] != '\0')
		return -1;
	return cap_from_name(name, &number) == 0 && number < MASK_BITS ? number : -1;
}

const char *capability_to_name(int number, char ret[static CAPABILITY_NAME_SIZE])
{
	/* from memory that libcap takes: this is for messages and prints */
	char *name = cap_to_name(number);

	if (name && strncmp(name, "cap_", strlen("cap_")) == 0) {
		size_t i = 0;

		for (; i < CAPABILITY_NAME_SIZE - 1 && name[i]; i++)
			ret[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A'
									 : name[i]);
		ret[i] = '\0';
	} else {
		snprintf(ret, CAPABILITY_NAME_SIZE, "CAP_%d", number);
	}
	if (name)
		cap_free(name);
	return ret;
}

int capability_last(void)
{
	/* libcap asked the kernel, with PR_CAPBSET_READ, when it was loaded */
	const int n = cap_max_bits();

	return n < MASK_BITS ? n - 1 : MASK_BITS - 1;
}

int capability_limit_bounding(uint64_t mask, struct error *err)
{
	char name[CAPABILITY_NAME_SIZE];

	for (int number = 0; number <= capability_last(); number++) {
		if (mask & bit(number) || prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0)
			continue;

		const int cause = errno;

		/* without CAP_SETPCAP there may still be nothing to drop */
		if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 0)
			continue;
		errno = cause;
		return error_sys(err, "/process/capabilities/bounding",
				 "cannot drop %s from the bounding set",
				 capability_to_name(number, name));
	}
	return 0;
}

static int set_flag(cap_t caps, cap_flag_t flag, uint64_t mask)
{
	cap_value_t values[MASK_BITS];
	int n = 0;

	for (int number = 0; number < MASK_BITS; number++) {
		if (mask & bit(number))
			values[n++] = number;
	}
	return n > 0 ? cap_set_flag(caps, flag, n, values, CAP_SET) : 0;
}

static uint64_t get_flag(cap_t caps, cap_flag_t flag)
{
	uint64_t mask = 0;

	for (int number = 0; number <= capability_last(); number++) {
		cap_flag_value_t value;

		if (cap_get_flag(caps, number, flag, &value) == 0 && value == CAP_SET)
			mask |= bit(number);
	}
	return mask;
}

static int set_three(cap_t caps, const struct capabilities *set, struct error *err)
{
	if (set_flag(caps, CAP_PERMITTED, set->permitted) < 0 ||
	    set_flag(caps, CAP_EFFECTIVE, set->effective) < 0 ||
	    set_flag(caps, CAP_INHERITABLE, set->inheritable) < 0)
		return error_sys(err, "/process/capabilities",
				 "a capability is unknown to this kernel, whose last is number %d",
				 capability_last());
	if (cap_set_proc(caps) == 0)
		return 0;
	(void)error_sys(err, "/process/capabilities", "cannot set the capabilities");
	if (err->code != EPERM)
		return -1;
	return error_remedy(err, "effective must be within permitted, and permitted and "
				 "inheritable within what brig itself holds");
}

static int raise_ambient(uint64_t mask, struct error *err)
{
	char name[CAPABILITY_NAME_SIZE];

	/* kernels before 4.3 have none; EINVAL there, and we support none of those */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return error_sys(err, "/process/capabilities/ambient",
				 "cannot clear the ambient set");
	for (int number = 0; number < MASK_BITS; number++) {
		if (!(mask & bit(number)) ||
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) == 0)
			continue;
		(void)error_sys(err, "/process/capabilities/ambient",
				"cannot add %s to the ambient set",
				capability_to_name(number, name));
		return error_remedy(err, "put it into permitted and inheritable as well");
	}
	return 0;
}

static uint64_t ambient_held(void)
{
	uint64_t mask = 0;

	for (int number = 0; number <= capability_last(); number++) {
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) == 1)
			mask |= bit(number);
	}
	return mask;
}

static void free_caps(cap_t *caps)
{
	if (*caps)
		cap_free(*caps);
}
#define autocaps [[gnu::cleanup(free_caps)]]

int capability_apply(const struct capabilities *set, struct error *err)
{
	autocaps cap_t wanted = cap_init();

	if (!wanted)
		return error_sys(err, "/process/capabilities", "cannot set the capabilities");
	if (set_three(wanted, set, err) < 0 || raise_ambient(set->ambient, err) < 0)
		return -1;

	/* The kernel drops bits that it does not know without a word: what holds is what it says. */
	autocaps cap_t held = cap_get_proc();

	if (!held)
		return error_sys(err, "/process/capabilities", "cannot read the capabilities");
	if (get_flag(held, CAP_PERMITTED) != set->permitted ||
	    get_flag(held, CAP_EFFECTIVE) != set->effective ||
	    get_flag(held, CAP_INHERITABLE) != set->inheritable || ambient_held() != set->ambient)
		return error_set(err, ERR_KERNEL, "/process/capabilities",
				 "the kernel did not set the capabilities as asked");
	return 0;
}

uint64_t capability_held(void)
{
	autocaps cap_t held = cap_get_proc();

	return held ? get_flag(held, CAP_EFFECTIVE) : 0;
}
