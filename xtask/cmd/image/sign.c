/* sign: a release image, built with the release's own keys. */
#include "cmd/pipeline.h"
#include "sign/key.h"

static const struct option options_sign[] = {
        {"--key", "KEY", "what GRUB checks by: a private key in PEM, or a PKCS #11 URI"},
        {"--efi-key", "KEY", "what the firmware checks by (Secure Boot)"},
        {"--certificate", "FILE", "X.509 in PEM, of the --efi-key"},
        {},
};

static const struct option *const options[] = {options_system, options_sign, NULL};

/* As if it were given with --set; files as they were meant where the command was called. */
static bool setting_add(struct invocation *in, struct given_option *given, const char *name,
                        const char *setting)
{
	struct str value = option_value(in, name);
	if (!value.len) {
		diag_error(in->diag, (struct span){}, STR("`xtask sign --help` shows an example"),
		           "a release needs %s", name);
		return false;
	}
	if (!str_starts_with(value, STR(SIGNING_KEY_URI)))
		value = called_path(in, value);
	*given = (struct given_option){"--set",
	                               str_format(in->arena, "%s=%.*s", setting, STR_ARG(value))};
	return true;
}

static int run_sign(struct invocation *in)
{
	enum { ADDED = 5 };
	struct given_option *given =
	        ARENA_ARRAY(in->arena, struct given_option, in->given_count + ADDED);
	struct given_option *next = given;
	bool ok = setting_add(in, next++, "--key", "signing.key");
	ok &= setting_add(in, next++, "--efi-key", "signing.efi_key");
	ok &= setting_add(in, next++, "--certificate", "signing.efi_certificate");
	if (!ok)
		return EXIT_USAGE;
	*next++ = (struct given_option){"--set", STR("signing.release=true")};
	if (!option_given(in, "--preset"))
		*next++ = (struct given_option){"--preset", STR("release")};
	for (size_t i = 0; i < in->given_count; i++)
		*next++ = in->given[i];
	in->given = given;
	in->given_count = (size_t)(next - given);
	return pipeline_build(in, GOAL_IMAGE);
}

const struct command command_sign = {
        .name = "sign",
        .summary = "build a release image, signed with the release's keys",
        .usage = "--key KEY --efi-key KEY --certificate FILE [OPTIONS]",
        .details = "The image is build/PROFILE-release/rustos-boot.img, unless --preset says "
                   "otherwise. Keys\nthat everybody has, for development, are refused whatever "
                   "their name.\n",
        .example = "  xtask sign --key boot.pem --efi-key 'pkcs11:token=release;object=efi' "
                   "--certificate efi.pem\n",
        .options = options,
        .run = run_sign,
};
