/* options_test.c - the table read back: spellings, values, refusals, hints, origins, help. */
#include "base/options.h"

#include "tests/support/test.h"

typedef struct opts {
    bool        baseline, json;
    int64_t     epochs, steps;
    double      lr, share;
    const char *model, *scheduler;
} opts;

static const gr_opt table[] = {
    { "learning-rate", "lr", GR_OPT_REAL, offsetof(opts, lr), "5e-5", 0, 1, NULL, "X", "peak learning rate", "Training" },
    { "epochs", "num-train-epochs|e", GR_OPT_INT, offsetof(opts, epochs), "3", 1, 1000, NULL, "N", "passes over the training set", NULL },
    { "max-steps", NULL, GR_OPT_INT, offsetof(opts, steps), NULL, 0, 0, NULL, "N", "stop after N steps", NULL },
    { "share", NULL, GR_OPT_REAL, offsetof(opts, share), NULL, 0, 0, NULL, "X", NULL, NULL },
    { "scheduler", "lr-scheduler-type", GR_OPT_CHOICE, offsetof(opts, scheduler), "linear", 0, 0, "linear|cosine|constant", "NAME",
      "how the rate falls", NULL },
    { "fp16", NULL, GR_OPT_REFUSED, 0, NULL, 0, 0, NULL, NULL, "use --precision bf16", NULL },
    { "model", "model-name-or-path", GR_OPT_STR, offsetof(opts, model), "demo", 0, 0, NULL, "NAME or DIR", "the model", "Input" },
    { "baseline", NULL, GR_OPT_FLAG, offsetof(opts, baseline), "true", 0, 0, NULL, NULL, "evaluate before training", NULL },
    { "json", NULL, GR_OPT_FLAG, offsetof(opts, json), NULL, 0, 0, NULL, NULL,
      "one JSON object instead of a table; the line is long, so that the help must wrap it at a hundred columns", NULL },
    { .name = NULL },
};
enum { N_OPTS = sizeof table / sizeof *table - 1, WORDS = 16 };

static opts o;
static gr_opt_origin origins[N_OPTS];
static const char *pos[WORDS];
static int n_pos;
static gr_err err;

/* Parse the words of a line that blanks divide. */
static gr_status parse(const char *line)
{
    static char text[512];
    char *argv[WORDS];
    int argc = 0;

    memset(&o, 0, sizeof o);
    assert_ok(gr_opt_defaults(&o, origins, table, &err), &err);
    (void)snprintf(text, sizeof text, "%s", line);
    for (char *p = text; *p;) {
        argv[argc++] = p;
        p += strcspn(p, " ");
        if (*p) *p++ = '\0';
    }
    return gr_opt_parse(&o, origins, table, argc, argv, pos, &n_pos, &err);
}

static void defaults(void **state)
{
    (void)state;
    assert_ok(parse(""), &err);
    assert_true(o.lr == 5e-5 && o.epochs == 3 && o.steps == 0 && o.baseline && !o.json);
    assert_string_equal(o.model, "demo");
    assert_string_equal(o.scheduler, "linear");
    for (int i = 0; i < N_OPTS; i++) assert_int_equal(origins[i], GR_ORIGIN_DEFAULT);
}

static void spellings(void **state)
{
    static const char *const same[] = { "--learning-rate 0.5 --epochs 7", "--learning_rate=0.5 --num_train_epochs=7",
                                        "--lr 0.5 --num-train-epochs 7",   "-e 7 --lr=.5",
                                        "--epochs 1 --lr 0.5 -e=7" };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_ok(parse(same[i]), &err);
        assert_true(o.lr == 0.5 && o.epochs == 7);
        assert_int_equal(origins[0], GR_ORIGIN_COMMAND_LINE);
        assert_int_equal(origins[2], GR_ORIGIN_DEFAULT);
    }
    assert_ok(parse("run mrpc --share -2.5 - stsb -- --json"), &err); /* a number may be negative */
    assert_true(o.share == -2.5 && n_pos == 5 && !o.json);
    assert_string_equal(pos[0], "run");
    assert_string_equal(pos[2], "-");
    assert_string_equal(pos[4], "--json");
    assert_ok(parse("--model ="), &err);
    assert_string_equal(o.model, "=");
    assert_ok(parse("--model="), &err);
    assert_string_equal(o.model, "");
    assert_ok(parse("--model --odd-name"), &err); /* no option of ours */
    assert_string_equal(o.model, "--odd-name");
}

