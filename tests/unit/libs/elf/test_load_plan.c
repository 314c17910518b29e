#include "../../test.h"
#include "elf_bytes.h"

static struct elf_bytes bytes;

static enum status plan_of_bytes(struct elf_load_plan *plan)
{
	struct elf_image image;
	if (elf_open(elf_bytes_view(&bytes), &image) != OK)
		fail_msg("the header itself was refused");
	return elf_plan_load(&image, plan);
}

static void sound_image_gives_a_plan(void **)
{
	struct elf_load_plan plan;
	elf_bytes_make(&bytes);
	assert_int_equal(plan_of_bytes(&plan), OK);
	assert_int_equal(plan.count, 3);
	assert_int_equal(plan.low, 0);
	assert_int_equal(plan.end, (ELF_BYTES_TEXT + 32 + 0x1000 + 0x1800 + 0xfff) & ~0xfffUL);
	assert_int_equal(plan.program_headers_address, offsetof(struct elf_bytes, segments));
	assert_int_equal(plan.interpreter.len, 0);
}

static void interpreter_is_given_without_its_nul(void **)
{
	struct elf_load_plan plan;
	elf_bytes_make(&bytes);
	memcpy(bytes.padding, "/lib/ld.so", 11);
	bytes.segments[3] = (Elf64_Phdr){.p_type = PT_INTERP,
	                                 .p_offset = offsetof(struct elf_bytes, padding),
	                                 .p_filesz = 11};
	assert_int_equal(plan_of_bytes(&plan), OK);
	assert_str(plan.interpreter, STR("/lib/ld.so"));
	bytes.segments[3].p_filesz = 10;
	assert_int_equal(plan_of_bytes(&plan), ERR_NOT_EXECUTABLE);
}

static void bend_no_stack(void)
{
	bytes.segments[3].p_flags |= PF_X;
}

static void bend_writable_text(void)
{
	bytes.segments[1].p_flags |= PF_W;
}

static void bend_no_rights(void)
{
	bytes.segments[0].p_flags = 0;
}

static void bend_file_larger_than_memory(void)
{
	bytes.segments[1].p_memsz = 63;
}

static void bend_empty_segment(void)
{
	bytes.segments[2].p_filesz = bytes.segments[2].p_memsz = 0;
}

static void bend_file_bytes_outside(void)
{
	bytes.segments[1].p_filesz = bytes.segments[1].p_memsz = sizeof bytes;
}

static void bend_offset_wraps(void)
{
	bytes.segments[1].p_offset = UINT64_MAX - 0xfff + (ELF_BYTES_TEXT & 0xfff);
}

static void bend_memory_wraps(void)
{
	bytes.segments[2].p_memsz = UINT64_MAX - 0x100;
}

static void bend_address_in_the_upper_half(void)
{
	bytes.segments[2].p_vaddr |= 1ULL << 63;
}

static void bend_address_at_the_very_end(void)
{
	bytes.segments[2].p_vaddr |= (1ULL << 62) - 0x1000;
}

static void bend_overlap(void)
{
	bytes.segments[2].p_vaddr = bytes.segments[1].p_vaddr + 32;
}

static void bend_order(void)
{
	Elf64_Phdr first = bytes.segments[1];
	bytes.segments[1] = bytes.segments[2];
	bytes.segments[2] = first;
}

static void bend_offset_not_congruent(void)
{
	bytes.segments[1].p_offset -= 4;
}

static void bend_align_small(void)
{
	bytes.segments[1].p_align = 16;
}

static void bend_align_no_power_of_two(void)
{
	bytes.segments[1].p_align = 0x3000;
}

static void bend_entry_outside(void)
{
	bytes.header.e_entry = 0x100000;
}

static void bend_entry_in_data(void)
{
	bytes.header.e_entry = bytes.segments[2].p_vaddr;
}

static void bend_headers_not_loaded(void)
{
	bytes.segments[0].p_filesz = 0x80;
}

static void bend_no_load(void)
{
	for (unsigned i = 0; i < 3; i++)
		bytes.segments[i].p_type = PT_NULL;
}

static void bend_relocatable(void)
{
	bytes.header.e_type = ET_REL;
}

static void hostile_image_is_refused(void **)
{
	static void (*const bends[])(void) = {
	        bend_no_stack,
	        bend_writable_text,
	        bend_no_rights,
	        bend_file_larger_than_memory,
	        bend_empty_segment,
	        bend_file_bytes_outside,
	        bend_offset_wraps,
	        bend_memory_wraps,
	        bend_address_in_the_upper_half,
	        bend_address_at_the_very_end,
	        bend_overlap,
	        bend_order,
	        bend_offset_not_congruent,
	        bend_align_small,
	        bend_align_no_power_of_two,
	        bend_entry_outside,
	        bend_entry_in_data,
	        bend_headers_not_loaded,
	        bend_no_load,
	        bend_relocatable,
	};
	for (size_t i = 0; i < COUNT(bends); i++) {
		struct elf_load_plan plan;
		elf_bytes_make(&bytes);
		bends[i]();
		if (plan_of_bytes(&plan) != ERR_NOT_EXECUTABLE)
			fail_msg("bend %zu was accepted", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sound_image_gives_a_plan),
	        cmocka_unit_test(interpreter_is_given_without_its_nul),
	        cmocka_unit_test(hostile_image_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
