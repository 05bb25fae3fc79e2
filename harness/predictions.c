/* predictions.c - a split's predictions as JSON lines, as run_glue's text file, and as a file of a GLUE submission. See evaluator.h. */
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "harness/evaluator.h"

static void add_label(gr_buf *b, const gr_task *t, int32_t cls)
{
    if (cls < 0) gr_buf_adds(b, "null");
    else gr_json_quote(b, gr_sv_from(t->labels[cls]));
}

static void class_row(gr_buf *b, const gr_predictions *p, size_t i, const gr_example *x, const gr_task *t)
{
    const size_t n_out = (size_t)t->head.n_out;

    gr_buf_adds(b, ",\"label\":");
    add_label(b, t, x->labelled ? x->label : -1);
    gr_buf_adds(b, ",\"prediction\":");
    add_label(b, t, p->classes[i]);
    gr_buf_adds(b, ",\"scores\":[");
    for (size_t c = 0; c < n_out; c++) {
        if (c) gr_buf_addc(b, ',');
        gr_json_number(b, p->scores[i * n_out + c]);
    }
    gr_buf_addc(b, ']');
}

static void value_row(gr_buf *b, const gr_predictions *p, size_t i, const gr_example *x)
{
    gr_buf_adds(b, ",\"label\":");
    gr_json_number(b, x->value); /* NaN (unlabelled) is written as null */
    gr_buf_adds(b, ",\"prediction\":");
    gr_json_number(b, p->values[i]);
}

static void word_row(gr_buf *b, const gr_predictions *p, size_t first, const gr_example *x, const gr_task *t)
{
    gr_buf_adds(b, ",\"words\":[");
    for (size_t w = 0; w < x->n_words; w++) {
        if (w) gr_buf_addc(b, ',');
        gr_json_quote(b, x->words[w]);
    }
    gr_buf_adds(b, "],\"labels\":[");
    for (size_t w = 0; w < x->n_words; w++) {
        if (w) gr_buf_addc(b, ',');
        add_label(b, t, x->tag_ids ? x->tag_ids[w] : -1);
    }
    gr_buf_adds(b, "],\"predicted\":[");
    for (size_t w = 0; w < x->n_words; w++) {
        if (w) gr_buf_addc(b, ',');
        add_label(b, t, p->classes[first + w]);
    }
    gr_buf_addc(b, ']');
}

gr_status gr_predictions_write(const char *path, const gr_predictions *p, const gr_encoded *e, const gr_examples *ex,
                               const gr_task *task, gr_err *err)
{
    gr_fs_out *f = NULL;
    gr_buf b = { 0 };
    gr_status s = gr_fs_out_open(&f, path, err);

    for (size_t i = 0; s == GR_OK && i < p->n; i++) {
        const gr_example *x = &ex->e[i];
        gr_buf_reset(&b);
        gr_buf_addf(&b, "{\"id\":%lld", (long long)x->id);
        if (task->head.kind == GR_HEAD_CLASS) class_row(&b, p, i, x, task);
        else if (task->head.kind == GR_HEAD_REGRESSION) value_row(&b, p, i, x);
        else word_row(&b, p, e->word_start[i], x, task);
        gr_buf_adds(&b, "}\n");
        s = b.oom ? gr_fail_nomem(err, "predictions") : gr_fs_out_write(f, b.p, b.n, err);
    }
    if (s == GR_OK) s = gr_fs_out_commit(f, err);
    gr_fs_out_close(f);
    gr_buf_free(&b);
    return s;
}

gr_status gr_predictions_write_tsv(const char *path, const gr_predictions *p, const gr_encoded *e, const gr_examples *ex,
                                   const gr_task *task, gr_err *err)
{
    gr_buf b = { 0 };
    gr_status s;

    gr_buf_adds(&b, "index\tprediction\n");
    for (size_t i = 0; i < p->n; i++) {
        gr_buf_addf(&b, "%zu\t", i);
        if (task->head.kind == GR_HEAD_CLASS) gr_buf_adds(&b, task->labels[p->classes[i]]);
        else if (task->head.kind == GR_HEAD_REGRESSION) gr_buf_addf(&b, "%3.3f", p->values[i]);
        for (size_t w = 0; task->head.kind == GR_HEAD_TOKEN && w < ex->e[i].n_words; w++) {
            const int32_t cls = p->classes[e->word_start[i] + w];
            gr_buf_addf(&b, "%s%s", w ? " " : "", cls < 0 ? "O" : task->labels[cls]);
        }
        gr_buf_addc(&b, '\n');
    }
    s = b.oom ? gr_fail_nomem(err, "predictions") : gr_fs_write(path, b.p, b.n, err);
    gr_buf_free(&b);
    return s;
}

gr_status gr_predictions_write_submission(const char *path, const gr_predictions *p, const gr_examples *ex, const gr_task *task, gr_err *err)
{
    const bool names = (task->flags & GR_TASK_SUBMIT_NAMES) != 0;
    gr_buf b = { 0 };
    gr_status s;

    gr_buf_adds(&b, "index\tprediction\n");
    for (size_t i = 0; i < p->n; i++) {
        gr_buf_addf(&b, "%lld\t", (long long)ex->e[i].id);
        if (task->head.kind == GR_HEAD_REGRESSION) gr_buf_addf(&b, "%.3f", fmin(fmax(p->values[i], task->lo), task->hi));
        else if (names) gr_buf_adds(&b, task->labels[p->classes[i]]);
        else gr_buf_addf(&b, "%d", (int)p->classes[i]);
        gr_buf_addc(&b, '\n');
    }
    s = b.oom ? gr_fail_nomem(err, "predictions") : gr_fs_write(path, b.p, b.n, err);
    gr_buf_free(&b);
    return s;
}
