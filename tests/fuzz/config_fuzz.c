/* config_fuzz.c - any bytes as a config.json; what is accepted must give a consistent parameter table for every head. */
#include <string.h>

#include "model/config.h"
#include "model/params.h"
#include "tests/fuzz/fuzz.h"

/* Offsets rise and stay inside the slab, whatever the head. Large tables are left out: the sizes alone are the same code. */
static int check_table(const gr_config *c, gr_head_spec head)
{
    gr_params t;
    size_t end = 0;
    int bad = 0;

    if (c->layers > 64 || gr_params_build(&t, c, head, NULL) != GR_OK) return 0;
    for (size_t i = 0; i < t.n; i++) {
        bad |= t.p[i].offset < end || t.p[i].count == 0 || t.p[i].name[0] == '\0';
        end = t.p[i].offset + t.p[i].count;
    }
    bad |= end > t.total || t.n_weights > t.total || t.word_emb < 0 || t.word_emb >= (int32_t)t.n || t.head_w >= (int32_t)t.n;
    gr_params_free(&t);
    return bad;
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    static const gr_head_spec heads[] = { { GR_HEAD_CLASS, 2 }, { GR_HEAD_REGRESSION, 1 }, { GR_HEAD_TOKEN, 5 }, { GR_HEAD_EMBED, 0 }, { GR_HEAD_MLM, 0 } };
    gr_err err = GR_ERR_INIT;
    gr_config c;
    int bad = 0;

    if (gr_config_parse(&c, (const char *)data, size, &err) == GR_OK) {
        bad |= c.hidden % c.heads != 0 || c.pad_id >= c.vocab_size || (c.labels && c.n_labels < 1);
        for (int32_t i = 0; c.labels && i < c.n_labels; i++) bad |= c.labels[i] == NULL;
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) bad |= check_table(&c, heads[i]);
        gr_config_free(&c);
    } else {
        bad |= err.msg[0] == '\0' || c.source != NULL;
    }
    return bad;
}
