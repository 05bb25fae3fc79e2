/* chart.c - see chart.h. Lengths are in the SVG's own units, which are the page's pixels at full size. */
#include "results/chart.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "results/markup.h"

const char gr_chart_style[] =
    "figure{margin:0;flex:1 1 20rem;max-width:34rem}figure.wide{max-width:48rem}figcaption{font-weight:600;margin:.2rem 0}\n"
    "figcaption span{font-weight:400;margin-left:.8em}figcaption i{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin-right:.3em;border:2px solid}\n"
    "svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}svg text.v{fill:var(--text);font-variant-numeric:tabular-nums}\n"
    "svg .grid{stroke:var(--line)}svg polyline{fill:none;stroke-width:2;stroke-linejoin:round}svg .bar{stroke-width:2;opacity:.45}\n"
    "svg .k{stroke:var(--soft)}svg .c0{stroke:var(--c0)}svg .c1{stroke:var(--c1)}svg .c2{stroke:var(--c2)}svg .c3{stroke:var(--c3)}\n"
    "svg circle{stroke-width:2;fill:var(--page)}svg circle.full{fill:var(--c0)}\n"
    "i.k{border-color:var(--soft)}i.c0,i.full{border-color:var(--c0)}i.full{background:var(--c0)}i.c1{border-color:var(--c1)}i.c2{border-color:var(--c2)}i.c3{border-color:var(--c3)}\n";

enum { COLORS = 4 };

/* ---- axes ---- */

gr_ticks gr_chart_ticks(double lo, double hi)
{
    static const double of_ten[] = { 1, 2, 5, 10 };
    const double most = fmax(fabs(lo), fabs(hi)), least = most > 1e-30 ? most * 5e-3 : 1;
    double spread = hi - lo, power, end;
    gr_ticks t = { 0 };
    int i = 0;

    if (spread < least) spread = least;
    power = pow(10, floor(log10(spread / 5)));
    while (i < 3 && of_ten[i] * power * 5 < spread * (1 - 1e-12)) i++;
    t.step = of_ten[i] * power;
    t.first = floor(lo / t.step + 1e-9) * t.step;
    end = ceil(hi / t.step - 1e-9) * t.step;
    t.count = (int)lround((end - t.first) / t.step) + 1;
    while (t.count < 3) {
        if (t.count % 2) t.first -= t.step;
        t.count++;
    }
    return t;
}

/* The value of tick i: 0 is not -0, nor what rounding left of it. */
static double tick(const gr_ticks *t, int i)
{
    const double v = t->first + i * t->step;

    return fabs(v) < t->step * 1e-6 ? 0 : v;
}

typedef struct axis { gr_ticks t; double at, length; } axis; /* from `at` on; a negative length runs upwards */

static double place(const axis *a, double v)
{
    return a->at + (v - a->t.first) / (a->t.step * (a->t.count - 1)) * a->length;
}

static void text(gr_buf *out, double x, double y, const char *anchor, const char *class, const char *s)
{
    gr_buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>", x, y, anchor, class);
    gr_markup_text(out, s);
    gr_buf_adds(out, "</text>\n");
}

static void tick_text(gr_buf *out, const axis *a, int i, double x, double y, const char *anchor)
{
    gr_buf_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%.6g</text>\n", x, y, anchor, tick(&a->t, i));
}

static void open_figure(gr_buf *out, const char *class, const char *title)
{
    gr_buf_addf(out, "<figure%s><figcaption>", class);
    gr_markup_text(out, title);
}

static void legend(gr_buf *out, const char *class, const char *name)
{
    gr_buf_addf(out, "<span><i class=\"%s\"></i>", class);
    gr_markup_text(out, name);
    gr_buf_adds(out, "</span>");
}

static void open_svg(gr_buf *out, double width, double height, const char *title)
{
    gr_buf_addf(out, "</figcaption>\n<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", width, height);
    gr_markup_text(out, title);
    gr_buf_adds(out, "\">\n");
}

