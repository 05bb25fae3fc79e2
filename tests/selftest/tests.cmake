# Proves that failing checks, crashes and empty runs come out red, and that the lints do.
set(expect ${CMAKE_CURRENT_SOURCE_DIR}/selftest/expect.sh)

function(gr_add_selftest colour name)
  add_executable(selftest.${name} selftest/${name}.c)
  target_link_libraries(selftest.${name} PRIVATE gr_test_support)
  add_test(NAME selftest.${name} COMMAND ${expect} ${colour} $<TARGET_FILE:selftest.${name}>)
  set_tests_properties(selftest.${name} PROPERTIES LABELS selftest)
endfunction()

foreach(name failing_check failing_status failing_case no_case crash empty_run)
  gr_add_selftest(red ${name})
endforeach()
gr_add_selftest(green passing)
gr_add_selftest(skipped skipped)

# A header that needs another one first, and one that is no C++.
foreach(header needs_another not_cxx)
  add_test(NAME selftest.header_${header} COMMAND ${expect} red ${CMAKE_CURRENT_SOURCE_DIR}/headers/each_alone.sh
    ${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER} tests/selftest/headers/${header}.h)
  set_tests_properties(selftest.header_${header} PROPERTIES LABELS selftest)
endforeach()

# Each lint sees red on its bad samples, one by one, and green on the good ones (lint.sh).
add_test(NAME selftest.lint COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/selftest/lint.sh)
set_tests_properties(selftest.lint PROPERTIES LABELS selftest)

# ci/setup installs what is missing, and only that, and says so where it cannot (setup.sh).
add_test(NAME selftest.setup COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/selftest/setup.sh)
set_tests_properties(selftest.setup PROPERTIES LABELS selftest)

# ci/fetch_mpnet says what is wrong with the packages it is given (fetch.sh).
add_test(NAME selftest.fetch COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/selftest/fetch.sh)
set_tests_properties(selftest.fetch PROPERTIES LABELS selftest SKIP_RETURN_CODE 77)
