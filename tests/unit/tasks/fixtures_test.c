/* fixtures_test.c - every task reads its fixture (tests/fixtures/<task>): each label is met, and the odd rows come out as they should. */
#include "tests/support/test.h"

#include <math.h>

#include "base/fs.h"
#include "tasks/load.h"

static gr_examples load(const char *task, const char *split)
{
    const gr_load_opts opts = { .any_rows = true };
    gr_err             err = GR_ERR_INIT;
    gr_examples        ex;
    char               dir[512];

    (void)snprintf(dir, sizeof dir, "%s/tests/fixtures/%s", GR_SOURCE_DIR, task);
    assert_non_null(gr_task_find(task));
    assert_ok(gr_task_load_with(&ex, gr_task_find(task), split, dir, &opts, &err), &err);
    return ex;
}

static void want_text(gr_sv got, const char *want)
{
    if (!gr_sv_is(got, want)) fail_msg("got '%.*s', want '%s'", GR_SV_FMT(got), want);
}

/* ---- every task ---- */

static void note_labels(bool *seen, const gr_example *e)
{
    if (e->label >= 0) seen[e->label] = true;
    for (size_t i = 0; e->tag_ids != NULL && i < e->n_words; i++) seen[e->tag_ids[i]] = true;
}

/* Are the labels of all its splits kept back? */
static bool unlabelled(const gr_task *t)
{
    bool labelled = false;

    for (const gr_split *sp = t->splits; sp->name != NULL; sp++) labelled |= sp->labelled;
    return !labelled;
}

static void every_label_is_met(void **state)
{
    (void)state;
    for (size_t k = 0; gr_task_at(k) != NULL; k++) {
        const gr_task *const t = gr_task_at(k);
        bool                 seen[64] = { false };

        assert_true(t->head.n_out <= 64);
        for (const gr_split *sp = t->splits; sp->name != NULL; sp++) {
            gr_examples ex = load(t->name, sp->name);
            for (size_t i = 0; i < ex.n; i++) {
                assert_int_equal(ex.e[i].labelled, sp->labelled);
                note_labels(seen, &ex.e[i]);
            }
            gr_examples_free(&ex);
        }
        for (int32_t i = 0; t->labels != NULL && !unlabelled(t) && i < t->head.n_out; i++)
            if (!seen[i]) fail_msg("%s: no row of label '%s'", t->name, t->labels[i]);
    }
}

static void published_count_is_asked_for(void **state)
{
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;

    (void)state;
    assert_status(gr_task_load(&ex, gr_task_find("rte"), "train", GR_SOURCE_DIR "/tests/fixtures/rte", &err), GR_E_FORMAT, &err,
                  "rte: train: 2 rows where 2490 are published");
}

/* ---- odd rows ---- */

static void mrpc(void **state)
{
    gr_examples train = load("mrpc", "train"), dev = load("mrpc", "validation"), test = load("mrpc", "test");

    (void)state;
    assert_int_equal(train.n, 3); /* the row that shares one id with a pair of dev_ids.tsv stays */
    assert_int_equal(dev.n, 2);
    want_text(dev.e[0].text_a, "He said \" no .");
    want_text(train.e[2].text_a, "Same first id .");
    want_text(test.e[1].text_b, "caf\xc3\xa9 ");
    gr_examples_free(&train);
    gr_examples_free(&dev);
    gr_examples_free(&test);
}

static void glue_rows(void **state)
{
    gr_examples sst2 = load("sst2", "test"), cola = load("cola", "train"), rte = load("rte", "test"), stsb = load("stsb", "train");

    (void)state;
    assert_int_equal(sst2.e[1].id, 7);
    assert_int_equal(sst2.e[1].label, -1);
    want_text(cola.e[2].text_a, "A \b stays.");
    want_text(rte.e[0].text_a, "A\xc2\x85" "B");
    assert_true(stsb.e[2].value == 2.6 && stsb.e[0].value == 5.0);
    want_text(stsb.e[2].text_b, "\"A boy.");
    gr_examples_free(&sst2);
    gr_examples_free(&cola);
    gr_examples_free(&rte);
    gr_examples_free(&stsb);
}

