/* cmd_run.c - `glue-run run` and `glue-run --all`: parse, plan, run, print the comparison. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/sha256.h"
#include "harness/cmd.h"
#include "harness/fit.h"
#include "harness/interrupt.h"
#include "harness/locate.h"
#include "harness/suite.h"
#include "model/tokenizer/tokenizer.h"
#include "results/table.h"
#include "tasks/custom.h"

typedef struct command {
    gr_run_opts   o;
    gr_opt_origin origins[GR_RUN_OPTIONS_MAX];
    gr_cmd_words  tasks; /* named on the command line */
    gr_pool      *pool;
    gr_tok       *tok;
    gr_task      *custom;
    gr_arena      arena;
    gr_suite_run  suite;
} command;

/* ---- set-up ---- */

static gr_status read_options(command *c, int argc, char **argv, gr_err *err)
{
    static const gr_cmd_spec spec = {
        "glue-run run TASK... | --all | --suite NAME [options]\n\n"
        "Evaluates an encoder on tasks before and after fine-tuning and prints the comparison; records and\n"
        "tables go to --output-dir. Every option also takes the name that run_glue and TrainingArguments use.\n",
        gr_run_options, NULL,
    };
    const char *variable = gr_locate_data_variable();

    GR_TRY(gr_cmd_begin(&c->tasks, &c->o, c->origins, &spec, argc, argv, err));
    if (c->tasks.help) return GR_OK;
    if (c->o.task) c->tasks.word[c->tasks.n++] = c->o.task;
    if (!c->o.data && !c->o.train_file && variable)
        GR_TRY(gr_opt_set(&c->o, c->origins, gr_run_options, "data", variable, GR_ORIGIN_ENV, err));
    GR_TRY(gr_run_opts_check(&c->o, err));
    if (!c->o.all && !c->o.suite && !c->tasks.n && !c->o.train_file)
        return gr_fail(err, GR_E_ARG, "run: name a task, or --all (glue-run list tasks shows them, glue-run run --help the options)");
    return GR_OK;
}

/* What a folder says beside its weights. */
static gr_status digest_model_files(char out[GR_SHA256_HEX], const char *dir, gr_err *err)
{
    static const char *const files[] = { "config.json", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json",
                                         "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model", "spiece.model",
                                         "spm.model", "sentencepiece.bpe.model" };
    char path[GR_PATH_MAX], hex[GR_SHA256_HEX];
    gr_sha256 h;

    gr_sha256_init(&h);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!gr_fs_join(path, sizeof path, dir, files[i]) || !gr_fs_is_file(path)) continue;
        GR_TRY(gr_sha256_file(hex, path, err));
        gr_sha256_add(&h, files[i], strlen(files[i]));
        gr_sha256_add(&h, hex, sizeof hex);
    }
    gr_sha256_hex(&h, out);
    return GR_OK;
}

static gr_status set_places(command *c, gr_err *err)
{
    gr_workroom *w = &c->suite.room;
    const bool demo_model = !c->o.model || strcmp(c->o.model, "demo") == 0;

    GR_TRY(gr_locate_model(w->model_dir, c->o.model, err));
    if (c->o.data) {
        if (strlen(c->o.data) >= sizeof w->data_dir || !gr_fs_is_dir(c->o.data))
            return gr_fail(err, GR_E_NOTFOUND, "--data %s: there is no such folder", c->o.data);
        (void)snprintf(w->data_dir, sizeof w->data_dir, "%s", c->o.data);
    } else {
        GR_TRY(gr_locate_demo_data(w->data_dir, err));
    }
    GR_TRY(gr_locate_data_kind(&w->data_kind, w->data_dir, err));
    if (c->o.train_file) w->data_kind = "custom";
    if (!c->o.recipe && demo_model) c->o.recipe = "demo";
    if (c->o.recipe) GR_TRY(gr_recipe_apply(&c->o, c->origins, c->o.recipe, &c->arena, err));
    gr_run_opts_drop_columns(&c->o, c->origins);
    return gr_run_opts_check(&c->o, err);
}

static gr_status check_device(const char *name, gr_err *err)
{
    gr_buf names = { 0 };
    gr_status s;

    if (gr_device_find(name)) return GR_OK;
    for (size_t i = 0; i < gr_device_count(); i++) gr_buf_addf(&names, "%s%s", i ? ", " : "", gr_device_at(i)->name);
    s = gr_fail(err, GR_E_ARG, "--device '%s': this build has %s", name, names.p ? names.p : "none");
    gr_buf_free(&names);
    return s;
}

static gr_status set_up(command *c, gr_err *err)
{
    gr_workroom *w = &c->suite.room;
    char home[GR_PATH_MAX];

    GR_TRY(gr_run_opts_settle(&c->o, c->origins, err));
    w->o = &c->o;
    w->origins = c->origins;
    GR_TRY(set_places(c, err));
    GR_TRY(check_device(c->o.device, err));
    GR_TRY(gr_input_status(gr_fit_open(&c->tok, w->model_dir, c->o.max_length, err), err));
    GR_TRY(gr_input_status(digest_model_files(w->tok_sha256, w->model_dir, err), err));
    gr_locate_home(home);
    gr_token_cache_init(&w->tokens, home, w->tok_sha256);
    GR_TRY(gr_pool_open(&c->pool, c->o.threads > 0 ? (int)c->o.threads : gr_pool_default_threads(), err));
    w->tok = c->tok;
    w->pool = c->pool;
    w->progress = c->o.quiet || c->o.no_progress ? GR_PROGRESS_OFF : GR_PROGRESS_AUTO;
    gr_store_suite_id(c->suite.id);
    if (!gr_fs_join(w->suite_dir, sizeof w->suite_dir, c->o.output_dir, c->suite.id) || strlen(w->suite_dir) > 3000)
        return gr_fail(err, GR_E_ARG, "--output-dir: the path is too long");
    return GR_OK;
}

