/* session_timed.h - the books of a session that was opened on device "timed-cpu": for bench and tests. */
#ifndef GR_MODEL_SESSION_TIMED_H
#define GR_MODEL_SESSION_TIMED_H
#include "model/backend/timed/timed.h"
#include "model/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* They belong to the session and grow with every op; NULL when its device keeps none. */
gr_timed *gr_session_timed(gr_session *s);

#ifdef __cplusplus
}
#endif
#endif
