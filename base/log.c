/* log.c - one line a note; see log.h. The struct below is the one shared state of the process: the
 * terminal itself is shared, so the state that guards it is too. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log_bar.h"
#include "base/rng.h"
#include "base/utf8.h"

enum { LINE_MAX_BYTES = 2048, SAID_MAX = 256 };

static struct {
    pthread_mutex_t lock;
    gr_log_level    level;
    gr_log_sink     sink;
    void           *user;
    gr_log_bar      bar;
    bool            once;           /* gr_log_set_once */
    uint32_t        said[SAID_MAX]; /* hashes of the warnings so far */
    int             n_said;
} terminal = { .lock = PTHREAD_MUTEX_INITIALIZER, .level = GR_LOG_INFO };

void gr_log_hold(void)
{
    (void)pthread_mutex_lock(&terminal.lock);
}

void gr_log_release(void)
{
    (void)pthread_mutex_unlock(&terminal.lock);
}

void gr_log_set_bar(const gr_log_bar *bar)
{
    const gr_log_bar none = { NULL, NULL, NULL };
    terminal.bar = bar ? *bar : none;
}

bool gr_log_has_bar(void)
{
    return terminal.bar.draw != NULL;
}

bool gr_log_is_quiet(void)
{
    return terminal.level < GR_LOG_INFO;
}

void gr_log_set_level(gr_log_level level)
{
    gr_log_hold();
    terminal.level = level;
    gr_log_release();
}

void gr_log_set_once(bool on)
{
    gr_log_hold();
    terminal.once = on;
    terminal.n_said = 0;
    gr_log_release();
}

/* Was this very warning said before? Beyond SAID_MAX different ones all are new. */
static bool said_before(const char *line)
{
    const uint32_t h = gr_rng_hash(line);

    for (int i = 0; i < terminal.n_said; i++)
        if (terminal.said[i] == h) return true;
    if (terminal.n_said < SAID_MAX) terminal.said[terminal.n_said++] = h;
    return false;
}

void gr_log_set_sink(gr_log_sink sink, void *user)
{
    gr_log_hold();
    terminal.sink = sink;
    terminal.user = user;
    gr_log_release();
}

static const char *prefix(gr_log_level level)
{
    switch (level) {
    case GR_LOG_ERROR:
        return "error: ";
    case GR_LOG_WARN:
        return "warning: ";
    case GR_LOG_DEBUG:
        return "debug: ";
    default:
        return "";
    }
}

void gr_log(gr_log_level level, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    gr_utf8_one_line(line); /* a file name or a server's words may hold escape codes: they stay off the terminal */
    gr_log_hold();
    if (level != GR_LOG_QUIET && level <= terminal.level) {
        if (terminal.once && level == GR_LOG_WARN && said_before(line)) {
            /* a suite of twenty jobs warns of its encoder once; each record has the warning all the same */
        } else if (terminal.sink) {
            terminal.sink(terminal.user, level, line);
        } else {
            if (terminal.bar.clear) terminal.bar.clear(terminal.bar.user);
            (void)fprintf(stderr, "%s%s\n", prefix(level), line);
            if (terminal.bar.draw) terminal.bar.draw(terminal.bar.user);
        }
    }
    gr_log_release();
}

void gr_log_place(const gr_err *err)
{
    const char *const slash = err->file ? strrchr(err->file, '/') : NULL;

    if (err->file) gr_log(GR_LOG_DEBUG, "raised at %s:%d", slash ? slash + 1 : err->file, err->line);
}
