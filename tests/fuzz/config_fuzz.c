/* config_fuzz.c - any bytes as a config.json; what is accepted must give a consistent parameter table. */
#include <string.h>

#include "model/config.h"
#include "model/params.h"
#include "tests/fuzz/fuzz.h"

/* Offsets rise and stay inside the slab. Large tables are left out: the sizes alone are the same code. */
static int check_table(const gr_config *c)
{
    gr_params t;
    size_t end = 0;
    int bad = 0;

    if (c->layers > 64) return 0;
    if (gr_params_build(&t, c, (gr_head_spec){ GR_HEAD_CLASS, 2 }, NULL) != GR_OK) return 0;
    for (size_t i = 0; i < t.n; i++) {
        bad |= t.p[i].offset < end;
        end = t.p[i].offset + t.p[i].count;
    }
    bad |= end > t.total || t.n_weights > t.total || t.word_emb != 0 || t.head_b != (int32_t)t.n - 1;
    gr_params_free(&t);
    return bad;
}

int gr_fuzz_one(const uint8_t *data, size_t size)
{
    gr_err err = GR_ERR_INIT;
    gr_config c;
    int bad = 0;

    if (gr_config_parse(&c, (const char *)data, size, &err) == GR_OK) {
        bad |= c.hidden % c.heads != 0 || c.pad_id >= c.vocab_size || (c.labels && c.n_labels < 1);
        for (int32_t i = 0; c.labels && i < c.n_labels; i++) bad |= c.labels[i] == NULL;
        bad |= check_table(&c);
        gr_config_free(&c);
    } else {
        bad |= err.msg[0] == '\0' || c.source != NULL;
    }
    return bad;
}
