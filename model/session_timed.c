/* session_timed.c - see session_timed.h. */
#include "model/session_timed.h"

#include <string.h>

#include "model/session_internal.h"

gr_timed *gr_session_timed(gr_session *s)
{
    return strncmp(s->enc.op->name, "timed-", 6) == 0 ? gr_timed_of(s->enc.ctx) : NULL;
}