/* Rows of QQP that lack a column or a label are no examples, those with an empty question or too many columns are. */
static void qqp(void **state)
{
    gr_examples train = load("qqp", "train"), test = load("qqp", "test");
    gr_err      err = GR_ERR_INIT;
    gr_examples none;

    (void)state;
    assert_int_equal(train.n, 3);
    want_text(train.e[1].text_a, "");
    want_text(train.e[1].text_b, "What is an empty question?");
    want_text(train.e[2].text_a, "Is there \"more\"?");
    assert_int_equal(train.e[2].label, 0);
    assert_string_equal(train.warnings[0], "3 rows left out for want of a column or of a label, the first at line 3 of QQP/train.tsv");
    assert_string_equal(train.warnings[1], "1 row with more columns than the header, the first at line 7 of QQP/train.tsv: what is beyond them is not read");
    assert_int_equal(test.n, 2);
    assert_int_equal(test.e[1].id, 2); /* a submission names rows as the file does */
    want_text(test.e[1].text_b, "");
    assert_status(gr_task_load(&none, gr_task_find("qqp"), "train", GR_SOURCE_DIR "/tests/fixtures/qqp", &err), GR_E_FORMAT, &err,
                  "qqp: train: 3 rows where 363846 are published (3 left out, the first at line 3 of QQP/train.tsv)");
    gr_examples_free(&train);
    gr_examples_free(&test);
}

static void inference(void **state)
{
    gr_examples mm = load("mnli", "validation_mismatched"), m = load("mnli", "validation_matched"), ax = load("ax", "test"),
                qnli = load("qnli", "validation"), wnli = load("wnli", "train");

    (void)state;
    assert_true(mm.n == 3 && m.n == 2);
    assert_int_equal(m.e[0].label, 0); /* the gold label, not the first annotator's */
    assert_int_equal(mm.e[0].label, 2);
    want_text(mm.e[0].text_b, "The house is new.");
    want_text(ax.e[2].text_b, "Nobody looked. ");
    assert_int_equal(ax.e[2].id, 2);
    want_text(qnli.e[0].text_b, "A \xef\xbb\xbfmark inside.");
    assert_true(qnli.e[0].label == 0 && wnli.e[0].label == 1); /* the names stand the other way round in WNLI */
    assert_string_equal(gr_task_find("wnli")->labels[1], "entailment");
    gr_examples_free(&mm);
    gr_examples_free(&m);
    gr_examples_free(&ax);
    gr_examples_free(&qnli);
    gr_examples_free(&wnli);
}

/* Rows without a label that was agreed on are left out, each split has some; a short row and empty or odd sentences are taken. */
static void snli(void **state)
{
    gr_examples train = load("snli", "train"), dev = load("snli", "validation"), test = load("snli", "test");
    gr_err      err = GR_ERR_INIT;
    gr_examples none;

    (void)state;
    assert_true(train.n == 6 && dev.n == 3 && test.n == 3);
    assert_true(train.e[0].label == 1 && train.e[1].label == 0 && train.e[2].label == 2);
    want_text(train.e[2].text_b, "Nobody is there.");
    want_text(train.e[3].text_a, "Two dogs \"race\" on a beach.");
    want_text(train.e[4].text_a, "A man with a tuba waits for the bus - ");
    want_text(train.e[4].text_b, "n/a");
    want_text(train.e[5].text_b, "");
    want_text(dev.e[1].text_b, "The harbour is empty.");
    assert_string_equal(dev.warnings[0], "1 row left out for want of a column or of a label, the first at line 3 of snli_1.0/snli_1.0_dev.txt");
    assert_status(gr_task_load(&none, gr_task_find("snli"), "test", GR_SOURCE_DIR "/tests/fixtures/snli", &err), GR_E_FORMAT, &err,
                  "snli: test: 3 rows where 9824 are published (1 left out, the first at line 5 of snli_1.0/snli_1.0_test.txt)");
    gr_examples_free(&train);
    gr_examples_free(&dev);
    gr_examples_free(&test);
}

