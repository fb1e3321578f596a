#include "spec/properties.h"

#include "spec/decode.h"

struct property_list {
	struct arena *arena;
	struct spec_property *items;
	size_t n, room;
};

static void list_add(struct property_list *list, struct spec_property property)
{
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 128;
		list->items = arena_grow(list->arena, list->items, list->n, list->room,
					 sizeof(*list->items));
	}
	list->items[list->n++] = property;
}

/* What stands between the name of a property and those below it. */
static const char *separator(const struct field *field)
{
	if (field->type == FIELD_MAP)
		return ".*.";
	return field->shape->size > 0 ? "[]." : ".";
}

static void list_shape(struct property_list *list, const struct shape *shape, const char *prefix)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct field *field = &shape->fields[i];
		const char *path = arena_printf(list->arena, "%s%s", prefix, field->name);

		list_add(list, (struct spec_property){
				       .path = path,
				       .section = field->section ? field->section : shape->section,
				       .required = field->required,
			       });
		if (field->shape)
			list_shape(list, field->shape,
				   arena_printf(list->arena, "%s%s", path, separator(field)));
	}
}

size_t spec_properties(struct arena *arena, const struct spec_property **ret)
{
	struct property_list list = { .arena = arena };

	list_shape(&list, &shape_config, "");
	*ret = list.items;
	return list.n;
}
