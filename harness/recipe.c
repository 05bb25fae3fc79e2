/* recipe.c - stored sets of options. A recipe never overrides the command line; the record names it
 * as the origin of the values that it set. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "harness/run_options.h"

typedef struct pair { const char *option, *value; } pair;

/* "trainer": what TrainingArguments does where our defaults differ on purpose (docs/cli.md). */
static const pair trainer[] = {
    { "eval-strategy", "no" }, { "save-strategy", "steps" }, { "save-steps", "500" }, { "order", "torch" }, { NULL, NULL },
};

/* "demo": the encoder of model/demo is 30 times smaller than MiniLM-L6 and wants larger steps. It is
 * applied by itself when that encoder is used without --recipe. */
static const pair demo[] = {
    { "learning-rate", "5e-4" }, { "warmup-ratio", "0.1" }, { NULL, NULL },
};

static const struct { const char *name; const pair *set; } stored[] = {
    { "trainer", trainer },
    { "demo", demo },
};

/* Two options that say the same thing: one on the command line puts the recipe's other one aside too. */
static const char *rival(const char *name)
{
    static const pair rivals[] = { { "warmup-steps", "warmup-ratio" }, { "sample", "max-train-samples" } };

    for (size_t i = 0; i < sizeof rivals / sizeof *rivals; i++) {
        if (strcmp(name, rivals[i].option) == 0) return rivals[i].value;
        if (strcmp(name, rivals[i].value) == 0) return rivals[i].option;
    }
    return NULL;
}

static gr_status apply_one(gr_run_opts *o, gr_opt_origin *origins, const char *option, const char *value, gr_err *err)
{
    const int i = gr_opt_index(gr_run_options, option);
    const char *other;

    if (i < 0) return gr_fail(err, GR_E_ARG, "no option is called '%s'", option);
    if (gr_run_options[i].type == GR_OPT_REFUSED) /* "fp16": false is no wish; true has its own remedy */
        return strcmp(value, "false") == 0 ? GR_OK : gr_opt_set(o, origins, gr_run_options, option, value, GR_ORIGIN_RECIPE, err);
    if (!gr_run_option_in_recipe(&gr_run_options[i]) && strncmp(gr_run_options[i].name, "save-", 5) != 0)
        return gr_fail(err, GR_E_ARG, "'%s' cannot stand in a recipe", option);
    if (origins[i] == GR_ORIGIN_COMMAND_LINE) return GR_OK;
    other = rival(gr_run_options[i].name);
    if (other && origins[gr_opt_index(gr_run_options, other)] == GR_ORIGIN_COMMAND_LINE) return GR_OK;
    return gr_opt_set(o, origins, gr_run_options, option, value, GR_ORIGIN_RECIPE, err);
}

/* As it would stand on the command line: lr_scheduler_kwargs. */
static void add_object(gr_buf *text, const gr_json *v)
{
    char *line = NULL;

    if (gr_json_print(&line, v, false, NULL) == GR_OK) gr_buf_adds(text, line);
    else text->oom = true;
    free(line);
}

static gr_status apply_file(gr_run_opts *o, gr_opt_origin *origins, const char *path, gr_arena *a, gr_err *err)
{
    gr_json *doc = NULL;
    gr_buf text = { 0 };
    gr_status s;

    if ((s = gr_json_read(&doc, path, 1 << 20, err)) != GR_OK) goto out;
    if (!gr_json_is_object(doc)) {
        s = gr_fail(err, GR_E_FORMAT, "%s: a recipe is an object of option: value", path);
        goto out;
    }
    for (const gr_json *v = gr_json_first(doc); v && s == GR_OK; v = gr_json_next(v)) {
        const char *copy;
        gr_buf_reset(&text);
        if (!gr_json_is_string(v) && !gr_json_is_bool(v) && !gr_json_is_number(v) && !gr_json_is_object(v)) {
            s = gr_fail(err, GR_E_FORMAT, "%s: '%s' is neither text, a number, true, false nor an object", path, gr_json_key(v));
            break;
        }
        if (gr_json_is_string(v)) gr_buf_adds(&text, gr_json_str(v, ""));
        else if (gr_json_is_bool(v)) gr_buf_adds(&text, gr_json_bool(v, false) ? "true" : "false");
        else if (gr_json_is_object(v)) add_object(&text, v);
        else gr_json_number(&text, gr_json_num(v, 0));
        copy = text.oom ? NULL : gr_arena_strndup(a, text.p ? text.p : "", text.n);
        s = copy ? apply_one(o, origins, gr_json_key(v), copy, err) : gr_fail_nomem(err, "a recipe");
        if (s != GR_OK) s = gr_wrap(err, s, "%s", path);
    }
out:
    gr_buf_free(&text);
    gr_json_free(doc);
    return s;
}

gr_status gr_recipe_apply(gr_run_opts *o, gr_opt_origin *origins, const char *name, gr_arena *a, gr_err *err)
{
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
        if (strcmp(stored[i].name, name) != 0) continue;
        for (const pair *p = stored[i].set; p->option; p++) GR_TRY(apply_one(o, origins, p->option, p->value, err));
        return GR_OK;
    }
    if (!gr_fs_is_file(name))
        return gr_fail(err, GR_E_NOTFOUND, "--recipe '%s': neither a stored recipe (trainer, demo) nor a file", name);
    return apply_file(o, origins, name, a, err);
}
