/* tests/lint/properties.c: the properties that the tables of src/spec/ know, for tests/lint/runtime-spec */
#include "spec/properties.h"

#include <stdio.h>

int main(void)
{
	autoarena struct arena arena = {};
	const struct spec_property *properties;
	const size_t n = spec_properties(&arena, &properties);

	for (size_t i = 0; i < n; i++)
		printf("%s\t%s\n", properties[i].path, properties[i].section);
	return 0;
}
