/* policy/rules_spec.c: how config.json is written
 *
 * Unknown properties must be ignored: config.md, "Extensibility".
 */
#include "policy/rules.h"

void check_misspelt(struct judge *judge, const struct rule *rule)
{
	const struct spec_pairs *const list = &judge->spec->misspelt;

	for (size_t i = 0; i < list->n; i++)
		judge_found_hard(judge, rule, list->items[i].key, "'%s' is ignored: is '%s' meant?",
				 list->items[i].key, list->items[i].value);
}