/* ---- lines ---- */

enum { WIDTH = 440, HEIGHT = 220, LEFT = 48, RIGHT = 14, TOP = 8, BOTTOM = 36, DOTS_MOST = 60 };

static bool there(const gr_series *s, size_t i)
{
    const double most = 1e30; /* a loss beyond it has nothing to be read from a chart */

    return fabs(s->x[i]) < most && fabs(s->y[i]) < most;
}

/* The two axes; false where there is no point. */
static bool axes_of(axis *x, axis *y, const gr_lines *c)
{
    double lo[2] = { INFINITY, c->from_zero ? 0 : INFINITY }, hi[2] = { -INFINITY, -INFINITY };

    for (size_t k = 0; k < c->n; k++)
        for (size_t i = 0; i < c->series[k].n; i++) {
            const double v[2] = { c->series[k].x[i], c->series[k].y[i] };
            for (int d = 0; d < 2 && there(&c->series[k], i); d++) {
                lo[d] = fmin(lo[d], v[d]);
                hi[d] = fmax(hi[d], v[d]);
            }
        }
    if (!(lo[0] <= hi[0])) return false;
    *x = (axis){ gr_chart_ticks(lo[0], hi[0]), LEFT, WIDTH - LEFT - RIGHT };
    *y = (axis){ gr_chart_ticks(fmin(lo[1], hi[1]), hi[1]), HEIGHT - BOTTOM, -(HEIGHT - BOTTOM - TOP) };
    return true;
}

static void draw_axes(gr_buf *out, const axis *x, const axis *y, const char *x_name)
{
    for (int i = 0; i < y->t.count; i++) {
        const double at = place(y, tick(&y->t, i));
        gr_buf_addf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n", LEFT, WIDTH - RIGHT, at, at);
        tick_text(out, y, i, LEFT - 6, at + 4, "end");
    }
    for (int i = 0; i < x->t.count; i++) tick_text(out, x, i, place(x, tick(&x->t, i)), HEIGHT - BOTTOM + 16, "middle");
    text(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 4, "middle", "", x_name);
}

/* A polyline a run of points that are there; then the points themselves, each with its values to be read. */
static void draw_series(gr_buf *out, const gr_lines *c, const gr_series *s, const axis *x, const axis *y)
{
    const int color = s->color % COLORS;
    bool open = false;

    for (size_t i = 0; i < s->n; i++) {
        if (there(s, i)) gr_buf_addf(out, "%s%.1f,%.1f", open ? " " : "<polyline points=\"", place(x, s->x[i]), place(y, s->y[i]));
        else if (open) gr_buf_addf(out, "\" class=\"c%d\"/>\n", color);
        open = there(s, i);
    }
    if (open) gr_buf_addf(out, "\" class=\"c%d\"/>\n", color);
    for (size_t i = 0; i < s->n; i++) {
        const bool alone = (i == 0 || !there(s, i - 1)) && (i + 1 == s->n || !there(s, i + 1));
        if (!there(s, i) || (s->n > DOTS_MOST && !alone)) continue;
        gr_buf_addf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" class=\"c%d\"><title>", place(x, s->x[i]), place(y, s->y[i]), color);
        gr_markup_text(out, s->name);
        if (s->run) gr_buf_adds(out, ", ");
        if (s->run) gr_markup_text(out, s->run);
        gr_buf_adds(out, ", ");
        gr_markup_text(out, c->x_name);
        gr_buf_addf(out, " %.6g: %.4f</title></circle>\n", s->x[i], s->y[i]);
    }
}

