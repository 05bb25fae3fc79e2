/* cmd_bench.c - `glue-run bench`: speed of training steps and inference, through the very sessions and batches that runs use.
 *
 * A case is a mode and a batch size (bench_run.c). The median over the repeats counts, the spread is (max - min) / median. Tokens are
 * real ones: there is no padding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/options.h"
#include "harness/bench.h"
#include "harness/cmd.h"
#include "harness/locate.h"
#include "model/session.h"

#define AT(f) offsetof(gr_bench_opts, f)
static const gr_opt options[] = {
    { .name = "model", .aliases = "model-name-or-path", .type = GR_OPT_STR, .offset = AT(model), .value = "NAME|DIR", .help = "encoder (default demo)" },
    { .name = "shape", .type = GR_OPT_STR, .offset = AT(shape), .value = "L,H,A,F", .help = "a BERT of L layers, H wide, A heads, F in the feed-forward part, random weights" },
    { .name = "mode", .type = GR_OPT_STR, .offset = AT(mode), .fallback = "train,infer", .value = "A,B", .help = "train, infer or both" },
    { .name = "batch-size", .type = GR_OPT_STR, .offset = AT(batch_size), .fallback = "8,32", .value = "N,M", .help = "rows a batch" },
    { .name = "rows", .type = GR_OPT_STR, .offset = AT(rows), .value = "FILE.tsv", .help = "text or text TAB pair a line (default: a fixed synthetic length mix)" },
    { .name = "length", .type = GR_OPT_INT, .offset = AT(length), .value = "N", .hi = 1e5, .help = "synthetic rows of exactly N tokens" },
    { .name = "steps", .type = GR_OPT_INT, .offset = AT(steps), .fallback = "10", .value = "N", .lo = 1, .hi = 1e6, .help = "batches a repeat" },
    { .name = "repeats", .type = GR_OPT_INT, .offset = AT(repeats), .fallback = "5", .value = "N", .lo = 1, .hi = 1000, .help = "measurements a case" },
    { .name = "warmup", .type = GR_OPT_INT, .offset = AT(warmup), .fallback = "2", .value = "N", .hi = 1e6, .help = "batches before them" },
    { .name = "max-length", .aliases = "max-seq-length", .type = GR_OPT_INT, .offset = AT(max_length), .fallback = "128", .value = "N", .lo = 8, .hi = 1e5, .help = "tokens a row at most" },
    { .name = "device", .type = GR_OPT_STR, .offset = AT(device), .fallback = "cpu", .value = "NAME", .help = "see list devices" },
    { .name = "precision", .type = GR_OPT_CHOICE, .offset = AT(precision), .fallback = "f32", .value = "NAME", .choices = "f32|bf16", .help = "operands of the matrix products" },
    { .name = "gradient-checkpointing", .type = GR_OPT_FLAG, .offset = AT(gradient_checkpointing), .help = "training keeps little of a layer and computes it again" },
    { .name = "deterministic", .type = GR_OPT_FLAG, .offset = AT(deterministic), .help = "the same bits on every processor model" },
    { .name = "roofline", .type = GR_OPT_FLAG, .offset = AT(roofline), .help = "share of each op, its GFLOP/s and GB/s; the step beside its matrix products back to back" },
    { .name = "threads", .type = GR_OPT_INT, .offset = AT(threads), .value = "N", .hi = 1024, .help = "default: all cores" },
    { .name = "json", .type = GR_OPT_FLAG, .offset = AT(json), .help = "one JSON object" },
    { .name = "help", .aliases = "h", .type = GR_OPT_FLAG, .offset = AT(help), .help = "this text" },
    { .name = NULL },
};

enum { MAX_CASES = 16 };

static gr_status plan_cases(gr_bench_case *out, size_t *n, const gr_bench_opts *o, gr_err *err)
{
    gr_sv modes = gr_sv_from(o->mode);

    *n = 0;
    while (modes.n) {
        const gr_sv mode = gr_sv_trim(gr_sv_split(&modes, ','));
        gr_sv sizes = gr_sv_from(o->batch_size);
        if (!gr_sv_is(mode, "train") && !gr_sv_is(mode, "infer"))
            return gr_fail(err, GR_E_ARG, "--mode '%.*s': train, infer or train,infer", GR_SV_FMT(mode));
        while (sizes.n) {
            const gr_sv size = gr_sv_trim(gr_sv_split(&sizes, ','));
            int64_t v;
            if (gr_sv_int(&v, size, NULL) != GR_OK || v < 1 || v > 65536 || *n == MAX_CASES)
                return gr_fail(err, GR_E_ARG, "--batch-size '%.*s': whole numbers from 1 to 65536, at most %d cases", GR_SV_FMT(size), MAX_CASES);
            out[(*n)++] = (gr_bench_case){ .mode = gr_sv_is(mode, "train") ? "train" : "infer", .batch_size = v, .steps = o->steps };
        }
    }
    return GR_OK;
}

/* ---- the model ---- */

