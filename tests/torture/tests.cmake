# Each torture program gets the failing allocator (fault.h) and the loop that drives it (torture.h).
get_property(torture_targets DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
list(FILTER torture_targets INCLUDE REGEX "^torture\\.")
foreach(target IN LISTS torture_targets)
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/torture/fault.c ${CMAKE_CURRENT_SOURCE_DIR}/torture/torture.c)
  set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/torture/fault.c PROPERTIES COMPILE_OPTIONS "-Wno-reserved-identifier")
  target_link_options(${target} PRIVATE
    -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=strdup -Wl,--wrap=aligned_alloc
    -Wl,--wrap=posix_memalign -Wl,--wrap=free -Wl,--wrap=mmap -Wl,--wrap=munmap)
endforeach()
