# Programs that are timed against rivals by ci/bench; not built with the tests: ninja tok_bench.
add_executable(tok_bench EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/bench/tok_bench.c)
target_link_libraries(tok_bench PRIVATE gr_model)
