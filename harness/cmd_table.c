/* cmd_table.c - `glue-run table` and `glue-run leaderboard`: tables from records that are already there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/options.h"
#include "harness/cmd.h"
#include "results/table.h"

typedef struct table_opts { const char *format, *kind, *out; bool help; } table_opts;

static const gr_opt options[] = {
    { .name = "format", .type = GR_OPT_CHOICE, .offset = offsetof(table_opts, format), .fallback = "text", .value = "NAME",
      .choices = "text|md|csv|latex|html|json", .help = "how it is written" },
    { .name = "kind", .type = GR_OPT_CHOICE, .offset = offsetof(table_opts, kind), .fallback = "comparison", .value = "NAME",
      .choices = "comparison|seeds|leaderboard|history", .help = "what it shows" },
    { .name = "out", .type = GR_OPT_STR, .offset = offsetof(table_opts, out), .value = "FILE", .help = "write there in place of standard output" },
    { .name = "help", .type = GR_OPT_FLAG, .offset = offsetof(table_opts, help), .help = "this text" },
    { .name = NULL },
};

static gr_status make(gr_buf *b, const gr_records *r, const table_opts *o, gr_err *err)
{
    gr_table_format f;

    GR_TRY(gr_table_format_find(&f, o->format, err));
    if (strcmp(o->kind, "seeds") == 0) return gr_table_seeds(b, r, f, err);
    if (strcmp(o->kind, "leaderboard") == 0) return gr_table_leaderboard(b, r, f, err);
    if (strcmp(o->kind, "history") == 0) return gr_table_history(b, r, f, err);
    return gr_table_comparison(b, r, f, err);
}

static int help(const char *head)
{
    gr_buf b = { 0 };

    gr_buf_adds(&b, head);
    gr_opt_help(&b, options);
    if (b.p) fputs(b.p, stdout);
    gr_buf_free(&b);
    return GR_EXIT_OK;
}

static int run(int argc, char **argv, const char *kind, const char *format, const char *head)
{
    const char **paths = calloc((size_t)argc + 1, sizeof *paths);
    table_opts o = { 0 };
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = GR_OK;
    int n = 0;

    if (!paths) s = gr_fail_nomem(&err, "arguments");
    if (s == GR_OK) s = gr_opt_defaults(&o, NULL, options, &err);
    if (s == GR_OK && kind) o.kind = kind;
    if (s == GR_OK && format) o.format = format;
    if (s == GR_OK) s = gr_opt_parse(&o, NULL, options, argc, argv, paths, &n, &err);
    if (s == GR_OK && o.help) {
        free(paths);
        return help(head);
    }
    if (s == GR_OK && kind && !o.out) s = gr_fail(&err, GR_E_ARG, "leaderboard: --out FILE.csv is missing");
    if (s == GR_OK && n == 0) paths[n++] = "runs";
    if (s == GR_OK) s = gr_store_load_all(&r, paths, (size_t)n, &err);
    if (s == GR_OK) s = make(&b, &r, &o, &err);
    if (s == GR_OK && o.out) s = gr_fs_write(o.out, b.p ? b.p : "", b.n, &err);
    if (s == GR_OK && !o.out && b.p) fputs(b.p, stdout);
    gr_buf_free(&b);
    gr_records_free(&r);
    free(paths);
    return s == GR_OK ? GR_EXIT_OK : gr_cmd_fail(&err);
}

int gr_cmd_table(int argc, char **argv)
{
    return run(argc, argv, NULL, NULL, "glue-run table [RUNS...] [options]\n\nRUNS: records, suite folders or output folders (default runs/).\n");
}

int gr_cmd_leaderboard(int argc, char **argv)
{
    return run(argc, argv, "leaderboard", "csv",
               "glue-run leaderboard RUNS... --out FILE.csv\n\nOne row a model, one column a task; best score first.\n");
}
