/* markup.c - see markup.h. */
#include "results/markup.h"

#include <string.h>

#include "base/utf8.h"

void gr_markup_sv(gr_buf *b, gr_sv s)
{
    uint32_t cp;
    size_t k;

    for (; s.n; s.p += k, s.n -= k) {
        k = gr_utf8_next(&cp, s.p, s.n);
        if (k == 0) {
            k = 1;
            if (b->n < 3 || memcmp(b->p + b->n - 3, "\xEF\xBF\xBD", 3) != 0) gr_buf_adds(b, "\xEF\xBF\xBD");
        } else if (cp == '&') gr_buf_adds(b, "&amp;");
        else if (cp == '<') gr_buf_adds(b, "&lt;");
        else if (cp == '>') gr_buf_adds(b, "&gt;");
        else if (cp == '"') gr_buf_adds(b, "&quot;");
        else if (cp == 0xFFFE || cp == 0xFFFF) gr_buf_adds(b, "\xEF\xBF\xBD");
        else if (cp >= 0x20 && cp != 0x7F) gr_buf_add(b, s.p, k);
        else gr_buf_addc(b, ' ');
    }
}

void gr_markup_text(gr_buf *out, const char *s)
{
    gr_markup_sv(out, gr_sv_from(s));
}
