# The file that a build without libcurl has is tested in every build.
target_sources(unit.data.fetch_none PRIVATE ${CMAKE_SOURCE_DIR}/data/fetch_none.c)
