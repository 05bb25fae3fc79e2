/* score_test.c - the score command as main calls it: files in, standard output and exit code out. By
 * hand for each file form and each refusal, then every case of our golden set that files can say. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "harness/cmd.h"
#include "harness/score.h"

static char out_text[1 << 16], err_text[4096];

static const char *file(const char *name, const char *content)
{
    static char paths[8][GR_PATH_MAX];
    static size_t turn;
    char *path = paths[turn++ % 8];
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(path, GR_PATH_MAX, gr_test_tmpdir(), name));
    assert_ok(gr_fs_write(path, content, strlen(content), &err), &err);
    return path;
}

static void slurp(char *to, size_t cap, const char *path)
{
    FILE *f = fopen(path, "r");
    size_t n;

    assert_non_null(f);
    n = fread(to, 1, cap - 1, f);
    to[n] = '\0';
    (void)fclose(f);
}

/* Run `score` with the words, up to NULL; what it prints goes to out_text and err_text. */
static int run(const char *const *words)
{
    char out_path[GR_PATH_MAX], err_path[GR_PATH_MAX], *argv[40];
    int argc = 0, code, keep_out, keep_err, fd;

    while (words[argc]) argc++;
    for (int i = 0; i < argc; i++) argv[i] = strdup(words[i]);
    assert_true(gr_fs_join(out_path, sizeof out_path, gr_test_tmpdir(), "out"));
    assert_true(gr_fs_join(err_path, sizeof err_path, gr_test_tmpdir(), "err"));
    (void)fflush(NULL);
    keep_out = dup(1);
    keep_err = dup(2);
    assert_true((fd = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600)) >= 0 && dup2(fd, 1) == 1 && close(fd) == 0);
    assert_true((fd = open(err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600)) >= 0 && dup2(fd, 2) == 2 && close(fd) == 0);
    code = gr_cmd_score(argc, argv);
    (void)fflush(NULL);
    assert_true(dup2(keep_out, 1) == 1 && dup2(keep_err, 2) == 2 && close(keep_out) == 0 && close(keep_err) == 0);
    for (int i = 0; i < argc; i++) free(argv[i]);
    slurp(out_text, sizeof out_text, out_path);
    slurp(err_text, sizeof err_text, err_path);
    return code;
}
#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

static double value(const char *key)
{
    gr_err err = GR_ERR_INIT;
    gr_json *v = NULL;
    double x;

    assert_ok(gr_json_parse(&v, out_text, strlen(out_text), &err), &err);
    assert_non_null(gr_json_get(v, key));
    x = gr_json_num(gr_json_get(v, key), NAN);
    gr_json_free(v);
    return x;
}

static void fails(int code, int want, const char *a, const char *b)
{
    if (code != want || !strstr(err_text, a) || !strstr(err_text, b)) fail_msg("exit %d: %s", code, err_text);
    assert_string_equal(out_text, "");
}

static void labels(void **state)
{
    const char *p = file("p.txt", "0\n1\n1\n2\n"), *r = file("r.txt", "0\r\n1\r\n0\r\n2"), *q = file("q.txt", "0.0\n1\n1.0\n2\n");

    (void)state;
    assert_int_equal(RUN("accuracy", "macro_f1", "matthews", "--pred", p, "--ref", r, "--json"), 0);
    assert_near(value("accuracy"), 0.75, 0, "accuracy");
    assert_near(value("macro_f1"), 7.0 / 9, 1e-15, "macro f1");
    assert_true(value("matthews_correlation") > 0.6);
    assert_int_equal(RUN("accuracy", "--pred", q, "--ref", r), 0); /* a float column of whole labels */
    assert_string_equal(out_text, "accuracy                 0.75\n");
    assert_int_equal(RUN("f1", "--average", "none", "--labels", "2,0", "--pred", p, "--ref", r), 0);
    assert_string_equal(out_text, "f1.2                     1\nf1.0                     0.6666666667\n");
    assert_int_equal(RUN("confusion_matrix", "--pred", p, "--ref", r, "--json"), 0);
    assert_string_equal(out_text, "{\"confusion_matrix\":[[1,1,0],[0,1,0],[0,0,1]],\"labels\":[\"0\",\"1\",\"2\"]}\n");
    assert_int_equal(RUN("confusion_matrix", "--pred", p, "--ref", r), 0);
    assert_string_equal(out_text, "confusion_matrix\ntrue \\ predicted  0  1  2\n0                 1  1  0\n1                 0  1  0\n2                 0  0  1\n");
}

