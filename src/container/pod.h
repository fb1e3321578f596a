/* container/pod.h: the containers of one pod share ids and a user namespace
 *
 * Engines say which pod a container belongs to by annotations: the id of the pod's sandbox, which is
 * the id of its first container (containerd, CRI-O with an infra container, Podman), or of no container
 * at all (CRI-O without one, a pod of Podman without one). An annotation proves nothing, for a
 * bundle may say what it likes. So a container shares with another one only if that other
 *
 *	lives		its init is still the process that its state names
 *	is ours		it lies below the same --root, and the same user made it
 *	was given ids by brig, and its init is in the user namespace that brig made for it
 *	is joined	each network and ipc namespace that the bundle joins by path is the one that the
 *			other's init is in, by inode, there is at least one, and it is not the host's
 *
 * A bundle that names no pod and joins the pid or ipc namespace of a container (docker run --pid container:NAME)
 * is of the pod of that one: only with its ids can it mount the proc or mqueue of these namespaces.
 *
 * A bundle that fails the last three is refused. One whose pod has nobody alive draws ids of its own,
 * which the next container of the pod shares: there is no process left to reach by the old ones.
 * What was compared is held open, and is what is joined.
 */
#ifndef BRIG_CONTAINER_POD_H
#define BRIG_CONTAINER_POD_H

#include "container/runtime.h"
#include "kernel/idmap.h"
#include "kernel/namespace.h"

/* What the annotations say. */
struct pod {
	const char *sandbox; /* NULL: the container belongs to no pod */
	const char *pointer; /* JSON pointer of the annotation */
	bool is_sandbox;     /* this container is the sandbox */
	bool is_joined;      /* no annotation says so, but a pid or ipc namespace */
};

/** pod_of() - read the annotations of a container that is called @id */
[[nodiscard]] struct pod pod_of(const struct spec *spec, const char *id);

/**
 * pod_joined() - the pod of a container that names none: that of whose pid or ipc namespace it joins
 * @ret: filled if a container with ids of brig's is in that namespace, untouched otherwise
 */
[[nodiscard]] int pod_joined(struct runtime *runtime, const struct spec *spec, struct pod *ret,
			     struct error *err);

/**
 * pod_user_joined() - is the user namespace that the spec joins by path one that brig gave drawn ids?
 * Return: an owned fd of it, to be joined in the path's place; -1: it is not, or none is joined
 */
[[nodiscard]] int pod_user_joined(struct runtime *runtime, const struct spec *spec);

struct pod_query {
	struct runtime *runtime;
	const struct spec *spec; /* hardened */
	const struct pod *pod;
	const char *id; /* of the container that asks */
	int area, proc; /* root_open_ids(), procfs */
	int wait_ms;    /* for a container of the pod that is being created */
};

/* What a container takes over from one of its pod. */
struct pod_share {
	const char *holder; /* state directory of that one; NULL: there is nobody to share with */
	const char *reservation; /* that it holds; NULL: its ids needed none (rootless) */
	struct idmap ids;
	const char *user_path; /* "/proc/PID/ns/user" */
	int joins[NS_COUNT];   /* namespaces to join by descriptor; owned; -1: by path, or not */
	const char *seen;      /* for id_range_draw() */
	bool alone; /* the pod shares no namespaces: ids of its own, that nobody shall find */
};

/** pod_find() - the container of the pod to share with; @ret: freed by pod_share_close() */
[[nodiscard]] int pod_find(const struct pod_query *query, struct pod_share *ret, struct error *err);

/** pod_share_none() - share with nobody */
[[nodiscard]] struct pod_share pod_share_none(void);
void pod_share_close(struct pod_share *share);

#endif
