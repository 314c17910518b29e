/* Registry readers: any text; fields lie in their line, and a bad line costs that line only. */
#include "require.h"
#include <registry/api.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(struct str list)
{
	struct str item, rest = list;
	while (registry_list_next(&rest, &item)) {
		require_inside(item, list);
		require(!str_contains(item, ','));
	}
}

static void check_records(struct str text)
{
	struct registry_reader reader = registry_begin(text);
	struct registry_record record;
	unsigned former = 0;
	enum status status;
	while ((status = registry_next(&reader, &record)) != ERR_NOT_FOUND) {
		require(record.line > former);
		former = record.line;
		if (status != OK)
			continue;
		require(record.field_count && record.field_count <= REGISTRY_FIELDS_MAX);
		for (unsigned i = 0; i < record.field_count; i++) {
			struct str value;
			require_inside(record.fields[i].key, text);
			require_inside(record.fields[i].value, text);
			require(!str_contains(record.fields[i].value, '\n'));
			require(registry_value(&record, record.fields[i].key, &value));
			check_list(value);
		}
	}
}

static void check_programs(struct str text)
{
	struct registry_reader reader = registry_begin(text);
	struct startup_program program;
	enum status status;
	while ((status = startup_program_next(&reader, &program)) != ERR_NOT_FOUND) {
		if (status != OK)
			continue;
		require(program.mode == STARTUP_INIT || program.mode == STARTUP_SESSION ||
		        program.mode == STARTUP_DESKTOP);
		require_inside(program.exec, text);
		check_list(program.deps);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + !size); /* of its exact size, so that its end is seen */
	require(bytes);
	if (size)
		memcpy(bytes, data, size);
	check_records((struct str){bytes, size});
	check_programs((struct str){bytes, size});
	free(bytes);
	return 0;
}
