/* fuzz_mount_options: any words become attributes that mount_setattr(2) and fsmount(2) take, and data
 * for a file system, or an error at the mount. Words are lines; the first byte chooses the type.
 */
#include "base/cleanup.h"
#include "kernel/compat.h"
#include "kernel/mount_options.h"
#include "plan/plan.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static struct spec_strings words_of(struct arena *arena, const char *text)
{
	size_t n = 1;

	for (const char *c = text; *c; c++)
		n += *c == '\n';

	const char **words = arena_array(arena, n, sizeof *words);

	for (size_t i = 0; i < n; i++) {
		const size_t len = strcspn(text, "\n");

		words[i] = arena_strndup(arena, text, len);
		text += len + (text[len] == '\n');
	}
	return (struct spec_strings){ words, n };
}

static void check_attributes(uint64_t set, uint64_t clear)
{
	const uint64_t known = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			       MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME |
			       MOUNT_ATTR_NOSYMFOLLOW;
	char text[96];

	promise(!((set | clear) & ~known));
	promise((set & MOUNT_ATTR__ATIME) != MOUNT_ATTR__ATIME);
	promise(!(set & MOUNT_ATTR__ATIME) || (clear & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME);
	/* Nothing is both, but the field of access times. */
	promise(!(set & clear & ~(uint64_t)MOUNT_ATTR__ATIME));
	promise(strlen(mount_attr_words(set, text)) < sizeof text);
}

static void check_propagation(uint64_t propagation)
{
	promise(propagation == 0 || mount_propagation_word(propagation) != NULL);
}

static void check(const struct plan_mount *mount, const struct spec_strings *words)
{
	check_attributes(mount->attrs.set, mount->attrs.clear);
	check_attributes(mount->attrs.set_recursive, mount->attrs.clear_recursive);
	check_propagation(mount->propagation);
	check_propagation(mount->propagation_recursive);
	promise(mount->n_options <= words->n);
	promise(mount->kind == PLAN_MOUNT_NEW || mount->n_options == 0);
	for (size_t i = 0; i < mount->n_options; i++) {
		const struct mount_option *row = mount_option_find(mount->options[i].key);

		/* "ro=1" is data as well, whatever its key. */
		promise(!row || row->kind == MOUNT_OPTION_SUPERBLOCK || mount->options[i].value);
	}
	promise(!mount->with_devices || !(mount_attrs_here(&mount->attrs) & MOUNT_ATTR_NODEV));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = { "tmpfs", "bind", NULL, "proc", "cgroup", "overlay" };
	static struct policy *policy;
	static const struct host host = {};
	static const struct plan_request request = { .id = "fuzz", .bundle = "/bundle" };
	autoarena struct arena arena = {};

	if (size == 0)
		return 0;

	const struct spec_mount mount = {
		.destination = data[0] & 64 ? "/dev" : "/x",
		.source = data[0] & 128 ? NULL : "source",
		.type = types[data[0] % 64 % ARRAY_LEN(types)],
		.options =
			words_of(&arena, arena_strndup(&arena, (const char *)data + 1, size - 1)),
	};
	const struct spec spec = { .root.path = "rootfs", .mounts = &mount, .n_mounts = 1 };
	struct plan plan = { .bundle = "/bundle", .ids_drawn = true };
	struct error err = {};

	if (policy == NULL)
		policy = policy_builtin("restricted", &err);
	promise(policy != NULL);

	const struct plan_input in = { &spec, policy, &host, &request };

	plan.namespaces[NS_USER].how = plan.namespaces[NS_MOUNT].how = PLAN_NS_NEW;
	if (plan_mounts(&plan, &in, &err) == 0)
		check(&plan.mounts[0], &mount.options);
	else
		promise(strcmp(err.where, "/mounts/0") == 0 && err.text[0]);
	arena_free(&plan.arena);
	return 0;
}
