/* checkpoint_test.c - a run that is cut off and taken up again ends with the same bits; what is no checkpoint of it is passed over. */
#include "harness/checkpoint.h"
#include "tests/unit/harness/stage.h"

typedef struct trail { double loss[200]; size_t n; } trail;

static void on_step(void *user, const gr_step_info *info)
{
    trail *t = user;

    t->loss[t->n++] = info->loss;
}

static void open_one(stage *s, const char *const *words)
{
    stage_open(s, words);
    stage_task(s, stage_csv("ck.csv", 24), stage_csv("ck2.csv", 12));
    stage_data(s, 64);
    stage_session(s);
}

#define WORDS "--epochs", "4", "--learning-rate", "0.01", "--eval-strategy", "steps", "--eval-steps", "2", "--load-best", "--save-strategy", "steps", "--save-steps", "3"

static void run(trail *t, gr_train_result *r, gr_record *rec, const char *dir, const char *key, const char *const *words)
{
    stage s;
    gr_train_job j;
    gr_err err = GR_ERR_INIT;

    open_one(&s, words);
    t->n = 0;
    j = stage_job(&s);
    j.on_step = on_step;
    j.user = t;
    j.checkpoint_dir = dir;
    j.key = key;
    gr_record_init(rec);
    assert_ok(gr_train(r, &j, rec, &err), &err);
    stage_close(&s);
}
#define RUN(t, r, rec, dir, key, ...) run((t), (r), (rec), (dir), (key), (const char *const[]){ __VA_ARGS__, NULL })

static char *history_text(const gr_record *r)
{
    gr_json *j = NULL;
    char *text = NULL;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_record_to_json(&j, r, &err), &err);
    assert_ok(gr_json_print(&text, gr_json_get(j, "history"), true, &err), &err);
    gr_json_free(j);
    return text;
}

static const char *folder(const char *name)
{
    static char path[4][GR_PATH_MAX];
    static size_t turn;
    char *p = path[turn++ % 4];

    assert_true(gr_fs_join(p, GR_PATH_MAX, gr_test_tmpdir(), name));
    return p;
}

static size_t files_in(const char *dir)
{
    gr_fs_list l = { 0 };
    size_t n;

    if (gr_fs_list_dir(&l, dir, NULL) != GR_OK) return 0;
    n = l.n;
    gr_fs_list_free(&l);
    return n;
}

/* 12 steps, checkpoints at 3, 6, 9 and 12; taken up from each of the first three: the rest of the losses, history and sums to the bit. */
static void resumes(void **state)
{
    static trail whole, part, rest;
    gr_train_result a, b;
    gr_record ra, rb;
    char *x, *y;
    char left[GR_PATH_MAX];
    gr_err err = GR_ERR_INIT;
    const char *dir = folder("ck");

    (void)state;
    RUN(&whole, &a, &ra, NULL, "k", WORDS);
    assert_int_equal(whole.n, 12);
    RUN(&part, &b, &rb, dir, "k", WORDS);
    assert_int_equal(files_in(dir), 1); /* --save-total-limit 1 */
    gr_train_result_free(&b);
    gr_record_free(&rb);
    assert_true(gr_fs_join(left, sizeof left, dir, "step-15.safetensors.tmp-1"));
    assert_ok(gr_fs_write(left, "of a writer that was killed", 27, &err), &err);
    gr_checkpoint_remove(dir);
    assert_false(gr_fs_is_dir(dir));
    RUN(&part, &b, &rb, dir, "k", WORDS, "--save-total-limit", "4"); /* writes 3, 6, 9, 12 */
    assert_int_equal(files_in(dir), 4);
    gr_train_result_free(&b);
    gr_record_free(&rb);
    for (int64_t from = 9; from >= 3; from -= 3) { /* as if it had been killed after step `from` */
        char newest[GR_PATH_MAX], name[40];
        (void)snprintf(name, sizeof name, "step-%lld.safetensors", (long long)from + 3);
        assert_true(gr_fs_join(newest, sizeof newest, dir, name));
        assert_int_equal(remove(newest), 0);
        RUN(&rest, &b, &rb, dir, "k", WORDS, "--save-total-limit", "4", "--save-strategy", "no");
        assert_int_equal(rest.n, 12 - from);
        for (size_t i = 0; i < rest.n; i++) assert_true(rest.loss[i] == whole.loss[(size_t)from + i]);
        x = history_text(&ra);
        y = history_text(&rb);
        assert_string_equal(x, y);
        free(x);
        free(y);
        assert_true(a.state.loss_sum == b.state.loss_sum && a.state.best == b.state.best && a.state.best_step == b.state.best_step &&
                    a.restored_best == b.restored_best && ra.train_loss == rb.train_loss && a.state.samples == b.state.samples);
        gr_train_result_free(&b);
        gr_record_free(&rb);
    }
    gr_train_result_free(&a);
    gr_record_free(&ra);
}

