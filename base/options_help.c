/* options_help.c - --help, from the option table; see options.h. */
#include <string.h>

#include "base/options.h"

enum { WIDTH = 100, INDENT = 34 };

/* "--scheduler linear|cosine", "--epochs N", "--[no-]baseline" for a flag that is on by default. */
static void synopsis(gr_buf *b, const gr_opt *o)
{
    const bool on = o->type == GR_OPT_FLAG && o->fallback && strcmp(o->fallback, "true") == 0;

    gr_buf_addf(b, "  --%s%s", on ? "[no-]" : "", o->name);
    if (o->type != GR_OPT_FLAG) gr_buf_addf(b, " %s", o->value ? o->value : "VALUE");
}

/* What stands behind the synopsis: help, choices, default, aliases, as one run of words. */
static void explanation(gr_buf *b, const gr_opt *o)
{
    gr_sv rest = gr_sv_from(o->aliases);
    const char *sep = "; also ";

    gr_buf_adds(b, o->help ? o->help : "");
    if (o->choices) {
        gr_sv choices = gr_sv_from(o->choices);
        const char *between = ": ";

        while (choices.n) {
            const gr_sv one = gr_sv_split(&choices, '|');
            gr_buf_addf(b, "%s%.*s", between, GR_SV_FMT(one));
            between = ", ";
        }
    }
    /* -1 stands for "not given": the help says what holds then */
    if (o->fallback && o->type != GR_OPT_FLAG && o->fallback[0] && strcmp(o->fallback, "-1") != 0) gr_buf_addf(b, " [%s]", o->fallback);
    while (rest.n) {
        const gr_sv one = gr_sv_split(&rest, '|');
        gr_buf_addf(b, "%s%s%.*s", sep, one.n == 1 ? "-" : "--", GR_SV_FMT(one));
        sep = ", ";
    }
}

static void spaces(gr_buf *b, size_t n)
{
    while (n--) gr_buf_addc(b, ' ');
}

/* Lay words out between INDENT and WIDTH; col is where the line stands now. */
static void wrap_words(gr_buf *b, gr_sv text, size_t col)
{
    bool first = true;

    while (text.n) {
        const gr_sv word = gr_sv_split(&text, ' ');

        if (word.n == 0) continue;
        if (!first && col + 1 + word.n > WIDTH) {
            gr_buf_addc(b, '\n');
            spaces(b, INDENT);
            col = INDENT;
            first = true;
        }
        if (!first) gr_buf_addc(b, ' ');
        gr_buf_add(b, word.p, word.n);
        col += word.n + !first;
        first = false;
    }
    gr_buf_addc(b, '\n');
}

/* Pad to INDENT, on a line of its own when the synopsis reaches that far. */
static void to_indent(gr_buf *b, size_t used)
{
    if (used + 2 > INDENT) {
        gr_buf_addc(b, '\n');
        used = 0;
    }
    spaces(b, INDENT - used);
}

void gr_opt_help(gr_buf *out, const gr_opt *table)
{
    const char *group = NULL;
    gr_buf words = { NULL, 0, 0, false };

    for (; table->name; table++) {
        size_t start;

        if (table->type == GR_OPT_REFUSED) continue;
        if (table->group && (!group || strcmp(group, table->group) != 0)) {
            gr_buf_addf(out, "%s%s:\n", group ? "\n" : "", table->group);
            group = table->group;
        }
        start = out->n;
        synopsis(out, table);
        to_indent(out, out->n - start);
        gr_buf_reset(&words);
        explanation(&words, table);
        wrap_words(out, gr_buf_sv(&words), INDENT);
    }
    if (words.oom) out->oom = true;
    gr_buf_free(&words);
}
