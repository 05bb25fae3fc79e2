# oracle.saved writes tiny models and our outputs; independent programs in Python load them and compute again:
#   oracle.saved_model    a forward pass in numpy; skipped (77) where numpy and safetensors can neither be found nor fetched
#   oracle.transformers   transformers itself; skipped (77) where it is not installed. -DGR_ORACLE_PYTHON=FILE names a Python that has it
find_program(GR_ORACLE_PYTHON NAMES python3 DOC "Python of the oracle tests")
if(TARGET oracle.saved)
  target_sources(oracle.saved PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/engine.c)
  set_tests_properties(oracle.saved PROPERTIES FIXTURES_SETUP oracle_models)
  if(GR_ORACLE_PYTHON)
    add_test(NAME oracle.saved_model COMMAND ${GR_ORACLE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/oracle/run_saved.py ${CMAKE_BINARY_DIR})
    add_test(NAME oracle.transformers COMMAND ${GR_ORACLE_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/oracle/check_transformers.py
      ${CMAKE_BINARY_DIR}/oracle/class ${CMAKE_BINARY_DIR}/oracle/regression ${CMAKE_BINARY_DIR}/oracle/token ${CMAKE_BINARY_DIR}/oracle/embed)
    set_tests_properties(oracle.saved_model oracle.transformers PROPERTIES LABELS oracle TIMEOUT 900 SKIP_RETURN_CODE 77
      FIXTURES_REQUIRED oracle_models)
  endif()
endif()
# What tests/oracle/interop.py drives, by hand: every family and head between this program and transformers, both ways.
add_executable(oracle_interop ${CMAKE_CURRENT_SOURCE_DIR}/oracle/interop.c ${CMAKE_CURRENT_SOURCE_DIR}/support/engine.c)
target_link_libraries(oracle_interop PRIVATE gr_test_support gr_harness)
gr_isa_sources(oracle_interop)
