/* cmd_compare.c - `glue-run compare BASE NEW [--gate] [--junit FILE] [--format NAME]`. */
#include <stdio.h>

#include "base/options.h"
#include "harness/cmd.h"
#include "results/compare.h"

typedef struct compare_opts { const char *junit, *format; bool gate, json, help; } compare_opts;

static const gr_opt options[] = {
    { .name = "gate", .type = GR_OPT_FLAG, .offset = offsetof(compare_opts, gate), .help = "exit 1 when a task regressed or is missing, 5 when one is undecided" },
    { .name = "junit", .type = GR_OPT_STR, .offset = offsetof(compare_opts, junit), .value = "FILE", .help = "the verdicts as JUnit XML" },
    { .name = "format", .type = GR_OPT_CHOICE, .offset = offsetof(compare_opts, format), .fallback = "text", .value = "NAME",
      .choices = "text|md|csv|latex|html|json", .help = "how the table is written" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = offsetof(compare_opts, json), .help = "the same as --format json" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = offsetof(compare_opts, help), .help = "this text" },
    { .name = NULL },
};

static gr_status compare(int *code, const compare_opts *o, const gr_cmd_words *w, gr_err *err)
{
    gr_comparisons c = { 0 };
    gr_table_format f;
    gr_buf b = { 0 };
    gr_status s;

    if (w->n != 2) return gr_fail(err, GR_E_ARG, "compare: BASE and NEW are two records or folders of runs");
    GR_TRY(gr_table_format_find(&f, o->json ? "json" : o->format, err));
    s = gr_compare(&c, w->word[0], w->word[1], err);
    if (s == GR_OK) s = gr_compare_table(&b, &c, f, err);
    if (s == GR_OK && b.p) fputs(b.p, stdout);
    if (s == GR_OK && o->junit) s = gr_compare_junit(o->junit, &c, err);
    *code = o->gate ? gr_compare_exit_code(&c) : GR_EXIT_OK;
    gr_buf_free(&b);
    gr_comparisons_free(&c);
    return s;
}

int gr_cmd_compare(int argc, char **argv)
{
    static const gr_cmd_spec spec = {
        "glue-run compare BASE NEW [options]\n\nBASE and NEW: suite folders or records; BASE may be a folder of ci/baselines, with tolerances.\n",
        options, NULL,
    };
    gr_cmd_words w;
    compare_opts o = { 0 };
    gr_err err = GR_ERR_INIT;
    int code = GR_EXIT_OK;
    gr_status s = gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = compare(&code, &o, &w, &err);
    return gr_cmd_end(&w, s, &err) == GR_EXIT_OK ? code : gr_cmd_exit_code(s);
}