/* Cut off behind the last step, while it evaluates or writes its files: nothing is left to train, and the log is whole all the same. */
static void whole_log(void **state)
{
    const char *dir = folder("logged");
    char path[2][GR_PATH_MAX], *text[2] = { NULL, NULL };
    gr_err err = GR_ERR_INIT;

    (void)state;
    for (int i = 0; i < 2; i++) {
        static trail t;
        stage s;
        gr_train_job j;
        gr_train_result r;
        gr_record rec;
        size_t n;
        open_one(&s, (const char *const[]){ WORDS, "--log-steps", "2", NULL });
        t.n = 0;
        j = stage_job(&s);
        j.on_step = on_step;
        j.user = &t;
        j.checkpoint_dir = dir;
        j.key = "k";
        (void)snprintf(path[i], sizeof path[i], "%s", folder(i ? "second.jsonl" : "first.jsonl"));
        j.log_path = path[i];
        gr_record_init(&rec);
        assert_ok(gr_train(&r, &j, &rec, &err), &err);
        assert_int_equal(t.n, i ? 0 : 12);
        assert_ok(gr_fs_read(&text[i], &n, path[i], 0, &err), &err);
        gr_train_result_free(&r);
        gr_record_free(&rec);
        stage_close(&s);
    }
    assert_true(strlen(text[0]) > 100);
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

/* A run whose patience had run out when it was cut off stays stopped. */
static void stays_stopped(void **state)
{
    static trail t;
    gr_train_result r;
    gr_record rec;
    int64_t steps;
    const char *dir = folder("patience");

    (void)state;
#define PATIENT "--epochs", "20", "--learning-rate", "0.3", "--eval-strategy", "steps", "--eval-steps", "1", "--early-stopping", "2", "--save-strategy", "steps", \
                "--save-steps", "1"
    RUN(&t, &r, &rec, dir, "k", PATIENT);
    assert_true(r.stopped_early);
    steps = r.state.step;
    gr_train_result_free(&r);
    gr_record_free(&rec);
    RUN(&t, &r, &rec, dir, "k", PATIENT);
    assert_true(r.stopped_early && r.state.step == steps && t.n == 0);
    gr_train_result_free(&r);
    gr_record_free(&rec);
#undef PATIENT
}

static void passed_over(void **state)
{
    static trail t;
    gr_train_result r;
    gr_record rec;
    char path[GR_PATH_MAX];
    const char *dir = folder("others");
    gr_err err = GR_ERR_INIT;

    (void)state;
    RUN(&t, &r, &rec, dir, "one", WORDS);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    RUN(&t, &r, &rec, dir, "another", WORDS); /* another content key: from the start */
    assert_true(t.n == 12 && rec.n_history == 6);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    assert_true(gr_fs_join(path, sizeof path, dir, "step-99.safetensors"));
    assert_ok(gr_fs_write(path, "no tensors", 10, &err), &err);
    assert_true(gr_fs_join(path, sizeof path, dir, "notes.txt"));
    assert_ok(gr_fs_write(path, "mine", 4, &err), &err);
    RUN(&t, &r, &rec, dir, "another", WORDS); /* the damaged newest is passed over for the one before */
    assert_true(t.n == 0 && rec.n_history == 6);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    gr_checkpoint_remove(dir);
    assert_true(gr_fs_is_file(path)); /* what is not ours stays */
}

/* A copy of a checkpoint under the name of a later step, with one of its tensors named otherwise. */
static void copy_without(const char *dir, const char *tensor)
{
    char from[GR_PATH_MAX], to[GR_PATH_MAX], key[32], *bytes = NULL, *at = NULL;
    gr_err err = GR_ERR_INIT;
    size_t n;

    assert_true(gr_fs_join(from, sizeof from, dir, "step-12.safetensors") && gr_fs_join(to, sizeof to, dir, "step-99.safetensors"));
    assert_ok(gr_fs_read(&bytes, &n, from, 0, &err), &err);
    (void)snprintf(key, sizeof key, "\"%s\":{", tensor);
    for (size_t i = 8; i + strlen(key) < n && !at; i++)
        if (memcmp(bytes + i, key, strlen(key)) == 0) at = bytes + i;
    assert_non_null(at);
    at[1] = '#';
    assert_ok(gr_fs_write(to, bytes, n, &err), &err);
    free(bytes);
}

/* Whatever is missing, it is no checkpoint, and the one before is taken. */
static void not_whole(void **state)
{
    static const char *const tensors[] = { "weights", "m", "v", "state", "sha256" };
    static trail t;
    gr_train_result r;
    gr_record rec;
    const char *dir = folder("whole");

    (void)state;
    RUN(&t, &r, &rec, dir, "k", WORDS);
    gr_train_result_free(&r);
    gr_record_free(&rec);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        copy_without(dir, tensors[i]);
        RUN(&t, &r, &rec, dir, "k", WORDS);
        assert_true(t.n == 0 && r.state.step == 12 && rec.n_history == 6);
        gr_train_result_free(&r);
        gr_record_free(&rec);
    }
}

