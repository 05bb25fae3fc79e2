/* post.c - what happens to the tokens of a text at the end: truncation, the template with its special
 * tokens and types, and RobertaProcessing's trimming of offsets. */
#include <string.h>

#include "base/utf8.h"
#include "model/tokenizer/tok_impl.h"
#include "model/tokenizer/unicode.h"

static const uint32_t BYTE_BLANK = 0x120; /* the sign that stands for a blank in byte-level vocabularies */

/* ---- templates ---- */

gr_status gr_post_set(gr_post_template *out, gr_arena *arena, const gr_post_item *items, size_t n, gr_err *err)
{
    gr_post_item *copy = gr_arena_calloc(arena, n, sizeof *copy);

    if (!copy) return gr_fail_nomem(err, "a template");
    if (n) memcpy(copy, items, n * sizeof *copy);
    *out = (gr_post_template){ copy, n, 0 };
    for (size_t i = 0; i < n; i++) out->n_special += copy[i].id >= 0;
    return GR_OK;
}

/* A template is single[0..n1) and pair[0..n2). */
static gr_status set_both(gr_post *p, gr_arena *arena, const gr_post_item *single, size_t n1,
                          const gr_post_item *pair, size_t n2, gr_err *err)
{
    GR_TRY(gr_post_set(&p->single, arena, single, n1, err));
    return gr_post_set(&p->pair, arena, pair, n2, err);
}

gr_status gr_post_none(gr_post *p, gr_arena *arena, gr_err *err)
{
    const gr_post_item pair[] = { { -1, 0, 0 }, { -1, 1, 1 } };

    return set_both(p, arena, pair, 1, pair, 2, err);
}

gr_status gr_post_bert(gr_post *p, gr_arena *arena, int32_t cls, int32_t sep, gr_err *err)
{
    const gr_post_item pair[] = { { cls, 0, 0 }, { -1, 0, 0 }, { sep, 0, 0 }, { -1, 1, 1 }, { sep, 0, 1 } };

    return set_both(p, arena, pair, 3, pair, 5, err);
}

gr_status gr_post_roberta(gr_post *p, gr_arena *arena, int32_t cls, int32_t sep, gr_err *err)
{
    const gr_post_item pair[] = { { cls, 0, 0 }, { -1, 0, 0 }, { sep, 0, 0 },
                                  { sep, 0, 0 }, { -1, 1, 0 }, { sep, 0, 0 } };

    return set_both(p, arena, pair, 3, pair, 6, err);
}

/* ---- truncation ---- */

void gr_post_truncate(size_t n[2], bool pair, size_t room)
{
    size_t small, large;
    const bool swapped = n[0] > n[1];

    if (n[0] + n[1] <= room) return;
    if (!pair) {
        n[0] = room;
        return;
    }
    small = swapped ? n[1] : n[0];
    large = small > room || room - small < small ? small : room - small;
    if (small + large > room) {
        small = room / 2;
        large = small + room % 2;
    }
    n[0] = swapped ? large : small;
    n[1] = swapped ? small : large;
}

/* ---- trimming ---- */

bool gr_post_is_blank(uint32_t cp)
{
    return cp == BYTE_BLANK || gr_uni_prop(cp) & GR_UNI_WHITE;
}

/* Blank characters at the start (or, from the end, at the end) of a token, at most 255. */
static uint8_t count_blanks(gr_sv s, bool from_end)
{
    size_t n = 0, run = 0, i = 0;

    while (i < s.n) {
        uint32_t cp = 0;
        const size_t len = gr_utf8_next(&cp, s.p + i, s.n - i);

        if (len == 0) break;
        run = gr_post_is_blank(cp) ? run + 1 : 0;
        if (!from_end && run == 0) break;
        n = run;
        i += len;
    }
    return (uint8_t)(n < 255 ? n : 255);
}

gr_status gr_post_blanks(gr_tok *t, gr_err *err)
{
    const gr_vocab *v = &t->model.vocab;
    uint8_t (*blanks)[2];
    bool any = false;

    if (t->post.n_trims == 0) return GR_OK;
    blanks = gr_arena_calloc(&t->arena, v->n, sizeof *blanks);
    if (!blanks) return gr_fail_nomem(err, "a vocabulary");
    for (size_t i = 0; i < v->n; i++) {
        if (!v->token[i].p) continue;
        blanks[i][0] = count_blanks(v->token[i], false);
        blanks[i][1] = count_blanks(v->token[i], true);
        any = any || blanks[i][0] || blanks[i][1];
    }
    if (any) t->post.blanks = blanks;
    return GR_OK;
}

gr_status gr_post_add_trim(gr_post *p, bool prefix_space, gr_err *err)
{
    if (p->n_trims == GR_TRIMS_MAX) return gr_fail(err, GR_E_UNSUPPORTED, "more than %d post-processors that trim offsets", (int)GR_TRIMS_MAX);
    p->prefix_space[p->n_trims++] = prefix_space;
    return GR_OK;
}

static void trim_once(bool prefix_space, gr_tok_piece *p, gr_sv text, size_t lead, size_t trail, bool first)
{
    /* One blank at the very start is the prefix that the pre-tokenizer put there; more were in the text. */
    if (lead == 1 && (first || p->c0 == 0) && prefix_space) lead = 0;
    for (; lead && p->c0 < p->c1; lead--) {
        uint32_t cp;
        p->b0 += (uint32_t)gr_utf8_next(&cp, text.p + p->b0, text.n - p->b0);
        p->c0++;
    }
    if (trail > p->c1) return;
    for (; trail && p->c1 > p->c0; trail--) {
        do p->b1--;
        while (p->b1 > p->b0 && ((unsigned char)text.p[p->b1] & 0xC0) == 0x80);
        p->c1--;
    }
}

void gr_post_trim(const gr_post *post, gr_tok_piece *p, gr_sv text, size_t lead, size_t trail, bool first)
{
    for (size_t i = 0; i < post->n_trims; i++) trim_once(post->prefix_space[i], p, text, lead, trail, first);
}
