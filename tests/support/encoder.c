/* encoder.c - see encoder.h. */
#include "tests/support/encoder.h"

#include "base/fs.h"
#include "model/weights.h"
#include "tests/support/test.h"

void gr_copy_file(const char *from_dir, const char *to_dir, const char *name)
{
    char   from[GR_PATH_MAX], to[GR_PATH_MAX], *text = NULL;
    size_t n;
    gr_err err = GR_ERR_INIT;

    assert_true(gr_fs_join(from, sizeof from, from_dir, name) && gr_fs_join(to, sizeof to, to_dir, name));
    assert_ok(gr_fs_read(&text, &n, from, 0, &err), &err);
    assert_ok(gr_fs_write(to, text, n, &err), &err);
    free(text);
}

static size_t count_lines(const char *path)
{
    char  *text = NULL;
    size_t n, lines = 0;
    gr_err err = GR_ERR_INIT;

    assert_ok(gr_fs_read(&text, &n, path, 0, &err), &err);
    for (size_t i = 0; i < n; i++) lines += text[i] == '\n';
    free(text);
    return lines;
}

static void write_config(const char *dir, const gr_encoder_opts *o)
{
    char   path[GR_PATH_MAX];
    gr_buf b = { 0 };
    gr_err err = GR_ERR_INIT;

    gr_buf_addf(&b, "{\"model_type\":\"bert\",\"architectures\":[\"BertModel\"],\"vocab_size\":%zu,\"hidden_size\":%d,\"num_hidden_layers\":%d,"
                    "\"num_attention_heads\":%d,\"intermediate_size\":%d,\"hidden_act\":\"gelu\",\"max_position_embeddings\":%d,"
                    "\"type_vocab_size\":2,\"layer_norm_eps\":1e-12,\"initializer_range\":%g,\"pad_token_id\":0,"
                    "\"hidden_dropout_prob\":%g,\"attention_probs_dropout_prob\":%g}\n",
                count_lines(GR_SOURCE_DIR "/model/demo/vocab.txt"), o->hidden, o->layers, o->heads, o->inter, o->positions, o->init_range, o->dropout, o->dropout);
    assert_true(gr_fs_join(path, sizeof path, dir, "config.json"));
    assert_ok(gr_fs_write(path, b.p, b.n, &err), &err);
    gr_buf_free(&b);
}

const char *gr_encoder_folder(const char *name, const gr_encoder_opts *o)
{
    static char path[4][GR_PATH_MAX];
    static int  turn;
    char       *dir = path[turn++ % 4], source[GR_PATH_MAX], config[GR_PATH_MAX];
    gr_model   *m = NULL;
    gr_err      err = GR_ERR_INIT;

    assert_true(gr_fs_join(dir, GR_PATH_MAX, gr_test_tmpdir(), name) && snprintf(source, sizeof source, "%.4000s.source", dir) > 0);
    assert_ok(gr_fs_mkdirs(source, &err), &err);
    assert_ok(gr_fs_mkdirs(dir, &err), &err);
    gr_copy_file(GR_SOURCE_DIR "/model/demo", source, "vocab.txt");
    gr_copy_file(GR_SOURCE_DIR "/model/demo", source, "tokenizer_config.json");
    write_config(source, o);
    assert_true(gr_fs_join(config, sizeof config, source, "config.json"));
    assert_ok(gr_model_create(&m, config, &(gr_model_opts){ .dir = source, .head = { GR_HEAD_EMBED, 0 }, .seed = o->seed, .elem = 4, .dropout = -1 }, &err), &err);
    assert_ok(gr_model_save(m, dir, &err), &err);
    gr_model_close(m);
    return dir;
}
