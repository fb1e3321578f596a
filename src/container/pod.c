/* container/pod.c: whom a container of a pod shares ids and user namespace with */
#include "container/pod.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "container/handle.h"
#include "container/id.h"
#include "container/id_range.h"
#include "container/lock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- the annotations --- */

#define AT(annotation) "/annotations/" annotation, annotation

static const struct pod_words {
	const char *pointer, *id, *type;
} pod_words[] = {
	/* containerd, internal/cri/annotations */
	{ AT("io.kubernetes.cri.sandbox-id"), "io.kubernetes.cri.container-type" },
	/* CRI-O, internal/annotations; Podman sets the id alone */
	{ AT("io.kubernetes.cri-o.SandboxID"), "io.kubernetes.cri-o.ContainerType" },
};

struct pod pod_of(const struct spec *spec, const char *id)
{
	for (size_t i = 0; i < ARRAY_LEN(pod_words); i++) {
		const char *sandbox = spec_annotation(spec, pod_words[i].id);
		const char *type = spec_annotation(spec, pod_words[i].type);
		struct pod pod = { .sandbox = sandbox, .pointer = pod_words[i].pointer };

		/* Some other file name than that of a state directory is no pod. */
		if (!sandbox || !id_is_valid(sandbox))
			continue;
		pod.is_sandbox = id && strcmp(sandbox, id) == 0;
		/* A sandbox that is called otherwise leads nobody to it. */
		if (!pod.is_sandbox && type && strcmp(type, "sandbox") == 0)
			continue;
		return pod;
	}
	return (struct pod){};
}

/* Was it given ids by brig that another can share? */
static bool has_own_ids(const struct state *state)
{
	return state->namespaces[NS_USER].how != PLAN_NS_NONE &&
	       (id_range_source() != ID_SOURCE_POOL || state->reservation);
}

/* --- is it one to share with? --- */

static int refuse(const struct pod_query *query, struct error *err, const char *cause)
{
	const struct pod *pod = query->pod;

	if (pod->is_joined)
		return error_set(err, ERR_POLICY, pod->pointer,
				 "the container joins a namespace of '%s', but %s", pod->sandbox,
				 cause);
	(void)error_set(err, ERR_POLICY, pod->pointer,
			"the container says that it is of pod '%s', but %s", pod->sandbox, cause);
	return error_remedy(err, "list the pod's own network or ipc namespace by path in "
				 "linux.namespaces, or leave the annotation out");
}

static int namespace_of(const struct state *other, enum ns kind, struct error *err)
{
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/ns/%s", other->pid, ns_proc(kind));
	return ns_open(kind, path, err);
}

static const char *const other_namespace[NS_COUNT] = {
	[NS_NET] = "joins the network namespace of another",
	[NS_IPC] = "joins the ipc namespace of another",
	[NS_PID] = "joins the pid namespace of another",
};

/*
 * The namespace that the bundle joins: 1 the other's, 0 none is joined by path, -1 error; it is put
 * into share->joins.
 */
static int compare(const struct pod_query *query, const struct state *other, enum ns kind,
		   struct pod_share *share, struct error *err)
{
	/* The specification's kinds and these are one list, policy/rules_namespaces.c. */
	const struct spec_namespace *asked = &query->spec->linux_.namespaces[kind];

	if (!asked->listed || !asked->path)
		return 0;

	autoclose int ours = ns_open(kind, asked->path, err);
	autoclose int theirs = ours < 0 ? -1 : namespace_of(other, kind, err);

	if (theirs < 0)
		return error_context(err, "pod '%s'", query->pod->sandbox);
	if (!ns_same(ours, theirs))
		return refuse(query, err, other_namespace[kind]);
	/* What everybody is in who is let into the host's proves nothing. */
	if (ns_is_own(kind, ours, err) != 0)
		return 0;
	share->joins[kind] = fd_take(&ours);
	return 1;
}

