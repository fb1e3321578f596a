/* policy/rules_privileges.c: what the process may do: capabilities, LSM labels, ids
 *
 * config.md "Process", capabilities(7).
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "kernel/apparmor.h"
#include "kernel/capability.h"
#include "policy/rules.h"

#include <stdio.h>
#include <string.h>

/* The names of a set whose capability is in @mask. */
static struct spec_strings names_within(struct arena *arena, const struct spec_strings *names,
					uint64_t mask)
{
	const char **items = arena_array(arena, names->n, sizeof *items);
	size_t n = 0;

	for (size_t i = 0; i < names->n; i++) {
		const int cap = capability_from_name(names->items[i]);

		if (cap >= 0 && (mask >> cap & 1) != 0)
			items[n++] = names->items[i];
	}
	return (struct spec_strings){ .items = items, .n = n };
}

static uint64_t names_mask(const struct spec_strings *names)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < names->n; i++) {
		const int cap = capability_from_name(names->items[i]);

		if (cap >= 0)
			mask |= UINT64_C(1) << cap;
	}
	return mask;
}

static void add_names(struct buf *text, uint64_t mask)
{
	char name[24];

	for (int cap = 0; cap < 64; cap++) {
		if ((mask >> cap & 1) != 0)
			buf_printf(text, "%s%s", text->len > 0 ? ", " : "",
				   capability_to_name(cap, name));
	}
}

void check_capability_unknown(struct judge *judge, const struct rule *rule)
{
	for (enum spec_cap_set set = 0; set < CAPSET_COUNT; set++) {
		const struct spec_strings *const names =
			&judge->spec->process.capabilities.sets[set];

		for (size_t i = 0; i < names->n; i++) {
			if (capability_from_name(names->items[i]) >= 0)
				continue;
			if (judge_found(judge, rule,
					judge_pointer(judge, "/process/capabilities/%s/%zu",
						      capset_name(set), i),
					"'%.64s' is no capability that is known here",
					names->items[i])) {
				struct spec_strings *const hard =
					&judge->hard->process.capabilities.sets[set];

				*hard = strings_without(judge->arena, hard, names->items[i]);
			}
		}
	}
}

void check_capability_beyond(struct judge *judge, const struct rule *rule)
{
	const struct spec_capabilities *const asked = &judge->spec->process.capabilities;
	const uint64_t allowed = judge->policy->settings.capabilities;
	autobuf struct buf text = {};
	uint64_t beyond = 0;

	for (size_t set = 0; set < CAPSET_COUNT; set++)
		beyond |= names_mask(&asked->sets[set]) & ~allowed;
	if (beyond == 0)
		return;

	add_names(&text, beyond);
	if (!judge_found(judge, rule, "/process/capabilities", "%s: not in the policy's set",
			 buf_text(&text)))
		return;
	for (size_t set = 0; set < CAPSET_COUNT; set++) {
		struct spec_strings *const hard = &judge->hard->process.capabilities.sets[set];

		*hard = names_within(judge->arena, hard, allowed);
	}
}

/*
 * Inheritable without ambient does nothing but let file capabilities of the image take effect:
 * CVE-2022-24769.
 */
void check_capability_inheritable(struct judge *judge, const struct rule *rule)
{
	const struct spec_capabilities *const asked = &judge->spec->process.capabilities;
	const uint64_t ambient = names_mask(&asked->sets[CAPSET_AMBIENT]);
	const uint64_t idle = names_mask(&asked->sets[CAPSET_INHERITABLE]) & ~ambient;
	autobuf struct buf text = {};

	if (idle == 0)
		return;
	add_names(&text, idle);
	if (judge_found(judge, rule, "/process/capabilities/inheritable",
			"%s: inheritable without being ambient", buf_text(&text))) {
		struct spec_strings *const hard =
			&judge->hard->process.capabilities.sets[CAPSET_INHERITABLE];

		*hard = names_within(judge->arena, hard, ambient);
	}
}

void check_no_new_privileges(struct judge *judge, const struct rule *rule)
{
	const struct opt_bool *const nnp = &judge->spec->process.no_new_privileges;

	if (!judge->spec->process.set || (nnp->set && nnp->value))
		return;
	if (judge_found(judge, rule, "/process/noNewPrivileges", "%s",
			nnp->set ? "it is switched off" : "it is not asked for"))
		judge->hard->process.no_new_privileges =
			(struct opt_bool){ .value = true, .set = true };
}

/*
 * Other names for no confinement: "a//&b" is a stack of profiles, ":ns:a" one of another namespace, and
 * neither is in the list; and distributions load profiles that do no more than give a program a name (crun,
 * busybox in Ubuntu 24.04).
 */
static const char *why_unconfined(const char *profile)
{
	if (strcmp(profile, "unconfined") == 0)
		return "AppArmor is switched off";
	if (strstr(profile, "//&") || *profile == ':')
		return "nothing shows what a stack of profiles, or one of another namespace, "
		       "confines";
	if (apparmor_profile_mode(profile) == APPARMOR_LAX)
		return "the profile is loaded in a mode that forbids nothing";
	return NULL;
}

void check_apparmor_unconfined(struct judge *judge, const struct rule *rule)
{
	const char *const profile = judge->spec->process.apparmor_profile;
	const char *const why = profile ? why_unconfined(profile) : NULL;

	if (why && judge_found(judge, rule, "/process/apparmorProfile", "%s", why))
		judge->hard->process.apparmor_profile = NULL;
}

/* The Pod Security Standards' types of processes, and what container-selinux has for their files; the last
 * of each is an older name of the first. */
