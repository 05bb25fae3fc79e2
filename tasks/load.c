/* load.c - a task's table handed to the data layer. The parse hook is reached through one adapter, so that data knows no task. */
#include "tasks/load.h"

static gr_status parse(void *user, const gr_row *row, const gr_split *split, gr_example *out, gr_arena *a, gr_err *err)
{
    const gr_task *const t = *(const gr_task *const *)user;

    return t->parse(t, row, split, out, a, err);
}

/* `cell` holds the task's address for the adapter and outlives the spec. */
static gr_dataset_spec spec_of(const gr_task **cell)
{
    const gr_task *const t = *cell;
    gr_dataset_spec      s = { .splits = t->splits, .regression = t->head.kind == GR_HEAD_REGRESSION };

    s.labels.names = t->labels;
    s.labels.n_names = t->labels != NULL ? t->head.n_out : 0;
    s.labels.lo = t->lo;
    s.labels.hi = t->hi;
    s.parse = t->parse != NULL ? parse : NULL;
    s.user = (void *)cell;
    return s;
}

gr_status gr_task_load_with(gr_examples *out, const gr_task *t, const char *split, const char *data_dir,
                            const gr_load_opts *opts, gr_err *err)
{
    const gr_dataset_spec spec = spec_of(&t);
    const gr_status       s = gr_input_status(gr_dataset_load(out, &spec, split, data_dir, opts, err), err);

    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", t->name);
}

gr_status gr_task_load(gr_examples *out, const gr_task *t, const char *split, const char *data_dir, gr_err *err)
{
    return gr_task_load_with(out, t, split, data_dir, NULL, err);
}

gr_status gr_task_find_split(const gr_task *t, const char *split, const char *data_dir, bool *present, gr_err *err)
{
    const gr_dataset_spec spec = spec_of(&t);
    const gr_status       s = gr_input_status(gr_dataset_find(&spec, split, data_dir, present, err), err);

    return s == GR_OK ? GR_OK : gr_wrap(err, s, "%s", t->name);
}

gr_status gr_task_find_data(const gr_task *t, const char *data_dir, bool *present, gr_err *err)
{
    return gr_task_find_split(t, NULL, data_dir, present, err);
}
