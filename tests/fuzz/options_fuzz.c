/* options_fuzz.c - any bytes as a command line, a word a line; ranges and choices hold for what is accepted. */
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "tests/fuzz/fuzz.h"

typedef struct opts {
    bool        flag, on;
    int64_t     count;
    double      rate;
    const char *name, *kind;
} opts;

static const gr_opt table[] = {
    { "flag", "f", GR_OPT_FLAG, offsetof(opts, flag), NULL, 0, 0, NULL, NULL, "a flag", "All" },
    { "on", NULL, GR_OPT_FLAG, offsetof(opts, on), "true", 0, 0, NULL, NULL, "another flag", NULL },
    { "count", "n|number-of", GR_OPT_INT, offsetof(opts, count), "3", 1, 1000, NULL, "N", "a number", NULL },
    { "learning-rate", "lr", GR_OPT_REAL, offsetof(opts, rate), "0.5", 0, 1, NULL, "X", "a rate", NULL },
    { "name", NULL, GR_OPT_STR, offsetof(opts, name), NULL, 0, 0, NULL, "TEXT", "a name", NULL },
    { "kind", NULL, GR_OPT_CHOICE, offsetof(opts, kind), "linear", 0, 0, "linear|cosine", "KIND", "a kind", NULL },
    { "fp16", NULL, GR_OPT_REFUSED, 0, NULL, 0, 0, NULL, NULL, "use --precision bf16", NULL },
    { .name = NULL },
};

enum { WORDS = 64 };

static int split(char *text, char **argv)
{
    int argc = 0;

    for (char *p = text; argc < WORDS;) {
        argv[argc++] = p;
        p = strchr(p, '\n');
        if (!p) break;
        *p++ = '\0';
    }
    return argc;
}

static int check(const opts *o, int argc, int n_pos)
{
    int bad = o->count < 1 || o->count > 1000 || !(o->rate >= 0 && o->rate <= 1) || n_pos < 0 || n_pos > argc;

    return bad || (strcmp(o->kind, "linear") != 0 && strcmp(o->kind, "cosine") != 0);
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *argv[WORDS];
    gr_opt_origin origins[sizeof table / sizeof *table];
    const char *pos[WORDS];
    gr_err err = GR_ERR_INIT;
    opts o = { 0 };
    int n_pos = 0, argc, bad;
    gr_status s;

    if (!text) return 1;
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    argc = split(text, argv);
    bad = gr_opt_defaults(&o, origins, table, &err) != GR_OK;
    s = gr_opt_parse(&o, origins, table, argc, argv, pos, &n_pos, &err);
    bad |= s == GR_OK ? check(&o, argc, n_pos) : s != GR_E_ARG || err.msg[0] == '\0';
    free(text);
    return bad;
}
