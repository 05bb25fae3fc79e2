/* recipe_test.c - stored recipes and recipe files: what they set, what they yield to, what they refuse. */
#include "base/fs.h"
#include "harness/run_options.h"
#include "tests/support/test.h"

static gr_run_opts   o;
static gr_opt_origin origins[GR_RUN_OPTIONS_MAX];

static gr_status apply(const char *recipe, gr_arena *a, const char *const *words, gr_err *err)
{
    const char *pos[8];
    char *argv[8];
    int   argc = 0, n = 0;

    for (; words[argc]; argc++) argv[argc] = (char *)words[argc];
    memset(&o, 0, sizeof o);
    GR_TRY(gr_opt_defaults(&o, origins, gr_run_options, err));
    GR_TRY(gr_opt_parse(&o, origins, gr_run_options, argc, argv, pos, &n, err));
    GR_TRY(gr_recipe_apply(&o, origins, recipe, a, err));
    return gr_run_opts_check(&o, err);
}
#define APPLY(recipe, ...) apply((recipe), &arena, (const char *const[]){ __VA_ARGS__, NULL }, &err)

static gr_opt_origin origin(const char *name)
{
    return origins[gr_opt_index(gr_run_options, name)];
}

static const char *recipe_file(const char *text)
{
    static char path[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "recipe.json"));
    assert_ok(gr_fs_write(path, text, strlen(text), &err), &err);
    return path;
}

static void stored(void **state)
{
    gr_arena arena = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(APPLY("trainer", "x"), &err);
    assert_true(strcmp(o.eval_strategy, "no") == 0 && strcmp(o.order, "torch") == 0 && strcmp(o.save_strategy, "steps") == 0);
    assert_true(origin("order") == GR_ORIGIN_RECIPE && origin("epochs") == GR_ORIGIN_DEFAULT);
    assert_ok(APPLY("trainer", "--eval-strategy", "epoch"), &err); /* the command line wins */
    assert_true(strcmp(o.eval_strategy, "epoch") == 0 && origin("eval-strategy") == GR_ORIGIN_COMMAND_LINE);
    assert_status(APPLY("trainr", "x"), GR_E_NOTFOUND, &err, "trainer, demo");
    gr_arena_free(&arena);
}

/* The demo recipe warms up by a ratio: a user who gives steps has given the warm-up. */
static void rivals(void **state)
{
    gr_arena arena = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(APPLY("demo", "x"), &err);
    assert_true(o.warmup_ratio > 0 && o.warmup_steps == 0 && o.learning_rate > 5e-5);
    assert_ok(APPLY("demo", "--warmup-steps", "7"), &err);
    assert_true(o.warmup_ratio == 0 && o.warmup_steps == 7);
    gr_arena_free(&arena);
}

static void files(void **state)
{
    gr_arena arena = { 0 };
    gr_err err = GR_ERR_INIT;

    (void)state;
    gr_arena_init(&arena, 0);
    assert_ok(APPLY(recipe_file("{\"num_train_epochs\": 5, \"learning_rate\": 0.001, \"load-best\": true, \"scheduler\": \"cosine\"}"), "x"), &err);
    assert_true(o.epochs == 5 && o.learning_rate == 0.001 && o.load_best && strcmp(o.scheduler, "cosine") == 0);
    assert_true(origin("epochs") == GR_ORIGIN_RECIPE);
    assert_ok(APPLY(recipe_file("{\"lr_scheduler_type\": \"cosine\", \"lr_scheduler_kwargs\": {\"num_cycles\": 1}, \"dataloader_drop_last\": false}"), "x"), &err);
    assert_string_equal(o.scheduler_kwargs, "{\"num_cycles\":1}");
    assert_status(APPLY(recipe_file("{\"epochs\": null}"), "x"), GR_E_FORMAT, &err, "recipe.json: 'epochs'");
    assert_status(APPLY(recipe_file("{\"epochs\": [1]}"), "x"), GR_E_FORMAT, &err, "'epochs'");
    assert_status(APPLY(recipe_file("{\"epochs\": -2}"), "x"), GR_E_ARG, &err, "recipe.json: --epochs takes");
    assert_status(APPLY(recipe_file("{\"epoch\": 2}"), "x"), GR_E_ARG, &err, "no option is called 'epoch'");
    assert_status(APPLY(recipe_file("{\"output-dir\": \"x\"}"), "x"), GR_E_ARG, &err, "cannot stand in a recipe");
    assert_status(APPLY(recipe_file("{\"fp16\": true}"), "x"), GR_E_ARG, &err, "use --precision bf16");
    assert_status(APPLY(recipe_file("[1]"), "x"), GR_E_FORMAT, &err, "object");
    assert_status(APPLY(recipe_file("{"), "x"), GR_E_FORMAT, &err, "recipe.json");
    gr_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(stored), cmocka_unit_test(rivals), cmocka_unit_test(files) };
    return gr_test_main(tests);
}
