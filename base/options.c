/* options.c - one table, many uses; see options.h. Help lives in options_help.c. */
#include "base/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { NAMES_MAX = 512 };

/* ---- names ---- */

static char folded(char c)
{
    return c == '_' ? '-' : c;
}

static bool same_name(gr_sv a, gr_sv b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (folded(a.p[i]) != folded(b.p[i])) return false;
    return true;
}

static bool answers_to(const gr_opt *o, gr_sv name)
{
    gr_sv rest = gr_sv_from(o->aliases);

    if (same_name(gr_sv_from(o->name), name)) return true;
    while (rest.n)
        if (same_name(gr_sv_split(&rest, '|'), name)) return true;
    return false;
}

static int index_of(const gr_opt *table, gr_sv name)
{
    for (int i = 0; table[i].name; i++)
        if (answers_to(&table[i], name)) return i;
    return -1;
}

int gr_opt_index(const gr_opt *table, const char *name)
{
    return index_of(table, gr_sv_from(name));
}

const char *gr_opt_origin_name(gr_opt_origin o)
{
    static const char *const names[] = {
        [GR_ORIGIN_DEFAULT] = "default", [GR_ORIGIN_ENV] = "environment",           [GR_ORIGIN_RECIPE] = "recipe",
        [GR_ORIGIN_TASK] = "task",       [GR_ORIGIN_COMMAND_LINE] = "command line",
    };
    return (unsigned)o < sizeof names / sizeof *names ? names[o] : "unknown";
}

/* How many letters of a word of n may be wrong: a third of them, at least one and at most three. */
static size_t near_enough(size_t n)
{
    if (n / 3 < 1) return 1;
    return n / 3 < 3 ? n / 3 : 3;
}

/* A name is near when few letters are wrong, or when the word begins it. */
const char *gr_opt_suggest(const char *word, const char *const *names)
{
    const size_t n = strlen(word);
    const size_t near = near_enough(n);
    const char *best = NULL, *begun = NULL;
    size_t least = near + 1;

    for (; *names; names++) {
        const size_t d = gr_str_distance(word, *names);

        if (d < least) {
            least = d;
            best = *names;
        }
        if (!begun && n >= 3 && strncmp(word, *names, n) == 0) begun = *names;
    }
    return best ? best : begun;
}

/* Distances must see dashes and underscores alike, and aliases too. dashes: those that were typed. */
static gr_status fail_unknown(const gr_opt *table, const char *dashes, gr_sv word, gr_err *err)
{
    char typed[64];
    const char *names[NAMES_MAX], *hint;
    gr_buf text = { NULL, 0, 0, false };
    size_t n = 0;
    gr_status s;

    for (int i = 0; table[i].name; i++) {
        if (table[i].type == GR_OPT_REFUSED) continue;
        gr_buf_add(&text, table[i].name, strlen(table[i].name) + 1);
        if (!table[i].aliases) continue;
        gr_buf_add(&text, table[i].aliases, strlen(table[i].aliases) + 1);
    }
    for (size_t i = 0; i < text.n; i++) text.p[i] = text.p[i] == '|' ? '\0' : folded(text.p[i]);
    for (size_t i = 0; i < text.n && n + 1 < NAMES_MAX; i += strlen(text.p + i) + 1) names[n++] = text.p + i;
    names[n] = NULL;
    for (n = 0; n + 1 < sizeof typed && n < word.n; n++) typed[n] = folded(word.p[n]);
    typed[n] = '\0';
    hint = n > 1 ? gr_opt_suggest(typed, names) : NULL; /* one letter is near to any other */
    s = hint ? gr_fail(err, GR_E_ARG, "unknown option %s%.*s; did you mean --%s?", dashes, GR_SV_FMT(word), hint)
             : gr_fail(err, GR_E_ARG, "unknown option %s%.*s; --help lists them%s", dashes, GR_SV_FMT(word),
                       dashes[1] ? "" : ", and a name that begins with a dash stands behind --");
    gr_buf_free(&text);
    return s;
}

/* ---- values ---- */

static void *field(void *target, const gr_opt *o)
{
    return (char *)target + o->offset;
}

static bool bool_word(bool *out, const char *text)
{
    static const char *const yes[] = { "true", "True", "TRUE", "1", NULL };
    static const char *const no[] = { "false", "False", "FALSE", "0", NULL };

    for (int i = 0; yes[i]; i++) {
        if (strcmp(text, yes[i]) == 0) *out = true;
        else if (strcmp(text, no[i]) == 0) *out = false;
        else continue;
        return true;
    }
    return false;
}

