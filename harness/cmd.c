/* cmd.c - what all subcommands share: from a status to an exit code and a line. See cmd.h. */
#include "harness/cmd.h"

#include <stdio.h>

int gr_cmd_exit_code(gr_status s)
{
    switch (s) {
    case GR_OK: return GR_EXIT_OK;
    case GR_E_ARG: return GR_EXIT_USAGE;
    case GR_E_NOTFOUND:
    case GR_E_FORMAT:
    case GR_E_CHECKSUM:
    case GR_E_UNSUPPORTED:
    case GR_E_NUMERIC: return GR_EXIT_INPUT;
    case GR_E_IO:
    case GR_E_NOMEM:
    case GR_E_DEVICE: return GR_EXIT_DEVICE;
    case GR_E_CANCELLED: return GR_EXIT_INTERRUPTED;
    case GR_E_INTERNAL:
    case GR_STATUS_COUNT: break;
    }
    return GR_EXIT_BUG;
}

int gr_cmd_fail(const gr_err *err)
{
    fprintf(stderr, "glue-run: %s\n", err->msg);
    return gr_cmd_exit_code(err->status);
}