static void rotten_tomatoes(void **state)
{
    gr_examples train = load("rotten_tomatoes", "train"), test = load("rotten_tomatoes", "test");

    (void)state;
    assert_int_equal(train.n, 16);
    assert_int_equal(test.n, 2);
    want_text(train.e[0].text_a, "caf\xc3\xa9 \xe2\x80\x93 good \xe2\x80\x9cquote\xe2\x80\x9d");
    assert_int_equal(train.e[0].label, 1);
    assert_int_equal(train.e[15].label, 0);
    want_text(test.e[1].text_a, "bad film 9");
    gr_examples_free(&train);
    gr_examples_free(&test);
}

/* Eight test files: neg 0 1 2 10, pos 0 1 2 10. The middle four validate, the ends test. */
static void imdb(void **state)
{
    gr_examples dev = load("imdb", "validation"), test = load("imdb", "test");

    (void)state;
    assert_int_equal(dev.n, 4);
    want_text(dev.e[0].text_a, "test neg 2<br /><br />end");
    want_text(dev.e[1].text_a, "test neg 10<br /><br />end");
    want_text(dev.e[3].text_a, "test pos 1<br /><br />end\n");
    want_text(test.e[0].text_a, "test neg 0<br /><br />end");
    want_text(test.e[3].text_a, "test pos 10<br /><br />end");
    assert_int_equal(test.e[3].label, 1);
    gr_examples_free(&dev);
    gr_examples_free(&test);
}

static void topics(void **state)
{
    static const char *const names[] = { "train", "validation", "test" };
    size_t                   rows[3];

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        gr_examples ex = load("ttc4900", names[k]);
        rows[k] = ex.n;
        for (size_t i = 0; i < ex.n; i++) {
            const char *const label = gr_task_find("ttc4900")->labels[ex.e[i].label];
            assert_non_null(strstr(ex.e[i].text_a.p, label)); /* the fixture's texts name their class */
        }
        gr_examples_free(&ex);
    }
    assert_int_equal(rows[0], 14);
    assert_int_equal(rows[1], 7);
    assert_int_equal(rows[2], 7);
}

static void ttc3600(void **state)
{
    gr_examples train = load("ttc3600", "train");

    (void)state;
    assert_int_equal(train.n, 12);
    for (size_t i = 0; i < train.n; i++) {
        assert_true(gr_sv_ends(train.e[i].text_a, "\r\n"));
        assert_true(train.e[i].text_a.p[0] != '\xef'); /* no BOM */
    }
    gr_examples_free(&train);
}

/* Title and description with a blank between, also behind an empty title; of backslashes and character references nothing is undone. */
static void ag_news(void **state)
{
    gr_examples train = load("ag_news", "train"), test = load("ag_news", "test");

    (void)state;
    assert_true(train.n == 8 && test.n == 4);
    want_text(train.e[0].text_a, "Grain prices ease (Newswire) Newswire - Wheat fell for a third day as ports\\reopened after the storm.");
    want_text(train.e[1].text_a, "Rowers win at last The eight called it \"the race we owed ourselves\", and slept.");
    want_text(train.e[2].text_a, "Talks resume on the river border Envoys met again, two months after &lt;b&gt;both sides&lt;/b&gt; walked out.");
    want_text(train.e[3].text_a, " A probe sent home its first picture, a grey one; the team's word for it was #39;lovely#39;.");
    want_text(train.e[4].text_a, "New cable, old harbour Line one of the notice\\nline two of it.");
    assert_true(train.e[0].label == 2 && train.e[2].label == 0 && train.e[3].label == 3 && test.e[3].label == 1); /* 1 to 4 in the file */
    assert_true(train.e[0].text_b.p == NULL);
    gr_examples_free(&train);
    gr_examples_free(&test);
}

