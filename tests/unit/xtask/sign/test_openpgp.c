#include "sign_fixture.h"

enum { EPOCH = 1700000000 };

static void sign(struct world *w, const char *path, const char *out)
{
	if (openpgp_sign_file("k", EPOCH, path, out, &w->why))
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
}

static int verify(struct world *w, const char *path, const char *signature)
{
	w->why.len = 0;
	return openpgp_verify(world_read(w, "k.gpg"), world_read(w, path), world_read(w, signature),
	                      &w->why);
}

static void gpgv_accepts_what_we_sign(void **state)
{
	struct world *w = *state;
	world_key(w, "k");
	world_write("data", STR("some data"));
	world_write("empty", STR(""));
	sign(w, "data", "data.sig");
	sign(w, "empty", "empty.sig");
	world_run(w,
	          "gpgv --keyring ./k.gpg data.sig data && gpgv --keyring ./k.gpg empty.sig empty");
	assert_int_equal(verify(w, "data", "data.sig"), 0);
	assert_int_equal(verify(w, "empty", "empty.sig"), 0);
	assert_int_not_equal(world_status("gpgv --keyring ./k.gpg data.sig empty"), 0);
}

static void we_accept_what_gpg_signs(void **state)
{
	struct world *w = *state;
	world_run(w,
	          "gpg --batch --quiet --passphrase '' --quick-gen-key test rsa2048 sign never && "
	          "gpg --export -o k.gpg && printf data >data && "
	          "gpg --batch --digest-algo sha256 --detach-sign -o data.sig data; "
	          "gpgconf --kill gpg-agent");
	assert_int_equal(verify(w, "data", "data.sig"), 0);
	world_write("data", STR("date"));
	assert_int_equal(verify(w, "data", "data.sig"), EKEYREJECTED);
}

static void gpg_imports_the_exported_key(void **state)
{
	struct world *w = *state;
	struct str fingerprint;
	world_key(w, "k");
	assert_int_equal(
	        openpgp_fingerprint(&w->arena, world_read(w, "k.gpg"), &fingerprint, &w->why), 0);
	world_run(w, "gpg --batch --import k.gpg && gpg --batch --with-colons --list-keys");
	struct str listing = world_read(w, "said.txt");
	assert_non_null(memmem(listing.ptr, listing.len, fingerprint.ptr, fingerprint.len));
	assert_non_null(memmem(listing.ptr, listing.len, OPENPGP_USER_ID, strlen(OPENPGP_USER_ID)));
	(void)world_status("gpgconf --kill all");
}

static void equal_input_gives_equal_bytes(void **state)
{
	struct world *w = *state;
	world_key(w, "k");
	world_write("data", STR("some data"));
	sign(w, "data", "1.sig");
	sign(w, "data", "2.sig");
	assert_str(world_read(w, "1.sig"), world_read(w, "2.sig"));
	struct str former = world_read(w, "k.gpg");
	assert_int_equal(openpgp_export_file("k", "k.gpg", &w->why), 0);
	assert_str(world_read(w, "k.gpg"), former);
}

static void times_before_the_key_become_the_key_s(void **state)
{
	struct world *w = *state;
	world_key(w, "k");
	world_write("data", STR("some data"));
	assert_int_equal(openpgp_sign_file("k", 0, "data", "data.sig", &w->why), 0);
	world_run(w, "gpgv --keyring ./k.gpg data.sig data");
	assert_int_equal(openpgp_sign_file("k", (uint64_t)1 << 32, "data", "data.sig", &w->why),
	                 EINVAL);
}

static void every_changed_byte_of_a_signature_is_noticed(void **state)
{
	struct world *w = *state;
	world_key(w, "k");
	struct str data = STR("some data"), keyring = world_read(w, "k.gpg");
	world_write("data", data);
	sign(w, "data", "data.sig");
	struct str good = world_read(w, "data.sig");
	for (size_t at = 0; at < good.len; at++) {
		char *bytes = arena_alloc(&w->arena, good.len);
		memcpy(bytes, good.ptr, good.len);
		bytes[at] ^= 4;
		int error = openpgp_verify(keyring, data, (struct str){bytes, good.len}, &w->why);
		if (error != EBADMSG && error != EKEYREJECTED && error != ENOKEY)
			fail_msg("byte %zu: %d", at, error);
		error = openpgp_verify(keyring, data, (struct str){good.ptr, at}, &w->why);
		assert_int_equal(error, EBADMSG);
	}
}

static void damaged_key_rings_are_refused(void **state)
{
	struct world *w = *state;
	world_key(w, "k");
	world_write("data", STR("some data"));
	sign(w, "data", "data.sig");
	struct str ring = world_read(w, "k.gpg"), good = world_read(w, "data.sig");
	size_t packet = 3 + ((size_t)(uint8_t)ring.ptr[1] << 8 | (uint8_t)ring.ptr[2]);
	for (size_t at = 0; at < packet; at++) {
		char *bytes = arena_alloc(&w->arena, ring.len);
		memcpy(bytes, ring.ptr, ring.len);
		bytes[at] ^= 4;
		assert_int_not_equal(openpgp_verify((struct str){bytes, ring.len}, STR("some data"),
		                                    good, &w->why),
		                     0);
		assert_int_not_equal(
		        openpgp_verify((struct str){ring.ptr, at}, STR("some data"), good, &w->why),
		        0);
	}
}

static void a_signature_by_another_key_is_told_apart(void **state)
{
	struct world *w = *state;
	world_key(w, "k");
	world_key(w, "other");
	world_write("data", STR("some data"));
	sign(w, "data", "data.sig");
	struct str data = world_read(w, "data"), signature = world_read(w, "data.sig");
	assert_int_equal(openpgp_verify(world_read(w, "other.gpg"), data, signature, &w->why),
	                 ENOKEY);
	/* A ring of both keys knows it. */
	struct text both = {.arena = &w->arena};
	text_add(&both, world_read(w, "other.gpg"));
	text_add(&both, world_read(w, "k.gpg"));
	assert_int_equal(openpgp_verify(text_str(&both), data, signature, &w->why), 0);
}

static void each_bad_file_is_named_on_its_own_line(void **state)
{
	struct world *w = *state;
	world_key(w, "k");
	world_write("data", STR("some data"));
	sign(w, "data", "data.sig");
	struct str signature = world_read(w, "data.sig");
	const struct signed_file files[] = {
	        {STR_INIT("good"), STR_INIT("some data"), signature},
	        {STR_INIT("nucleus.elf"), STR_INIT("some dada"), signature},
	        {STR_INIT("bare"), STR_INIT("some data"), {}},
	        {STR_INIT("odd"), STR_INIT("some data"), STR_INIT("noise")},
	};
	w->why.len = 0;
	assert_int_equal(openpgp_verify_files(world_read(w, "k.gpg"), files, COUNT(files), &w->why),
	                 EKEYREJECTED);
	assert_str(text_str(&w->why), STR("nucleus.elf: bad signature\nbare: no signature\n"
	                                  "odd: damaged signature"));
	assert_int_equal(openpgp_verify_files(world_read(w, "k.gpg"), files, 1, &w->why), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(gpgv_accepts_what_we_sign),
	        TEST(we_accept_what_gpg_signs),
	        TEST(gpg_imports_the_exported_key),
	        TEST(equal_input_gives_equal_bytes),
	        TEST(times_before_the_key_become_the_key_s),
	        TEST(every_changed_byte_of_a_signature_is_noticed),
	        TEST(damaged_key_rings_are_refused),
	        TEST(a_signature_by_another_key_is_told_apart),
	        TEST(each_bad_file_is_named_on_its_own_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
