/* container/prepare.c: from a bundle to a plan */
#include "container/prepare.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "container/handle.h"
#include "container/lock.h"
#include "container/root.h"
#include "kernel/procfs.h"
#include "kernel/self_exe.h"
#include "launch/sources.h"

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
	*ret = (struct prepared){ .share = pod_share_none() };

	autofree char *absolute = realpath(bundle, NULL);

	if (!absolute) {
		(void)error_sys(err, bundle, "cannot find the bundle '%s'", bundle);
		return error_remedy_if_absent(err, "--bundle names the directory with config.json "
						   "and the root file system");
	}
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

/* Whose containers come and go while we look: each round takes a create or a delete by somebody. */
enum { POD_TRIES = 16 };

/* 1 done, 0 the pod is another by now, -1 error */
static int share_or_draw(const struct pod_query *query, struct id_range_request *request,
			 struct prepared *prepared, struct error *err)
{
	struct pod_share *share = &prepared->share;
	int result;

	pod_share_close(share);
	if (pod_find(query, share, err) < 0)
		return -1;
	request->sandbox = share->alone ? NULL : query->pod->sandbox;
	request->seen = share->seen;
	if (share->holder) {
		prepared->ids = (struct id_range_drawn){ .ids = share->ids,
							 .reservation = share->reservation };
		return share->reservation
			       ? id_range_share(request, share->reservation, share->holder, err)
			       : 1;
	}
	result = id_range_draw(request, &query->runtime->arena, &prepared->ids, err);
	if (result == 0)
		return 1;
	return err->code == EAGAIN ? 0 : -1;
}

/* Rule pod-user, asked here: who is of the pod is known only by looking at containers. */
static int pod_judge(const struct policy *policy, struct pod *pod, struct error *err)
{
	const enum action action = policy_action(policy, "pod-user");

	if (!pod->sandbox || pod->is_sandbox || action == ACTION_ALLOW)
		return 0;
	if (action == ACTION_WARN) {
		log_warn("the container shares the ids of pod '%s' (pod-user at %s)", pod->sandbox,
			 pod->pointer);
		return 0;
	}
	if (action == ACTION_HARDEN) {
		*pod = (struct pod){};
		return 0;
	}
	return error_set(err, ERR_POLICY, "pod-user",
			 "refused by policy: the container is of pod '%s' (pod-user at %s)",
			 pod->sandbox, pod->pointer);
}

static int obtain_ids(struct runtime *runtime, const struct create_options *options, bool preview,
		      struct prepared *prepared, struct error *err)
{
	const struct policy_settings *settings = &prepared->policy->settings;
	/* What is restored has its ids, and is not looked for by others of a pod. */
	const struct pod none = {};
	struct pod pod = options->ids ? none : pod_of(&prepared->judgement.spec, options->id);
	autoclose int area = root_open_ids(err);
	autoclose int proc = area < 0 ? -1 : procfs_open(err);
	autoclose int etc = proc < 0 ? -1 : fd_open("/etc", O_RDONLY | O_DIRECTORY, 0, err);

	if (etc < 0)
		return -1;
	if (!pod.sandbox && pod_joined(runtime, &prepared->judgement.spec, &pod, err) < 0)
		return -1;
	if (pod_judge(prepared->policy, &pod, err) < 0)
		return -1;

	const struct pod_query query = {
		.runtime = runtime,
		.spec = &prepared->judgement.spec,
		.pod = &pod,
		.id = options->id,
		.area = area,
		.proc = proc,
		.wait_ms = LOCK_WAIT_MS,
	};
	struct id_range_request request = {
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
		.only = options->ids,
	};
	int result = 0;

	for (int i = 0; i < POD_TRIES && result == 0; i++)
		result = share_or_draw(&query, &request, prepared, err);
	if (result == 0)
		return error_set(err, ERR_STATE, pod.pointer,
				 "the containers of pod '%s' come and go too fast to share ids",
				 pod.sandbox);
	prepared->ids_drawn = result > 0;
	return result < 0 ? -1 : 0;
}

int prepare_plan(struct runtime *runtime, const struct create_options *options, bool preview,
		 struct prepared *prepared, struct error *err)
{
	const struct spec *spec = &prepared->judgement.spec;
	struct error ignored;

	if (runtime_root(runtime, err) < 0)
		return -1;
	prepared->state_dir = arena_printf(&runtime->arena, "%s/%s", runtime->root, options->id);
	if (needs_ids(spec) && obtain_ids(runtime, options, preview, prepared, err) < 0)
		return -1;
	if (!runtime->host.rootless && prepared->share.joins[NS_USER] < 0)
		prepared->share.joins[NS_USER] = pod_user_joined(runtime, spec);

	/* Without a cache the profile is compiled: slower, and nothing else. */
	autoclose int cache = root_open_cache(&ignored);
	const struct plan_request request = {
		.id = options->id,
		.bundle = prepared->bundle,
		.ids = prepared->ids_drawn ? &prepared->ids.ids : NULL,
		.user_path = prepared->share.user_path,
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
	pod_share_close(&prepared->share);
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
	struct plan_overlays overlays = {};
	struct prepared prepared;
	int result = prepare_judge(runtime, bundle, &prepared, err);

	if (result == 0 && !judge_only && !prepared.judgement.refused)
		result = prepare_plan(runtime, &options, true, &prepared, err);
	if (result == 0 && prepared.plan && !runtime->host.rootless)
		result = sources_examine(prepared.plan, &runtime->arena, &overlays, err);
	if (result < 0) {
		prepare_free(&prepared);
		return -1;
	}
	pod_share_close(&prepared.share); /* what is planned only is not joined */
	*ret = (struct runtime_preview){ prepared.config,    prepared.spec, prepared.policy,
					 prepared.judgement, prepared.plan, overlays };
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
