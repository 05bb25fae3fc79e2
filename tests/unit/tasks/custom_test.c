/* custom_test.c - tasks from a user's files: head, labels, columns and splits as found or as told, and helpful refusals. */
#include <unistd.h>

#include "tests/support/test.h"

#include "base/fs.h"
#include "base/log.h"
#include "tasks/custom.h"
#include "tasks/load.h"

#define FILES GR_SOURCE_DIR "/tests/fixtures/custom/"

static gr_task *make(const gr_custom_opts *o)
{
    gr_err   err = GR_ERR_INIT;
    gr_task *t = NULL;

    assert_ok(gr_task_custom(&t, o, &err), &err);
    assert_ok(gr_task_validate(t, &err), &err);
    return t;
}

static gr_examples load(const gr_task *t, const char *split)
{
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;

    assert_ok(gr_task_load(&ex, t, split, "", &err), &err);
    return ex;
}

static size_t rows(const gr_task *t, const char *split)
{
    gr_examples  ex = load(t, split);
    const size_t n = ex.n;

    gr_examples_free(&ex);
    return n;
}

static void refuse(gr_custom_opts o, gr_status want, const char *part)
{
    gr_err   err = GR_ERR_INIT;
    gr_task *t = NULL;

    assert_status(gr_task_custom(&t, &o, &err), want, &err, part);
    assert_null(t);
}

static const char *put(const char *name, const char *text)
{
    static char path[8][GR_PATH_MAX];
    static int  turn;
    char       *p = path[turn++ % 8];
    gr_err      err = GR_ERR_INIT;

    assert_true(gr_fs_join(p, GR_PATH_MAX, gr_test_tmpdir(), name));
    assert_ok(gr_fs_write(p, text, strlen(text), &err), &err);
    return p;
}

static void csv_with_split(void **state)
{
    gr_task    *t = make(&(gr_custom_opts){ .train_file = FILES "reviews.csv", .split = "50/25/25", .split_seed = 7 });
    gr_examples ex;
    bool        seen[12] = { false };

    (void)state;
    assert_string_equal(t->name, "reviews");
    assert_int_equal(t->head.kind, GR_HEAD_CLASS);
    assert_int_equal(t->head.n_out, 3);
    assert_string_equal(t->labels[0], "bad");
    assert_string_equal(t->labels[2], "mixed");
    assert_int_equal(rows(t, "train"), 6);
    for (const gr_split *sp = t->splits; sp->name != NULL; sp++) {
        ex = load(t, sp->name);
        for (size_t i = 0; i < ex.n; i++) seen[strtol(ex.e[i].text_a.p + 5, NULL, 10)] = true;
        gr_examples_free(&ex);
    }
    for (size_t i = 0; i < 12; i++) assert_true(seen[i]); /* the parts cover the file */
    gr_task_custom_free(t);
}

static void default_split_validates(void **state)
{
    gr_task *t = make(&(gr_custom_opts){ .train_file = FILES "reviews.csv" });

    (void)state;
    assert_int_equal(rows(t, "train"), 9);
    assert_int_equal(rows(t, "validation"), 3);
    assert_null(t->splits[2].name);
    gr_task_custom_free(t);
}

static void test_without_labels(void **state)
{
    gr_task *t = make(&(gr_custom_opts){ .train_file = FILES "reviews.csv", .validation_file = FILES "reviews.csv",
                                         .test_file = FILES "reviews_test.csv", .labels = "good, bad,mixed" });
    gr_examples ex = load(t, "test"), train = load(t, "train");

    (void)state;
    assert_string_equal(t->labels[0], "good");
    assert_false(t->splits[2].labelled);
    assert_int_equal(ex.e[0].label, -1);
    assert_int_equal(train.e[0].label, 1);
    gr_examples_free(&ex);
    gr_examples_free(&train);
    gr_task_custom_free(t);
}

static void scores_make_a_regression(void **state)
{
    gr_task    *t = make(&(gr_custom_opts){ .train_file = FILES "pairs.tsv", .validation_file = FILES "pairs.tsv" });
    gr_examples ex = load(t, "validation");

    (void)state;
    assert_int_equal(t->head.kind, GR_HEAD_REGRESSION);
    assert_true(ex.e[3].value == 1.5);
    assert_true(gr_sv_is(ex.e[3].text_b, "b 3"));
    gr_examples_free(&ex);
    gr_task_custom_free(t);
}

