/* cmd_score.c - `glue-run score METRIC... --pred FILE --ref FILE`: scores from files alone. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/options.h"
#include "harness/cmd.h"
#include "harness/score.h"

#define AT(field) offsetof(gr_score_options, field)
static const gr_opt table[] = {
    { .name = "pred", .type = GR_OPT_STR, .offset = AT(pred), .value = "FILE",
      .help = "predictions: one value a line, tags, or predictions as JSON lines", .group = "Files" },
    { .name = "ref", .type = GR_OPT_STR, .offset = AT(ref), .value = "FILE",
      .help = "references; may be left out when the predictions' file holds them too" },
    { .name = "format", .type = GR_OPT_CHOICE, .offset = AT(format), .fallback = "auto", .choices = "auto|lines|sentences|conll|jsonl",
      .help = "of both files; auto looks at the content" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = AT(json), .help = "one JSON object, every value to its last digit", .group = "Output" },
    { .name = "digits", .type = GR_OPT_INT, .offset = AT(digits), .fallback = "2", .hi = 17, .value = "N", .help = "behind the point, in the text reports" },
    { .name = "average", .type = GR_OPT_CHOICE, .offset = AT(average), .fallback = "binary", .choices = "binary|macro|micro|weighted|none",
      .help = "of precision, recall, f1; none gives one value a class", .group = "Classes" },
    { .name = "pos-label", .type = GR_OPT_STR, .offset = AT(pos_label), .value = "L", .help = "the positive class of binary scores (1 when labels are numbers)" },
    { .name = "labels", .type = GR_OPT_STR, .offset = AT(labels), .value = "A,B,..", .help = "classes to score, in this order (all that occur, sorted)" },
    { .name = "zero-division", .type = GR_OPT_CHOICE, .offset = AT(zero_division), .fallback = "0", .choices = "0|1|nan", .help = "what 0/0 gives" },
    { .name = "task", .type = GR_OPT_STR, .offset = AT(task), .value = "NAME", .help = "of the metric glue: cola, sst2, mrpc, stsb, ..." },
    { .name = "mode", .type = GR_OPT_CHOICE, .offset = AT(mode), .fallback = "auto", .choices = "auto|default|strict",
      .help = "default reads any tags as conlleval does; strict keeps to --scheme; auto is strict when one is given", .group = "Tags" },
    { .name = "scheme", .type = GR_OPT_CHOICE, .offset = AT(scheme), .choices = "IOB1|IOB2|IOE1|IOE2|IOBES|BILOU", .value = "S", .help = "the tags' scheme" },
    { .name = "suffix", .type = GR_OPT_FLAG, .offset = AT(suffix), .help = "the letter stands last: PER-B" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = AT(help), .help = "show this", .group = "Other" },
    { .name = NULL },
};

static void add_usage(gr_buf *b)
{
    gr_buf_adds(b, "glue-run score METRIC... --pred FILE --ref FILE [options]\n\nMetrics\n");
    for (size_t i = 0; gr_score_name(i); i++) gr_buf_addf(b, "  %-22s %s\n", gr_score_name(i), gr_score_about(i));
    gr_buf_addc(b, '\n');
}

static gr_status print_scores(const gr_score_options *o, const gr_json *json, const gr_buf *text, gr_err *err)
{
    char *line = NULL;
    bool bad;

    if (!o->json) {
        bad = text->n && fwrite(text->p, 1, text->n, stdout) != text->n;
    } else {
        GR_TRY(gr_json_print(&line, json, false, err));
        bad = printf("%s\n", line) < 0;
        free(line);
    }
    return bad ? gr_fail(err, GR_E_IO, "standard output: cannot write") : GR_OK;
}

static gr_status score(const gr_score_options *o, const char *const *names, size_t n, gr_err *err)
{
    gr_json *json;
    gr_buf text = { 0 };
    gr_status s;

    if (n == 0) return gr_fail(err, GR_E_ARG, "score: name a metric (glue-run score --help lists them)");
    if (!o->pred) return gr_fail(err, GR_E_ARG, "score: --pred names the file of predictions");
    if (!(json = gr_json_new_object())) return gr_fail_nomem(err, "the output");
    gr_log_set_once(true); /* each kind of metric reads the files */
    s = gr_score_run(json, &text, names, n, o, err);
    if (s == GR_OK) s = print_scores(o, json, &text, err);
    gr_json_free(json);
    gr_buf_free(&text);
    return s;
}

int gr_cmd_score(int argc, char **argv)
{
    gr_buf usage = { 0 };
    gr_cmd_spec spec = { .options = table };
    gr_cmd_words w = { 0 };
    gr_score_options o = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s;

    add_usage(&usage);
    spec.usage = usage.p;
    s = usage.oom ? gr_fail_nomem(&err, "the command line") : gr_cmd_begin(&w, &o, NULL, &spec, argc, argv, &err);
    if (s == GR_OK && !w.help) s = score(&o, w.word, (size_t)w.n, &err);
    gr_buf_free(&usage);
    return gr_cmd_end(&w, s, &err);
}