/* "6,384,12,1536" as the configuration of a BERT with BERT's vocabulary. */
static gr_status made_model(gr_bench *b, const gr_model_opts *mo, gr_err *err)
{
    static const char *const names[4] = { "num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size" };
    gr_sv rest = gr_sv_from(b->o.shape);
    gr_json *j = gr_json_new_object();
    char *text = NULL;
    gr_status s = GR_OK;

    gr_json_add_str(j, "model_type", "bert");
    gr_json_add_int(j, "vocab_size", 30522);
    gr_json_add_int(j, "type_vocab_size", 2);
    gr_json_add_int(j, "max_position_embeddings", b->o.length > 512 ? b->o.length : 512);
    for (int i = 0; i < 4 && s == GR_OK; i++) {
        const gr_sv word = gr_sv_trim(gr_sv_split(&rest, ','));
        int64_t v;

        if (gr_sv_int(&v, word, NULL) != GR_OK || v < 1 || v > 65536)
            s = gr_fail(err, GR_E_ARG, "--shape '%s': layers, width, heads and feed-forward width, as 6,384,12,1536", b->o.shape);
        else gr_json_add_int(j, names[i], v);
    }
    if (s == GR_OK && rest.n) s = gr_fail(err, GR_E_ARG, "--shape '%s': four numbers", b->o.shape);
    if (s == GR_OK) s = gr_json_print(&text, j, false, err);
    if (s == GR_OK && (s = gr_model_create_from(&b->model, text, b->o.shape, mo, err)) != GR_OK)
        s = gr_wrap(err, s == GR_E_FORMAT ? GR_E_ARG : s, "--shape %s", b->o.shape); /* a configuration that the user made up */
    free(text);
    gr_json_free(j);
    return s;
}

static gr_status open_model(gr_bench *b, gr_err *err)
{
    const gr_device_info *device = gr_device_find(b->o.device);
    gr_model_opts mo = { .dir = b->dir, .head = { GR_HEAD_CLASS, 2 }, .seed = 42, .dropout = -1, .skip_sha256 = true };

    if (!device) return gr_fail(err, GR_E_ARG, "--device '%s': not one of `glue-run list devices`", b->o.device);
    mo.elem = device->elem;
    if (b->o.shape) {
        if (b->o.model || b->o.rows) return gr_fail(err, GR_E_ARG, "--shape makes a model without a tokenizer: --model and --rows do not go with it");
        return made_model(b, &mo, err);
    }
    GR_TRY(gr_locate_model(b->dir, b->o.model, err));
    return gr_model_open(&b->model, &mo, err);
}

/* ---- what is printed ---- */

static double rate(double amount, double seconds) { return seconds > 0.0 ? amount / seconds / 1e9 : 0.0; }

static gr_timed_sum optimizer(const gr_timed *t)
{
    const gr_timed_sum a = t->op[GR_TIMED_SUMSQ], b = t->op[GR_TIMED_ADAMW];

    return (gr_timed_sum){ a.calls + b.calls, a.seconds + b.seconds, 0.0, a.bytes + b.bytes };
}

static double all_ops(const gr_timed *t)
{
    double sum = 0.0;

    for (int i = 0; i < GR_TIMED_OPS; i++) sum += t->op[i].seconds;
    return sum;
}