/* The user's own files as a task (docs/cli.md). */
static gr_status add_custom(command *c, gr_err *err)
{
    const gr_custom_opts co = { .train_file = c->o.train_file, .validation_file = c->o.validation_file, .test_file = c->o.test_file,
                                .text_column = c->o.text_column, .pair_column = c->o.pair_column, .label_column = c->o.label_column,
                                .labels = c->o.labels, .regression = c->o.regression, .split = c->o.split, .split_seed = (uint64_t)c->o.split_seed };
    gr_suite_run *s = &c->suite;

    if (!c->o.train_file) return GR_OK;
    if (c->o.all || c->o.suite || c->tasks.n)
        return gr_fail(err, GR_E_ARG, "--train-file makes a task of its own: leave out --all, --suite and task names");
    s->room.data_dir[0] = '\0'; /* its files are named as the user gave them */
    GR_TRY(gr_task_custom(&c->custom, &co, err));
    s->tasks[s->n_tasks] = c->custom;
    s->has_data[s->n_tasks++] = true;
    return GR_OK;
}

/* ---- the end ---- */

static gr_status print_records(const gr_records *r, gr_err *err)
{
    gr_json *list = gr_json_new_array(), *one;
    char *text = NULL;
    gr_status s = GR_OK;

    for (size_t i = 0; s == GR_OK && i < r->n; i++) {
        if ((s = gr_record_to_json(&one, &r->r[i], err)) != GR_OK) break;
        gr_json_add_copy(list, NULL, one);
        gr_json_free(one);
    }
    if (s == GR_OK) s = gr_json_print(&text, list, true, err);
    if (s == GR_OK) puts(text);
    free(text);
    gr_json_free(list);
    return s;
}

static gr_status print_result(const command *c, gr_err *err)
{
    char report[GR_PATH_MAX];
    gr_buf b = { 0 };
    gr_status s;

    if (c->o.json) return print_records(&c->suite.records, err);
    s = gr_table_comparison(&b, &c->suite.records, GR_TABLE_TEXT, err);
    if (s == GR_OK && b.p) fputs(b.p, stdout);
    gr_buf_free(&b);
    if (s != GR_OK) return s;
    printf("\nrecords: %s\n", c->suite.room.suite_dir);
    if (gr_fs_join(report, sizeof report, c->suite.room.suite_dir, "report.html") && gr_fs_is_file(report)) printf("report:  %s\n", report);
    return GR_OK;
}

static int exit_code(const command *c, gr_status output, const gr_err *err)
{
    const gr_suite_run *s = &c->suite;

    if (s->interrupted) return GR_EXIT_INTERRUPTED;
    if (output != GR_OK) return gr_cmd_fail(err);
    if (!s->n_failed) return GR_EXIT_OK;
    if (s->records.n == 1 && s->single != GR_OK) return gr_cmd_exit_code(s->single);
    return GR_EXIT_JOB;
}

static int run(command *c, int argc, char **argv)
{
    gr_err err = GR_ERR_INIT, print_err = GR_ERR_INIT;
    gr_status s = read_options(c, argc, argv, &err);

    if (c->tasks.help) return gr_cmd_end(&c->tasks, s, &err);
    gr_log_set_once(true);
    gr_log_set_level(c->o.quiet ? GR_LOG_ERROR : c->o.verbose ? GR_LOG_DEBUG : GR_LOG_INFO);
    gr_interrupt_not_by_readers();
    if (s == GR_OK) s = set_up(c, &err);
    if (s == GR_OK) s = add_custom(c, &err);
    if (s == GR_OK) s = gr_suite_plan(&c->suite, c->tasks.word, c->tasks.n, &err);
    if (s != GR_OK) return gr_cmd_fail(&err);
    gr_interrupt_install();
    s = gr_suite_execute(&c->suite, argc, argv, &err);
    if (c->suite.records.n && print_result(c, &print_err) != GR_OK && s == GR_OK) {
        s = print_err.status;
        err = print_err;
    }
    return exit_code(c, s, &err);
}

int gr_cmd_run(int argc, char **argv)
{
    command *c = calloc(1, sizeof *c);
    gr_err err = GR_ERR_INIT;
    int code;

    if (!c) {
        (void)gr_fail_nomem(&err, "the command line");
        return gr_cmd_fail(&err);
    }
    gr_arena_init(&c->arena, 0);
    code = run(c, argc, argv);
    gr_suite_close(&c->suite);
    gr_task_custom_free(c->custom);
    gr_tok_close(c->tok);
    gr_pool_close(c->pool);
    gr_arena_free(&c->arena);
    free((void *)c->tasks.word);
    free(c);
    return code;
}
