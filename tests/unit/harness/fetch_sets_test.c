/* fetch_sets_test.c - the project's own manifests as `fetch` takes them: every file of theirs can be held against something, goes where `run`
 * finds it, and every word of docs/cli.md means what it says. */
#include "harness/catalogue.h"
#include "harness/fetch_job.h"
#include "harness/fetch_sets.h"
#include "tasks/task.h"
#include "tests/support/test.h"

static gr_fetch_sets sets;

static int open_sets(void **state)
{
    gr_err err = GR_ERR_INIT;

    (void)state;
    assert_ok(gr_fetch_sets_open(&sets, NULL, &err), &err);
    return 0;
}

static int close_sets(void **state)
{
    (void)state;
    gr_fetch_sets_close(&sets);
    return 0;
}

/* Has the container a digest, or has every member of it one? */
static bool can_be_held(const gr_manifest *m, const gr_container *c)
{
    size_t n = 0;

    if (c->sha256) return true;
    for (size_t i = 0; i < m->n_members; i++) {
        if (strcmp(m->members[i].container, c->file) != 0) continue;
        if (!m->members[i].sha256) return false;
        n++;
    }
    return n > 0;
}

static void every_file_can_be_held(void **state)
{
    size_t data = 0, models = 0;

    (void)state;
    for (size_t i = 0; i < sets.n; i++) {
        const gr_manifest *m = &sets.m[i];
        assert_false(m->plain);
        *(m->model ? &models : &data) += 1;
        for (size_t k = 0; k < m->n_containers; k++) {
            const gr_container *c = &m->containers[k];
            if (!c->url) continue;
            if (!can_be_held(m, c)) gr_case_fail(m->name, "nobody knows what %s should be", c->file);
            else if (strncmp(c->url, "https://", 8) != 0) gr_case_fail(m->name, "%s is not https", c->url);
            else gr_case_pass(m->name);
        }
    }
    gr_cases_done("files", 40);
    assert_true(data >= 17 && models >= 2);
}

/* Does a source of the task look for this name? */
static bool looked_for(const gr_task *t, const char *file)
{
    for (const gr_split *sp = t->splits; sp->name; sp++) {
        for (size_t i = 0; i < sp->n_sources; i++)
            for (const char *const *a = sp->sources[i].archives; *a; a++)
                if (strcmp(*a, file) == 0) return true;
        for (const char *const *a = sp->rule.ids ? sp->rule.ids->archives : NULL; a && *a; a++)
            if (strcmp(*a, file) == 0) return true;
    }
    return false;
}

static void run_finds_what_comes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sets.n; i++) {
        const gr_manifest *m = &sets.m[i];
        const gr_task *t = m->model ? NULL : gr_task_find(m->name);
        for (size_t k = 0; t && k < m->n_containers; k++) {
            if (!m->containers[k].url) continue;
            if (looked_for(t, m->containers[k].file)) gr_case_pass(m->name);
            else gr_case_fail(m->name, "no source of the task looks for %s", m->containers[k].file);
        }
        if (m->model && !gr_published_find(m->name)) gr_case_fail(m->name, "the catalogue does not know it");
        if (m->model && strcmp(m->containers[m->n_containers - 1].file, "config.json") != 0) gr_case_fail(m->name, "config.json is not its last file");
    }
    gr_cases_done("names", 14);
}

/* The manifest's entry for what a source reads: the member, or the container itself. */
static const gr_member *member_of(const gr_manifest *m, const gr_source *src)
{
    for (size_t i = 0; i < m->n_members; i++) {
        const gr_member *x = &m->members[i];
        if (src->member && x->path && strcmp(src->member, x->path) == 0) return x;
        for (const char *const *a = src->archives; !src->member && !x->path && *a; a++)
            if (strcmp(*a, x->container) == 0) return x;
    }
    return NULL;
}

static void check_members(const gr_manifest *m, const gr_task *t)
{
    for (const gr_split *sp = t->splits; sp->name; sp++) {
        size_t rows = 0;
        for (size_t i = 0; i < sp->n_sources; i++) {
            const gr_member *x = member_of(m, &sp->sources[i]);
            if (!x) {
                gr_case_fail(m->name, "no member is what %s reads (%s)", sp->name, sp->sources[i].member ? sp->sources[i].member : sp->sources[i].archives[0]);
                return;
            }
            rows += x->rows > 0 ? (size_t)x->rows : 0;
        }
        if (sp->rule.kind == GR_RULE_ALL && rows != sp->rows) gr_case_fail(m->name, "%s: %zu rows, the table has %zu", sp->name, rows, sp->rows);
        else gr_case_pass(m->name);
    }
}

/* Two places say what a split is read from and how many rows it has: they say the same. */
static void members_are_what_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sets.n; i++)
        if (!sets.m[i].model && gr_task_find(sets.m[i].name)) check_members(&sets.m[i], gr_task_find(sets.m[i].name));
    gr_cases_done("splits", 50);
}

