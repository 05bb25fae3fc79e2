/* http.h - an HTTP server on 127.0.0.1, in a process of its own, for tests of downloads: the files of one folder, with the manners that the
 * address asks for. One connection after the other, one request a connection. It ends with the test program.
 *
 *   /plain/F      as servers do: 200, or 206 for a range, 416 behind the end     /whole/F    ignores ranges
 *   /cut/N/F      hangs up after N bytes of each answer's body                   /once/N/F   of the first answer's, then as plain
 *   /stall/N/F    says no more after N bytes                                     /other/F    another range than was asked for
 *   /wrong/F      the first byte is another                                      /longer/F   one byte more, and says so
 *   /open/F       the body ends with the connection, no length is said           /more/F     the same with one byte more
 *   /fewer/F      the same with one byte less                                    /busy/F     503 at first, then as plain
 *   /later/N/F    503 at first, to be tried again in N seconds, then as plain
 *   /code/N/F     HTTP status N                                                  /to/URL     302 to URL, written with its first slashes
 *   /loop         302 to itself                                                  /mute/F     hangs up without an answer
 *   /vast/F       says the largest length there is                               /endless/F  the file over and over, no length is said
 *   /bare/F       a range without its length, only Content-Range tells it */
#ifndef GR_TESTS_SUPPORT_HTTP_H
#define GR_TESTS_SUPPORT_HTTP_H

/* What the server saw; shared with its process. */
typedef struct gr_http_seen {
    int  requests;     /* since gr_http_forget                                 */
    char target[512];  /* of the last request, as it was sent                  */
    char range[64];    /* "" when none was asked for                           */
    char auth[128];    /* the Authorization header                             */
    char agent[64];
} gr_http_seen;

/* Start it over a folder, once a program; stopped at exit. The later calls give the same. */
const volatile gr_http_seen *gr_http_start(const char *folder);
void gr_http_forget(void);

int gr_http_port(void);
/* "http://127.0.0.1:PORT" and the path, in one of 16 buffers that take turns. */
const char *gr_http_url(const char *path);

#endif
