/* cmd_embed.c - `glue-run embed`: lines of text in, one JSON array a line out: the mean of the last states, unit length. */
#include <stdio.h>

#include "base/json.h"
#include "base/options.h"
#include "harness/cmd.h"
#include "harness/infer.h"
#include "harness/interrupt.h"

typedef struct options {
    const char *model, *device;
    int64_t     max_length, threads;
    bool        help;
} options;

#define AT(field) offsetof(options, field)
static const gr_opt table[] = {
    { .name = "model", .aliases = "model-name-or-path", .type = GR_OPT_STR, .offset = AT(model), .fallback = "demo", .value = "DIR",
      .help = "folder of an encoder, or a model's name" },
    { .name = "max-length", .aliases = "max-seq-length", .type = GR_OPT_INT, .offset = AT(max_length), .fallback = "128", .hi = 1 << 24, .value = "N",
      .help = "cut texts at N tokens; 0 = at the folder's max_seq_length, the tokenizer's model_max_length, or as many as the model has positions" },
    { .name = "device", .type = GR_OPT_STR, .offset = AT(device), .fallback = "cpu", .value = "D", .help = "cpu, ref, ref64" },
    { .name = "threads", .type = GR_OPT_INT, .offset = AT(threads), .fallback = "0", .hi = 4096, .value = "N", .help = "0 = all cores" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = AT(help), .help = "show this" },
    { .name = NULL },
};

typedef struct job {
    gr_infer *f;
    gr_buf    out;
} job;

/* Nine digits tell any two floats apart; a double is written in full. */
static void put_value(gr_buf *out, double x, int elem)
{
    if (elem == 4) gr_buf_addf(out, "%.9g", x);
    else gr_json_number(out, x);
}

static gr_status flush_batch(job *j, gr_err *err)
{
    const size_t width = (size_t)j->f->width;

    GR_TRY(gr_infer_run(j->f, err));
    gr_buf_reset(&j->out);
    for (int32_t r = 0; r < j->f->batch.n_rows; r++) {
        const double *row = j->f->out + (size_t)r * width;

        for (size_t i = 0; i < width; i++) {
            gr_buf_addc(&j->out, i ? ',' : '[');
            put_value(&j->out, row[i], j->f->model->elem);
        }
        gr_buf_adds(&j->out, "]\n");
    }
    gr_infer_clear(j->f);
    if (j->out.oom) return gr_fail_nomem(err, "the output");
    if (fwrite(j->out.p ? j->out.p : "", 1, j->out.n, stdout) != j->out.n) return gr_fail(err, GR_E_IO, "standard output: cannot write");
    return GR_OK;
}

static gr_status take_line(void *user, gr_sv line, gr_err *err)
{
    job *j = user;

    GR_TRY(gr_infer_add(j->f, line, (gr_sv){ NULL, 0 }, err));
    return gr_infer_full(j->f) ? flush_batch(j, err) : GR_OK;
}

static gr_status embed(const options *o, bool length_given, gr_err *err)
{
    const gr_infer_opts io = { .model = o->model, .device = o->device, .threads = (int)o->threads, .max_length = o->max_length,
                               .may_shorten = !length_given, .embed = true };
    job j = { 0 };
    gr_status s;

    gr_interrupt_install();
    GR_TRY(gr_infer_open(&j.f, &io, err));
    s = gr_infer_lines(stdin, "standard input", take_line, &j, err);
    if (s == GR_OK) s = flush_batch(&j, err);
    gr_buf_free(&j.out);
    gr_infer_close(j.f);
    return s;
}

int gr_cmd_embed(int argc, char **argv)
{
    static const gr_cmd_spec spec = {
        "glue-run embed --model DIR [options] < lines\n\nOne JSON array of numbers a line: the mean of the last hidden states, scaled to length 1.\n",
        table, "text comes on standard input",
    };
    gr_cmd_words w;
    options o = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_opt_origin origins[sizeof table / sizeof *table];
    gr_status s = gr_cmd_begin(&w, &o, origins, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = embed(&o, origins[gr_opt_index(table, "max-length")] != GR_ORIGIN_DEFAULT, &err);
    return gr_cmd_end(&w, s, &err);
}
