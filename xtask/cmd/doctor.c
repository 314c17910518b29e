#include "doctor/doctor.h"
#include "cmd/cmd.h"

static int run_doctor(struct invocation *in)
{
	const struct doctor_request request = {.json = in->json};
	struct doctor_checks checks;
	if (!doctor_look(in->arena, &request, &checks, in->diag))
		return EXIT_USAGE;
	doctor_print(in->arena, &checks, in->json, stdout);
	return checks.missing ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_doctor = {
        .name = "doctor",
        .summary = "look for everything that building, booting and testing need",
        .usage = "[OPTIONS]",
        .example = "  xtask doctor\n",
        .run = run_doctor,
};