static const char *const process_types[] = {
	"container_t",        "container_init_t", "container_kvm_t",
	"container_engine_t", "svirt_lxc_net_t",
};
static const char *const file_types[] = {
	"container_file_t",
	"container_ro_file_t",
	"container_share_t",
	"svirt_sandbox_file_t",
};

static const struct label {
	const char *pointer;
	size_t offset;
	const char *const *types;
	size_t n_types;
} labels[] = {
	{ "/process/selinuxLabel", offsetof(struct spec, process.selinux_label), process_types,
	  ARRAY_LEN(process_types) },
	{ "/linux/mountLabel", offsetof(struct spec, linux_.mount_label), file_types,
	  ARRAY_LEN(file_types) },
};

static const char *label_of(const struct spec *spec, const struct label *label)
{
	const char *value;

	memcpy(&value, (const char *)spec + label->offset, sizeof value);
	return value != NULL && *value != '\0' ? value : NULL;
}

static void label_clear(struct spec *spec, const struct label *label)
{
	const char *const none = NULL;

	memcpy((char *)spec + label->offset, &none, sizeof none);
}

void check_selinux_absent(struct judge *judge, const struct rule *rule)
{
	if (judge->host->selinux)
		return;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		if (label_of(judge->spec, &labels[i]) != NULL &&
		    judge_found(judge, rule, labels[i].pointer,
				"the label needs SELinux, which this host does not have"))
			label_clear(judge->hard, &labels[i]);
	}
}

/* What comes after the @n-th colon of a label: user:role:type:level */
static const char *label_part(const char *label, unsigned n)
{
	for (; label != NULL && n > 0; n--) {
		label = strchr(label, ':');
		label = label == NULL ? NULL : label + 1;
	}
	return label;
}

/* Containers are kept apart by categories, of which each gets two. All of them, or a range of levels, is
 * what may read every container's files. */
static bool is_level_of_one(const char *level)
{
	enum { CATEGORIES_MAX = 5 }; /* as many as OpenShift can be told to give */
	unsigned n = 1;

	if (level == NULL)
		return true;
	for (const char *at = level; *at; at++) {
		if (*at == '.' || *at == '-')
			return false;
		n += *at == ',';
	}
	return n <= CATEGORIES_MAX;
}

void check_selinux_unconfined(struct judge *judge, const struct rule *rule)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		const char *const label = label_of(judge->spec, &labels[i]);
		const char *const type = label_part(label, 2) ?: "";
		const int len = (int)strcspn(type, ":");
		bool known = false;

		if (label == NULL)
			continue;
		for (size_t row = 0; row < labels[i].n_types; row++)
			known = known || ((int)strlen(labels[i].types[row]) == len &&
					  memcmp(type, labels[i].types[row], (size_t)len) == 0);
		if (!known)
			judge_found_hard(judge, rule, labels[i].pointer,
					 "the type '%.*s' is not a container's", len, type);
		else if (!is_level_of_one(label_part(label, 3)))
			judge_found_hard(judge, rule, labels[i].pointer,
					 "the level '%.64s' is that of many containers",
					 label_part(label, 3));
	}
}

void check_user_root(struct judge *judge, const struct rule *rule)
{
	if (judge->spec->process.set && judge->spec->process.user.uid == 0)
		judge_found_hard(judge, rule, "/process/user/uid",
				 "the process runs as the container's root");
}

void check_groups_root(struct judge *judge, const struct rule *rule)
{
	const struct spec_user *const user = &judge->spec->process.user;

	for (size_t i = 0; user->uid != 0 && i < user->n_additional_gids; i++) {
		if (user->additional_gids[i] == 0)
			judge_found_hard(
				judge, rule,
				judge_pointer(judge, "/process/user/additionalGids/%zu", i),
				"an ordinary user is put into the container's root group");
	}
}

/*
 * Supplementary groups of the engine are outside every mapping, and still count for access on the
 * host.
 */
void check_keep_groups(struct judge *judge, const struct rule *rule)
{
	static const char key[] = "run.oci.keep_original_groups";
	const char *const value = spec_annotation(judge->spec, key);

	if (value == NULL || strcmp(value, "1") != 0 || judge->host->rootless)
		return;
	if (judge_found(judge, rule, "/annotations/run.oci.keep_original_groups",
			"the process keeps the engine's own groups on the host"))
		judge->hard->annotations =
			pairs_without(judge->arena, &judge->hard->annotations, key);
}

void check_personality(struct judge *judge, const struct rule *rule)
{
	if (!judge->spec->linux_.personality.set)
		return;
	if (judge_found(judge, rule, "/linux/personality", "the execution domain is changed"))
		judge->hard->linux_.personality = (struct spec_personality){};
}

/* What others would read as instructions to a runtime; brig takes none from a bundle. */
void check_annotations(struct judge *judge, const struct rule *rule)
{
	static const char *const prefixes[] = { "brig.", "io.brig.", "run.oci.", "org.criu." };

	for (size_t i = 0; i < judge->spec->annotations.n; i++) {
		const char *const key = judge->spec->annotations.items[i].key;

		for (size_t p = 0; p < ARRAY_LEN(prefixes); p++) {
			if (strncmp(key, prefixes[p], strlen(prefixes[p])) == 0 &&
			    strcmp(key, "run.oci.keep_original_groups") != 0)
				judge_found_hard(judge, rule,
						 judge_pointer(judge, "/annotations/%.100s",
							       judge_escape(judge, key)),
						 "'%.100s' changes nothing", key);
		}
	}
}
