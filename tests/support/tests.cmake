# Tests of the engine share a batch builder and tiny models.
foreach(id golden.models golden.models_bf16 golden.dropout golden.training golden.checkpoints golden.saved golden.real grad.model prop.engine prop.short_layer unit.model.session torture.steady unit.model.timed)
  if(TARGET ${id})
    target_sources(${id} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/engine.c)
  endif()
endforeach()
# Cases of golden/models.
foreach(id golden.models golden.models_bf16 golden.dropout)
  target_sources(${id} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/support/golden_model.c)
endforeach()
