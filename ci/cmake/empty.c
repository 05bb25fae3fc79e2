/* A layer without sources yet still has its library. */
typedef int gr_empty_translation_unit;
