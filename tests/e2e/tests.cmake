# End-to-end tests drive the built program; they and the tests of the harness share a tiny encoder's folder.
foreach(id e2e.run e2e.outputs e2e.fetch e2e.fixtures e2e.bad_days e2e.diagnostic e2e.glue e2e.submit e2e.models e2e.tokenize unit.harness.task_data unit.harness.encoded unit.harness.evaluator unit.harness.trainer unit.harness.checkpoint
        unit.harness.suite unit.harness.job unit.harness.token_cache torture.harness e2e.cache e2e.stream e2e.process)
  if(TARGET ${id})
    target_sources(${id} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/encoder.c)
    target_compile_definitions(${id} PRIVATE GR_PROGRAM="$<TARGET_FILE:glue-run>")
    add_dependencies(${id} glue-run)
  endif()
endforeach()
# Bad days and odd models are short: the sanitizer builds see them too.
foreach(id e2e.bad_days e2e.fetch e2e.fixtures e2e.glue e2e.submit e2e.models e2e.tokenize)
  if(TARGET ${id})
    set_tests_properties(${id} PROPERTIES LABELS "e2e;e2e-light")
  endif()
endforeach()
