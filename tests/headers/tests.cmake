add_test(NAME headers.each_alone
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/headers/each_alone.sh ${CMAKE_C_COMPILER} ${CMAKE_CXX_COMPILER})
set_tests_properties(headers.each_alone PROPERTIES LABELS headers TIMEOUT 300)