/* 9 comes before 10 although "10" sorts before "9". */
static void whole_numbers_are_classes(void **state)
{
    gr_task *t = make(&(gr_custom_opts){ .train_file = FILES "ids.jsonl", .split = "50/50" });

    (void)state;
    assert_int_equal(t->head.kind, GR_HEAD_CLASS);
    assert_string_equal(t->labels[0], "9");
    assert_string_equal(t->labels[1], "10");
    assert_int_equal(rows(t, "train"), 3);
    gr_task_custom_free(t);
}

static void tokens(void **state)
{
    gr_task    *t = make(&(gr_custom_opts){ .train_file = FILES "names.conll", .validation_file = FILES "names.conll" });
    gr_examples ex = load(t, "train");

    (void)state;
    assert_int_equal(t->head.kind, GR_HEAD_TOKEN);
    assert_int_equal(t->head.n_out, 4); /* B-LOC B-PER I-LOC O */
    assert_string_equal(t->labels[3], "O");
    assert_int_equal(ex.n, 3);
    assert_string_equal(ex.e[1].tags[2], "I-LOC");
    gr_examples_free(&ex);
    gr_task_custom_free(t);
}

/* The form of run_ner.py: lists of words and of tags in JSON lines. */
static void tokens_in_json(void **state)
{
    const char *train = put("ner.json", "{\"id\": 1, \"text\": \"Anna sang\", \"tokens\": [\"Anna\", \"sang\"], \"ner_tags\": [\"B-PER\", \"O\"]}\n"
                                        "{\"id\": 2, \"text\": \"in Kor\", \"tokens\": [\"in\", \"Kor\"], \"ner_tags\": [\"O\", \"B-LOC\"]}\n");
    const char *test = put("later.jsonl", "{\"tokens\": [\"Anna\"]}\n"), *own = put("own.jsonl", "{\"w\": [\"Anna\"], \"t\": [\"O\"]}\n");
    gr_task    *t = make(&(gr_custom_opts){ .train_file = train, .validation_file = FILES "names.conll", .test_file = test });
    gr_examples ex = load(t, "train");

    (void)state;
    assert_int_equal(t->head.kind, GR_HEAD_TOKEN);
    assert_int_equal(t->head.n_out, 4); /* B-LOC B-PER O, and I-LOC of the validation file */
    assert_int_equal(ex.n, 2);
    assert_int_equal(ex.e[1].n_words, 2);
    assert_true(gr_sv_is(ex.e[1].words[1], "Kor"));
    assert_string_equal(ex.e[1].tags[1], "B-LOC");
    gr_examples_free(&ex);
    ex = load(t, "test");
    assert_false(ex.e[0].labelled);
    gr_examples_free(&ex);
    gr_task_custom_free(t);
    t = make(&(gr_custom_opts){ .train_file = own, .validation_file = own, .text_column = "w", .label_column = "t", .labels = "O,B-X" });
    assert_int_equal(t->head.kind, GR_HEAD_TOKEN);
    gr_task_custom_free(t);
    refuse((gr_custom_opts){ .train_file = train, .validation_file = FILES "reviews.csv" }, GR_E_ARG, "reviews.csv holds whole texts, the training file does not");
    refuse((gr_custom_opts){ .train_file = put("bare.jsonl", "{\"tokens\": [\"a\"], \"x\": 1}\n") }, GR_E_NOTFOUND, "which column? Say --label-column; there are: tokens, x");
    refuse((gr_custom_opts){ .train_file = train, .regression = true }, GR_E_ARG, "words have tags");
}

