/* status.h - how every fallible function of glue-run reports failure.
 *
 * A fallible function returns gr_status and takes `gr_err *err` LAST. GR_OK means that every
 * out-parameter is set; any other value means that none is, and *err says why in one line, outermost
 * place first. `err` may be NULL. Nothing here allocates, so running out of memory can be reported. */
#ifndef GR_BASE_STATUS_H
#define GR_BASE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Chosen by what the caller would do differently; the detail is in the message. */
typedef enum gr_status {
    GR_OK = 0,
    GR_E_ARG,         /* the caller or the command line asked for something invalid   */
    GR_E_NOTFOUND,    /* no such task, file, member, column or tensor                 */
    GR_E_IO,          /* the operating system refused; errno's text is in the message */
    GR_E_FORMAT,      /* the bytes are not what their format promises                 */
    GR_E_CHECKSUM,    /* the bytes are not those that the manifest names              */
    GR_E_NOMEM,       /* host or device memory is exhausted                           */
    GR_E_UNSUPPORTED, /* valid, but this build, device or family cannot do it         */
    GR_E_DEVICE,      /* a device or its library failed                               */
    GR_E_NETWORK,     /* a server or the way to it failed: no file was had            */
    GR_E_NUMERIC,     /* NaN or Inf where a number is required                        */
    GR_E_CANCELLED,   /* the user interrupted                                         */
    GR_E_INTERNAL,    /* a bug in glue-run                                            */
    GR_STATUS_COUNT
} gr_status;

#define GR_ERR_MSG_MAX 480

typedef struct gr_err {
    gr_status   status;
    const char *file; /* source file and line of the first failure, for --verbose */
    int         line;
    char        msg[GR_ERR_MSG_MAX]; /* one line, no newline at its end */
} gr_err;

#define GR_ERR_INIT { GR_OK, 0, 0, "" }

#define GR_MUST_USE __attribute__((warn_unused_result))
#define GR_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Record a failure and hand its status back: `return gr_fail(err, GR_E_FORMAT, "...", x);`
 * What a terminal would not show as it stands is replaced by '?' in the finished message, so that it stays one line (gr_utf8_one_line).
 * `status` is evaluated twice: the compiler then sees its value, and that a failing call sets no result. */
#define gr_fail(err, status, ...) gr_failed(gr_fail_at((err), (status), __FILE__, __LINE__, __VA_ARGS__), (status))
gr_status gr_fail_at(gr_err *err, gr_status status, const char *file, int line, const char *fmt, ...)
    GR_PRINTF(5, 6);
static inline gr_status gr_failed(gr_status recorded, gr_status status)
{
    (void)recorded;
    return status;
}

/* Put "context: " before the message that *err holds, and make `status` its status; returns `status`. */
gr_status gr_wrap(gr_err *err, gr_status status, const char *fmt, ...) GR_PRINTF(3, 4);

/* For what reads the user's files: one that cannot be read is a fault of the input (GR_E_FORMAT), GR_E_IO is for what is written. Other
 * statuses pass, and so does the message. */
gr_status gr_input_status(gr_status status, gr_err *err);

/* "FORMAT" for GR_E_FORMAT, "OK" for GR_OK; never NULL. */
const char *gr_status_name(gr_status s);

/* Hand a failure straight up. Only in functions that own nothing yet. */
#define GR_TRY(call)                              \
    do {                                          \
        const gr_status gr_try_s_ = (call);       \
        if (gr_try_s_ != GR_OK) return gr_try_s_; \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