static int user_namespace(const struct pod_query *query, const struct state *other,
			  struct pod_share *share, struct error *err)
{
	autoclose int user = namespace_of(other, NS_USER, err);

	if (user < 0)
		return error_context(err, "pod '%s'", query->pod->sandbox);
	if (!has_own_ids(other))
		return refuse(query, err, "the ids of that pod are not brig's to share");
	if (!ns_user_is_child(user))
		return refuse(query, err, "that pod has left the user namespace that it was given");
	share->joins[NS_USER] = fd_take(&user);
	return 0;
}

/* 1 it is; 0 not, and share->alone says whether the pod shares anything; -1 error */
static int verify(const struct pod_query *query, const struct state *other, bool is_sandbox,
		  struct pod_share *share, struct error *err)
{
	/* Which one proves it: a pod's containers share the network, and may have processes in common
	 * with one of them alone; who names no pod may have the network of a third. */
	const enum ns proof = query->pod->is_joined ? NS_PID : NS_NET;
	const int first = compare(query, other, proof, share, err);
	const int ipc = first < 0 ? -1 : compare(query, other, NS_IPC, share, err);

	if (ipc < 0)
		return -1;
	if (first + ipc == 0 && is_sandbox)
		return refuse(query, err, "joins no network or ipc namespace of it by path");
	if (first + ipc == 0) {
		/* A pod of Podman without an infra container shares nothing. */
		log_note("pod '%s' shares no namespace with '%s', which has ids of its own",
			 query->pod->sandbox, query->id);
		share->alone = true;
		return 0;
	}
	if (other->owner != query->runtime->host.uid)
		return refuse(query, err, "that pod is another user's");
	return user_namespace(query, other, share, err) < 0 ? -1 : 1;
}

/* --- who names no pod --- */

/* Is the init of @state in the namespace @fd? */
static bool is_in(const struct state *state, enum ns kind, int fd)
{
	struct error ignored;
	autoclose int theirs =
		state->pid > 0 && has_own_ids(state) ? namespace_of(state, kind, &ignored) : -1;

	return theirs >= 0 && ns_same(fd, theirs);
}

int pod_joined(struct runtime *runtime, const struct spec *spec, struct pod *ret, struct error *err)
{
	static const enum ns kinds[] = { NS_PID, NS_IPC };
	const char *const *ids;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct spec_namespace *asked = &spec->linux_.namespaces[kinds[i]];
		const struct state *state;
		struct error ignored;

		if (!asked->listed || !asked->path)
			continue;

		/* One that cannot be opened is for whoever joins it to tell. */
		autoclose int fd = ns_open(kinds[i], asked->path, &ignored);

		if (fd < 0)
			continue;
		if (runtime_list(runtime, &ids, &n, err) < 0)
			return -1;
		for (size_t k = 0; k < n; k++) {
			if (runtime_state(runtime, ids[k], &state, &ignored) < 0 ||
			    !is_in(state, kinds[i], fd))
				continue;
			*ret = (struct pod){
				.sandbox = ids[k],
				.pointer = arena_printf(&runtime->arena,
							"/linux/namespaces/%zu/path", asked->index),
				.is_joined = true,
			};
			return 0;
		}
	}
	return 0;
}

int pod_user_joined(struct runtime *runtime, const struct spec *spec)
{
	const struct spec_namespace *asked = &spec->linux_.namespaces[NS_USER];
	const char *const *ids;
	const struct state *state;
	struct error ignored;
	size_t n;

	if (!asked->listed || !asked->path || runtime_list(runtime, &ids, &n, &ignored) < 0)
		return -1;

	autoclose int fd = ns_open(NS_USER, asked->path, &ignored);

	for (size_t i = 0; i < n && fd >= 0; i++) {
		if (runtime_state(runtime, ids[i], &state, &ignored) == 0 &&
		    is_in(state, NS_USER, fd) && ns_user_is_child(fd))
			return fd_take(&fd);
	}
	return -1;
}

/* --- whom to ask --- */

