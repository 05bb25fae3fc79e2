/* diagnostic_test.c - a task without training rows: evaluated with the head that a model brings, refused without one that fits. */
#include "tests/e2e/program.h"

static const char fixtures[] = GR_SOURCE_DIR "/tests/fixtures";

/* A data folder with the whole set and its extract; its marker lets their row counts be their own. */
static const char *news(void)
{
    static const char *const names[][2] = { { "ttc4900", "TTC4900.csv" }, { "ttc4900_eval200", "ttc4900_eval200.csv" } };
    char from[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_mkdirs(at("news"), &err), &err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(from, sizeof from, "%s/%s", fixtures, names[i][0]);
        gr_copy_file(from, at("news"), names[i][1]);
    }
    (void)put("news/demo.json", "{\"kind\":\"demo\"}");
    return at("news");
}

/* Folder of the model that the only run of a folder saved. */
static const char *saved_model(const char *runs)
{
    static char path[GR_PATH_MAX];
    gr_records r = records_of(runs);

    assert_true(r.n == 1);
    (void)snprintf(path, sizeof path, "%.*s", (int)(strlen(r.r[0].path) - strlen(".json")), r.r[0].path);
    gr_records_free(&r);
    return path;
}

static const char *fine_tuned(void)
{
    static char path[GR_PATH_MAX];

    if (path[0]) return path;
    expect(CALL("run", "ttc4900", "--model", tiny_model(), "--data", news(), "--epochs", "20", "--learning-rate", "1e-2", "--output-dir", at("whole"),
                "--save-model"), 0);
    (void)snprintf(path, sizeof path, "%s", saved_model(at("whole")));
    return path;
}

static void evaluated_alone(void **state)
{
    gr_records r;
    const gr_record *x;

    (void)state;
    (void)CALL("run", "ttc4900_eval200", "--model", fine_tuned(), "--data", news(), "--max-steps", "5", "--output-dir", at("extract"), "--save-model");
    if (last.code > 1) expect(last.code, 0); /* so few rows may all fall into one class, which is marked and is not what is tested */
    r = records_of(at("extract"));
    x = &r.r[0];
    assert_true(r.n == 1 && x->steps == 0 && x->n_train == 0 && x->n_eval == 7 && x->n_splits == 1 && x->n_history == 0);
    assert_near(x->epochs, 0, 0, "epochs");
    assert_true(isnan(x->metrics[0].baseline) && !isnan(x->metrics[0].value) && isnan(x->train_loss) && isnan(x->train_seconds));
    assert_true(!isnan(x->peak_memory_mb) && x->out_of_mean);
    assert_string_equal(x->splits[0].name, "validation");
    assert_non_null(strstr(x->warnings[x->n_warnings - 1], "trained on ttc4900"));
    assert_near(gr_json_num(gr_json_get(gr_json_get(x->recipe, "max-steps"), "value"), -1), 0, 0, "max-steps");
    assert_false(gr_fs_is_dir(saved_model(at("extract")))); /* nothing was trained that could be saved */
    gr_records_free(&r);
    (void)CALL("run", "ttc4900_eval200", "--model", fine_tuned(), "--data", news(), "--output-dir", at("extract"), "--save-model");
    assert_non_null(strstr(last.err, last.code ? "collapsed" : "finished before"));
}

static void head_must_fit(void **state)
{
    const char *folder;

    (void)state;
    expect(CALL("run", "ttc4900_eval200", "--model", tiny_model(), "--data", news(), "--output-dir", at("bare")), 3);
    assert_non_null(strstr(last.err, "wants a model fine-tuned on ttc4900, as `run ttc4900 --save-model` leaves one: "));
    folder = strstr(last.err, tiny_model());
    assert_true(folder && !strstr(folder + 1, tiny_model())); /* named once */
    GOOD("run", "--train-file", make_csv("two.csv", 32, true, 50, 1), "--model", tiny_model(), "--epochs", "6", "--learning-rate", "5e-3", "--output-dir", at("two"),
         "--save-model");
    expect(CALL("run", "ttc4900_eval200", "--model", saved_model(at("two")), "--data", news(), "--output-dir", at("bare")), 3);
    assert_non_null(strstr(last.err, "wants a model fine-tuned on ttc4900"));
    assert_non_null(strstr(last.err, "classifier.weight"));
}