static void name_of_a_built_in_task(void **state)
{
    char     path[600];
    gr_err   err = GR_ERR_INIT;
    gr_task *t;
    static const char text[] = "text,label\na,x\nb,y\n";

    (void)state;
    (void)snprintf(path, sizeof path, "%s/mrpc.csv", gr_test_tmpdir());
    assert_ok(gr_fs_write(path, text, sizeof text - 1, &err), &err);
    t = make(&(gr_custom_opts){ .train_file = path, .split = "50/50" });
    assert_string_equal(t->name, "custom_mrpc");
    gr_task_custom_free(t);
    t = make(&(gr_custom_opts){ .train_file = put(".csv", text), .split = "50/50" }); /* no name at all */
    assert_string_equal(t->name, "custom_task");
    gr_task_custom_free(t);
    t = make(&(gr_custom_opts){ .train_file = put("n.csv", text), .split = "50/50" });
    assert_string_equal(t->name, "n");
    gr_task_custom_free(t);
}

static void refusals(void **state)
{
    (void)state;
    refuse((gr_custom_opts){ .train_file = NULL }, GR_E_ARG, "--train-file");
    refuse((gr_custom_opts){ .train_file = FILES "absent.csv" }, GR_E_NOTFOUND, "absent.csv: no such file");
    refuse((gr_custom_opts){ .train_file = GR_SOURCE_DIR "/CMakeLists.cmake" }, GR_E_NOTFOUND, "no such file");
    refuse((gr_custom_opts){ .train_file = GR_SOURCE_DIR "/tests/support/test.h" }, GR_E_ARG, "known are .csv");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .text_column = "body" }, GR_E_NOTFOUND,
           "no column 'body' (--text-column); there are: id, text, label");
    refuse((gr_custom_opts){ .train_file = FILES "reviews_test.csv" }, GR_E_NOTFOUND, "which column? Say --label-column");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .pair_column = "text" }, GR_E_ARG, "text and pair at once");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .split = "50/60" }, GR_E_ARG, "sum to 100");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .split = "half" }, GR_E_ARG, "two or three percentages");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .split = "100" }, GR_E_ARG, "two or three");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .validation_file = FILES "reviews.csv", .split = "80/20" }, GR_E_ARG,
           "does not go with");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .validation_file = FILES "names.conll" }, GR_E_ARG, "tagged tokens");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .labels = "a,,b" }, GR_E_ARG, "an empty name");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .labels = "a,a" }, GR_E_ARG, "'a' twice");
    refuse((gr_custom_opts){ .train_file = FILES "empty_label.csv" }, GR_E_FORMAT, "line 3: column 'label': empty label: give the row one");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .test_file = FILES "reviews_test.csv" }, GR_E_ARG, "give a --validation-file");
    refuse((gr_custom_opts){ .train_file = FILES "words.conll" }, GR_E_FORMAT, "tag 'DET' is neither O nor"); /* the file's fault, not ours */
    refuse((gr_custom_opts){ .train_file = FILES "one_class.csv" }, GR_E_FORMAT, "every row has the label 'x'");
}

/* Tables that other programs write: the message says what to do. */
static void other_forms(void **state)
{
    (void)state;
    refuse((gr_custom_opts){ .train_file = put("semicolons.csv", "text;label\na;x\n") }, GR_E_FORMAT, "line 1: the columns are parted by semicolons");
    refuse((gr_custom_opts){ .train_file = put("tabs.csv", "text\tlabel\na\tx\n") }, GR_E_FORMAT, "parted by TABs: call it .tsv");
    refuse((gr_custom_opts){ .train_file = put("list.json", " [{\"text\": \"a\", \"label\": 1}]\n") }, GR_E_FORMAT, "line 1: a list: one object a line");
    refuse((gr_custom_opts){ .train_file = put("pretty.json", "{\n  \"text\": \"a\",\n  \"label\": 1\n}\n") }, GR_E_FORMAT, "line 1: an object over several lines");
    refuse((gr_custom_opts){ .train_file = put("none.jsonl", "\n") }, GR_E_FORMAT, "empty file: no object");
    refuse((gr_custom_opts){ .train_file = put("words.jsonl", "{\"text\": [\"a\", \"b\"], \"label\": 1}\n") }, GR_E_FORMAT,
           "'text' is a list, not a text");
    refuse((gr_custom_opts){ .train_file = put("header.csv", "text,label\n") }, GR_E_FORMAT, "header.csv: no rows");
    gr_task_custom_free(make(&(gr_custom_opts){ .train_file = put("LOUD.CSV", "text,label\na,x\nb,y\n"), .split = "50/50" }));
    refuse((gr_custom_opts){ .train_file = "/dev/null" }, GR_E_NOTFOUND, "a pipe or device");
    refuse((gr_custom_opts){ .train_file = gr_test_tmpdir() }, GR_E_NOTFOUND, "a folder, not a file");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .label_column = "text" }, GR_E_ARG, "'text' cannot be text and label at once");
}