/* Whoever creates it holds its lock until it stands. */
static int await(const struct pod_query *query, const char *id, struct error *err)
{
	autoclose int locked = lock_take(query->runtime->root_fd, id, query->wait_ms, err);

	if (locked >= 0)
		lock_release(locked);
	return locked >= 0 || err->code == ENOENT ? 0 : -1;
}

/* 1 there is such a container, and its state is read; 0 there is none; -1 error */
static int look(const struct pod_query *query, const char *id, struct state *ret, bool *ret_busy,
		struct error *err)
{
	struct runtime *runtime = query->runtime;
	autoclose int dir = state_open(runtime->root_fd, id, err);
	int loaded;

	if (dir < 0)
		return err->code == ENOENT ? 0 : -1;
	loaded = state_load(dir, id, &runtime->arena, ret, err);
	*ret_busy = (loaded < 0 ? err->code == ENODATA : ret->status == STATUS_CREATING) &&
		    lock_is_held(dir);
	/* One whose create died, or whose state is damaged, shares with nobody. */
	return loaded == 0;
}

/* 1 shared, 0 it is not one to share with, -1 error */
static int ask(const struct pod_query *query, const char *id, bool is_sandbox,
	       struct pod_share *share, struct error *err)
{
	struct runtime *runtime = query->runtime;
	struct state other = {};
	bool busy = false;
	int found = look(query, id, &other, &busy, err);

	if (found >= 0 && busy) {
		if (await(query, id, err) < 0)
			return error_context(err, "container '%s' of the same pod", id);
		found = look(query, id, &other, &busy, err);
	}
	if (found <= 0 || other.status == STATUS_CREATING || !state_is_alive(query->proc, &other))
		return found < 0 ? -1 : 0;

	const int verified = verify(query, &other, is_sandbox, share, err);

	/* Its pid was its own while we looked. */
	if (verified != 0 && !state_is_alive(query->proc, &other)) {
		pod_share_close(share);
		return 0;
	}
	if (verified <= 0)
		return verified;
	share->holder = arena_printf(&runtime->arena, "%s/%s", runtime->root, id);
	share->reservation = other.reservation;
	share->ids = other.ids;
	share->user_path = arena_printf(&runtime->arena, "/proc/%d/ns/user", other.pid);
	return 1;
}

/* The name of a container below our state root, or NULL: another root's pod is not ours. */
static const char *id_below(const char *root, const char *state_dir)
{
	const size_t len = strlen(root);

	return strncmp(state_dir, root, len) == 0 && state_dir[len] == '/' &&
			       id_is_valid(state_dir + len + 1)
		       ? state_dir + len + 1
		       : NULL;
}

int pod_find(const struct pod_query *query, struct pod_share *ret, struct error *err)
{
	const struct pod *pod = query->pod;
	struct runtime *runtime = query->runtime;
	struct id_range_pod drawn = {};
	int result = 0;

	*ret = pod_share_none();
	if (!pod->sandbox)
		return 0;
	if (id_range_of_pod(query->area, pod->sandbox, &runtime->arena, &drawn, err) < 0)
		return -1;
	ret->seen = drawn.name;
	if (pod->is_sandbox)
		return 0;
	result = ask(query, pod->sandbox, true, ret, err);
	for (size_t i = 0; i < drawn.n && result == 0 && !ret->alone; i++) {
		const char *id = id_below(runtime->root, drawn.state_dirs[i]);

		if (id && strcmp(id, query->id) != 0)
			result = ask(query, id, false, ret, err);
	}
	if (result >= 0)
		return 0;
	pod_share_close(ret);
	return -1;
}

struct pod_share pod_share_none(void)
{
	struct pod_share share = {};

	for (size_t kind = 0; kind < NS_COUNT; kind++)
		share.joins[kind] = -1;
	return share;
}

void pod_share_close(struct pod_share *share)
{
	for (size_t kind = 0; kind < NS_COUNT; kind++)
		close(fd_take(&share->joins[kind]));
}