/* The same seven names in another order are put right; some of them elsewhere among strange ones are another head. */
static void order_of_classes(void **state)
{
    const char *config = "other/config.json";
    char *text = NULL, *name;
    gr_buf whole = { 0 };
    size_t n;
    gr_err err = GR_ERR_INIT;

    (void)state;
    shell("cp", fine_tuned(), at("other"));
    assert_ok(gr_fs_read(&text, &n, at(config), 0, &err), &err);
    name = strstr(text, "\"id2label\"");
    name = name ? strstr(name, "\"dunya\"") : NULL;
    assert_non_null(name);
    memcpy(name, "\"sport\"", 7); /* a name of its own: classes are told apart by number */
    (void)put(config, text);
    (void)CALL("run", "ttc4900_eval200", "--model", at("other"), "--data", news(), "--output-dir", at("named"));
    if (last.code > 1) expect(last.code, 0);
    memcpy(name, "\"spor\" ", 7); /* the task's name for class 5 */
    (void)put(config, text);
    expect(CALL("run", "ttc4900_eval200", "--model", at("other"), "--data", news(), "--output-dir", at("ordered")), 3);
    assert_non_null(strstr(last.err, "class 'spor' is number 0 in the model, 5 in the task"));
    name = strstr(strchr(name + 1, '5'), "\"spor\"");
    assert_non_null(name);
    gr_buf_add(&whole, text, (size_t)(name - text)); /* and class 5 is what class 0 was: all seven are there */
    gr_buf_adds(&whole, "\"dunya\"");
    gr_buf_adds(&whole, name + strlen("\"spor\""));
    (void)put(config, whole.p);
    (void)CALL("run", "ttc4900_eval200", "--model", at("other"), "--data", news(), "--output-dir", at("moved"));
    if (last.code > 1) expect(last.code, 0);
    assert_non_null(strstr(last.err, "stand in the order spor, ekonomi, kultur, saglik, siyaset, dunya, teknoloji"));
    gr_buf_free(&whole);
    free(text);
}

/* A copy of the fine-tuned model whose id2label is this. */
static const char *with_names(const char *folder, const char *names)
{
    char path[GR_PATH_MAX], *text = NULL;
    const char *from, *end;
    gr_buf b = { 0 };
    size_t n;
    gr_err err = GR_ERR_INIT;

    shell("cp", fine_tuned(), at(folder));
    assert_true(gr_fs_join(path, sizeof path, at(folder), "config.json"));
    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    from = strstr(text, "\"id2label\"");
    from = from ? strchr(from, '{') : NULL;
    end = from ? strchr(from, '}') : NULL;
    assert_non_null(end);
    gr_buf_add(&b, text, (size_t)(from - text));
    gr_buf_adds(&b, names);
    gr_buf_adds(&b, end + 1);
    assert_ok(gr_fs_write(path, b.p, b.n, &err), &err);
    gr_buf_free(&b);
    free(text);
    return at(folder);
}

/* Names that were given in part: LABEL_0 beside the task's own says nothing where these stand in their places, and is another head's where one does not,
 * found by its whole name or by its beginning. */
static void names_in_part(void **state)
{
    (void)state;
#define NAMED(folder, zero, one, six) \
    CALL("run", "ttc4900_eval200", "--model", with_names(folder, "{\"0\": \"" zero "\", \"1\": \"" one "\", \"2\": \"kultur\", \"3\": \"saglik\", " \
         "\"4\": \"siyaset\", \"5\": \"spor\", \"6\": \"" six "\"}"), "--data", news(), "--output-dir", at("in-part"))
    (void)NAMED("part-kept", "LABEL_0", "ekonomi", "teknoloji");
    if (last.code > 1) expect(last.code, 0);
    assert_non_null(strstr(last.err, "LABEL_0, ekonomi, kultur"));
    expect(NAMED("part-moved", "LABEL_0", "dunya", "teknoloji"), 3);
    assert_non_null(strstr(last.err, "wants a model fine-tuned on ttc4900"));
    assert_non_null(strstr(last.err, "class 'dunya' is number 1 in the model, 0 in the task, and not all names of id2label are the task's"));
    expect(NAMED("part-begun", "teknoloji_haberleri", "ekonomi", "LABEL_6"), 3);
    assert_non_null(strstr(last.err, "some of the task's classes have another place in id2label of config.json, and some are not there"));
#undef NAMED
}

static void suites_leave_it_out(void **state)
{
    gr_records r;

    (void)state;
    (void)CALL("run", "ttc4900", "--suite", "topic", "--model", tiny_model(), "--data", news(), "--max-steps", "1", "--output-dir", at("suite"));
    if (last.code > 1) expect(last.code, 0);
    r = records_of(at("suite"));
    for (size_t i = 0; i < r.n; i++) assert_string_not_equal(r.r[i].task, "ttc4900_eval200");
    assert_string_equal(r.r[0].task, "ttc4900");
    gr_records_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluated_alone), cmocka_unit_test(head_must_fit), cmocka_unit_test(order_of_classes), cmocka_unit_test(names_in_part),
        cmocka_unit_test(suites_leave_it_out),
    };
    const int failed = gr_test_main(tests);

    gr_process_free(&last);
    return failed;
}