/* A file that is there and cannot be read is the input's fault (exit code 3), and is named once. A process's memory is one, for root too. */
static void unreadable(void **state)
{
    char     path[GR_PATH_MAX];
    gr_err   err = GR_ERR_INIT;
    gr_task *t = NULL;

    (void)state;
    assert_true(gr_fs_join(path, sizeof path, gr_test_tmpdir(), "memory.csv"));
    assert_int_equal(symlink("/proc/self/mem", path), 0);
    assert_status(gr_task_custom(&t, &(gr_custom_opts){ .train_file = path }, &err), GR_E_FORMAT, &err, "memory.csv: ");
    assert_null(strstr(strstr(err.msg, "memory.csv") + 1, "memory.csv"));
}

/* run_glue calls JSON lines .json; column names that other examples use are known, a pair by both of its names. */
static void usual_names(void **state)
{
    gr_task    *t = make(&(gr_custom_opts){ .train_file = put("lines.json", "{\"question\": \"q\", \"sentence\": \"s\", \"target\": \"x\"}\n"
                                                                          "{\"question\": \"r\", \"sentence\": \"t\", \"target\": \"y\"}\n"), .split = "50/50" });
    gr_examples ex = load(t, "train");

    (void)state;
    assert_true(gr_sv_is(ex.e[0].text_a, "q") || gr_sv_is(ex.e[0].text_a, "r"));
    assert_true(gr_sv_is(ex.e[0].text_b, "s") || gr_sv_is(ex.e[0].text_b, "t"));
    assert_int_equal(t->head.n_out, 2);
    gr_examples_free(&ex);
    gr_task_custom_free(t);
    t = make(&(gr_custom_opts){ .train_file = put("one.json", "{\"question\": \"q\", \"sentence\": \"s\", \"label\": \"x\"}\n"
                                                             "{\"question\": \"r\", \"sentence\": \"t\", \"label\": \"y\"}\n"), .split = "50/50",
                                .text_column = "question" });
    ex = load(t, "train");
    assert_null(ex.e[0].text_b.p);
    gr_examples_free(&ex);
    gr_task_custom_free(t);
}

static char said[2048];

static void hear(void *user, gr_log_level level, const char *line)
{
    (void)user;
    (void)level;
    (void)snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", line);
}

static void makes_and_says(gr_custom_opts o, const char *part)
{
    said[0] = '\0';
    gr_log_set_level(GR_LOG_INFO);
    gr_log_set_sink(hear, NULL);
    gr_task_custom_free(make(&o));
    gr_log_set_sink(NULL, NULL);
    if (!strstr(said, part)) fail_msg("wanted '%s' in '%s'", part, said);
}

/* A header in capitals, or with a blank behind each comma: the error names the option that takes the column, and no column is passed over
 * in silence. */
