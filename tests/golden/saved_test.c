/* saved_test.c - every golden model is loaded and saved as it came: the saved folder must hold the tensors that transformers
 * itself wrote, by name, shape, type and bit, and its configuration.
 *
 * Of config.json every key of the golden folder must be there with its value, and a number that was written with a fraction must have one still:
 * transformers' configurations are typed. Other keys only where saving settles them. A family or head that this build does not have
 * fails by name. */
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "tests/support/engine.h"

/* Keys that saving may add: labels and what kind of problem they are. */
static const char *const settled[] = { "id2label", "label2id", "problem_type", "dtype" };
/* Keys that saving drops: older spellings of the same. */
static const char *const dropped[] = { "num_labels", "torch_dtype" };

static bool among(const char *const *list, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], key) == 0) return true;
    return false;
}

/* ---- configuration ---- */

static gr_json *read_config(const char *dir)
{
    char     path[GR_PATH_MAX];
    gr_json *doc = NULL;
    gr_err   err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, "config.json"));
    assert_ok(gr_json_read(&doc, path, 1 << 20, &err), &err);
    return doc;
}

/* Equal as a reader with types sees them: the printed text tells 2.0 from 2. The members of an object have no order. */
static bool same_value(const gr_json *a, const gr_json *b)
{
    char  *x = NULL, *y = NULL;
    gr_err err = GR_ERR_INIT;

    if (gr_json_is_object(a) && gr_json_is_object(b)) {
        for (const gr_json *v = gr_json_first(a); v; v = gr_json_next(v))
            if (!gr_json_get(b, gr_json_key(v)) || !same_value(v, gr_json_get(b, gr_json_key(v)))) return false;
        return gr_json_len(a) == gr_json_len(b);
    }
    assert_ok(gr_json_print(&x, a, false, &err), &err);
    assert_ok(gr_json_print(&y, b, false, &err), &err);
    const bool same = strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

static size_t compare_configs(const char *name, const gr_json *want, const gr_json *got)
{
    size_t bad = 0;

    for (const gr_json *v = gr_json_first(want); v; v = gr_json_next(v)) {
        const char    *key = gr_json_key(v);
        const gr_json *mine = gr_json_get(got, key);

        if (among(dropped, sizeof dropped / sizeof *dropped, key)) continue;
        if (mine && same_value(v, mine)) continue;
        gr_case_fail(name, "config.json: %s %s", key, mine ? "has another value" : "is not there");
        bad++;
    }
    for (const gr_json *v = gr_json_first(got); v; v = gr_json_next(v))
        if (!gr_json_get(want, gr_json_key(v)) && !among(settled, sizeof settled / sizeof *settled, gr_json_key(v))) {
            gr_case_fail(name, "config.json: %s is new", gr_json_key(v));
            bad++;
        }
    return bad;
}

/* ---- tensors ---- */

static gr_st *open_st(const char *dir, const char *file)
{
    char   path[GR_PATH_MAX];
    gr_st *st = NULL;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, sizeof path, dir, file));
    assert_ok(gr_st_open(&st, path, &err), &err);
    return st;
}

static const char *difference(const gr_st_tensor *want, const gr_st_tensor *got)
{
    if (!got) return "is not there";
    if (got->dtype != want->dtype) return "has another type";
    if (got->ndim != want->ndim) return "has another shape";
    for (int i = 0; i < want->ndim; i++)
        if (got->shape[i] != want->shape[i]) return "has another shape";
    return memcmp(got->data, want->data, want->bytes) == 0 ? NULL : "has other values";
}

static size_t compare_tensors(const char *name, const gr_st *want, const gr_st *got)
{
    const char *format = gr_st_metadata(got, "format");
    size_t      bad = 0;

    if (!format || strcmp(format, "pt") != 0) {
        gr_case_fail(name, "model.safetensors: no format \"pt\" in its metadata");
        bad++;
    }
    for (size_t i = 0; i < gr_st_count(want); i++) {
        const gr_st_tensor *t = gr_st_at(want, i);
        const char         *why = difference(t, gr_st_find(got, t->name));

        if (!why) continue;
        gr_case_fail(name, "model.safetensors: %s %s", t->name, why);
        bad++;
    }
    for (size_t i = 0; i < gr_st_count(got); i++)
        if (!gr_st_find(want, gr_st_at(got, i)->name)) {
            gr_case_fail(name, "model.safetensors: %s is new", gr_st_at(got, i)->name);
            bad++;
        }
    return bad;
}