static gr_status set_flag(void *at, const gr_opt *o, const char *text, gr_err *err)
{
    bool x;

    if (!bool_word(&x, text)) return gr_fail(err, GR_E_ARG, "--%s takes true or false, not '%s'", o->name, text);
    *(bool *)at = x;
    return GR_OK;
}

static bool any_range(const gr_opt *o)
{
    return o->lo == 0 && o->hi == 0;
}

static bool in_range(const gr_opt *o, double x, const char *text)
{
    return any_range(o) || (x >= o->lo && x <= o->hi) || (o->fallback && strcmp(text, o->fallback) == 0);
}

/* 0 for "none" or "all", as other programs have it, of an option that says so by its absence. */
static const char *remedy(const gr_opt *o, bool number, double x)
{
    return number && x == 0 && o->lo > 0 && !o->fallback ? ": leave the option out to be without it" : "";
}

static gr_status set_int(void *at, const gr_opt *o, const char *text, gr_err *err)
{
    int64_t x = 0;
    const bool number = gr_sv_int(&x, gr_sv_from(text), NULL) == GR_OK;

    if (number && in_range(o, (double)x, text)) {
        *(int64_t *)at = x;
        return GR_OK;
    }
    if (any_range(o)) return gr_fail(err, GR_E_ARG, "--%s takes a whole number, not '%s'", o->name, text);
    return gr_fail(err, GR_E_ARG, "--%s takes a whole number from %.0f to %.0f, not '%s'%s", o->name, o->lo, o->hi, text, remedy(o, number, (double)x));
}

static gr_status set_real(void *at, const gr_opt *o, const char *text, gr_err *err)
{
    double x = 0;
    const bool number = gr_sv_double(&x, gr_sv_from(text), NULL) == GR_OK;

    if (number && in_range(o, x, text)) {
        *(double *)at = x;
        return GR_OK;
    }
    if (any_range(o)) return gr_fail(err, GR_E_ARG, "--%s takes a number, not '%s'", o->name, text);
    return gr_fail(err, GR_E_ARG, "--%s takes a number from %.15g to %.15g, not '%s'", o->name, o->lo, o->hi, text);
}

static gr_status set_choice(void *at, const gr_opt *o, const char *text, gr_err *err)
{
    gr_sv rest = gr_sv_from(o->choices);
    gr_buf list = { NULL, 0, 0, false };
    gr_status s;

    while (rest.n) {
        const gr_sv one = gr_sv_split(&rest, '|');

        if (gr_sv_is(one, text)) {
            *(const char **)at = text;
            gr_buf_free(&list);
            return GR_OK;
        }
        gr_buf_adds(&list, list.n == 0 ? "" : rest.n ? ", " : " or ");
        gr_buf_add(&list, one.p, one.n);
    }
    s = gr_fail(err, GR_E_ARG, "--%s takes %s, not '%s'", o->name, list.p ? list.p : "", text);
    gr_buf_free(&list);
    return s;
}

static gr_status set_value(void *target, const gr_opt *o, const char *text, gr_err *err)
{
    void *at = field(target, o);

    switch (o->type) {
    case GR_OPT_FLAG:
        return set_flag(at, o, text, err);
    case GR_OPT_INT:
        return set_int(at, o, text, err);
    case GR_OPT_REAL:
        return set_real(at, o, text, err);
    case GR_OPT_CHOICE:
        return set_choice(at, o, text, err);
    case GR_OPT_STR:
        *(const char **)at = text;
        return GR_OK;
    case GR_OPT_REFUSED:
        break;
    }
    return gr_fail(err, GR_E_ARG, "--%s is not offered: %s", o->name, o->help);
}

static gr_status set_at(void *target, gr_opt_origin *origins, const gr_opt *table, int i, const char *text,
                        gr_opt_origin origin, gr_err *err)
{
    GR_TRY(set_value(target, &table[i], text, err));
    if (origins) origins[i] = origin;
    return GR_OK;
}

gr_status gr_opt_defaults(void *target, gr_opt_origin *origins, const gr_opt *table, gr_err *err)
{
    for (int i = 0; table[i].name; i++) {
        if (origins) origins[i] = GR_ORIGIN_DEFAULT;
        if (!table[i].fallback || table[i].type == GR_OPT_REFUSED) continue;
        if (set_value(target, &table[i], table[i].fallback, err) != GR_OK)
            return gr_wrap(err, GR_E_INTERNAL, "default of the option table");
    }
    return GR_OK;
}

gr_status gr_opt_set(void *target, gr_opt_origin *origins, const gr_opt *table, const char *name, const char *text,
                     gr_opt_origin origin, gr_err *err)
{
    const int i = gr_opt_index(table, name);

    if (i < 0) return fail_unknown(table, "--", gr_sv_from(name), err);
    return set_at(target, origins, table, i, text, origin, err);
}