static void names_nearly_right(void **state)
{
    const char *capitals = put("capitals.csv", "Text,Label\na,x\nb,y\n"), *small = put("small.csv", "text,label\na,x\nb,y\n");

    (void)state;
    refuse((gr_custom_opts){ .train_file = capitals }, GR_E_NOTFOUND, "which column? Say --text-column 'Text', if it is that; there are: Text, Label");
    refuse((gr_custom_opts){ .train_file = capitals, .text_column = "Text" }, GR_E_NOTFOUND, "which column? Say --label-column 'Label', if it is that; there are: Text, Label");
    refuse((gr_custom_opts){ .train_file = capitals, .text_column = "text" }, GR_E_NOTFOUND, "no column 'text': did you mean --text-column 'Text'? There are: Text, Label");
    refuse((gr_custom_opts){ .train_file = put("blank.csv", "text, label\na,x\nb,y\n") }, GR_E_NOTFOUND, "Say --label-column ' label', if");
    makes_and_says((gr_custom_opts){ .train_file = capitals, .text_column = "Text", .label_column = "Label" }, "text column 'Text', label column 'Label'");
    makes_and_says((gr_custom_opts){ .train_file = put("half.csv", "sentence1,Sentence2,label\na,c,x\nb,d,y\n") }, "column 'Sentence2' is not read: --pair-column takes it");
    makes_and_says((gr_custom_opts){ .train_file = put("half.csv", "sentence1,Sentence2,label\na,c,x\nb,d,y\n"), .text_column = "Sentence2" }, "text column 'Sentence2'");
    assert_null(strstr(said, "is not read"));
    makes_and_says((gr_custom_opts){ .train_file = small, .validation_file = small, .test_file = put("t.csv", "text,LABEL\na,x\n") },
                   "column 'LABEL' is not read: --label-column takes it");
}

/* A point says that numbers are values, in JSON as in CSV, also where every one of them is whole. */
static void points_in_json(void **state)
{
    gr_task *t = make(&(gr_custom_opts){ .train_file = put("points.jsonl", "{\"text\": \"a\", \"label\": 1.0}\n{\"text\": \"b\", \"label\": 3.0}\n"), .split = "50/50" });

    (void)state;
    assert_int_equal(t->head.kind, GR_HEAD_REGRESSION);
    gr_task_custom_free(t);
    t = make(&(gr_custom_opts){ .train_file = put("wholes.jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 3}\n"), .split = "50/50" });
    assert_int_equal(t->head.kind, GR_HEAD_CLASS);
    assert_string_equal(t->labels[1], "3");
    gr_task_custom_free(t);
}

/* Labels that a second file spells otherwise made classes of their own, and an accuracy of 0 without a word. */
static void labels_of_several_files(void **state)
{
    const char *names = put("names.csv", "text,label\na,no\nb,yes\nc,no\n"), *numbers = put("numbers.csv", "text,label\na,0\nb,1\n");
    const char *more = put("more.csv", "text,label\na,yes\nb,perhaps\n");

    (void)state;
    refuse((gr_custom_opts){ .train_file = names, .validation_file = numbers }, GR_E_FORMAT, "none of its labels (0, 1) is among those of");
    makes_and_says((gr_custom_opts){ .train_file = names, .validation_file = more }, "names.csv has no row of perhaps: what is not trained");
    makes_and_says((gr_custom_opts){ .train_file = put("scores.csv", "text,label\na,0.5\nb,1\n"), .validation_file = numbers }, "numbers, a regression");
}

/* -1 in every row of a test file stands for no label, unless the training file has that label too. */
static void hidden_labels(void **state)
{
    const char *two = put("two.csv", "text,label\na,0\nb,1\nc,0\n"), *signs = put("signs.csv", "text,label\na,-1\nb,1\nc,-1\n");
    const char *scores = put("points.csv", "text,label\na,0.5\nb,1.5\n");
    const struct { const char *train, *test, *labels; bool labelled; } t[] = {
        { two, put("hidden.csv", "text,label\na,-1\nb,-1\n"), NULL, false },
        { two, put("listed.csv", "label,text\n-1,a\n-1,b\n"), "0,1", false },
        { scores, put("hidden_points.csv", "text,label\na,-1.0\nb,-1.0\n"), NULL, false },
        { signs, put("negative.csv", "text,label\na,-1\nb,-1\n"), NULL, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        gr_task    *task = make(&(gr_custom_opts){ .train_file = t[i].train, .validation_file = t[i].train, .test_file = t[i].test, .labels = t[i].labels });
        gr_examples ex = load(task, "test");

        assert_int_equal(task->splits[2].labelled, t[i].labelled);
        assert_int_equal(ex.n, 2);
        assert_int_equal(ex.e[0].labelled, t[i].labelled);
        assert_true(gr_sv_is(ex.e[1].text_a, "b"));
        gr_examples_free(&ex);
        gr_task_custom_free(task);
    }
    refuse((gr_custom_opts){ .train_file = two, .validation_file = t[0].test }, GR_E_FORMAT, "none of its labels (-1) is among those of");
}

/* Stars from 1 to 5 are classes unless they are said to be values. */
static void whole_numbers_as_values(void **state)
{
    const char *stars = put("stars.csv", "text,label\na,1\nb,5\nc,3\n"), *more = put("more_stars.csv", "text,label\na,2\nb,4\n");
    gr_task    *t = make(&(gr_custom_opts){ .train_file = stars, .validation_file = more, .regression = true }); /* no label in common */
    gr_examples ex = load(t, "train");

    (void)state;
    assert_int_equal(t->head.kind, GR_HEAD_REGRESSION);
    assert_near(ex.e[1].value, 5, 0, "value");
    gr_examples_free(&ex);
    gr_task_custom_free(t);
    refuse((gr_custom_opts){ .train_file = stars, .regression = true, .labels = "1,3,5" }, GR_E_ARG, "keep one");
    refuse((gr_custom_opts){ .train_file = FILES "names.conll", .regression = true }, GR_E_ARG, "words have tags");
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .regression = true }, GR_E_FORMAT, "line 2: column 'label': 'bad' is not a number, and --regression takes numbers");
}