static void words(void **state)
{
    const char *p = file("p.txt", "yes\nno\nyes\nno\n"), *r = file("r.txt", "yes\nyes\nyes\nno\n");

    (void)state;
    assert_int_equal(RUN("f1", "--pos-label", "yes", "--pred", p, "--ref", r, "--json"), 0);
    assert_near(value("f1"), 0.8, 1e-15, "f1 of yes");
    assert_int_equal(RUN("classification_report", "--digits", "3", "--pred", p, "--ref", r), 0);
    assert_string_equal(out_text, "              precision    recall  f1-score   support\n\n"
                                  "          no      0.500     1.000     0.667         1\n"
                                  "         yes      1.000     0.667     0.800         3\n\n"
                                  "    accuracy                          0.750         4\n"
                                  "   macro avg      0.750     0.833     0.733         4\n"
                                  "weighted avg      0.875     0.750     0.767         4\n");
    fails(RUN("f1", "--pred", p, "--ref", r), GR_EXIT_USAGE, "--pos-label", "'no'");
}

static void values(void **state)
{
    const char *p = file("p.txt", "1\n2\n3\n4\n"), *r = file("r.txt", "2\n1\n4\n3\n"), *s = file("s.txt", "0.1\n0.4\n0.35\n0.8\n"), *y = file("y.txt", "a\na\nb\nb\n");

    (void)state;
    assert_int_equal(RUN("pearson", "spearman", "mse", "--pred", p, "--ref", r, "--json"), 0);
    assert_near(value("pearson"), 0.6, 1e-15, "pearson");
    assert_near(value("spearmanr"), 0.6, 1e-15, "spearman");
    assert_near(value("mse"), 1, 0, "mse");
    assert_int_equal(RUN("roc_auc", "--pred", s, "--ref", y, "--json"), 0);
    assert_near(value("roc_auc"), 0.75, 0, "auc");
    assert_int_equal(RUN("roc_auc", "--pos-label", "a", "--pred", s, "--ref", y, "--json"), 0);
    assert_near(value("roc_auc"), 0.25, 0, "auc of a");
    assert_int_equal(RUN("glue", "--task", "stsb", "--pred", p, "--ref", r, "--json"), 0);
    assert_near(value("combined_score"), 0.6, 1e-15, "combined");
    p = file("huge.txt", "1.7e308\n-1.7e308\n1\n"); /* squares that no number holds are no score of null */
    r = file("huge2.txt", "-1.7e308\n1.7e308\n1\n");
    fails(RUN("mse", "--pred", p, "--ref", r), GR_EXIT_INPUT, "huge.txt: mse is beyond the largest number", "scale the values");
    fails(RUN("mae", "--pred", p, "--ref", r, "--json"), GR_EXIT_INPUT, "huge.txt: mae is beyond the largest number", "scale the values");
    assert_int_equal(RUN("pearson", "--pred", p, "--ref", r, "--json"), 0);
    assert_near(value("pearson"), -1, 1e-15, "pearson of huge values");
}