static void flags(void **state)
{
    static const struct {
        const char *line;
        bool        baseline, json;
        int         n_pos;
    } v[] = { { "--json", true, true, 0 },           { "--json true", true, true, 0 },   { "--json False mrpc", true, false, 1 },
              { "--json=1", true, true, 0 },         { "--json mrpc", true, true, 1 },   { "--json 1", true, true, 1 },
              { "--no-baseline", false, false, 0 },  { "--no_baseline", false, false, 0 }, { "--baseline false", false, false, 0 },
              { "--no-baseline=false", true, false, 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_ok(parse(v[i].line), &err);
        assert_true(o.baseline == v[i].baseline && o.json == v[i].json && n_pos == v[i].n_pos);
    }
}

static void refusals(void **state)
{
    static const struct {
        const char *line, *msg;
    } v[] = {
        { "--epochs x", "--epochs takes a whole number from 1 to 1000, not 'x'" },
        { "--epochs 0", "--epochs takes a whole number from 1 to 1000, not '0'" },
        { "--num_train_epochs 1.5", "--epochs takes a whole number from 1 to 1000, not '1.5'" },
        { "--max-steps many", "--max-steps takes a whole number, not 'many'" },
        { "--lr 2", "--learning-rate takes a number from 0 to 1, not '2'" },
        { "--lr nan", "--learning-rate takes a number from 0 to 1, not 'nan'" },
        { "--share x", "--share takes a number, not 'x'" },
        { "--model --lr 1", "--model needs a value: --model NAME or DIR" },
        { "--scheduler step", "--scheduler takes linear, cosine or constant, not 'step'" },
        { "--json=maybe", "--json takes true or false, not 'maybe'" },
        { "--no-json=maybe", "--no-json takes true or false, not 'maybe'" },
        { "--model", "--model needs a value: --model NAME or DIR" },
        { "--model --json", "--model needs a value: --model NAME or DIR" },
        { "--fp16", "--fp16 is not offered: use --precision bf16" },
        { "--fp16 true", "--fp16 is not offered: use --precision bf16" },
        { "--epcohs 3", "unknown option --epcohs; did you mean --epochs?" },
        { "--num_train_epoch 3", "unknown option --num_train_epoch; did you mean --num-train-epochs?" },
        { "--sched linear", "unknown option --sched; did you mean --scheduler?" },
        { "--zzzzzz", "unknown option --zzzzzz; --help lists them" },
        { "--no-model", "unknown option --no-model; --help lists them" },
        { "-x", "unknown option -x; --help lists them, and a name that begins with a dash stands behind --" },
    };

    (void)state;
    assert_ok(parse("--fp16 False --fp16=0 --fp16 0 --epochs 7"), &err); /* not offered, and not asked for */
    assert_int_equal(o.epochs, 7);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_status(parse(v[i].line), GR_E_ARG, &err, NULL);
        assert_string_equal(err.msg, v[i].msg);
    }
}

static void set_by_name(void **state)
{
    (void)state;
    assert_ok(parse(""), &err);
    assert_ok(gr_opt_set(&o, origins, table, "num_train_epochs", "9", GR_ORIGIN_RECIPE, &err), &err);
    assert_true(o.epochs == 9 && origins[1] == GR_ORIGIN_RECIPE);
    assert_ok(gr_opt_set(&o, NULL, table, "json", "true", GR_ORIGIN_TASK, &err), &err);
    assert_true(o.json);
    assert_status(gr_opt_set(&o, origins, table, "epoch", "9", GR_ORIGIN_RECIPE, &err), GR_E_ARG, &err, "--epochs?");
    assert_status(gr_opt_set(&o, origins, table, "epochs", "-1", GR_ORIGIN_TASK, &err), GR_E_ARG, &err, "from 1 to 1000");
    assert_int_equal(origins[1], GR_ORIGIN_RECIPE); /* a refused value leaves no trace */
    assert_int_equal(gr_opt_index(table, "lr_scheduler_type"), 4);
    assert_int_equal(gr_opt_index(table, "nothing"), -1);
}

static void broken_default(void **state)
{
    static const gr_opt broken[] = { { "n", NULL, GR_OPT_INT, 0, "x", 0, 0, NULL, "N", NULL, NULL }, { .name = NULL } };
    int64_t n = 0;

    (void)state;
    assert_status(gr_opt_defaults(&n, NULL, broken, &err), GR_E_INTERNAL, &err, "not 'x'");
}

static void help_names_everything(void **state)
{
    gr_buf b = { NULL, 0, 0, false };
    size_t column = 0;

    (void)state;
    gr_opt_help(&b, table);
    assert_non_null(strstr(b.p, "Training:\n  --learning-rate X               peak learning rate [5e-5]; also --lr\n"));
    assert_non_null(strstr(b.p, "how the rate falls: linear, cosine, constant [linear]; also\n"
                                 "                                  --lr-scheduler-type\n"));
    assert_non_null(strstr(b.p, "also --num-train-epochs, -e\n"));
    assert_non_null(strstr(b.p, "\nInput:\n"));
    assert_non_null(strstr(b.p, "  --[no-]baseline "));
    assert_null(strstr(b.p, "fp16"));
    for (size_t i = 0; i < b.n; i++) {
        column = b.p[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 100);
    }
    gr_buf_free(&b);
}

static void suggestions(void **state)
{
    static const char *const names[] = { "mrpc", "stsb", "sst2", "rte", NULL };

    (void)state;
    assert_string_equal(gr_opt_suggest("mprc", names), "mrpc");
    assert_string_equal(gr_opt_suggest("sst", names), "sst2");
    assert_null(gr_opt_suggest("banana", names));
    assert_string_equal(gr_opt_origin_name(GR_ORIGIN_ENV), "environment");
    assert_string_equal(gr_opt_origin_name(GR_ORIGIN_COMMAND_LINE), "command line");
    assert_string_equal(gr_opt_origin_name((gr_opt_origin)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(defaults),       cmocka_unit_test(spellings),
                                        cmocka_unit_test(flags),          cmocka_unit_test(refusals),
                                        cmocka_unit_test(set_by_name),    cmocka_unit_test(broken_default), cmocka_unit_test(help_names_everything),
                                        cmocka_unit_test(suggestions) };
    return gr_test_main(tests);
}
