/* cmd_table.c - `glue-run table` and `glue-run leaderboard`: tables from records that are already there. */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/options.h"
#include "harness/cmd.h"
#include "results/html.h"
#include "results/table.h"

typedef struct table_opts { const char *format, *kind, *out; bool help; } table_opts;

static const gr_opt options[] = {
    { .name = "format", .type = GR_OPT_CHOICE, .offset = offsetof(table_opts, format), .fallback = "text", .value = "NAME",
      .choices = "text|md|csv|latex|html|json", .help = "how it is written" },
    { .name = "kind", .type = GR_OPT_CHOICE, .offset = offsetof(table_opts, kind), .fallback = "comparison", .value = "NAME",
      .choices = "comparison|seeds|leaderboard|history|report", .help = "what it shows; report is a page in HTML with charts, whatever the format" },
    { .name = "out", .type = GR_OPT_STR, .offset = offsetof(table_opts, out), .value = "FILE", .help = "write there in place of standard output, which is also -" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = offsetof(table_opts, help), .help = "this text" },
    { .name = NULL },
};

static const gr_opt leaderboard_options[] = {
    { .name = "out", .type = GR_OPT_STR, .offset = offsetof(table_opts, out), .value = "FILE.csv", .help = "write there; needed, - is standard output" },
    { .name = "format", .type = GR_OPT_CHOICE, .offset = offsetof(table_opts, format), .fallback = "csv", .value = "NAME",
      .choices = "text|md|csv|latex|html|json", .help = "how it is written" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = offsetof(table_opts, help), .help = "this text" },
    { .name = NULL },
};

static gr_status make(gr_buf *b, const gr_records *r, const table_opts *o, gr_err *err)
{
    gr_table_format f;

    if (strcmp(o->kind, "report") == 0) return gr_html_report(b, r, err);
    GR_TRY(gr_table_format_find(&f, o->format, err));
    if (strcmp(o->kind, "seeds") == 0) return gr_table_seeds(b, r, f, err);
    if (strcmp(o->kind, "leaderboard") == 0) return gr_table_leaderboard(b, r, f, err);
    if (strcmp(o->kind, "history") == 0) return gr_table_history(b, r, f, err);
    return gr_table_comparison(b, r, f, err);
}

/* RUNS to a table, on standard output or in a file. */
static gr_status write(const table_opts *o, gr_cmd_words *w, gr_err *err)
{
    gr_records r = { 0 };
    gr_buf b = { 0 };
    gr_status s;

    if (!w->n) w->word[w->n++] = "runs";
    s = gr_store_load_all(&r, w->word, (size_t)w->n, err);
    if (s == GR_OK) s = make(&b, &r, o, err);
    if (s == GR_OK && o->out && strcmp(o->out, "-") != 0) s = gr_fs_write(o->out, b.p ? b.p : "", b.n, err);
    else if (s == GR_OK && b.p) fputs(b.p, stdout);
    gr_buf_free(&b);
    gr_records_free(&r);
    return s;
}

int gr_cmd_table(int argc, char **argv)
{
    static const gr_cmd_spec spec = { "glue-run table [RUNS...] [options]\n\nRUNS: records, suite folders or output folders (default runs/).\n", options, NULL };
    gr_cmd_words w;
    table_opts o = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = write(&o, &w, &err);
    return gr_cmd_end(&w, s, &err);
}

int gr_cmd_leaderboard(int argc, char **argv)
{
    static const gr_cmd_spec spec = { "glue-run leaderboard RUNS... --out FILE.csv\n\nOne row a model, one column a task; best score first.\n", leaderboard_options, NULL };
    gr_cmd_words w;
    table_opts o = { .kind = "leaderboard" };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help && !o.out) s = gr_fail(&err, GR_E_ARG, "leaderboard: --out FILE.csv is missing");
    if (s == GR_OK && !w.help) s = write(&o, &w, &err);
    return gr_cmd_end(&w, s, &err);
}