static void tags(void **state)
{
    const char *sent = file("p.txt", "B-PER O O\nB-LOC\n"), *sent_r = file("r.txt", "B-PER I-PER O\nB-LOC\n");
    const char *conll = file("r.conll", "-DOCSTART- O\n\nJane NNP B-PER\nDoe NNP I-PER\nis VBZ O\n\nRome NNP B-LOC\n\n");
    const char *both = file("b.conll", "Jane B-PER B-PER\nDoe I-PER O\nis O O\n\nRome B-LOC B-LOC\n");
    const char *single = file("s.txt", "B-PER\nO\nO\n\nB-LOC\n");

    (void)state;
    assert_int_equal(RUN("overall_f1", "overall_accuracy", "--pred", sent, "--ref", sent_r, "--json"), 0);
    assert_near(value("overall_f1"), 0.5, 0, "one sentence a line");
    assert_near(value("overall_accuracy"), 0.75, 0, "accuracy");
    assert_int_equal(RUN("overall_f1", "--pred", sent, "--ref", conll, "--json"), 0);
    assert_near(value("overall_f1"), 0.5, 0, "columns");
    assert_int_equal(RUN("overall_f1", "--pred", single, "--ref", conll, "--json"), 0);
    assert_near(value("overall_f1"), 0.5, 0, "one tag a line");
    assert_int_equal(RUN("seqeval", "--scheme", "IOB2", "--pred", both, "--json"), 0);
    assert_near(value("overall_f1"), 0.5, 0, "both in one file");
    assert_non_null(strstr(out_text, "\"LOC\":{\"precision\":1,\"recall\":1,\"f1\":1,\"number\":1}"));
    assert_int_equal(RUN("overall_f1", "--pred", conll, "--ref", file("same.conll", "Jane B-PER\nDoe I-PER\nis O\n\nRome B-LOC\n")), 0);
    assert_string_equal(err_text, "");
    assert_int_equal(RUN("overall_f1", "--pred", conll, "--ref", file("other.conll", "Jane B-PER\nDoe I-PER\nis O\n\nParis B-LOC\n")), 0); /* another file's order */
    assert_non_null(strstr(err_text, "r.conll: line 7: other words than in "));
    assert_non_null(strstr(err_text, "other.conll: line 5"));
    fails(RUN("seqeval", "--scheme", "IOE2", "--pred", sent, "--ref", conll), GR_EXIT_INPUT, "p.txt: line 1", "'B-PER'");
    fails(RUN("seqeval", "--mode", "strict", "--pred", sent, "--ref", conll), GR_EXIT_USAGE, "--scheme", "IOB2");
}

static void json_rows(void **state)
{
    const char *cls = file("c.jsonl", "{\"id\":1,\"label\":\"a\",\"prediction\":\"a\",\"scores\":[0.9,0.1]}\n"
                                      "{\"id\":2,\"label\":\"b\",\"prediction\":\"a\",\"scores\":[0.6,0.4]}\n");
    const char *ner = file("n.jsonl", "{\"id\":7,\"words\":[\"Jane\",\"Doe\"],\"labels\":[\"B-PER\",\"I-PER\"],\"predicted\":[\"B-PER\",null]}\n"
                                      "{\"id\":8,\"words\":[\"a\",\"b\"],\"labels\":[\"O\",\"O\"],\"predicted\":[\"O\",\"B-LOC\"]}\n");
    const char *other = file("o.jsonl", "{\"id\":1,\"label\":\"a\"}\n{\"id\":3,\"label\":\"b\"}\n");

    (void)state;
    assert_int_equal(RUN("accuracy", "roc_auc", "--pred", cls, "--json"), 0);
    assert_near(value("accuracy"), 0.5, 0, "accuracy");
    assert_near(value("roc_auc"), 1, 0, "auc");
    assert_int_equal(RUN("overall_f1", "overall_accuracy", "--pred", ner, "--json"), 0);
    /* the word that was cut off is on neither side, as in the run's own score: B-PER O O against B-PER O B-LOC */
    assert_near(value("overall_f1"), 2.0 / 3.0, 1e-15, "cut short");
    assert_near(value("overall_accuracy"), 2.0 / 3.0, 1e-15, "cut short");
    fails(RUN("accuracy", "--pred", cls, "--ref", other), GR_EXIT_INPUT, "line 2: id '2'", "id '3'");
    fails(RUN("accuracy", "--pred", other), GR_EXIT_INPUT, "o.jsonl: line 1", "'prediction' is missing");
    fails(RUN("overall_f1", "--pred", cls), GR_EXIT_INPUT, "c.jsonl: line 1", "'predicted'");
}

