/* container/prepare.c: from a bundle to a plan */
#include "container/prepare.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "container/handle.h"
#include "container/root.h"
#include "kernel/procfs.h"
#include "kernel/self_exe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Does this container need ids that nobody has given it? */
static bool needs_ids(const struct spec *spec)
{
	const struct spec_namespace *user = &spec->linux_.namespaces[SPEC_NS_USER];

	return user->listed && !user->path && spec->linux_.uid_mappings.n == 0 &&
	       spec->linux_.gid_mappings.n == 0;
}

/* The default root is known to policy; one that was chosen is guarded as well. */
static void guard_state_root(const struct runtime *runtime, struct policy *policy)
{
	autofree char *root = runtime->options.root ? realpath(runtime->options.root, NULL) : NULL;

	if (root)
		policy->state_root = arena_strdup(&policy->arena, root);
}

int prepare_judge(struct runtime *runtime, const char *bundle, struct prepared *ret,
		  struct error *err)
{
	*ret = (struct prepared){};

	autofree char *absolute = realpath(bundle, NULL);

	if (!absolute)
		return error_sys(err, bundle, "cannot find the bundle '%s'", bundle);
	ret->bundle = arena_strdup(&runtime->arena, absolute);

	autoclose int dir = fd_open(absolute, O_PATH | O_DIRECTORY, 0, err);

	if (dir < 0)
		return -1;
	ret->spec = spec_read(dir, &ret->config, err);
	if (!ret->spec)
		return -1;
	ret->policy = policy_load(runtime->options.policy_path, &runtime->host, err);
	if (!ret->policy)
		return -1;
	guard_state_root(runtime, ret->policy);
	policy_judge(ret->policy, ret->spec, dir, &runtime->host, &ret->judgement);
	return 0;
}

int prepare_guard(const struct runtime *runtime, const struct spec *spec, struct error *err)
{
	if (needs_ids(spec) && !runtime->host.rootless && self_exe_is_guarded())
		return 0;
	return self_exe_seal(runtime->options.argv, err);
}

static int draw_ids(struct runtime *runtime, bool preview, struct prepared *prepared,
		    struct error *err)
{
	const struct policy_settings *settings = &prepared->policy->settings;
	autoclose int area = root_open_ids(err);
	autoclose int proc = area < 0 ? -1 : procfs_open(err);
	autoclose int etc = proc < 0 ? -1 : fd_open("/etc", O_RDONLY | O_DIRECTORY, 0, err);

	if (etc < 0)
		return -1;

	const struct id_range_request request = {
		.area = area,
		.proc = proc,
		.etc = etc,
		.source = id_range_source(),
		.first = settings->id_pool_first,
		.last = settings->id_pool_last,
		.size = settings->id_range_size,
		.uid = runtime->host.uid,
		.gid = runtime->host.gid,
		.own_id_as_root = runtime->host.rootless,
		.state_dir = prepared->state_dir,
		.preview = preview,
	};

	if (id_range_draw(&request, &runtime->arena, &prepared->ids, err) < 0)
		return -1;
	prepared->ids_drawn = true;
	return 0;
}

int prepare_plan(struct runtime *runtime, const struct create_options *options, bool preview,
		 struct prepared *prepared, struct error *err)
{
	const struct spec *spec = &prepared->judgement.spec;
	struct error ignored;

	if (runtime_root(runtime, err) < 0)
		return -1;
	prepared->state_dir = arena_printf(&runtime->arena, "%s/%s", runtime->root, options->id);
	if (needs_ids(spec) && draw_ids(runtime, preview, prepared, err) < 0)
		return -1;

	/* Without a cache the profile is compiled: slower, and nothing else. */
	autoclose int cache = root_open_cache(&ignored);
	const struct plan_request request = {
		.id = options->id,
		.bundle = prepared->bundle,
		.ids = prepared->ids_drawn ? &prepared->ids.ids : NULL,
		.cgroup_manager = runtime->options.cgroup_manager,
		.no_new_keyring = options->no_new_keyring,
		.seccomp_cache = cache,
		.preserve_fds = options->preserve_fds,
	};

	prepared->plan = plan_build(spec, prepared->policy, &runtime->host, &request, err);
	return prepared->plan ? 0 : -1;
}

void prepare_free(struct prepared *prepared)
{
	plan_free(prepared->plan);
	judgement_free(&prepared->judgement);
	policy_free(prepared->policy);
	spec_free(prepared->spec);
	buf_free(&prepared->config);
}

int runtime_preview(struct runtime *runtime, const char *bundle, const char *id, bool judge_only,
		    struct runtime_preview *ret, struct error *err)
{
	const struct create_options options = { .id = id, .bundle = bundle };
	struct prepared prepared;
	int result = prepare_judge(runtime, bundle, &prepared, err);

	if (result == 0 && !judge_only && !prepared.judgement.refused)
		result = prepare_plan(runtime, &options, true, &prepared, err);
	if (result < 0) {
		prepare_free(&prepared);
		return -1;
	}
	*ret = (struct runtime_preview){ prepared.config, prepared.spec, prepared.policy,
					 prepared.judgement, prepared.plan };
	return 0;
}

void runtime_preview_free(struct runtime_preview *preview)
{
	plan_free(preview->plan);
	judgement_free(&preview->judgement);
	policy_free(preview->policy);
	spec_free(preview->spec);
	buf_free(&preview->config);
}