/* ---- the driver ---- */

/* The head that the folder's architecture names, with as many outputs as its case has. */
static bool head_of(gr_head_spec *h, const char *dir, const gr_json *config)
{
    const char         *arch = gr_json_str(gr_json_at(gr_json_get(config, "architectures"), 0), "");
    gr_st              *cs = open_st(dir, "case.safetensors");
    const gr_st_tensor *logits = gr_st_find(cs, "logits"), *labels = gr_st_find(cs, "labels");
    const int32_t       n = logits ? (int32_t)logits->shape[logits->ndim - 1] : 0;
    const gr_sv         a = gr_sv_from(arch);
    bool                known = true;

    if (gr_sv_ends(a, "ForTokenClassification")) *h = (gr_head_spec){ GR_HEAD_TOKEN, n };
    else if (gr_sv_ends(a, "ForSequenceClassification")) *h = (gr_head_spec){ labels && labels->dtype == GR_DT_F64 ? GR_HEAD_REGRESSION : GR_HEAD_CLASS, n };
    else if (gr_sv_ends(a, "ForMaskedLM")) *h = (gr_head_spec){ GR_HEAD_MLM, 0 };
    else if (gr_sv_ends(a, "Model")) *h = (gr_head_spec){ GR_HEAD_EMBED, 0 };
    else known = false;
    gr_st_close(cs);
    return known;
}

static void run_case(const char *root, const char *folder)
{
    char          dir[GR_PATH_MAX], out[GR_PATH_MAX];
    gr_model_opts o = { .dir = dir, .elem = 4, .dropout = -1.0, .require_head = true };
    gr_model     *m = NULL;
    gr_err        err = GR_ERR_INIT;
    gr_status     st;

    assert_true(gr_fs_join(dir, sizeof dir, root, folder));
    assert_true(gr_fs_join(out, sizeof out, gr_test_tmpdir(), folder));
    gr_json *want = read_config(dir);
    if (!head_of(&o.head, dir, want)) {
        gr_case_fail(folder, "a head of no known kind");
        gr_json_free(want);
        return;
    }
    st = gr_model_open(&m, &o, &err);
    if (st != GR_OK) gr_case_fail(folder, "%s", err.msg);
    else {
        assert_ok(gr_model_save(m, out, &err), &err);
        gr_json *got = read_config(out);
        gr_st   *a = open_st(dir, "model.safetensors"), *b = open_st(out, "model.safetensors");
        if (compare_configs(folder, want, got) + compare_tensors(folder, a, b) == 0) gr_case_pass(folder);
        gr_st_close(a);
        gr_st_close(b);
        gr_json_free(got);
    }
    gr_model_close(m);
    gr_json_free(want);
}

static void run_set(const char *set, size_t least, const char *what)
{
    char       root[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_fs_list l;
    gr_err     err = GR_ERR_INIT;

    assert_true(gr_fs_join(root, sizeof root, set, "models"));
    assert_ok(gr_fs_list_dir(&l, root, &err), &err);
    for (size_t i = 0; i < l.n; i++)
        if (snprintf(path, sizeof path, "%s/%s/case.safetensors", root, l.names[i]) < (int)sizeof path && gr_fs_is_file(path)) run_case(root, l.names[i]);
    gr_fs_list_free(&l);
    gr_cases_done(what, least);
}

static void own(void **state)
{
    (void)state;
    run_set(gr_own_golden_dir(), 59, "own models, saved"); /* folders of tests/golden/set/models */
}

static void shared(void **state)
{
    (void)state;
    if (gr_golden_dir()) {
        run_set(gr_golden_dir(), 1, "shared models, saved");
        return;
    }
    gr_case_skip("shared golden folder", "absent");
    gr_cases_done("shared models, saved", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(own), cmocka_unit_test(shared) };

    gr_log_set_level(GR_LOG_ERROR);
    return gr_test_main(tests);
}