/* The row is named that has no number, wherever it stands among them. */
static void a_word_among_values(void **state)
{
    const char *dash = put("dash.csv", "text,label\na,1\nb,-\nc,2\n");

    (void)state;
    refuse((gr_custom_opts){ .train_file = dash, .regression = true }, GR_E_FORMAT, "line 3: column 'label': '-' is not a number, and --regression takes numbers");
}

/* A regression's file in which a score is missing as pandas or R writes it is no task of as many classes as scores. */
static void a_score_is_missing(void **state)
{
    gr_buf      b = { 0 };
    const char *whole, *missing;
    gr_task    *t;

    (void)state;
    gr_buf_adds(&b, "text,score\n");
    for (int i = 0; i < 20; i++) gr_buf_addf(&b, "a,%d.5\n", i);
    whole = put("scores_whole.csv", b.p);
    gr_buf_adds(&b, "a,NA\nb,3\n");
    missing = put("scores_missing.csv", b.p);
    refuse((gr_custom_opts){ .train_file = missing }, GR_E_FORMAT, "line 22: column 'score': 'NA' is not a number, as nearly all labels are");
    refuse((gr_custom_opts){ .train_file = whole, .validation_file = missing }, GR_E_FORMAT, "scores_missing.csv: line 22: column 'score': 'NA' is not a number");
    t = make(&(gr_custom_opts){ .train_file = put("versions.csv", "text,label\na,1.0\nb,1.1\nc,beta\nd,1.0\n") }); /* few: names of classes */
    assert_int_equal(t->head.n_out, 3);
    gr_task_custom_free(t);
    gr_buf_free(&b);
}

/* Correlations with a constant are not numbers: as one class for a classification. */
static void one_value(void **state)
{
    (void)state;
    refuse((gr_custom_opts){ .train_file = put("constant.csv", "text,score\na,1.5\nb,1.5\n") }, GR_E_FORMAT, "every row has the value '1.5': a task needs two at least");
}

/* That the list is too short is not the file's fault. */
static void one_label_is_listed(void **state)
{
    (void)state;
    refuse((gr_custom_opts){ .train_file = FILES "reviews.csv", .labels = "bad" }, GR_E_ARG, "--labels names one class, 'bad': a task needs two at least");
}

