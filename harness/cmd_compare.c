/* cmd_compare.c - `glue-run compare BASE NEW [--gate] [--junit FILE]`. */
#include <stdio.h>
#include <stdlib.h>

#include "base/options.h"
#include "harness/cmd.h"
#include "results/compare.h"

typedef struct compare_opts { const char *junit; bool gate, help; } compare_opts;

static const gr_opt options[] = {
    { .name = "gate", .type = GR_OPT_FLAG, .offset = offsetof(compare_opts, gate), .help = "exit 1 when a task regressed or is missing, 5 when one is undecided" },
    { .name = "junit", .type = GR_OPT_STR, .offset = offsetof(compare_opts, junit), .value = "FILE", .help = "the verdicts as JUnit XML" },
    { .name = "help", .type = GR_OPT_FLAG, .offset = offsetof(compare_opts, help), .help = "this text" },
    { .name = NULL },
};

static int help(void)
{
    gr_buf b = { 0 };

    gr_buf_adds(&b, "glue-run compare BASE NEW [options]\n\nBASE and NEW: suite folders or records; BASE may be a folder of ci/baselines, with tolerances.\n");
    gr_opt_help(&b, options);
    fputs(b.p ? b.p : "", stdout);
    gr_buf_free(&b);
    return GR_EXIT_OK;
}

int gr_cmd_compare(int argc, char **argv)
{
    const char **pos = calloc((size_t)argc + 1, sizeof *pos);
    compare_opts o = { 0 };
    gr_comparisons c = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;
    int n = 0, code;
    gr_status s = pos ? gr_opt_defaults(&o, NULL, options, &err) : gr_fail_nomem(&err, "arguments");

    if (s == GR_OK) s = gr_opt_parse(&o, NULL, options, argc, argv, pos, &n, &err);
    if (s == GR_OK && o.help) {
        free(pos);
        return help();
    }
    if (s == GR_OK && n != 2) s = gr_fail(&err, GR_E_ARG, "compare: BASE and NEW are two records or folders of runs");
    if (s == GR_OK) s = gr_compare(&c, pos[0], pos[1], &err);
    if (s == GR_OK) s = gr_compare_text(&b, &c, &err);
    if (s == GR_OK && b.p) fputs(b.p, stdout);
    if (s == GR_OK && o.junit) s = gr_compare_junit(o.junit, &c, &err);
    code = s == GR_OK ? (o.gate ? gr_compare_exit_code(&c) : GR_EXIT_OK) : gr_cmd_fail(&err);
    gr_buf_free(&b);
    gr_comparisons_free(&c);
    free(pos);
    return code;
}
