/* status.c - failures as values: see status.h for the contract. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *const names[GR_STATUS_COUNT] = {
    [GR_OK] = "OK",
    [GR_E_ARG] = "ARG",
    [GR_E_NOTFOUND] = "NOTFOUND",
    [GR_E_IO] = "IO",
    [GR_E_FORMAT] = "FORMAT",
    [GR_E_CHECKSUM] = "CHECKSUM",
    [GR_E_NOMEM] = "NOMEM",
    [GR_E_UNSUPPORTED] = "UNSUPPORTED",
    [GR_E_DEVICE] = "DEVICE",
    [GR_E_NETWORK] = "NETWORK",
    [GR_E_NUMERIC] = "NUMERIC",
    [GR_E_CANCELLED] = "CANCELLED",
    [GR_E_INTERNAL] = "INTERNAL",
};

const char *gr_status_name(gr_status s)
{
    return (unsigned)s < GR_STATUS_COUNT ? names[s] : "UNKNOWN";
}

gr_status gr_fail_at(gr_err *err, gr_status status, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    if (!err) return status;
    err->status = status;
    err->file = file;
    err->line = line;
    va_start(ap, fmt);
    (void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    gr_utf8_one_line(err->msg);
    return status;
}

gr_status gr_input_status(gr_status status, gr_err *err)
{
    if (status != GR_E_IO) return status;
    if (err) err->status = GR_E_FORMAT;
    return GR_E_FORMAT;
}

gr_status gr_wrap(gr_err *err, gr_status status, const char *fmt, ...)
{
    char outer[GR_ERR_MSG_MAX], inner[GR_ERR_MSG_MAX];
    va_list ap;

    if (!err) return status;
    va_start(ap, fmt);
    (void)vsnprintf(outer, sizeof outer, fmt, ap);
    va_end(ap);
    memcpy(inner, err->msg, sizeof inner);
    if (snprintf(err->msg, sizeof err->msg, "%s: %s", outer, inner) < 0) err->msg[0] = '\0';
    gr_utf8_one_line(err->msg);
    err->status = status; /* which may be another than what was recorded: both say the same */
    return status;
}
