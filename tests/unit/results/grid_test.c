/* grid_test.c - one table of troublesome cells in all six formats, by hand. */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "results/grid.h"

static const char *const columns[] = { "a_b", "value", "say \"x\"" };

/* An escape code, a line end, the separators of every format, a word of two bytes a letter; a row that is empty but for an infinity */
static void fill(gr_grid *g)
{
    gr_grid_open(g, columns, 3);
    gr_grid_row(g);
    gr_grid_text(g, 0, "%s", "x\x1B[31m\n|&,\"");
    gr_grid_number(g, 1, "%+.4f", 0.5);
    gr_grid_text(g, 2, "%s", "\xC3\xA9\xC3\xA9 <50%>");
    gr_grid_row(g);
    gr_grid_number(g, 0, "%.0f", (double)NAN);
    gr_grid_number(g, 1, "%.4f", -INFINITY);
    gr_buf_adds(&g->notes, "a note\n");
}

static void every_format(void **state)
{
    static const struct { gr_table_format format; const char *text; } v[] = {
        { GR_TABLE_TEXT, "a_b            value  say \"x\"\n"
                         "x?[31m?|&,\"  +0.5000  \xC3\xA9\xC3\xA9 <50%>\n"
                         "                -inf\n\n"
                         "a note\n" },
        { GR_TABLE_MD, "| a_b | value | say \"x\" |\n|---|---:|---|\n"
                       "| x?[31m?\\|&,\" | +0.5000 | \xC3\xA9\xC3\xA9 <50%> |\n"
                       "|  | -inf |  |\n\n"
                       "a note\n" },
        { GR_TABLE_CSV, "a_b,value,\"say \"\"x\"\"\"\n"
                        "\"x\x1B[31m\n|&,\"\"\",+0.5000,\xC3\xA9\xC3\xA9 <50%>\n"
                        ",-inf,\n" },
        { GR_TABLE_LATEX, "\\begin{tabular}{lrl}\n\\hline\na\\_b & value & say \"x\" \\\\\n\\hline\n"
                          "x?[31m?|\\&,\" & +0.5000 & \xC3\xA9\xC3\xA9 \\textless{}50\\%\\textgreater{} \\\\\n"
                          " & -inf &  \\\\\n"
                          "\\hline\n\\end{tabular}\n" },
        { GR_TABLE_HTML, "<table>\n<thead><tr><th>a_b</th><th style=\"text-align:right\">value</th><th>say &quot;x&quot;</th></tr></thead>\n<tbody>\n"
                         "<tr><td>x [31m |&amp;,&quot;</td><td style=\"text-align:right\">+0.5000</td><td>\xC3\xA9\xC3\xA9 &lt;50%&gt;</td></tr>\n"
                         "<tr><td></td><td style=\"text-align:right\">-inf</td><td></td></tr>\n"
                         "</tbody>\n</table>\n<p>a note</p>\n" },
        { GR_TABLE_JSON, "[\n {\"a_b\": \"x\\u001b[31m\\n|&,\\\"\", \"value\": 0.5000, \"say \\\"x\\\"\": \"\xC3\xA9\xC3\xA9 <50%>\"},\n"
                         " {\"a_b\": null, \"value\": \"-inf\", \"say \\\"x\\\"\": null}\n]\n" },
    };
    gr_err err = GR_ERR_INIT;
    gr_grid g = { 0 };

    (void)state;
    fill(&g);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        gr_buf b = { 0 };

        assert_ok(gr_grid_write(&b, &g, v[i].format, &err), &err);
        assert_string_equal(b.p, v[i].text);
        gr_buf_free(&b);
    }
    gr_grid_close(&g);
}

/* The squared error of targets of 1e30 would need 67 digits: a column that nobody can read, and a cell that ended inside its number. */
static void large_numbers(void **state)
{
    static const char *const four[] = { "a", "b", "c", "d" };
    gr_err err = GR_ERR_INIT;
    gr_grid g = { 0 };
    gr_buf b = { 0 };

    (void)state;
    gr_grid_open(&g, four, 4);
    gr_grid_row(&g);
    gr_grid_number(&g, 0, "%.4f", -1.5e62);
    gr_grid_number(&g, 1, "%+.4f", 1e300);
    gr_grid_number(&g, 2, "%.4f", 123456789.25);
    gr_grid_number(&g, 3, "%.0f", 1e100);
    assert_ok(gr_grid_write(&b, &g, GR_TABLE_JSON, &err), &err);
    assert_string_equal(b.p, "[\n {\"a\": -1.5000e+62, \"b\": 1.0000e+300, \"c\": 123456789.2500, \"d\": 1.0000e+100}\n]\n");
    gr_buf_reset(&b);
    assert_ok(gr_grid_write(&b, &g, GR_TABLE_CSV, &err), &err);
    assert_string_equal(b.p, "a,b,c,d\n-1.5000e+62,+1.0000e+300,123456789.2500,1.0000e+100\n");
    gr_buf_free(&b);
    gr_grid_close(&g);
}

/* A cell that is too long ends at a whole character, so that JSON stays UTF-8; a table without rows has its head. */
static void limits(void **state)
{
    static const char *const one[] = { "c" };
    char text[1026];
    gr_err err = GR_ERR_INIT;
    gr_grid g = { 0 };
    gr_buf b = { 0 };
    gr_json *j = NULL;

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + 1022, "\xC3\xA9", 3); /* its second byte is one too many */
    gr_grid_open(&g, one, 1);
    assert_ok(gr_grid_write(&b, &g, GR_TABLE_CSV, &err), &err);
    assert_string_equal(b.p, "c\n");
    gr_buf_reset(&b);
    gr_grid_row(&g);
    gr_grid_text(&g, 0, "%s", text);
    assert_ok(gr_grid_write(&b, &g, GR_TABLE_JSON, &err), &err);
    assert_ok(gr_json_parse(&j, b.p, b.n, &err), &err);
    assert_int_equal(strlen(gr_json_str(gr_json_get(gr_json_first(j), "c"), "")), 1022);
    gr_json_free(j);
    gr_buf_free(&b);
    gr_grid_close(&g);
}

/* A letter of two columns counts as two, so that the next column stands straight in a terminal. */
static void wide_letters(void **state)
{
    static const char *const two[] = { "c", "d" };
    gr_err err = GR_ERR_INIT;
    gr_grid g = { 0 };
    gr_buf b = { 0 };

    (void)state;
    gr_grid_open(&g, two, 2);
    gr_grid_row(&g);
    gr_grid_text(&g, 0, "%s", "\xE6\xB1\xBD\xE8\xBD\xA6");
    gr_grid_text(&g, 1, "%s", "x");
    gr_grid_row(&g);
    gr_grid_text(&g, 0, "%s", "abcde");
    gr_grid_text(&g, 1, "%s", "y");
    assert_ok(gr_grid_write(&b, &g, GR_TABLE_TEXT, &err), &err);
    assert_string_equal(b.p, "c      d\n\xE6\xB1\xBD\xE8\xBD\xA6   x\nabcde  y\n");
    gr_buf_free(&b);
    gr_grid_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_format), cmocka_unit_test(large_numbers), cmocka_unit_test(limits), cmocka_unit_test(wide_letters) };

    return gr_test_main(tests);
}
