#include "image/symbols.h"
#include "image_fixture.h"

/* The table as text: "address+size name" a line. Checks its own structure. */
static struct str table_text(struct world *w, struct str table)
{
	struct text text = {.arena = &w->arena};
	uint32_t head[4];
	assert_true(table.len >= sizeof head);
	memcpy(head, table.ptr, sizeof head);
	assert_memory_equal(table.ptr, "RSYM", 4);
	assert_int_equal(head[1], 1);
	assert_int_equal(table.len, sizeof head + (size_t)head[2] * 16 + head[3]);
	const char *names = table.ptr + sizeof head + (size_t)head[2] * 16;
	uint64_t former = 0;
	for (uint32_t i = 0; i < head[2]; i++) {
		struct {
			uint64_t address;
			uint32_t name, size;
		} entry;
		memcpy(&entry, table.ptr + sizeof head + (size_t)i * 16, sizeof entry);
		assert_true(i == 0 || entry.address > former);
		assert_true(entry.name < head[3]);
		former = entry.address;
		text_addf(&text, "%llx+%x %s\n", (unsigned long long)entry.address, entry.size,
		          names + entry.name);
	}
	return text_str(&text);
}

/* Assembles and links at a fixed address; the result's bytes. */
static struct str program(struct world *w, const char *source)
{
	world_write("p.s", str_from_c(source));
	world_run(w, "as -o p.o p.s && ld -Ttext=0x400000 -Tdata=0x500000 -e start -o p.elf p.o");
	return world_read(w, "p.elf");
}

static const char source[] = ".globl start, both\n"
                             ".type start, @function\n"
                             "start: nop\nnop\n.size start, . - start\n"
                             ".globl label\nlabel: nop\n"
                             ".type inner, @function\ninner: nop\n.size inner, 1\n"
                             ".type both_local, @function\nboth_local:\nboth: nop\n"
                             "plain_local: nop\n"
                             ".data\n.globl variable\n.type variable, @object\nvariable: .quad 1\n"
                             ".size variable, 8\n";

static void functions_and_global_labels_are_taken(void **state)
{
	struct world *w = *state;
	struct str table;
	assert_int_equal(symbols_build(&w->arena, program(w, source), &table, &w->why), 0);
	struct str text = table_text(w, table);
	if (!strstr(text.ptr, "400000+2 start\n400002+0 label\n400003+1 inner\n400004+0 both\n"))
		fail_msg("%s", text.ptr);
	assert_null(strstr(text.ptr, "variable"));
	assert_null(strstr(text.ptr, "plain_local"));
	assert_null(strstr(text.ptr, "both_local"));
}

static void nm_names_the_same_functions(void **state)
{
	struct world *w = *state;
	world_write("c.c", STR("static int b(int x){return x*3;} int a(int x){return b(x)+1;} "
	                       "int start(void){return a(2);}"));
	world_run(w, "gcc -O0 -nostdlib -static -Wl,-e,start -o c.elf c.c");
	world_run(w, "nm c.elf | grep -c ' [Tt] '");
	assert_int_equal(symbols_write("c.elf", "c.sym", &w->why), 0);
	struct str text = table_text(w, world_read(w, "c.sym"));
	assert_non_null(strstr(text.ptr, " a\n"));
	assert_non_null(strstr(text.ptr, " b\n"));
	assert_non_null(strstr(text.ptr, " start\n"));
}

static void a_stripped_or_foreign_file_is_refused_by_name(void **state)
{
	struct world *w = *state;
	program(w, source);
	world_run(w, "strip p.elf");
	world_write("text",
	            STR("no program at all, but long enough to hold an ELF header, 64 bytes"));
	assert_int_equal(symbols_write("p.elf", "out", &w->why), ENOEXEC);
	assert_non_null(strstr(text_str(&w->why).ptr, "p.elf"));
	assert_int_equal(symbols_write("text", "out", &w->why), ENOEXEC);
	assert_int_equal(symbols_write("absent", "out", &w->why), ENOENT);
	assert_false(file_exists("out"));
}

static void no_damage_to_a_file_reaches_beyond_it(void **state)
{
	struct world *w = *state;
	struct str good = program(w, source);
	for (unsigned round = 0; round < 4000; round++) {
		struct arena scratch;
		struct str table;
		host_arena_init(&scratch);
		struct text why = {.arena = &scratch};
		char *bytes = malloc(good.len); /* of its own, so that the sanitizer sees its end */
		assert_non_null(bytes);
		memcpy(bytes, good.ptr, good.len);
		size_t len = world_random(w, 8) ? good.len : world_random(w, good.len);
		/* Half of the hits go to the headers. */
		for (uint64_t hits = 1 + world_random(w, 4); hits; hits--) {
			size_t at = world_random(w, 2) ? world_random(w, 64)
			                               : world_random(w, good.len);
			bytes[at] = (char)world_random(w, 256);
		}
		char *exact = malloc(len + 1);
		assert_non_null(exact);
		memcpy(exact, bytes, len);
		if (symbols_build(&scratch, (struct str){exact, len}, &table, &why) == 0)
			table_text(w, table);
		free(exact);
		free(bytes);
		arena_release(&scratch);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(functions_and_global_labels_are_taken),
	        TEST(nm_names_the_same_functions),
	        TEST(a_stripped_or_foreign_file_is_refused_by_name),
	        TEST(no_damage_to_a_file_reaches_beyond_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
