#include <rt/api.h>

/* Runs before the stack guard is seeded. */
[[gnu::no_stack_protector]] bool auxv_find(char *const *envp, uint64_t type, uint64_t *out_value)
{
	while (*envp)
		envp++;
	const uint64_t *entry = (const uint64_t *)(const void *)(envp + 1);
	for (; entry[0] != AUXV_NULL; entry += 2) {
		if (entry[0] != type)
			continue;
		*out_value = entry[1];
		return true;
	}
	return false;
}