/* The files that run_glue, --save-model and --predict-test write: their header is no row, their indices are ids. */
static void indexed(void **state)
{
    const char *p = file("predict_results_sst2.txt", "index\tprediction\n0\tnegative\n1\tvery bad\r\n"), *r = file("true.txt", "negative\nnegative\n");
    const char *q = file("order.tsv", "index\tprediction\n1\tnegative\n0\tnegative\n"), *t = file("table.tsv", "0\tnegative\n1\tpositive\n");
    const char *cut = file("cut.tsv", "index\tprediction\n0\tnegative\n1\n");

    (void)state;
    assert_int_equal(RUN("accuracy", "--pred", p, "--ref", r), 0);
    assert_string_equal(out_text, "accuracy                 0.5\n");
    assert_int_equal(RUN("accuracy", "--pred", p, "--ref", p), 0);
    assert_string_equal(out_text, "accuracy                 1\n");
    fails(RUN("accuracy", "--pred", p, "--ref", q), GR_EXIT_INPUT, "line 2: id '0'", "id '1'");
    fails(RUN("accuracy", "--pred", cut, "--ref", r), GR_EXIT_INPUT, "cut.tsv: line 3", "a TAB and a prediction");
    fails(RUN("accuracy", "--pred", t, "--ref", r), GR_EXIT_INPUT, "table.tsv: line 1 has several columns", "index<TAB>prediction");
}

/* Rows that one file numbers and the other does not are joined by their order: wrong where the numbers fall, said where rows are left out. */
static void numbered_once(void **state)
{
    const char *fall = file("fall.tsv", "index\tprediction\n1\tb\n0\ta\n"), *gap = file("gap.tsv", "index\tprediction\n3\ta\n9\tb\n");
    const char *twice = file("twice.jsonl", "{\"id\":4,\"prediction\":\"a\"}\n{\"id\":4,\"prediction\":\"b\"}\n");
    const char *names = file("names.jsonl", "{\"id\":\"x\",\"prediction\":\"a\"}\n{\"id\":\"y\",\"prediction\":\"b\"}\n");
    const char *part = file("part.jsonl", "{\"prediction\":\"a\"}\n{\"id\":1,\"prediction\":\"b\"}\n");
    const char *from7 = file("from7.tsv", "index\tprediction\n7\ta\n8\tb\n"), *plain = file("plain.txt", "a\nb\n");

    (void)state;
    fails(RUN("accuracy", "--pred", fall, "--ref", plain), GR_EXIT_INPUT, "fall.tsv: line 3: row 0 comes after row 1", "plain.txt does not number its rows");
    fails(RUN("accuracy", "--pred", plain, "--ref", fall), GR_EXIT_INPUT, "fall.tsv: line 3: row 0 comes after row 1", "plain.txt does not number its rows");
    fails(RUN("accuracy", "--pred", twice, "--ref", plain), GR_EXIT_INPUT, "twice.jsonl: line 2: row 4 comes after row 4", "plain.txt");
    assert_int_equal(RUN("accuracy", "--pred", gap, "--ref", plain), 0);
    assert_string_equal(out_text, "accuracy                 1\n");
    assert_non_null(strstr(err_text, "gap.tsv: line 3: row '9' stands in place 2: rows are joined by their order, since "));
    assert_non_null(strstr(err_text, "plain.txt does not number its own\n"));
    assert_int_equal(RUN("accuracy", "roc_auc", "--pred", file("gap2.tsv", "index\tprediction\n3\t1\n9\t2\n"), "--ref", file("ones.txt", "1\n2\n")), 0); /* read twice, said once */
    assert_non_null(strstr(err_text, "gap2.tsv: line 3: row '9'"));
    assert_null(strstr(strstr(err_text, "gap2.tsv: line 3") + 1, "gap2.tsv: line 3"));
    assert_int_equal(RUN("accuracy", "--pred", names, "--ref", plain), 0);
    assert_non_null(strstr(err_text, "names.jsonl: line 1: row 'x' stands in place 1"));
    assert_int_equal(RUN("accuracy", "--pred", part, "--ref", plain), 0);
    assert_non_null(strstr(err_text, "part.jsonl: line 1: row '(no number)' stands in place 1"));
    assert_int_equal(RUN("accuracy", "--pred", from7, "--ref", plain), 0);
    assert_string_equal(err_text, "");
    assert_int_equal(RUN("accuracy", "--pred", gap, "--ref", gap), 0);
    assert_string_equal(err_text, "");
}