static size_t choose(const char *words[], size_t n, const gr_manifest *out[64])
{
    gr_err err = GR_ERR_INIT;
    size_t got = 0;

    assert_true(sets.n < 64);
    assert_ok(gr_fetch_sets_choose(out, &got, &sets, words, n, &err), &err);
    return got;
}

static size_t tasks_of(const char *suite)
{
    size_t n = 0;

    for (size_t i = 0; gr_task_at(i); i++) n += strcmp(gr_task_at(i)->suite, suite) == 0;
    return n;
}

static void words(void **state)
{
    const gr_manifest *m[64];
    gr_err err = GR_ERR_INIT;
    size_t n = 0;

    (void)state;
    assert_int_equal(choose((const char *[]){ "sst2", "MRPC", "sst2" }, 3, m), 2); /* each once, in their order */
    assert_string_equal(m[0]->name, "sst2");
    assert_string_equal(m[1]->name, "mrpc");
    assert_int_equal(choose((const char *[]){ "roberta-base", "FacebookAI/roberta-base", "google-bert/bert-base-uncased", "sentence-transformers/all-MiniLM-L6-v2" }, 4, m), 3);
    assert_string_equal(m[2]->name, "all-MiniLM-L6-v2");
    assert_int_equal(choose((const char *[]){ "wnli", "glue" }, 2, m), tasks_of("glue")); /* a manifest each */
    assert_string_equal(m[0]->name, "wnli");
    assert_int_equal(choose((const char *[]){ "ner" }, 1, m), tasks_of("ner"));
    assert_status(gr_fetch_sets_choose(m, &n, &sets, (const char *[]){ "mrpc", "sts2" }, 2, &err), GR_E_ARG, &err, "did you mean 'sst2'?");
    assert_status(gr_fetch_sets_choose(m, &n, &sets, (const char *[]){ "demo-of-all" }, 1, &err), GR_E_ARG, &err, "--list");
}

static void places(void **state)
{
    const gr_fetch_opts o = { .data = "d/", .models = "m" };
    const gr_manifest *m[64];
    gr_fetch_file *f = NULL;
    gr_err err = GR_ERR_INIT;
    size_t n = 0;

    (void)state;
    assert_int_equal(unsetenv("HF_ENDPOINT"), 0);
    (void)choose((const char *[]){ "conll2003", "all-MiniLM-L6-v2", "waimai_10k" }, 3, m);
    assert_ok(gr_fetch_files(&f, &n, m, 3, &o, &err), &err);
    assert_int_equal(n, 12); /* conll2003-iob1.zip has no address: the set does without it */
    assert_string_equal(f[0].path, "d/conll2003.zip");
    assert_string_equal(f[9].path, "m/all-MiniLM-L6-v2/1_Pooling/config.json");
    assert_null(f[11].c);
    gr_fetch_look(&f[11], &o);
    assert_int_equal(f[11].state, GR_FETCH_FAILED);
    assert_non_null(strstr(f[11].err.msg, "waimai_10k.csv"));
    free(f);
    assert_int_equal(setenv("HF_ENDPOINT", "https://mirror.example/hub/", 1), 0);
    assert_ok(gr_fetch_files(&f, &n, m, 3, &o, &err), &err);
    assert_string_equal(f[0].url, "https://data.deepai.org/conll2003.zip"); /* not of the hub */
    assert_int_equal(strncmp(f[1].url, "https://mirror.example/hub/sentence-transformers/all-MiniLM-L6-v2/resolve/", 73), 0);
    free(f);
    assert_int_equal(setenv("HF_ENDPOINT", "https://mirror.example/at@home", 1), 0); /* no user's name */
    assert_ok(gr_fetch_files(&f, &n, m, 3, &o, &err), &err);
    free(f);
    assert_int_equal(setenv("HF_ENDPOINT", "https://me:pass@mirror.example", 1), 0);
    assert_status(gr_fetch_files(&f, &n, m, 3, &o, &err), GR_E_ARG, &err, "HF_TOKEN");
    assert_null(strstr(err.msg, "pass@"));
    free(f);
    assert_int_equal(setenv("HF_ENDPOINT", "http://mirror.example", 1), 0);
    assert_status(gr_fetch_files(&f, &n, m, 3, &o, &err), GR_E_ARG, &err, "HF_ENDPOINT");
    free(f);
    assert_int_equal(unsetenv("HF_ENDPOINT"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_file_can_be_held, open_sets, NULL), cmocka_unit_test(run_finds_what_comes),
        cmocka_unit_test(members_are_what_is_read), cmocka_unit_test(words), cmocka_unit_test_setup_teardown(places, NULL, close_sets),
    };

    return gr_test_main(tests);
}
