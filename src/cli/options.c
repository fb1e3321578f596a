/* cli/options.c: command-line options as tables */
#include "cli/options.h"

#include "base/cleanup.h"
#include "base/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One option as it was found on the command line. */
struct found {
	const struct cli_option *option;
	void *member;      /* where its value goes */
	const char *given; /* as it was written, for messages: "--bundle" */
	const char *value; /* behind '=', or NULL */
};

enum { NAME_MAX_LEN = 63 }; /* of an option with its dashes */

// clang-format off
static const struct name_value booleans[] = { { "true", 1 }, { "false", 0 }, { "1", 1 }, { "0", 0 } };

static const struct name_value bytes_units[] = {
	{ "",  1 },       { "b", 1 },
	{ "k", 1L << 10 }, { "m", 1L << 20 }, { "g", 1L << 30 }, { "t", 1L << 40 },
	{ "K", 1L << 10 }, { "M", 1L << 20 }, { "G", 1L << 30 }, { "T", 1L << 40 },
};
static const struct name_value time_units[] = {
	{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60'000 }, { "h", 3'600'000 },
};
static const struct name_value no_units[] = { { "", 1 } };
// clang-format on

#define parse_number(found, text, units, wanted, err)                                              \
	parse_number_row((found), (text), (units), ARRAY_LEN(units), (wanted), (err))

static int parse_number_row(const struct found *found, const char *text,
			    const struct name_value *units, size_t n_units, const char *wanted,
			    struct error *err)
{
	struct cli_number *ret = found->member;
	char *end;
	int64_t value;

	errno = 0;
	value = strtoll(text, &end, 10);
	const bool digits = end > text && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
	const struct name_value *unit = table_find_row(units, n_units, sizeof *units, end);

	if (!digits || !unit)
		return error_set(err, ERR_USAGE, NULL, "option '%s' must be %s, not '%s'",
				 found->given, wanted, text);
	if (errno == ERANGE || __builtin_mul_overflow(value, unit->value, &value))
		return error_set(err, ERR_USAGE, NULL, "option '%s' is too large: '%s'",
				 found->given, text);
	*ret = (struct cli_number){ .value = value, .set = true };
	return 0;
}

static int parse_flag(const struct found *found, struct error *err)
{
	bool *ret = found->member;

	if (!found->value) {
		*ret = true;
		return 0;
	}

	const struct name_value *word = table_find(booleans, found->value);

	if (!word)
		return error_set(err, ERR_USAGE, NULL,
				 "option '%s' must be true or false, not '%s'", found->given,
				 found->value);
	*ret = word->value != 0;
	return 0;
}

static int parse_word(const struct found *found, const char *text, struct error *err)
{
	const size_t len = strlen(text);
	int position = 0;

	for (const char *word = found->option->value; word; position++) {
		const char *bar = strchr(word, '|');
		const size_t word_len = bar ? (size_t)(bar - word) : strlen(word);

		if (word_len == len && memcmp(word, text, len) == 0) {
			*(int *)found->member = position;
			return 0;
		}
		word = bar ? bar + 1 : NULL;
	}
	return error_set(err, ERR_USAGE, NULL, "option '%s' must be one of %s, not '%s'",
			 found->given, found->option->value, text);
}

/* The memory doubles, zeroed, so that a NULL always follows the last item. */
static void list_add(struct cli_list *list, const char *item, struct arena *arena)
{
	const size_t room = list->n + 1;

	if ((room & list->n) == 0)
		list->items =
			arena_grow(arena, list->items, list->n, 2 * room, sizeof *list->items);
	list->items[list->n++] = item;
}

static int store(const struct found *found, const char *text, struct arena *arena,
		 struct error *err)
{
	switch (found->option->type) {
	case OPTION_FLAG:
		return parse_flag(found, err);
	case OPTION_TEXT:
		*(const char **)found->member = text;
		return 0;
	case OPTION_NUMBER:
		return parse_number(found, text, no_units, "a number", err);
	case OPTION_SIZE:
		return parse_number(found, text, bytes_units, "a size such as 64m, or -1", err);
	case OPTION_TIME:
		return parse_number(found, text, time_units, "a time such as 5s or 500ms", err);
	case OPTION_WORD:
		return parse_word(found, text, err);
	case OPTION_LIST:
		list_add(found->member, text, arena);
		return 0;
	case OPTION_IGNORED:
		break;
	}
	return 0;
}

static const struct cli_option *find_in(const struct cli_scope *scope, const char *name,
					bool one_letter)
{
	for (size_t i = 0; i < scope->n_options; i++) {
		const struct cli_option *option = &scope->options[i];

		if (one_letter ? option->letter == name[0] : strcmp(option->name, name) == 0)
			return option;
	}
	return NULL;
}

static void refuse_unknown(const struct cli_scope *scopes, size_t n_scopes, const char *given,
			   const char *name, struct error *err)
{
	for (size_t i = 0; i < n_scopes; i++) {
		const char *nearest = table_nearest_name(scopes[i].options, scopes[i].n_options,
							 sizeof scopes[i].options[0], name);

		if (nearest) {
			(void)error_set(err, ERR_USAGE, NULL,
					"unknown option '%s': did you mean '--%s'?", given,
					nearest);
			return;
		}
	}
	(void)error_set(err, ERR_USAGE, NULL, "unknown option '%s'", given);
}

/* @given: room for the option as written, without its value; lives as long as what is returned.
 * Return: what was found; its option is NULL on failure */
static struct found find_option(const struct cli_scope *scopes, size_t n_scopes, const char *word,
				char given[NAME_MAX_LEN + 1], struct error *err)
{
	const char *equals = strchr(word, '=');
	const size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const size_t dashes = word[1] == '-' ? 2 : 1;

	if (len > NAME_MAX_LEN) {
		(void)error_set(err, ERR_USAGE, NULL, "unknown option '%s'", word);
		return (struct found){};
	}
	memcpy(given, word, len);
	given[len] = '\0';

	const char *name = given + dashes;
	const bool one_letter = dashes == 1 && len == 2;

	for (size_t i = 0; i < n_scopes; i++) {
		const struct cli_option *option = find_in(&scopes[i], name, one_letter);

		if (option)
			return (struct found){ .option = option,
					       .member = (char *)scopes[i].values + option->offset,
					       .given = given,
					       .value = equals ? equals + 1 : NULL };
	}
	refuse_unknown(scopes, n_scopes, given, name, err);
	return (struct found){};
}

static int parse_option(const struct cli_scope *scopes, size_t n_scopes, struct cli_words *words,
			struct arena *arena, struct error *err)
{
	char given[NAME_MAX_LEN + 1];
	const struct found found =
		find_option(scopes, n_scopes, words->items[words->next], given, err);

	if (!found.option)
		return -1;
	words->next++;
	if (found.option->type == OPTION_FLAG || found.value)
		return store(&found, found.value, arena, err);
	/* Podman and CRI-O look for the words "requires an argument". */
	if (words->next == words->n)
		return error_set(err, ERR_USAGE, NULL, "option '%s' requires an argument", given);
	return store(&found, words->items[words->next++], arena, err);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

int cli_parse_options(const struct cli_scope *scopes, size_t n_scopes, struct cli_words *words,
		      bool raw_tail, struct arena *arena, struct cli_list *ret_args,
		      struct error *err)
{
	struct cli_list args = {};
	bool options_end = false;

	while (words->next < words->n) {
		const char *word = words->items[words->next];

		if (!options_end && strcmp(word, "--") == 0) {
			options_end = true;
			words->next++;
		} else if (!options_end && is_option(word)) {
			if (parse_option(scopes, n_scopes, words, arena, err) != 0)
				return -1;
		} else if (!ret_args) {
			return 0;
		} else {
			options_end |= raw_tail;
			list_add(&args, word, arena);
			words->next++;
		}
	}
	if (ret_args) {
		if (args.n == 0)
			args.items = arena_alloc(arena, sizeof *args.items);
		*ret_args = args;
	}
	return 0;
}