/* docs/metrics.md names every metric. */
static void documented(void **state)
{
    char *text = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fs_read(&text, &n, GR_SOURCE_DIR "/docs/metrics.md", 0, &err), &err);
    for (size_t i = 0; gr_score_name(i); i++)
        if (!strstr(text, gr_score_name(i))) fail_msg("docs/metrics.md does not name %s", gr_score_name(i));
    free(text);
}

static void refusals(void **state)
{
    const char *three = file("3.txt", "0\n1\n2\n"), *two = file("2.txt", "0\n1\n"), *hole = file("h.txt", "0\n\n1\n"), *none = file("0.txt", "");
    const char *word = file("w.txt", "0\nx\n1\n"), *bad = file("b.jsonl", "{\"label\":0,\"prediction\":1}\n{\"label\":0,\n");

    (void)state;
    fails(RUN("accuracy", "--pred", three, "--ref", two), GR_EXIT_INPUT, "3 rows", "2.txt has 2");
    fails(RUN("accuracy", "--pred", hole, "--ref", three), GR_EXIT_INPUT, "h.txt: line 2", "empty");
    fails(RUN("accuracy", "--pred", none, "--ref", none), GR_EXIT_INPUT, "0.txt", "nothing");
    fails(RUN("mse", "--pred", word, "--ref", three), GR_EXIT_INPUT, "w.txt: line 2", "x");
    fails(RUN("accuracy", "--pred", bad), GR_EXIT_INPUT, "b.jsonl: line 2: broken JSON: column 12: ", "expected");
    fails(RUN("accuracy", "--pred", file("z.jsonl", "{\"label\":\"a\",\"prediction\":\"a\\u0000b\"}\n")), GR_EXIT_INPUT, "z.jsonl: line 1", "a NUL byte");
    fails(RUN("accuracy", "--pred", file("z.jsonl", "{\"id\":\"7\\u0000\",\"label\":\"a\",\"prediction\":\"a\"}\n")), GR_EXIT_INPUT, "z.jsonl: line 1", "a NUL byte");
    fails(RUN("accuracy", "--pred", three), GR_EXIT_USAGE, "--ref", "3.txt");
    fails(RUN("accuracy", "--pred", "/nowhere/p", "--ref", three), GR_EXIT_INPUT, "/nowhere/p", "");
    fails(RUN("f1", "--pred", three, "--ref", three), GR_EXIT_USAGE, "3 classes", "macro");
    fails(RUN("acuracy", "--pred", three, "--ref", three), GR_EXIT_USAGE, "acuracy", "'accuracy'");
    fails(RUN("--pred", three, "--ref", three), GR_EXIT_USAGE, "metric", "--help");
    fails(RUN("accuracy", "--ref", three), GR_EXIT_USAGE, "--pred", "");
    fails(RUN("accuracy", "--preds", three), GR_EXIT_USAGE, "--preds", "");
    fails(RUN("glue", "--task", "imdb", "--pred", three, "--ref", three), GR_EXIT_USAGE, "imdb", "");
    fails(RUN("glue", "--pred", three, "--ref", three), GR_EXIT_USAGE, "--task", "");
    fails(RUN("accuracy", "--format", "conll", "--pred", three, "--ref", three), GR_EXIT_USAGE, "--format conll", "");
    fails(RUN("accuracy", "--labels", "a,,b", "--pred", three, "--ref", three), 0 + GR_EXIT_USAGE, "empty label", "");
    assert_int_equal(RUN("--help"), 0);
    assert_non_null(strstr(out_text, "seqeval_report"));
}

