/* plan/plan_overlays.c: the mounted overlays that a plan's host paths are, for people and as JSON */
#include "plan/plan.h"

static void print_layers(const char *word, const char *const *layers, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "    %-8s%s\n", word, layers[i]);
}

static bool is_written(const struct overlay_layers *layers)
{
	return layers->upper && !layers->readonly;
}

void plan_overlays_print(const struct plan_overlays *overlays, FILE *out)
{
	for (size_t i = 0; i < overlays->n; i++) {
		const struct plan_overlay *overlay = &overlays->items[i];
		const struct overlay_layers *layers = &overlay->layers;

		fprintf(out, "%s  %s (%s)\n",
			i == 0 ? "\nMounted overlays, once more from id-mapped layers\n" : "",
			overlay->path, overlay->from);
		print_layers("lower", layers->lower, layers->n_lower, out);
		print_layers("data", layers->data, layers->n_data, out);
		if (layers->upper)
			fprintf(out, "    %-8s%s%s\n", "upper", layers->upper,
				layers->readonly ? " (read-only)" : "");
		if (is_written(layers))
			fprintf(out, "    %-8s.brig-BOOT-RANDOM beside it\n", "work");
		if (*layers->carried)
			fprintf(out, "    %-8s%s\n", "options", layers->carried + 1);
	}
}

static void layers_json(const char *key, const char *const *layers, size_t n, struct json_out *out)
{
	json_out_array(out, key);
	for (size_t i = 0; i < n; i++)
		json_out_string(out, NULL, layers[i]);
	json_out_end_array(out);
}

void plan_overlays_print_json(const struct plan_overlays *overlays, struct json_out *out)
{
	json_out_array(out, "overlays");
	for (size_t i = 0; i < overlays->n; i++) {
		const struct plan_overlay *overlay = &overlays->items[i];
		const struct overlay_layers *layers = &overlay->layers;

		json_out_object(out, NULL);
		json_out_string(out, "from", overlay->from);
		json_out_string(out, "path", overlay->path);
		layers_json("lower", layers->lower, layers->n_lower, out);
		layers_json("data", layers->data, layers->n_data, out);
		if (layers->upper)
			json_out_string(out, "upper", layers->upper);
		json_out_bool(out, "written", is_written(layers));
		json_out_string(out, "options", *layers->carried ? layers->carried + 1 : "");
		json_out_end_object(out);
	}
	json_out_end_array(out);
}
