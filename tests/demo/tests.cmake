# The demo data in the tree are what their generator writes, byte for byte.
find_program(GR_PYTHON3 python3)
if(GR_PYTHON3)
  add_test(NAME demo.generator COMMAND ${GR_PYTHON3} -B ${CMAKE_SOURCE_DIR}/data/demo/make_demo.py --check)
  set_tests_properties(demo.generator PROPERTIES LABELS demo TIMEOUT 120)

  # Three seeds of the whole suite learn what the bounds in ci/check_demo.py ask for, and one seed ends within a minute.
  set(seconds 0)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT GR_SANITIZE)
    set(seconds 60)
  endif()
  add_test(NAME demo.bounds COMMAND ${GR_PYTHON3} -B ${CMAKE_SOURCE_DIR}/ci/check_demo.py ${CMAKE_BINARY_DIR}/demo-bounds
    --glue-run $<TARGET_FILE:glue-run> --max-seconds ${seconds})
  set_tests_properties(demo.bounds PROPERTIES LABELS demo TIMEOUT 900 RUN_SERIAL TRUE)
endif()
