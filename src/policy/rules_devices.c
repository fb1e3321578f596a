/* policy/rules_devices.c: which devices of the host the container may use
 *
 * config-linux.md "Default Devices" and "Allowed Device list".
 */
#include "base/cleanup.h"
#include "policy/rules.h"
#include "policy/sources.h"

#include <stdio.h>
#include <string.h>

/* The default devices; and, for rules only, those that are the container's own in its devpts. */
// clang-format off
static const struct default_device {
	char type;
	int64_t major, minor; /* -1: any */
	bool node;            /* the host's node may be shown too */
} default_devices[] = {
	{ 'c',   1,  3, true  }, /* null */
	{ 'c',   1,  5, true  }, /* zero */
	{ 'c',   1,  7, true  }, /* full */
	{ 'c',   1,  8, true  }, /* random */
	{ 'c',   1,  9, true  }, /* urandom */
	{ 'c',   5,  0, true  }, /* tty */
	{ 'c',   5,  1, false }, /* console */
	{ 'c',   5,  2, false }, /* ptmx */
	{ 'c', 136, -1, false }, /* pts */
};
// clang-format on

static bool number_within(int64_t wide, int64_t narrow)
{
	return wide < 0 || wide == narrow;
}

static bool parse_number(const char **at, struct opt_int *ret)
{
	int used = 0;
	unsigned value;

	if (**at == '*') {
		(*at)++;
		*ret = (struct opt_int){};
		return true;
	}
	/* At most nine digits: no overflow in sscanf(3). */
	if (**at < '0' || **at > '9' || sscanf(*at, "%9u%n", &value, &used) != 1)
		return false;
	*at += used;
	*ret = (struct opt_int){ .value = value, .set = true };
	return true;
}

bool device_allow_parse(const char *text, struct spec_device_rule *ret)
{
	struct spec_device_rule rule = { .allow = true, .type = text[0] };

	if ((text[0] != 'c' && text[0] != 'b') || text[1] != ' ')
		return false;
	text += 2;
	if (!parse_number(&text, &rule.major) || *text++ != ':' ||
	    !parse_number(&text, &rule.minor) || *text++ != ' ' || *text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		switch (*text) {
		case 'r':
			rule.read = true;
			break;
		case 'w':
			rule.write = true;
			break;
		case 'm':
			rule.mknod = true;
			break;
		default:
			return false;
		}
	}
	*ret = rule;
	return true;
}

static int64_t number_of(const struct opt_int *number)
{
	return number->set ? number->value : -1;
}

/* Is all that @asked allows allowed by an entry of device_allow? */
static bool listed(const struct policy *policy, const struct spec_device_rule *asked)
{
	const struct spec_strings *const list = &policy->settings.device_allow;

	for (size_t i = 0; i < list->n; i++) {
		struct spec_device_rule rule;

		if (device_allow_parse(list->items[i], &rule) && rule.type == asked->type &&
		    number_within(number_of(&rule.major), number_of(&asked->major)) &&
		    number_within(number_of(&rule.minor), number_of(&asked->minor)) &&
		    rule.read >= asked->read && rule.write >= asked->write &&
		    rule.mknod >= asked->mknod)
			return true;
	}
	return false;
}

static bool is_default(char type, int64_t major, int64_t minor, bool node)
{
	for (size_t i = 0; i < ARRAY_LEN(default_devices); i++) {
		const struct default_device *const row = &default_devices[i];

		if (row->type == type && row->major == major && number_within(row->minor, minor) &&
		    row->node >= node)
			return true;
	}
	return false;
}

enum device_standing device_standing(const struct policy *policy, char type, int64_t major,
				     int64_t minor)
{
	const struct spec_device_rule asked = {
		.type = type,
		.major = { .value = major, .set = true },
		.minor = { .value = minor, .set = true },
		.read = true,
		.write = true,
	};

	if (is_default(type, major, minor, true))
		return DEVICE_DEFAULT;
	return listed(policy, &asked) ? DEVICE_ALLOWED : DEVICE_FORBIDDEN;
}

/* The hardened list without the devices that policy forbids. */
static void drop_devices(struct judge *judge)
{
	const struct spec_linux *const linux_ = &judge->spec->linux_;
	struct spec_device *kept =
		arena_array(judge->arena, linux_->n_devices, sizeof *linux_->devices);
	size_t n = 0;

	for (size_t i = 0; i < linux_->n_devices; i++) {
		const struct spec_device *const device = &linux_->devices[i];

		if (device->type == 'p' ||
		    device_standing(judge->policy, device->type == 'u' ? 'c' : device->type,
				    device->major, device->minor) != DEVICE_FORBIDDEN)
			kept[n++] = *device;
	}
	judge->hard->linux_.devices = kept;
	judge->hard->linux_.n_devices = n;
}

void check_devices(struct judge *judge, const struct rule *rule)
{
	const struct spec_linux *const linux_ = &judge->spec->linux_;
	bool drop = false;

	for (size_t i = 0; i < linux_->n_devices; i++) {
		const struct spec_device *const device = &linux_->devices[i];
		const char *const pointer = judge_pointer(judge, "/linux/devices/%zu", i);

		if (device->type == 'p')
			continue;
		switch (device_standing(judge->policy, device->type == 'u' ? 'c' : device->type,
					device->major, device->minor)) {
		case DEVICE_DEFAULT:
			break;
		case DEVICE_ALLOWED:
			judge_allowed(judge, rule, pointer, "'%.200s' is in device_allow",
				      device->path);
			break;
		case DEVICE_FORBIDDEN:
			drop |= judge_found(judge, rule, pointer,
					    "'%.200s' is the host's device %c %lld:%lld",
					    device->path, device->type, (long long)device->major,
					    (long long)device->minor);
			break;
		}
	}
	if (drop)
		drop_devices(judge);
}

/* mknod alone gives nothing: in a user namespace mknod(2) fails, and engines ask for it always. */
static bool rule_is_harmless(const struct policy *policy, const struct spec_device_rule *rule)
{
	if (!rule->allow || (!rule->read && !rule->write))
		return true;
	return is_default(rule->type, number_of(&rule->major), number_of(&rule->minor), false) ||
	       listed(policy, rule);
}

void check_device_rules(struct judge *judge, const struct rule *rule)
{
	const struct spec_resources *const resources = &judge->spec->linux_.resources;
	struct spec_device_rule *kept = NULL;
	size_t n = 0;

	for (size_t i = 0; i < resources->n_devices; i++) {
		const struct spec_device_rule *const device = &resources->devices[i];

		if (!rule_is_harmless(judge->policy, device) &&
		    judge_found(judge, rule,
				judge_pointer(judge, "/linux/resources/devices/%zu", i),
				"%c %lld:%lld is allowed", device->type,
				(long long)number_of(&device->major),
				(long long)number_of(&device->minor))) {
			if (kept == NULL) {
				kept = arena_array(judge->arena, resources->n_devices,
						   sizeof *kept);
				memcpy(kept, resources->devices, i * sizeof *kept);
				n = i;
			}
			continue;
		}
		if (kept != NULL)
			kept[n++] = *device;
	}
	if (kept != NULL) {
		judge->hard->linux_.resources.devices = kept;
		judge->hard->linux_.resources.n_devices = n;
	}
}
