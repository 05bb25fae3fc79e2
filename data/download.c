/* download.c - see download.h. A part that an earlier call left may be of another file by now: when the whole does not have the digest, a
 * download that was resumed is made once more from its first byte before it is given up. */
#include "data/download.h"

#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/log.h"
#include "data/part.h"

enum { WAIT_TOLD_S = 3 };

/* One file on its way. */
typedef struct job {
    const gr_download *d;
    gr_fetch          *fetch;
    gr_part            part;
    int64_t            kept;   /* bytes of the part that an earlier call left */
    bool               denied;
} job;

/* ---- what the transfer hands us ---- */

static int64_t most(const gr_download *d)
{
    return d->size >= 0 ? d->size : d->most > 0 ? d->most : GR_DOWNLOAD_MOST;
}

static gr_status too_much(const gr_download *d, gr_err *err)
{
    if (d->size >= 0) return gr_fail(err, GR_E_CHECKSUM, "more than the %lld bytes that the manifest has", (long long)d->size);
    return gr_fail(err, GR_E_CHECKSUM, "more than %lld bytes, and its manifest does not say how many it should have", (long long)most(d));
}

static gr_status on_begin(void *user, int64_t from, int64_t total, gr_err *err)
{
    job *const               j = user;
    const gr_download *const d = j->d;

    if (from != j->part.size) {
        j->kept = 0;
        GR_TRY(gr_part_restart(&j->part, err));
    }
    if (d->size >= 0 && total >= 0 && total != d->size)
        return gr_fail(err, GR_E_CHECKSUM, "the server has %lld bytes where the manifest has %lld", (long long)total, (long long)d->size);
    if (d->size < 0 && total > most(d)) return too_much(d, err);
    return GR_OK;
}

static gr_status on_bytes(void *user, const void *p, size_t n, gr_err *err)
{
    job *const               j = user;
    const gr_download *const d = j->d;

    if ((uint64_t)n > (uint64_t)(most(d) - j->part.size)) return too_much(d, err);
    GR_TRY(gr_part_add(&j->part, p, n, err));
    if (d->progress != NULL) d->progress(d->user, j->part.size, d->size);
    return GR_OK;
}

static bool on_stop(void *user)
{
    const job *const j = user;

    return j->d->stop(j->d->user);
}

/* ---- trying ---- */

/* False when it is interrupted meanwhile. */
static bool wait_seconds(const gr_download *d, int64_t seconds)
{
    const struct timespec tenth = { 0, 100000000L };

    for (int64_t i = 0; i < seconds * 10; i++) {
        if (d->stop(d->user)) return false;
        (void)nanosleep(&tenth, NULL);
    }
    return true;
}

/* As long as the server asks for, but not less than our own patience; a wait that somebody would wonder about is told. */
static bool wait_before_next(const gr_download *d, int64_t asked, int failures)
{
    if (asked >= WAIT_TOLD_S) gr_warn("%s: the server asks us to wait %lld s", gr_fs_basename(d->path), (long long)asked);
    return wait_seconds(d, asked > failures ? asked : failures);
}

/* All the bytes into the part, in as many goes as it takes and is allowed. */
static gr_status receive(job *j, gr_err *err)
{
    const gr_fetch_sink sink = { on_begin, on_bytes, on_stop, j };
    const gr_download  *d = j->d;

    for (int failures = 0;;) {
        const gr_fetch_request r = { d->url, j->part.size, d->plain, d->token, d->stall_s };
        gr_fetch_answer        answer;
        gr_status              s;

        if (d->size >= 0 && j->part.size == d->size) return GR_OK; /* it was only not yet looked at */
        s = gr_fetch_get(j->fetch, &r, &sink, &answer, err);
        j->denied = answer.denied;
        if (s == GR_OK) return GR_OK;
        if (answer.past_end && r.from > 0) { /* the part may be the whole, or of another file */
            if (d->sha256 != NULL) return GR_OK;
            j->kept = 0;
            GR_TRY(gr_part_restart(&j->part, err));
        } else if (!answer.again || failures++ >= d->retries) {
            return s;
        } else if (answer.wait_s > GR_DOWNLOAD_WAIT_S) {
            return gr_wrap(err, s, "to be tried in %lld s, as the server asks", (long long)answer.wait_s);
        } else if (!wait_before_next(d, answer.wait_s, failures)) {
            return gr_fail(err, GR_E_CANCELLED, "%.200s: interrupted", d->url);
        }
    }
}

/* Size and digest of the whole part, or what the caller's check says of it. */
static gr_status compare(const job *j, char hex[GR_SHA256_HEX], gr_err *err)
{
    const gr_download *const d = j->d;
    gr_status                s = GR_OK;

    gr_part_sha256(&j->part, hex);
    if (d->size >= 0 && j->part.size != d->size)
        return gr_fail(err, GR_E_CHECKSUM, "%lld bytes came where the manifest has %lld", (long long)j->part.size, (long long)d->size);
    if (d->sha256 != NULL && strcmp(hex, d->sha256) != 0)
        return gr_fail(err, GR_E_CHECKSUM, "its sha256 is %s where the manifest has %s", hex, d->sha256);
    if (d->sha256 == NULL && d->check != NULL) s = d->check(d->user, j->part.name, err);
    return s == GR_E_FORMAT || s == GR_E_NOTFOUND ? gr_wrap(err, GR_E_CHECKSUM, "not the file of the manifest") : s;
}

/* Receive, compare; once more from the first byte when what was resumed is wrong. */
static gr_status make(job *j, char hex[GR_SHA256_HEX], gr_err *err)
{
    for (;;) {
        gr_status s = receive(j, err);

        if (s == GR_OK) s = compare(j, hex, err);
        if (s != GR_E_CHECKSUM || j->kept == 0) return s;
        j->kept = 0;
        GR_TRY(gr_part_restart(&j->part, err));
    }
}

gr_status gr_download_run(gr_downloaded *out, gr_fetch *f, const gr_download *d, gr_err *err)
{
    job       j = { .d = d, .fetch = f };
    gr_status s;

    *out = (gr_downloaded){ 0 };
    GR_TRY(gr_part_open(&j.part, d->path, err));
    s = d->anew || j.part.size > most(d) ? gr_part_restart(&j.part, err) : GR_OK;
    j.kept = j.part.size;
    if (s == GR_OK) s = make(&j, out->sha256, err);
    out->size = j.part.size;
    out->resumed = j.kept;
    out->denied = j.denied;
    if (s == GR_OK) {
        s = gr_part_commit(&j.part, err);
    } else if (s == GR_E_CHECKSUM) { /* of no use to a next call either */
        gr_part_drop(&j.part);
        out->size = 0;
        s = gr_wrap(err, s, "%.100s", gr_fs_basename(d->path));
    }
    gr_part_close(&j.part);
    return s;
}

gr_status gr_download_verify(const char *path, const char *sha256, int64_t size, gr_err *err)
{
    const int64_t is = gr_fs_size(path);
    char          hex[GR_SHA256_HEX];

    if (size >= 0 && is >= 0 && is != size)
        return gr_fail(err, GR_E_CHECKSUM, "%.300s: %lld bytes where the manifest has %lld", path, (long long)is, (long long)size);
    if (sha256 == NULL) return GR_OK;
    GR_TRY(gr_sha256_file(hex, path, err));
    if (strcmp(hex, sha256) != 0)
        return gr_fail(err, GR_E_CHECKSUM, "%.200s: its sha256 is %s where the manifest has %s", path, hex, sha256);
    return GR_OK;
}