/* A bit that a disk or a hand turned over, in the weights, the moments, the best weights, the state or the digest: other numbers would come
 * out and nobody would know, so the run begins anew. */
static void damaged(void **state)
{
    static trail t;
    gr_train_result r;
    gr_record rec;
    char path[GR_PATH_MAX], *bytes = NULL;
    const char *dir = folder("flipped");
    gr_err err = GR_ERR_INIT;
    size_t n;

    (void)state;
    RUN(&t, &r, &rec, dir, "k", WORDS);
    assert_int_equal(t.n, 12);
    assert_true(gr_fs_join(path, sizeof path, dir, "step-12.safetensors"));
    for (size_t share = 1; share <= 10; share++) { /* tenths of the file, to its last byte */
        gr_train_result_free(&r);
        gr_record_free(&rec);
        assert_ok(gr_fs_read(&bytes, &n, path, 0, &err), &err);
        bytes[n * share / 10 - 1] ^= 4;
        assert_ok(gr_fs_write(path, bytes, n, &err), &err);
        free(bytes);
        RUN(&t, &r, &rec, dir, "k", WORDS);
        if (t.n != 12) fail_msg("byte %zu of %zu: taken up", n * share / 10, n);
    }
    gr_train_result_free(&r);
    gr_record_free(&rec);
}

/* One process at a time, and no litter of runs that came to no checkpoint. */
static void held(void **state)
{
    const char *dir = folder("held/checkpoints/run");
    char path[GR_PATH_MAX];
    int one, two;
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_checkpoint_hold(&one, dir, &err), &err);
    assert_true(one >= 0);
    assert_ok(gr_checkpoint_hold(&two, dir, &err), &err);
    assert_int_equal(two, -1);
    gr_checkpoint_release(two, dir);
    assert_true(gr_fs_is_dir(dir));
    gr_checkpoint_release(one, dir);
    assert_false(gr_fs_is_dir(folder("held/checkpoints")));
    assert_ok(gr_checkpoint_hold(&one, dir, &err), &err);
    assert_true(one >= 0 && gr_fs_join(path, sizeof path, dir, "step-3.safetensors"));
    assert_ok(gr_fs_write(path, "", 0, &err), &err);
    gr_checkpoint_release(one, dir);
    assert_true(gr_fs_is_file(path));
    assert_ok(gr_checkpoint_hold(&one, dir, &err), &err); /* left by a killed process: nobody has it */
    assert_true(one >= 0);
    gr_checkpoint_remove(dir);
    assert_ok(gr_checkpoint_hold(&two, dir, &err), &err); /* the folder that was held is gone: this is another */
    assert_true(two >= 0 && gr_fs_join(path, sizeof path, dir, "lock"));
    gr_checkpoint_release(one, dir); /* its folder was the other one */
    assert_true(gr_fs_is_file(path));
    gr_checkpoint_release(two, dir);
    assert_false(gr_fs_is_dir(dir));
    assert_status(gr_checkpoint_hold(&one, "/proc/nothing/here", &err), GR_E_IO, &err, "/proc/nothing");
}

/* A folder that cannot be made: the run says so, it does not train on without its net. */
static void unwritable(void **state)
{
    static trail t;
    stage s;
    gr_train_job j;
    gr_train_result r;
    gr_record rec;
    gr_err err = GR_ERR_INIT;

    (void)state;
    open_one(&s, (const char *const[]){ WORDS, NULL });
    j = stage_job(&s);
    j.checkpoint_dir = "/proc/nothing/here";
    j.on_step = on_step;
    j.user = &t;
    gr_record_init(&rec);
    assert_status(gr_train(&r, &j, &rec, &err), GR_E_IO, &err, "/proc/nothing");
    gr_record_free(&rec);
    stage_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(resumes), cmocka_unit_test(whole_log), cmocka_unit_test(stays_stopped), cmocka_unit_test(passed_over), cmocka_unit_test(not_whole),
                                        cmocka_unit_test(damaged), cmocka_unit_test(held), cmocka_unit_test(unwritable) };
    return gr_test_main(tests);
}
