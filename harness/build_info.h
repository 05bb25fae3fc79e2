/* build_info.h - what the build knew of itself: goes into every record and `glue-run env`. */
#ifndef GR_HARNESS_BUILD_INFO_H
#define GR_HARNESS_BUILD_INFO_H

const char *gr_build_version(void);    /* "0.1.0"                                            */
const char *gr_build_revision(void);   /* git revision, "-dirty" behind it; "" when unknown  */
const char *gr_build_compiler(void);   /* "gcc 12.2.0"                                       */
const char *gr_build_type(void);       /* "Release"                                          */
const char *gr_build_source_dir(void); /* the tree it was built from                         */

#endif
