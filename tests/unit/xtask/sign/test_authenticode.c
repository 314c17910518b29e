/* Secure Boot signatures: made here, judged by sbverify; damaged ones refused. */
#include "sign/authenticode.h"
#include "sign/pe.h"
#include "sign_fixture.h"

#define GRUB "/usr/lib/grub/x86_64-efi/"

static struct str read_file(struct world *w, const char *path)
{
	struct str content;
	if (file_read(&w->arena, path, &content))
		fail_msg("cannot read %s", path);
	return content;
}

/* An EFI program, key.pem and certificate.pem. */
static void make_parts(struct world *w)
{
	world_run(w, "echo halt >c.cfg && grub-mkimage -O x86_64-efi -p / -c c.cfg -o plain.efi "
	             "halt normal");
	world_run(w, "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -days 9 -keyout "
	             "key.pem -out certificate.pem");
	world_run(w, "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -days 9 -keyout "
	             "other.pem -out other-certificate.pem");
}

static void assert_verdict(struct world *w, struct str program, const char *certificate, int want)
{
	struct text why = {.arena = &w->arena};
	int got = efi_verify(&w->arena, read_file(w, certificate), program, &why);
	if (got != want)
		fail_msg("got %d, want %d: %.*s", got, want, STR_ARG(text_str(&why)));
	assert_true(!want || why.len > 0);
}

static void sbverify_accepts_what_was_signed_twice_with_equal_bytes(void **state)
{
	struct world *w = *state;
	make_parts(w);
	assert_int_equal(efi_sign_file("key.pem", "certificate.pem", "plain.efi", "1.efi", &w->why),
	                 0);
	assert_int_equal(efi_sign_file("key.pem", "certificate.pem", "1.efi", "2.efi", &w->why), 0);
	assert_true(str_equal(read_file(w, "1.efi"), read_file(w, "2.efi")));
	world_run(w, "sbverify --cert certificate.pem 1.efi");
	world_run(w, "! sbverify --cert other-certificate.pem 1.efi");
	assert_verdict(w, read_file(w, "1.efi"), "certificate.pem", 0);
	assert_verdict(w, read_file(w, "1.efi"), "other-certificate.pem", ENOKEY);
	assert_verdict(w, read_file(w, "plain.efi"), "certificate.pem", ENOKEY);
}

static void what_sbsign_signed_is_accepted(void **state)
{
	struct world *w = *state;
	make_parts(w);
	world_run(w, "sbsign --key key.pem --cert certificate.pem --output s.efi plain.efi");
	assert_verdict(w, read_file(w, "s.efi"), "certificate.pem", 0);
}

static void a_changed_program_is_refused_wherever_it_changed(void **state)
{
	struct world *w = *state;
	make_parts(w);
	assert_int_equal(efi_sign_file("key.pem", "certificate.pem", "plain.efi", "1.efi", &w->why),
	                 0);
	struct str good = read_file(w, "1.efi");
	struct pe pe;
	assert_int_equal(pe_open(good, &pe, &w->why), 0);
	size_t body = good.len - pe.certificates.len;
	char *bytes = (char *)(uintptr_t)good.ptr;
	for (size_t at = 64; at < good.len; at += at < body ? body / 97 : 11) {
		if (at >= pe.checksum && at < pe.checksum + 4)
			continue; /* not covered, by design of the format */
		struct text why = {.arena = &w->arena};
		bytes[at] ^= 0x20;
		int error = efi_verify(&w->arena, read_file(w, "certificate.pem"), good, &why);
		bytes[at] ^= 0x20;
		/* Padding behind the signature is covered by nothing. */
		if (!error && at < good.len - 16)
			fail_msg("byte %zu of %zu does not matter", at, good.len);
	}
}

static void another_keys_certificate_is_refused(void **state)
{
	struct world *w = *state;
	make_parts(w);
	assert_int_equal(
	        efi_sign_file("key.pem", "other-certificate.pem", "plain.efi", "1.efi", &w->why),
	        EINVAL);
}

static void a_key_in_a_token_gives_the_same_signature(void **state)
{
	struct world *w = *state;
	make_parts(w);
	if (access("/usr/lib/softhsm/libsofthsm2.so", R_OK) != 0)
		skip();
	world_run(w,
	          "mkdir tokens && echo \"directories.tokendir = $PWD/tokens\" >hsm.conf && "
	          "export SOFTHSM2_CONF=$PWD/hsm.conf && softhsm2-util --init-token --free "
	          "--label t --pin 1234 --so-pin 1234 && softhsm2-util --import key.pem --token t "
	          "--label k --id 01 --pin 1234");
	char conf[4200];
	assert_non_null(getcwd(conf, 4096));
	setenv("SOFTHSM2_CONF", strcat(conf, "/hsm.conf"), 1);
	setenv("PKCS11_MODULE_PATH", "/usr/lib/softhsm/libsofthsm2.so", 1);
	int error = efi_sign_file("pkcs11:token=t;object=k;type=private?pin-value=1234",
	                          "certificate.pem", "plain.efi", "token.efi", &w->why);
	if (error)
		fail_msg("%.*s", STR_ARG(text_str(&w->why)));
	assert_int_equal(efi_sign_file("key.pem", "certificate.pem", "plain.efi", "1.efi", &w->why),
	                 0);
	assert_true(str_equal(read_file(w, "1.efi"), read_file(w, "token.efi")));
}

static void a_development_key_is_refused_under_any_name(void **state)
{
	struct world *w = *state;
	make_parts(w);
	assert_int_equal(signing_key_refuse_development("key.pem", &w->why), 0);
	world_run(w, "mkdir -p build/keys && cp other.pem build/keys/development.pem");
	assert_int_equal(signing_key_refuse_development("other.pem", &w->why), EPERM);
	assert_int_equal(signing_key_refuse_development(SIGNING_EFI_DEVELOPMENT_KEY, &w->why),
	                 EPERM);
	assert_int_equal(signing_key_refuse_development("key.pem", &w->why), 0);
}

int main(void)
{
#define SIGN_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        SIGN_TEST(sbverify_accepts_what_was_signed_twice_with_equal_bytes),
	        SIGN_TEST(what_sbsign_signed_is_accepted),
	        SIGN_TEST(a_changed_program_is_refused_wherever_it_changed),
	        SIGN_TEST(another_keys_certificate_is_refused),
	        SIGN_TEST(a_key_in_a_token_gives_the_same_signature),
	        SIGN_TEST(a_development_key_is_refused_under_any_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
