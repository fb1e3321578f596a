/* cli/options.h: command-line options as tables
 *
 * A row of a table says how an option is spelled, what value it takes and where the value goes. The
 * same row is read by the parser, by --help and, through --help, by the completions and the check
 * of the man pages. Accepted spellings, because one engine or another uses each of them:
 *
 *	--name value   --name=value   -name value   -name=value   -n value   -n=value   --flag=false
 */
#ifndef BRIG_CLI_OPTIONS_H
#define BRIG_CLI_OPTIONS_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an option takes, and the type of the member that it fills. */
enum cli_option_type {
	OPTION_FLAG,    /* bool: nothing, or =true, =false */
	OPTION_TEXT,    /* const char *: any text; the last one given counts */
	OPTION_NUMBER,  /* struct cli_number: a decimal number, possibly negative */
	OPTION_SIZE,    /* struct cli_number: bytes; 64k, 64m, 64g, 64t in powers of 1024 */
	OPTION_TIME,    /* struct cli_number: milliseconds; 500ms, 5s, 5m, 5h, 5 (seconds) */
	OPTION_WORD,    /* int: position in `value`, words separated by '|' */
	OPTION_LIST,    /* struct cli_list: may be repeated */
	OPTION_IGNORED, /* nothing: takes a value and drops it; for callers that pass it */
};

struct cli_number {
	int64_t value;
	bool set;
};
struct cli_list {
	const char **items; /* a NULL follows the last; NULL while there is none */
	size_t n;
};

struct cli_option {
	const char *name; /* without dashes */
	char letter;      /* 0: none */
	enum cli_option_type type;
	size_t offset;     /* of the member, in the struct of the command's options */
	const char *value; /* as --help calls it: "DIR"; OPTION_WORD: all words, "text|json" */
	const char *help;  /* one line, no full stop */
};

/* A table together with the struct that it fills. */
struct cli_scope {
	const struct cli_option *options;
	size_t n_options;
	void *values;
};

/* The words of the command line, and how many are read. */
struct cli_words {
	const char *const *items;
	size_t n, next;
};

/**
 * cli_parse_options() - read options from @words
 * @scopes:   tables in the order in which they are asked for a name
 * @raw_tail: the first word that is not an option ends the options
 * @arena:    for lists and arguments; the strings are borrowed from @words
 * @ret_args: collects the words that are not options, with a NULL behind the last;
 *            NULL: return before the first of them, and leave it unread
 * "--" ends the options: what follows are arguments.
 *
 * Return: 0, or -1 with *err (ERR_USAGE): an unknown option with the nearest one, "requires an argument", …
 */
[[nodiscard]] int cli_parse_options(const struct cli_scope *scopes, size_t n_scopes,
				    struct cli_words *words, bool raw_tail, struct arena *arena,
				    struct cli_list *ret_args, struct error *err);

#endif