/* ---- golden cases through files -------------------------------------------------------------- */

static bool add_value(gr_buf *b, const gr_json *v)
{
    if (gr_json_is_string(v)) {
        const char *s = gr_json_str(v, "");
        if (strcmp(s, "nan") == 0 || strcmp(s, "") == 0) return false; /* the file forms have no NaN */
        gr_buf_adds(b, s);
    } else {
        gr_json_number(b, gr_json_num(v, 0.0));
    }
    return true;
}

/* One side as a file; false when no file can say it. */
static bool write_side(const char **path, const char *name, const gr_json *side)
{
    gr_buf b = { 0 };
    bool ok = gr_json_len(side) > 0;

    for (const gr_json *v = gr_json_first(side); v && ok; v = gr_json_next(v)) {
        if (!gr_json_is_array(v)) ok = add_value(&b, v);
        for (const gr_json *t = gr_json_is_array(v) ? gr_json_first(v) : NULL; t && ok; t = gr_json_next(t)) {
            if (t != gr_json_first(v)) gr_buf_addc(&b, ' ');
            ok = add_value(&b, t);
        }
        gr_buf_addc(&b, '\n');
    }
    if (ok) *path = file(name, b.p);
    gr_buf_free(&b);
    return ok;
}

static const char *joined(gr_buf *b, const gr_json *list)
{
    gr_buf_reset(b);
    for (const gr_json *v = gr_json_first(list); v; v = gr_json_next(v)) {
        if (b->n) gr_buf_addc(b, ',');
        gr_json_number(b, gr_json_num(v, 0.0));
    }
    return b->p;
}

static bool same(const gr_json *got, const gr_json *want)
{
    if (gr_json_is_string(want)) return gr_json_is_null(got) || strcmp(gr_json_str(got, ""), gr_json_str(want, "")) == 0; /* "nan" is null */
    if (gr_json_is_number(want)) {
        const double w = gr_json_num(want, 0.0), g = gr_json_num(got, NAN);
        return g == w || fabs(g - w) <= 1e-12 * fmax(1.0, fabs(w));
    }
    for (const gr_json *w = gr_json_first(want), *g = gr_json_first(got); w; w = gr_json_next(w), g = gr_json_next(g))
        if (!same(gr_json_key(w) ? gr_json_get(got, gr_json_key(w)) : g, w)) return false;
    return gr_json_len(want) <= gr_json_len(got);
}

/* True when the case's name for its value differs from the command's: one member of `expected`. */
static const gr_json *find_got(const gr_json *got, const gr_json *want, const char *metric)
{
    const gr_json *v = gr_json_get(got, gr_json_key(want));

    return v ? v : gr_json_get(got, metric);
}

/* Run the command with a case's arguments. */
static int run_with(const char *metric, const gr_json *args, const char *pred, const char *ref)
{
    static const char *const options[] = { "average", "pos_label", "zero_division", "digits", "mode", "scheme", "task" };
    const char *argv[40];
    char names[16][32], text[16][64];
    gr_buf labels_text = { 0 };
    int n = 0, code;

    argv[n++] = metric;
    argv[n++] = "--json";
    argv[n++] = "--pred";
    argv[n++] = pred;
    argv[n++] = "--ref";
    argv[n++] = ref;
    if (strncmp(metric, "seqeval", 7) == 0) {
        argv[n++] = "--format";
        argv[n++] = "sentences";
    }
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const gr_json *v = gr_json_get(args, options[i]);
        if (!v || gr_json_is_null(v)) continue;
        (void)snprintf(names[i], sizeof names[i], "--%s", options[i]);
        if (gr_json_is_string(v)) (void)snprintf(text[i], sizeof text[i], "%s", gr_json_str(v, ""));
        else (void)snprintf(text[i], sizeof text[i], "%.0f", gr_json_num(v, 0));
        argv[n++] = names[i];
        argv[n++] = text[i];
    }
    if (gr_json_get(args, "labels")) {
        argv[n++] = "--labels";
        argv[n++] = joined(&labels_text, gr_json_get(args, "labels"));
    }
    if (gr_json_bool(gr_json_get(args, "suffix"), false)) argv[n++] = "--suffix";
    argv[n] = NULL;
    code = run(argv);
    gr_buf_free(&labels_text);
    return code;
}

