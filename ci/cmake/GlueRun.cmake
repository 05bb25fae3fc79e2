# What every target shares: flags, the layer rule, and one function a kind of target.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

add_library(gr_flags INTERFACE)
target_include_directories(gr_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(gr_flags INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
# No contraction and no fast-math: an FMA stands in the source where it is meant (architecture.md, section 4).
target_compile_options(gr_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wwrite-strings -ffp-contract=off -fno-math-errno)
target_link_libraries(gr_flags INTERFACE Threads::Threads m)
if(GR_WERROR)
  target_compile_options(gr_flags INTERFACE -Werror)
endif()
if(GR_SANITIZE)
  target_compile_options(gr_flags INTERFACE -fsanitize=${GR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
  target_link_options(gr_flags INTERFACE -fsanitize=${GR_SANITIZE})
endif()

# Sources named *_avx2.c, *_avx512.c, *_avx512bf16.c and *_shani.c are built for that instruction set and reached only through a
# run-time check; on other processors they are left out and the plain twin is used.
function(gr_isa_sources target)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
    target_compile_definitions(${target} PRIVATE GR_X86_64=1)
    foreach(src IN LISTS ARGN)
      if(src MATCHES "_avx2\\.c$")
        set_source_files_properties(${src} PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma;-mf16c")
      elseif(src MATCHES "_avx512\\.c$")
        set_source_files_properties(${src} PROPERTIES
          COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mprefer-vector-width=512")
      elseif(src MATCHES "_avx512bf16\\.c$")
        set_source_files_properties(${src} PROPERTIES
          COMPILE_OPTIONS "-mavx2;-mfma;-mf16c;-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512bf16;-mprefer-vector-width=512")
      elseif(src MATCHES "_shani\\.c$")
        set_source_files_properties(${src} PROPERTIES COMPILE_OPTIONS "-mssse3;-msse4.1;-msha")
      endif()
    endforeach()
  endif()
endfunction()

# gr_layer(NAME [LINK libs...]): the static library of a folder, from every .c in it and below.
function(gr_layer name)
  cmake_parse_arguments(A "" "" "LINK;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  foreach(pattern IN LISTS A_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
    list(FILTER sources EXCLUDE REGEX "_(avx2|avx512|avx512bf16|shani)\\.c$")
  endif()
  if(NOT sources)
    set(sources ${CMAKE_SOURCE_DIR}/ci/cmake/empty.c)
  endif()
  add_library(gr_${name} STATIC ${sources})
  gr_isa_sources(gr_${name} ${sources})
  target_link_libraries(gr_${name} PUBLIC gr_flags ${A_LINK})
endfunction()
