# The demo data in the tree are what their generator writes, byte for byte.
find_program(GR_PYTHON3 python3)
if(GR_PYTHON3)
  add_test(NAME demo.generator COMMAND ${GR_PYTHON3} -B ${CMAKE_SOURCE_DIR}/data/demo/make_demo.py --check)
  set_tests_properties(demo.generator PROPERTIES LABELS demo TIMEOUT 120)
endif()