static void golden_case(const gr_json *row)
{
    static const char *const known[] = { "accuracy", "precision", "recall", "f1", "matthews", "confusion_matrix", "classification_report", "pearson",
                                         "spearman", "mse", "rmse", "mae", "roc_auc", "glue", "seqeval", "seqeval_report" };
    const char *id = gr_json_str(gr_json_get(row, "id"), "?"), *metric = gr_json_str(gr_json_get(row, "metric"), "");
    const gr_json *args = gr_json_get(row, "args"), *want = gr_json_get(row, "expected");
    const char *p = NULL, *r = NULL;
    size_t k = 0;
    int code;
    gr_json *got = NULL;
    gr_err err = GR_ERR_INIT;

    while (k < sizeof known / sizeof *known && strcmp(known[k], metric) != 0) k++;
    if (k == sizeof known / sizeof *known) return; /* a statistic, which has no files */
    if (gr_json_get(args, "target_names")) return; /* names come from the files here */
    if (!write_side(&p, "gp.txt", gr_json_get(row, "pred")) || !write_side(&r, "gr.txt", gr_json_get(row, "ref"))) return;
    code = run_with(metric, args, p, r);
    if (!want) {
        if (code == GR_EXIT_USAGE || code == GR_EXIT_INPUT) gr_case_pass(id);
        else gr_case_fail(id, "exit %d, but the reference refuses it", code);
        return;
    }
    if (code != 0) {
        gr_case_fail(id, "exit %d: %s", code, err_text);
        return;
    }
    assert_ok(gr_json_parse(&got, out_text, strlen(out_text), &err), &err);
    for (const gr_json *w = gr_json_first(want); w; w = gr_json_next(w)) {
        if (strcmp(metric, "classification_report") == 0 && strcmp(gr_json_key(w), "text") == 0) continue; /* shown without --json */
        if (!same(find_got(got, w, metric), w)) gr_case_fail(id, "%s differs: %s", gr_json_key(w), out_text);
    }
    gr_case_pass(id);
    gr_json_free(got);
}

static void golden(void **state)
{
    char path[GR_PATH_MAX], *bytes = NULL;
    gr_err err = GR_ERR_INIT;
    size_t n = 0;
    gr_sv rest;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_own_golden_dir(), "metrics/cases.jsonl"));
    assert_ok(gr_fs_read(&bytes, &n, path, 0, &err), &err);
    rest = (gr_sv){ bytes, n };
    while (rest.n) {
        const gr_sv line = gr_sv_trim(gr_sv_split(&rest, '\n'));
        gr_json *row = NULL;
        if (!line.n) continue;
        assert_ok(gr_json_parse(&row, line.p, line.n, &err), &err);
        golden_case(row);
        gr_json_free(row);
    }
    free(bytes);
    gr_cases_done("golden cases through files", 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(labels), cmocka_unit_test(words),     cmocka_unit_test(values),   cmocka_unit_test(tags),
                                        cmocka_unit_test(json_rows), cmocka_unit_test(indexed), cmocka_unit_test(numbered_once), cmocka_unit_test(refusals), cmocka_unit_test(documented), cmocka_unit_test(golden) };
    return gr_test_main(tests);
}