static void roofline_json(gr_json *o, const gr_bench *b, const gr_roofline *r)
{
    const gr_timed_sum opt = optimizer(r->books);
    const double steps = (double)r->steps;
    gr_json *j = gr_json_add_object(o, "roofline"), *list;

    gr_json_add_num(j, "step_gflops", r->step_gflops);
    gr_json_add_num(j, "product_gflops", r->product_gflops);
    gr_json_add_num(j, "fraction", r->fraction);
    gr_json_add_num(j, "fraction_best", r->fraction_best);
    gr_json_add_num(j, "peak_gflops", b->peak.gflops);
    if (b->peak.bf16_gflops > 0.0) gr_json_add_num(j, "peak_bf16_gflops", b->peak.bf16_gflops);
    else gr_json_add_null(j, "peak_bf16_gflops");
    gr_json_add_num(j, "memory_read_gb_s", b->peak.read_gb);
    gr_json_add_num(j, "memory_update_gb_s", b->peak.update_gb);
    gr_json_add_num(j, "optimizer_bytes_per_step", opt.bytes / steps);
    gr_json_add_num(j, "optimizer_gb_s", rate(opt.bytes, opt.seconds));
    gr_json_add_num(j, "flops_per_step", gr_timed_flops(r->books) / steps);
    gr_json_add_num(j, "timing_slowdown", r->slowdown);
    gr_json_add_num(j, "outside_share", 1.0 - all_ops(r->books) / r->seconds);
    list = gr_json_add_array(j, "ops");
    for (int i = 0; i < GR_TIMED_OPS; i++) {
        const gr_timed_sum *s = &r->books->op[i];
        gr_json *k;
        if (!s->calls) continue;
        k = gr_json_add_object(list, NULL);
        gr_json_add_str(k, "op", gr_timed_op_name((gr_timed_op)i));
        gr_json_add_num(k, "calls_per_step", (double)s->calls / steps);
        gr_json_add_num(k, "ms_per_step", 1e3 * s->seconds / steps);
        gr_json_add_num(k, "share", s->seconds / r->seconds);
        gr_json_add_num(k, "gflops", rate(s->flops, s->seconds));
        gr_json_add_num(k, "gb_s", rate(s->bytes, s->seconds));
    }
}

static void case_json(gr_json *o, const gr_bench *b, const gr_bench_case *c)
{
    gr_json_add_str(o, "mode", c->mode);
    gr_json_add_int(o, "batch_size", c->batch_size);
    gr_json_add_int(o, "steps", c->steps);
    gr_json_add_num(o, "tokens", c->tokens);
    gr_json_add_num(o, "tokens_per_second", c->tokens_per_second);
    gr_json_add_num(o, "examples_per_second", c->examples_per_second);
    gr_json_add_num(o, "gflops", c->gflops);
    gr_json_add_num(o, "flops", c->flops);
    gr_json_add_num(o, "peak_memory_mb", c->peak_memory_mb);
    gr_json_add_num(o, "median", c->median);
    gr_json_add_num(o, "spread", c->spread);
    if (c->roof.books) roofline_json(o, b, &c->roof);
}

static gr_status print_json(const gr_bench *b, const gr_bench_case *c, size_t n, gr_err *err)
{
    gr_json *j = gr_json_new_object(), *cases;
    char *text = NULL;
    gr_status s;

    gr_json_add_str(j, "model", b->model->name);
    gr_json_add_int(j, "params", (int64_t)b->model->params.n_weights);
    gr_json_add_str(j, "device", b->o.device);
    gr_json_add_str(j, "precision", b->o.precision);
    gr_json_add_bool(j, "deterministic", b->o.deterministic);
    gr_json_add_bool(j, "gradient_checkpointing", b->o.gradient_checkpointing);
    gr_json_add_int(j, "threads", gr_pool_threads(b->pool));
    cases = gr_json_add_array(j, "cases");
    for (size_t i = 0; i < n; i++) case_json(gr_json_add_object(cases, NULL), b, &c[i]);
    s = gr_json_print(&text, j, true, err);
    if (s == GR_OK) puts(text);
    free(text);
    gr_json_free(j);
    return s;
}