/* "COARSE:fine text": the byte F0 between two words is a blank, white space at the ends is off, a colon in the text is text. */
static void trec(void **state)
{
    gr_examples train = load("trec", "train"), test = load("trec", "test");

    (void)state;
    assert_true(train.n == 8 && test.n == 4);
    want_text(train.e[0].text_a, "How do bees find their way home ?");
    want_text(train.e[4].text_a, "How many bridges has our sister city ?");
    want_text(train.e[5].text_a, "What town lies where two rivers meet : Passau or Bonn ?");
    assert_true(train.e[0].label == 2 && train.e[1].label == 1 && train.e[2].label == 0 && train.e[4].label == 5);
    assert_true(test.e[0].label == 4 && test.e[1].label == 3);
    gr_examples_free(&train);
    gr_examples_free(&test);
}

/* A line of another form is refused with its place. */
static void trec_faults(void **state)
{
    static const char *const bad[][2] = { { "PLACE:city Where ?", "line 1: unknown label 'PLACE'" }, { "DESC:def What ?\n\n", "line 2: empty label" } };
    char                     path[GR_PATH_MAX];
    gr_err                   err = GR_ERR_INIT;
    gr_examples              ex;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "TREC_10.label"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_ok(gr_fs_write(path, bad[i][0], strlen(bad[i][0]), &err), &err);
        assert_status(gr_task_load(&ex, gr_task_find("trec"), "test", gr_test_tmpdir(), &err), GR_E_FORMAT, &err, bad[i][1]);
    }
}

static void dbpedia(void **state)
{
    gr_examples train = load("dbpedia_14", "train");

    (void)state;
    assert_int_equal(train.n, 14);
    for (size_t i = 0; i < train.n; i++) assert_int_equal(train.e[i].label, (int)i); /* 1 to 14, one row each */
    want_text(train.e[0].text_a, "Harrow Wool  Harrow Wool was a mill and trading firm that closed in 1931.");
    want_text(train.e[2].text_a, "Ilse Brandt (painter)  Ilse Brandt painted \"nothing but weather\", as she put it.");
    want_text(train.e[5].text_a, "  The Heron was a paddle steamer; she served until 1911.");
    gr_examples_free(&train);
}

/* Quotes stay doubled and line ends escaped, as the reference has them; white space at the ends is off. */
static void yelp(void **state)
{
    gr_examples train = load("yelp_polarity", "train"), test = load("yelp_polarity", "test");

    (void)state;
    assert_true(train.n == 6 && test.n == 4);
    want_text(train.e[0].text_a, "We waited an hour.\\nThen we left.");
    want_text(train.e[2].text_a, "They say \\\"\"come again\\\"\" and mean it.");
    want_text(train.e[4].text_a, "");
    want_text(test.e[1].text_a, "Cold plates, colder \"\"welcome\"\"");
    assert_true(train.e[0].label == 0 && train.e[1].label == 1);
    gr_examples_free(&train);
    gr_examples_free(&test);
}

static void yelp_faults(void **state)
{
    static const char *const bad[][2] = { { "\"3\",\"x\"\n", "test.csv: line 1: label 3 is out of range 1..2" },
                                          { "\"1\",\"x\"\n\"1\",x\n", "test.csv: line 2: not of the form" },
                                          { "\"1\",\"", "test.csv: line 1: not of the form" },
                                          { "\"1\",\"x", "test.csv: line 1: not of the form" },
                                          { "'1\",\"x\"", "test.csv: line 1: not of the form" },
                                          { "\"1\";\"x\"", "test.csv: line 1: not of the form" },
                                          { "\n", "test.csv: line 1: not of the form" } };
    char                     dir[GR_PATH_MAX], path[GR_PATH_MAX];
    gr_err                   err = GR_ERR_INIT;
    gr_examples              ex;

    (void)state;
    assert_true(gr_fs_join(dir, sizeof dir, gr_test_tmpdir(), "yelp_review_polarity_csv") && gr_fs_join(path, sizeof path, dir, "test.csv"));
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_ok(gr_fs_write(path, bad[i][0], strlen(bad[i][0]), &err), &err);
        assert_status(gr_task_load(&ex, gr_task_find("yelp_polarity"), "test", gr_test_tmpdir(), &err), GR_E_FORMAT, &err, bad[i][1]);
    }
}

