/* policy/settings.h: the numbers and names of a policy, as rows
 *
 * A row is a name, what it may be, and where it lives in struct policy_settings. The policy file,
 * `brig policy show` and the manual page are read, printed and checked by these rows.
 */
#ifndef BRIG_POLICY_SETTINGS_H
#define BRIG_POLICY_SETTINGS_H

#include "base/json.h"
#include "policy/policy.h"

enum setting_type {
	SETTING_BOOL,
	SETTING_U32,
	SETTING_U64,
	SETTING_I64,
	SETTING_PATH,         /* absolute, or "" */
	SETTING_WORD,         /* one of row->words, or any name if there are none */
	SETTING_CAPABILITIES, /* a list of "CAP_…" */
	SETTING_PATHS,        /* lists: files add to them, and an empty list empties them */
	SETTING_PROGRAMS,     /* paths, each perhaps with a blank and the name to run under */
	SETTING_DEVICES,
	SETTING_SYSCTLS,
	SETTING_VARIABLES, /* of an environment; a * at the end is any rest */
};

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;     /* in struct policy_settings */
	uint64_t min, max; /* of numbers */
	const char *words; /* SETTING_WORD: what it may be, separated by spaces; NULL: any name */
	const char *doc;   /* what it does: one or two sentences */
};

/** setting_table() - all rows, in the order of struct policy_settings */
[[nodiscard]] const struct setting *setting_table(size_t *ret_n);

/** setting_find() - by name, or NULL with *err filled, which names the nearest */
[[nodiscard]] const struct setting *setting_find(const struct json *node, struct error *err);

/** setting_read() - a value from the policy file; strings are copied to @arena */
[[nodiscard]] int setting_read(const struct setting *row, const struct json *node,
			       struct arena *arena, struct policy_settings *settings,
			       struct error *err);

/** setting_print() - the value as JSON; @key NULL in an array */
void setting_print(const struct setting *row, const struct policy_settings *settings,
		   struct json_out *out, const char *key);

/** settings_builtin() - those of "restricted" or "baseline" */
[[nodiscard]] const struct policy_settings *settings_builtin(const char *name);

/** settings_check() - what rows cannot say alone: the pool holds ranges, limits fit each other */
[[nodiscard]] int settings_check(const struct policy_settings *settings, struct error *err);

#endif