static void print_roofline(const gr_bench *b, const gr_bench_case *c)
{
    const gr_roofline *r = &c->roof;
    const gr_timed_sum opt = optimizer(r->books);
    const double steps = (double)r->steps;

    printf("\n%s, batch %lld: %.1f GFLOP/s in the step, %.1f in its matrix products back to back: %.2f of them (best rounds %.2f)\n", c->mode,
           (long long)c->batch_size, r->step_gflops, r->product_gflops, r->fraction, r->fraction_best);
    printf("  peak of %s multiply-adds %.1f GFLOP/s: the step %.0f %%, the products %.0f %%; memory reads %.1f GB/s, updates %.1f GB/s\n", b->peak.isa,
           b->peak.gflops, 100 * r->step_gflops / b->peak.gflops, 100 * r->product_gflops / b->peak.gflops, b->peak.read_gb, b->peak.update_gb);
    if (b->peak.bf16_gflops > 0.0) printf("  peak of products of bf16 pairs %.1f GFLOP/s\n", b->peak.bf16_gflops);
    if (opt.calls) printf("  optimiser: %.1f MB a step at %.1f GB/s\n", opt.bytes / steps / 1e6, rate(opt.bytes, opt.seconds));
    printf("\n  op                     calls   ms/step   share  GFLOP/s    GB/s\n");
    for (int i = 0; i < GR_TIMED_OPS; i++) {
        const gr_timed_sum *s = &r->books->op[i];
        char flops[16] = "-";
        if (!s->calls) continue;
        if (s->flops > 0.0) (void)snprintf(flops, sizeof flops, "%.1f", rate(s->flops, s->seconds));
        printf("  %-20s %7.1f %9.3f  %5.1f%% %8s %7.1f\n", gr_timed_op_name((gr_timed_op)i), (double)s->calls / steps, 1e3 * s->seconds / steps,
               100 * s->seconds / r->seconds, flops, rate(s->bytes, s->seconds));
    }
    printf("  %-20s %7s %9.3f  %5.1f%%\n", "outside of ops", "", 1e3 * (r->seconds - all_ops(r->books)) / steps, 100 * (1.0 - all_ops(r->books) / r->seconds));
}

static void print_text(const gr_bench *b, const gr_bench_case *c, size_t n)
{
    printf("%s, %s, %s, %d thread%s, medians of %lld%s%s\n\n", b->model->name, b->o.device, b->o.precision, gr_pool_threads(b->pool),
           gr_pool_threads(b->pool) == 1 ? "" : "s", (long long)b->o.repeats, b->o.deterministic ? ", deterministic" : "",
           b->o.gradient_checkpointing ? ", gradient checkpointing" : "");
    printf("mode   batch  tokens/s  examples/s  GFLOP/s  peak MB  spread\n");
    for (size_t i = 0; i < n; i++)
        printf("%-5s %6lld %9.0f %11.1f %8.1f %8.0f  %5.1f%%\n", c[i].mode, (long long)c[i].batch_size, c[i].tokens_per_second,
               c[i].examples_per_second, c[i].gflops, c[i].peak_memory_mb, 100 * c[i].spread);
    for (size_t i = 0; i < n; i++)
        if (c[i].roof.books) print_roofline(b, &c[i]);
}

/* ---- the command ---- */

static gr_status measure(gr_bench *b, gr_bench_case *c, gr_err *err)
{
    size_t n = 0;

    gr_log_set_level(GR_LOG_ERROR);
    GR_TRY(plan_cases(c, &n, &b->o, err));
    GR_TRY(gr_pool_open(&b->pool, b->o.threads > 0 ? (int)b->o.threads : gr_pool_default_threads(), err));
    GR_TRY(open_model(b, err));
    GR_TRY(gr_bench_rows(b, err));
    for (size_t i = 0; i < n; i++) GR_TRY(gr_bench_run(b, &c[i], err));
    if (b->o.roofline) GR_TRY(gr_peak_measure(&b->peak, b->pool, err));
    if (b->o.json) return print_json(b, c, n, err);
    print_text(b, c, n);
    return GR_OK;
}

int gr_cmd_bench(int argc, char **argv)
{
    static const gr_cmd_spec spec = { "glue-run bench [options]\n", options, "bench takes options only" };
    gr_cmd_words w;
    gr_bench b = { 0 };
    gr_bench_case c[MAX_CASES] = { 0 };
    gr_err err = GR_ERR_INIT;
    gr_status s = gr_cmd_begin(&w, &b.o, NULL, &spec, argc, argv, &err);

    if (s == GR_OK && !w.help) s = measure(&b, c, &err);
    for (size_t i = 0; i < MAX_CASES; i++) free(c[i].roof.books);
    gr_encoded_free(&b.rows);
    gr_model_close(b.model);
    gr_tok_close(b.tok);
    gr_pool_close(b.pool);
    return gr_cmd_end(&w, s, &err);
}
