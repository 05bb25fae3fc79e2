/* tensorboard.c - see tensorboard.h. Of a record (tensorflow's record_writer.cc): length (8 bytes), masked CRC of the length (4), an
 * Event, masked CRC of the Event (4), all little-endian. An Event (event.proto, summary.proto) is a protocol buffer: fields of a number and
 * a wire type, integers seven bits a byte. */
#include "results/tensorboard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/fs.h"
#include "base/json.h"

/* ---- CRC-32C (Castagnoli), as records have it ---- */

static uint32_t crc32c(const char *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;

    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)p[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

/* crc32c.h: a CRC of data that holds CRCs is no good check of them, so they are turned and moved. */
static uint32_t masked(uint32_t crc)
{
    return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

static void little_endian(gr_buf *out, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) gr_buf_addc(out, (char)(unsigned char)(v >> 8 * i));
}

static void add_record(gr_buf *out, const gr_buf *event)
{
    gr_buf length = { 0 };

    little_endian(&length, event->n, 8);
    gr_buf_add(out, length.p, length.n);
    little_endian(out, length.oom ? 0 : masked(crc32c(length.p, length.n)), 4);
    gr_buf_add(out, event->p, event->n);
    little_endian(out, event->oom ? 0 : masked(crc32c(event->p, event->n)), 4);
    out->oom = out->oom || length.oom || event->oom;
    gr_buf_free(&length);
}

/* ---- protocol buffers ---- */

typedef enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 } wire;

static void varint(gr_buf *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7) gr_buf_addc(out, (char)(unsigned char)(v | 0x80));
    gr_buf_addc(out, (char)(unsigned char)v);
}

static void key(gr_buf *out, int field, wire w)
{
    varint(out, (uint64_t)field << 3 | (uint64_t)w);
}

static void bytes(gr_buf *out, int field, const char *p, size_t n)
{
    key(out, field, BYTES);
    varint(out, n);
    gr_buf_add(out, p, n);
}

enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_NUMBER = 2 };

static void event_time(gr_buf *out, double time)
{
    uint64_t bits;

    memcpy(&bits, &time, sizeof bits);
    key(out, EVENT_TIME, FIXED64);
    little_endian(out, bits, 8);
}

/* "train/loss" of "loss", "eval/f1" of "eval_f1", "test/f1" of "test_f1" */
static void add_value(gr_buf *summary, const char *name, double v)
{
    const bool eval = strncmp(name, "eval_", 5) == 0, test = strncmp(name, "test_", 5) == 0;
    const float number = (float)v;
    gr_buf value = { 0 }, tag = { 0 };
    uint32_t bits;

    memcpy(&bits, &number, sizeof bits);
    gr_buf_adds(&tag, eval ? "eval/" : test ? "test/" : "train/");
    gr_buf_adds(&tag, name + (eval || test ? 5 : 0));
    bytes(&value, VALUE_TAG, tag.p, tag.n);
    key(&value, VALUE_NUMBER, FIXED32);
    little_endian(&value, bits, 4);
    bytes(summary, SUMMARY_VALUE, value.p, value.n);
    summary->oom = summary->oom || value.oom || tag.oom;
    gr_buf_free(&value);
    gr_buf_free(&tag);
}

void gr_tensorboard_head(gr_buf *out, double time)
{
    static const char version[] = "brain.Event:2";
    gr_buf event = { 0 };

    event_time(&event, time);
    bytes(&event, EVENT_VERSION, version, sizeof version - 1);
    add_record(out, &event);
    gr_buf_free(&event);
}

gr_status gr_tensorboard_event(gr_buf *out, gr_sv line, double time, gr_err *err)
{
    gr_buf event = { 0 }, summary = { 0 };
    gr_json *j = NULL;
    int64_t step = 0;
    gr_status s = gr_json_parse(&j, line.p, line.n, err);

    if (s == GR_OK) s = gr_json_need_int(&step, j, "step", 0, INT64_MAX, err);
    for (const gr_json *v = s == GR_OK ? gr_json_first(j) : NULL; v; v = gr_json_next(v))
        if (gr_json_is_number(v) && strcmp(gr_json_key(v), "step") != 0) add_value(&summary, gr_json_key(v), gr_json_num(v, 0));
    if (summary.n) {
        event_time(&event, time);
        key(&event, EVENT_STEP, VARINT);
        varint(&event, (uint64_t)step);
        bytes(&event, EVENT_SUMMARY, summary.p, summary.n);
        add_record(out, &event);
    }
    if (s == GR_OK && (out->oom || summary.oom)) s = gr_fail_nomem(err, "an event");
    gr_buf_free(&event);
    gr_buf_free(&summary);
    gr_json_free(j);
    return s;
}

/* ---- the file ---- */

struct gr_tensorboard {
    FILE  *f;
    gr_err first; /* failure; status GR_OK: none */
    bool   cut;   /* a record could not be written whole */
    char   path[GR_PATH_MAX];
};

static double now(void)
{
    struct timespec t;

    return clock_gettime(CLOCK_REALTIME, &t) == 0 ? (double)t.tv_sec + 1e-9 * (double)t.tv_nsec : 0;
}

/* Writes b and forgets it; behind a record that is cut short nothing can be read, so nothing follows it. */
static void put(gr_tensorboard *t, gr_buf *b)
{
    const bool cut = !b->oom && b->n && !t->cut && (fwrite(b->p, 1, b->n, t->f) != b->n || fflush(t->f) != 0);

    if (t->first.status == GR_OK && b->oom) (void)gr_fail_nomem(&t->first, "an event file");
    if (t->first.status == GR_OK && cut) (void)gr_fail(&t->first, GR_E_IO, "%s: cannot be written", t->path);
    t->cut = t->cut || cut;
    gr_buf_free(b);
}

gr_status gr_tensorboard_open(gr_tensorboard **out, const char *dir, gr_err *err)
{
    gr_tensorboard *t;
    char name[64];
    gr_buf b = { 0 };

    *out = NULL;
    GR_TRY(gr_fs_mkdirs(dir, err));
    t = calloc(1, sizeof *t);
    if (!t) return gr_fail_nomem(err, "an event file");
    (void)snprintf(name, sizeof name, "events.out.tfevents.%.0f.glue-run", floor(now())); /* TensorBoard looks for "tfevents" */
    if (!gr_fs_join(t->path, sizeof t->path, dir, name) || !(t->f = fopen(t->path, "wb"))) {
        const gr_status s = gr_fail(err, GR_E_IO, "%.3000s/%s: cannot be written", dir, name);
        free(t);
        return s;
    }
    gr_tensorboard_head(&b, now());
    put(t, &b);
    *out = t;
    return GR_OK;
}

void gr_tensorboard_add(gr_tensorboard *t, gr_sv line)
{
    gr_buf b = { 0 };
    gr_err why = GR_ERR_INIT;

    if (!t) return;
    if (gr_tensorboard_event(&b, line, now(), &why) != GR_OK && t->first.status == GR_OK) {
        (void)gr_wrap(&why, why.status, "%s: a line of the log", t->path);
        t->first = why;
    }
    put(t, &b);
}

gr_status gr_tensorboard_close(gr_tensorboard *t, gr_err *err)
{
    gr_status s;

    if (!t) return GR_OK;
    if (fclose(t->f) != 0 && t->first.status == GR_OK) (void)gr_fail(&t->first, GR_E_IO, "%s: cannot be written", t->path);
    s = t->first.status;
    if (s != GR_OK && err) *err = t->first;
    free(t);
    return s;
}
