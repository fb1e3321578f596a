/* container/exec_user.c: the ids that `brig exec` is given in words */
#include "container/exec_user.h"

#include "base/number.h"

enum { GROUPS_MAX = 256 };

/* One id at *@text, which moves behind it. */
static bool id_read(const char **text, uint32_t *ret)
{
	uint64_t id;

	/* UINT32_MAX is -1, which is no id: setresuid(2) */
	if (**text == ' ' || numbers_take(text, UINT32_MAX - 1, &id, 1) != 1)
		return false;
	*ret = (uint32_t)id;
	return true;
}

int exec_user_parse(const char *text, struct spec_user *ret, struct error *err)
{
	struct spec_user user = {};
	const char *at = text;
	bool good = id_read(&at, &user.uid);

	if (good && *at == ':') {
		at++;
		good = id_read(&at, &user.gid);
	}
	if (!good || *at != '\0')
		return error_set(err, ERR_USAGE, "--user", "'%s' is no UID or UID:GID", text);
	*ret = user;
	return 0;
}

int exec_groups_parse(struct arena *arena, const char *text, struct spec_user *user,
		      struct error *err)
{
	uint32_t *groups = arena_array(arena, GROUPS_MAX, sizeof *groups);
	const char *at = text;
	size_t n = 0;

	do {
		if (n == GROUPS_MAX)
			return error_set(err, ERR_USAGE, "--additional-gids",
					 "there are more than %d GIDs", GROUPS_MAX);
		if (!id_read(&at, &groups[n++]) || (*at != ',' && *at != '\0'))
			return error_set(err, ERR_USAGE, "--additional-gids",
					 "'%s' is no list of GIDs", text);
	} while (*at++ == ',');
	user->additional_gids = groups;
	user->n_additional_gids = n;
	return 0;
}
