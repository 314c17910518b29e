#include "sign_fixture.h"

static mode_t mode_of(const char *path)
{
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static void a_key_is_made_once_and_private(void **state)
{
	struct world *w = *state;
	umask(0);
	assert_int_equal(signing_key_ensure("deep/keys/development.pem", &w->why), 0);
	assert_int_equal(mode_of("deep/keys"), 0700);
	assert_int_equal(mode_of("deep/keys/development.pem"), 0600);
	struct str first = world_read(w, "deep/keys/development.pem");
	assert_int_equal(signing_key_ensure("deep/keys/development.pem", &w->why), 0);
	assert_str(world_read(w, "deep/keys/development.pem"), first);
	struct folder folder = {};
	assert_int_equal(folder_read(&w->arena, "deep/keys", &folder), 0);
	assert_int_equal(folder.count, 1);
	world_run(w, "openssl pkey -in deep/keys/development.pem -noout -check || "
	             "! command -v openssl");
}

static void processes_that_race_end_up_with_one_key(void **state)
{
	struct world *w = *state;
	enum { RACERS = 4 };
	for (int i = 0; i < RACERS; i++) {
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid)
			continue;
		struct text why = {.arena = &w->arena};
		char out[16];
		snprintf(out, sizeof out, "pub.%d", i);
		_exit(signing_key_ensure("keys/k", &why) ||
		      openpgp_export_file("keys/k", out, &why));
	}
	for (int i = 0; i < RACERS; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (int i = 1; i < RACERS; i++) {
		char path[16];
		snprintf(path, sizeof path, "pub.%d", i);
		assert_str(world_read(w, path), world_read(w, "pub.0"));
	}
}

static void what_is_no_rsa_key_is_refused_by_name(void **state)
{
	struct world *w = *state;
	struct signing_key *key;
	world_write("text", STR("no key"));
	world_write("empty", STR(""));
	assert_int_equal(signing_key_open("text", &key, &w->why), EINVAL);
	assert_int_equal(signing_key_open("empty", &key, &w->why), EINVAL);
	assert_int_equal(signing_key_open("absent", &key, &w->why), ENOENT);
	assert_non_null(strstr(text_str(&w->why).ptr, "absent"));
	if (world_status("command -v openssl") != 0)
		skip();
	world_run(w, "openssl genpkey -algorithm ED25519 -out curve");
	world_run(w, "openssl genrsa -out short 1024");
	world_run(w, "openssl genrsa -aes128 -passout pass:x -out locked 2048");
	world_run(w, "openssl genrsa -traditional -out good 2048");
	assert_int_equal(signing_key_open("curve", &key, &w->why), EINVAL);
	assert_int_equal(signing_key_open("short", &key, &w->why), EINVAL);
	assert_int_equal(signing_key_open("locked", &key, &w->why), EINVAL);
	assert_int_equal(signing_key_open("good", &key, &w->why), 0);
	signing_key_destroy(key);
	signing_key_destroy(NULL);
}

static void a_place_that_can_not_be_written_is_told(void **state)
{
	struct world *w = *state;
	world_write("file", STR("x"));
	assert_int_equal(signing_key_ensure("file/key", &w->why), ENOTDIR);
	assert_non_null(strstr(text_str(&w->why).ptr, "file/key"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_key_is_made_once_and_private),
	        TEST(processes_that_race_end_up_with_one_key),
	        TEST(what_is_no_rsa_key_is_refused_by_name),
	        TEST(a_place_that_can_not_be_written_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