static void boolq(void **state)
{
    gr_examples train = load("boolq", "train"), test = load("boolq", "test");

    (void)state;
    assert_true(train.n == 4 && test.n == 2);
    assert_true(train.e[0].label == 0 && train.e[1].label == 1); /* false, true */
    want_text(train.e[2].text_a, "is there a caf\xc3\xa9 on the island");
    want_text(train.e[3].text_b, "Mill -- \"Never once\", says the miller, has the tide come so far.");
    assert_true(train.e[3].id == 3 && test.e[1].id == 1 && test.e[1].label == -1);
    gr_examples_free(&train);
    gr_examples_free(&test);
}

static void conll(void **state)
{
    gr_examples train = load("conll2003", "train"), test = load("conll2003", "test");

    (void)state;
    assert_int_equal(train.n, 2);
    assert_int_equal(train.e[0].n_words, 6);
    assert_string_equal(train.e[0].tags[1], "I-PER");
    assert_int_equal(train.e[1].tag_ids[5], 8);
    assert_string_equal(test.e[0].tags[1], "B-LOC");
    gr_examples_free(&train);
    gr_examples_free(&test);
}

/* ---- where the data are ---- */

static void presence(void **state)
{
    gr_err err = GR_ERR_INIT;
    bool   there = false;

    (void)state;
    assert_ok(gr_task_find_data(gr_task_find("sst2"), GR_SOURCE_DIR "/tests/fixtures/sst2", &there, &err), &err);
    assert_true(there);
    assert_ok(gr_task_find_data(gr_task_find("mrpc"), GR_SOURCE_DIR "/tests/fixtures/sst2", &there, &err), &err);
    assert_false(there);
    assert_non_null(strstr(err.msg, "MRPC"));
    /* without labelled splits, the others must be there */
    assert_ok(gr_task_find_data(gr_task_find("ax"), GR_SOURCE_DIR "/tests/fixtures/ax", &there, &err), &err);
    assert_true(there);
    assert_ok(gr_task_find_data(gr_task_find("ax"), GR_SOURCE_DIR "/tests/fixtures/sst2", &there, &err), &err);
    assert_false(there);
    assert_non_null(strstr(err.msg, "AX.tsv or diagnostic.tsv: not found in "));
}

static void the_199_rows(void **state)
{
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;
    char        dir[600];

    (void)state;
    if (gr_shared_dir() == NULL) {
        gr_case_skip("ttc4900_eval200", "the shared data folder is absent");
        skip();
    }
    (void)snprintf(dir, sizeof dir, "%s/data", gr_shared_dir());
    assert_ok(gr_task_load(&ex, gr_task_find("ttc4900_eval200"), "validation", dir, &err), &err);
    assert_int_equal(ex.n, 199);
    gr_examples_free(&ex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_label_is_met), cmocka_unit_test(published_count_is_asked_for), cmocka_unit_test(mrpc),
        cmocka_unit_test(glue_rows),          cmocka_unit_test(qqp),                          cmocka_unit_test(inference),
        cmocka_unit_test(snli),               cmocka_unit_test(rotten_tomatoes),              cmocka_unit_test(imdb),
        cmocka_unit_test(topics),             cmocka_unit_test(ttc3600),                      cmocka_unit_test(ag_news),
        cmocka_unit_test(trec),               cmocka_unit_test(trec_faults),                  cmocka_unit_test(dbpedia),
        cmocka_unit_test(yelp),               cmocka_unit_test(yelp_faults),                  cmocka_unit_test(boolq),
        cmocka_unit_test(conll),              cmocka_unit_test(presence),                     cmocka_unit_test(the_199_rows),
    };
    return gr_test_main(tests);
}
