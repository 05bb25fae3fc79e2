/* progress.c - how far a long job is; see progress.h. A bar is redrawn at most ten times a second, lines
 * come every interval; the time left is that of the pace so far. */
#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/log_bar.h"

enum { TITLE = 64, NOTE = 128, ROW = 512 };

struct gr_progress {
    gr_progress_mode mode; /* LINES or BAR */
    int64_t          total, done;
    double           interval, started, last;
    char             title[TITLE], note[NOTE];
};

double gr_clock_seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int columns(void)
{
    struct winsize w;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col < 20) return 80;
    return w.ws_col < ROW ? w.ws_col : ROW - 1;
}

static gr_progress_mode choose(gr_progress_mode mode)
{
    const char *off = getenv("NO_PROGRESS");

    if (mode != GR_PROGRESS_AUTO) return mode;
    return isatty(STDERR_FILENO) && !(off && *off) ? GR_PROGRESS_BAR : GR_PROGRESS_LINES;
}

/* "0:07", "1:02:33" */
static void clock_text(char *out, size_t cap, double seconds)
{
    const long s = seconds < 0 ? 0 : seconds > 359999 ? 359999 : (long)(seconds + 0.5);

    if (s >= 3600) (void)snprintf(out, cap, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else (void)snprintf(out, cap, "%ld:%02ld", s / 60, s % 60);
}

/* "title 120/500  0:12 left  loss 0.41": what people wait for stands where a narrow terminal does not cut it off. Of a total that is not known nothing is said. */
static void describe(char *out, size_t cap, const gr_progress *p)
{
    const double spent = gr_clock_seconds() - p->started;
    char left[32] = "", of[32] = "";

    if (p->done > 0 && p->total > p->done)
        clock_text(left, sizeof left, spent / (double)p->done * (double)(p->total - p->done));
    if (p->total > 0) (void)snprintf(of, sizeof of, "/%lld", (long long)p->total);
    (void)snprintf(out, cap, "%s %lld%s%s%s%s%s%s", p->title, (long long)p->done, of, left[0] ? "  " : "", left, left[0] ? " left" : "",
                   p->note[0] ? "  " : "", p->note);
}

static void clear_bar(void *user)
{
    (void)user;
    (void)fputs("\r\033[K", stderr);
    (void)fflush(stderr);
}

/* Cells of the bar: a fifth of the row, fewer where the words want the room, but some. */
static int bar_cells(int width, const char *words)
{
    enum { FEWEST = 6, BESIDE = 4 };
    const int most = width / 5, room = width - BESIDE - (int)strlen(words);

    return room >= most ? most : room > FEWEST ? room : most < FEWEST ? most : FEWEST;
}

/* [=======>     ], then the words, cut to the row's width. */
static void draw_bar(void *user)
{
    const gr_progress *p = user;
    const int width = columns();
    const double share = p->total > 0 ? (double)p->done / (double)p->total : 0;
    char words[ROW], row[ROW + ROW];
    int n = 0, cells, full;

    describe(words, sizeof words, p);
    cells = bar_cells(width, words);
    full = (int)((share > 1 ? 1 : share) * cells);
    row[n++] = '[';
    for (int i = 0; i < cells; i++) row[n++] = i < full ? '=' : i == full ? '>' : ' ';
    row[n++] = ']';
    row[n++] = ' ';
    (void)snprintf(row + n, sizeof row - (size_t)n, "%s", words);
    row[width - 1] = '\0';
    (void)fprintf(stderr, "\r%s\033[K", row);
    (void)fflush(stderr);
}

static void keep(char *out, size_t cap, const char *text)
{
    (void)snprintf(out, cap, "%s", text ? text : "");
    for (; *out; out++)
        if ((unsigned char)*out < 0x20 || *out == 0x7f) *out = '?';
}

gr_progress *gr_progress_start(gr_progress_mode mode, const char *title, int64_t total, double interval_s)
{
    gr_progress *p;
    bool quiet;

    mode = choose(mode);
    gr_log_hold();
    quiet = gr_log_is_quiet();
    gr_log_release();
    if (mode == GR_PROGRESS_OFF || quiet) return NULL;
    p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->mode = mode;
    p->total = total;
    p->interval = interval_s;
    p->started = gr_clock_seconds();
    p->last = mode == GR_PROGRESS_BAR ? 0 : p->started;
    keep(p->title, sizeof p->title, title);
    gr_log_hold();
    if (p->mode == GR_PROGRESS_BAR && gr_log_has_bar()) p->mode = GR_PROGRESS_LINES; /* one bar at a time */
    if (p->mode == GR_PROGRESS_BAR) {
        const gr_log_bar bar = { clear_bar, draw_bar, p };
        gr_log_set_bar(&bar);
        draw_bar(p);
    }
    gr_log_release();
    return p;
}

void gr_progress_update(gr_progress *p, int64_t done, const char *note)
{
    const double redraw = 0.1;
    double now;

    if (!p) return;
    now = gr_clock_seconds();
    gr_log_hold();
    p->done = done;
    keep(p->note, sizeof p->note, note);
    if (p->mode == GR_PROGRESS_BAR && now - p->last >= redraw) {
        draw_bar(p);
        p->last = now;
    } else if (p->mode == GR_PROGRESS_LINES && now - p->last >= p->interval) {
        char words[ROW];

        describe(words, sizeof words, p);
        (void)fprintf(stderr, "%s\n", words);
        p->last = now;
    }
    gr_log_release();
}

void gr_progress_finish(gr_progress *p, const char *summary)
{
    if (!p) return;
    gr_log_hold();
    if (p->mode == GR_PROGRESS_BAR) {
        clear_bar(p);
        gr_log_set_bar(NULL);
    }
    if (summary) {
        char spent[32];

        clock_text(spent, sizeof spent, gr_clock_seconds() - p->started);
        keep(p->note, sizeof p->note, summary);
        (void)fprintf(stderr, "%s %s in %s\n", p->title, p->note, spent);
    }
    gr_log_release();
    free(p);
}