/* More than classes can be: values that are said to be such, or that a decimal point shows to be such, in whichever row. */
static void many_values(void **state)
{
    enum { ROWS = 12000 };
    gr_buf      b = { 0 };
    const char *whole, *point, *word;
    gr_task    *t;

    (void)state;
    gr_buf_adds(&b, "text,label\n");
    for (int i = 0; i < ROWS; i++) gr_buf_addf(&b, "a,%d\n", i);
    whole = put("whole.csv", b.p);
    refuse((gr_custom_opts){ .train_file = whole }, GR_E_FORMAT, "line 10002: more than 10000 different labels");
    t = make(&(gr_custom_opts){ .train_file = whole, .validation_file = whole, .regression = true });
    assert_int_equal(t->head.kind, GR_HEAD_REGRESSION);
    gr_task_custom_free(t);
    gr_buf_adds(&b, "a,none\n");
    word = put("word.csv", b.p);
    refuse((gr_custom_opts){ .train_file = word, .regression = true }, GR_E_FORMAT, "line 12002: label 'none' is not a number");
    gr_buf_reset(&b);
    gr_buf_adds(&b, "text,label\n");
    for (int i = 0; i < ROWS; i++) gr_buf_addf(&b, "a,%d%s\n", i, i < 10000 ? "" : ".5");
    point = put("point.csv", b.p);
    t = make(&(gr_custom_opts){ .train_file = point });
    assert_int_equal(t->head.kind, GR_HEAD_REGRESSION);
    gr_task_custom_free(t);
    gr_buf_free(&b);
}

static void understood(void **state)
{
    gr_buf b = { NULL, 0, 0, false };

    (void)state;
    makes_and_says((gr_custom_opts){ .train_file = FILES "reviews.csv" }, "reviews: text column 'text', label column 'label': bad, good, mixed; cut 80/20\n");
    makes_and_says((gr_custom_opts){ .train_file = put("two.csv", "text,label\na,no\nb,yes\nc,no\n") }, "no, yes (f1 is that of yes)");
    makes_and_says((gr_custom_opts){ .train_file = FILES "names.conll", .validation_file = FILES "names.conll" }, "names: words and tags: B-LOC, B-PER, I-LOC, O\n");
    makes_and_says((gr_custom_opts){ .train_file = put("tag.json", "{\"tokens\": [\"a\", \"b\"], \"tags\": [\"B-X\", \"O\"]}\n"), .split = "50/50" },
                   "tag: words column 'tokens', tags column 'tags': B-X, O; cut 50/50\n");
    makes_and_says((gr_custom_opts){ .train_file = put("twins.csv", "text,label\na,Yes\nb,no\nc, yes\n") }, "'Yes' and ' yes' are two classes");
    gr_buf_adds(&b, "text,label\n");
    for (int i = 0; i < 30; i++) gr_buf_addf(&b, "a,x%d\n", i);
    makes_and_says((gr_custom_opts){ .train_file = put("ids.csv", b.p) }, "30 different labels on 30 rows: is 'label' the label column");
    for (int i = 0; i < 30; i++) gr_buf_addf(&b, "b,x%d\n", i);
    makes_and_says((gr_custom_opts){ .train_file = put("twice.csv", b.p) }, "twice: text column"); /* each label twice may be meant */
    assert_null(strstr(said, "different labels"));
    gr_buf_free(&b);
}

static void label_outside_the_list(void **state)
{
    gr_task    *t = make(&(gr_custom_opts){ .train_file = FILES "reviews.csv", .labels = "bad,good" });
    gr_err      err = GR_ERR_INIT;
    gr_examples ex;

    (void)state;
    assert_status(gr_task_load(&ex, t, "train", "", &err), GR_E_FORMAT, &err, "unknown label 'mixed': there are bad, good");
    gr_task_custom_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_with_split),           cmocka_unit_test(default_split_validates), cmocka_unit_test(test_without_labels),
        cmocka_unit_test(scores_make_a_regression), cmocka_unit_test(a_score_is_missing), cmocka_unit_test(one_label_is_listed), cmocka_unit_test(one_value), cmocka_unit_test(whole_numbers_are_classes), cmocka_unit_test(tokens), cmocka_unit_test(tokens_in_json),
        cmocka_unit_test(name_of_a_built_in_task),  cmocka_unit_test(refusals),                cmocka_unit_test(label_outside_the_list),
        cmocka_unit_test(other_forms), cmocka_unit_test(unreadable),              cmocka_unit_test(usual_names),             cmocka_unit_test(points_in_json),
        cmocka_unit_test(names_nearly_right), cmocka_unit_test(labels_of_several_files), cmocka_unit_test(hidden_labels),
        cmocka_unit_test(understood),               cmocka_unit_test(whole_numbers_as_values), cmocka_unit_test(a_word_among_values), cmocka_unit_test(many_values),
    };
    return gr_test_main(tests);
}