/* ---- the command line ---- */

typedef struct reader {
    void          *target;
    gr_opt_origin *origins;
    const gr_opt  *table;
    char         **argv;
    int            argc, i; /* i: the word being read */
    gr_err        *err;
} reader;

/* "--name", "-n" for a one-letter name, with or without "=value"; false for a positional word. */
static bool option_word(gr_sv *name, const char **value, const char *word)
{
    gr_sv rest;

    if (word[0] != '-' || word[1] == '\0') return false;
    rest = gr_sv_from(word[1] == '-' ? word + 2 : word + 1);
    *name = gr_sv_split(&rest, '=');
    *value = name->p[name->n] == '=' ? rest.p : NULL;
    return true;
}

/* Whether the next word is the value of an option, and not an option that follows. */
static bool next_is_value(const reader *r)
{
    const char *word, *value;
    gr_sv name;

    if (r->i + 1 >= r->argc) return false;
    word = r->argv[r->i + 1];
    if (strncmp(word, "--", 2) != 0 || !option_word(&name, &value, word)) return true;
    return name.n > 0 && index_of(r->table, name) < 0;
}

static gr_status read_flag(reader *r, int i, const char *value)
{
    bool ignored;

    if (!value && r->i + 1 < r->argc && strlen(r->argv[r->i + 1]) > 1 && bool_word(&ignored, r->argv[r->i + 1]))
        value = r->argv[++r->i]; /* a lone 0 or 1 is a positional word */
    return set_at(r->target, r->origins, r->table, i, value ? value : "true", GR_ORIGIN_COMMAND_LINE, r->err);
}

/* "--fp16 False" and "--dataloader_num_workers 0" ask for what is the case. */
static gr_status read_refused(reader *r, const gr_opt *o, const char *value)
{
    bool on = true;

    if (!value && r->i + 1 < r->argc && bool_word(&on, r->argv[r->i + 1])) value = r->argv[++r->i];
    if (value && bool_word(&on, value) && !on) return GR_OK;
    return set_value(r->target, o, "", r->err);
}

/* --no-x for a flag x; -1 when it is none. */
static int negated(const gr_opt *table, gr_sv name)
{
    int i;

    if (name.n < 4 || !same_name((gr_sv){ name.p, 3 }, gr_sv_from("no-"))) return -1;
    i = index_of(table, (gr_sv){ name.p + 3, name.n - 3 });
    return i >= 0 && table[i].type == GR_OPT_FLAG ? i : -1;
}

static gr_status read_option(reader *r, gr_sv name, const char *value)
{
    const int i = index_of(r->table, name);
    const int no = i < 0 ? negated(r->table, name) : -1;
    const gr_opt *o = &r->table[i < 0 ? 0 : i];

    if (no >= 0) {
        bool off = true;

        if (value && !bool_word(&off, value))
            return gr_fail(r->err, GR_E_ARG, "--%.*s takes true or false, not '%s'", GR_SV_FMT(name), value);
        return set_at(r->target, r->origins, r->table, no, off ? "false" : "true", GR_ORIGIN_COMMAND_LINE, r->err);
    }
    if (i < 0) return fail_unknown(r->table, r->argv[r->i][1] == '-' ? "--" : "-", name, r->err);
    if (o->type == GR_OPT_REFUSED) return read_refused(r, o, value);
    if (o->type == GR_OPT_FLAG) return read_flag(r, i, value);
    if (!value) {
        if (!next_is_value(r))
            return gr_fail(r->err, GR_E_ARG, "--%s needs a value: --%s %s", o->name, o->name, o->value ? o->value : "VALUE");
        value = r->argv[++r->i];
    }
    return set_at(r->target, r->origins, r->table, i, value, GR_ORIGIN_COMMAND_LINE, r->err);
}

gr_status gr_opt_parse(void *target, gr_opt_origin *origins, const gr_opt *table, int argc, char **argv, const char **pos,
                       int *n_pos, gr_err *err)
{
    reader r = { target, origins, table, argv, argc, 0, err };
    bool ended = false;
    int n = 0;

    for (; r.i < argc; r.i++) {
        const char *value = NULL;
        gr_sv name;

        if (!ended && strcmp(argv[r.i], "--") == 0) ended = true;
        else if (ended || !option_word(&name, &value, argv[r.i])) pos[n++] = argv[r.i];
        else GR_TRY(read_option(&r, name, value));
    }
    *n_pos = n;
    return GR_OK;
}