void gr_chart_lines(gr_buf *out, const gr_lines *c)
{
    axis x, y;

    if (!axes_of(&x, &y, c)) return;
    open_figure(out, "", c->title);
    for (size_t k = 0; k < c->n; k++) {
        const char class[] = { 'c', (char)('0' + c->series[k].color % COLORS), '\0' };
        bool said = false, any = false;
        for (size_t before = 0; before < k; before++) said = said || strcmp(c->series[before].name, c->series[k].name) == 0;
        for (size_t i = 0; i < c->series[k].n; i++) any = any || there(&c->series[k], i);
        if (!said && any) legend(out, class, c->series[k].name);
    }
    open_svg(out, WIDTH, HEIGHT, c->title);
    draw_axes(out, &x, &y, c->x_name);
    for (size_t k = 0; k < c->n; k++) draw_series(out, c, &c->series[k], &x, &y);
    gr_buf_adds(out, "</svg></figure>\n");
}

/* ---- spans ---- */

enum { ROW = 24, LETTER = 7, GAP = 12, PLOT = 330, VALUES = 120, SPAN_BOTTOM = 22 };

/* Room for the longest label, its letters as wide as most of a sans serif of 11 pixels are at most. */
static int label_room(const gr_spans *c)
{
    size_t most = 0;

    for (size_t i = 0; i < c->n; i++) {
        const size_t n = gr_utf8_columns(gr_sv_from(c->row[i].label));
        if (n > most) most = n;
    }
    return (int)most * LETTER + 2 * GAP;
}

static void draw_dot(gr_buf *out, const axis *x, double v, double y, const char *class, const char *name)
{
    if (!isfinite(v)) return;
    gr_buf_addf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" class=\"%s\"><title>", place(x, v), y, class);
    gr_markup_text(out, name);
    gr_buf_addf(out, " %.4f</title></circle>\n", v);
}

static void draw_span(gr_buf *out, const gr_spans *c, const gr_span *r, const axis *x, double y)
{
    text(out, x->at - GAP, y + 4, "end", " class=\"v\"", r->label);
    if (isfinite(r->from)) gr_buf_addf(out, "<line class=\"c0 bar\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", place(x, r->from), place(x, r->to), y, y);
    if (isfinite(r->std))
        gr_buf_addf(out, "<line class=\"c0\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"><title>standard deviation over seeds %.4f</title></line>\n",
                    place(x, fmax(-1, r->to - r->std)), place(x, fmin(1, r->to + r->std)), y + 7, y + 7, r->std);
    draw_dot(out, x, r->from, y, "k", c->from_name);
    draw_dot(out, x, r->to, y, "c0 full", c->to_name);
    gr_buf_addf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" class=\"v\">", (int)x->at + PLOT + VALUES, y + 4);
    if (isfinite(r->from)) gr_buf_addf(out, "%.4f \xE2\x86\x92 ", r->from);
    gr_buf_addf(out, "%.4f</text>\n", r->to);
}

void gr_chart_spans(gr_buf *out, const gr_spans *c)
{
    const double height = (double)c->n * ROW + SPAN_BOTTOM;
    const int labels = label_room(c);
    double lo = 0;
    axis x;

    if (!c->n) return;
    for (size_t i = 0; i < c->n; i++) {
        if (c->row[i].from < lo) lo = c->row[i].from;
        if (c->row[i].to < lo) lo = c->row[i].to;
        if (c->row[i].to - c->row[i].std < lo) lo = fmax(-1, c->row[i].to - c->row[i].std);
    }
    x = (axis){ gr_chart_ticks(lo, 1), labels, PLOT };
    open_figure(out, " class=\"wide\"", c->title);
    legend(out, "k", c->from_name);
    legend(out, "full", c->to_name);
    open_svg(out, labels + PLOT + VALUES, height, c->title);
    for (int i = 0; i < x.t.count; i++) {
        const double at = place(&x, tick(&x.t, i));
        gr_buf_addf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%.1f\"/>\n", at, at, height - SPAN_BOTTOM);
        tick_text(out, &x, i, at, height - 6, "middle");
    }
    for (size_t i = 0; i < c->n; i++) draw_span(out, c, &c->row[i], &x, ((double)i + 0.5) * ROW);
    gr_buf_adds(out, "</svg></figure>\n");
}
